"""The log lines of chunks: written once the transaction that changes them is committed."""

import logging
from collections.abc import Sequence

from sqlmodel import Session

from getsms_core.base import logs
from getsms_core.db.after_commit import log_after_commit
from getsms_core.db.models import Chunk
from getsms_core.delivery.claims import Claim

log = logging.getLogger("getsms.sending")


def requeued(session: Session, claim: Claim, code: str, wait_ms: int) -> None:
    """A chunk of which for certain nothing was sent waits again, for `wait_ms` at least."""
    log_after_commit(session, log, logs.INFO, "chunk.requeued", campaign_id=claim.campaign_id, chunk_id=claim.chunk_id,
                     attempt=claim.attempt, code=code, wait_ms=max(0, wait_ms))  # fmt: skip


def not_posted(session: Session, chunks: Sequence[Chunk]) -> None:
    """Claims that for certain were never POSTed: their chunks wait again."""
    for chunk in chunks:
        log_after_commit(session, log, logs.WARNING, "chunk.requeued", campaign_id=chunk.campaign_id, chunk_id=chunk.id,
                         attempt=chunk.attempt or "", code="not-posted", wait_ms=0)  # fmt: skip


def expired(session: Session, claim: Claim) -> None:
    """The claim of a lost worker expired: its messages became uncertain."""
    log_after_commit(session, log, logs.WARNING, "chunk.expired", campaign_id=claim.campaign_id,
                     chunk_id=claim.chunk_id, attempt=claim.attempt, messages=len(claim.messages))  # fmt: skip


def halved(session: Session, campaign_id: int, chunk_id: int, new_chunk_id: int) -> None:
    """A chunk that the gateway refused as invalid was halved."""
    log_after_commit(session, log, logs.INFO, "chunk.halved", campaign_id=campaign_id, chunk_id=chunk_id,
                     new_chunk_id=new_chunk_id)  # fmt: skip
