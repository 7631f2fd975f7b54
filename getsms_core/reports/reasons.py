"""Why messages did not arrive: how many have which reason, in all, by number range and over time.

The reasons come from a roll-up of their own (`db.models.ReasonRollUp`). Messages without a reason are the difference to
the counts by state, so that the reasons of a filter always add up to its messages that did not arrive."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

import pandas as pd
import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core.base.failure_reasons import LOST, NOT_STATED, code_shown, in_words, stored_code
from getsms_core.base.states import MessageState
from getsms_core.db.engine import Store, now_ms
from getsms_core.db.models import ReasonRollUp, RollUp
from getsms_core.gateway import short_reason
from getsms_core.reports.breakdowns import Grain, begin
from getsms_core.reports.filters import Filter
from getsms_core.reports.rollup_queries import (
    By,
    Meta,
    add_up,
    campaigns_of,
    conditions,
    local_hour,
    of_campaigns,
    range_name,
    span,
)

STATES = [MessageState.REJECTED, MessageState.UNDELIVERED, MessageState.EXPIRED, MessageState.CANCELLED]
_Counts = Counter[tuple[str, str, int]]
"""Messages by state, code and a third key."""


@dataclass(frozen=True)
class LossReason:
    """A reason: its code (unknown words are their own), the sentence in the user's language, and how many messages did
    not arrive for it."""

    code: str
    words: str
    messages: int


def words_of(code: str) -> str:
    """Return the sentence of a reason's code in the user's language; unknown words of the gateway as they are."""
    return in_words(code) or short_reason(code)


def reason_in_words(reason: str | None, state: str) -> str:
    """Return why a message is in its state, in the user's language, from its stored reason; "" for a delivered one and
    where there is nothing to say."""
    if state == MessageState.DELIVERED:
        return ""
    if state in (MessageState.UNDELIVERED, MessageState.EXPIRED):
        return words_of(stored_code(reason) or NOT_STATED)
    return words_of(stored_code(reason)) if state in LOST else short_reason(reason or "")


def reasons(store: Store, question: Filter, zone: tzinfo) -> pd.DataFrame:
    """Return why messages did not arrive, a row for each state, reason and number range, most first: state, code,
    reason (in words), range, messages, `share` of all messages. Uncertain messages may have arrived and are not
    included."""
    with store.reading() as session:
        campaigns = campaigns_of(session, question, zone)
        by_index = add_up(session, question, zone, campaigns, [col(RollUp.number_range)])
        totals = {int(key[0]): sums.messages for key, sums in by_index.items()}
        counts = with_unstated(_stated(session, question, zone, campaigns, [col(ReasonRollUp.number_range)]), totals)
    everything = sum(sums.figures.total for sums in by_index.values())
    by_range: Counter[tuple[str, str, str]] = Counter()
    for (state, code, number_range), n in counts.items():
        by_range[state, code, range_name(number_range)] += n
    rows = [
        (state, code, words_of(code), name, n, n / everything) for (state, code, name), n in by_range.most_common() if n
    ]
    return pd.DataFrame(rows, columns=["state", "code", "reason", "range", "messages", "share"])


def reasons_over_time(
    store: Store, question: Filter, zone: tzinfo, grain: Grain, now: int | None = None
) -> pd.DataFrame:
    """Return a row for each local hour, day, week or month and each reason: `at` (its start, with the zone), code,
    reason (in words), messages. Messages that were not sent have no time."""
    with store.reading() as session:
        now = now or now_ms(session)
        campaigns = campaigns_of(session, question, zone)
        by = [(grain_index(grain, table, zone, span(session, question, zone, campaigns, now))) for table in _TABLES]
        totals = {
            int(key[0]): sums.messages
            for key, sums in add_up(session, question, zone, campaigns, [by[0]], left_only=True).items()
        }
        stated = _stated(session, question, zone, campaigns, [by[1]], left_only=True)
    messages: Counter[tuple[pd.Timestamp, str]] = Counter()
    for (_state, code, index), n in with_unstated(stated, totals).items():
        messages[begin(grain, index, zone), code] += n
    rows = [(at, code, words_of(code), n) for (at, code), n in sorted(messages.items()) if n]
    reason_frame = pd.DataFrame(rows, columns=["at", "code", "reason", "messages"])
    return reason_frame.astype({"at": pd.DatetimeTZDtype("ms", zone)})


_TABLES: tuple[type[RollUp] | type[ReasonRollUp], ...] = (RollUp, ReasonRollUp)


def grain_index(
    grain: Grain, table: type[RollUp] | type[ReasonRollUp], zone: tzinfo, hours: tuple[int, int]
) -> sa.SQLColumnExpression[int]:
    """Return SQL for the number of the local hour, day or week of a roll-up's row; months are summed from days."""
    if grain is Grain.HOUR:
        return col(table.hour)
    days = local_hour(zone, *hours, column=col(table.hour)) // 24
    return (days + 3) // 7 if grain is Grain.WEEK else days


def reasons_of_campaign(store: Store, campaign_id: int) -> list[LossReason]:
    """Return why messages of a campaign did not arrive, most frequent first."""
    with store.reading() as session:
        query = sa.select(col(ReasonRollUp.state), col(ReasonRollUp.reason), sa.func.sum(col(ReasonRollUp.messages)))
        of_campaign = col(ReasonRollUp.campaign_id) == campaign_id
        rows = session.execute(query.where(of_campaign).group_by(col(ReasonRollUp.state), col(ReasonRollUp.reason)))
        stated: _Counts = Counter({(state.value, reason, 0): int(n) for state, reason, n in rows})
        sums = sa.select(col(RollUp.state), sa.func.sum(col(RollUp.messages))).where(
            col(RollUp.campaign_id) == campaign_id, col(RollUp.state).in_(STATES)
        )
        totals = {state.value: int(n) for state, n in session.execute(sums.group_by(col(RollUp.state)))}
    messages: Counter[str] = Counter()
    for (_state, code, _key), n in with_unstated(stated, {0: totals}).items():
        messages[code] += n
    return [LossReason(code, words_of(code), n) for code, n in messages.most_common() if n]


def campaigns_with_reason(store: Store, question: Filter, zone: tzinfo, code: str) -> list[int]:
    """Return the campaigns of a filter of which a message did not arrive for this reason, oldest first."""
    with store.reading() as session:
        campaigns = campaigns_of(session, question, zone)
        by_campaign = add_up(session, question, zone, campaigns, [col(RollUp.campaign_id)])
        totals = {int(key[0]): sums.messages for key, sums in by_campaign.items()}
        stated = _stated(session, question, zone, campaigns, [col(ReasonRollUp.campaign_id)])
    campaign_ids = {
        key for (_state, row_code, key), n in with_unstated(stated, totals).items() if n and row_code == code
    }
    return sorted(campaign_ids)


def _stated(
    session: Session,
    question: Filter,
    zone: tzinfo,
    campaigns: Mapping[int, Meta],
    by: By,
    *,
    left_only: bool = False,
) -> _Counts:
    """Return the messages that have a reason, by state, code and the column `by`."""
    if not campaigns:
        return Counter()
    where = of_campaigns(session, col(ReasonRollUp.campaign_id), question, campaigns)
    where += conditions(question, zone, ReasonRollUp)
    if left_only:
        where.append(col(ReasonRollUp.hour) > 0)
    keys: tuple[Any, ...] = (col(ReasonRollUp.state), col(ReasonRollUp.reason), by[0].label("k"))
    query = sa.select(*keys, sa.func.sum(col(ReasonRollUp.messages))).where(*where).group_by(*keys)
    return Counter({(state.value, code, int(key)): int(n) for state, code, key, n in session.execute(query)})


def with_unstated(stated: Mapping[tuple[str, str, int], int], totals: Mapping[int, Mapping[str, int]]) -> _Counts:
    """Return the counts with those that have no reason, so that they add up to `totals` by state and third key."""
    counts = Counter(stated)
    known: Counter[tuple[str, int]] = Counter()
    for (state, _code, key), n in stated.items():
        known[state, key] += n
    for key, messages in totals.items():
        for state in STATES:
            unstated = messages.get(state.value, 0) - known[state.value, key]
            if unstated:
                counts[state.value, code_shown("", state), key] += unstated
    return counts
