"""How long messages take to arrive, and how many rows of the uploaded files do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo

import pandas as pd
import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core import phone
from getsms_core.reports.question import Question
from getsms_core.reports.rolls import Meta, add_up, campaigns_of, of_campaigns, regroup
from getsms_core.store.engine import Store
from getsms_core.store.models import Delay, RecipientList, Tally
from getsms_core.store.tallies import seconds_of


@dataclass(frozen=True)
class Delays:
    """The time to delivery: delivered messages, median and 95th percentile in seconds (None where nothing arrived;
    right within 9 %), and the distribution: from_seconds, to_seconds, messages, share, arrived (the share so far)."""

    messages: int
    median: float | None
    p95: float | None
    distribution: pd.DataFrame


def time_to_delivery(store: Store, question: Question, zone: tzinfo) -> Delays:
    """Of the question's campaigns, each as a whole: the histogram knows campaign and number range, but no hour."""
    with store.reading() as session:
        campaigns = _that_sent(session, question, zone)
        where = of_campaigns(session, col(Delay.campaign_id), question, campaigns)
        if question.ranges:
            where.append(col(Delay.number_range).in_([phone.RANGES.index(name) for name in question.ranges]))
        query = sa.select(col(Delay.bucket), sa.func.sum(col(Delay.messages))).where(*where).group_by(col(Delay.bucket))
        buckets = sorted((int(bucket), int(n)) for bucket, n in session.execute(query)) if campaigns else []
    everything = sum(n for _bucket, n in buckets)
    rows, so_far = [], 0
    for bucket, n in buckets:
        so_far += n
        rows.append((_edge(bucket - 0.5), _edge(bucket + 0.5), n, n / everything, so_far / everything))
    distribution = pd.DataFrame(rows, columns=["from_seconds", "to_seconds", "messages", "share", "arrived"])
    return Delays(everything, percentile(buckets, 0.5), percentile(buckets, 0.95), distribution)


def _edge(bucket: float) -> float:
    return 0.0 if bucket < 0 else float(2 ** (bucket / 8))


def percentile(buckets: Sequence[tuple[int, int]], share: float) -> float | None:
    """The time (seconds) within which this share of the messages arrived; `buckets` ascending with their counts."""
    wanted, so_far = share * sum(n for _bucket, n in buckets), 0
    for bucket, n in buckets:
        so_far += n
        if so_far >= wanted:
            return seconds_of(bucket)
    return None


def funnel(store: Store, question: Question, zone: tzinfo) -> pd.DataFrame:
    """From the uploaded rows to the phones, of the question's campaigns, each as a whole: `stage` ("uploaded",
    "accepted", "handed-over", "delivered"), `rows`, `share` of the uploaded, `lost` since the stage before, and `why`,
    a dictionary of what became of the lost and of those that are still under way."""
    with store.reading() as session:
        campaigns = _that_sent(session, question, zone)
        whole = Question(include_tests=question.include_tests)
        by_campaign = add_up(session, whole, zone, campaigns, [col(Tally.campaign_id)])
        sent = {
            key: each
            for key, each in by_campaign.items()
            if each.figures.sent + each.figures.rejected + each.figures.uncertain
        }
        sums = regroup(sent, lambda _key: ())
        campaigns = {campaign_id: campaigns[campaign_id] for (campaign_id,) in sent}
        lists = [meta.list_id for meta in campaigns.values() if meta.list_id is not None]
        query = sa.select(col(RecipientList.id), col(RecipientList.counts)).where(col(RecipientList.id).in_(lists))
        counts: dict[int | None, dict[str, int]] = {row[0]: row[1] for row in session.execute(query)}
    if not sums:
        return pd.DataFrame(columns=["stage", "rows", "share", "lost", "why"])
    figures = sums[()].figures
    names = ("rejected", "duplicates", "opted_out")
    refused = {name: sum(int(counts.get(list_id, {}).get(name, 0)) for list_id in lists) for name in names}
    states = figures.counts()
    # A campaign whose list is gone counts as many rows as it has messages.
    stages = [
        ("uploaded", figures.total + sum(refused.values()), {}),
        ("accepted", figures.total, refused),
        (
            "handed-over",
            figures.sent,
            {name: states[name] for name in ("queued", "sending", "rejected", "uncertain", "cancelled")},
        ),
        (
            "delivered",
            figures.delivered,
            {name: states[name] for name in ("accepted", "undelivered", "expired")},
        ),
    ]
    first = stages[0][1]
    rows, before = [], first
    for stage, n, why in stages:
        rows.append((stage, n, n / first, before - n, {name: lost for name, lost in why.items() if lost}))
        before = n
    return pd.DataFrame(rows, columns=["stage", "rows", "share", "lost", "why"])


def _that_sent(session: Session, question: Question, zone: tzinfo) -> dict[int, Meta]:
    """The campaigns of which anything left in the question's cut."""
    campaigns = campaigns_of(session, question, zone)
    if question == Question(include_tests=question.include_tests):
        return campaigns
    left = add_up(session, question, zone, campaigns, [col(Tally.campaign_id)], left_only=True)
    return {campaign_id: campaigns[campaign_id] for (campaign_id,) in left}
