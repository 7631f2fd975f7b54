"""An id that a deleted row had is never given again: whoever still works on that row finds it gone, and not another."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from sqlmodel import col

from getsms_core import exports, jobs
from getsms_core.base.work_states import ExportState, JobKind, ListState
from getsms_core.contacts import lists
from getsms_core.contacts import operations as list_operations
from getsms_core.db import schema
from getsms_core.db.engine import Store, open_store
from getsms_core.db.models import Campaign, Export, Job, RecipientList, Table, Worker
from getsms_core.exports import jobs as export_jobs
from tests.conftest import SettingsFactory
from tests.engine_support import AZIZA, NOW, assert_rollups, running

ONCE = (
    "campaign", "export", "job", "price_rule", "recipient_list", "response_upload", "saved_report", "segment",
    "template",
)  # fmt: skip
WRONG, RIGHT = b"telefon\n998901111111\n", b"telefon\n998902222222\n"


@contextmanager
def meanwhile(monkeypatch: pytest.MonkeyPatch, module: object, name: str, work: Callable[[], None]) -> Iterator[None]:
    """Do `work` once, when the function `name` of a module has done what it does."""
    original, todo = getattr(module, name), [work]

    def and_then(*arguments: Any, **options: Any) -> Any:
        result = original(*arguments, **options)
        if todo:
            todo.pop()()
        return result

    with monkeypatch.context() as patched:
        patched.setattr(module, name, and_then)
        yield


def test_a_list_that_is_uploaded_while_a_deleted_one_is_checked_gets_its_own_rows(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def upload(content: bytes) -> int:
        return lists.upload(store, AZIZA, "Customers", "customers.csv", [content], lists.Options())

    wrong, uploaded = upload(WRONG), list[int]()

    def replace_it() -> None:
        list_operations.delete(store, AZIZA, wrong)
        uploaded.append(upload(RIGHT))

    with meanwhile(monkeypatch, lists, "check_file", replace_it):
        lists.check_uploaded_list(store, wrong)
    [right] = uploaded
    assert lists.get(store, right).state is ListState.PENDING
    lists.check_uploaded_list(store, right)
    assert lists.accepted(store, right)["phone"].to_pylist() == [998902222222]


def test_a_file_that_is_asked_for_while_a_deleted_one_is_written_is_not_that_one(
    store: Store, settings: SettingsFactory, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The deleted one may hold whole numbers, and the other one be for somebody who must not see them."""
    first, second = running(store, 3), running(store, 2)
    own = settings(files=tmp_path)
    deleted, asked = exports.enqueue(store, AZIZA, own, first, "csv"), list[int]()

    def replace_it() -> None:
        exports.delete(store, AZIZA, deleted)
        asked.append(exports.enqueue(store, AZIZA, own, second, "csv", mask=True))

    with meanwhile(monkeypatch, export_jobs, "report", replace_it):
        exports.make(store, deleted, own)
    assert exports.get(store, asked[0]).state is ExportState.PENDING


def test_a_process_that_does_a_forgotten_job_does_not_end_the_next_one(store: Store) -> None:
    with store.writing() as session:
        session.add(Worker(id="w", host="h", pid=1, process_started="1", version="1", account_id=1, started_at=NOW,
                           heartbeat_at=NOW))  # fmt: skip
        jobs.enqueue(session, JobKind.LIST, "list:1", "Aziza")
        forgotten = jobs.claim(session, "w")
        jobs.requeue(session, ["w"])  # its worker was taken for dead
        jobs.withdraw(session, "list:1")
        jobs.enqueue(session, JobKind.LIST, "list:2", "Aziza")
        current = jobs.claim(session, "w")
        assert forgotten is not None
        assert current is not None
        assert not jobs.finish(session, forgotten)
        assert jobs.is_current(session, current)


@pytest.mark.parametrize("name", ONCE)
def test_sqlite_gives_the_id_of_a_deleted_row_to_no_other(sqlite_store: Store, name: str) -> None:
    with sqlite_store.reading() as session:
        definition = session.scalar(sa.text("SELECT sql FROM sqlite_master WHERE name = :name"), {"name": name})
    assert "AUTOINCREMENT" in str(definition)
    assert Table.metadata.tables[name].dialect_options["sqlite"]["autoincrement"]


def test_the_rows_of_an_older_database_and_what_refers_to_them_stay(sqlite_url: str) -> None:
    store = open_store(sqlite_url)
    campaign_ids = [running(store, 3), running(store, 2)]
    config = schema.alembic_config()
    rows = [sa.select(model).order_by(col(model.id)) for model in (Campaign, RecipientList, Job, Export)]
    with store.reading() as session:
        before = [[row.model_dump() for row in session.scalars(query)] for query in rows]
    with store.engine.execution_options(getsms_write=True).begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0033")
    with store.reading() as session:
        assert session.scalar(sa.text("SELECT count(*) FROM sqlite_master WHERE sql LIKE '%AUTOINCREMENT%'")) == 0
    schema.upgrade(store.engine)
    with store.reading() as session:
        assert [[row.model_dump() for row in session.scalars(query)] for query in rows] == before
        assert session.execute(sa.text("PRAGMA foreign_key_check")).all() == []
        assert session.scalar(sa.text("PRAGMA foreign_keys")) == 1
        assert session.scalar(sa.text("SELECT seq FROM sqlite_sequence WHERE name = 'campaign'")) == campaign_ids[-1]
    assert_rollups(store, *campaign_ids)
    store.close()
