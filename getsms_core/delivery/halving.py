"""Finding the message that makes the gateway refuse a whole request with error 201, after which nothing was sent.

The chunk is halved until a single message is refused; that message is rejected and the others are sent. Each half is a
separate chunk, so a kill at any moment leaves a valid queue. If both halves of the first halving are refused, the
gateway refuses everything: the campaign is paused and no message is rejected.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core.base.states import CampaignState, ChunkState, MessageState, change
from getsms_core.db.models import CHUNK_QUEUED, SPAN, Chunk, Message
from getsms_core.db.moves import move_by_id
from getsms_core.db.rollups import RollUpDeltas
from getsms_core.delivery import log_lines
from getsms_core.delivery.claims import Claim, count_message, last_chunk, waiting_messages
from getsms_core.delivery.guards import QueuedMessage
from getsms_core.delivery.pauses import pause_campaign
from getsms_core.gateway import NothingSent, SendAnswer, described

DATA_INVALID = "data-invalid"
"""The code of error 201."""
REJECTED_ALONE = "201"
"""The reason of a message that the gateway refused alone."""
MAX_HALVINGS = 7
"""The most halvings of one chunk until a user resumes the campaign: 7 find one message among 100, with two requests
each."""
FIRST_HALF_WAIT_MS = 60_000
"""A refused first half waits this long for the answer to the other one; then it is tried again. Longer than a POST."""


def is_data_invalid(answer: SendAnswer, state: CampaignState) -> bool:
    """Whether the gateway refused the request with error 201 while its campaign runs. The chunk of a campaign paused
    meanwhile is not halved."""
    return isinstance(answer, NothingSent) and answer.code == DATA_INVALID and state is CampaignState.RUNNING


def rejects_message(claim: Claim, answer: SendAnswer, state: CampaignState) -> bool:
    """Whether the refused request held a single message, which is then rejected. One of the two first halves waits for
    the answer to the other."""
    return is_data_invalid(answer, state) and len(claim.messages) == 1 and claim.halvings != 1


def not_before(claim: Claim, now: int) -> int:
    """Return when a refused chunk may be claimed again (UTC ms), later each time so that the other half is sent
    first."""
    return now + FIRST_HALF_WAIT_MS * claim.number if claim.halvings == 1 else now


def halve(
    session: Session, states: Mapping[int, CampaignState], refused: Sequence[Claim], ended: Iterable[int]
) -> Counter[int]:
    """Halve the chunks of `refused` claims, which are queued again, and decide on first halves that waited for one of
    the `ended` chunks. `states` are the states of the locked campaigns.

    Returns how many messages of each campaign were rejected by a decision on a first half."""
    for claim in refused:
        if claim.halvings != 1 and not _split(session, claim.chunk_id, claim.messages):
            pause_campaign(session, claim.campaign_id, described(DATA_INVALID))
    rejected: Counter[int] = Counter()
    for first, second in _first_halves(session, ended):
        if states.get(first.campaign_id) is CampaignState.RUNNING:
            rejected[first.campaign_id] += _decide(session, first, second)
    return rejected


def reset_halvings(session: Session, campaign_id: int) -> None:
    """Reset the halvings of a resumed campaign: no chunk waits, and each may be halved again. Two refused first halves
    become ordinary chunks, so that the next attempt tests them separately; smaller halves are halved further."""
    of_campaign = (col(Chunk.campaign_id) == campaign_id, sa.or_(CHUNK_QUEUED, col(Chunk.root_id).is_not(None)))
    small = sa.and_(CHUNK_QUEUED, col(Chunk.halvings) > 1)
    session.execute(
        sa.update(Chunk)
        .where(*of_campaign, sa.or_(col(Chunk.not_before_at) > 0, col(Chunk.root_id).is_not(None)))
        .values(not_before_at=0, root_id=sa.case((small, col(Chunk.id))), halvings=sa.case((small, 2)))
    )


def _first_halves(session: Session, ended: Iterable[int]) -> list[tuple[Chunk, Chunk]]:
    """Return the pairs of first halves that include one of these chunks and were not halved further."""
    chunk_ids = sorted(set(ended))
    if not chunk_ids:
        return []
    roots = sa.select(col(Chunk.root_id)).where(col(Chunk.id).in_(chunk_ids), col(Chunk.halvings) == 1)
    halves = session.scalars(
        sa.select(Chunk)
        .where(col(Chunk.root_id).in_(roots), col(Chunk.halvings) == 1)
        .order_by(col(Chunk.root_id), col(Chunk.id)),
        execution_options={"populate_existing": True},
    ).all()
    pairs: dict[int | None, list[Chunk]] = {}
    for chunk in halves:
        pairs.setdefault(chunk.root_id, []).append(chunk)
    return [(pair[0], pair[1]) for pair in pairs.values() if len(pair) == 2]


def _decide(session: Session, first: Chunk, second: Chunk) -> int:
    """Decide on a pair of first halves; returns how many messages were rejected."""
    refused = [half for half in (first, second) if half.state is ChunkState.QUEUED and half.code == DATA_INVALID]
    if len(refused) == 2:
        pause_campaign(session, first.campaign_id, described(DATA_INVALID))
    elif refused and (second if refused[0] is first else first).state not in (ChunkState.QUEUED, ChunkState.SENDING):
        half = refused[0]
        messages = waiting_messages(session, [half])[half.id]
        if len(messages) == 1:
            _reject(session, half, messages[0])
            return 1
        if messages:
            _split(session, half.id, messages)
    return 0


def _reject(session: Session, chunk: Chunk, message: QueuedMessage) -> None:
    change(chunk, ChunkState.DONE)
    chunk.not_before_at = 0
    session.flush()
    moves = RollUpDeltas()
    count_message(moves, chunk.campaign_id, message, None, MessageState.QUEUED, -1)
    count_message(moves, chunk.campaign_id, message, None, MessageState.REJECTED, 1, REJECTED_ALONE)
    row = (MessageState.REJECTED.value, REJECTED_ALONE, message.id)
    move_by_id(session, MessageState.SENDING, ["reason"], [row])  # by the answer to the POST that refused it
    moves.write(session)


def _split(session: Session, chunk_id: int, messages: Sequence[QueuedMessage]) -> bool:
    """Split a queued chunk into two. Returns False if its root chunk reached `MAX_HALVINGS`."""
    chunk = session.get(Chunk, chunk_id, populate_existing=True)
    if chunk is None or len(messages) < 2:
        return False
    root_id = chunk.root_id or chunk.id
    pieces = session.scalar(sa.select(sa.func.count()).where(col(Chunk.root_id) == root_id)) or 1
    if pieces - 1 >= MAX_HALVINGS:
        return False
    middle = (len(messages) + 1) // 2
    second = Chunk(
        id=last_chunk(session, chunk.campaign_id) + 1,
        campaign_id=chunk.campaign_id,
        account_id=chunk.account_id,
        first_id=messages[middle].id,
        last_id=chunk.last_id,
        messages=len(messages) - middle,
        root_id=root_id,
        halvings=(chunk.halvings or 0) + 1,
        code="half",
        detail=str(root_id % SPAN),
    )
    session.add(second)
    log_lines.halved(session, chunk.campaign_id, chunk.id, second.id)
    session.execute(
        sa.update(Message)
        .where(col(Message.id).between(second.first_id, second.last_id), col(Message.chunk_id) == chunk.id)
        .values(chunk_id=second.id),
        execution_options={"synchronize_session": False},
    )
    chunk.last_id, chunk.messages = second.first_id - 1, middle
    chunk.root_id, chunk.halvings = root_id, second.halvings
    chunk.code, chunk.detail, chunk.not_before_at = "half", second.detail, 0
    session.flush()
    return True
