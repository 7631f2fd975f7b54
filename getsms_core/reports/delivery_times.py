"""The time to delivery, and the funnel from uploaded rows to delivered messages."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

import pandas as pd
import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core.base.kinds import ExcludedReason
from getsms_core.base.states import COUNTED
from getsms_core.billing.reconciliation import Sums
from getsms_core.db.documents import RowCounts
from getsms_core.db.engine import Store
from getsms_core.db.models import DeliveryTimeRollUp, ExcludedRollUp, HourlyDeliveryTimeRollUp, RecipientList, RollUp
from getsms_core.db.rollups import seconds_of
from getsms_core.reports.filters import Filter
from getsms_core.reports.rollup_queries import (
    Meta,
    add_up,
    campaigns_of,
    conditions,
    note_flying,
    of_campaigns,
    of_ranges,
    range_name,
    regroup,
)


@dataclass(frozen=True)
class Delays:
    """The time to delivery: delivered messages, median and 95th percentile in seconds (None if none was delivered;
    accurate to 9 %), and the distribution: from_seconds, to_seconds, messages, share, arrived (cumulative share)."""

    messages: int
    median: float | None
    p95: float | None
    distribution: pd.DataFrame


def time_to_delivery(store: Store, question: Filter, zone: tzinfo) -> Delays:
    """Return the time to delivery of a filter's delivered messages; they are the ones that `total` counts."""
    with store.reading() as session:
        campaigns = campaigns_of(session, question, zone)
        table: type[DeliveryTimeRollUp] | type[HourlyDeliveryTimeRollUp] = (
            HourlyDeliveryTimeRollUp if question.since or question.until else DeliveryTimeRollUp
        )
        where = of_campaigns(session, col(table.campaign_id), question, campaigns)
        where += (
            of_ranges(question, col(DeliveryTimeRollUp.number_range))
            if table is DeliveryTimeRollUp
            else conditions(question, zone, HourlyDeliveryTimeRollUp)
        )
        query = sa.select(col(table.bucket), sa.func.sum(col(table.messages))).where(*where).group_by(col(table.bucket))
        buckets = sorted((int(bucket), int(n)) for bucket, n in session.execute(query)) if campaigns else []
    everything = sum(n for _bucket, n in buckets)
    rows, so_far = [], 0
    for bucket, n in buckets:
        so_far += n
        rows.append((_edge(bucket - 0.5), _edge(bucket + 0.5), n, n / everything, so_far / everything))
    distribution = pd.DataFrame(rows, columns=["from_seconds", "to_seconds", "messages", "share", "arrived"])
    return Delays(everything, percentile(buckets, 0.5), percentile(buckets, 0.95), distribution)


def arrivals_by_range(store: Store, question: Filter, zone: tzinfo) -> pd.DataFrame:
    """Return how the delivered messages of each number range arrived: a row for each range and time in which some did,
    most messages first: range (its name), `n` (its delivered messages), `seconds` (within which), `arrived` (their
    cumulative share, 0 to 1)."""
    with store.reading() as session:
        campaigns = campaigns_of(session, question, zone)
        by_period = bool(question.since or question.until)
        table: Any = HourlyDeliveryTimeRollUp if by_period else DeliveryTimeRollUp
        where = of_campaigns(session, col(table.campaign_id), question, campaigns)
        where += (
            conditions(question, zone, HourlyDeliveryTimeRollUp)
            if by_period
            else of_ranges(question, col(DeliveryTimeRollUp.number_range))
        )
        keys = (col(table.number_range), col(table.bucket))
        query = sa.select(*keys, sa.func.sum(col(table.messages))).where(*where).group_by(*keys)
        rows = session.execute(query).all() if campaigns else []
    counts: dict[str, Counter[int]] = {}
    for index, bucket, n in rows:
        counts.setdefault(range_name(int(index)), Counter())[int(bucket)] += int(n)
    frame_rows = []
    for name, buckets in sorted(counts.items(), key=lambda pair: -pair[1].total()):
        so_far = 0
        for bucket, n in sorted(buckets.items()):
            so_far += n
            frame_rows.append((name, buckets.total(), _edge(bucket + 0.5), so_far / buckets.total()))
    return pd.DataFrame(frame_rows, columns=["range", "n", "seconds", "arrived"])


def _edge(bucket: float) -> float:
    return 0.0 if bucket < 0 else float(2 ** (bucket / 8))


def percentile(buckets: Sequence[tuple[int, int]], share: float) -> float | None:
    """Return the time (seconds) within which this share of the messages was delivered; `buckets` ascending with
    their counts."""
    wanted, so_far = share * sum(n for _bucket, n in buckets), 0
    for bucket, n in buckets:
        so_far += n
        if so_far >= wanted:
            return seconds_of(bucket)
    return None


def funnel(store: Store, question: Filter, zone: tzinfo) -> pd.DataFrame:
    """Return the funnel from uploaded rows to delivered messages: `stage` ("uploaded", "accepted", "handed-over",
    "delivered"), `rows`, `share` of the first stage, `lost` since the previous stage, and `why`, a dictionary of
    the reasons of lost and pending rows. It counts the messages that `total` counts. Rows of a file have neither
    an hour nor a number range: with a period or ranges the first stage is "accepted"."""
    with store.reading() as session:
        campaigns = campaigns_of(session, question, zone)
        by_campaign = add_up(session, question, zone, campaigns, [col(RollUp.campaign_id)])
        note_flying(session, question, campaigns, by_campaign, lambda campaign_id: (campaign_id,))
        figures = regroup(by_campaign, lambda _key: ()).get((), Sums()).figures
        whole = not (question.since or question.until or question.ranges)
        refused = _without_message(session, [campaigns[key[0]] for key in by_campaign]) if whole else {}
    if not figures.sent + figures.rejected + figures.uncertain:
        return pd.DataFrame(columns=["stage", "rows", "share", "lost", "why"])
    states = figures.counts() | {"accepted": figures.waiting, COUNTED: figures.counted}
    unsent = ("queued", "sending", "rejected", "uncertain", "cancelled")
    failed = ("accepted", COUNTED, "undelivered", "expired")
    # For a campaign whose list was deleted, its messages count as rows.
    stages: list[tuple[str, int, dict[str, int]]] = [("uploaded", figures.total + sum(refused.values()), {})]
    stages = (stages if whole else []) + [
        ("accepted", figures.total, refused),
        ("handed-over", figures.sent, {name: states[name] for name in unsent}),
        ("delivered", figures.delivered, {name: states[name] for name in failed}),
    ]
    first = stages[0][1]
    rows, before = [], first
    for stage, n, why in stages:
        rows.append((stage, n, n / first, before - n, {name: lost for name, lost in why.items() if lost}))
        before = n
    return pd.DataFrame(rows, columns=["stage", "rows", "share", "lost", "why"])


def _without_message(session: Session, campaigns: Sequence[Meta]) -> dict[str, int]:
    """Return rows of the campaigns' lists without a message, by reason; a list counts once per campaign."""
    list_ids = [meta.list_id for meta in campaigns if meta.list_id is not None]
    columns = (col(RecipientList.id), col(RecipientList.stored_counts))
    query = sa.select(*columns).where(col(RecipientList.id).in_(list_ids))
    counts = {list_id: RowCounts.from_stored(stored) for list_id, stored in session.execute(query)}
    of_campaigns = [counts.get(list_id, RowCounts()) for list_id in list_ids]
    rows = {
        "rejected": sum(counts_of_list.rejected for counts_of_list in of_campaigns),
        "duplicates": sum(counts_of_list.duplicates for counts_of_list in of_campaigns),
        "opted_out": sum(counts_of_list.opted_out for counts_of_list in of_campaigns),
    }
    recipients = sa.func.sum(col(ExcludedRollUp.recipients))
    excluded = sa.select(col(ExcludedRollUp.reason), recipients).where(
        col(ExcludedRollUp.campaign_id).in_([meta.id for meta in campaigns])
    )
    by_reason = {reason: int(n) for reason, n in session.execute(excluded.group_by(col(ExcludedRollUp.reason)))}
    return rows | {reason.value: by_reason[reason] for reason in ExcludedReason if reason in by_reason}
