"""A worker and the practice gateway over real sockets: sending and polling, failures, and how it stops."""

import asyncio
import itertools
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from pydantic import SecretStr
from sqlmodel import col

from getsms_core import jobs
from getsms_core.accounts import gateway_account
from getsms_core.base import clock
from getsms_core.base.settings import Settings
from getsms_core.base.states import CampaignState, ChunkState
from getsms_core.campaigns import service as campaigns
from getsms_core.contacts import lists
from getsms_core.db import engine as store_engine
from getsms_core.db.engine import Store, open_store
from getsms_core.db.models import Attempt, Chunk
from getsms_core.delivery import PostResult, decisions
from getsms_core.gateway import (
    Accepted,
    Answered,
    Decision,
    Missing,
    NothingSent,
    Rejected,
    SendAnswer,
    Unclear,
)
from getsms_core.sandbox.gateway_rules import GatewayRules
from getsms_core.sandbox.process import control
from getsms_core.sandbox.server import Sandbox
from getsms_core.sandbox.thread import run_in_thread
from getsms_core.worker import handlers, loop
from getsms_core.worker.loop import Worker
from getsms_core.worker.turn import Turn
from tests.conftest import WaitUntil
from tests.engine_support import (
    AZIZA,
    Engine,
    assert_rollups,
    campaign_of,
    checked_list,
    chunks_of,
    counts,
    phones,
    running,
    settings_for,
)
from tests.waits import background, child_process, run_threads

AT_ONCE = GatewayRules(speed=0)
DELIVERED = 998_900_000_001  # the sandbox's number that is always delivered


def live(url: str, **overrides: Any) -> Settings:
    """Settings of a real account whose gateway is the practice gateway at `url`."""
    known = {"url": url, "login": "aziza", "password": SecretStr("secret"), "poll_first": 0, "concurrency": 4}
    return settings_for(**(known | {"connect_timeout": 2, "read_timeout": 5} | overrides))


def drain(store: Store, settings: Settings, receipts_seconds: float = 20) -> None:
    """Run a worker here until nothing is left to do."""
    gateway = gateway_account.gateway(settings)
    try:
        Worker(store, settings, gateway).run(drain=True, receipts_seconds=receipts_seconds)
    finally:
        gateway.close()


@contextmanager
def at_work(store: Store, settings: Settings) -> Iterator[Worker]:
    """A worker in a thread of its own, stopped at the end of the block."""
    gateway = gateway_account.gateway(settings)
    worker = Worker(store, settings, gateway)
    with closing(gateway), background(worker.run, seconds=30):
        try:
            yield worker
        finally:
            worker.stop()


def ledger(url: str) -> dict[str, int]:
    seen: dict[str, int] = control(url, "ledger")
    return seen


def test_a_worker_builds_sends_and_polls_a_campaign_to_its_final_status(
    store: Store, store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GETSMS_DATABASE_URL", store_url)
    with run_in_thread(tmp_path / "gateway.db", rules=AT_ONCE) as sandbox:
        settings = live(sandbox.url)
        list_id = checked_list(store, [DELIVERED, 998_900_000_002, 998_900_000_004, "12"], ism=["A", "B", "C", "D"])
        campaign_id = campaigns.create(store, AZIZA, settings, campaigns.Draft("Sale", "Salom {ism}", list_id))
        campaigns.start(store, AZIZA, campaign_id)
        drain(store, settings)
        assert counts(store, campaign_id) == {"delivered": 1, "undelivered": 1, "rejected": 1}
        assert campaign_of(store, campaign_id).state is CampaignState.FINISHED
        assert ledger(sandbox.url) == {"requests": 1, "messages": 2, "different": 2, "twice": 0}
        assert_rollups(store, campaign_id)


def test_two_workers_share_a_campaign_and_send_nothing_twice(postgres_url: str, tmp_path: Path) -> None:
    """At a rate they take turns; without one, who writes an answer takes the place in flight that it frees."""
    with (
        closing(open_store(postgres_url)) as first,
        closing(open_store(postgres_url)) as second,
        run_in_thread(tmp_path / "gateway.db", rules=AT_ONCE, latency=0.03) as sandbox,
    ):
        settings = live(sandbox.url, rate=60)
        campaign_id = running(first, 120, chunk_size=2, settings=settings)
        run_threads(*(partial(drain, store, settings, receipts_seconds=100) for store in (first, second)))
        by = col(Attempt.worker_id)
        with first.reading() as session:
            shares = session.execute(sa.select(by, sa.func.count()).group_by(by)).all()
        assert len(shares) == 2
        assert sum(n for _worker, n in shares) == 60
        assert (ledger(sandbox.url)["messages"], ledger(sandbox.url)["twice"]) == (120, 0)
        assert control(sandbox.url, "requests")["sends"]["max_in_flight"] <= 4
        assert counts(first, campaign_id).keys() <= {"delivered", "undelivered", "expired"}
        assert_rollups(first, campaign_id)


def test_after_quick_answers_one_claimed_chunk_waits_and_no_more_requests_are_in_flight(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "QUICK_SECONDS", 60)  # an answer may be late on a busy machine
    with run_in_thread(tmp_path / "gateway.db", rules=AT_ONCE, latency=0.03) as sandbox:
        settings = live(sandbox.url, concurrency=1, poll_first=3600)
        running(store, 30, settings=settings, chunk_size=1)
        drain(store, settings, receipts_seconds=0)
        with store.reading() as session:
            attempts = session.execute(
                sa.select(col(Attempt.started_at), col(Attempt.ended_at)).order_by(col(Attempt.started_at))
            ).all()
        sends = control(sandbox.url, "requests")["sends"]
    ahead = sum(began < ended for (_, ended), (began, _) in itertools.pairwise(attempts))
    assert (len(attempts), sends["count"], sends["max_in_flight"]) == (30, 30, 1)
    assert ahead > 15


def test_everything_is_sent_although_a_commit_takes_seconds(
    sqlite_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the wait for a thread is bounded by one second: a database far away would never send anything else."""
    late, begin = [0.0], Worker._begin

    def after_a_slow_commit(self: Worker, pool: ThreadPoolExecutor, turn: Turn) -> None:
        late[0] += 3.0
        begin(self, pool, turn)

    monkeypatch.setattr(clock, "boottime", lambda: late[0])  # a busy machine takes seconds of its own
    monkeypatch.setattr(Worker, "_begin", after_a_slow_commit)
    with run_in_thread(tmp_path / "gateway.db", rules=AT_ONCE) as sandbox:
        settings = live(sandbox.url, poll_first=3600, concurrency=1)
        campaign_id = running(sqlite_store, 3, settings=settings, chunk_size=1)
        drain(sqlite_store, settings, receipts_seconds=0)
        assert counts(sqlite_store, campaign_id) == {"accepted": 3}
        with sqlite_store.reading() as session:
            assert session.scalars(sa.select(col(Attempt.outcome))).all() == ["accepted"] * 3


TAKEN, REFUSED = Accepted("1", "1"), Rejected(300, "is NOT a phone number")


@pytest.mark.parametrize(
    ("answers", "reserve"),
    [
        ([], 0),
        ([Answered([TAKEN, TAKEN], 200, 0.05)], 4),
        ([Answered([TAKEN], 200, 0.05), Answered([TAKEN], 200, 0.3)], 0),
        ([Answered([TAKEN, REFUSED], 200, 0.05)], 0),
        ([Answered([TAKEN, Missing()], 200, 0.05)], 0),
        ([Unclear("read-timeout")], 0),
        ([NothingSent("limit-over", Decision.STOP)], 0),
    ],
)
def test_chunks_wait_claimed_only_while_answers_come_quickly_and_accept_all(
    sqlite_store: Store, answers: list[SendAnswer], reserve: int
) -> None:
    running(sqlite_store, 16, chunk_size=1)
    settings = live("http://127.0.0.1:9/", concurrency=4)
    worker = Worker(sqlite_store, settings, gateway_account.gateway(settings))
    claims = Engine(sqlite_store).claim(len(answers)) if answers else []
    worker._unwritten = [PostResult(claim, answer) for claim, answer in zip(claims, answers, strict=True)]
    assert worker._reserve() == reserve
    worker._unwritten = []
    assert worker._reserve() == reserve  # until other answers come


def test_a_claimed_chunk_that_waits_behind_a_silent_gateway_is_not_sent_after_a_pause(
    store: Store, tmp_path: Path, wait_until: WaitUntil, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The gateway answers three requests and holds the fourth, and claims grow old, only as the test wants it."""
    held, released, answered, seconds = threading.Event(), threading.Event(), itertools.count(), [0.0]

    async def answer_three(_sandbox: Sandbox) -> None:
        if next(answered) >= 3:
            held.set()
            while not released.is_set():
                await asyncio.sleep(0.005)

    monkeypatch.setattr(Sandbox, "_wait", answer_three)
    monkeypatch.setattr(clock, "boottime", lambda: seconds[0])
    monkeypatch.setattr(loop, "QUICK_SECONDS", 60)  # an answer may be late on a busy machine
    with run_in_thread(tmp_path / "gateway.db", rules=AT_ONCE) as sandbox:
        settings = live(sandbox.url, concurrency=1, poll_first=3600, read_timeout=120)
        campaign_id = running(store, 20, settings=settings, chunk_size=1)
        with at_work(store, settings):
            wait_until(held.is_set, what="no request is held")
            one_waits = {"accepted": 3, "sending": 2, "queued": 15}
            wait_until(lambda: counts(store, campaign_id) == one_waits, what="no chunk waits claimed")
            campaigns.pause(store, AZIZA, campaign_id)
            seconds[0] += 60
            one_requeued = {"accepted": 3, "sending": 1, "queued": 16}
            wait_until(lambda: counts(store, campaign_id) == one_requeued, what="the waiting chunk was not requeued")
            released.set()  # only now comes the answer that it waited behind
            wait_until(
                lambda: counts(store, campaign_id) == {"accepted": 4, "queued": 16}, what="the answer was not recorded"
            )
        assert control(sandbox.url, "requests")["sends"]["count"] == ledger(sandbox.url)["messages"] == 4
        with store.reading() as session:
            query = session.scalars(sa.select(col(Attempt.code)).where(col(Attempt.outcome) == "nothing-left")).all()
        assert query == ["claim-stale"]
        assert campaign_of(store, campaign_id).state is CampaignState.PAUSED
        assert_rollups(store, campaign_id)


def test_the_rate_is_what_the_gateway_counts(sqlite_store: Store, tmp_path: Path) -> None:
    """Over two seconds: a request that is late on a busy machine shortens the gap behind it, the rate stays."""
    with run_in_thread(tmp_path / "gateway.db", rules=AT_ONCE) as sandbox:
        settings = live(sandbox.url, rate=40, poll_first=3600)
        running(sqlite_store, 80, chunk_size=1, settings=settings)
        drain(sqlite_store, settings, receipts_seconds=0)
        times = control(sandbox.url, "requests")["sends"]["times"]
    assert len(times) == 80
    assert 79 / (times[-1] - times[0]) <= 40 * 1.1


def test_a_scheduled_campaign_starts_by_itself_and_another_one_waits(
    store: Store, tmp_path: Path, wait_until: WaitUntil
) -> None:
    with run_in_thread(tmp_path / "gateway.db", rules=AT_ONCE) as sandbox:
        settings = live(sandbox.url)
        soon = running(store, numbers=[DELIVERED], settings=settings, state=CampaignState.DRAFT)
        later = running(store, numbers=[DELIVERED], settings=settings, state=CampaignState.DRAFT)
        now = time.time_ns() // 1_000_000
        campaigns.start(store, AZIZA, soon, now + 700)
        campaigns.start(store, AZIZA, later, now + 3_600_000)
        with at_work(store, settings):
            wait_until(lambda: counts(store, soon) == {"delivered": 1}, seconds=20)
        assert counts(store, soon) == {"delivered": 1}
        begun = campaign_of(store, soon).started_at
        assert begun is not None
        assert begun >= now + 700
        assert counts(store, later) == {"queued": 1}


# ------------------------------------------------------------------------------------------------- what goes wrong


@pytest.mark.parametrize(
    ("rules", "code", "words"),
    [
        (GatewayRules(login="aziza", password="other"), "login-wrong", "login and password"),
        (GatewayRules(limit=0), "limit-over", "limit is used up"),
        (GatewayRules(nicknames=frozenset({"SHOP"})), "nickname-not-set", "sender name"),
    ],
)
def test_a_refusal_pauses_with_the_reason_and_draining_ends(
    sqlite_store: Store, tmp_path: Path, rules: GatewayRules, code: str, words: str
) -> None:
    with run_in_thread(tmp_path / "gateway.db", rules=rules) as sandbox:
        settings = live(sandbox.url)
        campaign_id = running(sqlite_store, 3, settings=settings)
        drain(sqlite_store, settings)
        paused = campaign_of(sqlite_store, campaign_id)
        assert (paused.state, paused.code) == (CampaignState.PAUSED, code)
        assert words in paused.why_words
        assert "secret" not in paused.why_words
        assert counts(sqlite_store, campaign_id) == {"queued": 3}
        assert ledger(sandbox.url)["messages"] == 0


def test_an_address_that_is_not_registered_pauses_and_once_it_is_the_rest_is_sent(store: Store, tmp_path: Path) -> None:
    with run_in_thread(tmp_path / "gateway.db", rules=AT_ONCE, refuse_ip=True) as sandbox:
        settings = live(sandbox.url)
        campaign_id = running(store, numbers=[DELIVERED, *phones(2)], settings=settings)
        drain(store, settings)
        assert campaign_of(store, campaign_id).code == "ip-not-registered"
        assert "IP address" in campaign_of(store, campaign_id).why_words
        control(sandbox.url, "faults", {"refuse_ip": False})
        campaigns.resume(store, AZIZA, campaign_id)
        drain(store, settings)
        assert campaign_of(store, campaign_id).state is CampaignState.FINISHED
        assert (ledger(sandbox.url)["messages"], ledger(sandbox.url)["twice"]) == (3, 0)
        assert_rollups(store, campaign_id)


def test_a_campaign_pauses_after_retries_of_a_gateway_that_is_down_and_can_be_resumed(
    store: Store, tmp_path: Path, free_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decisions, "BACKOFF_FIRST", 5)
    settings = live(f"http://127.0.0.1:{free_port}/smsgateway/")
    campaign_id = running(store, numbers=[DELIVERED], settings=settings)
    drain(store, settings)
    paused = campaign_of(store, campaign_id)
    assert (paused.state, paused.code) == (CampaignState.PAUSED, "connection-refused")
    assert chunks_of(store, campaign_id)[0].attempts == 5
    with run_in_thread(tmp_path / "gateway.db", rules=AT_ONCE, port=free_port) as sandbox:
        campaigns.resume(store, AZIZA, campaign_id)
        drain(store, settings)
        assert counts(store, campaign_id) == {"delivered": 1}
        assert ledger(sandbox.url)["messages"] == 1


@pytest.mark.parametrize("fault", ["reset-after", "html", "http-500-after", "cut-json"])
def test_after_a_lost_answer_messages_are_uncertain_and_not_sent_again(
    sqlite_store: Store, tmp_path: Path, fault: str
) -> None:
    with run_in_thread(tmp_path / "gateway.db", rules=AT_ONCE, faults=fault) as sandbox:
        settings = live(sandbox.url)
        campaign_id = running(sqlite_store, 4, chunk_size=2, settings=settings)
        drain(sqlite_store, settings)
        assert counts(sqlite_store, campaign_id) == {"uncertain": 4}
        assert (ledger(sandbox.url)["messages"], ledger(sandbox.url)["twice"]) == (4, 0)
        assert_rollups(sqlite_store, campaign_id)


def test_status_calls_that_fail_are_repeated_until_one_succeeds(sqlite_store: Store, tmp_path: Path) -> None:
    with run_in_thread(tmp_path / "gateway.db", rules=AT_ONCE, faults="status-http-500:0.4,status-html:0.2") as sandbox:
        settings = live(sandbox.url)
        campaign_id = running(sqlite_store, numbers=[DELIVERED], settings=settings)
        drain(sqlite_store, settings)
        assert counts(sqlite_store, campaign_id) == {"delivered": 1}


def test_draining_ends_when_only_paused_campaigns_remain(store: Store, tmp_path: Path) -> None:
    with run_in_thread(tmp_path / "gateway.db") as sandbox:
        settings = live(sandbox.url)
        campaign_id = running(store, 3, settings=settings, state=CampaignState.PAUSED)
        drain(store, settings)
        assert counts(store, campaign_id) == {"queued": 3}


_HOLD = """
import sqlite3, sys, time
held = sqlite3.connect(sys.argv[1], isolation_level=None)
held.execute("BEGIN IMMEDIATE")
print("held", flush=True)
time.sleep(2)
held.execute("COMMIT")
"""


def test_a_database_that_another_program_holds_for_two_seconds_is_waited_for(
    sqlite_url: str, tmp_path: Path, wait_until: WaitUntil, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_engine, "BUSY_SECONDS", 0.2)  # so that it is refused several times
    with (
        closing(open_store(sqlite_url)) as store,
        run_in_thread(tmp_path / "gateway.db", rules=AT_ONCE, latency=0.05) as sandbox,
    ):
        settings = live(sandbox.url, poll_first=3600)
        campaign_id = running(store, 40, chunk_size=1, settings=settings)
        file = sqlite_url.removeprefix("sqlite:///")
        with at_work(store, settings):
            with child_process([sys.executable, "-c", _HOLD, file], stdout=subprocess.PIPE, text=True) as holder:
                assert holder.communicate(timeout=30)[0] == "held\n"
            wait_until(lambda: campaign_of(store, campaign_id).state is CampaignState.FINISHED, seconds=30)
        assert counts(store, campaign_id) == {"accepted": 40}
        assert (ledger(sandbox.url)["messages"], ledger(sandbox.url)["twice"]) == (40, 0)


# ----------------------------------------------------------------------------------------------------- its end


def test_sigterm_waits_for_requests_in_flight_and_no_chunk_stays_sending(
    store: Store, store_url: str, tmp_path: Path, wait_until: WaitUntil
) -> None:
    with run_in_thread(tmp_path / "gateway.db", rules=AT_ONCE, latency=0.3) as sandbox:
        settings = live(sandbox.url)
        campaign_id = running(store, 200, chunk_size=1, settings=settings)
        known = {"DATABASE_URL": store_url, "URL": sandbox.url, "LOGIN": "aziza", "PASSWORD": "secret"}
        command = [sys.executable, "-m", "getsms_core.cli", "worker"]
        environment = os.environ | {f"GETSMS_{name}": value for name, value in known.items()}
        options: dict[str, Any] = {"env": environment, "stderr": subprocess.PIPE, "text": True}
        with child_process(command, forked=not store.sqlite, **options) as process:
            wait_until(lambda: counts(store, campaign_id).get("accepted", 0) >= 4, seconds=120, what="nothing was sent")
            process.send_signal(signal.SIGTERM)
            log = process.communicate(timeout=120)[1]
        assert process.returncode == 0, log
        assert "Traceback" not in log
        with store.reading() as session:
            sending = sa.select(sa.func.count()).where(col(Chunk.state) == ChunkState.SENDING)
            assert session.scalar(sending) == 0
        now = counts(store, campaign_id)
        assert now.keys() <= {"queued", "accepted", "delivered", "undelivered", "expired"}
        assert sum(n for state, n in now.items() if state != "queued") == ledger(sandbox.url)["messages"]
        assert ledger(sandbox.url)["twice"] == 0
        assert campaign_of(store, campaign_id).state is CampaignState.RUNNING


@pytest.mark.parametrize("error", [OSError("no memory"), RuntimeError("unforeseen")], ids=["no memory", "unforeseen"])
def test_a_job_that_cannot_start_leaves_no_answer_in_flight_unrecorded(
    sqlite_store: Store, tmp_path: Path, wait_until: WaitUntil, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """A worker that ends by an error records what it was sending; otherwise all of it would be uncertain."""
    store, held, released = sqlite_store, threading.Event(), threading.Event()

    async def hold(_sandbox: Sandbox) -> None:
        held.set()
        while not released.is_set():
            await asyncio.sleep(0.005)

    def begin(_run: jobs.JobRun) -> None:
        threading.Timer(0.2, released.set).start()  # the answer comes after the error
        raise error

    monkeypatch.setattr(Sandbox, "_wait", hold)
    monkeypatch.setattr(handlers, "start_process", begin)
    with run_in_thread(tmp_path / "gateway.db", rules=AT_ONCE) as sandbox:
        settings = live(sandbox.url, poll_first=3600, read_timeout=60)
        campaign_id = running(store, 2, settings=settings)
        gateway = gateway_account.gateway(settings)
        worker = Worker(store, settings, gateway)

        def work() -> None:
            with pytest.raises(RuntimeError) if isinstance(error, RuntimeError) else nullcontext():
                worker.run()

        with closing(gateway), background(work, seconds=60):
            wait_until(held.is_set, what="no request is held")
            list_id = lists.upload(store, AZIZA, "a", "a.csv", [b"telefon\n998901234567\n"], lists.Options())
            wait_until(lambda: counts(store, campaign_id) == {"accepted": 2}, what="the answer was not recorded")
            if isinstance(error, OSError):
                wait_until(lambda: lists.get(store, list_id).state == "failed", what="nobody was told")
            worker.stop()
        assert_rollups(store, campaign_id)


def test_a_killed_job_process_is_reported_where_the_user_looks(
    sqlite_store: Store, tmp_path: Path, wait_until: WaitUntil, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = handlers.start_process

    def killed(run: jobs.JobRun) -> "subprocess.Popen[bytes]":
        process = begin(run)
        os.kill(process.pid, signal.SIGKILL)
        return process

    monkeypatch.setattr(handlers, "start_process", killed)
    list_id = lists.upload(sqlite_store, AZIZA, "a", "a.csv", [b"telefon\n998901234567\n"], lists.Options())
    with run_in_thread(tmp_path / "gateway.db") as sandbox, at_work(sqlite_store, live(sandbox.url)):
        wait_until(lambda: lists.get(sqlite_store, list_id).state == "failed", what="nobody was told")
    assert "ended from outside" in lists.get(sqlite_store, list_id).message
