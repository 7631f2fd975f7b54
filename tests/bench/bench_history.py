"""Dashboards, the messages table and the claim over ten million messages, on each database:
python -m tests.bench.bench_history [--messages N] [--database sqlite|postgresql|both] [--pages]

Wall time of the whole call, database and Python, the median of several. Beside it the same counted from the messages
themselves, once; with --pages also each page in a browser.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlmodel import col

from getsms_core import reports
from getsms_core.base.permissions import Actor, Role
from getsms_core.base.states import CampaignState
from getsms_core.campaigns import number_indexing
from getsms_core.campaigns import service as campaigns
from getsms_core.db.engine import Store, open_store
from getsms_core.db.models import SPAN, Campaign, Message
from getsms_core.delivery import claim, lock_account
from getsms_core.reports import Filter, Grain, number_history
from tests.bench import bench_pages
from tests.bench.databases import database
from tests.bench.history import fill
from tests.engine_support import AZIZA, running
from tests.factories import HOUR

ZONE = ZoneInfo("Asia/Tashkent")
NOW = time.time_ns() // 1_000_000
TIMES = 7


def median(work: Callable[[], object], times: int = TIMES) -> float:
    """The median wall time of some runs, seconds; the first one, which fills caches, is not counted."""
    taken = []
    for n in range(times + 1):
        begun = time.perf_counter()
        work()
        if n:
            taken.append(time.perf_counter() - begun)
    return statistics.median(taken)


def dashboards(store: Store) -> dict[str, Callable[[], object]]:
    """Every read behind a page, by what the page shows."""
    reads: dict[str, Callable[[], object]] = {
        "overview: today, 7 and 30 days": lambda: reports.overview(store, ZONE, NOW),
        "overview: what needs a person": lambda: reports.concerns(store, ZONE, NOW),
        "campaigns: the table of all": lambda: reports.campaign_rows(store, reports.CampaignFilter()),
    }
    cuts: dict[str, Callable[[Store, Filter, Any], object]] = {
        "total": reports.total,
        "rate by day": lambda s, q, z: reports.rate_over_time(s, q, z, Grain.DAY, NOW),
        "rate by hour": lambda s, q, z: reports.rate_over_time(s, q, z, Grain.HOUR, NOW),
        "by campaign": reports.by_campaign,
        "by number range": reports.by_range,
        "by sender name": reports.by_sender,
        "by template": reports.by_template,
        "hour × weekday": reports.by_hour_and_weekday,
        "time to delivery": reports.time_to_delivery,
        "funnel": reports.funnel,
        "reasons": reports.reasons,
        "reasons by day": lambda s, q, z: reports.reasons_over_time(s, q, z, Grain.DAY, NOW),
        "cost": reports.cost,
    }
    for period, question in (("30 days", reports.last_days(30, ZONE, NOW)), ("all time", Filter())):
        for name, cut in cuts.items():
            if not (name == "rate by hour" and period == "all time"):
                reads[f"{name}, {period}"] = partial(cut, store, question, ZONE)
    return reads


def table(store: Store, ids: list[int]) -> dict[str, Callable[[], object]]:
    """Pages of a campaign's messages by key: the first, one in the middle, one of a state, a search."""
    campaign = ids[len(ids) // 2]
    with store.reading() as session:
        phone = int(session.scalar(sa.select(col(Message.phone)).where(col(Message.id) == campaign * SPAN + 7)) or 0)
    middle = campaign * SPAN + 50_000
    return {
        "messages: first page of 50": lambda: reports.messages_page(store, AZIZA, campaign, limit=50),
        "messages: a page in the middle": lambda: reports.messages_page(
            store, AZIZA, campaign, after_id=middle, limit=50
        ),
        "messages: expired only, in the middle": lambda: reports.messages_page(
            store, AZIZA, campaign, "expired", after_id=middle, limit=50
        ),
        "hand-overs: latest 50": lambda: reports.chunk_log(store, AZIZA, campaign, limit=50),
        "compare two campaigns": lambda: reports.compare(store, ids[:2], ZONE),
        "everything about one number": lambda: number_history.history(store, AZIZA, phone),
    }


def naive(store: Store) -> dict[str, float]:
    """The same counted from the messages, once each."""
    figures = {}
    for name, key in {
        "rate by day": (col(Message.left_at) // HOUR + 5) // 24,
        "by campaign": col(Message.campaign_id),
        "by number range": col(Message.number_range),
    }.items():
        begun = time.perf_counter()
        with store.reading() as session:
            session.execute(sa.select(key, col(Message.state), sa.func.count()).group_by(key, col(Message.state))).all()
        figures[name] = time.perf_counter() - begun
    return figures


def claims(store: Store) -> float:
    """Claiming a chunk of a small running campaign beside all that history, in the worker's transaction; rolled back,
    so that each claim finds the same. Chunks of the usual size: a claim of 10 messages costs half of one of 100."""
    campaign_id = running(store, 1000, chunk_size=100)

    def one() -> None:
        with store.writing() as session:
            lock_account(session, 1)
            assert claim(session, 1, "bench", want=1, post_ms=40_000, now=NOW)
            session.rollback()

    taken = median(one, 40)
    campaigns.cancel(store, Actor("bench", Role.ADMINISTRATOR), campaign_id)
    return taken


def large_claim(store: Store, campaign: int) -> float:
    """Claiming the first chunk of the large campaign, queued again."""
    with store.writing() as session:
        for name in ("message", "chunk"):
            queued = sa.text(f"UPDATE {name} SET state = 'queued' WHERE campaign_id = :id")
            session.execute(queued, {"id": campaign})
        session.execute(
            sa.update(Campaign)
            .where(col(Campaign.id) == campaign)
            .values(state=CampaignState.RUNNING, prepared="ready", finished_at=None)
        )

    def one() -> None:
        with store.writing() as session:
            lock_account(session, 1)
            assert claim(session, 1, "bench", want=1, post_ms=40_000, now=NOW)
            session.rollback()

    return median(one, 40)


def run(kind: str, messages: int, pages: bool = True) -> None:
    """Build, measure and print on one database."""
    with tempfile.TemporaryDirectory(prefix="getsms-bench-") as folder:
        Path(folder).chmod(0o755)
        with database(kind, Path(folder)) as url:
            store = open_store(url)
            empty = claims(store)
            begun = time.perf_counter()
            ids = fill(store, messages, NOW)
            with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(sa.text("ANALYZE"))
            print(f"\n{kind}: {messages:,} messages built in {time.perf_counter() - begun:.0f} s", flush=True)
            begun = time.perf_counter()
            number_indexing.index_missing(store)
            print(f"their numbers indexed in {time.perf_counter() - begun:.0f} s", flush=True)
            slow = naive(store)
            for label, work in (dashboards(store) | table(store, ids)).items():
                taken = median(work)
                other = slow.get(label.partition(",")[0])
                ratio = f"  counted from the messages {other * 1000:8.0f} ms, {other / taken:6.0f} x" if other else ""
                print(f"{label:42} {taken * 1000:7.1f} ms{ratio}", flush=True)
            if pages:
                bench_pages.table(url, Path(folder), ids[0])
            print(f"{'claim of a chunk, empty history':42} {empty * 1000:7.2f} ms")
            print(f"{'claim of a chunk, this history':42} {claims(store) * 1000:7.2f} ms")
            print(
                f"{'claim of a chunk, a campaign of a million':42} {large_claim(store, ids[0]) * 1000:7.2f} ms",
                flush=True,
            )
            store.close()


def main() -> None:
    """Run it on each database that was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=10_000_000)
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument("--pages", action="store_true", help="open the pages in a browser, too")
    arguments = parser.parse_args()
    for kind in ("sqlite", "postgresql") if arguments.database == "both" else (arguments.database,):
        run(kind, arguments.messages, arguments.pages)


if __name__ == "__main__":
    main()
