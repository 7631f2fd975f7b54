"""The gateway client: one call in, a typed answer or a typed failure out. Start with `Gateway`."""

from typing import TYPE_CHECKING, Any

from getsms_core.gateway.damage import canonical_id, echo_matches, letters_and_digits, normalize_text, recipient_digits
from getsms_core.gateway.messages import ACCOUNT_REFUSALS, describe_code, described, reason_text, short_reason
from getsms_core.gateway.outcomes import (
    STALE,
    Accepted,
    Answered,
    Decision,
    Item,
    Missing,
    NoAnswer,
    NothingSent,
    Probe,
    Refusal,
    Rejected,
    SendAnswer,
    StatusAnswer,
    Statuses,
    StatusRecord,
    Unclear,
    Verdict,
)

if TYPE_CHECKING:
    from getsms_core.gateway.client import Gateway

__all__ = [
    "ACCOUNT_REFUSALS",
    "STALE",
    "Accepted",
    "Answered",
    "Decision",
    "Gateway",
    "Item",
    "Missing",
    "NoAnswer",
    "NothingSent",
    "Probe",
    "Refusal",
    "Rejected",
    "SendAnswer",
    "StatusAnswer",
    "StatusRecord",
    "Statuses",
    "Unclear",
    "Verdict",
    "canonical_id",
    "describe_code",
    "described",
    "echo_matches",
    "letters_and_digits",
    "normalize_text",
    "reason_text",
    "recipient_digits",
    "short_reason",
]


def __getattr__(name: str) -> Any:
    if name == "Gateway":  # at its first use: most commands call no gateway, and requests takes 60 ms to load
        from getsms_core.gateway.client import Gateway

        globals()["Gateway"] = Gateway
        return Gateway
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
