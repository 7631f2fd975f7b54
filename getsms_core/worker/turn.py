"""What one turn of the worker's loop decides, and the claims that wait for a thread."""

from dataclasses import dataclass, field
from typing import NamedTuple

from getsms_core.base import clock
from getsms_core.delivery import Claim
from getsms_core.delivery.receipt_decisions import DueRequest
from getsms_core.jobs import JobRun
from getsms_core.worker.registry import HEARTBEAT_SECONDS

STALE_SECONDS = 5.0  # from the claim to the POST, and from the lease of request ids to the status call
POOL_WAIT_SECONDS = 1.0  # that a claim may wait for a thread, so that a pause takes effect within a second


class Intervals:
    """When a worker does next what it does at intervals: its heartbeat, and the checks for dead workers, for scheduled
    campaigns and jobs, and for old rows."""

    def __init__(self) -> None:
        self.heartbeat = clock.Interval(HEARTBEAT_SECONDS)
        self.dead_workers = clock.Interval(1.0)
        self.schedule = clock.Interval(0.2)
        self.housekeeping = clock.Interval(60.0)


@dataclass
class Turn:
    """What one transaction decided: what to send, and how long to wait if nothing. `claimed`, of chunks, and `leased`,
    of request ids, are `clock.boottime()`."""

    claims: list[Claim] = field(default_factory=list)
    dues: list[DueRequest] = field(default_factory=list)
    job: JobRun | None = None
    wait_ms: float | None = None
    idle: bool = False
    claimed: float = 0.0
    leased: float = 0.0
    status_calls: int = 0  # whose answers were written
    settled: int = 0  # messages that reached their final status
    write_seconds: float = 0.0


class QueuedPost(NamedTuple):
    """A claim in the pool, when it was claimed and when it was queued (`queued_at`), both `clock.boottime()`."""

    claim: Claim
    claimed: float
    queued_at: float

    @property
    def stale(self) -> bool:
        """Whether it may no longer be sent. Its wait counts from the commit, which may take long by itself."""
        now = clock.boottime()
        return now - self.claimed > STALE_SECONDS or now - self.queued_at > POOL_WAIT_SECONDS
