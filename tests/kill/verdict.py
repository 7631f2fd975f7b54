"""The gateway's ledger against our states, message by message."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlmodel import Session, col, select

from getsms_core.base.states import FINAL, SENT, CampaignState, ChunkState, MessageState
from getsms_core.db import rollups
from getsms_core.db.models import Attempt, Campaign, Chunk, Message, RollUp
from getsms_core.sandbox.delivery import fate
from tests.kill.scene import Scene

NEVER_LEFT = (MessageState.QUEUED, MessageState.REJECTED, MessageState.CANCELLED)
UNFINISHED = (ChunkState.QUEUED, ChunkState.SENDING)
SHOWN = 12
"""Messages whose history is printed for each kind of violation."""


@dataclass
class Verdict:
    """What was found. `violations`: what must be nothing, each with the ids of the messages or chunks concerned."""

    states: Counter[str] = field(default_factory=Counter)
    chunks: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    requests: int = 0
    left: int = 0
    uncertain_left: int = 0
    by_kill: int = 0
    """Uncertain messages whose worker was killed."""
    by_kill_never_left: int = 0
    violations: dict[str, list[int]] = field(default_factory=dict)
    histories: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        """Whether the promise was kept."""
        return not any(self.violations.values())

    @property
    def messages(self) -> int:
        """All of them."""
        return sum(self.states.values())


@dataclass(frozen=True)
class Said:
    """What people said of uncertain messages: ids that may have left once more, and those that count by their word."""

    again: frozenset[int] = frozenset()
    counted: frozenset[int] = frozenset()
    before: Mapping[int, int] = field(default_factory=dict)
    """How often each of these messages had left when they said so."""


def left(scene: Scene) -> dict[tuple[str, str], int]:
    """How often each text left for each number, by the gateway's ledger."""
    ledger = scene.control("ledger?full=1")
    return {(message["phone"], message["text"]): message["times"] for message in ledger["sent"]}


def judge(scene: Scene, said: Said | None = None) -> Verdict:
    """Compare everything. Call it when nothing runs."""
    said = said or Said()
    conclusion = Verdict()
    ledger = left(scene)
    conclusion.requests = int(scene.control("ledger")["requests"])
    conclusion.left = sum(ledger.values())
    with scene.store.reading() as session:
        campaigns = {c.id or 0: c for c in session.exec(select(Campaign).where(col(Campaign.id).in_(scene.waves)))}
        messages = session.exec(select(Message).order_by(col(Message.id))).all()
        chunks = {chunk.id: chunk for chunk in session.exec(select(Chunk))}
        attempts: dict[int, list[Attempt]] = defaultdict(list)
        for attempt in session.exec(select(Attempt).order_by(col(Attempt.started_at), col(Attempt.id))):
            attempts[attempt.chunk_id].append(attempt)
            conclusion.outcomes[attempt.outcome] += 1
            conclusion.codes[f"{attempt.outcome} {attempt.code}".strip()] += 1
        conclusion.violations["rows of the list without exactly one message"] = _rows(scene, campaigns, messages)
        conclusion.violations["tallies that differ from a recount"] = [
            key[0] for campaign_id in scene.waves for key in _wrong_rollups(session, campaign_id)
        ]
    _judge_messages(conclusion, messages, ledger, chunks, attempts, said)
    _judge_chunks(conclusion, chunks, messages, campaigns)
    by_id = {message.id: message for message in messages}
    for violation, ids in conclusion.violations.items():
        for message_id in ids[:SHOWN]:
            if message_id in by_id:
                message = by_id[message_id]
                times = ledger.get((str(message.phone), message.text), 0)
                conclusion.histories.append(
                    f"{violation}:\n{history(message, chunks.get(message.chunk_id), attempts[message.chunk_id], times)}"
                )
            elif message_id in chunks:
                conclusion.histories.append(f"{violation}: {chunks[message_id]!r} {attempts[message_id]!r}")
            else:
                conclusion.histories.append(f"{violation}: {campaigns.get(message_id)!r}")
    return conclusion


def _judge_messages(
    found: Verdict,
    messages: Iterable[Message],
    ledger: Mapping[tuple[str, str], int],
    chunks: Mapping[int, Chunk],
    attempts: Mapping[int, list[Attempt]],
    said: Said,
) -> None:
    wrong: dict[str, list[int]] = {
        "sent twice by the program": [],
        "said to be sent again, and was not": [],
        "sent here, never left there": [],
        "not sent here, left there": [],
        "uncertain without an explanation": [],
        "last word other than the gateway's": [],
        "still to send": [],
        "gateway's id on two messages": [],
    }
    ids: set[str] = set()
    known: set[tuple[str, str]] = set()
    for message in messages:
        key = str(message.phone), message.text
        known.add(key)
        times, state = ledger.get(key, 0), message.state
        found.states[state.value] += 1
        found.uncertain_left += state is MessageState.UNCERTAIN and times > 0
        if state is MessageState.UNCERTAIN and message.reason == "worker-lost":
            found.by_kill += 1
            found.by_kill_never_left += not times
        before = said.before.get(message.id, 0)
        # Said to be sent again: once more than before, unless the number was opted out since.
        allowed = before + (state in SENT) if message.id in said.again else max(before, 1)
        if times > allowed:
            wrong["sent twice by the program"].append(message.id)
        if message.id in said.again and times < allowed:
            wrong["said to be sent again, and was not"].append(message.id)
        if state in SENT and not times and message.id not in said.counted:
            wrong["sent here, never left there"].append(message.id)
        if state in NEVER_LEFT and times and message.id not in said.before:
            wrong["not sent here, left there"].append(message.id)
        if state in (MessageState.QUEUED, MessageState.SENDING):
            wrong["still to send"].append(message.id)
        if state is MessageState.UNCERTAIN and not _explained(message, chunks, attempts):
            wrong["uncertain without an explanation"].append(message.id)
        if state in FINAL and message.status_word and state.value != fate(*key, seed=1).word:
            wrong["last word other than the gateway's"].append(message.id)
        if message.gateway_id and message.gateway_id in ids:
            wrong["gateway's id on two messages"].append(message.id)
        ids.add(message.gateway_id or "")
    found.violations |= wrong
    found.violations["left there, unknown here"] = [0 for key in ledger if key not in known]


def _explained(message: Message, chunks: Mapping[int, Chunk], attempts: Mapping[int, list[Attempt]]) -> bool:
    chunk = chunks[message.chunk_id]
    last = [attempt for attempt in attempts[chunk.id] if attempt.number == chunk.attempts]
    return bool(message.reason and any(attempt.outcome in ("uncertain", "part") for attempt in last))


def _judge_chunks(
    found: Verdict, chunks: Mapping[int, Chunk], messages: Iterable[Message], campaigns: Mapping[int, Campaign]
) -> None:
    astray = [
        message.id
        for message in messages
        if (chunk := chunks.get(message.chunk_id)) is None or not chunk.first_id <= message.id <= chunk.last_id
    ]
    for chunk in chunks.values():
        found.chunks[chunk.state.value] += 1
    found.violations |= {
        "chunks queued or left in sending": [chunk.id for chunk in chunks.values() if chunk.state in UNFINISHED],
        "messages in no chunk": astray,
        "campaigns neither finished nor cancelled": [
            number
            for number, campaign in campaigns.items()
            if campaign.state not in (CampaignState.FINISHED, CampaignState.CANCELLED)
        ],
    }


def _rows(scene: Scene, campaigns: Mapping[int, Campaign], messages: Iterable[Message]) -> list[int]:
    rows: dict[int, Counter[int]] = defaultdict(Counter)
    for message in messages:
        rows[message.campaign_id][message.row] += 1
    wanted = set(range(2, scene.recipients + 2))  # the spreadsheet's rows under the header
    return [
        number
        for number, campaign in campaigns.items()
        if campaign.prepared == "ready" and (set(rows[number]) != wanted or set(rows[number].values()) != {1})
    ]


def _wrong_rollups(session: Session, campaign_id: int) -> set[tuple[int, int, int, MessageState]]:
    query = {
        (row.campaign_id, row.hour, row.number_range, row.state): (
            row.messages, row.parts, row.cost, row.billed_parts, row.billed_messages, row.expected_parts)
        for row in session.scalars(sa.select(RollUp).where(col(RollUp.campaign_id) == campaign_id))
    }  # fmt: skip
    counted = rollups.recount(session, campaign_id)
    nothing = (0, 0, 0, 0, 0, 0)
    return {key for key in query.keys() | counted.keys() if query.get(key, nothing) != counted.get(key, nothing)}


def history(message: Message, chunk: Chunk | None, attempts: Iterable[Attempt], times: int) -> str:
    """All that is known of a message, for the one who looks for the fault."""
    lines = [
        f"  message {message.id} {message.phone} {message.text!r}: {message.state.value} ({message.reason}), left"
        f" {times} times, left_at {message.left_at}, request {message.request_id}, gateway id {message.gateway_id},"
        f" said {message.status_word!r}",
        f"  chunk {message.chunk_id}: {chunk!r}",
    ]
    lines += [f"    attempt {attempt!r}" for attempt in attempts]
    return "\n".join(lines)
