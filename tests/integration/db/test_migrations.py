"""Opening a database: brought up to date once, whoever comes first; refused in a sentence where it cannot be used."""

import shutil
import sqlite3
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from alembic import command
from alembic.script import ScriptDirectory
from alembic.util import CommandError

from getsms_core.base.errors import DomainError
from getsms_core.db import engine as store_engine
from getsms_core.db import schema
from getsms_core.db.engine import Store, open_store
from getsms_core.db.models import HourlyDeliveryTimeRollUp, Table, table
from tests.conftest import ROOT
from tests.engine_support import assert_rollups, running
from tests.forks import run_forked
from tests.integration.reports.test_figures_agree import random_campaign


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database of each kind without any table."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'new folder' / 'empty.db'}"
        return
    server = str(request.getfixturevalue("postgres"))
    name = f"empty_{uuid.uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    head, _, query = server.partition("?")
    yield f"{head.rpartition('/')[0]}/{name}?{query}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def own_url(request: pytest.FixtureRequest) -> str:
    """A copy of the migrated database of each kind, for tests that change its tables: to migrate takes a second."""
    return str(request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "other_postgres_url"))


def refusal_of(url: str) -> DomainError:
    with pytest.raises(DomainError) as refusal:
        open_store(url)
    return refusal.value


def file_url(path: Path) -> str:
    return f"sqlite:///{path}"


def test_the_head_that_the_program_knows_is_the_folders() -> None:
    script = ScriptDirectory.from_config(schema.alembic_config())
    assert script.get_heads() == [schema.HEAD]


def test_the_migrations_and_the_models_do_not_differ(store: Store) -> None:
    config = schema.alembic_config()
    with store.engine.connect() as connection:
        config.attributes["connection"] = connection
        try:
            command.check(config)
        except CommandError as error:
            pytest.fail(f"The models have what no migration makes: {error}")


def shape(connection: sa.Connection) -> dict[str, Any]:
    """What Alembic's check does not compare as well: keys, and the conditions of partial indexes."""
    inspector, shapes = sa.inspect(connection), {}
    for name in Table.metadata.tables:
        columns = {column["name"]: (str(column["type"]), column["nullable"]) for column in inspector.get_columns(name)}
        indexes = {
            index["name"]: (index["column_names"], index["unique"], condition_of(connection, index))
            for index in inspector.get_indexes(name)
        }
        unique = sorted(
            (constraint["name"], constraint["column_names"]) for constraint in inspector.get_unique_constraints(name)
        )
        foreign = sorted(
            (
                foreign_key["name"],
                foreign_key["constrained_columns"],
                foreign_key["referred_table"],
                foreign_key["referred_columns"],
            )
            for foreign_key in inspector.get_foreign_keys(name)
        )
        shapes[name] = (columns, inspector.get_pk_constraint(name), indexes, unique, foreign)
    return shapes


def condition_of(connection: sa.Connection, index: Mapping[str, Any]) -> str:
    """The WHERE of a partial index; SQLAlchemy gives it as an element that is never equal to another."""
    options = index.get("dialect_options", {})
    return str(options.get(f"{connection.dialect.name}_where", ""))


def test_the_migrations_make_the_keys_and_indexes_of_the_models(own_url: str) -> None:
    migrated = open_store(own_url)
    with migrated.engine.connect() as connection:
        by_migrations = shape(connection)
    with migrated.engine.execution_options(getsms_write=True).begin() as connection:
        Table.metadata.drop_all(connection)
        Table.metadata.create_all(connection)
    with migrated.engine.connect() as connection:
        by_models = shape(connection)
    migrated.close()
    assert by_migrations == by_models


def test_postgresql_does_not_compress_the_blocks_of_lists_once_more(store: Store) -> None:
    if store.sqlite:
        return
    query = "SELECT attstorage FROM pg_attribute WHERE attrelid = 'list_block'::regclass AND attname = 'data'"
    with store.reading() as session:
        assert session.scalar(sa.text(query)) == "e"  # external: as it is


def test_an_empty_database_gets_all_tables_and_its_folder(empty_url: str) -> None:
    store = open_store(empty_url)
    with store.engine.connect() as connection:
        assert set(sa.inspect(connection).get_table_names()) == {*Table.metadata.tables, "alembic_version"}
        assert schema.current_revision(connection) == schema.HEAD
    running(store, 1)
    store.close()


def test_opening_it_again_changes_nothing_and_does_not_even_load_alembic(store: Store, store_url: str) -> None:
    campaign_id = running(store, 2)
    opening = [
        sys.executable,
        "-m",
        "tests.integration.db.opens_database",
        store_url,
    ]
    assert subprocess.run(opening, cwd=ROOT, timeout=60).returncode == 0
    schema.upgrade(store.engine)
    with store.reading() as session:
        assert session.execute(sa.text("SELECT count(*) FROM message")).scalar() == 2
        assert session.execute(sa.text("SELECT id FROM campaign")).scalars().all() == [campaign_id]


def test_a_database_of_the_first_version_is_brought_up_to_date_and_keeps_its_campaigns(own_url: str) -> None:
    store = open_store(own_url)
    running(store, 2)
    config = schema.alembic_config()
    with store.engine.execution_options(getsms_write=True).begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0001")
        connection.execute(sa.text("INSERT INTO alert (key, at) VALUES ('fall:Ucell::2026-03-04', 1)"))
    schema.upgrade(store.engine)
    with store.reading() as session:
        assert schema.current_revision(session.connection()) == schema.HEAD
        assert session.execute(sa.text("SELECT count(*) FROM message")).scalar() == 2
        assert session.execute(sa.text("SELECT key, tries, again_at FROM alert")).all() == []
    store.close()


def test_the_rollups_that_older_versions_kept_less_of_are_counted_from_the_messages(own_url: str) -> None:
    store = open_store(own_url)
    campaign_ids = [random_campaign(store, seed, 40) for seed in range(2)]
    delays = sa.select(table(HourlyDeliveryTimeRollUp)).order_by(*table(HourlyDeliveryTimeRollUp).primary_key)
    with store.reading() as session:
        before = session.execute(delays).all()
    config = schema.alembic_config()
    with store.engine.execution_options(getsms_write=True).begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0002")
    schema.upgrade(store.engine)
    assert_rollups(store, *campaign_ids)
    with store.reading() as session:
        assert session.execute(delays).all() == before
    store.close()


def test_the_counts_of_excluded_rows_move_from_the_campaign_to_their_own_table_and_back(own_url: str) -> None:
    store = open_store(own_url)
    campaign_id = running(store, 2)
    config = schema.alembic_config()
    counts = "SELECT campaign_id, reason, recipients FROM excluded_rollup"
    with store.engine.execution_options(getsms_write=True).begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0009")
        connection.execute(sa.text("UPDATE campaign SET excluded = '{\"empty_text\": 7}'"))
        command.upgrade(config, "0010")
        assert connection.execute(sa.text(counts)).all() == [(campaign_id, "empty_text", 7)]
        command.downgrade(config, "0009")
        assert "7" in str(connection.execute(sa.text("SELECT excluded FROM campaign")).scalar())
    schema.upgrade(store.engine)
    with store.reading() as session:
        assert session.execute(sa.text(counts)).all() == [(campaign_id, "empty_text", 7)]
    store.close()


def test_a_database_of_a_newer_version_is_refused_and_not_touched(own_url: str) -> None:
    opened = open_store(own_url)
    with opened.writing() as session:
        session.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    refusal = refusal_of(own_url)
    assert refusal.code == "database-newer"
    assert "newer version of GETSMS Campaigns (9999)" in refusal.message
    with opened.engine.connect() as connection:
        assert schema.current_revision(connection) == "9999"
    opened.close()


# ------------------------------------------------------------------------------------- databases that cannot be used


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for a lock for a moment instead of half a minute."""
    monkeypatch.setattr(store_engine, "BUSY_SECONDS", 0.1)


@contextmanager
def held(path: Path) -> Iterator[None]:
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")


@pytest.mark.usefixtures("impatient")
def test_a_new_file_that_another_program_holds_is_locked(tmp_path: Path) -> None:
    with held(tmp_path / "held.db"):
        refusal = refusal_of(file_url(tmp_path / "held.db"))
    assert refusal.code == "database-locked"
    assert refusal.message.startswith("Another program holds the database.")


@pytest.mark.usefixtures("impatient")
def test_a_write_that_another_program_keeps_waiting_is_refused_and_can_be_tried_again(
    sqlite_store: Store, sqlite_url: str
) -> None:
    store = open_store(sqlite_url)
    with held(Path(sqlite_url.removeprefix("sqlite:///"))):
        with pytest.raises(DomainError) as refusal, store.writing() as session:
            session.execute(sa.text("DELETE FROM message"))
        assert refusal.value.code == "database-locked"
    with store.writing() as session:
        session.execute(sa.text("DELETE FROM message"))
    store.close()


@pytest.mark.parametrize("content", [b"id;phone;name\n" * 500, b"PK\x03\x04" + bytes(5000)])
def test_a_file_that_is_no_database_is_refused_and_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "customers.csv"
    path.write_bytes(content)
    refusal = refusal_of(file_url(path))
    assert refusal.code == "database-unreachable"
    assert "GETSMS_DATABASE_URL" in refusal.message
    assert path.read_bytes() == content


def test_a_folder_in_the_place_of_the_file_is_refused(tmp_path: Path) -> None:
    assert refusal_of(file_url(tmp_path)).code == "database-unreachable"


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert refusal_of(file_url(tmp_path / "file" / "getsms.db")).code == "database-unreachable"


@pytest.fixture
def locked_folder(sqlite_url: str) -> Iterator[Path]:
    """A folder with a database, which everybody may read and nobody write; not below pytest's, which is private."""
    with tempfile.TemporaryDirectory(prefix="getsms-") as name:
        folder = Path(name)
        shutil.copyfile(sqlite_url.removeprefix("sqlite:///"), folder / "test.db")
        (folder / "test.db").chmod(0o444)
        folder.chmod(0o555)
        yield folder
        folder.chmod(0o755)


def test_a_database_that_may_not_be_written_is_named(locked_folder: Path, sqlite_url: str) -> None:
    codes = {"test.db": "database-read-only", "new.db": "database-unreachable", "new/new.db": "database-unreachable"}
    command = [sys.executable, "-m", "tests.integration.db.writes_as_nobody", sqlite_url]
    result = run_forked([*command, *(file_url(locked_folder / file) for file in codes)], cwd=ROOT, timeout=60)
    assert result.stderr == ""
    for line, (file, code) in zip(result.stdout.splitlines(), codes.items(), strict=True):
        assert line.startswith(f"{code}|The database"), file


@pytest.mark.parametrize("url", ["mysql://h/d", "getsms.db", "postgresql//x", "", "oracle+what://x"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    refusal = refusal_of(url)
    assert refusal.code == "database-address"
    assert "sqlite:///" in refusal.message


def test_a_server_that_does_not_answer_is_named_without_its_password(free_port: int) -> None:
    refusal = refusal_of(f"postgresql://aziza:secret@127.0.0.1:{free_port}/getsms?connect_timeout=2")
    assert refusal.code == "database-unreachable"
    assert "secret" not in refusal.message + str(refusal.__cause__)
