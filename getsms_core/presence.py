"""Which workers are there: what the pages and the doctor show."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlmodel import col

from getsms_core.store.engine import Store, now_ms
from getsms_core.store.models import Worker

SILENT_MS = 15_000
"""A worker of another machine that was silent for so long is gone."""


@dataclass(frozen=True)
class Presence:
    """A worker as the pages show it; `silent_ms` since its last sign of life."""

    id: str
    host: str
    pid: int
    silent_ms: int


def present(store: Store) -> list[Presence]:
    """The workers that gave a sign of life within the last 15 seconds."""
    with store.reading() as session:
        now = now_ms(session)
        rows = session.scalars(
            sa.select(Worker)
            .where(col(Worker.stopped_at).is_(None), col(Worker.heartbeat_at) >= now - SILENT_MS)
            .order_by(col(Worker.started_at))
        ).all()
        return [Presence(w.id, w.host, w.pid, max(0, now - w.heartbeat_at)) for w in rows]
