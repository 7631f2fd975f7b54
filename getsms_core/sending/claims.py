"""Taking chunks from the queue: the write before the POST."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import bindparam as given
from sqlmodel import Session

from getsms_core.gateway import Item
from getsms_core.sending.finishing import finish
from getsms_core.statuses import CampaignState, ChunkState, MessageState
from getsms_core.store.bulk import changed, update_by_id
from getsms_core.store.models import CHUNK_QUEUED, Campaign, Chunk, Message, OptOut, table
from getsms_core.store.tallies import Moves

_campaign, _chunk, _message, _opt_out = table(Campaign), table(Chunk), table(Message), table(OptOut)

# Built once: building a statement anew at each call took longer than SQLite took to run it.
_RUNNING = sa.select(_campaign.c.id, _campaign.c.sender, _campaign.c.priority).where(
    _campaign.c.account_id == given("account_id"),
    _campaign.c.state == CampaignState.RUNNING,
    _campaign.c.prepared == "ready",
)
_QUEUED = (
    sa.select(
        _chunk.c.id, _chunk.c.campaign_id, _chunk.c.account_id, _chunk.c.first_id, _chunk.c.last_id, _chunk.c.attempts
    )
    .where(
        _chunk.c.campaign_id == given("campaign_id"),
        CHUNK_QUEUED,
        _chunk.c.not_before_at <= given("now"),
    )
    .order_by(_chunk.c.id)
    .limit(given("most"))
    .with_for_update(skip_locked=True)
)
_MESSAGES = (
    sa.select(
        _message.c.id,
        _message.c.phone,
        _message.c.text,
        _message.c.parts,
        _message.c.price,
        _message.c.number_range,
        sa.exists().where(_opt_out.c.phone == _message.c.phone).label("opted_out"),
    )
    .where(
        _message.c.id.between(given("first_id"), given("last_id")),
        _message.c.chunk_id == given("chunk_id"),
        _message.c.state == given("in_state"),
    )
    .order_by(_message.c.id)
)
_CLAIM = (
    sa.update(_chunk)
    .where(_chunk.c.id == given("chunk_id"), _chunk.c.state == ChunkState.QUEUED)
    .values(
        state=ChunkState.SENDING,
        attempt=given("new_attempt"),
        attempts=given("number"),
        worker_id=given("worker"),
        claimed_at=given("now"),
        deadline_at=given("deadline"),
        messages=given("count"),
    )
)
_EMPTY = (
    sa.update(_chunk)
    .where(_chunk.c.id == given("chunk_id"), _chunk.c.state == ChunkState.QUEUED)
    .values(state=ChunkState.CANCELLED, messages=0, code="opted-out")
)


class Queued(NamedTuple):
    """A chunk that waits: its ids, the range of its messages, and how often it was tried."""

    id: int
    campaign_id: int
    account_id: int
    first_id: int
    last_id: int
    attempts: int


class Waiting(NamedTuple):
    """A message as the sender needs it. `price` is tiyin; `opted_out` is as of this moment."""

    id: int
    phone: int
    text: str
    parts: int
    price: int
    number_range: int
    opted_out: bool = False


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
    emptied: dict[int, CampaignState] = {}
    moves = Moves()
    for chunk, sender in _next_chunks(session, account_id, want, after, now):
        messages = _without_opted_out(session, chunk, waiting_messages(session, chunk), moves)
        attempt = uuid.uuid4().hex
        if not messages:
            session.connection().execute(_EMPTY, {"chunk_id": chunk.id})
            emptied[chunk.campaign_id] = CampaignState.RUNNING
            continue
        taken = session.connection().execute(
            _CLAIM,
            {
                "chunk_id": chunk.id,
                "new_attempt": attempt,
                "number": chunk.attempts + 1,
                "worker": worker_id,
                "now": now,
                "deadline": now + post_ms,
                "count": len(messages),
            },
        )
        if changed(taken) == 1:
            claims.append(Claim(chunk.id, chunk.campaign_id, account_id, attempt, chunk.attempts + 1, worker_id, sender,
                                messages, now))  # fmt: skip
    moves.write(session)
    finish(session, emptied, now)  # no answer will come that would do it
    return claims


def _next_chunks(session: Session, account_id: int, want: int, after: int, now: int) -> list[tuple[Queued, str]]:
    connection = session.connection()
    running = connection.execute(_RUNNING, {"account_id": account_id}).all()
    found: list[tuple[Queued, str]] = []
    for priority in sorted({row.priority for row in running}, reverse=True):
        turn = sorted((row for row in running if row.priority == priority), key=lambda row: (row.id <= after, row.id))
        queues = []
        for row in turn:
            asked = {"campaign_id": row.id, "now": now, "most": want - len(found)}
            queues.append([(Queued(*chunk), row.sender) for chunk in connection.execute(_QUEUED, asked)])
        while any(queues) and len(found) < want:
            for queue in queues:
                if queue and len(found) < want:
                    found.append(queue.pop(0))
        if len(found) == want:
            break
    return sorted(found, key=lambda pair: pair[0].id)


def waiting_messages(
    session: Session, chunk: Queued | Chunk, state: MessageState = MessageState.QUEUED
) -> tuple[Waiting, ...]:
    """The messages of a chunk that are in `state`, by id. A queued message that is sending still says queued."""
    asked = {"first_id": chunk.first_id, "last_id": chunk.last_id, "chunk_id": chunk.id, "in_state": state}
    return tuple(map(Waiting._make, session.connection().execute(_MESSAGES, asked)))


def _without_opted_out(
    session: Session, chunk: Queued, messages: Sequence[Waiting], moves: Moves
) -> tuple[Waiting, ...]:
    refused = [message for message in messages if message.opted_out]
    for message in refused:
        count(moves, chunk.campaign_id, message, None, MessageState.QUEUED, -1)
        count(moves, chunk.campaign_id, message, None, MessageState.CANCELLED, 1)
    gone = [(MessageState.CANCELLED.value, "opted-out", message.id) for message in refused]
    update_by_id(session, "message", {"state": "text", "reason": "text"}, gone)
    return tuple(message for message in messages if not message.opted_out)


def count(
    moves: Moves, campaign_id: int, message: Waiting, left_at: int | None, state: MessageState, sign: int
) -> None:
    """Count one message into a state of the roll-ups (`sign` 1) or out of it (-1)."""
    moves.add(
        campaign_id,
        message.number_range,
        state,
        left_at,
        messages=sign,
        parts=sign * message.parts,
        cost=sign * message.price,
    )
