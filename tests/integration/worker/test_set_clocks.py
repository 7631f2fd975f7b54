"""A clock that is set back by hours: of a computer that started with the time of another zone."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlmodel import col

from getsms_core import jobs
from getsms_core.base.states import CampaignState
from getsms_core.campaigns import service as campaigns
from getsms_core.contacts import lists
from getsms_core.db.engine import Store, now_ms
from getsms_core.db.models import Account, Worker
from getsms_core.delivery import expire_claims, workers_online
from getsms_core.delivery.connecting import note_connection
from getsms_core.delivery.rate_limit import ConnectionHealth
from getsms_core.sandbox.gateway_rules import GatewayRules
from getsms_core.sandbox.thread import run_in_thread
from getsms_core.worker import handlers, registry
from tests.conftest import WaitUntil
from tests.engine_support import (
    AZIZA,
    HOUR,
    LATER,
    NOW,
    POST_MS,
    Engine,
    accept,
    account,
    assert_rollups,
    counts,
    running,
)
from tests.integration.worker.test_loop import at_work, live
from tests.integration.worker.test_registry import register
from tests.set_clock import set_clock

AT_ONCE = GatewayRules(speed=0)


def test_a_worker_starts_campaigns_and_jobs_and_sends_at_its_rate_after_the_clock_was_set_back(
    sqlite_store: Store, tmp_path: Path, wait_until: WaitUntil, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = sqlite_store
    begun: list[jobs.JobRun] = []

    def begin(run: jobs.JobRun) -> None:
        begun.append(run)
        raise OSError("its process would not know this database")

    monkeypatch.setattr(handlers, "start_process", begin)
    with set_clock() as clocks, run_in_thread(tmp_path / "gateway.db", rules=AT_ONCE) as sandbox:
        clocks.wall_offset_ms = 5 * HOUR
        settings = live(sandbox.url, rate=20, poll_first=3600)
        first = running(store, 2, chunk_size=1, settings=settings)
        soon = running(store, 1, settings=settings, state=CampaignState.DRAFT)
        with at_work(store, settings):
            wait_until(lambda: counts(store, first) == {"accepted": 2}, what="nothing was sent before")
            [before] = workers_online.present(store)
            clocks.wall_offset_ms = 0
            with store.reading() as session:
                now = now_ms(session)
            campaigns.start(store, AZIZA, soon, now + 300)
            wait_until(lambda: counts(store, soon) == {"accepted": 1}, what="the campaign did not start at its time")
            lists.upload(store, AZIZA, "a", "a.csv", [b"telefon\n998901234567\n"], lists.Options())
            wait_until(lambda: begun, what="the job did not begin")
            wait_until(lambda: [w.id for w in workers_online.present(store)] == [before.id], what="no heartbeat")
        assert_rollups(store, first, soon)


def test_a_slot_that_is_hours_away_is_of_before_the_clock_was_set_back(store: Store) -> None:
    running(store, 5, chunk_size=1)
    account(store, rate=0.01, next_slot_us=(NOW + 100_000) * 1000)
    engine = Engine(store)
    assert engine.take() == []  # one request in 100 s
    account(store, next_slot_us=(NOW + 100_001) * 1000)
    assert len(engine.take()) == 1
    assert engine.take() == []
    engine.now += 100_000
    assert len(engine.take()) == 1


def test_a_chunk_that_waits_for_hours_was_put_back_before_the_clock_was_set_back(store: Store) -> None:
    campaign_id = running(store, 2, chunk_size=1)
    engine = Engine(store, now=NOW + 5 * HOUR)
    engine.send(LATER)
    engine.now = NOW
    account(store, next_slot_us=0)
    for claim in engine.claim():
        engine.record((claim, accept(claim)))
    assert counts(store, campaign_id) == {"accepted": 2}


def test_what_a_stopped_worker_had_claimed_before_the_clock_was_set_back_is_uncertain_after_the_time_of_a_post(
    store: Store,
) -> None:
    campaign_id = running(store, 2, chunk_size=1)
    gone, there = register(store, host="another"), register(store, host="a third")
    engine = Engine(store, now=NOW + 5 * HOUR)
    engine.claim(1, worker=gone)
    engine.claim(1, worker=there)
    with store.writing() as session:
        session.execute(sa.update(Worker).where(col(Worker.id) == gone).values(stopped_at=NOW))

    def expired(at: int) -> int:
        with store.writing() as session:
            return expire_claims(session, 1, [], registry.GRACE_MS, at)

    assert expired(NOW + POST_MS + registry.GRACE_MS) == 0  # its request may be on its way
    assert expired(NOW + POST_MS + registry.GRACE_MS + 1) == 1
    assert counts(store, campaign_id) == {"uncertain": 1, "sending": 1}


def test_a_heartbeat_of_the_future_is_of_a_worker_that_is_not_there(store: Store) -> None:
    with store.reading() as session:
        now = now_ms(session)
    register(store, host="another", heartbeat_at=now + 5 * HOUR)
    assert workers_online.present(store) == []
    with store.reading() as session:
        assert workers_online.running(session) == []


def test_a_failure_to_connect_of_before_the_clock_was_set_back_delays_nothing_by_itself(store: Store) -> None:
    """A turn without answers ended the worker: it looked for the account of an answer."""
    running(store, 1)
    account(store, next_slot_us=7)
    with store.writing() as session:
        note_connection(session, ConnectionHealth(1, NOW + 5 * HOUR), [], NOW)
        assert session.execute(sa.select(col(Account.failures), col(Account.next_slot_us))).one() == (0, 7)
