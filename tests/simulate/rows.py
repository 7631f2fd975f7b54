"""The rows of the database as the invariants see them, and the rules of the account in a simulation."""

import sqlite3
from collections import defaultdict
from dataclasses import dataclass, field
from typing import NamedTuple

from getsms_core.base.states import SENT, ChunkState, MessageState


class MessageRow(NamedTuple):
    """A message's row. `text` names the campaign, `C7 …`; `price` is tiyin."""

    id: int
    campaign_id: int
    chunk_id: int
    phone: int
    text: str
    state: str
    reason: str | None
    price: int


class ChunkRow(NamedTuple):
    """A chunk's row. Instants are UTC ms."""

    id: int
    campaign_id: int
    state: str
    attempt: str | None
    worker_id: str | None
    first_id: int
    last_id: int
    deadline_at: int | None
    not_before_at: int
    code: str
    root_id: int | None
    halvings: int | None


class CampaignRow(NamedTuple):
    """A campaign's row. Instants are UTC ms, `spend_limit` is tiyin."""

    id: int
    state: str
    code: str
    category: str
    is_test: int
    approved_at: int | None
    messages: int
    scheduled_at: int | None
    ends_at: int | None
    spend_limit: int | None
    started_by: str
    started_at: int | None


_MESSAGES = "SELECT id, campaign_id, chunk_id, phone, text, state, reason, price FROM message ORDER BY id"
_CHUNKS = """SELECT id, campaign_id, state, attempt, worker_id, first_id, last_id, deadline_at, not_before_at, code,
 root_id, halvings FROM chunk ORDER BY id"""
_CAMPAIGNS = """SELECT id, state, code, category, is_test, approved_at, messages, scheduled_at, ends_at, spend_limit,
 started_by, started_at FROM campaign ORDER BY id"""
_KEPT = """SELECT campaign_id, hour, number_range, state, messages, parts, cost, billed_parts, billed_messages,
 expected_parts, counted FROM tally WHERE messages <> 0 OR parts <> 0 OR cost <> 0 OR billed_parts <> 0 OR counted <> 0
 ORDER BY 1, 2, 3, 4"""
_COUNTED = """SELECT campaign_id, coalesce(left_at / 3600000, 0), number_range, state, count(*), sum(parts), sum(price),
 sum(coalesce(billed_parts, 0)), count(billed_parts), sum(CASE WHEN billed_parts IS NULL THEN 0 ELSE parts END),
 sum(state = 'accepted' AND coalesce(reason, '') = 'counted-as-sent')
 FROM message GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4"""
_VARIANTS = "SELECT campaign_id, variant, state, messages, parts, cost FROM variant_tally WHERE messages <> 0"
_OF_VARIANTS = """SELECT campaign_id, variant, state, count(*), sum(parts), sum(price) FROM message
 WHERE variant IS NOT NULL GROUP BY 1, 2, 3"""
_REASONS = """SELECT campaign_id, hour, number_range, state, sum(messages) FROM reason_tally WHERE messages <> 0
 GROUP BY 1, 2, 3, 4"""
_WITH_REASON = """SELECT campaign_id, coalesce(left_at / 3600000, 0), number_range, state, count(*)
 FROM message WHERE state IN ('rejected', 'undelivered', 'expired', 'cancelled') AND reason <> ''
 GROUP BY 1, 2, 3, 4"""
_CONTACTS = "SELECT phone, hour, messages FROM contact WHERE messages <> 0"
_CONTACTED = """SELECT phone, left_at / 3600000, count(*) FROM message
 WHERE state IN ('accepted', 'delivered', 'undelivered', 'expired', 'uncertain') GROUP BY 1, 2"""


@dataclass
class Rules:
    """The account's rules in this simulation. `rate` 0 is none; `cap` 0 is none; `approve_above` None is none, as is
    `spend_day` (tiyin). `quiet` has the kinds of messages with quiet hours, `quiet_from` to `quiet_to` (UTC ms)."""

    concurrency: int
    rate: float
    cap: int
    approve_above: int | None
    spend_day: int | None = None
    quiet: frozenset[str] = frozenset()
    quiet_from: int = 0
    quiet_to: int = 0


@dataclass
class Snapshot:
    """The rows as of the last commit."""

    messages: dict[int, MessageRow] = field(default_factory=dict)
    chunks: dict[int, ChunkRow] = field(default_factory=dict)
    campaigns: dict[int, CampaignRow] = field(default_factory=dict)
    opt_outs: dict[int, str] = field(default_factory=dict)

    @classmethod
    def read(cls, database: sqlite3.Connection) -> "Snapshot":
        """Return the rows of a database."""
        run = database.execute
        return cls(
            {row[0]: MessageRow(*row) for row in run(_MESSAGES)},
            {row[0]: ChunkRow(*row) for row in run(_CHUNKS)},
            {row[0]: CampaignRow(*row) for row in run(_CAMPAIGNS)},
            dict(run("SELECT phone, scope FROM opt_out")),
        )

    def claimed_since(self, before: "Snapshot") -> list[ChunkRow]:
        """Return the chunks that are at an attempt at which they were not in the rows `before`."""
        sending = (chunk for chunk in self.chunks.values() if chunk.state == ChunkState.SENDING)
        old = before.chunks
        return [chunk for chunk in sending if chunk.id not in old or old[chunk.id].attempt != chunk.attempt]

    def cost(self, campaign_id: int | None = None) -> int:
        """Return the cost (tiyin) of the messages of a campaign, or of all, that were sent, are uncertain or in
        flight."""
        total = 0
        for row in self.messages.values():
            is_sending = row.state == MessageState.QUEUED and self.chunks[row.chunk_id].state == ChunkState.SENDING
            if (is_sending or row.state in SENT or row.state == MessageState.UNCERTAIN) and campaign_id in (
                None,
                row.campaign_id,
            ):
                total += row.price
        return total

    def open_chunks(self) -> dict[int, list[ChunkRow]]:
        """Return the chunks that are queued or in flight, by campaign."""
        opened: dict[int, list[ChunkRow]] = defaultdict(list)
        for chunk in self.chunks.values():
            if chunk.state in (ChunkState.QUEUED, ChunkState.SENDING):
                opened[chunk.campaign_id].append(chunk)
        return opened

    def uncertain(self, campaign_id: int, reason: str = "") -> list[int]:
        """Return the ids of the uncertain messages of a campaign, all or those with this reason."""
        return [
            row.id
            for row in self.messages.values()
            if row.campaign_id == campaign_id and row.state == MessageState.UNCERTAIN and reason in ("", row.reason)
        ]


def differing_rollups(database: sqlite3.Connection) -> list[tuple[int, ...]]:
    """Return the rows of the roll-ups that differ from a count of the messages."""
    for kept, counted in ((_KEPT, _COUNTED), (_VARIANTS, _OF_VARIANTS), (_REASONS, _WITH_REASON)):
        stored, count = set(database.execute(kept)), set(database.execute(counted))
        if stored != count:
            return sorted(stored ^ count)
    return []


def differing_contacts(database: sqlite3.Connection) -> list[tuple[int, ...]]:
    """Return the rows of the counts by number and hour, of a frequency cap, that differ from a count of the messages:
    phone, hour, number of messages."""
    stored, counted = set(database.execute(_CONTACTS)), set(database.execute(_CONTACTED))
    return sorted(stored ^ counted) if stored != counted else []
