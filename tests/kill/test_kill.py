"""Workers are killed at the worst moments and at random ones: nothing is sent twice and nothing is lost.

The long version is `make kill`; docs/promise.md has its figures.
"""

import random
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa
from sqlmodel import col

from getsms_core.base import processes
from getsms_core.db.models import Account
from tests.conftest import WaitUntil
from tests.effort import times
from tests.kill.chaos import SEND_FAULTS, Chaos
from tests.kill.conftest import CHUNK, RECIPIENTS, Stage
from tests.kill.resolving import resolve_all
from tests.kill.scene import Scene

pytestmark = pytest.mark.slow
KILLS = times(12)
PATIENCE = 60


def test_killed_between_claim_and_post_a_chunk_is_queued_again_and_sent_once(
    stage: Stage, wait_until: WaitUntil
) -> None:
    scene, fleet = stage.scene, stage.fleet
    wave = scene.add_wave()
    with full_listener() as address, fleet.with_settings(url=address, connect_timeout=30, concurrency=1):
        at_address(scene, address)
        pid = fleet.start()
        wait_until(lambda: scene.claimed_by({pid}), PATIENCE, "no chunk was claimed")
        fleet.kill(pid)
    at_address(scene, scene.gateway)
    stage.settled()
    assert (stage.figures(wave).uncertain, stage.left(wave)) == (0, RECIPIENTS)


def test_killed_between_the_note_and_the_first_byte_a_chunk_is_uncertain_and_not_sent(
    stage: Stage, wait_until: WaitUntil
) -> None:
    fleet, wave = stage.fleet, stage.scene.add_wave()
    with fleet.with_settings(concurrency=1), fleet.dying_after_a_note():
        pid = fleet.start()
        fleet.expect_death(pid)
        wait_until(lambda: pid not in fleet.look() and not is_alive(pid), PATIENCE, "no request began")
    stage.settled()
    assert (stage.figures(wave).uncertain, stage.left(wave)) == (CHUNK, RECIPIENTS - CHUNK)


def test_killed_between_post_and_answer_a_chunk_is_uncertain_and_sent_once(stage: Stage, wait_until: WaitUntil) -> None:
    scene, fleet = stage.scene, stage.fleet
    scene.control("faults", {"latency": 1})
    wave = scene.add_wave()
    with fleet.with_settings(read_timeout=60, concurrency=1):
        pid = fleet.start()
        wait_until(lambda: stage.killed_with_a_post_in_flight(pid), PATIENCE, "no request reached the gateway")
    stage.settled()
    assert (stage.figures(wave).uncertain, stage.left(wave)) == (CHUNK, RECIPIENTS)


def test_killed_between_answer_and_record_a_chunk_is_uncertain_and_sent_once(
    stage: Stage, wait_until: WaitUntil
) -> None:
    wave, pid = answered_but_not_recorded(stage, wait_until, kill=True)
    stage.settled()
    assert pid not in stage.fleet.alive
    assert (stage.figures(wave).uncertain, stage.left(wave)) == (CHUNK, RECIPIENTS)


def test_a_worker_that_cannot_write_keeps_the_answer_until_it_can(stage: Stage, wait_until: WaitUntil) -> None:
    wave, _pid = answered_but_not_recorded(stage, wait_until, kill=False)
    stage.settled()
    assert (stage.figures(wave).uncertain, stage.left(wave)) == (0, RECIPIENTS)


def test_no_fault_of_the_gateway_makes_the_program_send_twice(stage: Stage, wait_until: WaitUntil) -> None:
    scene = stage.scene
    scene.add_wave()
    # Each fault has its own outcome only if its answer comes in time: on a busy machine 0.6 s were over before.
    with stage.fleet.with_settings(concurrency=1, read_timeout=3):
        stage.fleet.start()
    for fault in SEND_FAULTS:
        scene.control("faults", {"faults": {fault: 1.0}, "latency": 0})
        scene.control("requests", {})  # after it: a call that came between the two had met the fault before
        wait_until(lambda: met(scene), PATIENCE, f"no request met {fault}")
    verdict = stage.settled()
    assert {"uncertain read-timeout", "uncertain deadline", "uncertain connection-lost", "uncertain not-json",
            "uncertain server-error", "part not-in-answer", "nothing-left ip-not-registered",
            "nothing-left login-wrong"} <= verdict.codes.keys()  # fmt: skip


def test_killed_at_random_moments_nothing_is_sent_twice_and_nothing_is_lost(stage: Stage) -> None:
    seed = random.randrange(1_000_000)
    print(f"seed {seed}")
    was_killed = stage.fleet.killed
    chaos = Chaos(stage.scene, stage.fleet, stage.database, workers=2, seed=seed, longest_life=0.4)
    chaos.run(seconds=times(2 * PATIENCE), waves=times(8), kills=was_killed + KILLS, every=1.0)
    verdict = stage.settled(workers=2)
    assert verdict.messages >= RECIPIENTS
    assert stage.fleet.killed >= was_killed + KILLS
    stage.said = resolve_all(stage.scene, random.Random(seed))
    again = stage.settled()
    assert verdict.left <= again.left <= verdict.left + len(stage.said.again)


def is_alive(pid: int) -> bool:
    """Whether this process still runs."""
    return processes.process_start_ticks(pid) != ""


def met(scene: Scene) -> bool:
    """Whether a send call has come since the counts began anew; what paused itself goes on, and never runs dry. Looks
    ten times a second: three questions to the database each time were a fifth of these tests' CPU."""
    seen = scene.control("requests")
    if seen and seen["sends"]["count"]:
        return True
    scene.resume_self_paused()
    if not scene.unsent():
        scene.add_wave()
    threading.Event().wait(0.1)
    return False


def answered_but_not_recorded(stage: Stage, wait_until: WaitUntil, *, kill: bool) -> tuple[int, int]:
    """A campaign whose first answer has come while nobody could write; the worker is killed just then, or not."""
    scene, fleet = stage.scene, stage.fleet
    scene.control("faults", {"latency": 1.5})
    wave = scene.add_wave()
    with fleet.with_settings(read_timeout=60, concurrency=1):
        pid = fleet.start()
        wait_until(lambda: stage.left(wave), PATIENCE, "no request reached the gateway")
        with scene.store.writing() as session:  # SQLite: the one write lock; PostgreSQL: the account's row
            session.execute(sa.select(col(Account.id)).with_for_update()).all()
            # The lock may come late: then other answers are recorded, and the next chunk may be claimed and not posted.
            wait_until(
                lambda: (
                    scene.control("requests")["sends"]["in_flight"] == 0
                    and stage.left(wave) == RECIPIENTS - stage.figures(wave).counts()["queued"]
                ),
                PATIENCE,
                "no answer came",
            )
            if kill:
                fleet.kill(pid)
    return wave, pid


@contextmanager
def full_listener() -> Iterator[str]:
    """The address of a server that takes no connection: its queue is full, so a caller's connect hangs."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        callers = [socket.socket() for _each in range(4)]
        for caller in callers:
            caller.setblocking(False)
            caller.connect_ex(server.getsockname())
        yield f"http://127.0.0.1:{server.getsockname()[1]}/smsgateway/"
        for caller in callers:
            caller.close()


def at_address(scene: Scene, address: str) -> None:
    """The account's gateway moves to another address; its campaigns stay its own."""
    with scene.store.writing() as session:
        session.execute(sa.update(Account).values(name=f"kill@{address}", url=address))
