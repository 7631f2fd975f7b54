"""Sending chunks to the gateway, with one promise: the program never decides by itself to POST a message twice.

`claim` writes one chunk row and is committed before the POST; the POST happens with no transaction open; `record`
writes what came back, guarded by the attempt id; `expire_claims` marks the claims of dead workers as uncertain; with
`resolve` a user decides on uncertain messages. Locks are taken in one order everywhere (account, campaign, chunk,
message, roll-up), so that two workers never deadlock.
"""

from getsms_core.delivery.claims import Claim, claim
from getsms_core.delivery.connecting import note_connection
from getsms_core.delivery.decisions import PostResult, ResultRules
from getsms_core.delivery.guards import NO_LIMITS, Limits, QueuedMessage
from getsms_core.delivery.lost_claims import expire_claims, requeue_unposted
from getsms_core.delivery.rate_limit import RateLimit, consume_slots, current_rate_limit, lock_account
from getsms_core.delivery.resolution import Resolution, check_resend, count_uncertain, resolve
from getsms_core.delivery.results import record
from getsms_core.delivery.schedule import apply_schedule

__all__ = [
    "NO_LIMITS",
    "Claim",
    "Limits",
    "PostResult",
    "QueuedMessage",
    "RateLimit",
    "Resolution",
    "ResultRules",
    "apply_schedule",
    "check_resend",
    "claim",
    "consume_slots",
    "count_uncertain",
    "current_rate_limit",
    "expire_claims",
    "lock_account",
    "note_connection",
    "record",
    "requeue_unposted",
    "resolve",
]
