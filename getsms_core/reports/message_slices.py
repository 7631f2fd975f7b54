"""The messages behind a bar, a slice, a cell or a row of a report: a `Slice` of the messages of a `Filter`, as rows and
as a count. It is kept in the address of the page, so that it can be shared."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, tzinfo
from math import ceil
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.selectable import Select
from sqlmodel import Session, col

from getsms_core.base.failure_reasons import LOST, code_shown, stored_code
from getsms_core.base.permissions import Actor, Permission
from getsms_core.base.states import COUNTED, FINAL, LABELS, SENT, MessageState
from getsms_core.db.engine import Store, now_ms
from getsms_core.db.models import (
    CHUNK_SENDING,
    SPAN,
    Chunk,
    HourlyDeliveryTimeRollUp,
    Message,
    ReasonRollUp,
    RollUp,
)
from getsms_core.db.response_versions import responded
from getsms_core.reports import cut_counts, cuts, message_log
from getsms_core.reports.breakdowns import EPOCH
from getsms_core.reports.filters import HOUR, Filter, readable, unreadable
from getsms_core.reports.message_log import MessageRow
from getsms_core.reports.reasons import with_unstated
from getsms_core.reports.rollup_queries import (
    Meta,
    campaigns_of,
    conditions,
    local_hour,
    of_campaigns,
    of_ranges,
    span,
)
from getsms_core.reports.slice_parts import Part, parts_of

GROUPS: Mapping[str, frozenset[MessageState]] = {
    "": frozenset(MessageState),
    "sent": SENT,
    "settled": FINAL,
    "unsubmitted": frozenset({MessageState.QUEUED}),
    "lost": LOST,
    "billed": frozenset(MessageState),
    "responded": frozenset(MessageState),
    "waiting": frozenset({MessageState.ACCEPTED}),
    COUNTED: frozenset({MessageState.ACCEPTED}),
}
"""States of a slice that are not states of one message: those sent, those with a final status, those queued or in a
request, those that did not arrive, those whose receipts name SMS parts, those with a response, the two kinds of
accepted messages."""
STATES = (*(state for state in LABELS if state in set(MessageState)), *(name for name in GROUPS if name))
LATEST_MS = 250_000_000_000_000
HOUR_MS = HOUR * 1000
_NOT_ROLLED_UP = ("sending", "queued", "responded")
_AT_ONCE = 2_000
"""Messages read at a time where the database cannot decide whether they belong to the slice."""
_NAMES = ("state", "sent", "weekday", "hour", "delay", "part_of", "part")


@dataclass(frozen=True)
class Slice:
    """A selection within a filter. `state` is a message state or a key of `GROUPS`; `sent` the instants (UTC ms) from
    which and until which messages were sent; `weekday` (0 = Monday) and `hour` local; `delay` the first and the last
    bucket of the time to delivery; `reasons` codes of why messages did not arrive; `value` what messages have of `by`,
    one of `CUTS`, "template" or "column:NAME" (None: no value)."""

    state: str = ""
    sent: tuple[int, int] | None = None
    weekday: int | None = None
    hour: int | None = None
    delay: tuple[int, int] | None = None
    reasons: tuple[str, ...] = ()
    by: str = ""
    value: str | None = None

    def to_query(self) -> dict[str, list[str]]:
        """Return the slice as parameters of an address; an empty list where it does not narrow."""
        query: dict[str, list[str]] = {
            "state": [self.state] if self.state else [],
            "reason": list(self.reasons),
            "part_of": [self.by] if self.by else [],
            "part": [self.value] if self.by and self.value is not None else [],
        }
        for name in ("weekday", "hour"):
            number = getattr(self, name)
            query[name] = [] if number is None else [str(number)]
        for name in ("sent", "delay"):
            bounds = getattr(self, name)
            query[name] = [f"{bounds[0]}-{bounds[1]}"] if bounds else []
        return query

    @classmethod
    def from_query(cls, query: Mapping[str, Sequence[str]]) -> "Slice":
        """Return the slice of an address. Raises `DomainError` ("bad-question") for a value that cannot be read."""
        texts = {name: readable(name, query[name][-1]) for name in _NAMES if query.get(name)}
        if texts.get("state", "") not in ("", *STATES):
            raise unreadable("state", texts["state"])
        return cls(
            state=texts.get("state", ""),
            sent=_bounds("sent", texts, LATEST_MS),
            weekday=_number("weekday", texts, 6),
            hour=_number("hour", texts, 23),
            delay=_bounds("delay", texts, 1000),
            reasons=tuple(readable("reason", value) for value in query.get("reason", ())),
            by=texts.get("part_of", ""),
            value=texts.get("part"),
        )

    @property
    def has_time(self) -> bool:
        """Whether only messages that were sent can belong to it."""
        return self.sent is not None or self.weekday is not None or self.hour is not None or self.delay is not None

    @property
    def states(self) -> frozenset[MessageState]:
        """The states that its messages can have."""
        states = GROUPS.get(self.state) or frozenset({MessageState(self.state)})
        states = frozenset({MessageState.QUEUED}) if states == {MessageState.SENDING} else states
        if self.delay:
            states &= {MessageState.DELIVERED}
        return states & LOST if self.reasons else states


def whole_hours(first: int, end: int) -> tuple[int, int]:
    """Return instants (UTC ms) as the next whole hours of UTC, by which the roll-ups count."""
    return -(-first // HOUR_MS) * HOUR_MS, -(-end // HOUR_MS) * HOUR_MS


def seconds_of_delay(delay: tuple[int, int]) -> tuple[float, float]:
    """Return the times to delivery (seconds) between which a slice's buckets lie."""
    low, high = (2 ** ((bucket + side) / 8) for bucket, side in zip(delay, (-0.5, 0.5), strict=True))
    return (low if delay[0] > 0 else 0.0), high


def campaign_of(message_id: int) -> int:
    """Return the campaign of a message."""
    return message_id // SPAN


@dataclass(frozen=True)
class Behind:
    """How many messages a slice has, as its chart shows them, and how many of them are not listed, because the reasons
    of their campaigns were erased."""

    messages: int
    erased: int = 0


def count(store: Store, actor: Actor, question: Filter, zone: tzinfo, wanted: Slice) -> Behind:
    """Return how many messages a slice has: from the roll-ups where they have it, else counted. Raises
    `DomainError` ("not-allowed", "hidden-column", "no-such-column", "no-such-cut")."""
    actor.must(Permission.READ)
    with store.reading() as session:
        scope = _scope(store, session, actor, question, zone, wanted)
        counts = _rolled_up(session, scope)
        if not scope.is_rolled_up:
            counts = {i: _counted(store, session, scope, i) for i, n in counts.items() if n}
    erased = sum(counts.get(i, 0) for i in scope.erased) if wanted.reasons else 0
    return Behind(sum(counts.values()), erased)


def page(
    store: Store,
    actor: Actor,
    question: Filter,
    zone: tzinfo,
    wanted: Slice,
    after_id: int | None = None,
    limit: int = 100,
) -> list[MessageRow]:
    """Return messages of a slice after `after_id`: the newest campaign first, of each in the order of its list; numbers
    are masked for users who may not see them. Raises `DomainError` as `count`."""
    actor.must(Permission.READ)
    rows: list[MessageRow] = []
    with store.reading() as session:
        scope = _scope(store, session, actor, question, zone, wanted)
        newest = [i for i, n in _rolled_up(session, scope).items() if n and not (wanted.reasons and i in scope.erased)]
        for campaign_id in sorted(newest, reverse=True):
            if after_id is not None and campaign_id > after_id // SPAN:
                continue
            after = after_id if after_id is not None and after_id // SPAN == campaign_id else None
            flying = set(session.scalars(_flying(campaign_id)))
            kept = message_log.kept_numbers(session, actor, campaign_id)
            for row in _rows_of(store, session, scope, campaign_id, after, limit - len(rows)):
                rows.append(message_log.message_row(row, flying, kept))
                if len(rows) == limit:
                    return rows
    return rows


@dataclass(frozen=True)
class _Scope:
    """A slice with the campaigns that can have messages of it."""

    question: Filter
    zone: tzinfo
    wanted: Slice
    campaigns: Mapping[int, Meta]
    parts: Mapping[int, Part]
    hours: tuple[int, int]

    @property
    def is_rolled_up(self) -> bool:
        """Whether the roll-ups have the slice's count."""
        within = any(part.is_within for part in self.parts.values())
        kinds = sum(map(bool, (self.wanted.reasons, self.wanted.delay, within)))
        return self.wanted.state not in _NOT_ROLLED_UP and (kinds == 0 or (kinds == 1 and not within))

    @property
    def erased(self) -> list[int]:
        """The campaigns whose messages have lost their reasons."""
        return [i for i, meta in self.campaigns.items() if meta.erasing]


def _scope(store: Store, session: Session, actor: Actor, question: Filter, zone: tzinfo, wanted: Slice) -> _Scope:
    campaigns = campaigns_of(session, question, zone)
    hours = span(session, question, zone, campaigns, now_ms(session))
    parts: dict[int, Part] = {}
    if wanted.by == "range":
        raise unreadable("part_of", wanted.by)
    if wanted.by and wanted.by != "day":
        by = wanted.by if wanted.by == "template" else cuts.check(store, actor, question, zone, wanted.by)
        parts = parts_of(store, session, question, campaigns, by, wanted.value, not actor.may(Permission.SEE_PHONES))
        campaigns = {i: meta for i, meta in campaigns.items() if i in parts}
    return _Scope(question, zone, wanted, campaigns, parts, hours)


def _hours(scope: _Scope, hour: sa.SQLColumnExpression[int]) -> Iterator[sa.ColumnElement[bool]]:
    """Yield the slice's hours as conditions on the hour since 1970 in which messages were sent."""
    wanted = scope.wanted
    if wanted.has_time:
        yield hour > 0
    if wanted.sent:
        yield hour >= wanted.sent[0] // HOUR_MS
        yield hour < ceil(wanted.sent[1] / HOUR_MS)
    if wanted.weekday is not None or wanted.hour is not None:
        local = local_hour(scope.zone, *scope.hours, column=hour)
        if wanted.weekday is not None:
            yield (local // 24 + 3) % 7 == wanted.weekday
        if wanted.hour is not None:
            yield local % 24 == wanted.hour
    if wanted.by == "day" and wanted.value is None:
        yield hour == 0
    elif wanted.by == "day":
        yield hour > 0
        yield local_hour(scope.zone, *scope.hours, column=hour) // 24 == _day(wanted.value or "")


def _day(text: str) -> int:
    try:
        return (date.fromisoformat(text) - EPOCH).days
    except ValueError:
        raise unreadable("part", text) from None


def _rolled_up(session: Session, scope: _Scope) -> dict[int, int]:
    """Return by campaign how many messages the roll-ups count: those of the slice, or more where they cannot be told
    apart."""
    if not scope.campaigns:
        return {}
    if scope.wanted.delay:
        return _delayed(session, scope)
    columns = [col(RollUp.campaign_id), col(RollUp.state)]
    sums = [sa.func.sum(col(getattr(RollUp, name))) for name in ("messages", "counted", "billed_messages")]
    states = sorted(scope.wanted.states)
    query = sa.select(*columns, *sums).where(*_where(session, scope, RollUp), col(RollUp.state).in_(states))
    counts: dict[int, int] = {}
    totals: dict[int, dict[str, int]] = {}
    for campaign_id, state, messages, counted, billed in session.execute(query.group_by(*columns)):
        n = {"waiting": messages - counted, COUNTED: counted, "billed": billed}.get(scope.wanted.state, messages)
        counts[campaign_id] = counts.get(campaign_id, 0) + int(n)
        totals.setdefault(campaign_id, {})[state.value] = int(messages)
    return _with_reasons(session, scope, totals) if scope.wanted.reasons else counts


def _where(session: Session, scope: _Scope, table: Any) -> list[sa.ColumnElement[bool]]:
    where = of_campaigns(session, col(table.campaign_id), scope.question, scope.campaigns)
    if scope.parts:
        where.append(col(table.campaign_id).in_(sorted(scope.campaigns)))
    return [*where, *conditions(scope.question, scope.zone, table), *_hours(scope, col(table.hour))]


def _delayed(session: Session, scope: _Scope) -> dict[int, int]:
    assert scope.wanted.delay
    table = HourlyDeliveryTimeRollUp
    if MessageState.DELIVERED not in scope.wanted.states:
        return {}
    query = sa.select(col(table.campaign_id), sa.func.sum(col(table.messages)))
    query = query.where(*_where(session, scope, table), col(table.bucket).between(*scope.wanted.delay))
    return {campaign_id: int(n) for campaign_id, n in session.execute(query.group_by(col(table.campaign_id)))}


def _with_reasons(session: Session, scope: _Scope, totals: Mapping[int, Mapping[str, int]]) -> dict[int, int]:
    table = ReasonRollUp
    keys = (col(table.state), col(table.reason), col(table.campaign_id))
    query = sa.select(*keys, sa.func.sum(col(table.messages)))
    states = sorted(scope.wanted.states)
    query = query.where(*_where(session, scope, table), col(table.state).in_(states)).group_by(*keys)
    stated = {(state.value, code, key): int(n) for state, code, key, n in session.execute(query)}
    counts: dict[int, int] = {}
    for (_state, code, campaign_id), n in with_unstated(stated, totals).items():
        if code in scope.wanted.reasons:
            counts[campaign_id] = counts.get(campaign_id, 0) + n
    return counts


def _flying(campaign_id: int) -> Select[Any]:
    return sa.select(col(Chunk.id)).where(col(Chunk.campaign_id) == campaign_id, CHUNK_SENDING)


def _query(scope: _Scope, campaign_id: int, *columns: Any) -> Select[Any]:
    """Select columns of a campaign's messages that can belong to the slice."""
    wanted, question = scope.wanted, scope.question
    within = col(Message.id).between(campaign_id * SPAN, (campaign_id + 1) * SPAN - 1)
    query = sa.select(*columns).where(within, col(Message.campaign_id) == campaign_id)
    query = query.where(*cut_counts.sent_within(question, scope.zone), *of_ranges(question, col(Message.number_range)))
    if wanted.state in GROUPS and wanted.state not in ("waiting", COUNTED):
        if wanted.states != frozenset(MessageState):
            query = query.where(col(Message.state).in_(sorted(wanted.states)))
    else:
        query = query.where(*message_log.in_state(wanted.state, _flying(campaign_id)))
    if wanted.state == "billed":
        query = query.where(col(Message.billed_parts).is_not(None))
    if wanted.state == "responded":
        query = query.where(col(Message.id).in_(responded(campaign_id)))
    if wanted.reasons:
        query = query.where(col(Message.state).in_(sorted(LOST)))
    if wanted.sent:
        query = query.where(col(Message.left_at) >= wanted.sent[0], col(Message.left_at) < wanted.sent[1])
    query = query.where(*_hours(scope, sa.func.coalesce(col(Message.left_at), 0) // HOUR_MS))
    if wanted.delay:
        took = col(Message.settled_at) - col(Message.left_at)
        low, high = (ceil(1000 * seconds) for seconds in seconds_of_delay(wanted.delay))
        query = query.where(col(Message.state) == MessageState.DELIVERED, took < high)
        query = query.where(took >= low) if wanted.delay[0] > 0 else query
    if campaign_id in scope.parts:
        query = query.where(*scope.parts[campaign_id].where)
    return query.order_by(col(Message.id))


def _rows_of(
    store: Store, session: Session, scope: _Scope, campaign_id: int, after_id: int | None, limit: int
) -> Iterator[Any]:
    """Yield the rows of a campaign's messages in the slice, with the columns of `message_log.message_row`."""
    part = scope.parts.get(campaign_id)
    decides = bool(scope.wanted.reasons) or (part is not None and part.rows is not None)
    at_once = max(limit, _AT_ONCE) if decides else limit
    query = _query(scope, campaign_id, *message_log.message_columns())
    while True:
        rows = session.execute(query.where(col(Message.id) > (after_id or 0)).limit(at_once)).all()
        for row in rows:
            if _belongs(scope.wanted, part, row):
                yield row
        if len(rows) < at_once:
            return
        after_id = int(rows[-1][0])


def _belongs(wanted: Slice, part: Part | None, row: Any) -> bool:
    if wanted.reasons and code_shown(stored_code(row.reason), row.state) not in wanted.reasons:
        return False
    return part is None or part.has(int(row.row))


def _counted(store: Store, session: Session, scope: _Scope, campaign_id: int) -> int:
    part = scope.parts.get(campaign_id)
    if not scope.wanted.reasons and (part is None or part.rows is None):
        query = _query(scope, campaign_id, col(Message.id)).order_by(None).subquery()
        return int(session.scalar(sa.select(sa.func.count()).select_from(query)) or 0)
    columns = (col(Message.reason), col(Message.state), col(Message.row))
    rows = session.execute(_query(scope, campaign_id, *columns).order_by(None))
    return sum(_belongs(scope.wanted, part, row) for row in rows)


def _bounds(name: str, texts: Mapping[str, str], most: int) -> tuple[int, int] | None:
    if name not in texts:
        return None
    first, _dash, last = texts[name].partition("-")
    if not (first.isascii() and last.isascii() and first.isdecimal() and last.isdecimal()):
        raise unreadable(name, texts[name])
    bounds = int(first[:20]), int(last[:20])
    if not bounds[0] <= bounds[1] <= most:
        raise unreadable(name, texts[name])
    return bounds


def _number(name: str, texts: Mapping[str, str], most: int) -> int | None:
    text = texts.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 3 and int(text) <= most):
        raise unreadable(name, text)
    return int(text)
