"""What must hold after each step: seen from the gateway's ledger, the network and the rows of the database.

Each rule is stated here again, in terms of what recipients and users see; nothing of the product is asked but the
tables of states.
"""

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Sequence
from math import inf

from getsms_core.base.states import CHUNK_STATES, FINAL, MESSAGE_STATES, SENT, ChunkState, MessageState
from getsms_core.sandbox.delivery import fate as fate_of
from tests.simulate.gateway import CONNECT_TIMEOUT, READ_TIMEOUT, Exchange, Key
from tests.simulate.limits import LimitChecks, covers, wrongly_rejected
from tests.simulate.rows import ChunkRow, MessageRow, Rules, Snapshot, differing_contacts, differing_rollups
from tests.simulate.scheduler import Killable, Scheduler, Violation

PAUSE_SECONDS = 1.0  # from a pause to the last first byte
STALE_SECONDS = 5.0 + CONNECT_TIMEOUT  # the same for a worker that stood still meanwhile
RATE_SLACK_SECONDS = 1.5  # what a request may wait between its slot and its first byte
EPSILON = 0.05
CHECKED_COMMITS = 8
"""Of the commits that change no state of a message, one of this number has its roll-ups counted: it takes longest."""
M, K = MessageState, ChunkState
_MAY_FOLLOW = {(b, a) for b, afters in MESSAGE_STATES.transitions.items() for a in afters}


class Invariants:
    """Checks every commit, every first byte and everything that the gateway takes."""

    def __init__(self, scheduler: Scheduler, rules: Rules) -> None:
        self.scheduler, self.rules = scheduler, rules
        self.database: sqlite3.Connection | None = None
        self.rows = Snapshot()
        self.times: Counter[Key] = Counter()
        """How often the gateway took each message."""
        self.again: Counter[Key] = Counter()
        """How often a user said that a message is to be sent again."""
        self.decided: set[Key] = set()
        """Messages on whose fate a user decided: the program need not know it."""
        self.freed: Counter[int] = Counter()
        """By phone: messages that the gateway took and a user counted as not sent or sent again."""
        self._freed_keys: Counter[Key] = Counter()
        self.lost_keys: set[Key] = set()
        """Messages of campaigns that a restored backup does not know, or knows as drafts."""
        self.restored_keys: set[Key] = set()
        """Messages that were in a restored backup: it may show less than was sent."""
        self.workers: dict[str, Killable] = {}
        """The process of each worker id."""
        self._ids: dict[Key, int] = {}
        self._stopped_at: dict[int, float] = {}
        self._opted_out_at: dict[int, float] = {}
        self._kinds: dict[str, tuple[str, bool]] = {}
        self._in_flight: list[Exchange] = []
        self.limits = LimitChecks(scheduler, rules, self._fail_refs)
        self._claimed_at: dict[str, float] = {}
        self._begun: set[str] = set()
        self._refused_alone: set[Key] = set()
        self._tat = 0.0
        self.steps = 0
        self.gateway_seed = 0
        """By it the practice gateway decides what becomes of each message."""

    # ------------------------------------------------------------------------------------------ the gateway

    def taken(self, keys: Sequence[Key]) -> None:
        """The gateway has taken these messages."""
        for key in keys:
            self.times[key] += 1
            self.scheduler.log("is taken by the gateway", *self._refs(key))
            if self.times[key] > 1 + self.again[key]:
                self._fail(f"sent {self.times[key]} times; users asked for {1 + self.again[key]}", key)
            if self.rules.cap:
                self._check_cap(key)

    def _check_cap(self, key: Key) -> None:
        phone = int(key[0])
        sent = [other for other in self.times if other[0] == key[0] and self._counts(other)]
        total = sum(self.times[other] for other in sent) - self.freed[phone]
        if total > self.rules.cap and self._counts(key):
            self._fail(f"{total} SMS to {phone}; the cap is {self.rules.cap}", *sent)

    def _counts(self, key: Key) -> bool:
        kind = self._kinds.get(key[1].split()[0])
        return key not in self.lost_keys and kind is not None and not kind[1]

    def noted(self, exchange: Exchange) -> None:
        """A worker has noted that a request begins."""
        chunk = self._chunk_of(exchange)
        if chunk is not None:
            self._begun.add(chunk.attempt or "")

    def has_begun(self, chunk: ChunkRow) -> bool:
        """Whether the request of a claimed chunk has begun."""
        return (chunk.attempt or "") in self._begun

    def _chunk_of(self, exchange: Exchange) -> ChunkRow | None:
        known = next((self._ids[key] for key in exchange.keys if key in self._ids), None)
        return None if known is None else self.rows.chunks.get(self.rows.messages[known].chunk_id)

    def begins(self, exchange: Exchange) -> int:
        """The first byte of a request leaves a worker. Returns the id of its chunk, 0 for a status call."""
        self._in_flight.append(exchange)
        now = self.scheduler.now
        ids = [self._ids[key] for key in exchange.keys if key in self._ids]
        refs = {ref for key in exchange.keys for ref in self._refs(key)}
        self.scheduler.log("begins a request" if exchange.is_send else "begins a status call", *sorted(refs))
        self._check_rate(refs)
        chunk = None
        if exchange.is_send:
            self._check_allowed(exchange, ids, now)
            chunk = self._chunk_of(exchange)
            exchange.attempt = (chunk.attempt or "") if chunk is not None else ""
            if chunk is None or chunk.state != K.SENDING:
                self._fail("a request begins that no committed claim covers", *exchange.keys)
        self._check_concurrency(refs)
        return chunk.id if chunk is not None else 0

    def _check_allowed(self, exchange: Exchange, ids: list[int], now: float) -> None:
        stood_still = exchange.process.frozen_until > now - STALE_SECONDS
        bound = (STALE_SECONDS if stood_still else PAUSE_SECONDS) + EPSILON
        for message_id, key in zip(ids, exchange.keys, strict=False):
            row = self.rows.messages[message_id]
            campaign = self.rows.campaigns[row.campaign_id]
            stopped = self._stopped_at.get(campaign.id)
            if stopped is not None and now - stopped > bound:
                self._fail(f"sent {now - stopped:.2f} s after its campaign became {campaign.state}", key)
            opted_out = self._opted_out_at.get(row.phone)
            covered = covers(self.rows.opt_outs.get(row.phone), campaign.category)
            if opted_out is not None and covered and now - opted_out > bound:
                self._fail(f"sent {now - opted_out:.2f} s after the number was opted out", key)
            why_not = self.limits.may_send(campaign, bound) or self.limits.unapproved(campaign, self.rows)
            if why_not:
                self._fail(why_not, key)

    def _check_rate(self, refs: set[str]) -> None:
        if not self.rules.rate:
            return
        interval = 1 / self.rules.rate
        self._tat = max(self._tat, self.scheduler.now) + interval
        early = self._tat - interval - self.scheduler.now
        if early > RATE_SLACK_SECONDS + interval:
            self._fail_refs(f"more than {self.rules.rate:g} requests a second: {early:.2f} s early", refs)

    def free_request(self) -> None:
        """A request more is allowed: a clock that jumped, or a user who resumed, gives the account a slot."""
        if self.rules.rate:
            self._tat -= 1 / self.rules.rate

    def _check_concurrency(self, refs: set[str]) -> None:
        open_attempts = {chunk.attempt for chunk in self.rows.chunks.values() if chunk.state == K.SENDING}
        counted = [
            exchange
            for exchange in self._in_flight
            if exchange.open
            and not exchange.process.is_dead
            and exchange.process.frozen_until <= exchange.begun_at
            and (not exchange.is_send or exchange.attempt in open_attempts)
        ]
        if len(counted) > self.rules.concurrency:
            self._fail_refs(f"{len(counted)} requests in flight; {self.rules.concurrency} may be", refs)

    def ends(self, exchange: Exchange) -> None:
        """The caller of a request knows its outcome, or is dead."""
        self._in_flight.remove(exchange)
        if len(exchange.keys) == 1 and b'"error_no":201' in exchange.body:
            self._refused_alone.add(exchange.keys[0])
        if not exchange.process.is_dead:
            refs = {ref for key in exchange.keys for ref in self._refs(key)}
            self.scheduler.log(f"its request ended: {exchange.outcome or 'nothing'} {exchange.status}", *sorted(refs))

    # ------------------------------------------------------------------------------------------ the database

    def committed(self, action: str, *, restored: bool = False) -> None:
        """A transaction was committed by a process that does `action`; `restored`: another database is there."""
        self.steps += 1
        assert self.database is not None
        before, after = self.rows, Snapshot.read(self.database)
        self.rows = after
        self._note_stops(before, after)
        self._ids = {(str(row.phone), row.text): row.id for row in after.messages.values()}
        for row in after.messages.values():
            old = before.messages.get(row.id)
            if old is not None and old.state != row.state and not restored:
                self._check_change(old, row, action, before)
            if old is None or old[5:] != row[5:] or old.chunk_id != row.chunk_id:
                self._check_message(row, after)
        if not restored and len(after.messages) < len(before.messages):
            lost = [row for row in before.messages.values() if row.id not in after.messages]
            self._fail("messages are gone", *[(str(row.phone), row.text) for row in lost])
        self._check_chunks(before, after, restored)
        for chunk in after.claimed_since(before):
            self._claimed_at[chunk.attempt or ""] = self.scheduler.now
        if not restored:
            self.limits.committed(before, after, action)
        if before.messages != after.messages or self.steps % CHECKED_COMMITS == 0 or action == "end":
            self._check_rollups()

    def _note_stops(self, before: Snapshot, after: Snapshot) -> None:
        now = self.scheduler.now
        for campaign in after.campaigns.values():
            old = before.campaigns.get(campaign.id)
            if old is None or old.state != campaign.state:
                self.scheduler.log(
                    f"campaign {campaign.id} becomes {campaign.state} {campaign.code}", f"c{campaign.id}"
                )
            if campaign.state == "running":
                self._stopped_at.pop(campaign.id, None)
            else:
                self._stopped_at.setdefault(campaign.id, now)
        for phone, scope in after.opt_outs.items():
            if before.opt_outs.get(phone) != scope:
                self.scheduler.log(f"{phone} is opted out: {scope}", str(phone))
                self._opted_out_at[phone] = now

    def _check_change(self, old: MessageRow, row: MessageRow, action: str, before: Snapshot) -> None:
        key = str(row.phone), row.text
        self.scheduler.log(f"message {row.id} becomes {row.state} ({row.reason}), was {old.state}", *self._refs(key))
        if old.state in FINAL:
            self._fail(f"a final status was overwritten: {old.state} became {row.state}", key)
        was, becomes = M(old.state), M(row.state)
        if (was, becomes) not in _MAY_FOLLOW and not (was is M.QUEUED and (M.SENDING, becomes) in _MAY_FOLLOW):
            self._fail(f"{old.state} became {row.state}", key)
        resolves = action.startswith("resolve")
        if was is M.UNCERTAIN and becomes in (M.QUEUED, M.CANCELLED) and not resolves:
            self._fail(f"the program itself decided on an uncertain message: it became {row.state}", key)
        if was is M.UNCERTAIN and resolves:
            self.decided.add(key)
            if becomes is M.QUEUED:
                self.again[key] += 1
            if becomes in (M.QUEUED, M.CANCELLED) and self.times[key] > self._freed_keys[key]:
                self._freed_keys[key] += 1
                self.freed[int(key[0])] += self._counts(key)
        if becomes is M.UNCERTAIN and row.reason == "worker-lost":
            self._check_worker_was_lost(before.chunks[old.chunk_id], key)
        if becomes is M.CANCELLED and row.reason == "frequency-cap":
            self._check_cap_was_reached(row, before)
        why_not = self.limits.wrongly_cancelled(row, self.rows) if becomes is M.CANCELLED else ""
        if becomes is M.REJECTED and row.reason == "201":
            why_not = wrongly_rejected(row, key in self._refused_alone, self.rows)
        if becomes in FINAL and (fate := fate_of(*key, self.gateway_seed).word) != row.state:
            why_not = f"{row.state} here, {fate} there"
        if why_not:
            self._fail(why_not, key)

    def _check_worker_was_lost(self, chunk: ChunkRow, key: Key) -> None:
        worker = self.workers.get(chunk.worker_id or "")
        if worker is not None and not worker.is_dead and self.scheduler.wall_ms() <= (chunk.deadline_at or 0):
            self._fail(f"taken from {worker.name}, which runs and has time left", key)
        attempt, now = chunk.attempt or "", self.scheduler.now
        since = now - self._claimed_at.get(attempt, -inf)
        since = inf if self.limits.jumped_at > now - since else since  # the deadline is one of the wall clock
        if worker is not None and not worker.is_dead and since < CONNECT_TIMEOUT + READ_TIMEOUT:
            self._fail(f"taken from {worker.name} {since:.2f} s after its claim", key)
        in_time = self.scheduler.wall_ms() <= (chunk.deadline_at or 0)
        has_notes = worker is not None and worker.is_dead and not worker.has_lost_commits
        if has_notes and in_time and not self.has_begun(chunk):
            self._fail("uncertain, although the notes prove that its request never began", key)

    def _check_cap_was_reached(self, row: MessageRow, before: Snapshot) -> None:
        counted = 0
        for other in self.rows.messages.values():
            campaign = self.rows.campaigns[other.campaign_id]
            if other.phone != row.phone or other.id == row.id or campaign.is_test:
                continue
            in_flight = other.state == M.QUEUED and self.rows.chunks[other.chunk_id].state == K.SENDING
            counted += other.state in SENT or other.state == M.UNCERTAIN or in_flight
        if counted < self.rules.cap and not self.restored_keys:
            self._fail(
                f"not sent for the cap of {self.rules.cap}, but only {counted} count", (str(row.phone), row.text)
            )

    def _check_message(self, row: MessageRow, rows: Snapshot) -> None:
        key, times = (str(row.phone), row.text), self.times[str(row.phone), row.text]
        chunk = rows.chunks.get(row.chunk_id)
        if chunk is None or not chunk.first_id <= row.id <= chunk.last_id:
            self._fail(f"in no chunk, or not in the range of chunk {row.chunk_id}", key)
            return
        if row.state in (*SENT, M.ACCEPTED) and not times and key not in self.decided:
            self._fail(f"{row.state} here, never taken there", key)
        known = key not in self.decided and key not in self.restored_keys
        if row.state in (M.REJECTED, M.CANCELLED) and times and known:
            self._fail(f"{row.state} here, taken there", key)

    def _check_chunks(self, before: Snapshot, after: Snapshot, restored: bool) -> None:
        by_chunk: dict[int, list[MessageRow]] = defaultdict(list)
        changed = {c.id for c in after.chunks.values() if before.chunks.get(c.id) != c}
        for row in after.messages.values():
            if row.chunk_id in changed or before.messages.get(row.id) != row:
                by_chunk[row.chunk_id].append(row)
        for chunk_id in sorted(changed | by_chunk.keys()):
            chunk, old = after.chunks[chunk_id], before.chunks.get(chunk_id)
            if old is not None and old.state != chunk.state and not restored:
                self.scheduler.log(f"chunk {chunk_id} becomes {chunk.state}", f"k{chunk_id}")
                if K(chunk.state) not in CHUNK_STATES.transitions[K(old.state)]:
                    self._fail_refs(f"chunk {chunk_id}: {old.state} became {chunk.state}", {f"k{chunk_id}"})
            for row in by_chunk[chunk_id]:
                self._check_pair(row, chunk)

    def _check_pair(self, row: MessageRow, chunk: ChunkRow) -> None:
        key = str(row.phone), row.text
        if row.state == M.QUEUED and chunk.state not in (K.QUEUED, K.SENDING):
            self._fail(f"queued in a chunk that is {chunk.state}: it is never sent", key)
        too_often = self.times[key] > self.again[key] and key not in self.restored_keys
        if row.state == M.QUEUED and chunk.state == K.QUEUED and too_often:
            self._fail(f"queued again; the gateway took it {self.times[key]} times already", key)

    def _check_rollups(self) -> None:
        assert self.database is not None
        if wrong := differing_rollups(self.database):
            campaigns = {f"c{row[0]}" for row in wrong}
            self._fail_refs(f"roll-ups differ from a count: {wrong[:4]}", campaigns)
        if self.rules.cap and (wrong := differing_contacts(self.database)):
            self._fail_refs(f"counted for the cap otherwise than sent: {wrong[:4]}", {str(row[0]) for row in wrong})

    # ------------------------------------------------------------------------------------------- violations

    def campaign_added(self, label: str, kind: str, is_test: bool) -> None:
        """A campaign whose texts begin with `label` exists."""
        self._kinds[label] = kind, is_test

    def restored(self, keys_before: set[Key]) -> None:
        """The database was replaced by a backup."""
        self.restored_keys |= keys_before
        self.committed("restore", restored=True)
        self.lost_keys |= {key for key in keys_before if key not in self._ids}
        # Approved and sent after the backup, these are drafts again: the database cannot know of what was sent.
        drafts = {campaign.id for campaign in self.rows.campaigns.values() if campaign.state == "draft"}
        self.lost_keys |= {key for key, i in self._ids.items() if self.rows.messages[i].campaign_id in drafts}

    @property
    def keys(self) -> set[Key]:
        """The messages that the database knows."""
        return set(self._ids)

    def _refs(self, key: Key) -> list[str]:
        message_id = self._ids.get(key)
        if message_id is None:
            return [key[0]]
        row = self.rows.messages[message_id]
        return [f"m{message_id}", f"k{row.chunk_id}", f"c{row.campaign_id}"]

    def _fail(self, sentence: str, *keys: Key) -> None:
        named = ", ".join(f"{phone} {text!r}" for phone, text in keys[:4])
        self._fail_refs(f"{sentence}: {named}", {ref for key in keys[:4] for ref in self._refs(key)})

    def _fail_refs(self, sentence: str, refs: set[str]) -> None:
        self.scheduler.fail(Violation(sentence, *sorted(refs)))
