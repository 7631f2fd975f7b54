"""The roll-ups that every chart reads, updated in the transaction that updates the messages."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import lru_cache
from math import log2
from operator import add
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core.base.failure_reasons import LOST, stored_code
from getsms_core.base.states import COUNTED, COUNTED_AS_SENT, SENT, Figures, MessageState
from getsms_core.db import cut_codes
from getsms_core.db.bulk import insert_rows
from getsms_core.db.models import (
    CHUNK_SENDING,
    SPAN,
    Campaign,
    Chunk,
    Contact,
    CutColumn,
    CutRollUp,
    CutTotalRollUp,
    Message,
    ReasonRollUp,
    RollUp,
    VariantRollUp,
)

HOUR = 3_600_000  # milliseconds
_Key = tuple[int, int, int, MessageState]
_VariantKey = tuple[int, int, MessageState]
_CutKey = tuple[int, int, int, MessageState]
"""Campaign, the values of its cut columns as one number, hour, state."""
_CutValueKey = tuple[int, int, int, int]
"""Campaign, position of the cut column, value, hour."""
_COUNTS = ("messages", "parts", "cost", "billed_parts", "billed_messages", "expected_parts", "counted")
Counts = tuple[int, int, int, int, int, int]
"""The columns of `_COUNTS` of one row, without the last."""
_TALLY = ("campaign_id", "hour", "number_range", "state", *_COUNTS)
_VARIANT = ("campaign_id", "variant", "state", *_COUNTS)
CUT_STATES = tuple(state for state in MessageState if state is not MessageState.SENDING)
CUT_COUNTS = (*(state.value for state in CUT_STATES), COUNTED, "sent_cost")
"""The columns of a row of the roll-ups by value: messages by state, those counted as sent, tiyin of the submitted."""
_CUT = ("campaign_id", "position", "value", "hour", *CUT_COUNTS)
_CUT_TOTAL = ("campaign_id", "position", "value", *CUT_COUNTS)
_DELAY = ("campaign_id", "number_range", "bucket", "messages")
_REASON = ("campaign_id", "hour", "number_range", "state", "reason", "messages")
_HOUR_DELAY = ("campaign_id", "hour", "number_range", "bucket", "messages")
_CONTACT = ("phone", "hour", "messages", "service")
ContactKey = tuple[int, int, bool]
"""Phone, hour since 1970, and whether the SMS is a service message."""


def hour_of(left_at: int | None) -> int:
    """Return the hour since 1970 in which a message was sent; 0 if it was not sent."""
    return left_at // HOUR if left_at else 0


class RollUpDeltas:
    """Collects the deltas of one transaction and writes them at its end, sorted, so that two workers lock the same rows
    in the same order."""

    def __init__(self) -> None:
        self._deltas: dict[_Key, list[int]] = defaultdict(lambda: [0] * len(_COUNTS))
        self._variants: dict[_VariantKey, list[int]] = defaultdict(lambda: [0] * len(_COUNTS))
        self._cuts: dict[_CutKey, list[int]] = defaultdict(lambda: [0, 0, 0])
        self._delays: dict[tuple[int, int, int, int], int] = defaultdict(int)
        self._reasons: dict[tuple[int, int, int, MessageState, str], int] = defaultdict(int)

    def add(
        self,
        campaign_id: int,
        number_range: int,
        state: MessageState,
        left_at: int | None,
        *,
        messages: int,
        parts: int,
        cost: int,
        billed: int = 0,
        billed_messages: int = 0,
        expected: int = 0,
        variant: int | None = None,
        cut: int | None = None,
        counted: int = 0,
        reason: str | None = None,
    ) -> None:
        """Count messages into a state (negative numbers: out of it). Parts are SMS parts, cost is tiyin. Of the
        `billed_messages` whose receipts name a count of parts: `billed` parts by the receipts, `expected` by us.
        `counted` of the messages were counted as sent by a user. `reason` is the stored reason of messages that did
        not arrive."""
        hour = left_at // HOUR if left_at else 0
        deltas = [self._deltas[(campaign_id, hour, number_range, state)]]
        if variant is not None:
            deltas.append(self._variants[(campaign_id, variant, state)])
        if cut is not None:
            of_cut = self._cuts[(campaign_id, cut, hour, state)]
            of_cut[0] += messages
            of_cut[1] += counted
            of_cut[2] += cost
        for delta in deltas:  # not a loop: called for every message that changes
            delta[0] += messages
            delta[1] += parts
            delta[2] += cost
            delta[3] += billed
            delta[4] += billed_messages
            delta[5] += expected
            delta[6] += counted
        if reason and state in LOST:
            self._reasons[(campaign_id, hour, number_range, state, stored_code(reason))] += messages

    def delivered(self, campaign_id: int, number_range: int, left_at: int, bucket: int, messages: int = 1) -> None:
        """Count the time to delivery, as `bucket_of` gives it, of messages that were sent at `left_at` (UTC ms)."""
        self._delays[(campaign_id, left_at // HOUR, number_range, bucket)] += messages

    def write(self, session: Session) -> None:
        """Add the collected deltas to the roll-ups."""
        _add(session, "tally", _TALLY, self._deltas)
        _add(session, "variant_tally", _VARIANT, self._variants)
        if self._cuts:
            by_hour = _by_value(session, self._cuts)
            _add(session, "cut_tally", _CUT, by_hour)
            _add(session, "cut_total", _CUT_TOTAL, _over_hours(by_hour))
        all_hours: dict[tuple[int, int, int], list[int]] = defaultdict(lambda: [0])
        for (campaign_id, _hour, number_range, bucket), n in self._delays.items():
            all_hours[(campaign_id, number_range, bucket)][0] += n
        _add(session, "delay", _DELAY, all_hours)
        _add(session, "hour_delay", _HOUR_DELAY, {key: [n] for key, n in self._delays.items()})
        _add(session, "reason_tally", _REASON, {key: [n] for key, n in self._reasons.items() if key[-1]})
        self._reasons.clear()
        self._deltas.clear()
        self._variants.clear()
        self._cuts.clear()
        self._delays.clear()


def _add(session: Session, name: str, columns: Sequence[str], deltas: Mapping[Any, Sequence[int]]) -> None:
    """Add the counts of each key to its row; the counts are the last columns."""
    rows = [(*key, *delta) for key, delta in sorted(deltas.items()) if any(delta)]
    if rows:
        names, keys = tuple(columns), len(rows[0]) - len(next(iter(deltas.values())))
        insert_rows(session, name, columns, rows, adding=names[keys:], key=names[:keys])


def _by_value(session: Session, cuts: Mapping[_CutKey, Sequence[int]]) -> dict[_CutValueKey, list[int]]:
    """Return the deltas by column and value: each message counts once for every cut column of its campaign. `cuts` has
    messages, those counted as sent, and tiyin of each state."""
    columns = cut_values(session, sorted({key[0] for key in cuts}))
    by_value: dict[_CutValueKey, list[int]] = defaultdict(lambda: [0] * len(CUT_COUNTS))
    for (campaign_id, cut, hour, state), (messages, counted, cost) in cuts.items():
        ids = columns.get(campaign_id, [])
        for position, digit in enumerate(cut_codes.split(cut, [len(of_column) for of_column in ids])):
            counts = by_value[(campaign_id, position, ids[position][digit], hour)]
            counts[CUT_STATES.index(state)] += messages
            counts[-2] += counted
            counts[-1] += cost if state in SENT else 0
    return by_value


def _over_hours(by_hour: Mapping[_CutValueKey, Sequence[int]]) -> dict[tuple[int, int, int], list[int]]:
    totals: dict[tuple[int, int, int], list[int]] = defaultdict(lambda: [0] * len(CUT_COUNTS))
    for (*key, _hour), counts in by_hour.items():
        total = totals[key[0], key[1], key[2]]
        total[:] = map(add, total, counts)
    return totals


def cut_values(session: Session, campaign_ids: Sequence[int]) -> dict[int, list[list[int]]]:
    """Return the ids of the values of each campaign's cut columns, in the order of their positions."""
    columns = (col(CutColumn.campaign_id), col(CutColumn.ids))
    query = sa.select(*columns).where(col(CutColumn.campaign_id).in_(campaign_ids))
    values: dict[int, list[list[int]]] = defaultdict(list)
    for campaign_id, ids in session.execute(query.order_by(col(CutColumn.campaign_id), col(CutColumn.position))):
        values[campaign_id].append(ids)
    return values


def add_contacts(session: Session, contacts: Mapping[ContactKey, int]) -> None:
    """Count sent SMS, for frequency caps."""
    by_hour: dict[tuple[int, int], list[int]] = defaultdict(lambda: [0, 0])
    for (phone, hour, is_service), n in contacts.items():
        counts = by_hour[phone, hour]
        counts[0] += n
        counts[1] += n * is_service
    _add(session, "contact", _CONTACT, by_hour)


def remove_contacts(session: Session, contacts: Mapping[ContactKey, int]) -> None:
    """Subtract SMS that were not sent after all from the counts of `add_contacts`, never below 0."""
    for (phone, hour, is_service), n in sorted(contacts.items()):
        values = {"messages": _less(col(Contact.messages), n)}
        if is_service:
            values["service"] = _less(col(Contact.service), n)
        session.execute(
            sa.update(Contact).where(col(Contact.phone) == phone, col(Contact.hour) == hour).values(**values)
        )


def _less(count: Any, n: int) -> sa.ColumnElement[int]:
    return sa.case((count > n, count - n), else_=0)


@lru_cache(maxsize=4096)  # the messages of a chunk are sent at one instant and delivered in whole seconds
def bucket_of(seconds: float) -> int:
    """Return the bucket of a time to delivery: 8 an octave, so that a percentile is exact within 9 %. Below a second:
    0."""
    return round(log2(seconds) * 8) if seconds > 1 else 0


def seconds_of(bucket: int) -> float:
    """Return the time in the middle of a bucket, seconds."""
    return float(2 ** (bucket / 8))


def figures(session: Session, campaign_id: int) -> Figures:
    """Return the exact count of each message state of a campaign. `sending` comes from the chunks in flight."""
    return figures_of(session, [campaign_id]).get(campaign_id, Figures())


def figures_of(session: Session, campaign_ids: list[int]) -> dict[int, Figures]:
    """`figures` for several campaigns in two queries."""
    counts: dict[int, dict[str, int]] = {campaign_id: {} for campaign_id in campaign_ids}
    rows = session.execute(
        sa.select(
            col(RollUp.campaign_id),
            col(RollUp.state),
            sa.func.sum(col(RollUp.messages)),
            sa.func.sum(col(RollUp.counted)),
        )
        .where(col(RollUp.campaign_id).in_(campaign_ids))
        .group_by(col(RollUp.campaign_id), col(RollUp.state))
    )
    for campaign_id, state, n, counted in rows:
        counts[campaign_id][state.value] = int(n)
        counts[campaign_id][COUNTED] = counts[campaign_id].get(COUNTED, 0) + int(counted)
    flying = session.execute(
        sa.select(col(Chunk.campaign_id), sa.func.sum(col(Chunk.messages)))
        .where(CHUNK_SENDING, col(Chunk.campaign_id).in_(campaign_ids))
        .group_by(col(Chunk.campaign_id))
    )
    for campaign_id, n in flying:
        counts[campaign_id]["sending"] = int(n)
        counts[campaign_id]["queued"] = counts[campaign_id].get("queued", 0) - int(n)
    return {campaign_id: Figures.of(states) for campaign_id, states in counts.items()}


def _counted_as_sent(campaign_id: int) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        col(Message.id).between(campaign_id * SPAN, (campaign_id + 1) * SPAN - 1),
        col(Message.state) == MessageState.ACCEPTED,
        col(Message.reason) == COUNTED_AS_SENT,
    )


def count_counted_as_sent(session: Session, campaign_id: int) -> tuple[int, int]:
    """Return how many messages a user counted as sent: by the campaign's messages, and by the roll-ups."""
    messages = sa.select(sa.func.count()).select_from(Message).where(*_counted_as_sent(campaign_id))
    stored = sa.select(sa.func.coalesce(sa.func.sum(col(RollUp.counted)), 0)).where(
        col(RollUp.campaign_id) == campaign_id
    )
    return session.scalar(messages) or 0, int(session.scalar(stored) or 0)


def recount(session: Session, campaign_id: int) -> dict[_Key, Counts]:
    """Return the roll-ups of a campaign computed from its messages; the stored ones must equal them."""
    hour = sa.func.coalesce(col(Message.left_at), 0) // HOUR
    rows = session.execute(
        sa.select(
            hour,
            col(Message.number_range),
            col(Message.state),
            *_count_columns(),
        )
        .where(col(Message.id).between(campaign_id * SPAN, (campaign_id + 1) * SPAN - 1))
        .group_by(hour, col(Message.number_range), col(Message.state))
    )
    return {(campaign_id, int(row[0]), row[1], row[2]): _counts(row[3:]) for row in rows}


def rebuild(session: Session, campaign_id: int) -> None:
    """Replace the roll-ups of a campaign, of its variants and of its cut columns by a full count of its messages."""
    for model in (RollUp, VariantRollUp, CutRollUp, CutTotalRollUp):
        session.execute(sa.delete(model).where(col(model.campaign_id) == campaign_id))
    of_all, of_variants = recount(session, campaign_id), recount_variants(session, campaign_id)
    by_hour = recount_cuts(session, campaign_id)
    insert_rows(session, "cut_tally", _CUT, [(*key, *n) for key, n in sorted(by_hour.items())])
    insert_rows(session, "cut_total", _CUT_TOTAL, [(*key, *n) for key, n in sorted(_over_hours(by_hour).items())])
    insert_rows(session, "tally", _TALLY, [(*key, *count, 0) for key, count in sorted(of_all.items())])
    insert_rows(session, "variant_tally", _VARIANT, [(*key, *count, 0) for key, count in sorted(of_variants.items())])
    _rebuild_reasons(session, campaign_id)
    moves = RollUpDeltas()
    hour = col(Message.left_at) // HOUR
    group_columns = (hour, col(Message.number_range), col(Message.variant))
    for message_hour, number_range, variant, n in session.execute(
        sa.select(*group_columns, sa.func.count()).where(*_counted_as_sent(campaign_id)).group_by(*group_columns)
    ):
        moves.add(campaign_id, number_range, MessageState.ACCEPTED, int(message_hour or 0) * HOUR, messages=0, parts=0,
                  cost=0, variant=variant, counted=n)  # fmt: skip
    moves.write(session)


def _rebuild_reasons(session: Session, campaign_id: int) -> None:
    """Replace the reasons of a campaign, unless retention has erased them from its messages."""
    if session.scalar(sa.select(col(Campaign.erasing)).where(col(Campaign.id) == campaign_id)):
        return
    session.execute(sa.delete(ReasonRollUp).where(col(ReasonRollUp.campaign_id) == campaign_id))
    rows = [(*key, n) for key, n in sorted(recount_reasons(session, campaign_id).items())]
    insert_rows(session, "reason_tally", _REASON, rows)


def recount_reasons(session: Session, campaign_id: int) -> dict[tuple[int, int, int, MessageState, str], int]:
    """Return the roll-up of the reasons of a campaign computed from its messages."""
    hour = sa.func.coalesce(col(Message.left_at), 0) // HOUR
    keys = (hour, col(Message.number_range), col(Message.state), col(Message.reason))
    span = col(Message.id).between(campaign_id * SPAN, (campaign_id + 1) * SPAN - 1)
    lost = col(Message.state).in_(sorted(LOST))
    counts: dict[tuple[int, int, int, MessageState, str], int] = defaultdict(int)
    for message_hour, number_range, state, reason, n in session.execute(
        sa.select(*keys, sa.func.count()).where(span, lost, col(Message.reason).is_not(None)).group_by(*keys)
    ):
        if code := stored_code(reason):
            counts[(campaign_id, int(message_hour), number_range, state, code)] += n
    return dict(counts)


def recount_variants(session: Session, campaign_id: int) -> dict[_VariantKey, Counts]:
    """Return the roll-ups of a campaign's variants computed from its messages."""
    rows = session.execute(
        sa.select(
            col(Message.variant),
            col(Message.state),
            *_count_columns(),
        )
        .where(
            col(Message.id).between(campaign_id * SPAN, (campaign_id + 1) * SPAN - 1), col(Message.variant).is_not(None)
        )
        .group_by(col(Message.variant), col(Message.state))
    )
    return {(campaign_id, int(row[0]), row[1]): _counts(row[2:]) for row in rows}


def recount_cuts(session: Session, campaign_id: int) -> dict[_CutValueKey, list[int]]:
    """Return the roll-ups of a campaign's cut columns (`CUT_COUNTS`) computed from its messages."""
    hour = sa.func.coalesce(col(Message.left_at), 0) // HOUR
    of_campaign = col(Message.id).between(campaign_id * SPAN, (campaign_id + 1) * SPAN - 1)
    by_hand = sa.and_(col(Message.state) == MessageState.ACCEPTED, col(Message.reason) == COUNTED_AS_SENT)
    counted = sa.func.sum(sa.case((by_hand, 1), else_=0))
    keys = (col(Message.cut), hour, col(Message.state))
    rows = session.execute(
        sa.select(*keys, sa.func.count(), counted, sa.func.sum(col(Message.price)))
        .where(of_campaign, col(Message.cut).is_not(None))
        .group_by(*keys)
    )
    by_cut = {(campaign_id, int(row[0]), int(row[1]), row[2]): [int(n) for n in row[3:]] for row in rows}
    return _by_value(session, by_cut)


def _count_columns() -> list[sa.ColumnElement[int]]:
    """Return the SQL of the columns of `_COUNTS` over messages."""
    expected = sa.case((col(Message.billed_parts).is_not(None), col(Message.parts)), else_=0)
    sums = (col(Message.parts), col(Message.price), sa.func.coalesce(col(Message.billed_parts), 0))
    return [sa.func.count(), *map(sa.func.sum, sums), sa.func.count(col(Message.billed_parts)), sa.func.sum(expected)]


def _counts(values: Sequence[Any]) -> Counts:
    messages, parts, cost, billed_parts, billed_messages, expected_parts = map(int, values)
    return messages, parts, cost, billed_parts, billed_messages, expected_parts
