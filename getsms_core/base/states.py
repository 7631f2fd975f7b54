"""The states of campaigns, chunks and messages, their transitions, and the single definition of every figure that is
shown.

Source of the states and transitions: the project's design; of the status names: the gateway's manual ("delivered") and
the message states of SMPP 3.4, section 5.2.28, which gateways pass on. An unknown status is stored and shown, and the
message keeps waiting: its meaning is never guessed."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from getsms_core.base.i18n import N_


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


_M = MessageState
TRANSITIONS: Mapping[MessageState, frozenset[MessageState]] = {
    _M.QUEUED: frozenset({_M.SENDING, _M.CANCELLED}),
    _M.SENDING: frozenset({_M.ACCEPTED, _M.REJECTED, _M.UNCERTAIN, _M.QUEUED}),
    _M.ACCEPTED: frozenset({_M.DELIVERED, _M.UNDELIVERED, _M.EXPIRED}),
    _M.REJECTED: frozenset(),
    _M.UNCERTAIN: frozenset({_M.ACCEPTED, _M.REJECTED, _M.CANCELLED, _M.QUEUED}),  # by a late answer; by a user
    _M.DELIVERED: frozenset(),
    _M.UNDELIVERED: frozenset(),
    _M.EXPIRED: frozenset(),
    _M.CANCELLED: frozenset(),
}
"""The allowed next states of each message state."""

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
"""The label of each state; translate it with `_` where it is shown."""

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


def final_state(status: str) -> MessageState | None:
    """Return the final state for the gateway's status, or None: not final yet, or unknown."""
    return _GATEWAY_STATUSES.get(status.strip().lower())


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
        states = {state.value: int(counts.get(state, 0)) for state in MessageState}
        return cls(**states, counted=int(counts.get(COUNTED, 0)))

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


class ExcludedReason(StrEnum):
    """Why an accepted row of a list gets no message. A row that meets several of them has the first one in this
    order."""

    WHERE = "where"
    LISTS = "lists"
    CAMPAIGNS = "campaigns"
    DAYS = "days"
    ADVERTISING = "advertising"
    EMPTY_TEXT = "empty_text"
    CONTROL = "control"


EXCLUDED_LABELS: Mapping[str, str] = {
    ExcludedReason.WHERE: N_("Not chosen by the condition"),
    ExcludedReason.LISTS: N_("In an excluded list"),
    ExcludedReason.CAMPAIGNS: N_("Got an excluded campaign"),
    ExcludedReason.DAYS: N_("Got an SMS in the excluded days"),
    ExcludedReason.ADVERTISING: N_("Opted out of advertising"),
    ExcludedReason.EMPTY_TEXT: N_("Empty text"),
    ExcludedReason.CONTROL: N_("Control group"),
}
"""The words on the screen for each reason; translate them with `_` where they are shown."""
