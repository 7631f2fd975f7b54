"""Which message a status record belongs to, and what several records of one message mean. Pure: no I/O.

The recipient must agree. Among the messages to that recipient: request id, then message id, then text; if the ids
differ, recipient and text decide where they are unique. Else the record is set aside, with a reason.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import blake2b
from operator import itemgetter
from typing import Any, NamedTuple

from getsms_core.base.codes import SetAsideReason
from getsms_core.base.i18n import N_
from getsms_core.base.states import MessageState, final_state
from getsms_core.gateway import (
    StatusRecord,
    canonical_id,
    echo_matches,
    letters_and_digits,
    normalize_text,
    recipient_digits,
)

REASONS = {
    SetAsideReason.RECIPIENT: N_("The recipient is not a recipient of this request."),
    SetAsideReason.IDS: N_("The recipient agrees, but neither the ids nor the text do."),
    SetAsideReason.AMBIGUOUS: N_("Several messages to this recipient could be meant."),
    SetAsideReason.UNREADABLE: N_("The record could not be read."),
}
"""Why a record is set aside: a code and its words."""


class PolledMessage(NamedTuple):
    """An accepted message, with the fields that its receipts need: those that name it, then those on which it depends
    what a receipt changes."""

    id: int
    chunk_id: int
    phone: int
    request_id: str | None
    gateway_id: str | None
    text: str
    parts: int
    price: int
    number_range: int
    variant: int | None
    cut: int | None
    left_at: int
    status_word: str | None
    billed_parts: int | None


class PartStatus(NamedTuple):
    """The gateway's status word, the billed parts and the description of one record."""

    status: str
    billed: int | None
    description: str = ""


class UnmatchedRecord(NamedTuple):
    """A record that matches no message, and the reason."""

    reason: SetAsideReason
    record: StatusRecord

    @property
    def fingerprint(self) -> str:
        """A digest that a record shares with its repeats, whatever their status."""
        record = self.record
        identity = (
            self.reason,
            canonical_id(record.request_id),
            canonical_id(record.message_id),
            recipient_digits(record.recipient),
            letters_and_digits(record.text),
        )
        return blake2b("\n".join(identity).encode("utf-8", "replace"), digest_size=16).hexdigest()


ReceiptFields = tuple[str, int | None, str, str, str, int | None, int | None]
"""What a record says of its message: the fields of `StatusRecord` from `status` on."""
MessageFacts = tuple[int, int, int, int | None, int | None, int, str | None, int | None]
"""The fields of `PolledMessage` from `parts` on: on them it depends what a record changes."""
MessageGroups = dict[tuple[ReceiptFields, MessageFacts], list[int]]
"""The ids of messages of which the records say the same, and in which these change the same."""


def _field(row: type[PolledMessage] | type[StatusRecord], name: str) -> Callable[[Any], Any]:
    return itemgetter(row._fields.index(name))


def _fields_from(row: type[PolledMessage] | type[StatusRecord], name: str) -> Callable[[Any], Any]:
    return itemgetter(slice(row._fields.index(name), None))


_ID, _PHONE, _GATEWAY_ID = (_field(PolledMessage, name) for name in ("id", "phone", "gateway_id"))
_REQUEST_ID, _MESSAGE_ID, _RECIPIENT = (
    _field(StatusRecord, name) for name in ("request_id", "message_id", "recipient")
)
receipt_fields, facts_of = _fields_from(StatusRecord, "status"), _fields_from(PolledMessage, "parts")


def group_alike(
    request_id: str, messages: Sequence[PolledMessage], records: Sequence[StatusRecord]
) -> MessageGroups | None:
    """Return the messages of a request that have a record, in groups, where nothing is unusual, as nearly always: each
    record has this very request id, the very number of one of the messages and its message id or none, and no message
    has two. `None` where `assign_records` must decide.

    To find a message for each record and to decide for each message took 2.4 of the 9.5 µs of a receipt on SQLite."""
    if not records:
        return {}
    recipients = list(map(_RECIPIENT, records))
    by_recipient = dict(zip(map(str, map(_PHONE, messages)), messages, strict=True))
    is_unusual = len(set(recipients)) < len(records) or len(by_recipient) < len(messages)
    if is_unusual or set(map(_REQUEST_ID, records)) != {request_id}:
        return None
    try:
        owners = [by_recipient[recipient] for recipient in recipients]
    except KeyError:
        return None
    message_ids = list(map(_MESSAGE_ID, records))
    if any(message_ids) and message_ids != list(map(_GATEWAY_ID, owners)):
        return None
    groups: MessageGroups = defaultdict(list)
    for alike, message_id in zip(
        zip(map(receipt_fields, records), map(facts_of, owners), strict=True), map(_ID, owners), strict=True
    ):
        groups[alike].append(message_id)
    return groups


def assign_records(
    messages: Sequence[PolledMessage], records: Iterable[StatusRecord]
) -> tuple[dict[int, list[StatusRecord]], list[UnmatchedRecord]]:
    """Return the records of each message (by its id), and the records that match none of `messages`."""
    by_phone = _by_phone(messages)
    assigned: dict[int, list[StatusRecord]] = {}
    asides: list[UnmatchedRecord] = []
    for record in records:
        same_phone = by_phone.get(record.recipient) or by_phone.get(recipient_digits(record.recipient), [])
        chosen: PolledMessage | None
        if len(same_phone) == 1 and same_phone[0].request_id == record.request_id:
            chosen = same_phone[0]
        else:
            chosen = _choose_message(same_phone, record)
        if chosen is not None and chosen.id not in assigned:
            assigned[chosen.id] = [record]
        elif chosen is None:
            asides.append(UnmatchedRecord(_unmatched_reason(same_phone, record), record))
        else:
            assigned[chosen.id].append(record)
    return assigned, asides


def _by_phone(messages: Sequence[PolledMessage]) -> dict[str, list[PolledMessage]]:
    by_phone: dict[str, list[PolledMessage]] = defaultdict(list)
    for message in messages:
        by_phone[str(message.phone)].append(message)
    return by_phone


def _same_id(stored_id: str | None, record_id: str) -> bool:
    return bool(stored_id and record_id) and canonical_id(stored_id or "") == canonical_id(record_id)


def _choose_message(same_phone: Sequence[PolledMessage], record: StatusRecord) -> PolledMessage | None:
    of_request = [message for message in same_phone if _same_id(message.request_id, record.request_id)]
    if len(of_request) == 1:
        return of_request[0]
    candidates = of_request or same_phone
    by_message_id = [message for message in candidates if _same_id(message.gateway_id, record.message_id)]
    if len(by_message_id) == 1:
        return by_message_id[0]
    candidates = by_message_id or candidates
    text = normalize_text(record.text)
    exact = [message for message in candidates if text and normalize_text(message.text) == text]
    fitting = exact or [message for message in candidates if echo_matches(record.text, message.text)]
    return fitting[0] if len(fitting) == 1 else None


def _unmatched_reason(same_phone: Sequence[PolledMessage], record: StatusRecord) -> SetAsideReason:
    if not same_phone:
        return SetAsideReason.RECIPIENT
    named = any(_same_id(message.request_id, record.request_id) for message in same_phone)
    if named or sum(echo_matches(record.text, message.text) for message in same_phone) > 1:
        return SetAsideReason.AMBIGUOUS
    return SetAsideReason.IDS


def is_own(message: PolledMessage, record: StatusRecord) -> bool:
    """Whether a record has the message's own message id, or none."""
    record_id = record.message_id
    return not record_id or record_id == message.gateway_id or _same_id(message.gateway_id, record_id)


def parts_of(message: PolledMessage, records: Sequence[StatusRecord]) -> dict[str, StatusRecord]:
    """Return the different records of a message by name; the one with the message's own ids has an empty name. Repeats
    of a record are merged, a final status wins over an interim one.

    Records differ by message id; if several texts share one id, also by text."""
    if len(records) == 1:
        return {_part_name(message, records[0]): records[0]}
    groups: dict[str, list[StatusRecord]] = defaultdict(list)
    for record in records:
        groups[_part_name(message, record)].append(record)
    parts: dict[str, StatusRecord] = {}
    for name, alike in groups.items():
        texts = {_text_name(record) for record in alike if not _is_full_text(message, record)}
        for record in alike:
            full_name = name
            if len(texts) > 1 and not _is_full_text(message, record):
                full_name = f"{name}#{_text_name(record)}"
            earlier = parts.get(full_name)
            parts[full_name] = record if earlier is None else _merge_records(earlier, record)
    return parts


def _part_name(message: PolledMessage, record: StatusRecord) -> str:
    record_id = canonical_id(record.message_id)
    return "" if not record_id or record_id == canonical_id(message.gateway_id or "") else record_id


def _is_full_text(message: PolledMessage, record: StatusRecord) -> bool:
    """Whether a record's text is the full text or damaged, so that it does not identify a part."""
    echo = letters_and_digits(record.text)
    return not echo or "\ufffd" in record.text or echo == letters_and_digits(message.text)


def _text_name(record: StatusRecord) -> str:
    return blake2b(letters_and_digits(record.text).encode("utf-8", "replace"), digest_size=6).hexdigest()


def _merge_records(earlier: StatusRecord, other: StatusRecord) -> StatusRecord:
    first, second = (earlier, other) if status_rank(earlier.status) >= status_rank(other.status) else (other, earlier)
    if first.count_messages is None and second.count_messages is not None:
        return first._replace(count_messages=second.count_messages)
    return first


_RANKS = {MessageState.DELIVERED: 1, MessageState.EXPIRED: 2, MessageState.UNDELIVERED: 3}


def status_rank(status: str) -> int:
    """Return the rank of a status word among those of one message: highest for a failure, 0 for an interim status."""
    state = final_state(status)
    return _RANKS[state] if state else 0


def combine_parts(parts: Mapping[str, PartStatus]) -> tuple[MessageState | None, str, int | None, str]:
    """Return the final status of an SMS from its parts (`None` while one is in transit), the status word that decides
    it, the sum of the billed parts, and the description of the record that decides. One failed part means that the SMS
    was not delivered."""
    statuses = [part_status.status for _name, part_status in sorted(parts.items())]
    counts = [part_status.billed for part_status in parts.values() if part_status.billed is not None]
    billed = sum(counts) if counts else None
    worst = max(statuses, key=status_rank)
    description = next(part.description for _name, part in sorted(parts.items()) if part.status == worst)
    if status_rank(worst) > 1:
        return final_state(worst), worst, billed, description
    interim = next((status for status in statuses if status_rank(status) == 0), None)
    if interim is None:
        return final_state(worst), worst, billed, description
    return None, interim, billed, ""
