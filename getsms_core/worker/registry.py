"""The worker rows: who is there, who has gone, and what the gone ones left behind."""

import os
import uuid

import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core.base import processes
from getsms_core.db.engine import now_ms
from getsms_core.db.models import CHUNK_SENDING, Chunk, Worker
from getsms_core.delivery import expire_claims
from getsms_core.reports.workers_online import SILENT_MS
from getsms_core.worker import jobs as worker_jobs

HEARTBEAT_MS = 2_000
RETENTION_MS = 7 * 86_400_000
GRACE_MS = 2_000


def register(session: Session, account_id: int, version: str) -> str:
    """A row for this process; returns the worker's id."""
    now = now_ms(session)
    session.execute(sa.delete(Worker).where(col(Worker.stopped_at) < now - RETENTION_MS))
    pid = os.getpid()
    worker = Worker(
        id=uuid.uuid4().hex,
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


def heartbeat(session: Session, worker_id: str, polls: int, now: int) -> None:
    """A sign of life, and the number of status calls in flight. Brings back a worker that was taken for dead."""
    session.execute(
        sa.update(Worker).where(col(Worker.id) == worker_id).values(heartbeat_at=now, polls=polls, stopped_at=None)
    )


def stop(session: Session, worker_id: str) -> None:
    """The worker leaves in good order."""
    session.execute(sa.update(Worker).where(col(Worker.id) == worker_id).values(stopped_at=now_ms(session), polls=0))


def mark_dead_workers(session: Session, account_id: int, me: str, now: int) -> int:
    """Note the workers that are gone; what they were sending becomes uncertain, what they were doing is asked for
    again.

    A worker of this machine is gone when its process is; one elsewhere when its heartbeat has stopped. The latter may
    still be POSTing, so its chunks are given up only when their deadline has passed. Returns how many chunks."""
    host = processes.host_identity()
    dead: list[str] = []
    silent: list[str] = []
    for worker in session.scalars(sa.select(Worker).where(col(Worker.stopped_at).is_(None), col(Worker.id) != me)):
        if worker.host == host and not processes.is_process_alive(worker.pid, worker.process_started):
            dead.append(worker.id)
        elif worker.heartbeat_at < now - SILENT_MS:
            silent.append(worker.id)
    if lost_workers := dead + silent:
        session.execute(sa.update(Worker).where(col(Worker.id).in_(lost_workers)).values(stopped_at=now, polls=0))
        worker_jobs.requeue(session, lost_workers)
    # A login that was changed leaves its chunks to whoever is here: nobody works for its account any more.
    others = session.scalars(sa.select(col(Chunk.account_id)).where(CHUNK_SENDING).distinct()).all()
    return sum(expire_claims(session, account, dead, GRACE_MS, now) for account in sorted({account_id, *others}))
