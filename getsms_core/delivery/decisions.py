"""What an answer of the gateway means for a chunk and for each of its messages. Pure: reads and writes nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from getsms_core.base.codes import AttemptOutcome
from getsms_core.base.states import CampaignState, ChunkState, MessageState
from getsms_core.delivery import halving
from getsms_core.delivery.claims import Claim
from getsms_core.delivery.guards import QueuedMessage
from getsms_core.gateway import Accepted, Decision, NothingSent, Rejected, SendAnswer, Unclear

BACKOFF_FIRST, BACKOFF_MAX = 500, 30_000  # ms


@dataclass(frozen=True)
class ResultRules:
    """When to pause and when to poll. `uncertain_limit` is the number of consecutive messages without an answer and
    `rejected_limit` of consecutive rejected messages that pauses a campaign, 0 = never; `contacts`: whether a frequency
    cap counts sent messages by number; `connect_tries`: failed connections of one chunk that pause its campaign."""

    poll_first_ms: int
    uncertain_limit: int
    rejected_limit: int = 0
    contacts: bool = False
    connect_tries: int = 5


@dataclass(frozen=True)
class PostResult:
    """An ended POST: its claim and the gateway's answer."""

    claim: Claim
    answer: SendAnswer


class MessageChange(NamedTuple):
    """The change of one message. A tuple: one is made for each message that is sent, in a fifth of the time."""

    message: QueuedMessage
    state: MessageState
    reason: str | None = None
    request_id: str | None = None
    gateway_id: str | None = None
    next_poll_at: int | None = None


class ChunkChange(NamedTuple):
    """The new state of a chunk, its code and detail, and when it may be claimed again (UTC ms)."""

    state: ChunkState
    code: str = ""
    detail: str = ""
    not_before: int = 0


def decide(
    sent: PostResult, rules: ResultRules, now: int, state: CampaignState
) -> tuple[ChunkChange, list[MessageChange]]:
    """Return the change of the chunk and of each message."""
    claim, answer = sent.claim, sent.answer
    if isinstance(answer, Unclear):
        moves = [MessageChange(message, MessageState.UNCERTAIN, answer.code) for message in claim.messages]
        return ChunkChange(ChunkState.UNCERTAIN, answer.code, answer.detail), moves
    if isinstance(answer, NothingSent):
        if state is CampaignState.CANCELLED:
            moves = [MessageChange(message, MessageState.CANCELLED) for message in claim.messages]
            return ChunkChange(ChunkState.CANCELLED, answer.code, answer.detail), moves
        if halving.rejects_message(claim, answer, state):
            moves = [MessageChange(claim.messages[0], MessageState.REJECTED, halving.REJECTED_ALONE)]
            return ChunkChange(ChunkState.DONE, answer.code, answer.detail), moves
        if halving.is_data_invalid(answer, state):
            return ChunkChange(ChunkState.QUEUED, answer.code, answer.detail, halving.not_before(claim, now)), []
        wait = backoff_ms(claim.number) if answer.decision is Decision.RETRY else 0
        return ChunkChange(ChunkState.QUEUED, answer.code, answer.detail, now + wait), []
    moves, asked = [], set()
    for message, verdict in zip(claim.messages, answer.verdicts, strict=True):
        if isinstance(verdict, Accepted):
            # Messages may share a request id: one of them carries the date of the next status call.
            poll_at = now + rules.poll_first_ms if verdict.request_id not in asked else None
            asked.add(verdict.request_id)
            moves.append(MessageChange(message, MessageState.ACCEPTED, None, verdict.request_id,
                                        verdict.message_id or None, poll_at))  # fmt: skip
        elif isinstance(verdict, Rejected):
            moves.append(MessageChange(message, MessageState.REJECTED, verdict.text or str(verdict.code)))
        else:
            moves.append(MessageChange(message, MessageState.UNCERTAIN, verdict.text or "not-in-answer"))
    missing = sum(move.state is MessageState.UNCERTAIN for move in moves)
    if not missing:
        return ChunkChange(ChunkState.DONE), moves
    chunk_state = ChunkState.UNCERTAIN if missing == len(moves) else ChunkState.DONE
    return ChunkChange(chunk_state, "not-in-answer", f"{missing}/{len(moves)}"), moves


def backoff_ms(tries: int) -> int:
    """Return the wait (ms) after the n-th attempt that did not connect: doubles from half a second to half a minute."""
    return int(min(BACKOFF_MAX, BACKOFF_FIRST * 2 ** min(tries - 1, 10)))


def outcome_of(moves: Sequence[MessageChange]) -> AttemptOutcome:
    """Return what came of the attempt with these changes."""
    states = {move.state for move in moves}
    if MessageState.UNCERTAIN in states:
        return AttemptOutcome.UNCERTAIN if len(states) == 1 else AttemptOutcome.PART
    if MessageState.REJECTED in states:
        return AttemptOutcome.REJECTED if len(states) == 1 else AttemptOutcome.PART
    return AttemptOutcome.ACCEPTED if MessageState.ACCEPTED in states else AttemptOutcome.NOTHING_SENT


def each_id_asked(proven: Sequence[MessageChange], decided: Sequence[MessageChange]) -> list[MessageChange]:
    """Return the changes with one poll date for each request id: if a user has resolved the message that carried the
    date, the others would never be polled."""
    dates = {move.request_id: move.next_poll_at for move in reversed(decided) if move.next_poll_at is not None}
    return [move._replace(next_poll_at=dates.pop(move.request_id, None)) for move in proven]


def must_pause(answer: NothingSent, claim: Claim, rules: ResultRules) -> bool:
    """Return whether a campaign pauses because of which nothing of a chunk was sent."""
    return answer.decision is Decision.STOP or claim.number % rules.connect_tries == 0


def rejected_alone(decided: Sequence[MessageChange]) -> bool:
    """Return whether halving found that the gateway refuses this one message."""
    return [move.reason for move in decided] == [halving.REJECTED_ALONE]
