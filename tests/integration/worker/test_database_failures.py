"""A worker whose database fails it or changes under it: a full disk, and a newer version beside it."""

import logging
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from getsms_core.base.errors import DomainError
from getsms_core.base.states import CampaignState
from getsms_core.db import bulk, ingest
from getsms_core.db.engine import Store, open_store
from getsms_core.sandbox.process import control
from getsms_core.sandbox.thread import run_in_thread
from tests.conftest import WaitUntil
from tests.engine_support import assert_rollups, campaign_of, counts, running
from tests.integration.worker.test_loop import AT_ONCE, at_work, ledger, live

ROOMY = 1_000_000
GROWING = ("message", "chunk", "campaign", "account", "worker", "attempt")


def test_a_full_disk_is_said_and_waited_for_and_nothing_is_lost_or_sent_twice(
    sqlite_url: str, tmp_path: Path, wait_until: WaitUntil, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, logger="getsms.worker")
    with (
        closing(open_store(sqlite_url)) as store,
        run_in_thread(tmp_path / "gateway.db", rules=AT_ONCE, latency=0.02) as sandbox,
    ):
        settings = live(sandbox.url, poll_first=3600)
        campaign_id = running(store, 400, chunk_size=2, settings=settings)
        pages = [_pages(store)]

        @event.listens_for(store.engine, "connect")
        def _limit(connection: object, _record: object) -> None:
            connection.execute(f"PRAGMA max_page_count={pages[0]}")  # type: ignore[attr-defined]

        store.engine.dispose()
        with at_work(store, settings):
            full = ("database.unavailable", "disk-full")
            wait_until(lambda: full in events(caplog), seconds=30, what="the disk never filled up")
            before = counts(store, campaign_id)
            assert campaign_of(store, campaign_id).state is CampaignState.RUNNING
            pages[0] = ROOMY
            store.engine.dispose()
            wait_until(lambda: campaign_of(store, campaign_id).state is CampaignState.FINISHED, seconds=30)
        assert before.get("queued", 0) > 0
        assert counts(store, campaign_id) == {"accepted": 400}
        assert (ledger(sandbox.url)["messages"], ledger(sandbox.url)["twice"]) == (400, 0)
        assert_rollups(store, campaign_id)


def events(caplog: pytest.LogCaptureFixture) -> list[tuple[str, object]]:
    """The events of the log, each with its error."""
    return [(record.message, getattr(record, "fields", {}).get("error")) for record in caplog.records]


def test_an_older_worker_goes_on_beside_a_newer_database_and_does_not_start_on_one(
    store: Store, store_url: str, tmp_path: Path, wait_until: WaitUntil
) -> None:
    """What the rule for migrations in docs/deployment.md promises: a release adds, and takes away one release later."""
    with run_in_thread(tmp_path / "gateway.db", rules=AT_ONCE, latency=0.05) as sandbox, put_back(store):
        settings = live(sandbox.url, poll_first=3600)
        campaign_id = running(store, 60, chunk_size=1, settings=settings)
        with at_work(store, settings):
            wait_until(lambda: counts(store, campaign_id).get("accepted", 0) >= 5, seconds=30)
            for table in GROWING:  # a transaction each: together they would lock against the worker's order
                with store.engine.begin() as connection:
                    connection.execute(sa.text(f"ALTER TABLE {table} ADD COLUMN later INTEGER DEFAULT 0 NOT NULL"))
            with store.engine.begin() as connection:
                connection.execute(sa.text("UPDATE alembic_version SET version_num = 'later'"))
            wait_until(lambda: campaign_of(store, campaign_id).state is CampaignState.FINISHED, seconds=30)
        assert counts(store, campaign_id) == {"accepted": 60}
        assert control(sandbox.url, "ledger")["twice"] == 0
        with pytest.raises(DomainError) as refusal:
            open_store(store_url)
        assert refusal.value.code == "database-newer"


@contextmanager
def put_back(store: Store) -> Iterator[None]:
    """What is done to the tables within the block is undone: the next test has the same database."""
    with store.engine.begin() as connection:
        version = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar_one()
    try:
        yield
    finally:
        with store.engine.begin() as connection:
            grown = {column["name"] for column in sa.inspect(connection).get_columns("message")}
            for table in GROWING if "later" in grown else ():
                connection.execute(sa.text(f"ALTER TABLE {table} DROP COLUMN later"))
            connection.execute(sa.text("UPDATE alembic_version SET version_num = :version"), {"version": version})


def _pages(store: Store) -> int:
    with store.reading() as session:
        return int(session.execute(sa.text("PRAGMA page_count")).scalar_one())


@pytest.mark.parametrize(
    ("said", "code", "sentence"),
    [
        ("INTERNAL: failed to execute: database or disk is full\nquery was: COMMIT", "disk-full", "The disk is full."),
        ("INTERNAL: failed to execute: attempt to write a readonly database\nquery was: COMMIT", "database-read-only",
         "cannot be written"),
        ("a row that says: database or disk is full, and more", "ingest-failed", "a row that says"),
        ("odd", "ingest-failed", "odd"),
    ],
)  # fmt: skip
def test_an_ingest_that_fails_says_why_in_a_sentence(said: str, code: str, sentence: str) -> None:
    refusal = bulk._child_error("a warning\n" + ingest.failure(RuntimeError(said)))
    assert refusal.code == code
    assert sentence in refusal.message
    assert "query was" not in refusal.message
