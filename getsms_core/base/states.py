"""The states of campaigns, chunks and messages, who may move them, and the one definition of every figure that is
shown.

Source of the states and moves: the project's design; of the status words: the gateway's manual ("delivered") and the
message states of SMPP 3.4, section 5.2.28, which gateways pass on. A word that stands in neither is kept and shown,
and the message goes on waiting: it is never guessed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from getsms_core.base.i18n import N_


class CampaignState(StrEnum):
    """Where a campaign is."""

    DRAFT = "draft"
    AWAITING_APPROVAL = "awaiting approval"
    SCHEDULED = "scheduled"
    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"
    CANCELLED = "cancelled"


class ChunkState(StrEnum):
    """Where a chunk is. `done` has an answer; `uncertain` lost it."""

    QUEUED = "queued"
    SENDING = "sending"
    DONE = "done"
    UNCERTAIN = "uncertain"
    CANCELLED = "cancelled"


class MessageState(StrEnum):
    """Where a message is. `sending` is told by the chunk: the message's own row says `queued` until the answer is
    written."""

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
    _M.UNCERTAIN: frozenset({_M.ACCEPTED, _M.REJECTED, _M.CANCELLED, _M.QUEUED}),  # by a late answer; by a person
    _M.DELIVERED: frozenset(),
    _M.UNDELIVERED: frozenset(),
    _M.EXPIRED: frozenset(),
    _M.CANCELLED: frozenset(),
}
"""From each message state to those that may follow it."""

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
"""The word on the screen for each state; translate it with `_` where it is shown."""

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
    """The final state that the gateway's status word means, or None: still under way, or a word we do not know."""
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
        """From a count a message state, and `COUNTED`; what is absent counts 0."""
        states = {state.value: int(counts.get(state, 0)) for state in MessageState}
        return cls(**states, counted=int(counts.get(COUNTED, 0)))

    @property
    def total(self) -> int:
        """Every message, whatever its state."""
        return sum(self.counts().values())

    @property
    def sent(self) -> int:
        """Handed over: the gateway gave it an id."""
        return self.accepted + self.delivered + self.undelivered + self.expired

    @property
    def waiting(self) -> int:
        """Handed over and without a final status yet. What was counted as sent waits for none."""
        return self.accepted - self.counted

    @property
    def settled(self) -> int:
        """Handed over and with a last word: what the delivery rate is taken of."""
        return self.delivered + self.undelivered + self.expired

    @property
    def unsent(self) -> int:
        """Still to leave: queued or on its way to the gateway."""
        return self.queued + self.sending

    @property
    def rate(self) -> float | None:
        """The delivery rate, 0 to 1: delivered of settled. None while nothing is settled. Waiting and uncertain
        messages are left out of it and must be shown beside it."""
        return self.delivered / self.settled if self.settled else None

    def counts(self) -> dict[str, int]:
        """A count a message state, all states present."""
        return {state.value: getattr(self, state.value) for state in MessageState}


GLOSSARY: Mapping[str, str] = {
    N_("Sent"): N_(
        "The gateway took the message and gave it an id. Waiting, delivered, not delivered and expired are all sent."
    ),
    N_("Waiting"): N_("Sent, and the gateway has not said its last word yet."),
    N_("Delivered"): N_("The receipt says that the message reached the phone."),
    N_("Not delivered"): N_("The receipt says that the message will not reach the phone."),
    N_("Expired"): N_("No last word came within the validity period."),
    N_("Uncertain"): N_(
        "The gateway's answer was lost: the message may or may not have left. Never sent again by itself."
    ),
    N_("Counted as sent"): N_(
        "A person counted these as sent: the gateway's answer was lost, so no receipt can come. They are sent, and in "
        "no delivery rate."
    ),
    N_("Rejected"): N_("The gateway refused this number. Nothing was sent to it."),
    N_("Delivery rate"): N_(
        "Delivered, of those with a last word (delivered, not delivered, expired). Waiting and uncertain messages "
        "are left out and shown beside it."
    ),
}
"""Each figure and what it means, for the glossary; both sides are msgids."""


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
