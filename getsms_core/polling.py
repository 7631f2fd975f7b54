"""Following messages to their last word.

One message of each request id carries `next_poll_at`, the date of the next status call for all that share the id. `due`
takes ids with a lease, so that two workers rarely ask the same; `apply_answers` writes what changed. A status call may
be repeated without harm, so nothing here needs the care of sending.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core.gateway import Refusal, StatusAnswer, Statuses, StatusRecord
from getsms_core.statuses import MessageState, last_word
from getsms_core.store.bulk import insert_rows, runs, update_by_id
from getsms_core.store.models import Campaign, Chunk, Message, table
from getsms_core.store.tallies import HOUR, Moves

LEASE_MS = 60_000
LONGEST_MS = 900_000  # between two questions for one id
GROWTH = 1.6
MESSAGE_COLUMNS = {"state": "text", "status_word": "text", "billed_parts": "int", "settled_at": "bigint"}
POLL_COLUMNS = {"next_poll_at": "bigint", "polls": "int"}
RECEIPT_COLUMNS = {"message_id": "bigint", "at": "bigint", "status": "text", "billed_parts": "int", "date_sent": "text",
                   "date_delivered": "text", "description": "text"}  # fmt: skip
_message, _chunk = table(Message), table(Chunk)
_campaign = table(Campaign)
_NEWEST_BELOW = sa.select(sa.func.max(_message.c.campaign_id)).where(
    _message.c.next_poll_at.is_not(None), _message.c.campaign_id < sa.bindparam("above", type_=sa.BigInteger)
)
_OF_ACCOUNT = sa.select(_campaign.c.id).where(
    _campaign.c.id.in_(sa.bindparam("ids", expanding=True)), _campaign.c.account_id == sa.bindparam("account_id")
)


@dataclass(frozen=True)
class Due:
    """A request id to ask about: the message that carries its date, and the campaign and chunk it belongs to."""

    message_id: int
    campaign_id: int
    chunk_id: int
    request_id: str
    left_at: int
    polls: int


@dataclass(frozen=True)
class Asked:
    """A status call that has ended: the ids asked in it and the answer."""

    dues: tuple[Due, ...]
    answer: StatusAnswer


@dataclass(frozen=True)
class Schedule:
    """When to ask: first after `first_ms`, then less and less often, for the last time at `validity_ms` after
    hand-over."""

    first_ms: int
    validity_ms: int

    def next(self, due_left_at: int, polls: int, now: int) -> int:
        """The instant of the next question after `polls` of them, never later than the end of the validity period."""
        step = min(LONGEST_MS, max(self.first_ms, 250) * GROWTH ** min(polls, 60))
        return max(now + 100, min(int(now + step), due_left_at + self.validity_ms))


def due(session: Session, campaign_ids: Sequence[int], *, want: int, now: int) -> list[Due]:
    """Up to `want` ids whose time has come, of these campaigns in this order (newest first), leased to the caller."""
    found: list[Due] = []
    for campaign_id in campaign_ids:
        if len(found) >= want:
            break
        rows = session.execute(
            sa.select(
                col(Message.id),
                col(Message.campaign_id),
                col(Message.chunk_id),
                col(Message.request_id),
                col(Message.left_at),
                col(Message.polls),
            )
            .where(col(Message.campaign_id) == campaign_id, col(Message.next_poll_at) <= now)
            .order_by(col(Message.next_poll_at))
            .limit(want - len(found))
            .with_for_update(skip_locked=True)
        )
        found += [Due(row[0], row[1], row[2], row[3] or "", row[4], row[5] or 0) for row in rows]
    update_by_id(session, "message", {"next_poll_at": "bigint"}, [(now + LEASE_MS, each.message_id) for each in found])
    return found


def waiting_campaigns(session: Session, account_id: int) -> list[int]:
    """The account's campaigns that have ids to ask about, newest first."""
    # A skip scan by hand: one step down the partial index for each campaign, whatever the number of messages.
    connection = session.connection()
    found: list[int] = []
    while (campaign_id := connection.scalar(_NEWEST_BELOW, {"above": found[-1] if found else 1 << 62})) is not None:
        found.append(campaign_id)
    if not found:
        return []
    # An id of the sandbox must never be asked of a real gateway, nor the other way round.
    ours = set(connection.scalars(_OF_ACCOUNT, {"ids": found, "account_id": account_id}))
    return [campaign_id for campaign_id in found if campaign_id in ours]


def any_due(session: Session, account_id: int, now: int) -> bool:
    """Whether it is time to ask about any of the account's ids."""
    return any(
        session.execute(
            sa.select(col(Message.id))
            .where(col(Message.campaign_id) == campaign_id, col(Message.next_poll_at) <= now)
            .limit(1)
        ).first()
        for campaign_id in waiting_campaigns(session, account_id)
    )


def any_waiting(session: Session, account_id: int) -> bool:
    """Whether any of the account's messages waits for a receipt that can still be asked for."""
    return any(
        session.execute(
            sa.select(col(Message.id))
            .where(
                col(Message.campaign_id) == campaign_id,
                col(Message.next_poll_at).is_not(None),
                col(Message.request_id).is_not(None),
            )
            .limit(1)
        ).first()
        for campaign_id in waiting_campaigns(session, account_id)
    )


class _Known(NamedTuple):
    id: int
    campaign_id: int
    chunk_id: int
    phone: int
    text: str
    parts: int
    price: int
    number_range: int
    variant: int | None
    request_id: str | None
    gateway_id: str | None
    left_at: int
    status_word: str | None
    billed_parts: int | None


class _Counted(NamedTuple):
    """What messages that move together have in common: counted as one, a thousand receipts are a handful of moves."""

    campaign_id: int
    number_range: int
    hour: int
    variant: int | None
    parts: int
    price: int
    was_billed: int | None
    becomes: MessageState
    billed: int | None


_RANGES = sa.select(_chunk.c.id, _chunk.c.first_id, _chunk.c.last_id).where(
    _chunk.c.id.in_(sa.bindparam("chunk_ids", expanding=True))
)
_WAITING = sa.select(*(_message.c[name] for name in _Known._fields)).where(
    _message.c.id.between(sa.bindparam("first_id"), sa.bindparam("last_id")),
    _message.c.chunk_id.in_(sa.bindparam("chunk_ids", expanding=True)),
    _message.c.state == MessageState.ACCEPTED,
)


def apply_answers(session: Session, asked: Iterable[Asked], schedule: Schedule, now: int) -> int:
    """Write what status calls told; returns how many messages heard their last word. A final state is never
    overwritten."""
    receipts: list[tuple[object, ...]] = []
    updates: list[tuple[object, ...]] = []
    dates: list[tuple[object, ...]] = []
    counts: Counter[_Counted] = Counter()
    moves = Moves()
    # An id whose lease ran out is asked twice, and both answers may be written at once: the one that tells counts.
    told = sorted(
        ((each, call.answer) for call in asked for each in call.dues), key=lambda c: isinstance(c[1], Statuses)
    )
    if not told:
        return 0
    calls = {each.message_id: (each, answer) for each, answer in told}
    known = _known(session, [each for each, _answer in told])
    for _message_id, (each, answer) in sorted(calls.items()):
        waiting = known.get((each.chunk_id, each.request_id), [])
        if not each.request_id:  # counted as sent by a person: nothing to ask by, it only expires
            waiting = [message for message in waiting if message.id == each.message_id]
        over = now >= each.left_at + schedule.validity_ms
        records = answer.receipts if isinstance(answer, Statuses) else []
        left = 0
        for message, record in _match(waiting, [r for r in records if r.request_id == each.request_id]):
            state = last_word(record.status) if record else None
            if state is None and over:
                state = MessageState.EXPIRED
            left += state is None
            billed = _billed(record, message)
            changed = record is not None and (record.status, billed) != (message.status_word, message.billed_parts)
            if record is not None and changed:
                receipts.append(_receipt(message, record, now))
            if changed or state:
                settled_at = _settled_at(record, state, message, now)
                becomes = state or MessageState.ACCEPTED
                word = record.status if record else message.status_word
                updates.append((becomes.value, word, billed, settled_at, message.id))
                counts[_Counted(
                    message.campaign_id, message.number_range, message.left_at // HOUR, message.variant,
                    message.parts, message.price, message.billed_parts, becomes, billed,
                )] += 1  # fmt: skip
                if state is MessageState.DELIVERED and settled_at is not None:
                    seconds = (settled_at - message.left_at) / 1000
                    moves.delivered(message.campaign_id, message.number_range, message.left_at, seconds)
        wait = schedule.next(each.left_at, each.polls + 1, now) if left else None
        if isinstance(answer, Refusal) and answer.code == "request-id-wrong" and left:
            # The gateway does not know the id (yet): no reason to ask often, and none to give up before the end.
            wait = schedule.next(each.left_at, max(each.polls + 1, 8), now)
        dates.append((wait, each.polls + 1, each.message_id))
    update_by_id(
        session, "message", MESSAGE_COLUMNS, sorted(updates, key=lambda row: row[-1]), "message.state = 'accepted'"
    )
    update_by_id(session, "message", POLL_COLUMNS, dates)
    insert_rows(session, "receipt", RECEIPT_COLUMNS, receipts)
    for each_kind, n in counts.items():
        _count(moves, each_kind, n)
    moves.write(session)
    return sum(row[0] != MessageState.ACCEPTED.value for row in updates)


def _receipt(message: _Known, record: StatusRecord, now: int) -> tuple[object, ...]:
    return (message.id, now, record.status, record.count_messages, record.date_sent, record.date_delivered,
            record.description[:500])  # fmt: skip


def _known(session: Session, dues: Sequence[Due]) -> dict[tuple[int, str], list[_Known]]:
    """The accepted messages behind the ids: an id is born in one POST, so all its messages lie in one chunk's range."""
    found: dict[tuple[int, str], list[_Known]] = defaultdict(list)
    connection = session.connection()
    ranges = connection.execute(_RANGES, {"chunk_ids": sorted({each.chunk_id for each in dues})}).all()
    for first, last, ids in runs((row[0], row[1], row[2]) for row in ranges):
        asked = {"first_id": first, "last_id": last, "chunk_ids": ids}
        for message in map(_Known._make, connection.execute(_WAITING, asked).all()):
            found[(message.chunk_id, message.request_id or "")].append(message)
    return found


def _match(waiting: Sequence[_Known], records: Sequence[StatusRecord]) -> list[tuple[_Known, StatusRecord | None]]:
    """Each waiting message with its record: by the gateway's message id where both have one, else by number and
    text."""
    by_id = {record.message_id: record for record in records if record.message_id}
    by_phone: dict[str, list[StatusRecord]] = defaultdict(list)
    for record in records:
        by_phone[record.recipient].append(record)
    pairs: list[tuple[_Known, StatusRecord | None]] = []
    for message in waiting:
        found = by_id.get(message.gateway_id) if message.gateway_id else None
        if found is None:
            same = by_phone.get(str(message.phone), [])
            if message.gateway_id:
                same = [r for r in same if not r.message_id]
            if len(same) > 1:
                same = [r for r in same if r.text.strip() == message.text.strip()]
            found = same[0] if same else None
        pairs.append((message, found))
    return pairs


def _billed(record: StatusRecord | None, message: _Known) -> int | None:
    """The parts that are billed as far as is known: a record without them takes nothing back."""
    return message.billed_parts if record is None or record.count_messages is None else record.count_messages


def _settled_at(record: StatusRecord | None, state: MessageState | None, message: _Known, now: int) -> int | None:
    if state is None:
        return None
    told = record.delivered_at if record else None
    # The gateway's clock names no zone and may be off: a delivery before the hand-over or in the future is not
    # believed.
    return told if state is MessageState.DELIVERED and told and message.left_at <= told <= now else now


def _count(moves: Moves, each: _Counted, n: int) -> None:
    for sign, state, billed in ((-n, MessageState.ACCEPTED, each.was_billed), (n, each.becomes, each.billed)):
        moves.add(each.campaign_id, each.number_range, state, each.hour * HOUR, messages=sign,
                  parts=sign * each.parts, cost=sign * each.price, billed=sign * (billed or 0),
                  billed_messages=0 if billed is None else sign, expected=0 if billed is None else sign * each.parts,
                  variant=each.variant)  # fmt: skip
