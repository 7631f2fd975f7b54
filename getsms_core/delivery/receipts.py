"""Which message a status record belongs to, and what several records of one message mean. Pure: no I/O.

The recipient must agree. Among the messages to that recipient: request id, then message id, then text; if the ids
differ, recipient and text decide where they are unique. Else the record is set aside, with a reason.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from hashlib import blake2b
from typing import NamedTuple

from getsms_core.base.i18n import N_
from getsms_core.base.states import MessageState, last_word
from getsms_core.gateway import StatusRecord, canonical, digits, fits, loose, plain

RECIPIENT, IDS, AMBIGUOUS, UNREADABLE = "recipient", "ids", "ambiguous", "unreadable"
REASONS = {
    RECIPIENT: N_("The recipient is not a recipient of this request."),
    IDS: N_("The recipient agrees, but neither the ids nor the text do."),
    AMBIGUOUS: N_("Several messages to this recipient could be meant."),
    UNREADABLE: N_("The record could not be read."),
}
"""Why a record is set aside: a code and its words."""


class Known(NamedTuple):
    """A message that the gateway took, as far as its receipts concern."""

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


class Part(NamedTuple):
    """What one record says: the gateway's status word and the billed parts."""

    status: str
    billed: int | None


class Aside(NamedTuple):
    """A record that belongs to no message, and why."""

    reason: str
    record: StatusRecord

    @property
    def fingerprint(self) -> str:
        """The same for a record and its repeats, whatever its status says meanwhile."""
        record = self.record
        identity = (self.reason, canonical(record.request_id), canonical(record.message_id), digits(record.recipient),
                    loose(record.text))  # fmt: skip
        return blake2b("\n".join(identity).encode("utf-8", "replace"), digest_size=16).hexdigest()


def assign(
    messages: Sequence[Known], records: Iterable[StatusRecord]
) -> tuple[dict[int, list[StatusRecord]], list[Aside]]:
    """The records of each message (by its id), and those that belong to none of `messages`."""
    by_phone: dict[str, list[Known]] = defaultdict(list)
    for message in messages:
        by_phone[str(message.phone)].append(message)
    assigned: dict[int, list[StatusRecord]] = {}
    asides: list[Aside] = []
    for record in records:
        same_phone = by_phone.get(record.recipient) or by_phone.get(digits(record.recipient), [])
        chosen: Known | None
        if len(same_phone) == 1 and same_phone[0].request_id == record.request_id:
            chosen = same_phone[0]
        else:
            chosen = _chosen(same_phone, record)
        if chosen is not None and chosen.id not in assigned:
            assigned[chosen.id] = [record]
        elif chosen is None:
            asides.append(Aside(_why_not(same_phone, record), record))
        else:
            assigned[chosen.id].append(record)
    return assigned, asides


def _same_id(ours: str | None, theirs: str) -> bool:
    return bool(ours and theirs) and canonical(ours or "") == canonical(theirs)


def _chosen(same_phone: Sequence[Known], record: StatusRecord) -> Known | None:
    of_request = [message for message in same_phone if _same_id(message.request_id, record.request_id)]
    if len(of_request) == 1:
        return of_request[0]
    candidates = of_request or same_phone
    by_message_id = [message for message in candidates if _same_id(message.gateway_id, record.message_id)]
    if len(by_message_id) == 1:
        return by_message_id[0]
    candidates = by_message_id or candidates
    text = plain(record.text)
    exact = [message for message in candidates if text and plain(message.text) == text]
    fitting = exact or [message for message in candidates if fits(record.text, message.text)]
    return fitting[0] if len(fitting) == 1 else None


def _why_not(same_phone: Sequence[Known], record: StatusRecord) -> str:
    if not same_phone:
        return RECIPIENT
    named = any(_same_id(message.request_id, record.request_id) for message in same_phone)
    return AMBIGUOUS if named or sum(fits(record.text, each.text) for each in same_phone) > 1 else IDS


def is_own(message: Known, record: StatusRecord) -> bool:
    """Whether a record carries the message's own message id, or none."""
    theirs = record.message_id
    return not theirs or theirs == message.gateway_id or _same_id(message.gateway_id, theirs)


def parts_of(message: Known, records: Sequence[StatusRecord]) -> dict[str, StatusRecord]:
    """The different records of a message by a name each: empty for the one with the message's own ids. Repeats of a
    record count once, a final status before an interim one.

    A record is told from its repeats by the message id; where several texts carry one id, by their texts as well."""
    if len(records) == 1:
        return {_part_name(message, records[0]): records[0]}
    groups: dict[str, list[StatusRecord]] = defaultdict(list)
    for record in records:
        groups[_part_name(message, record)].append(record)
    parts: dict[str, StatusRecord] = {}
    for name, alike in groups.items():
        texts = {_text_name(record) for record in alike if not _whole(message, record)}
        for record in alike:
            full_name = name
            if len(texts) > 1 and not _whole(message, record):
                full_name = f"{name}#{_text_name(record)}"
            kept = parts.get(full_name)
            parts[full_name] = record if kept is None else _merged(kept, record)
    return parts


def _part_name(message: Known, record: StatusRecord) -> str:
    theirs = canonical(record.message_id)
    return "" if not theirs or theirs == canonical(message.gateway_id or "") else theirs


def _whole(message: Known, record: StatusRecord) -> bool:
    """Whether a record's text is the message's whole text or is damaged, so that it says nothing of a part."""
    echo = loose(record.text)
    return not echo or "\ufffd" in record.text or echo == loose(message.text)


def _text_name(record: StatusRecord) -> str:
    return blake2b(loose(record.text).encode("utf-8", "replace"), digest_size=6).hexdigest()


def _merged(kept: StatusRecord, other: StatusRecord) -> StatusRecord:
    first, second = (kept, other) if rank(kept.status) >= rank(other.status) else (other, kept)
    if first.count_messages is None and second.count_messages is not None:
        return replace(first, count_messages=second.count_messages)
    return first


_RANKS = {MessageState.DELIVERED: 1, MessageState.EXPIRED: 2, MessageState.UNDELIVERED: 3}


def rank(status: str) -> int:
    """How much a status word weighs among those of one message: a failure most, an interim word least."""
    state = last_word(status)
    return _RANKS[state] if state else 0


def summed_up(parts: Mapping[str, Part]) -> tuple[MessageState | None, str, int | None]:
    """The final state that the parts of one SMS mean together (`None`: one is still under way), the status word that
    decides, and the sum of their billed parts: one failed part means that the SMS did not arrive."""
    words = [part.status for _name, part in sorted(parts.items())]
    counts = [part.billed for part in parts.values() if part.billed is not None]
    billed = sum(counts) if counts else None
    worst = max(words, key=rank)
    if rank(worst) > 1:
        return last_word(worst), worst, billed
    interim = next((word for word in words if rank(word) == 0), None)
    return (last_word(worst), worst, billed) if interim is None else (None, interim, billed)
