"""Claiming chunks from the queue: the write before the POST."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import bindparam as given
from sqlmodel import Session

from getsms_core.base import clock
from getsms_core.base.kinds import MessageKind
from getsms_core.base.states import CampaignState, ChunkState, ExclusionCheck, MessageState, Preparation
from getsms_core.db.models import CHUNK_QUEUED, SPAN, Campaign, Chunk, Message, OptOut, table
from getsms_core.db.moves import move_by_id, moving
from getsms_core.db.rollups import RollUpDeltas
from getsms_core.db.row_ranges import merge_ranges
from getsms_core.delivery.completion import finish
from getsms_core.delivery.guards import EMPTY_TEXT, NO_LIMITS, ClaimLimits, Limits, QueuedMessage
from getsms_core.gateway import Item

LONGEST_WAIT_MS = 3_600_000  # no chunk waits longer until its next attempt
_campaign, _chunk, _message, _opt_out = table(Campaign), table(Chunk), table(Message), table(OptOut)

_NOW = given("now", type_=sa.BigInteger)
# Built once: building a statement at each call took longer than SQLite took to run it.
_RUNNING = (
    sa.select(
        _campaign.c.id,
        _campaign.c.sender,
        _campaign.c.priority,
        _campaign.c.is_test,
        _campaign.c.spend_limit,
        _campaign.c.category,
    )
    .where(
        _campaign.c.account_id == given("account_id"),
        _campaign.c.state == CampaignState.RUNNING,
        _campaign.c.prepared == Preparation.READY,
        _campaign.c.exclusion_check == ExclusionCheck.DONE,
    )
    .order_by(_campaign.c.id)
    # On PostgreSQL a user's change would not see a claim that is being committed: messages that were to be made again
    # were deleted and sent a second time. A campaign that is being changed is claimed in the next turn.
    .with_for_update(read=True, skip_locked=True)
)
_QUEUED = (
    sa.select(
        _chunk.c.id,
        _chunk.c.campaign_id,
        _chunk.c.account_id,
        _chunk.c.first_id,
        _chunk.c.last_id,
        _chunk.c.attempts,
        _chunk.c.halvings,
    )
    .where(
        _chunk.c.campaign_id == given("campaign_id"),
        CHUNK_QUEUED,
        # One that waits for longer than any does was put back before the clock was set back.
        sa.or_(_chunk.c.not_before_at <= _NOW, _chunk.c.not_before_at > _NOW + LONGEST_WAIT_MS),
    )
    .order_by(_chunk.c.id)
    .limit(given("most"))
    .with_for_update(skip_locked=True)
)
_WAITING = (
    sa.select(
        _message.c.chunk_id,
        _message.c.id,
        _message.c.phone,
        _message.c.text,
        _message.c.parts,
        _message.c.price,
        _message.c.number_range,
        _message.c.variant,
        _message.c.cut,
        # As text: to make a member of it for each of a hundred messages was 6 % of a claim.
        sa.type_coerce(
            sa.select(_opt_out.c.scope).where(_opt_out.c.phone == _message.c.phone).scalar_subquery(), sa.String
        ).label("opt_out"),
    )
    .where(
        _message.c.id.between(given("first_id"), given("last_id")),
        _message.c.chunk_id.in_(given("chunk_ids", expanding=True)),
        _message.c.state == given("in_state"),
    )
    .order_by(_message.c.id)
)
_CLAIM = ("attempt", "attempts", "worker_id", "claimed_at", "deadline_at", "messages")
_EMPTY = moving(_chunk, ChunkState.CANCELLED, _chunk.c.id == given("chunk_id"), among=[ChunkState.QUEUED], messages=0,
                code=given("why"))  # fmt: skip


class QueuedChunk(NamedTuple):
    """A queued chunk: its ids, the range of its messages, the number of attempts and of halvings."""

    id: int
    campaign_id: int
    account_id: int
    first_id: int
    last_id: int
    attempts: int
    halvings: int | None = None


@dataclass(frozen=True)
class Claim:
    """A chunk that this worker may POST, once. `claimed_at` is the database's clock, UTC ms; `halvings` says how often
    the chunk was halved after error 201; a test SMS counts for no frequency cap."""

    chunk_id: int
    campaign_id: int
    account_id: int
    attempt: str
    number: int
    worker_id: str
    sender: str
    messages: tuple[QueuedMessage, ...]
    claimed_at: int
    is_test: bool = False
    halvings: int = 0
    kind: str = MessageKind.SERVICE

    @property
    def items(self) -> list[Item]:
        """The messages as the gateway client takes them."""
        return [Item(message.phone, message.text) for message in self.messages]


class RunningCampaign(NamedTuple):
    """A campaign that is being sent. `spend_limit` is tiyin."""

    id: int
    sender: str
    priority: int
    is_test: bool
    spend_limit: int | None
    kind: str


def claim(
    session: Session,
    account_id: int,
    worker_id: str,
    *,
    want: int,
    post_ms: int,
    now: int,
    after: int = 0,
    limits: Limits = NO_LIMITS,
) -> list[Claim]:
    """Claim up to `want` chunks of the account's running campaigns; `want` is `RateLimit.free` of `current_rate_limit`.

    `post_ms` is the longest that a POST may take; `after` is the campaign served last, so that campaigns of one
    priority take turns. Messages without text, to opted-out numbers or above the frequency cap are cancelled; a
    campaign that would exceed a spending limit is paused. The caller commits before it POSTs. Raises `RuntimeError` if
    a locked chunk changed."""
    claims: list[Claim] = []
    rows: list[tuple[object, ...]] = []
    emptied: dict[int, CampaignState] = {}
    moves = RollUpDeltas()
    rules = limits.begin(session, account_id, now)
    chosen = _next_chunks(session, account_id, want, after, now, rules)
    waiting = waiting_messages(session, [chunk for chunk, _campaign in chosen])
    for chunk, campaign in chosen:
        messages_of_chunk = waiting[chunk.id]
        held = rules.held(messages_of_chunk, campaign.kind, campaign.is_test)
        messages = (
            tuple(message for message in messages_of_chunk if message.id not in held) if held else messages_of_chunk
        )
        if not rules.affords(campaign.id, campaign.spend_limit, sum(message.price for message in messages)):
            rules.uncount(messages, campaign.kind, campaign.is_test)
            continue
        if held:
            _leave_out(session, chunk, messages_of_chunk, held, moves)
        if not messages:
            reasons = set(held.values()) or {EMPTY_TEXT}  # without messages: all their texts were empty
            why = reasons.pop() if len(reasons) == 1 else "opted-out"
            session.connection().execute(_EMPTY, {"chunk_id": chunk.id, "why": why})
            emptied[chunk.campaign_id] = CampaignState.RUNNING
            continue
        attempt = clock.new_id()
        rows.append((ChunkState.SENDING, attempt, chunk.attempts + 1, worker_id, now, now + post_ms, len(messages),
                     chunk.id))  # fmt: skip
        claims.append(
            Claim(
                chunk.id, chunk.campaign_id, account_id, attempt, chunk.attempts + 1, worker_id, campaign.sender,
                messages, now, campaign.is_test, chunk.halvings or 0, campaign.kind,
            )
        )  # fmt: skip
    move_by_id(session, ChunkState.QUEUED, _CLAIM, rows)
    moves.write(session)
    if emptied:  # no answer will come that finishes them; locked, so that no user has messages of them sent again
        finish(session, emptied, now)
    return claims


def _next_chunks(
    session: Session, account_id: int, want: int, after: int, now: int, rules: ClaimLimits
) -> list[tuple[QueuedChunk, RunningCampaign]]:
    connection = session.connection()
    running = [RunningCampaign(*row) for row in connection.execute(_RUNNING, {"account_id": account_id})]
    running = [campaign for campaign in running if campaign.is_test or campaign.kind not in rules.quiet_kinds]
    chosen: list[tuple[QueuedChunk, RunningCampaign]] = []
    for priority in sorted({campaign.priority for campaign in running}, reverse=True):
        turn = sorted((c for c in running if c.priority == priority), key=lambda c: (c.id <= after, c.id))
        queues = []
        for campaign in turn:
            parameters = {"campaign_id": campaign.id, "now": now, "most": want - len(chosen)}
            queues.append([(QueuedChunk(*chunk), campaign) for chunk in connection.execute(_QUEUED, parameters)])
        while any(queues) and len(chosen) < want:
            for queue in queues:
                if queue and len(chosen) < want:
                    chosen.append(queue.pop(0))
        if len(chosen) == want:
            break
    return sorted(chosen, key=lambda pair: pair[0].id)


def waiting_messages(
    session: Session, chunks: Sequence[QueuedChunk | Chunk], state: MessageState = MessageState.QUEUED
) -> dict[int, tuple[QueuedMessage, ...]]:
    """Return the messages of each chunk that are in `state`, by chunk id. A message of a chunk that is sending is
    still stored as queued."""
    by_chunk: dict[int, list[QueuedMessage]] = {chunk.id: [] for chunk in chunks}
    for first, last, ids in merge_ranges((chunk.id, chunk.first_id, chunk.last_id) for chunk in chunks):
        parameters = {"first_id": first, "last_id": last, "chunk_ids": ids, "in_state": state}
        for row in session.connection().execute(_WAITING, parameters).all():
            by_chunk[row[0]].append(QueuedMessage._make(row[1:]))
    return {chunk_id: tuple(messages) for chunk_id, messages in by_chunk.items()}


def _leave_out(
    session: Session,
    chunk: QueuedChunk,
    messages: Sequence[QueuedMessage],
    held: Mapping[int, str],
    moves: RollUpDeltas,
) -> None:
    for message in messages:
        if message.id in held:
            count_message(moves, chunk.campaign_id, message, None, MessageState.QUEUED, -1)
            count_message(moves, chunk.campaign_id, message, None, MessageState.CANCELLED, 1, held[message.id])
    rows = [(MessageState.CANCELLED.value, reason, message_id) for message_id, reason in sorted(held.items())]
    move_by_id(session, MessageState.QUEUED, ["reason"], rows)


def count_message(
    moves: RollUpDeltas,
    campaign_id: int,
    message: QueuedMessage,
    left_at: int | None,
    state: MessageState,
    n: int,
    reason: str | None = None,
) -> None:
    """Count `n` messages like this one into a state of the roll-ups, or out of it where `n` is negative, with the
    reason where they did not arrive."""
    moves.add(
        campaign_id,
        message.number_range,
        state,
        left_at,
        messages=n,
        parts=n * message.parts,
        cost=n * message.price,
        variant=message.variant,
        cut=message.cut,
        reason=reason,
    )


def last_chunk(session: Session, campaign_id: int) -> int:
    """Return the highest id of the campaign's chunks; without chunks the id before its first one."""
    last = session.scalar(
        sa.select(sa.func.max(_chunk.c.id)).where(_chunk.c.id.between(campaign_id * SPAN, (campaign_id + 1) * SPAN - 1))
    )
    return last or campaign_id * SPAN
