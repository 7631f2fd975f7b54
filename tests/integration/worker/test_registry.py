"""The worker rows: who is there, who has gone, and what the gone ones left behind."""

import os
import socket
import subprocess
import sys

import pytest
import sqlalchemy as sa
from pydantic import SecretStr
from sqlmodel import col

from getsms_core.base import clock, processes
from getsms_core.contacts import lists
from getsms_core.db.engine import Store, now_ms
from getsms_core.db.models import Worker
from getsms_core.delivery import PostResult, workers_online
from getsms_core.delivery.polling import NOTHING_TO_ASK, StatusCall
from getsms_core.delivery.receipt_decisions import DueRequest
from getsms_core.gateway import Gateway, NoAnswer, NothingSent
from getsms_core.worker import registry
from getsms_core.worker.calls import FirstByte
from getsms_core.worker.loop import Worker as Process
from getsms_core.worker.turn import STALE_SECONDS, QueuedPost
from tests.engine_support import AZIZA, POST_MS, Engine, counts, running, settings_for
from tests.job_support import claim, label
from tests.set_clock import set_clock
from tests.waits import background

SILENT_SECONDS = workers_online.SILENT_MS // 1000


def register(store: Store, **values: object) -> str:
    """A worker's row, as if it were of another process."""
    with store.writing() as session:
        registered = registry.register(session, 1, "1.0")
        if values:
            session.execute(sa.update(Worker).where(col(Worker.id) == registered).values(**values))
        return registered


def mark_dead(store: Store, me: str, later_ms: int = 0, watch: registry.HeartbeatWatch | None = None) -> int:
    with store.writing() as session:
        watch = watch or registry.HeartbeatWatch()
        return registry.mark_dead_workers(session, 1, me, now_ms(session) + later_ms, watch)


class Watching:
    """A worker that looks at the others once a second, in seconds of its own clock."""

    def __init__(self, store: Store, me: str) -> None:
        self._store, self._me, self.seconds = store, me, 100.0
        self._watch = registry.HeartbeatWatch(lambda: self.seconds)

    def look(self, seconds: int = 1) -> None:
        for _n in range(seconds):
            self.seconds += 1
            mark_dead(self._store, self._me, watch=self._watch)


def stopped(store: Store, worker_id: str) -> bool:
    with store.reading() as session:
        return session.get_one(Worker, worker_id).stopped_at is not None


@pytest.fixture
def dead_pid() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait(30)
    return process.pid


def test_a_worker_is_there_until_it_leaves(store: Store) -> None:
    me = register(store)
    [row] = workers_online.present(store)
    assert (row.id, row.pid, row.host) == (me, os.getpid(), processes.host_identity())
    assert row.silent_ms < workers_online.SILENT_MS
    with store.writing() as session:
        registry.stop(session, me)
    assert workers_online.present(store) == []


def test_a_worker_of_this_machine_is_gone_when_its_process_is(store: Store, dead_pid: int) -> None:
    me, alive = register(store), register(store)
    dead, reused = register(store, pid=dead_pid), register(store, process_started="1")
    mark_dead(store, me)
    assert [stopped(store, worker) for worker in (me, alive, dead, reused)] == [False, False, True, True]


def test_a_worker_elsewhere_is_gone_when_its_heartbeat_has_stopped(store: Store, dead_pid: int) -> None:
    me, other_worker = register(store), register(store, host="another", pid=dead_pid)
    watching = Watching(store, me)
    watching.look(SILENT_SECONDS)
    assert not stopped(store, other_worker)  # its number means nothing here
    watching.look(2)
    assert stopped(store, other_worker)
    assert not stopped(store, me)  # nobody buries themselves


def test_a_worker_whose_heartbeat_goes_on_is_there_whatever_the_clock_of_the_database_says(store: Store) -> None:
    me, other_worker = register(store), register(store, host="another", heartbeat_at=0)
    watching = Watching(store, me)
    for n in range(1, 2 * SILENT_SECONDS):
        watching.look()
        with store.writing() as session:
            registry.heartbeat(session, other_worker, 1, n)
    assert not stopped(store, other_worker)


def test_a_worker_that_stood_still_itself_takes_nobody_for_dead_when_it_wakes(store: Store) -> None:
    me, other_worker = register(store), register(store, host="another")
    watching = Watching(store, me)
    watching.look()
    watching.seconds += 2 * SILENT_SECONDS
    watching.look(SILENT_SECONDS)
    assert not stopped(store, other_worker)


def test_a_worker_that_was_taken_for_dead_comes_back_with_its_next_heartbeat(store: Store) -> None:
    me, slow = register(store), register(store, host="another")
    Watching(store, me).look(SILENT_SECONDS + 2)
    assert stopped(store, slow)
    with store.writing() as session:
        registry.heartbeat(session, slow, 3, now_ms(session))
    assert {worker.id for worker in workers_online.present(store)} == {me, slow}


def test_what_the_dead_were_sending_is_uncertain_and_what_they_were_doing_is_asked_for_again(
    store: Store, dead_pid: int
) -> None:
    campaign_id = running(store, 6, chunk_size=2)
    me, dead = register(store), register(store, pid=dead_pid)
    with store.reading() as session:
        engine = Engine(store, now=now_ms(session))
    engine.claim(1, worker=dead)
    engine.claim(1, worker=me)
    list_id = lists.upload(store, AZIZA, "a", "a.csv", [b"x"], lists.Options())
    with store.writing() as session:
        assert label(claim(session, dead)) == ("list", f"list:{list_id}")
    assert mark_dead(store, me) == 1
    assert counts(store, campaign_id) == {"uncertain": 2, "sending": 2, "queued": 2}
    with store.writing() as session:
        assert label(claim(session, me)) == ("list", f"list:{list_id}")
    assert mark_dead(store, me) == 0


def test_a_chunk_past_its_deadline_is_given_up_whoever_holds_it(store: Store) -> None:
    campaign_id = running(store, 2)
    me = register(store)
    with store.reading() as session:
        engine = Engine(store, now=now_ms(session))
    engine.claim(worker=me)
    assert mark_dead(store, me) == 0
    assert mark_dead(store, me, later_ms=POST_MS + registry.GRACE_MS + 1_000) == 1
    assert counts(store, campaign_id) == {"uncertain": 2}


def test_a_worker_whose_row_is_gone_adds_it_again(store: Store) -> None:
    """Without a row it would work unseen: a restore would not be refused, and its status calls would not be counted."""
    with set_clock() as clocks:
        worker = Process(store, settings_for(), Gateway("http://127.0.0.1:9/", "kill", SecretStr("kill")))
        worker._register()
        worker._turn()
        with store.writing() as session:
            session.execute(sa.delete(Worker))
        clocks.seconds += registry.HEARTBEAT_SECONDS
        worker._turn()
        assert [present.id for present in workers_online.present(store)] == [worker.id]
        worker._deregister()
        assert workers_online.present(store) == []


def test_rows_of_workers_that_left_long_ago_are_forgotten(store: Store) -> None:
    old = register(store, stopped_at=1)
    me = register(store)
    with store.reading() as session:
        assert set(session.scalars(sa.select(col(Worker.id)))) == {me}
    assert old != me


@pytest.mark.parametrize(("claimed_ago", "handed_ago"), [(6.0, 0.0), (1.5, 1.5)])
def test_a_claim_that_has_become_stale_is_not_posted_but_put_back(
    store: Store, claimed_ago: float, handed_ago: float
) -> None:
    """A process that stood still may find its chunk given up by others and sent again by a person; what waited for a
    thread may find its campaign paused."""
    campaign_id = running(store)
    engine = Engine(store)
    [stale] = engine.claim(1)
    gateway = Gateway("http://127.0.0.1:9/", "kill", SecretStr("kill"))
    worker = Process(store, settings_for(), gateway)
    worker.calls.post(QueuedPost(stale, clock.boottime() - claimed_ago, clock.boottime() - handed_ago), None)
    ended = worker.calls.ended.get(timeout=5)
    assert isinstance(ended, PostResult)
    assert isinstance(ended.answer, NothingSent)
    engine.record((ended.claim, ended.answer))
    assert counts(store, campaign_id) == {"queued": 3}


@pytest.mark.parametrize(("seconds", "is_sent"), [(3600.0, False), (0.0, True)])
def test_a_process_that_was_suspended_while_it_connected_sends_nothing(
    store: Store, monkeypatch: pytest.MonkeyPatch, seconds: float, is_sent: bool
) -> None:
    """Its claim has expired, and a user may have sent the messages again: a byte more, and they would arrive twice."""
    campaign_id = running(store)
    engine = Engine(store)
    [claimed] = engine.claim(1)
    asleep, boottime, begins = [0.0], clock.boottime, FirstByte.begins
    received: list[bytes] = []

    def suspended(first_byte: FirstByte) -> None:
        asleep[0] = seconds
        begins(first_byte)

    def take_one_request(server: socket.socket) -> None:
        with server, server.accept()[0] as connection:
            connection.settimeout(60)
            received.append(connection.recv(1 << 16))

    monkeypatch.setattr(clock, "boottime", lambda: boottime() + asleep[0])
    monkeypatch.setattr(FirstByte, "begins", suspended)
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(60)
    gateway = Gateway(f"http://127.0.0.1:{server.getsockname()[1]}/", "kill", SecretStr("kill"))
    worker = Process(store, settings_for(), gateway)
    with background(lambda: take_one_request(server)):
        worker.calls.post(QueuedPost(claimed, clock.boottime(), clock.boottime()), None)
        ended = worker.calls.ended.get(timeout=60)
    assert isinstance(ended, PostResult)
    assert bool(received[0]) is is_sent
    engine.record((ended.claim, ended.answer))
    assert counts(store, campaign_id) == ({"uncertain": 3} if is_sent else {"queued": 3})


def test_a_status_call_of_a_process_that_stood_still_is_not_made(store: Store) -> None:
    """Others may have counted its process as dead and use its place at the gateway."""
    worker = Process(store, settings_for(), Gateway("http://127.0.0.1:9/", "kill", SecretStr("kill")))
    due = DueRequest(message_id=1, campaign_id=1, chunk_id=1, request_id="42", left_at=0, polls=0, unanswered=0)
    outcomes = []
    for seconds_ago in (STALE_SECONDS + 1, 0.0):
        worker.calls.poll((due,), clock.boottime() - seconds_ago)
        call = worker.calls.ended.get(timeout=60)
        assert isinstance(call, StatusCall)
        assert isinstance(call.answer, NoAnswer)
        outcomes.append((call.dues, call.answer.code))
    assert outcomes[0] == ((), NOTHING_TO_ASK)
    assert outcomes[1][0] == (due,)
    assert outcomes[1][1] != NOTHING_TO_ASK  # it was made: nobody listens there
