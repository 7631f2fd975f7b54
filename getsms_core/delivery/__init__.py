"""Handing chunks over to the gateway, by the promise: no message is POSTed twice by the program's own decision.

`claim` writes one chunk row and is committed before the POST; the POST happens with no transaction open; `record`
writes what came back, guarded by the attempt id; `reap` marks what a dead worker left behind; `resolve` is a person's
word on the uncertain. Locks are taken in one order everywhere (account, campaign, chunk, message, tally), so that two
workers never wait for each other in a ring.
"""

from getsms_core.delivery.claims import Claim, claim
from getsms_core.delivery.connecting import note_connection
from getsms_core.delivery.guards import NO_LIMITS, Limits, Waiting
from getsms_core.delivery.rate_limit import Allowance, allowance, lock, spend
from getsms_core.delivery.resolution import Resolution, check_again, count_uncertain, resolve
from getsms_core.delivery.results import Rules, Sent, reap, record, release
from getsms_core.delivery.schedule import look

__all__ = [
    "NO_LIMITS",
    "Allowance",
    "Claim",
    "Limits",
    "Resolution",
    "Rules",
    "Sent",
    "Waiting",
    "allowance",
    "check_again",
    "claim",
    "count_uncertain",
    "lock",
    "look",
    "note_connection",
    "reap",
    "record",
    "release",
    "resolve",
    "spend",
]
