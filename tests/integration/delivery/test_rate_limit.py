"""The account's pace holds over all workers: requests in flight, and requests a second to the microsecond."""

import random

import pytest
import sqlalchemy as sa
from sqlmodel import col

from getsms_core.db.engine import Store
from getsms_core.db.models import Worker
from getsms_core.worker import registry
from tests.engine_support import NOW, Engine, accept, account, counts, running

REQUESTS = 30


def test_no_more_is_in_flight_than_the_account_allows_over_two_workers(store: Store) -> None:
    campaign_id = running(store, 10, chunk_size=1)
    account(store, concurrency=3)
    engine = Engine(store)
    first = engine.take("worker-1")
    assert len(first) == 3
    assert engine.take("worker-2") == []
    engine.record((first[0], accept(first[0])))
    assert len(engine.take("worker-2")) == 1
    assert counts(store, campaign_id) == {"accepted": 1, "sending": 3, "queued": 6}


def test_status_calls_take_their_share_of_the_requests_in_flight(store: Store) -> None:
    running(store, 10, chunk_size=1)
    account(store, concurrency=5)
    with store.writing() as session:
        other = registry.register(session, 1, "1.0")
        registry.heartbeat(session, other, 2, NOW)
    engine = Engine(store)
    assert len(engine.take(polls=1)) == 2
    with store.writing() as session:
        session.execute(sa.update(Worker).where(col(Worker.id) == other).values(stopped_at=NOW))
    assert len(engine.take(polls=1)) == 2  # a worker that is gone holds nothing


def test_a_worker_alone_may_hold_a_reserve_and_another_begins_only_when_it_holds_less_than_the_bound(
    store: Store,
) -> None:
    running(store, 10, chunk_size=1)
    account(store, concurrency=3)
    engine = Engine(store)
    held = engine.take("worker-1", threads=3, reserve=2)
    assert len(held) == 5
    engine.record(*((claim, accept(claim)) for claim in held[:2]))
    assert engine.take("worker-2", threads=3, reserve=2) == []
    engine.record((held[2], accept(held[2])))
    assert len(engine.take("worker-2", threads=3, reserve=2)) == 1
    assert engine.take("worker-1", threads=3, reserve=2) == []  # no reserve for two


def test_there_is_no_reserve_beside_anothers_status_calls_at_a_rate_or_for_more_threads_than_the_bound(
    store: Store,
) -> None:
    running(store, 10, chunk_size=1)
    account(store, concurrency=3)
    engine = Engine(store)
    with store.writing() as session:
        other = registry.register(session, 1, "1.0")
        registry.heartbeat(session, other, 1, NOW)
    assert len(engine.take(threads=3, reserve=2)) == 2
    with store.writing() as session:
        registry.heartbeat(session, other, 0, NOW)
    assert len(engine.take(threads=4, reserve=2)) == 1
    account(store, concurrency=64, rate=10)
    assert len(engine.take(threads=3, reserve=2)) == 1


def test_fewer_than_what_is_in_flight_may_be_set_and_nothing_more_leaves(store: Store) -> None:
    running(store, 10, chunk_size=1)
    engine = Engine(store)
    assert len(engine.take()) == 8
    account(store, concurrency=2)
    assert engine.take() == []


@pytest.mark.parametrize(
    ("rate", "workers_there", "steps"), [(20.0, 2, (3, 7, 17)), (300.0, 3, (1, 1, 2)), (0.5, 2, (100, 600, 1100))]
)
def test_requests_leave_at_the_rate_that_was_set_whoever_asks(
    sqlite_store: Store, rate: float, workers_there: int, steps: tuple[int, ...]
) -> None:
    running(sqlite_store, REQUESTS, chunk_size=1)
    account(sqlite_store, rate=rate, concurrency=64)
    left: list[int] = []
    engine, dice = Engine(sqlite_store), random.Random(1)
    while len(left) < REQUESTS:
        claims = engine.take(f"worker-{dice.randrange(workers_there)}")
        assert len(claims) <= 1
        left += [engine.now] * len(claims)
        engine.record(*((claim, accept(claim)) for claim in claims))
        engine.now += dice.choice(steps)
    interval = 1000 / rate
    for i, at in enumerate(left):  # every slot is `interval` after the last: none is early, however many are looked at
        for j in range(i):
            assert at - left[j] > (i - j - 1) * interval - 1
    assert left[-1] - left[0] <= (REQUESTS - 1) * interval * 1.05 + 10  # nor is any time lost


def test_a_request_that_is_late_does_not_let_a_burst_through(store: Store) -> None:
    running(store, 10, chunk_size=1)
    account(store, rate=10)
    engine = Engine(store)
    assert len(engine.take()) == 1
    engine.now += 60_000
    assert [len(engine.take(f"worker-{n}")) for n in range(5)] == [1, 0, 0, 0, 0]
    engine.now += 99
    assert engine.take() == []
    engine.now += 1
    assert len(engine.take()) == 1


def test_without_a_rate_only_the_requests_in_flight_limit(store: Store) -> None:
    running(store, 10, chunk_size=1)
    account(store, concurrency=4)
    assert len(Engine(store).take()) == 4
