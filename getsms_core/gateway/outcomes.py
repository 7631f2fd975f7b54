"""What a call to the gateway can come back with. Every outcome is a value; nothing here is raised.

send    Answered      the gateway answered for the messages: a verdict for each
        NothingLeft   for certain no message of the chunk left; `decision` says what to do
        Unclear       each message of the chunk may or may not have left: never send it again unasked
status  Statuses      records of what became of messages
        Refusal       the gateway refused the question
        NoAnswer      no usable answer; asking again is harmless
probe   Probe         whether login, password, address and IP address are good
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple


class Decision(StrEnum):
    """What a caller does after `NothingSent` or `Refusal`."""

    RETRY = "retry"  # the fault may pass by itself: try again, waiting longer each time
    STOP = "stop"  # a person must do something first: pause and show why


STALE = "claim-stale"
"""The code of a request that we did not let leave: too long after its claim, others may have given its chunk up."""


class Item(NamedTuple):
    """One SMS of a chunk: an international number, digits only (998901234567), and its text."""

    phone: int
    text: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """The gateway took this message. Ids are text; `message_id` is empty where the answer had none."""

    request_id: str
    message_id: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """The gateway refused this number (error 300). It did not leave, and sending it again would not help."""

    code: int
    text: str


@dataclass(frozen=True, slots=True)
class Missing:
    """The answer has no clear word on this message: it may have left. Where its element carried an error other than
    300, `code` is that number (0: it had none) and `text` the gateway's words."""

    code: int | None = None
    text: str = ""


Verdict = Accepted | Rejected | Missing


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer that names messages. `verdicts` stands in the order of the items sent; `foreign` counts elements of
    the answer that belong to none of them (repeated ones included)."""

    verdicts: list[Verdict]
    http_status: int
    seconds: float
    foreign: int = 0


@dataclass(frozen=True, slots=True)
class NothingSent:
    """No message of the chunk left, for certain: all go back to queued. `worded(code, detail)` tells people why."""

    code: str
    decision: Decision
    detail: str = ""
    http_status: int | None = None
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Unclear:
    """Every message of the chunk is uncertain. `worded(code, detail)` tells people why."""

    code: str
    detail: str = ""
    http_status: int | None = None
    seconds: float = 0.0


SendAnswer = Answered | NothingSent | Unclear


@dataclass(frozen=True, slots=True)
class StatusRecord:
    """What the gateway says of one message, all in its own words. `sent_at` and `delivered_at` are its dates as UTC
    milliseconds, `None` where a date is empty or unreadable; the manual names no zone, so the caller's is assumed."""

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
    """Records in the order of the answer. `wrong_ids` are those that the gateway called wrong beside them;
    `unreadable` the beginnings of elements that are not records."""

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
    """No usable answer to a status call. Asking again is harmless."""

    code: str
    detail: str = ""
    seconds: float = 0.0


StatusAnswer = Statuses | Refusal | NoAnswer


@dataclass(frozen=True, slots=True)
class Probe:
    """Whether the gateway would take messages from here, found out without sending one. `message` is for people, in
    their language; `outgoing_ip` is the address the gateway sees, if any of its answers has told."""

    code: str
    ok: bool
    message: str
    outgoing_ip: str | None = None
