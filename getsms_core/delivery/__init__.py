"""Handing chunks over to the gateway, by the promise: no message is POSTed twice by the program's own decision.

`claim` writes one chunk row and is committed before the POST; the POST happens with no transaction open; `record`
writes what came back, guarded by the attempt id; `reap` marks what a dead worker left behind; `resolve` is a person's
word on the uncertain. Locks are taken in one order everywhere (account, campaign, chunk, message, tally), so that two
workers never wait for each other in a ring.
"""

from getsms_core.delivery.claims import Claim, claim
from getsms_core.delivery.connecting import note_connection
from getsms_core.delivery.guards import NO_LIMITS, Limits, QueuedMessage
from getsms_core.delivery.rate_limit import RateLimit, consume_slots, current_rate_limit, lock_account
from getsms_core.delivery.resolution import Resolution, check_resend, count_uncertain, resolve
from getsms_core.delivery.results import PostResult, ResultRules, expire_claims, record, requeue_unposted
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
