"""Claims without a recorded result: of dead workers, past their deadline, or never POSTed."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core.accounts import policy
from getsms_core.base.codes import AttemptOutcome
from getsms_core.base.kinds import MessageKind
from getsms_core.base.states import CampaignState, ChunkState, MessageState
from getsms_core.db.bulk import insert_rows, rows_changed
from getsms_core.db.models import CHUNK_SENDING, Campaign, Chunk, Worker
from getsms_core.db.moves import move_by_id, moving
from getsms_core.db.rollups import RollUpDeltas, add_contacts, hour_of
from getsms_core.delivery import halving, log_lines
from getsms_core.delivery.claims import Claim, waiting_messages
from getsms_core.delivery.completion import finish
from getsms_core.delivery.decisions import ChunkChange, MessageChange
from getsms_core.delivery.guards import QueuedMessage
from getsms_core.delivery.results import (
    ATTEMPT_COLUMNS,
    MESSAGE_COLUMNS,
    LockedCampaign,
    attempt_row,
    lock_campaigns,
    message_rows,
    set_chunks,
)
from getsms_core.delivery.schedule import cancel_queued

NOT_POSTED = "not-posted"
"""The code of an attempt that was claimed and for certain never POSTed."""
FUTURE_MS = 60_000


def expire_claims(
    session: Session,
    account_id: int,
    dead: Sequence[str],
    grace_ms: int,
    now: int,
    never_begun: Collection[str] = (),
) -> int:
    """Mark the chunks of dead workers and those past their deadline as uncertain. Returns how many chunks.

    The POST of such a chunk may have been sent; the program never sends it again by itself. `never_begun` are attempts
    of dead workers whose POST for certain never began: their chunks are requeued."""
    # Claimed before the clock was set back, perhaps by hours: its deadline is as far away.
    of_future = sa.and_(col(Chunk.claimed_at) > now + FUTURE_MS, _worker_stopped_before(now - grace_ms).exists())
    lost = session.scalars(
        sa.select(Chunk)
        .where(
            col(Chunk.account_id) == account_id,
            CHUNK_SENDING,
            sa.or_(col(Chunk.worker_id).in_(dead), col(Chunk.deadline_at) < now - grace_ms, of_future),
        )
        .order_by(col(Chunk.id))
    ).all()
    if not lost:
        return 0
    campaigns = lock_campaigns(session, {chunk.campaign_id for chunk in lost})
    unposted = [chunk for chunk in lost if chunk.worker_id in dead and chunk.attempt in never_begun]
    _requeue_never_begun(session, unposted, campaigns, now)
    requeued = {chunk.id for chunk in unposted}
    lost = [chunk for chunk in lost if chunk.id not in requeued]
    moves = RollUpDeltas()
    waiting = waiting_messages(session, lost)
    becomes = ChunkChange(ChunkState.UNCERTAIN, "worker-lost")
    claims = [_claim_of(chunk, waiting[chunk.id], now) for chunk in lost]
    given_up = set_chunks(session, ChunkState.SENDING, [(claim, becomes) for claim in claims])
    for claim in claims:
        if claim.attempt not in given_up:
            continue
        decided = [MessageChange(message, MessageState.UNCERTAIN, becomes.code) for message in claim.messages]
        rows = message_rows(claim.campaign_id, decided, MessageState.QUEUED, None, claim.claimed_at, moves)
        log_lines.expired(session, claim)
        move_by_id(session, MessageState.SENDING, MESSAGE_COLUMNS, rows)
        attempt = attempt_row(claim, claim.attempt, AttemptOutcome.UNCERTAIN, becomes, now)
        insert_rows(session, "attempt", ATTEMPT_COLUMNS, [attempt])
    moves.write(session)
    _count_lost(session, account_id, [claim for claim in claims if claim.attempt in given_up])
    states = {campaign.id: campaign.state for campaign in campaigns.values()}
    halving.halve(session, states, [], [chunk.id for chunk in lost if chunk.halvings == 1])
    finish(session, states, now)
    return len(given_up)


def _worker_stopped_before(instant: int) -> sa.Select[int]:
    """Return the query for a chunk's worker if it had stopped before `instant` (UTC ms) by the time of a whole POST."""
    post_ms = col(Chunk.deadline_at) - col(Chunk.claimed_at)
    return sa.select(sa.literal(1)).where(
        col(Worker.id) == col(Chunk.worker_id), col(Worker.stopped_at) + post_ms < instant
    )


def _requeue_never_begun(
    session: Session, chunks: Sequence[Chunk], campaigns: Mapping[int, LockedCampaign], now: int
) -> None:
    """Requeue chunks of dead workers whose POST never began; those of a cancelled campaign are cancelled."""
    if not chunks:
        return
    becomes = ChunkChange(ChunkState.QUEUED, NOT_POSTED, "", now)
    claims = [_claim_of(chunk, (), now) for chunk in chunks]
    requeued = set_chunks(session, ChunkState.SENDING, [(claim, becomes) for claim in claims])
    log_lines.not_posted(session, chunks)
    attempts = [
        attempt_row(claim, claim.attempt, AttemptOutcome.NOTHING_SENT, becomes, now)
        for claim in claims
        if claim.attempt in requeued
    ]
    insert_rows(session, "attempt", ATTEMPT_COLUMNS, attempts)
    for campaign_id in sorted({chunk.campaign_id for chunk in chunks}):
        if campaigns[campaign_id].state == CampaignState.CANCELLED:
            cancel_queued(session, campaign_id)


def _count_lost(session: Session, account_id: int, claims: Sequence[Claim]) -> None:
    """Count the messages of lost workers for the frequency cap, because they may have been sent."""
    if not claims or not policy.get(session, account_id).has_cap:
        return
    campaign_ids = {claim.campaign_id for claim in claims}
    kinds = dict(
        session.execute(
            sa.select(col(Campaign.id), col(Campaign.category)).where(
                col(Campaign.id).in_(campaign_ids), col(Campaign.is_test).is_(False)
            )
        ).all()
    )
    contacts = Counter(
        (message.phone, hour_of(claim.claimed_at), kinds[claim.campaign_id] == MessageKind.SERVICE)
        for claim in claims
        if claim.campaign_id in kinds
        for message in claim.messages
    )
    add_contacts(session, contacts)


def _claim_of(chunk: Chunk, messages: tuple[QueuedMessage, ...], now: int) -> Claim:
    """Return the claim of a lost worker from its chunk's row."""
    return Claim(chunk.id, chunk.campaign_id, chunk.account_id, chunk.attempt or "", chunk.attempts,
                 chunk.worker_id or "", "", messages, chunk.claimed_at or now)  # fmt: skip


def requeue_unposted(session: Session, worker_id: str, flying: Collection[str]) -> int:
    """Requeue this worker's claims that it never POSTed, because their commit seemed to fail. Returns how many.

    `flying` are the attempts that it POSTs; only the worker itself may call this, for its own id."""
    unposted = (col(Chunk.worker_id) == worker_id, CHUNK_SENDING, col(Chunk.attempt).not_in(flying))
    held = session.scalars(sa.select(Chunk).where(*unposted)).all()
    if not held:
        return 0
    log_lines.not_posted(session, held)
    campaigns = lock_campaigns(session, {chunk.campaign_id for chunk in held})
    ghosts = session.execute(moving(Chunk, ChunkState.QUEUED, sa.and_(*unposted), code=NOT_POSTED))
    for campaign in campaigns.values():
        if campaign.state == CampaignState.CANCELLED:
            cancel_queued(session, campaign.id)
    return rows_changed(ghosts)
