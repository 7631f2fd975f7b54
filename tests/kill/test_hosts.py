"""Many workers on many hosts: clocks apart, one gone for good, the app killed, PostgreSQL killed and started again."""

import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlmodel import col

from getsms_core.base.states import MessageState
from getsms_core.db.engine import now_ms
from getsms_core.db.models import Attempt, Message, Worker
from tests.conftest import WaitUntil
from tests.kill.app import App, gone
from tests.kill.chaos import settle
from tests.kill.conftest import CHUNK, RECIPIENTS, Stage
from tests.kill.databases import Postgres
from tests.kill.fleet import Fleet
from tests.kill.scene import Scene
from tests.kill.verdict import judge

pytestmark = pytest.mark.slow
PATIENCE = 60
HOUR = 3600
on_sqlite = pytest.mark.parametrize(
    "stage", [pytest.param("sqlite", marks=pytest.mark.xdist_group("kill-sqlite"))], indirect=True
)
on_postgresql = pytest.mark.parametrize(
    "stage", [pytest.param("postgresql", marks=pytest.mark.xdist_group("kill-postgresql"))], indirect=True
)


@on_postgresql
def test_hosts_with_clocks_hours_apart_share_a_campaign_and_one_that_dies_is_carried_on_from(
    stage: Stage, wait_until: WaitUntil
) -> None:
    scene, fleet = stage.scene, stage.fleet
    scene.control("faults", {"latency": 0.3})
    wave = scene.add_wave()
    with scene.store.reading() as session:
        begun = now_ms(session)
    # At a rate at which an answer comes before the next may leave, on a busy machine too: whoever holds all places in
    # flight keeps them.
    with fleet.with_settings(concurrency=2, rate=1, read_timeout=5):
        with fleet.on("samarkand", clock=-3 * HOUR):
            slow = fleet.start()
        with fleet.on("nukus", clock=5 * HOUR):
            fast = fleet.start()
        wait_until(lambda: len(hosts_of(scene)) == 2, PATIENCE, "one of the two sent nothing")
        wait_until(lambda: stage.killed_with_a_post_in_flight(slow), PATIENCE, "the slow clock posted nothing")
        left = stage.left(wave)
        wait_until(lambda: stage.left(wave) > left + CHUNK, 10, "the other did not carry on within seconds")
    scene.calm()
    with fleet.on("nukus", clock=5 * HOUR):
        wait_until(lambda: stage.figures(wave).unsent == 0, PATIENCE, "the dead host's chunk was never given up")
    assert fast in fleet.look()
    stage.settled()
    assert 0 < stage.figures(wave).uncertain <= 2 * CHUNK
    with scene.store.reading() as session:
        ended = now_ms(session)
        times = session.scalars(
            sa.select(col(Message.left_at)).where(col(Message.campaign_id) == wave, col(Message.left_at).is_not(None))
        ).all()
    assert all(begun <= (at or 0) <= ended for at in times)  # the database's time, not a host's


@on_sqlite  # what the app and its watcher do when they are killed does not depend on the database
def test_the_app_is_killed_with_its_worker_sending_and_a_new_one_continues(stage: Stage, wait_until: WaitUntil) -> None:
    scene = stage.scene
    scene.control("faults", {"latency": 0.3})
    wave = scene.add_wave()
    slow = {"GETSMS_CONCURRENCY": "1", "GETSMS_READ_TIMEOUT": "5"}
    app = App(scene.folder, stage.fleet.environment | slow, forked=True)
    app.start()
    wait_until(lambda: stage.left(wave), 2 * PATIENCE, "the app's worker sent nothing")
    orphans = app.kill()
    gone(orphans)
    assert stage.left(wave) < RECIPIENTS
    app.start()
    wait_until(lambda: not stage.figures(wave).unsent, 2 * PATIENCE, "the new app did not go on")
    app.stop()
    stage.settled()
    # The orphaned worker was told by the kernel that its parent is gone, and heard the answer out.
    assert (stage.figures(wave).uncertain, stage.left(wave)) == (0, RECIPIENTS)


@pytest.fixture
def own_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """A PostgreSQL server of this test's own, to be killed."""
    server = Postgres(Path(tempfile.mkdtemp(prefix="own-")))
    yield server
    server.close()


def test_postgresql_is_killed_with_posts_in_flight_and_started_again(
    own_server: Postgres, tmp_path: Path, wait_until: WaitUntil
) -> None:
    scene = Scene(tmp_path, own_server.url, recipients=RECIPIENTS, chunk=CHUNK)
    fleet = Fleet(tmp_path / "workers.log", own_server.url, scene.gateway, **scene.pace)
    try:
        scene.control("faults", {"latency": 0.5})
        scene.add_wave()
        with fleet.with_settings(concurrency=2, read_timeout=20):
            fleet.start()
            wait_until(lambda: scene.control("requests")["sends"]["in_flight"], PATIENCE, "nothing was sent")
            own_server.kill(signal.SIGKILL)
            never = threading.Event()
            never.wait(0.7)  # the answers come while there is no database
            began = time.monotonic()
            own_server.start_again()
            assert not settle(scene, fleet, workers=1, seconds=40, receipts=0)
            assert time.monotonic() - began < PATIENCE
        assert fleet.retire(30)
        verdict = judge(scene)
        assert verdict.good, verdict.histories
        # The worker kept the answers in hand until it could write them.
        assert (verdict.states[MessageState.UNCERTAIN.value], verdict.left) == (0, RECIPIENTS)
    finally:
        fleet.close()
        scene.close()


def hosts_of(scene: Scene) -> set[str]:
    """The hosts whose workers have had an answer."""
    with scene.store.reading() as session:
        query = sa.select(col(Worker.host)).join(Attempt, col(Attempt.worker_id) == col(Worker.id)).distinct()
        return {host for host in session.scalars(query) if host in ("samarkand", "nukus")}
