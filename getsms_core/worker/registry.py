"""The worker rows: registration, heartbeats, and the claims and jobs of dead workers."""

import logging
from collections.abc import Callable, Mapping
from pathlib import Path

import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core import jobs
from getsms_core.base import clock, logs, processes
from getsms_core.db.after_commit import log_after_commit
from getsms_core.db.bulk import rows_changed
from getsms_core.db.engine import now_ms
from getsms_core.db.models import CHUNK_SENDING, Chunk, Worker
from getsms_core.delivery import expire_claims
from getsms_core.delivery.workers_online import SILENT_MS
from getsms_core.jobs import previous_release
from getsms_core.worker import request_notes

log = logging.getLogger("getsms.worker")
HEARTBEAT_SECONDS = 2.0
RETENTION_MS = 7 * 86_400_000
GRACE_MS = 2_000


def register(session: Session, account_id: int, version: str, worker_id: str = "") -> str:
    """Add a row for this process; returns the worker's id, a new one if it is empty."""
    now = now_ms(session)
    session.execute(sa.delete(Worker).where(col(Worker.stopped_at) < now - RETENTION_MS))
    pid = processes.own_pid()
    worker = Worker(
        id=worker_id or clock.new_id(),
        host=processes.host_identity(),
        pid=pid,
        process_started=processes.process_start_ticks(pid),
        version=version,
        account_id=account_id,
        started_at=now,
        heartbeat_at=now,
    )
    session.add(worker)
    return worker.id


def heartbeat(session: Session, worker_id: str, polls: int, now: int) -> bool:
    """Write the heartbeat and the number of status calls in flight. Restores a worker that was marked dead. Returns
    whether the worker has a row."""
    own_row = sa.update(Worker).where(col(Worker.id) == worker_id)
    beat = session.execute(own_row.values(heartbeat_at=now, polls=polls, stopped_at=None))
    return rows_changed(beat) == 1


def stop(session: Session, worker_id: str) -> None:
    """Record that the worker ended normally."""
    session.execute(sa.update(Worker).where(col(Worker.id) == worker_id).values(stopped_at=now_ms(session), polls=0))


class HeartbeatWatch:
    """Tells which workers' heartbeats have stopped, by this process's own clock. Compared with the database's clock, a
    jump of it by a minute made living workers dead, and their status calls went over the limit of requests in flight.
    """

    def __init__(self, monotonic: Callable[[], float] = clock.monotonic) -> None:
        self._monotonic = monotonic
        self._seen: dict[str, tuple[int, float]] = {}
        self._looked_at = 0.0

    def find_silent(self, heartbeats: Mapping[str, int]) -> list[str]:
        """Return the ids of the workers whose heartbeat (UTC ms) has been the same for 15 seconds; call it often. Who
        stood still for long itself begins to watch again."""
        now = self._monotonic()
        if now - self._looked_at > SILENT_MS / 2000:
            self._seen.clear()
        self._looked_at = now
        before, self._seen = self._seen, {}
        for worker_id, heartbeat_at in heartbeats.items():
            seen = before.get(worker_id)
            self._seen[worker_id] = seen if seen is not None and seen[0] == heartbeat_at else (heartbeat_at, now)
        return [worker_id for worker_id, (_at, since) in self._seen.items() if now - since > SILENT_MS / 1000]


def mark_dead_workers(
    session: Session, account_id: int, me: str, now: int, watch: HeartbeatWatch, notes: Path | None = None
) -> int:
    """Mark dead workers, expire their claims and requeue their jobs. Returns how many chunks became uncertain.

    A worker of this machine is dead when its process has ended, also in another container, if its file in the folder
    `notes` is at hand; any when its heartbeat has stopped, by `watch`. The latter may still be POSTing, so its claims
    expire only after their deadline. Claims whose requests never began by those notes are requeued."""
    host = processes.host_identity()
    dead: list[str] = []
    heartbeats: dict[str, int] = {}
    never_begun: set[str] = set()
    for worker in session.scalars(sa.select(Worker).where(col(Worker.stopped_at).is_(None), col(Worker.id) != me)):
        # The process first: one that was killed between the two looks would be dead without its notes.
        ended = worker.host == host and not processes.is_process_alive(worker.pid, worker.process_started)
        unposted = request_notes.never_begun(notes, worker.id) if notes else None
        never_begun |= unposted or frozenset()
        if ended or unposted is not None:
            dead.append(worker.id)
        else:
            heartbeats[worker.id] = worker.heartbeat_at
    if notes and dead:
        request_notes.remove_after_commit(session, notes, dead)
    if lost_workers := dead + watch.find_silent(heartbeats):
        session.execute(sa.update(Worker).where(col(Worker.id).in_(lost_workers)).values(stopped_at=now, polls=0))
        for worker_id in lost_workers:
            log_after_commit(session, log, logs.WARNING, "worker.dead", worker_id=worker_id)
    jobs.requeue_orphans(session)
    previous_release.take_over(session)
    # After a change of login no worker serves the old account: any worker expires its claims.
    others = session.scalars(sa.select(col(Chunk.account_id)).where(CHUNK_SENDING).distinct()).all()
    return sum(
        expire_claims(session, account, dead, GRACE_MS, now, never_begun) for account in sorted({account_id, *others})
    )
