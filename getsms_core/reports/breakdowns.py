"""Breakdowns of delivery: over time, by campaign, number range, sender name, weekday and hour; money.
Every frame has the columns of `rollup_queries.frame`: keys, a count per state, sent, settled, waiting, rate, low,
high, final, counted."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta, tzinfo
from enum import StrEnum

import pandas as pd
import sqlalchemy as sa
from sqlmodel import col

from getsms_core import phone
from getsms_core.base.i18n import _
from getsms_core.base.reasons import Reason, reason
from getsms_core.billing.reconciliation import Sums
from getsms_core.db.engine import Store, now_ms
from getsms_core.db.models import Campaign, RollUp, Template
from getsms_core.reports.filters import HOUR, Filter, local_day
from getsms_core.reports.rollup_queries import (
    Key,
    add_up,
    campaigns_of,
    frame,
    local_hour,
    note_flying,
    range_name,
    regroup,
    span,
)

EPOCH = date(1970, 1, 1)  # a Thursday


class Grain(StrEnum):
    """The length of a point of a time series. Weeks begin on Monday."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


def total(store: Store, question: Filter, zone: tzinfo) -> Sums:
    """Return the totals of a filter: `figures`, parts and money."""
    with store.reading() as session:
        campaigns = campaigns_of(session, question, zone)
        sums = add_up(session, question, zone, campaigns, [], money=True)
        note_flying(session, question, campaigns, sums, lambda _id: ())
    return sums.get((), Sums())


def rate_over_time(store: Store, question: Filter, zone: tzinfo, grain: Grain, now: int | None = None) -> pd.DataFrame:
    """Return a row for each local hour, day, week or month in which messages were sent: `at` (its start, with the
    zone) and figures. A cohort is final when no message waits and its time has passed."""
    with store.reading() as session:
        now = now or now_ms(session)
        campaigns = campaigns_of(session, question, zone)
        hours = local_hour(zone, *span(session, question, zone, campaigns, now))
        by: sa.SQLColumnExpression[int] = {
            Grain.HOUR: col(RollUp.hour),
            Grain.WEEK: (hours // 24 + 3) // 7,
        }.get(grain, hours // 24)
        sums = add_up(session, question, zone, campaigns, [by], left_only=True)
    begun = regroup(sums, lambda key: (begin(grain, int(key[0]), zone),))
    current = begin(grain, _index(grain, now, zone), zone)
    rate_frame = frame(["at"], begun, over=lambda key: key[0] < current)
    return rate_frame.astype({"at": pd.DatetimeTZDtype("ms", zone)})


def begin(grain: Grain, index: int, zone: tzinfo) -> pd.Timestamp:
    """Return the start of the local hour, day, week or month with this number; a month by one of its days."""
    if grain is Grain.HOUR:
        return pd.Timestamp(index * HOUR, unit="s", tz="UTC").tz_convert(zone)
    day = EPOCH + timedelta(days=index * 7 - 3 if grain is Grain.WEEK else index)
    if grain is Grain.MONTH:
        day = day.replace(day=1)
    return pd.Timestamp(datetime(day.year, day.month, day.day, tzinfo=zone))


def _index(grain: Grain, now: int, zone: tzinfo) -> int:
    if grain is Grain.HOUR:
        return now // (HOUR * 1000)
    days = (local_day(now, zone) - EPOCH).days
    return (days + 3) // 7 if grain is Grain.WEEK else days


def by_campaign(store: Store, question: Filter, zone: tzinfo, money: bool = False) -> pd.DataFrame:
    """Return a row per campaign, newest first: campaign (id), name, sender, the campaign's state as `status`,
    started_at (UTC ms), figures, and with `money` the columns described at `cost`."""
    with store.reading() as session:
        campaigns = campaigns_of(session, question, zone)
        sums = add_up(session, question, zone, campaigns, [col(RollUp.campaign_id)], money=money)
        note_flying(session, question, campaigns, sums, lambda campaign_id: (campaign_id,))
    campaign_frame = frame(["campaign"], sums, money=money)
    metas = [campaigns[campaign_id] for campaign_id in campaign_frame["campaign"]]
    campaign_frame.insert(1, "name", [meta.name for meta in metas])
    campaign_frame.insert(2, "sender", [meta.sender for meta in metas])
    campaign_frame.insert(3, "status", [meta.state.value for meta in metas])
    campaign_frame.insert(4, "started_at", pd.Series([meta.started_at for meta in metas], dtype="Int64"))
    return campaign_frame.iloc[::-1].reset_index(drop=True)


def by_range(store: Store, question: Filter, zone: tzinfo) -> pd.DataFrame:
    """Return a row per number range with messages, most first: `range` (its name) and figures. Numbers are portable,
    so a range does not identify the operator."""
    with store.reading() as session:
        campaigns = campaigns_of(session, question, zone)
        sums = add_up(session, question, zone, campaigns, [col(RollUp.number_range)])
    return _most_first(frame(["range"], _by_range_name(sums)))


def _by_range_name(sums: Mapping[Key, Sums]) -> dict[Key, Sums]:
    """Return the same by name: several indexes may have one name."""
    return regroup(sums, lambda key: (range_name(int(key[0])),))


def range_in_words(name: str) -> str:
    """Return the label of a number range; only "other" is translated, the rest are names."""
    return _("Other") if name == phone.RANGES[0] else name


def by_sender(store: Store, question: Filter, zone: tzinfo) -> pd.DataFrame:
    """Return a row per sender name, most messages first: `sender` ("" = the gateway's short number) and figures."""
    with store.reading() as session:
        campaigns = campaigns_of(session, question, zone)
        sums = add_up(session, question, zone, campaigns, [col(RollUp.campaign_id)])
    named = regroup(sums, lambda key: (campaigns[int(key[0])].sender,))
    return _most_first(frame(["sender"], named))


def by_template(store: Store, question: Filter, zone: tzinfo) -> pd.DataFrame:
    """Return a row per template, all versions together, most messages first: `template` (its name, "" = no template)
    and figures."""
    with store.reading() as session:
        campaigns = campaigns_of(session, question, zone)
        sums = add_up(session, question, zone, campaigns, [col(RollUp.campaign_id)])
        names = {row.id: row.name for row in session.execute(sa.select(col(Template.id), col(Template.name)))}
    named = regroup(sums, lambda key: (names.get(campaigns[int(key[0])].template_id, ""),))
    return _most_first(frame(["template"], named))


def _most_first(made: pd.DataFrame) -> pd.DataFrame:
    return made.sort_values("sent", ascending=False, kind="stable").reset_index(drop=True)


def by_hour_and_weekday(store: Store, question: Filter, zone: tzinfo) -> pd.DataFrame:
    """Return a row for each weekday (0 = Monday) and local hour (0 to 23) in which messages were sent, with figures."""
    with store.reading() as session:
        campaigns = campaigns_of(session, question, zone)
        hours = local_hour(zone, *span(session, question, zone, campaigns, now_ms(session)))
        sums = add_up(session, question, zone, campaigns, [(hours // 24 + 3) % 7, hours % 24], left_only=True)
    return frame(["weekday", "hour"], sums)


def cost(store: Store, question: Filter, zone: tzinfo) -> pd.DataFrame:
    """Return a row per campaign with a cost, most expensive first. In tiyin: planned_cost (all its messages by the
    price list), sent_cost (the submitted ones), billed_cost (the parts that receipts name, at the price of a
    part), per_delivered (sent_cost of one delivered message), expected_cost (planned for the messages whose
    receipts name parts); and `parts` submitted and `billed_parts`."""
    cost_frame = by_campaign(store, question, zone, money=True)
    cost_frame["per_delivered"] = cost_frame["sent_cost"] / cost_frame["delivered"].where(cost_frame["delivered"] > 0)
    columns = ["campaign", "name", "sent", "delivered", "parts", "billed_parts"]
    columns += ["planned_cost", "sent_cost", "billed_cost", "per_delivered", "expected_cost"]
    chosen = cost_frame.loc[cost_frame["planned_cost"] > 0, columns]
    return chosen.sort_values("sent_cost", ascending=False, kind="stable").reset_index(drop=True)


def senders(store: Store) -> list[str]:
    """Return the sender names that campaigns have used, for a filter."""
    with store.reading() as session:
        return list(session.scalars(sa.select(col(Campaign.sender)).distinct().order_by(col(Campaign.sender))))


def unmatched(store: Store, question: Filter) -> list[Reason]:
    """Return what a filter names and no campaign has: campaigns that do not exist, sender names that none uses."""
    with store.reading() as session:
        known = set(session.scalars(sa.select(col(Campaign.id)).where(col(Campaign.id).in_(question.campaigns))))
        used = set(session.scalars(sa.select(col(Campaign.sender)).where(col(Campaign.sender).in_(question.senders))))
    campaigns = [reason("no-such-campaign", id=i) for i in question.campaigns if i not in known]
    return [*campaigns, *(reason("no-such-sender", name=name) for name in question.senders if name not in used)]


def choices(store: Store, question: Filter, zone: tzinfo) -> dict[int, str]:
    """Return the campaigns that a filter offers for its period, newest first: id → name."""
    with store.reading() as session:
        wide = Filter(since=question.since, until=question.until, include_tests=question.include_tests)
        campaign_rows = campaigns_of(session, wide, zone)
    return {meta.id: meta.name for meta in reversed(campaign_rows.values()) if meta.started_at}
