"""What the answers of status calls change in the messages of their request ids. Decides, and collects what
`receipt_writes` will write; no I/O."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from getsms_core.base.failure_reasons import LOST, NO_FINAL_RECEIPT, code_of
from getsms_core.base.states import MessageState, final_state
from getsms_core.db.rollups import HOUR, bucket_of
from getsms_core.delivery import receipts
from getsms_core.delivery.poll_schedule import PollSchedule
from getsms_core.delivery.receipt_notes import UNKNOWN_ID
from getsms_core.delivery.receipt_writes import ReceiptWrites
from getsms_core.delivery.receipts import (
    MessageFacts,
    MessageGroups,
    PartStatus,
    PolledMessage,
    ReceiptFields,
    facts_of,
    receipt_fields,
)
from getsms_core.gateway import StatusAnswer, Statuses, StatusRecord, canonical_id

DAY_MS = 86_400_000
SILENT_DAYS = 7  # daily calls after the validity period while no call is answered
NO_ANSWER = "no-answer"
_ACCEPTED, _DELIVERED, _EXPIRED = MessageState.ACCEPTED, MessageState.DELIVERED, MessageState.EXPIRED
_final_state = lru_cache(maxsize=256)(final_state)
"""For what is done for each message: to look a member up in its enum, or a status in its table, takes 0.2 µs."""
_Outcome = tuple[bool, MessageState | None, str | None, int | None, str, int | None]
"""What the records of a message mean: whether one changed, the final status, the status word, the billed parts, the
description that decides and the last delivery (UTC ms)."""


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
class PolledRequest:
    """A request id with the answer of its call, and its messages that wait for a receipt. Those that have a record are
    in `alike`; if anything about the call's records is unusual, that is `None` and `assigned` has the records by
    message id."""

    due: DueRequest
    answer: StatusAnswer
    messages: Sequence[PolledMessage]
    alike: MessageGroups | None
    assigned: Mapping[int, Sequence[StatusRecord]]

    @property
    def has_records(self) -> bool:
        """Whether the answer has a record of one of the messages."""
        return bool(self.alike) or any(message.id in self.assigned for message in self.messages)


def decide(
    writes: ReceiptWrites,
    schedule: PollSchedule,
    request: PolledRequest,
    parts_kept: Mapping[int, dict[str, PartStatus]],
) -> None:
    """Collect what an answer changes in the messages of one request id, and the date of its next status call."""
    now, due, answer = writes.now, request.due, request.answer
    unknown = not isinstance(answer, Statuses) and answer.code == UNKNOWN_ID
    if isinstance(answer, Statuses) and answer.wrong_ids and not request.has_records:
        unknown = canonical_id(due.request_id) in map(canonical_id, answer.wrong_ids)
    answered = unknown or isinstance(answer, Statuses) or not due.request_id
    over = now >= due.left_at + schedule.validity_ms
    last = over and (answered or due.unanswered >= SILENT_DAYS)
    code = None if not last else UNKNOWN_ID if unknown else None if answered else NO_ANSWER
    settled = with_record = 0
    for (receipt, facts), ids in (request.alike or {}).items():
        outcome = _of_one_record(writes, receipt, facts, ids)
        settled += len(ids) * _settle(writes, due.campaign_id, facts, ids, outcome, last, None)
        with_record += len(ids)
    if request.alike is None or (last and with_record < len(request.messages)):
        paired = {message_id for ids in (request.alike or {}).values() for message_id in ids}
        for message in request.messages:
            if message.id not in paired:
                records = request.assigned.get(message.id, ())
                outcome = _outcome_of(writes, message, records, parts_kept.get(message.id))
                of_message = facts_of(message), (message.id,), outcome
                settled += _settle(writes, due.campaign_id, *of_message, last, None if records else code)
    writes.settled += settled
    left = len(request.messages) - settled
    wait, unanswered = None, due.unanswered or None
    if left and over:
        wait, unanswered = now + DAY_MS, due.unanswered + 1
    elif left:
        # The gateway does not know the id (yet): poll rarely, but until the end of the validity period.
        wait = schedule.next(due.left_at, max(due.polls + 1, 8) if unknown else due.polls + 1, now)
    writes.dates.append((wait, due.polls + 1, unanswered, due.message_id))


def _of_one_record(writes: ReceiptWrites, receipt: ReceiptFields, facts: MessageFacts, ids: Sequence[int]) -> _Outcome:
    """Return what a record means for messages that have no other one."""
    status, count, date_sent, date_delivered, description, _sent_at, delivered_at = receipt
    word_before, billed_before = facts[-2:]
    billed = billed_before if count is None else count
    is_changed = status != word_before or billed != billed_before
    if is_changed:
        writes.receipts.append(((writes.now, status, count, date_sent, date_delivered, description, ""), ids))
    return is_changed, _final_state(status), status, billed, description, delivered_at


def _outcome_of(
    writes: ReceiptWrites,
    message: PolledMessage,
    records: Sequence[StatusRecord],
    kept: dict[str, PartStatus] | None,
) -> _Outcome:
    """Return what the records of a message mean, of which it may have none, or several, or have had several."""
    word, billed = message.status_word, message.billed_parts
    if not records:
        return False, None, word, billed, "", None
    if len(records) == 1 and kept is None and receipts.is_own(message, records[0]):
        return _of_one_record(writes, receipt_fields(records[0]), facts_of(message), (message.id,))
    is_changed = False
    named = receipts.parts_of(message, records)
    parts = dict(kept or ({"": PartStatus(word, billed)} if word is not None else {}))
    for name, record in named.items():
        old_status = parts.get(name)
        old_count = old_status.billed if old_status else None
        count = old_count if record.count_messages is None else record.count_messages
        if old_status is None or (record.status, count) != (old_status.status, old_status.billed):
            is_changed, parts[name] = True, PartStatus(record.status, count, record.description)
            values = (writes.now, record.status, record.count_messages, record.date_sent, record.date_delivered,
                      record.description, name)  # fmt: skip
            writes.receipts.append((values, (message.id,)))
    deliveries = [record.delivered_at for record in named.values() if record.delivered_at]
    return is_changed, *receipts.combine_parts(parts), max(deliveries, default=None)


def _settle(
    writes: ReceiptWrites,
    campaign_id: int,
    facts: MessageFacts,
    ids: Sequence[int],
    outcome: _Outcome,
    last: bool,
    code: str | None,
) -> bool:
    """Collect what an outcome changes in messages that are alike. Returns whether they have their final status. With
    `last` they are not polled again, and `code` is the reason of those without a record."""
    parts, price, number_range, variant, cut, left_at, _word_before, billed_before = facts
    is_changed, state, word, billed, description, delivered_at = outcome
    if is_changed and not last and billed is not None and billed < parts:
        # The record of another part may still come: poll the message once more.
        state = None
    over = last and state is None
    if over:
        state = (final_state(word) if word else None) or _EXPIRED
    if not is_changed and state is None:
        return False
    becomes, settled_at, reason, bucket = state or _ACCEPTED, None, None, None
    if state is not None:
        settled_at = _settled_at(delivered_at, state, left_at, writes.now)
        if state is _DELIVERED:
            bucket = bucket_of((settled_at - left_at) / 1000)
        elif state in LOST:
            at_end = code or NO_FINAL_RECEIPT if over and becomes is _EXPIRED else None
            reason = code_of(description) or at_end
            writes.reasons += [(reason, message_id) for message_id in ids] if reason else []
    stored = becomes._value_  # `value`, and the hash of a member, are computed in Python at each access
    writes.messages.append(((stored, word, billed, settled_at), ids))
    writes.counts[(
        campaign_id, number_range, left_at // HOUR, variant, cut, parts, price, billed_before, stored, billed, reason,
        bucket,
    )] += len(ids)  # fmt: skip
    return state is not None


def _settled_at(delivered_at: int | None, state: MessageState, left_at: int, now: int) -> int:
    # The gateway's dates have no zone and its clock may be wrong: ignore a delivery before the submission or in the
    # future.
    believed = state is _DELIVERED and delivered_at and left_at <= delivered_at <= now
    return delivered_at if believed and delivered_at else now
