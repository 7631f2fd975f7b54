"""Taking chunks from the queue: the write before the POST."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlmodel import Session, col, select

from getsms_core.gateway import Item
from getsms_core.statuses import CampaignState, ChunkState, MessageState
from getsms_core.store.bulk import changed as rows_changed
from getsms_core.store.bulk import update_by_id
from getsms_core.store.models import Campaign, Chunk, Message, OptOut
from getsms_core.store.tallies import Moves


@dataclass(frozen=True)
class Waiting:
    """A message as the sender needs it. `price` is tiyin."""

    id: int
    phone: int
    text: str
    parts: int
    price: int
    number_range: int


@dataclass(frozen=True)
class Claim:
    """A chunk that is ours to POST, once. `claimed_at` is the database's clock, UTC ms."""

    chunk_id: int
    campaign_id: int
    account_id: int
    attempt: str
    number: int
    worker_id: str
    sender: str
    messages: tuple[Waiting, ...]
    claimed_at: int

    @property
    def items(self) -> list[Item]:
        """What the gateway client takes."""
        return [Item(message.phone, message.text) for message in self.messages]


def claim(
    session: Session, account_id: int, worker_id: str, *, want: int, post_ms: int, now: int, after: int = 0
) -> list[Claim]:
    """Take up to `want` chunks of the account's running campaigns; `want` is what `pace.allowance` left free.

    `post_ms` is the longest that a POST may take; `after` is the campaign served last, so that campaigns of one
    priority take turns. The caller commits before it POSTs."""
    claims: list[Claim] = []
    moves = Moves()
    for chunk, sender in _next_chunks(session, account_id, want, after, now):
        if taken := _take(session, chunk, sender, worker_id, now, post_ms, moves):
            claims.append(taken)
    moves.write(session)
    return claims


def _next_chunks(session: Session, account_id: int, free: int, after: int, now: int) -> list[tuple[Chunk, str]]:
    running = session.execute(
        sa.select(col(Campaign.id), col(Campaign.sender), col(Campaign.priority)).where(
            col(Campaign.account_id) == account_id,
            col(Campaign.state) == CampaignState.RUNNING,
            col(Campaign.prepared) == "ready",
        )
    ).all()
    found: list[tuple[Chunk, str]] = []
    for priority in sorted({row.priority for row in running}, reverse=True):
        turn = sorted((row for row in running if row.priority == priority), key=lambda row: (row.id <= after, row.id))
        queues = [[(chunk, row.sender) for chunk in _queued(session, row.id, free - len(found), now)] for row in turn]
        while any(queues) and len(found) < free:
            for queue in queues:
                if queue and len(found) < free:
                    found.append(queue.pop(0))
        if len(found) == free:
            break
    return sorted(found, key=lambda pair: pair[0].id)


def _queued(session: Session, campaign_id: int, limit: int, now: int) -> Sequence[Chunk]:
    return session.exec(
        select(Chunk)
        .where(
            col(Chunk.campaign_id) == campaign_id,
            col(Chunk.state) == ChunkState.QUEUED,
            col(Chunk.not_before_at) <= now,
        )
        .order_by(col(Chunk.id))
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()


def _take(
    session: Session, chunk: Chunk, sender: str, worker_id: str, now: int, post_ms: int, moves: Moves
) -> Claim | None:
    messages = waiting_messages(session, chunk)
    refused = set(
        session.scalars(sa.select(col(OptOut.phone)).where(col(OptOut.phone).in_([m.phone for m in messages])))
    )
    if refused:
        for message in messages:
            if message.phone in refused:
                count(moves, chunk.campaign_id, message, None, MessageState.QUEUED, -1)
                count(moves, chunk.campaign_id, message, None, MessageState.CANCELLED, 1)
        gone = [(MessageState.CANCELLED.value, "opted-out", m.id) for m in messages if m.phone in refused]
        update_by_id(session, "message", {"state": "text", "reason": "text"}, gone)
        messages = tuple(m for m in messages if m.phone not in refused)
    attempt = uuid.uuid4().hex
    values = {"state": ChunkState.SENDING, "attempt": attempt, "attempts": chunk.attempts + 1, "worker_id": worker_id,
              "claimed_at": now, "deadline_at": now + post_ms, "messages": len(messages)}  # fmt: skip
    if not messages:
        values = {"state": ChunkState.CANCELLED, "messages": 0, "code": "opted-out"}
    changed = session.execute(
        sa.update(Chunk).where(col(Chunk.id) == chunk.id, col(Chunk.state) == ChunkState.QUEUED).values(**values),
        execution_options={"synchronize_session": False},
    )
    if not messages or rows_changed(changed) != 1:
        return None
    return Claim(
        chunk.id, chunk.campaign_id, chunk.account_id, attempt, chunk.attempts + 1, worker_id, sender, messages, now
    )


def waiting_messages(session: Session, chunk: Chunk, state: MessageState = MessageState.QUEUED) -> tuple[Waiting, ...]:
    """The messages of a chunk that are in `state`, by id. A queued message that is sending still says queued."""
    rows = session.execute(
        sa.select(
            col(Message.id),
            col(Message.phone),
            col(Message.text),
            col(Message.parts),
            col(Message.price),
            col(Message.number_range),
        )
        .where(
            col(Message.id).between(chunk.first_id, chunk.last_id),
            col(Message.chunk_id) == chunk.id,
            col(Message.state) == state,
        )
        .order_by(col(Message.id))
    )
    return tuple(Waiting(*row) for row in rows)


def count(
    moves: Moves, campaign_id: int, message: Waiting, left_at: int | None, state: MessageState, sign: int
) -> None:
    moves.add(
        campaign_id,
        message.number_range,
        state,
        left_at,
        messages=sign,
        parts=sign * message.parts,
        cost=sign * message.price,
    )
