"""Writing what came back: the write after the POST, and the one for chunks whose worker died between the two."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import bindparam as given
from sqlmodel import Session, col

from getsms_core.gateway import (
    STALE,
    Accepted,
    Answered,
    Decision,
    Missing,
    NothingLeft,
    Rejected,
    SendAnswer,
    Unclear,
    worded,
)
from getsms_core.policy import LEFT
from getsms_core.sending.claims import Claim, count, waiting_messages
from getsms_core.sending.finishing import finish
from getsms_core.sending.holding import cancel_queued
from getsms_core.sending.limits import Waiting
from getsms_core.sending.pace import Connection
from getsms_core.sending.pausing import pause_for
from getsms_core.statuses import CampaignState, ChunkState, MessageState
from getsms_core.store.bulk import changed, update_by_id
from getsms_core.store.models import CHUNK_SENDING, Account, Attempt, Campaign, Chunk, table
from getsms_core.store.tallies import Moves, add_contacts, hour_of
from getsms_core.words import _

MESSAGE_COLUMNS = {"state": "text", "reason": "text", "request_id": "text", "gateway_id": "text", "left_at": "bigint",
                   "next_poll_at": "bigint"}  # fmt: skip
_chunk, _attempt, _campaign = table(Chunk), table(Attempt), table(Campaign)
_SET_CHUNK = (
    sa.update(_chunk)
    .where(_chunk.c.id == given("chunk_id"), _chunk.c.attempt == given("by"), _chunk.c.state == given("was"))
    .values(
        state=given("becomes"), code=given("new_code"), detail=given("new_detail"), not_before_at=given("not_before")
    )
)
_LOG = sa.insert(_attempt)
_LOCK_CAMPAIGNS = (
    sa.select(_campaign.c.id, _campaign.c.state, _campaign.c.doubts, _campaign.c.refusals)
    .where(_campaign.c.id.in_(given("ids", expanding=True)))
    .order_by(_campaign.c.id)
    .with_for_update()
)
BACKOFF_FIRST, BACKOFF_MOST = 500, 30_000  # ms
Row = tuple[str, str | None, str | None, str | None, int | None, int | None, int]


@dataclass(frozen=True)
class Rules:
    """When to give up and when to ask for receipts. `uncertain_limit` counts messages whose answers were
    lost in a row, `rejected_limit` those rejected in a row, 0 = never pause for them; `contacts`: whether a frequency
    cap needs to know who was written to; `connect_tries` the tries of one chunk that did not connect."""

    poll_first_ms: int
    uncertain_limit: int
    rejected_limit: int = 0
    contacts: bool = False
    connect_tries: int = 5


@dataclass(frozen=True)
class Sent:
    """A POST that has ended: its claim and the gateway's answer."""

    claim: Claim
    answer: SendAnswer


@dataclass(frozen=True)
class _Move:
    """What becomes of one message."""

    message: Waiting
    state: MessageState
    reason: str | None = None
    request_id: str | None = None
    gateway_id: str | None = None
    next_poll_at: int | None = None


def record(session: Session, results: Sequence[Sent], rules: Rules, now: int) -> None:
    """Write the answers of POSTs that have ended, once each: an answer to an attempt that is no longer the chunk's is
    only logged."""
    if not results:
        return
    results = sorted(results, key=lambda sent: sent.claim.chunk_id)
    campaigns = _lock_campaigns(session, {sent.claim.campaign_id for sent in results})
    moves = Moves()
    pauses: dict[int, NothingLeft] = {}
    log: list[dict[str, object]] = []
    rows: list[Row] = []
    contacts: dict[tuple[int, int], int] = {}
    for sent in results:
        claim, answer = sent.claim, sent.answer
        cancelled = campaigns[claim.campaign_id].state == CampaignState.CANCELLED
        chunk_state, decided, code, detail, not_before = _decide(sent, rules, now, cancelled)
        outcome = _outcome(decided)
        if _set_chunk(session, claim, ChunkState.SENDING, chunk_state, code, detail, not_before):
            rows += _moved(claim.campaign_id, decided, MessageState.QUEUED, None, claim.claimed_at, moves)
            _contact(decided, claim.claimed_at, contacts)
            if isinstance(answer, NothingLeft) and _must_pause(answer, claim, rules):
                pauses[claim.campaign_id] = answer
        elif _settle_late(session, claim, decided, moves):
            outcome = "late"
        else:
            continue
        log.append(
            _logged(claim, f"{claim.attempt}-late" if outcome == "late" else claim.attempt, outcome, code, detail, now)
        )
    if log:
        session.connection().execute(_LOG, log)
    update_by_id(session, "message", MESSAGE_COLUMNS, rows)
    moves.write(session)
    for campaign_id, refusal in pauses.items():
        pause_for(session, campaign_id, refusal.code, worded(refusal.code, refusal.detail))
    _watch(session, campaigns, results, rules)
    if rules.contacts:
        add_contacts(session, contacts)
    finish(session, {each.id: each.state for each in campaigns.values()}, now)


def _decide(sent: Sent, rules: Rules, now: int, cancelled: bool) -> tuple[ChunkState, list[_Move], str, str, int]:
    """Purely: the chunk's state, what becomes of each message, the code and detail to log, and when the chunk may be
    tried again."""
    claim, answer = sent.claim, sent.answer
    if isinstance(answer, Unclear):
        moves = [_Move(message, MessageState.UNCERTAIN, answer.code) for message in claim.messages]
        return ChunkState.UNCERTAIN, moves, answer.code, answer.detail, 0
    if isinstance(answer, NothingLeft):
        if cancelled:
            moves = [_Move(message, MessageState.CANCELLED) for message in claim.messages]
            return ChunkState.CANCELLED, moves, answer.code, answer.detail, 0
        wait = backoff_ms(claim.number) if answer.decision is Decision.RETRY else 0
        return ChunkState.QUEUED, [], answer.code, answer.detail, now + wait
    moves, asked = [], set()
    for message, verdict in zip(claim.messages, answer.verdicts, strict=True):
        if isinstance(verdict, Accepted):
            # Messages may share a request id: one of them carries the date of the next status call for all.
            first = verdict.request_id not in asked
            asked.add(verdict.request_id)
            moves.append(_Move(message, MessageState.ACCEPTED, None, verdict.request_id, verdict.message_id or None,
                               now + rules.poll_first_ms if first else None))  # fmt: skip
        elif isinstance(verdict, Rejected):
            moves.append(_Move(message, MessageState.REJECTED, verdict.text or str(verdict.code)))
        else:
            moves.append(_Move(message, MessageState.UNCERTAIN, verdict.text or "not-in-answer"))
    missing = sum(move.state is MessageState.UNCERTAIN for move in moves)
    code = "not-in-answer" if missing else ""
    detail = f"{missing} of {len(moves)}" if missing else ""
    return (ChunkState.UNCERTAIN if missing == len(moves) else ChunkState.DONE), moves, code, detail, 0


def _logged(claim: Claim, key: str, outcome: str, code: str, detail: str, now: int) -> dict[str, object]:
    return {"id": key, "chunk_id": claim.chunk_id, "number": claim.number, "worker_id": claim.worker_id,
            "started_at": claim.claimed_at, "ended_at": now, "outcome": outcome, "code": code,
            "detail": detail[:500]}  # fmt: skip


def backoff_ms(tries: int) -> int:
    """How long to wait after the n-th try that did not connect: doubling from half a second to half a minute."""
    return int(min(BACKOFF_MOST, BACKOFF_FIRST * 2 ** min(tries - 1, 10)))


def _outcome(moves: list[_Move]) -> str:
    states = {move.state for move in moves}
    if MessageState.UNCERTAIN in states:
        return "uncertain" if len(states) == 1 else "part"
    if MessageState.REJECTED in states:
        return "rejected" if len(states) == 1 else "part"
    return "accepted" if MessageState.ACCEPTED in states else "nothing-left"


def _set_chunk(
    session: Session, claim: Claim, was: ChunkState, state: ChunkState, code: str, detail: str, not_before: int
) -> bool:
    """Whether the chunk was still at this attempt and in this state, and now is in the new one."""
    values = {"chunk_id": claim.chunk_id, "by": claim.attempt, "was": was, "becomes": state, "new_code": code,
              "new_detail": detail[:500], "not_before": not_before}  # fmt: skip
    return changed(session.connection().execute(_SET_CHUNK, values)) == 1


def _moved(
    campaign_id: int,
    decided: Sequence[_Move],
    was: MessageState,
    was_left_at: int | None,
    left_at: int | None,
    moves: Moves,
) -> list[Row]:
    """What to write into the messages; `moves` counts it."""
    rows: list[Row] = []
    for move in decided:
        left = left_at if move.state is not MessageState.CANCELLED else None
        count(moves, campaign_id, move.message, was_left_at, was, -1)
        count(moves, campaign_id, move.message, left, move.state, 1)
        rows.append(
            (move.state.value, move.reason, move.request_id, move.gateway_id, left, move.next_poll_at, move.message.id)
        )
    return rows


def _settle_late(session: Session, claim: Claim, decided: Sequence[_Move], moves: Moves) -> bool:
    """A chunk was given up and its answer came after all: what the answer proves wins over "uncertain", and over
    nothing else.

    False where the chunk is not in doubt over this attempt: it was recorded already, by a commit whose end we did not
    see."""
    chunk = session.get(Chunk, claim.chunk_id, populate_existing=True)
    if chunk is None or chunk.attempt != claim.attempt or chunk.state != ChunkState.UNCERTAIN:
        return False
    waiting = waiting_messages(session, [chunk], MessageState.UNCERTAIN)
    still = {message.id for message in waiting[claim.chunk_id]}
    proven = [m for m in decided if m.message.id in still and m.state in (MessageState.ACCEPTED, MessageState.REJECTED)]
    if not proven:
        return False
    proven = _each_id_asked(proven, decided)
    rows = _moved(claim.campaign_id, proven, MessageState.UNCERTAIN, claim.claimed_at, claim.claimed_at, moves)
    update_by_id(session, "message", MESSAGE_COLUMNS, rows)
    return _set_chunk(session, claim, ChunkState.UNCERTAIN, ChunkState.DONE, "late", "", 0)


def _each_id_asked(proven: Sequence[_Move], decided: Sequence[_Move]) -> list[_Move]:
    """The same moves, each request id with one date to ask for it: the message that had it may be settled by a person
    already, and the others would wait for ever."""
    dates = {move.request_id: move.next_poll_at for move in reversed(decided) if move.next_poll_at is not None}
    return [replace(move, next_poll_at=dates.pop(move.request_id, None)) for move in proven]


def _must_pause(answer: NothingLeft, claim: Claim, rules: Rules) -> bool:
    return answer.decision is Decision.STOP or claim.number % rules.connect_tries == 0


def note_connection(session: Session, was: Connection, results: Sequence[Sent], now: int) -> None:
    """The account waits longer after each failure to connect; of the failures of one moment only the first counts. A
    claim that grew old here says nothing of the connection."""
    results = [s for s in results if not (isinstance(s.answer, NothingLeft) and s.answer.code == STALE)]
    failed = [s for s in results if isinstance(s.answer, NothingLeft) and s.answer.decision is Decision.RETRY]
    values: dict[str, int] = {}
    if len(failed) < len(results):
        values = {"failures": 0} if was.failures else {}
    elif any(sent.claim.claimed_at >= was.failed_at for sent in failed):
        wait = backoff_ms(was.failures + 1)
        values = {"failures": was.failures + 1, "failed_at": now, "next_slot_us": (now + wait) * 1000}
    if values:
        account_id = results[0].claim.account_id
        session.execute(sa.update(Account).where(col(Account.id) == account_id).values(**values))


class _Locked(NamedTuple):
    """A campaign as it stands under this transaction's lock."""

    id: int
    state: CampaignState
    doubts: int
    refusals: int


def _lock_campaigns(session: Session, ids: Iterable[int]) -> dict[int, _Locked]:
    return {row.id: _Locked(*row) for row in session.connection().execute(_LOCK_CAMPAIGNS, {"ids": sorted(ids)})}


def _watch(session: Session, campaigns: Mapping[int, _Locked], results: Sequence[Sent], rules: Rules) -> None:
    """Lost answers in a row are a broken gateway and rejections in a row a wrong list: the campaign pauses. Among good
    answers both are weather."""
    for campaign in campaigns.values():
        answers = [sent.answer for sent in results if sent.claim.campaign_id == campaign.id]
        verdicts = [verdict for answer in answers if isinstance(answer, Answered) for verdict in answer.verdicts]
        clear = any(not isinstance(verdict, Missing) for verdict in verdicts)
        lost = sum(
            len(s.claim.messages)
            for s in results
            if s.claim.campaign_id == campaign.id and not isinstance(s.answer, NothingLeft)
        )
        rejected = sum(isinstance(verdict, Rejected) for verdict in verdicts)
        doubts = 0 if clear else campaign.doubts + lost
        refusals = 0 if any(isinstance(verdict, Accepted) for verdict in verdicts) else campaign.refusals + rejected
        if (doubts, refusals) != (campaign.doubts, campaign.refusals):
            values = {"doubts": doubts, "refusals": refusals}
            session.execute(sa.update(Campaign).where(col(Campaign.id) == campaign.id).values(**values))
        if 0 < rules.uncertain_limit <= doubts:
            reason = _(
                "The answers for {n} messages in a row were lost: they may or may not have left. "
                "Look at them, then resume: the rest goes on."
            )
            pause_for(session, campaign.id, "too-many-uncertain", reason.format(n=doubts))
        elif 0 < rules.rejected_limit <= refusals:
            reason = _("The gateway rejected {n} numbers in a row. Look at the list, then resume: the rest goes on.")
            pause_for(session, campaign.id, "too-many-rejected", reason.format(n=refusals))


def _contact(decided: Sequence[_Move], left_at: int, contacts: dict[tuple[int, int], int]) -> None:
    for move in decided:
        if move.state in LEFT:
            key = (move.message.phone, hour_of(left_at))
            contacts[key] = contacts.get(key, 0) + 1


def reap(session: Session, account_id: int, dead: Sequence[str], grace_ms: int, now: int) -> int:
    """Mark as uncertain what dead workers were sending, and what is past its deadline. Returns how many chunks.

    The POST of such a chunk may have left; it is never sent again by itself."""
    lost = session.scalars(
        sa.select(Chunk)
        .where(
            col(Chunk.account_id) == account_id,
            CHUNK_SENDING,
            sa.or_(col(Chunk.worker_id).in_(dead), col(Chunk.deadline_at) < now - grace_ms),
        )
        .order_by(col(Chunk.id))
    ).all()
    if not lost:
        return 0
    campaigns = _lock_campaigns(session, {chunk.campaign_id for chunk in lost})
    moves: Moves = Moves()
    by_campaign: dict[int, int] = defaultdict(int)
    waiting = waiting_messages(session, lost)
    for chunk in lost:
        messages = waiting[chunk.id]
        claim = _claim_of(chunk, messages, now)
        if not _set_chunk(session, claim, ChunkState.SENDING, ChunkState.UNCERTAIN, "worker-lost", "", 0):
            continue
        decided = [_Move(message, MessageState.UNCERTAIN, "worker-lost") for message in messages]
        rows = _moved(chunk.campaign_id, decided, MessageState.QUEUED, None, claim.claimed_at, moves)
        update_by_id(session, "message", MESSAGE_COLUMNS, rows)
        session.connection().execute(_LOG, [_logged(claim, claim.attempt, "uncertain", "worker-lost", "", now)])
        by_campaign[chunk.campaign_id] += 1
    moves.write(session)
    finish(session, {each.id: each.state for each in campaigns.values()}, now)
    return sum(by_campaign.values())


def _claim_of(chunk: Chunk, messages: tuple[Waiting, ...], now: int) -> Claim:
    """The claim that a lost worker held, as its chunk's row tells."""
    return Claim(
        chunk.id,
        chunk.campaign_id,
        chunk.account_id,
        chunk.attempt or "",
        chunk.attempts,
        chunk.worker_id or "",
        "",
        messages,
        chunk.claimed_at or now,
    )


def release(session: Session, worker_id: str, flying: Collection[str]) -> int:
    """Put back what this worker holds without having POSTed it: a claim whose commit it did not see end. Returns how
    many.

    `flying` are the attempts that it has handed to a POST; only the worker itself may call this for its own id."""
    mine = (col(Chunk.worker_id) == worker_id, CHUNK_SENDING, col(Chunk.attempt).not_in(flying))
    held = set(session.scalars(sa.select(col(Chunk.campaign_id)).where(*mine)))
    if not held:
        return 0
    campaigns = _lock_campaigns(session, held)
    ghosts = session.execute(sa.update(Chunk).where(*mine).values(state=ChunkState.QUEUED, code="not-posted"))
    for campaign in campaigns.values():
        if campaign.state == CampaignState.CANCELLED:
            cancel_queued(session, campaign.id)
    return changed(ghosts)
