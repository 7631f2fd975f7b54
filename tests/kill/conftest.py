"""One stage for the short tests of a database: a gateway that counts, a list, and a nursery of workers to be killed."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from sqlmodel import col

from getsms_core.base.states import ChunkState, Figures
from getsms_core.db import rollups
from getsms_core.db.models import Account, Chunk, Message, Worker
from tests.conftest import TEMPLATE
from tests.kill.chaos import settle
from tests.kill.databases import Database, Served, Sqlite
from tests.kill.fleet import Fleet
from tests.kill.scene import Scene
from tests.kill.verdict import Said, Verdict, judge
from tests.kill.verdict import left as ledger

RECIPIENTS, CHUNK = 40, 2


@dataclass
class Stage:
    """What the tests of one database share. Each sends campaigns of its own and leaves no worker behind."""

    scene: Scene
    fleet: Fleet
    database: Database
    said: Said = field(default_factory=Said)

    def settled(self, workers: int = 1) -> Verdict:
        """Let the work end in calm, stop the workers, and compare every message ever sent here with the ledger."""
        with self.fleet.with_settings(read_timeout=20):  # on a busy machine an answer took more than 0.6 s: uncertain
            assert not settle(self.scene, self.fleet, workers, seconds=40, receipts=0)
        assert self.fleet.retire(30), f"not in good order: {self.fleet.fallen} {self.fleet.log.read_text()[-3000:]}"
        verdict = judge(self.scene, self.said)
        broken = {what: ids for what, ids in verdict.violations.items() if ids}
        assert verdict.good, "\n".join([str(broken), *verdict.histories])
        return verdict

    def figures(self, campaign_id: int) -> Figures:
        """A campaign's messages by state."""
        with self.scene.store.reading() as session:
            return rollups.figures(session, campaign_id)

    def left(self, campaign_id: int) -> int:
        """How many messages of a campaign left, by the gateway's ledger."""
        name = f"Wave {self.scene.waves.index(campaign_id) + 1}: "
        sent = self.scene.control("ledger?full=1")["sent"]
        return sum(each["times"] for each in sent if each["text"].startswith(name))

    def killed_with_a_post_in_flight(self, pid: int) -> bool:
        """Kill a worker if the gateway has a request of it whose result is not recorded; otherwise let it run on.

        It is stopped while we look, and on PostgreSQL we hold the account's lock, which it needs to record: a worker
        that runs, or whose commit is on its way, would record the answer between the look and the kill. On SQLite a
        stopped worker commits nothing, and may hold the only lock."""
        store = self.scene.store
        self.fleet.freeze(pid)
        sent = ledger(self.scene)
        with store.reading() if store.sqlite else store.writing() as session:
            if session.execute(sa.select(col(Account.id)).with_for_update(skip_locked=True)).first() is not None:
                claimed = session.execute(
                    sa.select(col(Message.phone), col(Message.text))
                    .join(Chunk, col(Chunk.id) == col(Message.chunk_id))
                    .join(Worker, col(Worker.id) == col(Chunk.worker_id))
                    .where(col(Chunk.state) == ChunkState.SENDING, col(Worker.pid) == pid)
                ).all()
                if any((str(phone), text) in sent for phone, text in claimed):
                    self.fleet.kill(pid)
                    return True
        self.fleet.thaw()
        return False


@pytest.fixture(
    scope="module",
    params=[
        pytest.param("sqlite", marks=pytest.mark.xdist_group("kill-sqlite")),
        pytest.param("postgresql", marks=pytest.mark.xdist_group("kill-postgresql")),
    ],
)
def stage(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A stage on each database in turn."""
    folder = tmp_path_factory.mktemp("kill")
    made: str = "" if request.param == "sqlite" else f"kill_{uuid.uuid4().hex}"
    database: Database = Served(_create(request, made)) if made else Sqlite(folder)
    scene = Scene(folder, database.url, recipients=RECIPIENTS, chunk=CHUNK)
    fleet = Fleet(Path(folder) / "workers.log", database.url, scene.gateway, **scene.pace)
    yield Stage(scene, fleet, database)
    fleet.close()
    scene.close()
    if made:
        with psycopg.connect(request.getfixturevalue("postgres"), autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {made} WITH (FORCE)".encode())


def _create(request: pytest.FixtureRequest, name: str) -> str:
    url: str = request.getfixturevalue("postgres")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}".encode())
    head, _, query = url.partition("?")
    return f"{head.rpartition('/')[0]}/{name}?{query}"
