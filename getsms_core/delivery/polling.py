"""Polling messages until their final status.

One message of each request id carries `next_poll_at`, the date of the next status call for all that share the id.
`lease_due` leases ids, so that two workers rarely poll the same one; `apply_answers` writes the changes. A status call
may be repeated without harm, unlike a POST.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from operator import itemgetter
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core.base.processes import collector_paused
from getsms_core.base.states import FINAL, MessageState
from getsms_core.db.bulk import pipelined, update_by_id
from getsms_core.db.models import Campaign, Chunk, Message, Receipt, table
from getsms_core.db.row_ranges import driver_rows, join_ranges, rows_of_ranges
from getsms_core.delivery import receipt_decisions, receipts
from getsms_core.delivery.poll_schedule import PollSchedule
from getsms_core.delivery.receipt_decisions import DueRequest, PolledRequest
from getsms_core.delivery.receipt_notes import UNKNOWN_ID, PollNotes
from getsms_core.delivery.receipt_writes import ReceiptWrites
from getsms_core.delivery.receipts import MessageGroups, PartStatus, PolledMessage
from getsms_core.gateway import StatusAnswer, Statuses, StatusRecord, canonical_id

LEASE_MS = 60_000
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


_RANGES = sa.select(_chunk.c.first_id, _chunk.c.last_id).where(
    _chunk.c.id.in_(sa.bindparam("chunk_ids", expanding=True))
)
_OF_RANGE = sa.select(*(_message.c[name] for name in PolledMessage._fields)).where(
    _message.c.id.between(sa.bindparam("first_id"), sa.bindparam("last_id"))
)
_WAITING = _OF_RANGE.where(sa.text(f"message.state = '{MessageState.ACCEPTED.value}'"))
_SETTLED = _OF_RANGE.where(sa.text("message.state IN ('" + "', '".join(sorted(FINAL)) + "')"))
_receipt_table = table(Receipt)
_HAS_PARTS = (
    sa.select(_receipt_table.c.message_id)
    .where(
        sa.text("receipt.part <> ''"),
        _receipt_table.c.message_id.between(sa.bindparam("first_id"), sa.bindparam("last_id")),
    )
    .distinct()
)
_CHUNK_AND_REQUEST = itemgetter(PolledMessage._fields.index("chunk_id"), PolledMessage._fields.index("request_id"))
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
    decided: list[PolledRequest] = []
    for call in calls:
        records = call.answer.receipts if isinstance(call.answer, Statuses) else []
        polled = [(due, _group(waiting, due)) for due in call.dues]
        groups = _group_records(polled, records, parts_kept)
        assigned: Mapping[int, list[StatusRecord]] = {}
        asides: Sequence[receipts.UnmatchedRecord] = ()
        if groups is None:
            messages = [message for _due, of_due in polled for message in of_due]
            assigned, asides = receipts.assign_records(messages, records)
            if asides or len(assigned) < len(records):
                # Records of settled messages, several of one message, or of other messages. The settled ones must then
                # be read too; otherwise they are not, because they are most of a campaign.
                settled = _messages_of(session, dues, _SETTLED) if settled is None else settled
                messages += [message for due in call.dues for message in _group(settled, due)]
                assigned, asides = receipts.assign_records(messages, records)
        _note(writes.notes, call, asides)
        for place, (due, of_due) in enumerate(polled):
            if decisive[due.message_id] is call:
                alike = None if groups is None else groups[place]
                decided.append(PolledRequest(due, call.answer, of_due, alike, assigned))
    decided.sort(key=lambda request: request.due.message_id)
    is_sqlite = session.get_bind().dialect.name == "sqlite"  # it writes in this thread: slices only cost statements
    with pipelined(session):
        for request in decided:
            receipt_decisions.decide(writes, schedule, request, parts_kept)
            if not is_sqlite and writes.is_slice:
                writes.send(session)
        writes.send(session)
    return writes.end(session)


def _group_records(
    polled: Sequence[tuple[DueRequest, Sequence[PolledMessage]]],
    records: Sequence[StatusRecord],
    parts_kept: Mapping[int, dict[str, PartStatus]],
) -> list[MessageGroups] | None:
    """Return for each id of a call its messages that have a record, in groups of those that are alike; `None` where
    anything is unusual."""
    if not records:
        return [{} for _id in polled]
    of_ids: dict[str, list[StatusRecord]] = {due.request_id: [] for due, _messages in polled if due.request_id}
    if len(of_ids) < len(polled):
        return None
    if len(polled) == 1:
        of_ids = {polled[0][0].request_id: list(records)}
    else:
        for record in records:
            if record.request_id not in of_ids:
                return None
            of_ids[record.request_id].append(record)
    groups: list[MessageGroups] = []
    for due, messages in polled:
        has_parts = bool(parts_kept) and any(message.id in parts_kept for message in messages)
        alike = None if has_parts else receipts.group_alike(due.request_id, messages, of_ids[due.request_id])
        if alike is None:
            return None
        groups.append(alike)
    return groups


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


def _messages_of(session: Session, dues: Sequence[DueRequest], query: sa.Select[Any]) -> _Groups:
    """Return the messages of the ids. An id comes from one POST, so all its messages are in one chunk's range."""
    groups: _Groups = defaultdict(list)
    chunk_ids = sorted({due.chunk_id for due in dues})
    ranges = driver_rows(session.connection().execute(_RANGES, {"chunk_ids": chunk_ids}))
    for rows in rows_of_ranges(session, query, join_ranges(ranges)):
        for (chunk_id, request_id), messages in groupby(map(_POLLED_MESSAGE, rows), _CHUNK_AND_REQUEST):
            groups[chunk_id, request_id or ""] += messages
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
