"""Recording results: the write after the POST."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import bindparam as given
from sqlmodel import Session, col

from getsms_core.accounts.policy import SENT_OR_UNCERTAIN
from getsms_core.base import reasons
from getsms_core.base.codes import AttemptOutcome
from getsms_core.base.kinds import MessageKind
from getsms_core.base.states import CampaignState, ChunkState, MessageState
from getsms_core.db.bulk import insert_rows
from getsms_core.db.models import Campaign, Chunk, table
from getsms_core.db.moves import move_by_attempt, move_by_id
from getsms_core.db.rollups import ContactKey, RollUpDeltas, add_contacts, hour_of, remove_contacts
from getsms_core.delivery import halving, log_lines
from getsms_core.delivery.claims import Claim, count_message, waiting_messages
from getsms_core.delivery.completion import finish
from getsms_core.delivery.decisions import (
    ChunkChange,
    MessageChange,
    PostResult,
    ResultRules,
    decide,
    each_id_asked,
    must_pause,
    outcome_of,
    rejected_alone,
)
from getsms_core.delivery.pauses import pause_campaign
from getsms_core.gateway import (
    Accepted,
    Answered,
    Missing,
    NothingSent,
    Rejected,
    described,
)

MESSAGE_COLUMNS = ("reason", "request_id", "gateway_id", "left_at", "next_poll_at")
_campaign = table(Campaign)
CHUNK_COLUMNS = ("code", "detail", "not_before_at")
ATTEMPT_COLUMNS = ("id", "chunk_id", "number", "worker_id", "started_at", "ended_at", "outcome", "code", "detail")
_LOCK_CAMPAIGNS = (
    sa.select(_campaign.c.id, _campaign.c.state, _campaign.c.doubts, _campaign.c.refusals)
    .where(_campaign.c.id.in_(given("ids", expanding=True)))
    .order_by(_campaign.c.id)
    .with_for_update()
)
Row = tuple[str, str | None, str | None, str | None, int | None, int | None, int]


def record(session: Session, results: Sequence[PostResult], rules: ResultRules, now: int) -> None:
    """Record the answers of ended POSTs, once each. An answer to an attempt that is no longer the chunk's is only
    logged."""
    if not results:
        return
    results = sorted(results, key=lambda sent: sent.claim.chunk_id)
    campaigns = lock_campaigns(session, {sent.claim.campaign_id for sent in results})
    moves = RollUpDeltas()
    pauses: dict[int, NothingSent] = {}
    refused: list[Claim] = []
    log: list[tuple[object, ...]] = []
    rows: list[Row] = []
    cancelled: list[Row] = []  # for certain nothing of them was sent
    contacts, freed = Counter[ContactKey](), Counter[ContactKey]()
    outcomes = [(sent, decide(sent, rules, now, campaigns[sent.claim.campaign_id].state)) for sent in results]
    current_attempts = set_chunks(
        session, ChunkState.SENDING, [(sent.claim, chunk) for sent, (chunk, _moves) in outcomes]
    )
    for sent, (chunk, decided) in outcomes:
        claim, answer = sent.claim, sent.answer
        key, outcome = claim.attempt, outcome_of(decided)
        if claim.attempt in current_attempts:
            if chunk.state is ChunkState.QUEUED:
                log_lines.requeued(session, claim, chunk.code, chunk.not_before - now)
            changes = message_rows(claim.campaign_id, decided, MessageState.QUEUED, None, claim.claimed_at, moves)
            (cancelled if chunk.state is ChunkState.CANCELLED else rows).extend(changes)
            if rules.contacts and not claim.is_test:
                _collect_contacts([m for m in decided if m.state in SENT_OR_UNCERTAIN], claim, contacts)
            if halving.is_data_invalid(answer, campaigns[claim.campaign_id].state):
                refused += [claim] if not decided else []
            elif isinstance(answer, NothingSent) and must_pause(answer, claim, rules):
                pauses[claim.campaign_id] = answer
        elif proven := _settle_late(session, claim, decided, moves):
            if rules.contacts and not claim.is_test:
                _collect_contacts([m for m in proven if m.state not in SENT_OR_UNCERTAIN], claim, freed)
            key, outcome = f"{claim.attempt}-late", AttemptOutcome.LATE
        else:
            continue
        log.append(attempt_row(claim, key, outcome, chunk, now))
    insert_rows(session, "attempt", ATTEMPT_COLUMNS, log)
    move_by_id(session, MessageState.SENDING, MESSAGE_COLUMNS, rows)
    move_by_id(session, MessageState.QUEUED, MESSAGE_COLUMNS, cancelled)
    moves.write(session)
    for campaign_id, refusal in pauses.items():
        pause_campaign(session, campaign_id, described(refusal.code, refusal.detail))
    ended = [sent.claim.chunk_id for sent in results if sent.claim.halvings == 1]
    rejected = halving.halve(session, {campaign.id: campaign.state for campaign in campaigns.values()}, refused, ended)
    rejected += Counter(sent.claim.campaign_id for sent, (_chunk, decided) in outcomes if rejected_alone(decided))
    _count_consecutive_failures(session, campaigns, results, rules, rejected)
    add_contacts(session, contacts)
    remove_contacts(session, freed)
    finish(session, {campaign.id: campaign.state for campaign in campaigns.values()}, now)


def attempt_row(claim: Claim, key: str, outcome: AttemptOutcome, chunk: ChunkChange, now: int) -> tuple[object, ...]:
    return (key, claim.chunk_id, claim.number, claim.worker_id, claim.claimed_at, now, outcome.value, chunk.code,
            chunk.detail[:500])  # fmt: skip


def set_chunks(session: Session, from_state: ChunkState, becoming: Sequence[tuple[Claim, ChunkChange]]) -> set[str]:
    """Set the chunks that are still at this attempt and in this state; returns the attempts of those."""
    rows = [
        (chunk.state, chunk.code, chunk.detail[:500], chunk.not_before, claim.attempt, claim.chunk_id)
        for claim, chunk in becoming
    ]
    return move_by_attempt(session, from_state, CHUNK_COLUMNS, rows)


def message_rows(
    campaign_id: int,
    decided: Sequence[MessageChange],
    from_state: MessageState,
    from_left_at: int | None,
    left_at: int | None,
    moves: RollUpDeltas,
) -> list[Row]:
    """Return the message rows to write and count their changes in `moves`."""
    rows: list[Row] = []
    alike: dict[tuple[object, ...], list[MessageChange]] = {}
    for move in decided:
        message, state, reason, request_id, gateway_id, next_poll_at = move
        left = left_at if state is not MessageState.CANCELLED else None
        stored = state._value_  # `value`, and the hash of a member, are computed in Python at each access
        key = (stored, reason, message.number_range, message.parts, message.price, message.variant, message.cut)
        alike.setdefault(key, []).append(move)
        rows.append((stored, reason, request_id, gateway_id, left, next_poll_at, message.id))
    # Counted together: two calls for each message were a tenth of the CPU time of sending.
    for changes in alike.values():
        move, n = changes[0], len(changes)
        left = left_at if move.state is not MessageState.CANCELLED else None
        count_message(moves, campaign_id, move.message, from_left_at, from_state, -n)
        count_message(moves, campaign_id, move.message, left, move.state, n, move.reason)
    return rows


def _settle_late(
    session: Session, claim: Claim, decided: Sequence[MessageChange], moves: RollUpDeltas
) -> list[MessageChange]:
    """Record an answer that came after its claim had expired: what it proves replaces "uncertain" and no other state.

    Returns the changes; none if the chunk is not uncertain over this attempt: a commit that seemed to fail had recorded
    it."""
    chunk = session.get(Chunk, claim.chunk_id, populate_existing=True)
    if chunk is None or chunk.attempt != claim.attempt or chunk.state != ChunkState.UNCERTAIN:
        return []
    waiting = waiting_messages(session, [chunk], MessageState.UNCERTAIN)
    still = {message.id for message in waiting[claim.chunk_id]}
    proven = [m for m in decided if m.message.id in still and m.state in (MessageState.ACCEPTED, MessageState.REJECTED)]
    if not proven:
        return []
    proven = each_id_asked(proven, decided)
    rows = message_rows(claim.campaign_id, proven, MessageState.UNCERTAIN, claim.claimed_at, claim.claimed_at, moves)
    move_by_id(session, MessageState.UNCERTAIN, MESSAGE_COLUMNS, rows)
    set_chunks(session, ChunkState.UNCERTAIN, [(claim, ChunkChange(ChunkState.DONE, "late"))])
    return proven


class LockedCampaign(NamedTuple):
    """A campaign under this transaction's lock."""

    id: int
    state: CampaignState
    doubts: int
    refusals: int


def lock_campaigns(session: Session, ids: Iterable[int]) -> dict[int, LockedCampaign]:
    return {row.id: LockedCampaign(*row) for row in session.connection().execute(_LOCK_CAMPAIGNS, {"ids": sorted(ids)})}


def _count_consecutive_failures(
    session: Session,
    campaigns: Mapping[int, LockedCampaign],
    results: Sequence[PostResult],
    rules: ResultRules,
    rejected_alone: Mapping[int, int],
) -> None:
    """Pause a campaign after consecutive lost answers (a broken gateway) or consecutive rejections (a wrong list).
    Isolated failures among successes are expected; ignore them."""
    for campaign in campaigns.values():
        answers = [sent.answer for sent in results if sent.claim.campaign_id == campaign.id]
        verdicts = [verdict for answer in answers if isinstance(answer, Answered) for verdict in answer.verdicts]
        clear = any(not isinstance(verdict, Missing) for verdict in verdicts)
        lost = sum(
            len(s.claim.messages)
            for s in results
            if s.claim.campaign_id == campaign.id and not isinstance(s.answer, NothingSent)
        )
        rejected = sum(isinstance(verdict, Rejected) for verdict in verdicts) + rejected_alone.get(campaign.id, 0)
        doubts = 0 if clear else campaign.doubts + lost
        refusals = 0 if any(isinstance(verdict, Accepted) for verdict in verdicts) else campaign.refusals + rejected
        if (doubts, refusals) != (campaign.doubts, campaign.refusals):
            values = {"doubts": doubts, "refusals": refusals}
            session.execute(sa.update(Campaign).where(col(Campaign.id) == campaign.id).values(**values))
        if 0 < rules.uncertain_limit <= doubts:
            pause_campaign(session, campaign.id, reasons.reason("too-many-uncertain", n=reasons.number(doubts)))
        elif 0 < rules.rejected_limit <= refusals:
            pause_campaign(session, campaign.id, reasons.reason("too-many-rejected", n=reasons.number(refusals)))


def _collect_contacts(changes: Sequence[MessageChange], claim: Claim, contacts: Counter[ContactKey]) -> None:
    hour, is_service = hour_of(claim.claimed_at), claim.kind == MessageKind.SERVICE
    contacts.update((change.message.phone, hour, is_service) for change in changes)
