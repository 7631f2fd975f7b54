"""The promise under any order of events: hypothesis orders claims, answers, deaths, people and receipts, and looks at
everything after every step."""

import os
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from shutil import copyfile
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlmodel import col

from getsms_core.accounts.policy import SENT_OR_UNCERTAIN, Policy
from getsms_core.base.errors import DomainError
from getsms_core.base.permissions import Actor
from getsms_core.base.states import (
    CAMPAIGN_STATES,
    CHUNK_STATES,
    COUNTED_AS_SENT,
    MESSAGE_STATES,
    CampaignState,
    MessageState,
)
from getsms_core.base.transitions import StateTable
from getsms_core.campaigns import service as campaigns
from getsms_core.contacts import lists
from getsms_core.db import rollups
from getsms_core.db.engine import Store, open_store
from getsms_core.db.models import Campaign, Contact, Message, table
from getsms_core.db.rollups import hour_of
from getsms_core.delivery import Claim, Resolution, ResultRules
from getsms_core.gateway import Accepted, Decision, Missing, NoAnswer, NothingSent, Rejected, SendAnswer, Unclear
from getsms_core.messages.variants import Variant
from tests.effort import times
from tests.engine_support import (
    AZIZA,
    HOUR,
    Engine,
    answered,
    kept_variants,
    messages_of,
    phones,
    receipt,
    running,
    statuses,
    stored_rollups,
)
from tests.integration.delivery.test_schedule import set_policy

M = MessageState
LONG = int(os.environ.get("PROMISE_EXAMPLES", 0))
"""So many lives instead of a few, other ones each time, for a night."""
# A message's own row says `queued` while its chunk is sending, so a look may find it one move further.
SEEN = {
    state: {state, *after, *(MESSAGE_STATES.transitions[M.SENDING] if state is M.QUEUED else ())}
    for state, after in MESSAGE_STATES.transitions.items()
}
TEMPLATE: list[Path] = []
MESSAGES = sa.select(
    *(table(Message).c[name] for name in ("id", "chunk_id", "state", "reason", "request_id", "next_poll_at"))
).where(table(Message).c.campaign_id == sa.bindparam("campaign"))

SENT_TO = sa.select(table(Message).c.phone, table(Message).c.left_at).where(
    table(Message).c.state.in_(SENT_OR_UNCERTAIN)
)


LOGGED: tuple[StateTable[Any], ...] = (CAMPAIGN_STATES, CHUNK_STATES, MESSAGE_STATES)
MADE: set[tuple[str, str, str]] = set()
"""The transitions that all lives made: table, before, after."""


def log_state_changes(store: Store) -> None:
    """Let the database itself write down every change of a state, whichever code makes it."""
    with store.writing() as session:
        connection = session.connection()
        connection.exec_driver_sql('CREATE TABLE state_change ("table" TEXT, before TEXT, after TEXT)')
        for states in LOGGED:
            name, column = states.table, states.column
            connection.exec_driver_sql(
                f"CREATE TRIGGER {name}_{column}_change AFTER UPDATE OF {column} ON {name} WHEN old.{column} <> "
                f"new.{column} BEGIN INSERT INTO state_change VALUES ('{name}', old.{column}, new.{column}); END"
            )


def _columns(size: int) -> dict[str, list[str]]:
    """Two columns of a list whose values differ from row to row, some of them empty."""
    return {
        "shahar": [("Toshkent", "Samarqand", "")[i % 3] for i in range(size)],
        "tarif": [("A", "B")[i % 2] for i in range(size)],
    }


class Promise(RuleBasedStateMachine):
    """Two campaigns of one account, two workers, one gateway that may do anything, and a person."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory(prefix="getsms-promise-")
        path = Path(self.folder.name) / "test.db"
        copyfile(TEMPLATE[0], path)
        self.store: Store = open_store(f"sqlite:///{path}")
        log_state_changes(self.store)
        rules = ResultRules(poll_first_ms=5_000, uncertain_limit=6, contacts=True, connect_tries=3)
        self.engine = Engine(self.store, rules=rules)
        self.flying: list[Claim] = []  # POSTed, no answer recorded
        self.ghosts: list[Claim] = []  # claimed in a commit whose end was not seen: never POSTed
        self.gone: list[Claim] = []  # given up; their answers may come late
        self.posts: Counter[int] = Counter()
        self.allowed: Counter[int] = Counter()
        self.last: dict[int, MessageState] = {}
        self.words: dict[int, str] = {}

    @initialize(sizes=st.lists(st.integers(1, 5), min_size=1, max_size=2), chunk=st.integers(1, 3))
    def begin(self, sizes: list[int], chunk: int) -> None:
        self.campaigns = [
            running(self.store, size, chunk_size=chunk, variants=(Variant("Hayr", 40),))
            if i % 2
            else running(self.store, size, chunk_size=chunk, cuts=("shahar", "tarif"), fields=_columns(size))
            for i, size in enumerate(sizes)
        ]
        set_policy(self.store, Policy(cap_messages=1_000, cap_days=3_650))  # counts everybody and holds nobody
        self.total = dict(zip(self.campaigns, sizes, strict=True))
        self.allowed.update(m.id for campaign in self.campaigns for m in messages_of(self.store, campaign))

    def teardown(self) -> None:
        self.store.close()
        self.folder.cleanup()

    def _any(self, data: st.DataObject, things: list[Claim]) -> Claim:
        return things.pop(data.draw(st.integers(0, len(things) - 1)))

    def _a_campaign(self, data: st.DataObject) -> int:
        return data.draw(st.sampled_from(self.campaigns))

    # ----------------------------------------------------------------------------------------------- the workers

    @rule(want=st.integers(1, 3), worker=st.sampled_from(("worker-1", "worker-2")))
    def claim_and_post(self, want: int, worker: str) -> None:
        for claim in self.engine.claim(want, worker=worker):
            self.posts.update(message.id for message in claim.messages)
            self.flying.append(claim)

    @rule()
    def claim_and_lose_the_connection_to_the_database(self) -> None:
        self.ghosts += self.engine.claim(1)

    @precondition(lambda self: self.ghosts)
    @rule()
    def find_the_ghosts(self) -> None:
        self.engine.requeue_unposted(*(claim.attempt for claim in self.flying + self.gone))
        self.ghosts.clear()

    @precondition(lambda self: self.flying)
    @rule(data=st.data())
    def hear_an_answer(self, data: st.DataObject) -> None:
        self._hear(data, self._any(data, self.flying))

    @rule(data=st.data(), want=st.integers(1, 3))
    def claim_and_hear_the_answers(self, data: st.DataObject, want: int) -> None:
        """Without this most claims expired before their answer came: 8 answers in 15 lives, none of them good."""
        for claim in self.engine.claim(want, worker="worker-1"):
            self.posts.update(message.id for message in claim.messages)
            self._hear(data, claim)

    def _hear(self, data: st.DataObject, each: Claim) -> None:
        answer = data.draw(answers(len(each.messages)))
        if isinstance(answer, NothingSent):
            self.allowed.update(message.id for message in each.messages)
        self.engine.record((each, answer))
        if data.draw(st.booleans()):
            self.engine.record((each, answer))

    @precondition(lambda self: self.gone)
    @rule(data=st.data())
    def hear_an_answer_late(self, data: st.DataObject) -> None:
        claim = self._any(data, self.gone)
        self.engine.record((claim, data.draw(answers(len(claim.messages)))))

    @rule(worker=st.sampled_from(("worker-1", "worker-2")))
    def mark_a_worker_dead(self, worker: str) -> None:
        self.engine.expire_claims(worker)
        self.gone += [claim for claim in self.flying if claim.worker_id == worker]
        self.flying = [claim for claim in self.flying if claim.worker_id != worker]
        self.ghosts = [claim for claim in self.ghosts if claim.worker_id != worker]

    @rule(hours=st.sampled_from((0.001, 0.02, 1, 30)))
    def let_time_pass(self, hours: float) -> None:
        self.engine.now += int(hours * HOUR)
        if hours >= 0.02:  # beyond every deadline
            self.engine.expire_claims()
            self.gone += self.flying
            self.flying, self.ghosts = [], []

    # ------------------------------------------------------------------------------------------------- the people

    @rule(data=st.data(), what=st.sampled_from((campaigns.pause, campaigns.resume, campaigns.resume)))
    def pause_or_resume(self, data: st.DataObject, what: Callable[[Store, Actor, int], None]) -> None:
        with suppress(DomainError):
            what(self.store, AZIZA, self._a_campaign(data))

    @rule(data=st.data(), sure=st.sampled_from((False, False, True)))
    def cancel(self, data: st.DataObject, sure: bool) -> None:
        with suppress(DomainError):
            if sure:
                campaigns.cancel(self.store, AZIZA, self._a_campaign(data))

    @precondition(lambda self: M.UNCERTAIN in self.last.values())
    @rule(data=st.data(), how=st.sampled_from(list(Resolution)))
    def settle_what_is_uncertain(self, data: st.DataObject, how: Resolution) -> None:
        campaign_id = self._a_campaign(data)
        uncertain = [m.id for m in messages_of(self.store, campaign_id) if m.state is M.UNCERTAIN]
        chosen = data.draw(st.lists(st.sampled_from(uncertain), unique=True)) if uncertain else []
        with suppress(DomainError):  # again, of a cancelled campaign
            assert self.engine.resolve(campaign_id, how, chosen) == len(chosen)
            if how is Resolution.AGAIN:
                self.allowed.update(chosen)

    @rule(n=st.integers(0, 4))
    def opt_out(self, n: int) -> None:
        lists.add_opt_outs(self.store, AZIZA, [phones(5)[n]], "person", "asked")

    # --------------------------------------------------------------------------------------------------- receipts

    @precondition(lambda self: M.ACCEPTED in self.last.values())
    @rule(data=st.data(), wait=st.sampled_from((6_000, 6_000, 0)))
    def ask_for_receipts(self, data: st.DataObject, wait: int) -> None:
        self.engine.now += wait
        known = {m.id: m for campaign in self.campaigns for m in messages_of(self.store, campaign)}
        words = st.sampled_from(("delivered", "undelivered", "expired", "sent", "buffered"))
        for due in self.engine.due():
            chunk_messages = [m for m in known.values() if (m.chunk_id, m.request_id) == (due.chunk_id, due.request_id)]
            some = st.lists(st.sampled_from(chunk_messages), unique_by=lambda m: m.id, min_size=1)
            heard = data.draw(st.one_of(some, some, st.just([]))) if due.request_id else []
            parts = st.sampled_from((None, 1, 2))
            records = [receipt(m, data.draw(words), parts=data.draw(parts)) for m in heard]
            self.engine.apply_answers(([due], statuses(*records) if records else NoAnswer("read-timeout")))

    # ------------------------------------------------------------------------------------------- what always holds

    @invariant()
    def nothing_is_posted_twice_but_by_a_persons_word(self) -> None:
        """Or because nothing of it had left, for certain."""
        assert all(n <= self.allowed[message_id] for message_id, n in self.posts.items())

    @invariant()
    def every_change_of_a_state_is_in_its_table(self) -> None:
        with self.store.writing() as session:
            changes = {tuple(row) for row in session.execute(sa.text("SELECT DISTINCT * FROM state_change"))}
            session.execute(sa.text("DELETE FROM state_change"))
        for states in LOGGED:
            for _table, before, after in (change for change in changes if change[0] == states.table):
                assert before in states.sources(states.states(after)), (states.table, before, after)
        MADE.update(changes)

    @invariant()
    def every_message_is_where_it_may_be(self) -> None:
        with self.store.reading() as session:
            for campaign_id in getattr(self, "campaigns", []):
                state = session.scalar(sa.select(col(Campaign.state)).where(col(Campaign.id) == campaign_id))
                now = rollups.figures(session, campaign_id)
                assert now.total == self.total[campaign_id]
                assert min(now.counts().values()) >= 0
                assert now.unsent == 0 or state is not CampaignState.FINISHED
                assert now.queued == 0 or state is not CampaignState.CANCELLED
                assert stored_rollups(session, campaign_id) == rollups.recount(session, campaign_id)
                assert kept_variants(session, campaign_id) == rollups.recount_variants(session, campaign_id)
                self._look_at_each(session.execute(MESSAGES, {"campaign": campaign_id}).all(), now.total)

    @invariant()
    def the_frequency_cap_counts_what_was_or_may_have_been_sent(self) -> None:
        with self.store.reading() as session:
            sent = session.execute(SENT_TO).all()
            counted = session.execute(sa.select(table(Contact)).where(table(Contact).c.messages > 0)).all()
        expected = Counter((phone, hour_of(left_at)) for phone, left_at in sent)
        assert {(row.phone, row.hour): row.messages for row in counted} == expected

    def _look_at_each(self, messages: Sequence[Any], total: int) -> None:
        assert len(messages) == total
        polled = {(m.chunk_id, m.request_id) for m in messages if m.next_poll_at is not None}
        for message in messages:
            before = self.last.get(message.id, M.QUEUED)
            assert message.state in SEEN[before], (before, message.state)
            if message.state is M.ACCEPTED and message.reason == COUNTED_AS_SENT:
                assert message.next_poll_at is None  # it has no id to poll
            elif message.state is M.ACCEPTED:
                assert (message.chunk_id, message.request_id) in polled
            self.last[message.id] = message.state


def answers(n: int) -> st.SearchStrategy[SendAnswer]:
    """Anything that a POST of `n` messages may come back with."""
    verdicts = st.one_of(
        st.sampled_from(("52480252", "52480252", "52480253")).map(lambda id: Accepted(id, "")),
        st.just(Rejected(300, "is NOT a phone number")),
        st.just(Missing()),
    )
    return st.one_of(
        st.lists(verdicts, min_size=n, max_size=n).map(lambda found: answered(*found)),
        st.lists(verdicts, min_size=n, max_size=n).map(lambda found: answered(*found)),
        st.just(Unclear("read-timeout")),
        st.sampled_from(("connection-refused", "connect-timeout")).map(lambda c: NothingSent(c, Decision.RETRY)),
        st.sampled_from(("login-wrong", "nickname-wrong")).map(lambda code: NothingSent(code, Decision.STOP)),
    )


@pytest.fixture
def template(sqlite_url: str) -> Iterator[None]:
    TEMPLATE.append(Path(sqlite_url.removeprefix("sqlite:///")))
    yield
    TEMPLATE.clear()
    MADE.clear()


@pytest.mark.usefixtures("template")
def test_the_promise_holds_whatever_happens() -> None:
    run_state_machine_as_test(
        Promise,
        settings=settings(
            max_examples=LONG or times(30),
            stateful_step_count=30,
            deadline=None,
            derandomize=not LONG,
            suppress_health_check=list(HealthCheck),
            phases=(Phase.generate, Phase.shrink) if LONG else (Phase.generate,),  # shrinking took five minutes
        ),
    )
    assert {
        ("campaign", "running", "finished"),
        ("chunk", "queued", "sending"),
        ("chunk", "sending", "done"),
        ("chunk", "sending", "queued"),
        ("chunk", "sending", "uncertain"),
        ("message", "queued", "accepted"),
        ("message", "queued", "uncertain"),
    } <= MADE, "the lives must be lived"
