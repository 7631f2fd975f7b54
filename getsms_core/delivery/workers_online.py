"""The running workers and app servers, for pages, `getsms doctor` and a restore."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core.base import processes
from getsms_core.db.engine import Store, now_ms
from getsms_core.db.models import AppServer, Worker

SILENT_MS = 15_000
"""A worker of another machine without a heartbeat for this long has stopped."""


@dataclass(frozen=True)
class Presence:
    """A worker for pages; `silent_ms` is the time since its last heartbeat."""

    id: str
    host: str
    pid: int
    silent_ms: int


def present(store: Store) -> list[Presence]:
    """Return the workers with a heartbeat within the last 15 seconds."""
    with store.reading() as session:
        now = now_ms(session)
        rows = session.scalars(
            sa.select(Worker)
            .where(col(Worker.stopped_at).is_(None), col(Worker.heartbeat_at).between(*_recent(now)))
            .order_by(col(Worker.started_at))
        ).all()
        return [Presence(w.id, w.host, w.pid, max(0, now - w.heartbeat_at)) for w in rows]


def _recent(now: int) -> tuple[int, int]:
    """Return the first and the last instant (UTC ms) of a heartbeat that is not silent. One that is far in the future
    was written before the clock was set back."""
    return now - SILENT_MS, now + SILENT_MS


@dataclass(frozen=True)
class Process:
    """A process that uses the database; `kind` is "worker" or "app"."""

    kind: str
    host: str
    pid: int


def running(session: Session) -> list[Process]:
    """Return the running workers and app servers. On this machine the process itself is checked: a suspended one has
    no heartbeat, and a killed one has a recent heartbeat."""
    this_host, now = processes.host_identity(), now_ms(session)
    workers = session.scalars(sa.select(Worker).where(col(Worker.stopped_at).is_(None))).all()
    apps = session.scalars(sa.select(AppServer).where(col(AppServer.stopped_at).is_(None))).all()

    def lives(row: Worker | AppServer) -> bool:
        if row.host == this_host:
            return processes.is_process_alive(row.pid, row.process_started)
        first, last = _recent(now)
        return first <= row.heartbeat_at <= last

    return [Process("worker", row.host, row.pid) for row in workers if lives(row)] + [
        Process("app", row.host, row.pid) for row in apps if lives(row)
    ]
