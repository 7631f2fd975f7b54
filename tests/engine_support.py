"""A prepared campaign in one call, the engine's steps with the clock in the test's hand, and answers to hand it."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
import sqlalchemy as sa
from pydantic import SecretStr
from sqlmodel import Session, col

from getsms_core.base.permissions import Actor, Role
from getsms_core.base.settings import Settings, load
from getsms_core.base.states import CampaignState, Figures, Preparation
from getsms_core.campaigns import build, cuts, texts
from getsms_core.campaigns import service as campaigns
from getsms_core.contacts import lists
from getsms_core.contacts import validation as recipients
from getsms_core.contacts.facts import ListFacts
from getsms_core.db import number_index, rollups
from getsms_core.db.engine import Store
from getsms_core.db.models import (
    Account,
    Attempt,
    Audit,
    Campaign,
    Chunk,
    CutRollUp,
    CutTotalRollUp,
    Message,
    ReasonRollUp,
    RollUp,
    VariantRollUp,
    table,
)
from getsms_core.delivery import (
    Claim,
    PostResult,
    ResultRules,
    claim,
    consume_slots,
    current_rate_limit,
    expire_claims,
    lock_account,
    note_connection,
    polling,
    record,
    requeue_unposted,
    resolve,
)
from getsms_core.delivery.poll_schedule import PollSchedule
from getsms_core.delivery.polling import StatusCall
from getsms_core.delivery.receipt_decisions import DueRequest
from getsms_core.delivery.resolution import Resolution
from getsms_core.gateway import (
    Accepted,
    Answered,
    Decision,
    NothingSent,
    SendAnswer,
    StatusAnswer,
    Statuses,
    StatusRecord,
    Unclear,
    Verdict,
)
from getsms_core.spreadsheet import Sheet
from tests.repeated_rows import repeat_rows

AZIZA = Actor("Aziza", Role.ADMINISTRATOR)
NOW = 1_800_000_000_000  # the first instant of most tests: 15 January 2027
HOUR = 3_600_000
POST_MS = 40_000
RULES = ResultRules(poll_first_ms=5_000, uncertain_limit=1000)
SCHEDULE = PollSchedule(first_ms=5_000, validity_ms=24 * HOUR)
LATER = NothingSent("connection-refused", Decision.RETRY, "Connection refused")
LOST = Unclear("read-timeout")


def settings_for(**overrides: Any) -> Settings:
    """Settings that look at no `.env`; sandbox unless told otherwise. The same ones each time, while the environment is
    the same: to read them takes 6 ms of CPU, a quarter of what a small campaign takes."""
    environment = (item for item in os.environ.items() if item[0].upper().startswith("GETSMS_"))
    named = ((name, type(value), value) for name, value in overrides.items())
    return _settings(frozenset(environment), frozenset(named))


@cache
def _settings(_environment: frozenset[Any], overrides: frozenset[Any]) -> Settings:
    return load(**({"env": "test", "_env_file": None} | {name: value for name, _type, value in overrides}))


def real(login: str = "aziza") -> Settings:
    """Settings of an account that is not the sandbox."""
    return settings_for(login=login, password=SecretStr("secret"))


def phones(n: int) -> list[int]:
    """`n` different mobile numbers of several ranges."""
    return [int(f"998{(90, 91, 93, 94)[i % 4]}{2_000_000 + i:07d}") for i in range(n)]


def checked_list(store: Store, numbers: Sequence[object], **fields: Sequence[str]) -> int:
    """A ready list with these cells in its column "phone", without a file."""
    cells = tuple((name, *values) for name, values in fields.items())
    return repeat_rows(store, ("list", *map(str, numbers), cells), lambda: _checked_list(store, numbers, fields))


def _checked_list(store: Store, numbers: Sequence[object], fields: Mapping[str, Sequence[str]]) -> int:
    columns = {"phone": [str(number) for number in numbers]} | {name: list(values) for name, values in fields.items()}
    sheet = Sheet(
        pa.table(columns), np.arange(2, len(numbers) + 2, dtype=np.int32), None, [], "utf-8", ",", header_row=1
    )
    checked = recipients.check_list(sheet, phone_column="phone", opted_out=lists.opted_out(store))
    facts = {"phone_column": "phone", "columns": list(columns), "header_row": 1}
    with store.writing() as session:
        made = lists._insert_list(session, AZIZA, "Customers", "customers.csv", lists.Options())
        lists._store_rows(session, made, checked, ListFacts.from_stored(facts))
        assert made.id is not None
        return made.id


def running(
    store: Store,
    messages: int = 3,
    *,
    settings: Settings | None = None,
    chunk_size: int = 100,
    priority: int = 0,
    text: str = "Salom",
    state: CampaignState = CampaignState.RUNNING,
    numbers: Sequence[object] | None = None,
    fields: Mapping[str, Sequence[str]] | None = None,
    **draft: Any,
) -> int:
    """A campaign of so many messages, prepared and in `state`; returns its id. Row by row, not by `prepare`, which
    for a handful of messages spends most of its time on connecting."""
    values = {name: value for name, value in locals().items() if name not in ("store", "settings")}
    settings = settings or settings_for()

    def write() -> int:
        list_id = _checked_list(store, numbers or phones(messages), fields or {})
        made = campaigns.create(store, AZIZA, settings, campaigns.Draft("Sale", text, list_id, **draft))
        _prepare(store, made, list_id, chunk_size, priority, state)
        return made

    return repeat_rows(store, (repr(settings), repr(values)), write)


def _prepare(store: Store, made: int, list_id: int, chunk_size: int, priority: int, state: CampaignState) -> None:
    recipients = lists.accepted(store, list_id)
    with store.writing() as session:
        campaign = build.get_campaign(session, made)
        campaign.chunk_size, campaign.priority = chunk_size, priority
        columns = cuts.of_campaign(store, campaign, recipients)
        cuts.write(session, made, columns)
        rendered = build.render(
            campaign, recipients, variants=texts.variant_of(campaign, recipients), cut=cuts.codes(columns)
        )
        session.execute(sa.insert(Message), rendered.to_pylist())
        session.execute(sa.insert(Chunk), build._chunks(campaign, rendered).to_pylist())
        build._add_to_rollups(session, made, rendered)
        campaign.prepared, campaign.messages = Preparation.READY, rendered.num_rows
        campaign.state, campaign.started_at = state, NOW
        campaign.parts, campaign.cost = (sum(rendered[name].to_pylist()) for name in ("parts", "price"))
    number_index.index_campaign(store, made)


# -------------------------------------------------------------------------------------------------------- the engine


@dataclass
class Engine:
    """The steps of a worker, one transaction each, at the instant `now` that the test moves."""

    store: Store
    now: int = NOW
    rules: ResultRules = RULES
    schedule: PollSchedule = SCHEDULE
    account_id: int = 1
    worker: str = "worker-1"
    posted: list[tuple[int, int]] = field(default_factory=list)

    def claim(self, want: int = 64, *, after: int = 0, worker: str = "") -> list[Claim]:
        """Claim up to `want` chunks, and commit."""
        with self.store.writing() as session:
            lock_account(session, self.account_id)
            return claim(session, self.account_id, worker or self.worker, want=want, post_ms=POST_MS, now=self.now,
                         after=after)  # fmt: skip

    def take(self, worker: str = "", polls: int = 0, threads: int = 8, reserve: int = 0) -> list[Claim]:
        """Claim what the account's pace allows, as a worker does in one turn."""
        with self.store.writing() as session:
            lock_account(session, self.account_id)
            had = current_rate_limit(session, self.account_id, worker or self.worker, polls, self.now, threads, reserve)
            if not had.free:
                return []
            claims = claim(
                session, self.account_id, worker or self.worker, want=had.free, post_ms=POST_MS, now=self.now
            )
            if claims:
                consume_slots(session, self.account_id, had, self.now)
            return claims

    def record(self, *sent: tuple[Claim, SendAnswer]) -> None:
        """Write what came back."""
        results = [PostResult(claimed, answer) for claimed, answer in sent]
        with self.store.writing() as session:
            note_connection(session, lock_account(session, self.account_id), results, self.now)
            record(session, results, self.rules, self.now)

    def send(self, answer: SendAnswer | None = None, want: int = 1) -> list[Claim]:
        """Claim and record; without an answer the gateway accepts everything."""
        claims = self.claim(want)
        self.record(*((each, answer or accept(each)) for each in claims))
        return claims

    def expire_claims(self, *dead: str, grace_ms: int = 0) -> int:
        """Mark what dead workers and passed deadlines left behind."""
        with self.store.writing() as session:
            return expire_claims(session, self.account_id, list(dead), grace_ms, self.now)

    def requeue_unposted(self, *flying: str) -> int:
        """Put back what this worker claimed and never POSTed."""
        with self.store.writing() as session:
            return requeue_unposted(session, self.worker, flying)

    def resolve(self, campaign_id: int, how: Resolution, ids: Sequence[int] | None = None) -> int:
        """A person's word on the uncertain."""
        return resolve(self.store, AZIZA, campaign_id, how, message_ids=ids)

    def due(self, want: int = 1000) -> list[DueRequest]:
        """Lease the ids whose time has come."""
        with self.store.writing() as session:
            newest_first = polling.waiting_campaigns(session, self.account_id)
            return polling.lease_due(session, newest_first, want=want, now=self.now)

    def apply_answers(self, *asked: tuple[Sequence[DueRequest], StatusAnswer]) -> int:
        """Write the answers of status calls."""
        with self.store.writing() as session:
            calls = [StatusCall(tuple(dues), answer) for dues, answer in asked]
            return polling.apply_answers(session, calls, self.schedule, self.now)


# ----------------------------------------------------------------------------------------------------------- answers


def accept(claimed: Claim, *, shared: bool = True, request_id: str = "") -> Answered:
    """The gateway takes every message; by default all share one request id, as the manual's sample shows."""
    first = request_id or str(claimed.messages[0].id)
    return answered(*(Accepted(first if shared else str(m.id), f"m{m.id}") for m in claimed.messages))


def answered(*verdicts: Verdict) -> Answered:
    """An answer that names messages."""
    return Answered(list(verdicts), 200, 0.01)


def receipt(message: Message, status: str = "delivered", *, parts: int | None = 1, **fields: Any) -> StatusRecord:
    """What the gateway says of a message."""
    known: dict[str, Any] = {
        "request_id": message.request_id or "",
        "message_id": message.gateway_id or "",
        "recipient": str(message.phone),
        "text": message.text,
        "status": status,
        "count_messages": parts,
        "date_sent": "",
        "date_delivered": "",
        "description": "OK",
    }
    return StatusRecord(**(known | fields))


def statuses(*records: StatusRecord) -> Statuses:
    """An answer to a status call."""
    return Statuses(list(records))


# -------------------------------------------------------------------------------------------------------- what stands


def campaign_of(store: Store, campaign_id: int) -> Campaign:
    """The campaign's row."""
    with store.reading() as session:
        found = session.get(Campaign, campaign_id)
        assert found is not None
        return found


def messages_of(store: Store, campaign_id: int) -> list[Message]:
    """The campaign's messages by id."""
    query = sa.select(Message).where(col(Message.campaign_id) == campaign_id).order_by(col(Message.id))
    with store.reading() as session:
        return list(session.scalars(query))


def chunks_of(store: Store, campaign_id: int) -> list[Chunk]:
    """The campaign's chunks by id."""
    query = sa.select(Chunk).where(col(Chunk.campaign_id) == campaign_id).order_by(col(Chunk.id))
    with store.reading() as session:
        return list(session.scalars(query))


def states(store: Store, campaign_id: int) -> list[str]:
    """The state of each message, by id."""
    return [message.state.value for message in messages_of(store, campaign_id)]


def attempts(store: Store) -> list[tuple[str, str]]:
    """Outcome and code of each logged attempt, by chunk and number."""
    query = sa.select(Attempt).order_by(col(Attempt.chunk_id), col(Attempt.number), col(Attempt.id))
    with store.reading() as session:
        return [(attempt.outcome, attempt.code) for attempt in session.scalars(query)]


def audited(store: Store, action: str) -> list[Audit]:
    """The audit rows of an action, oldest first."""
    with store.reading() as session:
        return list(session.scalars(sa.select(Audit).where(col(Audit.action) == action).order_by(col(Audit.id))))


def account(store: Store, **values: Any) -> Account:
    """The first account's row, after changing it."""
    with store.writing() as session:
        if values:
            session.execute(sa.update(Account).where(col(Account.id) == 1).values(**values))
        found = session.get(Account, 1)
        assert found is not None
        return found


def figures(store: Store, campaign_id: int) -> Figures:
    """The count of each message state."""
    return campaigns.figures(store, campaign_id)


def counts(store: Store, campaign_id: int) -> dict[str, int]:
    """The count of each message state that is not 0."""
    return {state: n for state, n in figures(store, campaign_id).counts().items() if n}


def _counts(row: Any) -> tuple[int, ...]:
    return (row.messages, row.parts, row.cost, row.billed_parts, row.billed_messages, row.expected_parts)


def stored_rollups(session: Session, campaign_id: int) -> dict[Any, tuple[int, ...]]:
    """The roll-ups of a campaign as they are kept, in the form of `tallies.recount`."""
    rows = session.execute(sa.select(table(RollUp)).where(col(RollUp.campaign_id) == campaign_id))
    return {(row.campaign_id, row.hour, row.number_range, row.state): _counts(row) for row in rows if any(_counts(row))}


def kept_variants(session: Session, campaign_id: int) -> dict[Any, tuple[int, ...]]:
    """The roll-ups of a campaign's texts as they are kept, in the form of `tallies.recount_variants`."""
    rows = session.execute(sa.select(table(VariantRollUp)).where(col(VariantRollUp.campaign_id) == campaign_id))
    counts = {(row.campaign_id, row.variant, row.state): _counts(row) for row in rows}
    return {key: count for key, count in counts.items() if any(count)}


def kept_reasons(session: Session, campaign_id: int) -> dict[Any, int]:
    """The roll-up of a campaign's reasons as it is kept, in the form of `rollups.recount_reasons`."""
    rows = session.execute(sa.select(table(ReasonRollUp)).where(col(ReasonRollUp.campaign_id) == campaign_id))
    return {tuple(row[:5]): row.messages for row in rows if row.messages}


def kept_cuts(session: Session, campaign_id: int) -> dict[Any, list[int]]:
    """The roll-ups of a campaign's cut columns as they are kept, in the form of `rollups.recount_cuts`."""
    rows = session.execute(sa.select(table(CutRollUp)).where(col(CutRollUp.campaign_id) == campaign_id))
    counts = {
        (row.campaign_id, row.position, row.value, row.hour): [getattr(row, name) for name in rollups.CUT_COUNTS]
        for row in rows
    }
    return {key: count for key, count in counts.items() if any(count)}


def _kept_cut_totals(session: Session, campaign_id: int) -> dict[Any, list[int]]:
    rows = session.execute(sa.select(table(CutTotalRollUp)).where(col(CutTotalRollUp.campaign_id) == campaign_id))
    counts = {
        (row.campaign_id, row.position, row.value): [getattr(row, name) for name in rollups.CUT_COUNTS] for row in rows
    }
    return {key: count for key, count in counts.items() if any(count)}


def _over_hours(by_hour: dict[Any, list[int]]) -> dict[Any, list[int]]:
    totals: dict[Any, list[int]] = {}
    for (*key, _hour), counts in by_hour.items():
        before = totals.get(tuple(key), [0] * len(counts))
        totals[tuple(key)] = [a + b for a, b in zip(before, counts, strict=True)]
    return {key: counts for key, counts in totals.items() if any(counts)}


def assert_rollups(store: Store, *campaign_ids: int) -> None:
    """The roll-ups equal a count of the messages themselves."""
    with store.reading() as session:
        for campaign_id in campaign_ids:
            assert stored_rollups(session, campaign_id) == rollups.recount(session, campaign_id)
            assert kept_variants(session, campaign_id) == rollups.recount_variants(session, campaign_id)
            assert kept_cuts(session, campaign_id) == (by_hour := rollups.recount_cuts(session, campaign_id))
            assert _kept_cut_totals(session, campaign_id) == _over_hours(by_hour)
            counted, kept = rollups.count_counted_as_sent(session, campaign_id)
            assert counted == kept
            assert kept_reasons(session, campaign_id) == rollups.recount_reasons(session, campaign_id)
