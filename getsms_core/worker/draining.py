"""The end of a worker with --drain: everything is sent, and the time for receipts is over."""

import logging
import time

import sqlalchemy as sa
from sqlalchemy import bindparam as given
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlmodel import Session, col

from getsms_core import jobs
from getsms_core.base import logs
from getsms_core.base.errors import DomainError
from getsms_core.base.states import CampaignState, ChunkState, Preparation
from getsms_core.db.engine import Store
from getsms_core.db.models import Campaign, Chunk
from getsms_core.delivery import polling

log = logging.getLogger("getsms.worker")
CHECK_SECONDS = 0.2  # between two checks while receipts are polled


# Built once: an idle worker asks ten times a second, and building the statement was most of its CPU time.
_SENDABLE = (
    sa.select(col(Campaign.id))
    .where(
        col(Campaign.account_id) == given("account_id"),
        sa.or_(
            sa.and_(col(Campaign.state) == CampaignState.RUNNING, col(Campaign.prepared) == Preparation.READY),
            sa.and_(col(Campaign.state) == CampaignState.SCHEDULED, col(Campaign.scheduled_at) <= given("now")),
        ),
    )
    .limit(1)
)


def any_sendable(session: Session, account_id: int, now: int) -> bool:
    """Whether a campaign of the account may have messages to send at `now` (UTC ms)."""
    return session.connection().execute(_SENDABLE, {"account_id": account_id, "now": now}).first() is not None


class DrainEnd:
    """Decides when a drain ends. The time for receipts starts when everything is sent, even with calls in flight."""

    def __init__(self, store: Store, receipts_seconds: float) -> None:
        self._store, self._receipts_seconds = store, receipts_seconds
        self._sent_at: float | None = None
        self._looked_at = 0.0

    def reached(self, account_id: int, idle: bool) -> bool:
        """Whether the worker may stop. `idle`: no call is in flight."""
        now = time.monotonic()
        if not idle and now - self._looked_at < CHECK_SECONDS:
            return False
        self._looked_at = now
        sending, receipts = self._left(account_id)
        if sending:
            self._sent_at = None
            return False
        self._sent_at = now if self._sent_at is None else self._sent_at
        return now - self._sent_at >= self._receipts_seconds or (idle and not receipts)

    def _left(self, account_id: int) -> tuple[bool, bool]:
        """Return whether anything is left to send or to do, and whether any message waits for its final receipt."""
        try:
            with self._store.reading() as session:
                running = sa.select(col(Campaign.id)).where(
                    col(Campaign.account_id) == account_id, col(Campaign.state) == CampaignState.RUNNING
                )
                flying = sa.select(col(Chunk.id)).where(
                    col(Chunk.account_id) == account_id, col(Chunk.state) == ChunkState.SENDING
                )
                queries = (running, flying)
                sending = any(session.execute(query.limit(1)).first() for query in queries) or jobs.any_open(session)
                return sending, polling.any_awaiting_receipt(session, account_id)
        except (DomainError, OperationalError, InterfaceError) as error:
            logs.write(log, logs.WARNING, "database.unavailable", error=logs.error_code(error))
            return True, True
