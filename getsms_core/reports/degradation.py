"""Delivery problems: drops of the delivery rate, missing receipts, requests refused by the gateway; each with its
start and a sentence."""

from collections.abc import Sequence
from datetime import datetime, tzinfo

import numpy as np
import pandas as pd
import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core import phone
from getsms_core.base.formatting import day, number, percent
from getsms_core.base.i18n import _
from getsms_core.base.states import MessageState
from getsms_core.db.engine import Store
from getsms_core.db.models import ATTEMPT_NOTHING_SENT, Attempt, DeliveryTimeRollUp, RollUp
from getsms_core.db.rollups import bucket_of
from getsms_core.gateway import ACCOUNT_REFUSALS, reason_text
from getsms_core.reports.anomalies import ENOUGH_USUAL, HOUR_MS, USUAL_DAYS, Degradation, Kind, falls
from getsms_core.reports.breakdowns import range_in_words
from getsms_core.reports.delivery_times import percentile
from getsms_core.reports.filters import HOUR, Filter, last_days
from getsms_core.reports.rollup_queries import campaigns_of, of_campaigns

DELAY_SHARE, DELAY_MESSAGES = 0.2, 50  # share and number of additional waiting messages that are not chance
MISSING_AFTER_MS = HOUR_MS


def delivery_alerts(store: Store, zone: tzinfo, now: int) -> list[Degradation]:
    """Return all problems as of `now` (UTC ms), the worst first. Reads only roll-ups and refused submissions."""
    question = last_days(USUAL_DAYS + 3, zone, now)
    with store.reading() as session:
        cells = _cells(session, question, zone)
        degradations = _refusals(session, now)
        if not cells.empty:
            delays = _delays(session, question, zone)
            degradations += receipts_missing(cells, delays, now)
    return falls(cells, now) + degradations


def _cells(session: Session, question: Filter, zone: tzinfo) -> pd.DataFrame:
    """Return a row per hour and number range: hour (since 1970, UTC), range (index), delivered, settled, waiting."""
    campaigns = campaigns_of(session, question, zone)
    first, end = question.hours(zone)
    columns = ["hour", "range", "delivered", "settled", "waiting"]
    if not campaigns or first is None or end is None:
        return pd.DataFrame(columns=columns)

    def count(*states: MessageState) -> sa.ColumnElement[int]:
        return sa.func.sum(sa.case((col(RollUp.state).in_(states), col(RollUp.messages)), else_=0))

    settled = (MessageState.DELIVERED, MessageState.UNDELIVERED, MessageState.EXPIRED)
    query = (
        sa.select(
            col(RollUp.hour),
            col(RollUp.number_range),
            count(MessageState.DELIVERED),
            count(*settled),
            count(MessageState.ACCEPTED) - sa.func.sum(col(RollUp.counted)),  # those get no receipt
        )
        .where(*of_campaigns(session, col(RollUp.campaign_id), question, campaigns))
        .where(col(RollUp.hour) >= first, col(RollUp.hour) < end)
        .group_by(col(RollUp.hour), col(RollUp.number_range))
    )
    rows = [tuple(int(value or 0) for value in row) for row in session.execute(query)]
    cells = pd.DataFrame(rows, columns=columns, dtype="int64")
    nameless = ~cells["range"].between(0, len(phone.RANGES) - 1)  # "other", as in all figures
    return cells.assign(range=cells["range"].mask(nameless, 0)).groupby(["hour", "range"], as_index=False).sum()


# ------------------------------------------------------------------------------------------------------ the receipts


def _delays(session: Session, question: Filter, zone: tzinfo) -> list[tuple[int, int]]:
    campaigns = campaigns_of(session, question, zone)
    where = of_campaigns(session, col(DeliveryTimeRollUp.campaign_id), question, campaigns)
    query = (
        sa.select(col(DeliveryTimeRollUp.bucket), sa.func.sum(col(DeliveryTimeRollUp.messages)))
        .where(*where)
        .group_by(col(DeliveryTimeRollUp.bucket))
    )
    return sorted((int(bucket), int(n)) for bucket, n in session.execute(query))


def receipts_missing(cells: pd.DataFrame, delays: Sequence[tuple[int, int]], now: int) -> list[Degradation]:
    """Return a problem if many more messages of the last two days wait than the usual time to delivery explains;
    `delays` is its histogram, (bucket, messages) ascending."""
    p95 = percentile(delays, 0.95)
    if p95 is None or sum(n for _bucket, n in delays) < ENOUGH_USUAL:
        return []
    this_hour = now // HOUR_MS
    recent = cells["hour"] > this_hour - 48
    before = cells[~recent]
    settled = int(before["settled"].sum())
    if settled < ENOUGH_USUAL:
        return []
    usual = int(before["delivered"].sum()) / settled
    ripe = cells[recent & ((this_hour - cells["hour"]) * HOUR_MS >= max(MISSING_AFTER_MS, 2000 * p95))]
    hourly = ripe.groupby("hour", sort=True)[["settled", "waiting"]].sum()
    if hourly.empty:
        return []
    hours, waiting = hourly.index.to_numpy(np.int64), hourly["waiting"].to_numpy()
    everything = hourly["settled"].to_numpy() + waiting
    arrived = np.array([_arrived(delays, float(this_hour - hour) * HOUR) for hour in hours])
    over = waiting - everything * (1 - usual * arrived)
    # The start is the hour since which the excess adds up to the most.
    adds_up = np.cumsum((over - DELAY_SHARE * everything)[::-1])[::-1]
    begin = int(np.argmax(adds_up))
    if adds_up[begin] <= 0 or over[begin:].sum() < DELAY_MESSAGES:
        return []
    return [Degradation(Kind.RECEIPTS, int(hours[begin]) * HOUR_MS, messages=int(waiting[begin:].sum()))]


def _arrived(delays: Sequence[tuple[int, int]], seconds: float) -> float:
    everything = sum(n for _bucket, n in delays)
    return sum(n for bucket, n in delays if bucket <= bucket_of(seconds)) / everything


# ------------------------------------------------------------------------------------------------------ the refusals


def _refusals(session: Session, now: int) -> list[Degradation]:
    """Return the requests of the last day that the gateway refused because of the account, by reason."""
    since = sa.func.min(col(Attempt.started_at))
    query = (
        sa.select(col(Attempt.code), sa.func.count(), since, sa.func.max(col(Attempt.detail)))
        .where(
            ATTEMPT_NOTHING_SENT, col(Attempt.started_at) > now - 24 * HOUR_MS, col(Attempt.code).in_(ACCOUNT_REFUSALS)
        )
        .group_by(col(Attempt.code))
        .order_by(sa.func.count().desc())
    )
    return [
        Degradation(Kind.REFUSALS, int(first), messages=n, code=code, reason=reason_text(code, detail))
        for code, n, first, detail in session.execute(query)
    ]


# --------------------------------------------------------------------------------------------------------- in words


def alert_in_words(found: Degradation, zone: tzinfo) -> str:
    """Return a finding as a sentence."""
    since = datetime.fromtimestamp(found.since / 1000, zone)
    at = f"{day(since.date())}, {since:%H:%M}"
    match found.kind:
        case Kind.FALL:
            named = (
                ", ".join(map(range_in_words, found.ranges)) if 0 < len(found.ranges) < 4 else _("All number ranges")
            )
            text = _("{ranges}: since {since} {rate} of {n} messages arrived, where {usual} is usual at these hours.")
            return text.format(ranges=named, since=at, rate=percent(found.rate), n=number(found.messages),
                               usual=percent(found.usual))  # fmt: skip
        case Kind.RECEIPTS:
            text = _("Receipts have stopped coming: {n} messages sent since {since} still wait, many more than usual.")
            return text.format(n=number(found.messages), since=at)
        case Kind.REFUSALS:
            text = _("Since {since} the gateway has refused requests ({n}). {reason}")
            return text.format(since=at, n=number(found.messages), reason=found.reason)
