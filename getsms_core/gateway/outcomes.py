"""The outcomes of a call to the gateway. Every outcome is a value; nothing here is raised.

send    Answered      the gateway answered with a verdict for each message
        NothingSent   certainly no message of the chunk was sent; `decision` says what to do
        Unclear       each message of the chunk may or may not have been sent: never send it again without a user
status  Statuses      status records of messages
        Refusal       the gateway refused the call
        NoAnswer      no usable answer; a repeat is harmless
probe   Probe         whether login, password, address and IP address are accepted
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple


class Decision(StrEnum):
    """What a caller does after `NothingSent` or `Refusal`."""

    RETRY = "retry"  # the fault may be temporary: try again, waiting longer each time
    STOP = "stop"  # a user must act first: pause and show the reason


STALE = "claim-stale"
"""The code of a request that was not sent: too long after its claim, another worker may have expired it."""


class Item(NamedTuple):
    """One SMS of a chunk: an international number, digits only (998901234567), and its text."""

    phone: int
    text: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """The gateway accepted this message. Ids are text; `message_id` is empty if the answer has none."""

    request_id: str
    message_id: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """The gateway rejected this number (error 300). It was not sent, and sending it again would not help."""

    code: int
    text: str


@dataclass(frozen=True, slots=True)
class Missing:
    """The answer has no clear verdict on this message: it may have been sent. If its element has an error other than
    300, `code` is that number (0: none) and `text` the gateway's text."""

    code: int | None = None
    text: str = ""


Verdict = Accepted | Rejected | Missing


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer with verdicts, in the order of the sent items; `foreign` counts elements that match none of them
    (including repeats)."""

    verdicts: list[Verdict]
    http_status: int
    seconds: float
    foreign: int = 0


@dataclass(frozen=True, slots=True)
class NothingSent:
    """Certainly no message of the chunk was sent: all are requeued. `describe_code(code, detail)` is the reason for
    users."""

    code: str
    decision: Decision
    detail: str = ""
    http_status: int | None = None
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Unclear:
    """Every message of the chunk is uncertain. `describe_code(code, detail)` is the reason for users."""

    code: str
    detail: str = ""
    http_status: int | None = None
    seconds: float = 0.0


SendAnswer = Answered | NothingSent | Unclear


class StatusRecord(NamedTuple):
    """The gateway's record of one message, unchanged. `sent_at` and `delivered_at` are its dates as UTC milliseconds,
    `None` if empty or unreadable; the manual names no zone, so the caller's is assumed."""

    request_id: str
    message_id: str
    recipient: str
    text: str
    status: str
    count_messages: int | None
    date_sent: str
    date_delivered: str
    description: str
    sent_at: int | None = None
    delivered_at: int | None = None


@dataclass(frozen=True, slots=True)
class Statuses:
    """Records in the order of the answer. `wrong_ids` are ids that the same answer calls wrong; `unreadable` are the
    beginnings of elements that are not records."""

    receipts: list[StatusRecord]
    wrong_ids: list[str] = field(default_factory=list)
    seconds: float = 0.0
    unreadable: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Refusal:
    """The gateway refused to answer, for example `request-id-wrong` (error 400)."""

    code: str
    decision: Decision
    detail: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """No usable answer to a status call. A repeat is harmless."""

    code: str
    detail: str = ""
    seconds: float = 0.0


StatusAnswer = Statuses | Refusal | NoAnswer


@dataclass(frozen=True, slots=True)
class Probe:
    """Whether the gateway would accept messages from here, checked without sending one. `message` is for users, in
    their language; `outgoing_ip` is the address that the gateway sees, if an answer has named it."""

    code: str
    ok: bool
    message: str
    outgoing_ip: str | None = None
