"""Polling messages until their final status.

One message of each request id carries `next_poll_at`, the date of the next status call for all that share the id.
`lease_due` leases ids, so that two workers rarely poll the same one; `apply_answers` writes the changes. A status call
may be repeated without harm, unlike a POST.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core.base.failure_reasons import LOST, NO_FINAL_RECEIPT, code_of
from getsms_core.base.processes import collector_paused
from getsms_core.base.states import FINAL, MessageState, final_state
from getsms_core.db.bulk import driver_rows, merge_ranges, pipelined, update_by_id
from getsms_core.db.models import Campaign, Chunk, Message, Receipt, table
from getsms_core.db.rollups import HOUR, bucket_of
from getsms_core.delivery import receipts
from getsms_core.delivery.poll_schedule import PollSchedule
from getsms_core.delivery.receipt_notes import UNKNOWN_ID, PollNotes
from getsms_core.delivery.receipt_writes import ReceiptWrites
from getsms_core.delivery.receipts import PartStatus, PolledMessage
from getsms_core.gateway import StatusAnswer, Statuses, StatusRecord, canonical_id

LEASE_MS = 60_000
DAY_MS = 86_400_000
SILENT_DAYS = 7  # daily calls after the validity period while no call is answered
NO_ANSWER = "no-answer"
NOTHING_TO_ASK = "nothing-to-ask"
_message, _chunk = table(Message), table(Chunk)
_campaign = table(Campaign)
_NEWEST_BELOW = sa.select(sa.func.max(_message.c.campaign_id)).where(
    _message.c.next_poll_at.is_not(None), _message.c.campaign_id < sa.bindparam("above", type_=sa.BigInteger)
)
_DUE = (
    sa.select(_message.c.id)
    .where(_message.c.campaign_id == sa.bindparam("campaign_id"), _message.c.next_poll_at <= sa.bindparam("now"))
    .limit(1)
)
_LEASED = (
    sa.select(
        *(
            _message.c[name]
            for name in ("id", "campaign_id", "chunk_id", "request_id", "left_at", "polls", "unanswered")
        )
    )
    .where(_message.c.campaign_id == sa.bindparam("campaign_id"), _message.c.next_poll_at <= sa.bindparam("now"))
    .order_by(_message.c.next_poll_at)
    .limit(sa.bindparam("most"))
    .with_for_update(skip_locked=True)
)
_OF_ACCOUNT = sa.select(_campaign.c.id).where(
    _campaign.c.id.in_(sa.bindparam("ids", expanding=True)), _campaign.c.account_id == sa.bindparam("account_id")
)


@dataclass(frozen=True)
class DueRequest:
    """A request id to poll: the message that carries its date, its campaign and its chunk."""

    message_id: int
    campaign_id: int
    chunk_id: int
    request_id: str
    left_at: int
    polls: int
    unanswered: int = 0


@dataclass(frozen=True)
class StatusCall:
    """A status call that has ended: its ids and the answer."""

    dues: tuple[DueRequest, ...]
    answer: StatusAnswer


def lease_due(session: Session, campaign_ids: Sequence[int], *, want: int, now: int) -> list[DueRequest]:
    """Lease up to `want` due ids of these campaigns, in this order (newest first)."""
    dues: list[DueRequest] = []
    connection = session.connection()
    for campaign_id in campaign_ids:
        if len(dues) >= want:
            break
        due = {"campaign_id": campaign_id, "now": now, "most": want - len(dues)}
        rows = driver_rows(connection.execute(_LEASED, due))
        dues += [DueRequest(row[0], row[1], row[2], row[3] or "", row[4], row[5] or 0, row[6] or 0) for row in rows]
    update_by_id(session, "message", ("next_poll_at",), [(now + LEASE_MS, due.message_id) for due in dues])
    return dues


def waiting_campaigns(session: Session, account_id: int) -> list[int]:
    """Return the account's campaigns that have ids to poll, newest first."""
    # A skip scan by hand: one step down the partial index for each campaign, whatever the number of messages.
    connection = session.connection()
    campaign_ids: list[int] = []
    while (
        campaign_id := connection.scalar(_NEWEST_BELOW, {"above": campaign_ids[-1] if campaign_ids else 1 << 62})
    ) is not None:
        campaign_ids.append(campaign_id)
    if not campaign_ids:
        return []
    # Ids of the sandbox must never be sent to a real gateway, nor the reverse.
    of_account = set(connection.scalars(_OF_ACCOUNT, {"ids": campaign_ids, "account_id": account_id}))
    return [campaign_id for campaign_id in campaign_ids if campaign_id in of_account]


def any_due(session: Session, account_id: int, now: int) -> bool:
    """Whether any id of the account is due."""
    connection = session.connection()
    return any(
        connection.execute(_DUE, {"campaign_id": campaign_id, "now": now}).first()
        for campaign_id in waiting_campaigns(session, account_id)
    )


def any_awaiting_receipt(session: Session, account_id: int) -> bool:
    """Whether any message of the account waits for a receipt that can still be polled."""
    pollable = (col(Message.next_poll_at).is_not(None), col(Message.request_id).is_not(None))
    return any(
        session.execute(
            sa.select(col(Message.id)).where(col(Message.campaign_id) == campaign_id, *pollable).limit(1)
        ).first()
        for campaign_id in waiting_campaigns(session, account_id)
    )


_ACCEPTED, _DELIVERED, _EXPIRED = MessageState.ACCEPTED, MessageState.DELIVERED, MessageState.EXPIRED
_final_state = lru_cache(maxsize=256)(final_state)
"""For what is done for each message: to look a member up in its enum, or a status in its table, takes 0.2 µs."""


_RANGES = sa.select(_chunk.c.id, _chunk.c.first_id, _chunk.c.last_id).where(
    _chunk.c.id.in_(sa.bindparam("chunk_ids", expanding=True))
)
_OF_CHUNKS = sa.select(*(_message.c[name] for name in PolledMessage._fields)).where(
    _message.c.id.between(sa.bindparam("first_id"), sa.bindparam("last_id")),
    _message.c.chunk_id.in_(sa.bindparam("chunk_ids", expanding=True)),
)
_WAITING = _OF_CHUNKS.where(_message.c.state == MessageState.ACCEPTED)
_SETTLED = _OF_CHUNKS.where(_message.c.state.in_(sorted(FINAL)))
_receipt_table = table(Receipt)
_HAS_PARTS = (
    sa.select(_receipt_table.c.message_id)
    .where(
        sa.text("receipt.part <> ''"),
        _receipt_table.c.message_id.between(sa.bindparam("first_id"), sa.bindparam("last_id")),
    )
    .distinct()
)
_POLLED_MESSAGE = partial(tuple.__new__, PolledMessage)  # `_make`, without a call of Python's for each message
_Groups = dict[tuple[int, str], list[PolledMessage]]


@collector_paused()  # 4 % of the CPU of a receipt: tens of thousands of rows and changes live until the end
def apply_answers(session: Session, asked: Iterable[StatusCall], schedule: PollSchedule, now: int) -> int:
    """Write the answers of status calls; returns how many messages have reached their final status, which is never
    overwritten."""
    # An id whose lease expired is polled twice, and both answers may arrive together: the one with records counts.
    calls = sorted(asked, key=lambda call: isinstance(call.answer, Statuses))
    dues = [due for call in calls for due in call.dues]
    if not dues:
        return 0
    decisive = {due.message_id: call for call in calls for due in call.dues}
    waiting = _messages_of(session, dues, _WAITING)
    parts_kept = _stored_parts(session, waiting)
    writes = ReceiptWrites(now)
    settled: _Groups | None = None
    decided: list[tuple[DueRequest, StatusAnswer, Mapping[int, list[StatusRecord]]]] = []
    for call in calls:
        records = call.answer.receipts if isinstance(call.answer, Statuses) else []
        messages = [message for due in call.dues for message in _group(waiting, due)]
        assigned, asides = receipts.assign_records(messages, records)
        if asides or (records and len(assigned) < len(records)):
            # Unusual: records of settled messages, several of one message, or of other messages. The settled ones must
            # then be read too; otherwise they are not, because they are most of a campaign.
            settled = _messages_of(session, dues, _SETTLED) if settled is None else settled
            polled = messages + [message for due in call.dues for message in _group(settled, due)]
            assigned, asides = receipts.assign_records(polled, records)
        _note(writes.notes, call, asides)
        decided += [(due, call.answer, assigned) for due in call.dues if decisive[due.message_id] is call]
    decided.sort(key=lambda decision: decision[0].message_id)
    is_sqlite = session.get_bind().dialect.name == "sqlite"  # it writes in this thread: slices only cost statements
    with pipelined(session):
        for due, answer, by_message in decided:
            _apply(writes, schedule, due, answer, _group(waiting, due), by_message, parts_kept)
            if not is_sqlite and writes.is_slice:
                writes.send(session)
        writes.send(session)
    return writes.end(session)


def _group(groups: _Groups, due: DueRequest) -> list[PolledMessage]:
    messages = groups.get((due.chunk_id, due.request_id), [])
    if due.request_id:
        return messages
    # Counted as sent by a user: it has no id to poll, it only expires.
    return [message for message in messages if message.id == due.message_id]


def _note(notes: PollNotes, call: StatusCall, asides: Sequence[receipts.UnmatchedRecord]) -> None:
    campaign_ids = {due.campaign_id for due in call.dues}
    answer = call.answer
    if not isinstance(answer, Statuses):
        if answer.code != NOTHING_TO_ASK:
            notes.fault(campaign_ids, answer.code, answer.detail)
        return
    notes.answered |= campaign_ids
    wrong_ids = {canonical_id(request_id) for request_id in answer.wrong_ids}
    if wrong_ids:
        unknown = {due.campaign_id for due in call.dues if canonical_id(due.request_id) in wrong_ids}
        notes.fault(unknown, UNKNOWN_ID, ", ".join(answer.wrong_ids[:3]))
    if asides or answer.unreadable:
        first = call.dues[0]
        notes.aside(first.campaign_id, first.request_id, asides, answer.unreadable)


def _apply(
    writes: ReceiptWrites,
    schedule: PollSchedule,
    due: DueRequest,
    answer: StatusAnswer,
    messages: Sequence[PolledMessage],
    assigned: Mapping[int, list[StatusRecord]],
    parts_kept: Mapping[int, dict[str, PartStatus]],
) -> None:
    """Collect what an answer changes in the messages of one request id, and the date of its next status call."""
    now = writes.now
    unknown = not isinstance(answer, Statuses) and answer.code == UNKNOWN_ID
    if isinstance(answer, Statuses) and answer.wrong_ids and not any(message.id in assigned for message in messages):
        unknown = canonical_id(due.request_id) in map(canonical_id, answer.wrong_ids)
    answered = unknown or isinstance(answer, Statuses) or not due.request_id
    over = now >= due.left_at + schedule.validity_ms
    last = over and (answered or due.unanswered >= SILENT_DAYS)
    code = None if not last else UNKNOWN_ID if unknown else None if answered else NO_ANSWER
    left = 0
    for message in messages:
        left += not _settle(writes, due.campaign_id, message, assigned, parts_kept, last, code)
    writes.settled += len(messages) - left
    wait, unanswered = None, due.unanswered or None
    if left and over:
        wait, unanswered = now + DAY_MS, due.unanswered + 1
    elif left:
        # The gateway does not know the id (yet): poll rarely, but until the end of the validity period.
        wait = schedule.next(due.left_at, max(due.polls + 1, 8) if unknown else due.polls + 1, now)
    writes.dates.append((wait, due.polls + 1, unanswered, due.message_id))


def _settle(
    writes: ReceiptWrites,
    campaign_id: int,
    message: PolledMessage,
    assigned: Mapping[int, Sequence[StatusRecord]],
    parts_kept: Mapping[int, dict[str, PartStatus]],
    last: bool,
    code: str | None,
) -> bool:
    """Collect what the records of a message change. Returns whether it has its final status. With `last` it is not
    polled again, and `code` is the reason if no record gives one."""
    # Unpacked once: to read each field by its name took 0.15 of 1.9 µs a message.
    (message_id, _chunk_id, _phone, _text, parts, price, number_range, variant, cut, _request_id, gateway_id, left_at,
     word_before, billed_before) = message  # fmt: skip
    state, word, billed = None, word_before, billed_before
    changed, delivered_at, description = False, None, ""
    records, kept = assigned.get(message_id), parts_kept.get(message_id)
    if records:
        record = records[0]
        is_own = not record.message_id or record.message_id == gateway_id or receipts.is_own(message, record)
        if is_own and kept is None and len(records) == 1:
            # Nearly always; the general case below made a whole write 40 % slower.
            word, delivered_at, description = record.status, record.delivered_at, record.description
            state, count = _final_state(word), record.count_messages
            if count is not None:
                billed = count
            changed = word != word_before or billed != billed_before
            if changed:
                writes.receipts.append((message_id, writes.now, word, count, record.date_sent, record.date_delivered,
                                        description, ""))  # fmt: skip
        else:
            changed, state, word, billed, description, delivered_at = _merge_parts(writes, message, records, kept)
    if changed and not last and billed is not None and billed < parts:
        # The record of another part may still come: poll the message once more.
        state = None
    over = last and state is None
    if over:
        state = (final_state(word) if word else None) or _EXPIRED
    if not changed and state is None:
        return False
    becomes, settled_at, reason, bucket = state or _ACCEPTED, None, None, None
    if state is not None:
        settled_at = _settled_at(delivered_at, state, left_at, writes.now)
        if state is _DELIVERED:
            bucket = bucket_of((settled_at - left_at) / 1000)
        elif state in LOST:
            at_end = (None if records else code) or NO_FINAL_RECEIPT if over and becomes is _EXPIRED else None
            reason = code_of(description) or at_end
            writes.reasons += [(reason, message_id)] if reason else []
    stored = becomes._value_  # `value`, and the hash of a member, are computed in Python at each access
    writes.messages.append((stored, word, billed, settled_at, message_id))
    writes.counts[(
        campaign_id, number_range, left_at // HOUR, variant, cut, parts, price, billed_before, stored, billed, reason,
        bucket,
    )] += 1  # fmt: skip
    return state is not None


def _merge_parts(
    writes: ReceiptWrites,
    message: PolledMessage,
    records: Sequence[StatusRecord],
    parts_kept: dict[str, PartStatus] | None,
) -> tuple[bool, MessageState | None, str, int | None, str, int | None]:
    """Return what several records of a message mean: whether one changed, the final status, the status word, the billed
    parts, the description that decides and the last delivery (UTC ms)."""
    changed, word, billed = False, message.status_word, message.billed_parts
    named = receipts.parts_of(message, records)
    parts = dict(parts_kept or ({"": PartStatus(word, billed)} if word is not None else {}))
    for name, record in named.items():
        old_status = parts.get(name)
        old_count = old_status.billed if old_status else None
        count = old_count if record.count_messages is None else record.count_messages
        if old_status is None or (record.status, count) != (old_status.status, old_status.billed):
            changed, parts[name] = True, PartStatus(record.status, count, record.description)
            writes.receipts.append(_receipt(message.id, record, name, writes.now))
    deliveries = [record.delivered_at for record in named.values() if record.delivered_at]
    return changed, *receipts.combine_parts(parts), max(deliveries, default=None)


def _receipt(message_id: int, record: StatusRecord, part_name: str, now: int) -> tuple[object, ...]:
    return (message_id, now, record.status, record.count_messages, record.date_sent, record.date_delivered,
            record.description, part_name)  # fmt: skip


def _messages_of(session: Session, dues: Sequence[DueRequest], query: sa.Select[Any]) -> _Groups:
    """Return the messages of the ids. An id comes from one POST, so all its messages are in one chunk's range."""
    groups: _Groups = defaultdict(list)
    connection = session.connection()
    ranges = connection.execute(_RANGES, {"chunk_ids": sorted({due.chunk_id for due in dues})}).all()
    for first, last, ids in merge_ranges((row[0], row[1], row[2]) for row in ranges):
        span = {"first_id": first, "last_id": last, "chunk_ids": ids}
        key: tuple[int, str] | None = None
        for message in map(_POLLED_MESSAGE, driver_rows(connection.execute(query, span))):
            if (message[1], message[9]) != key:  # messages of one id follow each other, nearly always
                key = (message[1], message[9] or "")
                group = groups[key]
            group.append(message)
    return groups


def _stored_parts(session: Session, waiting: _Groups) -> dict[int, dict[str, PartStatus]]:
    """Return the stored status of each record of the messages that have several, by message id and record name."""
    heard = [message.id for messages in waiting.values() for message in messages if message.status_word is not None]
    if not heard:
        return {}
    span = {"first_id": min(heard), "last_id": max(heard)}
    several = set(session.connection().execute(_HAS_PARTS, span).scalars()) & set(heard)
    if not several:
        return {}
    stored: dict[int, dict[str, PartStatus]] = defaultdict(dict)
    rows = session.scalars(sa.select(Receipt).where(col(Receipt.message_id).in_(several)).order_by(col(Receipt.id)))
    for row in rows:
        earlier = stored[row.message_id].get(row.part)
        billed = earlier.billed if earlier and row.billed_parts is None else row.billed_parts
        stored[row.message_id][row.part] = PartStatus(row.status, billed, row.description)
    return stored


def _settled_at(delivered_at: int | None, state: MessageState, left_at: int, now: int) -> int:
    # The gateway's dates have no zone and its clock may be wrong: ignore a delivery before the submission or in the
    # future.
    believed = state is _DELIVERED and delivered_at and left_at <= delivered_at <= now
    return delivered_at if believed and delivered_at else now
