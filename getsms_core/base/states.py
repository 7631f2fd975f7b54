"""The states of campaigns, chunks and messages (the others: `work_states`), their transitions, and the single
definition of every figure that is shown.

Source of the states and transitions: the project's design; of the status names: the gateway's manual ("delivered") and
the message states of SMPP 3.4, section 5.2.28, which gateways pass on. An unknown status is stored and shown, and the
message keeps waiting: its meaning is never guessed."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any

from getsms_core.base.i18n import N_, _, pgettext
from getsms_core.base.transitions import StateTable
from getsms_core.base.work_states import (
    EXPORT_LABELS,
    EXPORT_STATES,
    JOB_LABELS,
    JOB_STATES,
    LIST_LABELS,
    LIST_STATES,
    SAVED_REPORT_LABELS,
    SAVED_REPORT_STATES,
    TEMPLATE_LABELS,
    TEMPLATE_STATES,
)


class CampaignState(StrEnum):
    """The state of a campaign."""

    DRAFT = "draft"
    AWAITING_APPROVAL = "awaiting approval"
    SCHEDULED = "scheduled"
    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"
    CANCELLED = "cancelled"


class ChunkState(StrEnum):
    """The state of a chunk. `done` has an answer; the answer of `uncertain` was lost."""

    QUEUED = "queued"
    SENDING = "sending"
    DONE = "done"
    UNCERTAIN = "uncertain"
    CANCELLED = "cancelled"


class MessageState(StrEnum):
    """The state of a message. `sending` comes from the chunk: the message's own row is `queued` until the answer is
    stored."""

    QUEUED = "queued"
    SENDING = "sending"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    UNCERTAIN = "uncertain"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


class Preparation(StrEnum):
    """Whether the messages of a campaign exist. `asked` is the word of release 0.1 for a build that waits for a worker;
    `jobs.previous_release` takes such campaigns over."""

    NONE = ""
    PREPARING = "preparing"
    READY = "ready"
    ASKED = "asked"


class ExclusionCheck(StrEnum):
    """Whether the exclusions of a campaign must be checked again before its first chunk is claimed."""

    DONE = ""
    NEEDED = "needed"


_C, _K, _M = CampaignState, ChunkState, MessageState
CAMPAIGN_STATES = StateTable(
    "campaign",
    CampaignState,
    {
        _C.DRAFT: {
            _C.SCHEDULED: "started for a time",
            _C.RUNNING: "started",
            _C.AWAITING_APPROVAL: "started, and the rules require approval",
            _C.CANCELLED: "cancelled",
        },
        _C.AWAITING_APPROVAL: {
            _C.DRAFT: "sent back, withdrawn or restored from a backup",
            _C.SCHEDULED: "approved for a time",
            _C.RUNNING: "approved",
            _C.PAUSED: "approved too late, sent back or restored after a part was sent, or cannot be prepared",
            _C.CANCELLED: "cancelled",
        },
        _C.SCHEDULED: {
            _C.DRAFT: "restored from a backup",
            _C.RUNNING: "its time came, or started now",
            _C.PAUSED: "paused, its time was missed, or cannot be prepared",
            _C.AWAITING_APPROVAL: "its terms changed",
            _C.CANCELLED: "cancelled",
        },
        _C.RUNNING: {
            _C.DRAFT: "restored from a backup before its messages were made",
            _C.PAUSED: "paused by a user or by the program",
            _C.AWAITING_APPROVAL: "its terms changed",
            _C.FINISHED: "nothing is left to send",
            _C.CANCELLED: "cancelled",
        },
        _C.PAUSED: {
            _C.DRAFT: "restored from a backup before its messages were made",
            _C.SCHEDULED: "resumed before its time",
            _C.RUNNING: "resumed, or the quiet hours ended",
            _C.AWAITING_APPROVAL: "its terms changed",
            _C.FINISHED: "nothing is left to send",
            _C.CANCELLED: "cancelled",
        },
        _C.FINISHED: {_C.RUNNING: "uncertain messages are sent again"},
        _C.CANCELLED: {},
    },
    initial=(_C.DRAFT,),
)
CHUNK_STATES = StateTable(
    "chunk",
    ChunkState,
    {
        _K.QUEUED: {
            _K.SENDING: "claimed",
            _K.DONE: "its only message was rejected alone",
            _K.UNCERTAIN: "restored from a backup",
            _K.CANCELLED: "its campaign ended, or nothing of it may be sent",
        },
        _K.SENDING: {
            _K.DONE: "answered",
            _K.UNCERTAIN: "the answer was lost, or its worker died",
            _K.QUEUED: "nothing was sent, for certain",
            _K.CANCELLED: "nothing was sent, and its campaign was cancelled",
        },
        _K.DONE: {},
        _K.UNCERTAIN: {_K.DONE: "a late answer"},
        _K.CANCELLED: {},
    },
    initial=(_K.QUEUED,),
)
MESSAGE_STATES = StateTable(
    "message",
    MessageState,
    {
        _M.QUEUED: {_M.SENDING: "its chunk is claimed", _M.CANCELLED: "not sent"},
        _M.SENDING: {
            _M.ACCEPTED: "the gateway gave it an id",
            _M.REJECTED: "the gateway refused it",
            _M.UNCERTAIN: "the answer was lost",
            _M.QUEUED: "nothing was sent, for certain",
        },
        _M.ACCEPTED: {
            _M.DELIVERED: "receipt",
            _M.UNDELIVERED: "receipt",
            _M.EXPIRED: "receipt, or none by the end",
        },
        _M.REJECTED: {},
        _M.UNCERTAIN: {
            _M.ACCEPTED: "a late answer, or counted as sent",
            _M.REJECTED: "a late answer",
            _M.CANCELLED: "counted as not sent",
            _M.QUEUED: "sent again by a user",
        },
        _M.DELIVERED: {},
        _M.UNDELIVERED: {},
        _M.EXPIRED: {},
        _M.CANCELLED: {},
    },
    initial=(_M.QUEUED,),
    stored={_M.SENDING: _M.QUEUED},
)
STATE_TABLES: tuple[StateTable[Any], ...] = (
    CAMPAIGN_STATES,
    CHUNK_STATES,
    MESSAGE_STATES,
    LIST_STATES,
    EXPORT_STATES,
    SAVED_REPORT_STATES,
    TEMPLATE_STATES,
    JOB_STATES,
)
"""Every table of transitions: one for each enum of states."""
_BY_STATES = {table.states: table for table in STATE_TABLES}


def table_of(state: StrEnum) -> StateTable[Any]:
    """Return the table of transitions that a state belongs to."""
    return _BY_STATES[type(state)]


def change(row: object, after: StrEnum) -> None:
    """Assign the state of a row: the column that stores states of this kind. Staying in a state changes nothing.

    Raises `Conflict` ("wrong-state") if the table has no such transition. The caller holds the row's lock."""
    states = table_of(after)
    states.check(getattr(row, states.column), after)
    setattr(row, states.column, after)


COUNTED = "counted"
"""The key, beside the message states, of those accepted messages that a user counted as sent."""
COUNTED_AS_SENT = "counted-as-sent"
"""The reason of such a message. It has no id, so no receipt can come: it is in no delivery rate."""
FINAL = frozenset({_M.DELIVERED, _M.UNDELIVERED, _M.EXPIRED})
SENT = frozenset({_M.ACCEPTED}) | FINAL

LABELS: Mapping[str, str] = {
    "draft": N_("Draft"),
    "awaiting approval": N_("Awaiting approval"),
    "scheduled": N_("Scheduled"),
    "running": N_("Running"),
    "paused": N_("Paused"),
    "finished": N_("Finished"),
    "queued": N_("Queued"),
    "sending": N_("Sending"),
    "accepted": N_("Waiting for receipt"),
    "rejected": N_("Rejected"),
    "uncertain": N_("Uncertain"),
    "delivered": N_("Delivered"),
    "undelivered": N_("Not delivered"),
    "expired": N_("Expired"),
    "cancelled": N_("Cancelled"),
    "done": N_("Answered"),
}
"""The label of each state; translate it with `_` where it is shown, and that of a campaign with `campaign_label`."""


def campaign_label(state: str) -> str:
    """Return the translated label of a campaign's state: Russian has another gender for it than for messages."""
    return pgettext("campaign", "Cancelled") if state == _C.CANCELLED else _(LABELS[state])


_THINGS: Mapping[str, tuple[str, Mapping[Any, str]]] = {
    CAMPAIGN_STATES.table: (N_("Campaign"), LABELS),
    CHUNK_STATES.table: (N_("Chunk"), LABELS),
    MESSAGE_STATES.table: (N_("Message"), LABELS),
    LIST_STATES.table: (N_("List"), LIST_LABELS),
    EXPORT_STATES.table: (N_("File"), EXPORT_LABELS),
    SAVED_REPORT_STATES.table: (N_("Saved report"), SAVED_REPORT_LABELS),
    TEMPLATE_STATES.table: (N_("Template"), TEMPLATE_LABELS),
    JOB_STATES.table: (N_("Background job"), JOB_LABELS),
}
"""Table → what its rows are called, and the labels of their states."""


def thing_label(table: str) -> str:
    """Return what a row of a table with states is called: "recipient_list" → "List"."""
    return _(_THINGS[table][0]) if table in _THINGS else table


def label_of(table: str, state: str) -> str:
    """Return the translated label of a state of a table; a state that this release does not know as it is stored."""
    labels = _THINGS[table][1] if table in _THINGS else {}
    if state not in labels:
        return state
    return campaign_label(state) if table == CAMPAIGN_STATES.table else _(labels[state])


_GATEWAY_STATUSES: Mapping[str, MessageState] = {
    "delivered": _M.DELIVERED,
    "delivrd": _M.DELIVERED,
    "undelivered": _M.UNDELIVERED,
    "undeliverable": _M.UNDELIVERED,
    "undeliv": _M.UNDELIVERED,
    "rejected": _M.UNDELIVERED,
    "rejectd": _M.UNDELIVERED,
    "deleted": _M.UNDELIVERED,
    "expired": _M.EXPIRED,
}


@lru_cache(maxsize=256)  # called for every receipt; a gateway has a handful of words
def final_state(status: str) -> MessageState | None:
    """Return the final state for the gateway's status, or None: not final yet, or unknown."""
    return _GATEWAY_STATUSES.get(status.strip().lower())


_ON_ITS_WAY = frozenset({"accepted", "acceptd", "enroute", "sent"})
"""Statuses of messages that are not final yet, by the sources above."""


def status_in_words(status: str) -> str:
    """Return the gateway's status in the user's language; one whose meaning is not known as the gateway wrote it."""
    word = status.strip().lower()
    state = _M.ACCEPTED if word in _ON_ITS_WAY else final_state(word)
    return _(LABELS[state]) if state else status


_FIGURES = (*(state.value for state in MessageState), COUNTED)
"""The fields of `Figures`, in their order."""


@dataclass(frozen=True)
class Figures:
    """The figures of any set of messages. All pages, files and the command line take them from here."""

    queued: int = 0
    sending: int = 0
    accepted: int = 0
    rejected: int = 0
    uncertain: int = 0
    delivered: int = 0
    undelivered: int = 0
    expired: int = 0
    cancelled: int = 0
    counted: int = 0
    """Those of `accepted` that a user counted as sent: their answers were lost, so they have no id."""

    @classmethod
    def of(cls, counts: Mapping[str, int]) -> "Figures":
        """Return the figures from the counts by message state and `COUNTED`; a missing state counts 0."""
        return cls(*[int(counts.get(name, 0)) for name in _FIGURES])

    @property
    def total(self) -> int:
        """Every message, whatever its state."""
        return sum(self.counts().values())

    @property
    def sent(self) -> int:
        """Submitted: the gateway gave it an id."""
        return self.accepted + self.delivered + self.undelivered + self.expired

    @property
    def waiting(self) -> int:
        """Submitted and without a final status yet. Messages counted as sent never get one and are not included."""
        return self.accepted - self.counted

    @property
    def settled(self) -> int:
        """Submitted and with a final status: the denominator of the delivery rate."""
        return self.delivered + self.undelivered + self.expired

    @property
    def unsent(self) -> int:
        """Not sent yet: queued or being submitted to the gateway."""
        return self.queued + self.sending

    @property
    def rate(self) -> float | None:
        """The delivery rate, 0 to 1: delivered of settled. None while nothing is settled. Waiting and uncertain
        messages are not included and must be shown beside it."""
        return self.delivered / self.settled if self.settled else None

    def counts(self) -> dict[str, int]:
        """Return the count of each message state, all states present."""
        return {state.value: getattr(self, state.value) for state in MessageState}


GLOSSARY: Mapping[str, str] = {
    N_("Sent"): N_(
        "The gateway took the message and gave it an id. Waiting, delivered, not delivered and expired are all sent."
    ),
    N_("Waiting"): N_("Sent, without a final status yet."),
    N_("Delivered"): N_("The receipt says that the message reached the phone."),
    N_("Not delivered"): N_("The receipt says that the message will not reach the phone."),
    N_("Expired"): N_("The message expired before a final status arrived."),
    N_("Uncertain"): N_(
        "The gateway's answer was lost: the message may or may not have been sent. It is never sent again "
        "automatically."
    ),
    N_("Counted as sent"): N_(
        "A user counted these as sent: the gateway's answer was lost, so no receipt can come. They count as sent, but "
        "are not in the delivery rate."
    ),
    N_("Rejected"): N_("The gateway refused this number. Nothing was sent to it."),
    N_("Delivery rate"): N_(
        "Share delivered of messages with a final status (delivered, not delivered, expired). Waiting and uncertain "
        "messages are not included; they are shown beside it."
    ),
}
"""Each figure and its meaning, for the glossary; both are msgids."""
