"""Reports from the roll-ups against counting messages, in one run:
python -m tests.bench.bench_reports [--messages N]

The roll-ups are those of N messages in campaigns of 50,000 over a year; they are written alone, since the reports read
nothing else. Counting is measured on at most 200,000 messages and multiplied.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from datetime import tzinfo
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import sqlalchemy as sa
from sqlmodel import col

from getsms_core import reports
from getsms_core.db.engine import Store, open_store
from getsms_core.db.models import DeliveryTimeRollUp, HourlyDeliveryTimeRollUp, Message, RollUp
from getsms_core.reports import Filter, Grain
from tests.factories import DAY, HOUR, NOW, make_campaign, make_messages

ZONE = ZoneInfo("Asia/Tashkent")
SIZE = 50_000  # messages a campaign
COUNTED = 200_000
Report = Callable[[Store, Filter, tzinfo], object]
SHARES = {"delivered": 0.92, "undelivered": 0.05, "expired": 0.02, "rejected": 0.005, "uncertain": 0.005}
RANGES, HOURS = 8, 6


def fill(store: Store, messages: int) -> None:
    """The roll-ups of so many messages."""
    rng = np.random.default_rng(1)
    for _n in range(max(1, messages // SIZE)):
        start = NOW - int(rng.integers(1, 365 * 24)) * HOUR
        campaign = make_campaign(store, started_at=start, finished_at=start + HOURS * HOUR)
        hourly = min(messages, SIZE) / HOURS / RANGES
        tallies = [
            {"campaign_id": campaign, "hour": start // HOUR + hour, "number_range": number_range, "state": state,
             "messages": round(hourly * share), "parts": round(hourly * share), "cost": round(hourly * share) * 9500,
             "billed_parts": round(hourly * share), "billed_messages": round(hourly * share),
             "expected_parts": round(hourly * share)}
            for hour in range(HOURS) for number_range in range(RANGES) for state, share in SHARES.items()
        ]  # fmt: skip
        delays = [
            {"campaign_id": campaign, "number_range": number_range, "bucket": bucket, "messages": 600}
            for number_range in range(RANGES)
            for bucket in range(12, 72)
        ]
        by_hour = [delay | {"hour": start // HOUR + hour, "messages": 100} for delay in delays for hour in range(HOURS)]
        with store.writing() as session:
            session.execute(sa.insert(RollUp), tallies)
            session.execute(sa.insert(DeliveryTimeRollUp), delays)
            session.execute(sa.insert(HourlyDeliveryTimeRollUp), by_hour)


def by_day(store: Store, question: Filter, zone: tzinfo) -> object:
    """The rate over time, as the overview draws it."""
    return reports.rate_over_time(store, question, zone, Grain.DAY, NOW)


def seconds(work: Callable[[], object], times: int = 3) -> float:
    """The least processor time of some runs (the databases' work is done in this process: others do not disturb it)."""
    least = float("inf")
    for _n in range(times):
        start = time.process_time()
        work()
        least = min(least, time.process_time() - start)
    return least


def counted(store: Store, scale: float) -> dict[str, float]:
    """How long the same takes from the messages themselves."""
    day = (col(Message.left_at) // HOUR + 5) // 24
    keys = {"by day": day, "by campaign": col(Message.campaign_id), "by range": col(Message.number_range)}

    def count(by: sa.SQLColumnExpression[Any]) -> object:
        query = sa.select(by, col(Message.state), sa.func.count()).group_by(by, col(Message.state))
        with store.reading() as session:
            return session.execute(query).all()

    return {name: seconds(partial(count, by), 1) * scale for name, by in keys.items()}


def run(rows: int) -> list[tuple[str, float, float]]:
    """(label, our seconds, the naive way's seconds) for so many messages."""
    with tempfile.TemporaryDirectory(prefix="getsms-") as folder:
        rolled = open_store(f"sqlite:///{folder}/rolled.db")
        fill(rolled, rows)
        few = open_store(f"sqlite:///{folder}/few.db")
        n = min(rows, COUNTED)
        campaign = make_campaign(few)
        make_messages(few, campaign, ["delivered"] * n, left_at=[NOW - i % 30 * DAY for i in range(n)])
        naive = counted(few, rows / n)
        month, ever = reports.last_days(30, ZONE, NOW), Filter()
        results = [
            ("overview", seconds(lambda: reports.overview(rolled, ZONE, NOW)), naive["by day"] * 2),
        ]
        for name, question in (("30 days", month), ("all time", ever)):
            reads: dict[str, tuple[Report, float]] = {
                "total": (reports.total, naive["by campaign"]),
                "by day": (by_day, naive["by day"]),
                "by campaign": (reports.by_campaign, naive["by campaign"]),
                "by range": (reports.by_range, naive["by range"]),
                "hours": (reports.by_hour_and_weekday, naive["by day"]),
                "delays": (reports.time_to_delivery, naive["by range"]),
                "funnel": (reports.funnel, naive["by campaign"]),
            }
            for label, (report, other) in reads.items():
                results.append((f"{label}, {name}", seconds(partial(report, rolled, question, ZONE)), other))
        rolled.close()
        few.close()
    return results


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=10_000_000)
    messages = parser.parse_args().messages
    print(f"{messages:,} messages{'':16} ours ms   naive ms   ratio")
    for label, ours, naive in run(messages):
        print(f"{label:32} {ours * 1000:9.1f} {naive * 1000:10.0f} {naive / ours:7.0f}")


if __name__ == "__main__":
    main()
