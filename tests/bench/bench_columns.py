"""The list's columns in files and breakdowns of a million messages, against the same without them in the same run:
python -m tests.bench.bench_columns [--messages N] [--campaigns N] [--database sqlite|postgresql|both]

Roll-ups of the other campaigns are copies of the first one's: reading them never reads a message."""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import sqlalchemy as sa
from sqlmodel import col

from getsms_core import exports, reports
from getsms_core.campaigns import service as campaigns
from getsms_core.campaigns.service import Draft
from getsms_core.db.engine import Store, open_store
from getsms_core.db.models import Campaign, CutColumn, CutRollUp, CutTotalRollUp, RollUp, table
from getsms_core.db.rollups import CUT_COUNTS
from getsms_core.reports import Filter
from tests.bench.databases import database
from tests.engine_support import AZIZA, checked_list, settings_for

ZONE = ZoneInfo("Asia/Tashkent")
CITIES = 200
HOURS = 3  # that a campaign's messages are sent in
STATES = ("delivered", "undelivered", "expired", "accepted", "rejected", "uncertain")


def timed(work: Callable[[], Any], times: int = 1) -> float:
    """The median of some runs, seconds."""
    taken = []
    for _n in range(times):
        begun = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begun)
    return sorted(taken)[len(taken) // 2]


def build(store: Store, messages: int) -> int:
    """A campaign to a list with a city of 200, a plan of two and a client number of each recipient."""
    dice = np.random.default_rng(1)
    numbers = (998_900_000_000 + np.arange(messages)).tolist()
    cities = [f"Shahar {i}" for i in dice.integers(0, CITIES, messages).tolist()]
    plans = ["AB"[i] for i in dice.integers(0, 2, messages).tolist()]
    list_id = checked_list(store, numbers, shahar=cities, tarif=plans, mijoz=[f"K{i}" for i in range(messages)])
    draft = Draft("Aksiya", "Salom", list_id, cuts=("shahar",))
    campaign_id = campaigns.create(store, AZIZA, settings_for(), draft)
    print(f"  built in {timed(lambda: campaigns.prepare(store, campaign_id)):.1f} s")
    return campaign_id


def history(store: Store, first: int, count: int) -> None:
    """Further campaigns with roll-ups like the first one's, spread over hours and states."""
    with store.writing() as session:
        row = session.get(Campaign, first)
        assert row is not None
        columns = row.model_dump(exclude={"id"}) | {"state": "finished", "started_at": 3_600_000 * 400_000}
        ids = [first + 1 + i for i in range(count)]
        session.execute(sa.insert(Campaign), [columns | {"id": i} for i in ids])
        values = session.scalars(sa.select(CutColumn).where(col(CutColumn.campaign_id) == first)).one()
        session.execute(sa.insert(table(CutColumn)), [values.model_dump() | {"campaign_id": i} for i in ids])
        for i in ids:
            counts = {"messages": 30, "parts": 30, "cost": 30 * 9500}
            hours = range(400_000 + i, 400_000 + i + HOURS)
            keys = [(hour, state) for hour in hours for state in STATES]
            row_of_states = dict.fromkeys(CUT_COUNTS, 0) | dict.fromkeys(STATES, 30) | {"sent_cost": 30 * 9500 * 4}
            session.execute(sa.insert(table(CutRollUp)), [
                row_of_states | {"campaign_id": i, "position": 0, "value": value, "hour": hour}
                for value in values.ids[1:] for hour in hours
            ])  # fmt: skip
            session.execute(sa.insert(table(CutTotalRollUp)), [
                {name: n * HOURS for name, n in row_of_states.items()}
                | {"campaign_id": i, "position": 0, "value": value} for value in values.ids[1:]
            ])  # fmt: skip
            session.execute(sa.insert(table(RollUp)), [
                {name: n * CITIES for name, n in counts.items()}
                | {"campaign_id": i, "hour": hour, "number_range": 1, "state": state}
                for hour, state in keys
            ])  # fmt: skip


def run(kind: str, messages: int, others: int) -> None:
    """Build and measure on one database."""
    with tempfile.TemporaryDirectory(prefix="getsms-bench-") as folder:
        Path(folder).chmod(0o755)
        with database(kind, Path(folder)) as url:
            store = open_store(url)
            print(f"{kind}: {messages:,} messages")
            campaign_id = build(store, messages)
            path = Path(folder) / "a.csv"

            def write(*columns: str) -> float:
                chosen = ["row", "phone", "text", "parts", "price", "state", "sent_at", "settled_at", *columns]
                return timed(lambda: exports.write(store, AZIZA, campaign_id, "csv", path, chosen, zone=ZONE))

            plain = write()
            for name in (
                ("column:shahar",),
                ("column:shahar", "column:mijoz", "client_key"),
                ("response", "cost", "day"),
            ):
                print(f"  CSV + {', '.join(name):45} {write(*name):6.2f} s   without {plain:.2f} s", flush=True)
            campaign_filter = Filter(campaigns=(campaign_id,), include_tests=True)
            for by in ("column:shahar", "column:tarif"):
                taken = timed(lambda: reports.by_cut(store, AZIZA, campaign_filter, ZONE, by), 3)  # noqa: B023
                print(f"  breakdown by {by:20} {taken * 1000:8.0f} ms", flush=True)
            history(store, campaign_id, others)
            taken = timed(lambda: reports.by_cut(store, AZIZA, Filter(), ZONE, "column:shahar"), 7)
            print(f"  roll-ups of {others + 1} campaigns, {CITIES} values: {taken * 1000:.0f} ms", flush=True)
            store.close()


def main() -> None:
    """Measure on each database that was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--campaigns", type=int, default=90)
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    arguments = parser.parse_args()
    for kind in ("sqlite", "postgresql") if arguments.database == "both" else (arguments.database,):
        run(kind, arguments.messages, arguments.campaigns)


if __name__ == "__main__":
    main()
