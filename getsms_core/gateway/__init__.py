"""The gateway client: one call in, a typed answer or a typed failure out. Start with `Gateway`."""

from getsms_core.gateway.answers import (
    STALE,
    Accepted,
    Answered,
    Decision,
    Item,
    Missing,
    NoAnswer,
    NothingLeft,
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
from getsms_core.gateway.client import Gateway
from getsms_core.gateway.wording import ACCOUNT_REFUSALS, reason, reworded, told, worded

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
    "NothingLeft",
    "Probe",
    "Refusal",
    "Rejected",
    "SendAnswer",
    "StatusAnswer",
    "StatusRecord",
    "Statuses",
    "Unclear",
    "Verdict",
    "reason",
    "reworded",
    "told",
    "worded",
]
