"""App servers: each has a row with its heartbeat and the fingerprint of its server secret."""

import logging
import os
import threading
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlmodel import Session, col

from getsms_core.base import logs, processes
from getsms_core.base.errors import DomainError
from getsms_core.db.engine import Store, now_ms
from getsms_core.db.models import AppServer
from getsms_core.delivery.workers_online import SILENT_MS

log = logging.getLogger("getsms.app")
HEARTBEAT_SECONDS = 4.0
RETENTION_MS = 7 * 86_400_000


@dataclass(frozen=True)
class Fingerprint:
    """Where an app server runs and the fingerprint of its server secret."""

    host: str
    pid: int
    fingerprint: str


class Heartbeat:
    """The row of this process, refreshed by a thread until `stop`."""

    def __init__(self, store: Store, version: str, fingerprint: str) -> None:
        self._store, self._stopping = store, threading.Event()
        self._id, self._pid = uuid.uuid4().hex, os.getpid()
        self._version, self._fingerprint = version, fingerprint
        self._thread = threading.Thread(target=self._run, name="getsms-heartbeat", daemon=True)

    def start(self) -> None:
        """Register and start the heartbeat."""
        self.beat()
        self._thread.start()

    def stop(self) -> None:
        """Record that this process ended normally."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout=1)  # it may wait for the database
        self._write(stopped=True)

    def beat(self) -> None:
        """Write a heartbeat; creates the row if it is missing, as after a restore."""
        self._write(stopped=False)

    def _run(self) -> None:
        while not self._stopping.wait(HEARTBEAT_SECONDS):
            self.beat()

    def _write(self, stopped: bool) -> None:
        try:
            with self._store.writing(silent=True) as session:
                self._keep(session, stopped)
        except (DomainError, OperationalError, InterfaceError) as error:
            logs.write(log, logs.WARNING, "app.heartbeat_failed", error=logs.error_code(error))

    def _keep(self, session: Session, stopped: bool) -> None:
        now = now_ms(session)
        row = session.get(AppServer, self._id)
        if row is None:
            session.execute(sa.delete(AppServer).where(col(AppServer.heartbeat_at) < now - RETENTION_MS))
            row = AppServer(
                id=self._id,
                host=processes.host_identity(),
                pid=self._pid,
                process_started=processes.process_start_ticks(self._pid),
                version=self._version,
                secret_fingerprint=self._fingerprint,
                started_at=now,
                heartbeat_at=now,
            )
            session.add(row)
        row.heartbeat_at, row.stopped_at = now, now if stopped else None


def fingerprints(store: Store) -> Sequence[Fingerprint]:
    """Return the app servers that run now, oldest first."""
    with store.reading() as session:
        alive = sa.select(AppServer).where(
            col(AppServer.stopped_at).is_(None), col(AppServer.heartbeat_at) >= now_ms(session) - SILENT_MS
        )
        rows = session.scalars(alive.order_by(col(AppServer.started_at))).all()
        return [Fingerprint(row.host.split("/")[0], row.pid, row.secret_fingerprint) for row in rows]
