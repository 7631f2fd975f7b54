"""Errors of the database libraries are told apart by class and code; their words do not matter."""

import sqlite3
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from getsms_core.base.errors import Conflict, DomainError, Unavailable
from getsms_core.db.engine import Store, translate_errors
from getsms_core.db.errors import domain_error_of
from tests.each_case import each_case


def code_of(error: BaseException) -> str | None:
    refusal = domain_error_of(error)
    return refusal.code if refusal else None


@each_case(
    ("sqlstate", "code"),
    [
        ("08006", "database-unreachable"),
        ("28P01", "database-unreachable"),
        ("3D000", "database-unreachable"),
        ("57P01", "database-unreachable"),
        ("25P03", "database-unreachable"),
        ("25006", "database-read-only"),
        ("42501", "database-right"),
        ("42P07", "database-foreign"),
        ("53100", "disk-full"),
        ("53300", "database-busy"),
        ("55P03", "database-locked"),
        ("23505", "stored-meanwhile"),
        ("40P01", None),  # a deadlock: `transact` runs the work again
        ("42601", None),
        ("23502", None),
    ],
)
def test_an_error_of_postgresql_is_named_by_its_sqlstate(sqlstate: str, code: str | None) -> None:
    assert (
        code_of(psycopg.errors.lookup(sqlstate)("ошибка: table already exists, connection, database is locked")) == code
    )


def test_a_connection_that_is_lost_has_no_sqlstate() -> None:
    assert code_of(psycopg.OperationalError("соединение разорвано")) == "database-unreachable"
    assert code_of(psycopg.ProgrammingError("the connection is locked")) is None


def test_a_unique_violation_is_a_conflict_and_the_rest_may_be_tried_again_later() -> None:
    assert isinstance(domain_error_of(psycopg.errors.UniqueViolation()), Conflict)
    assert isinstance(domain_error_of(psycopg.errors.DiskFull()), Unavailable)


def test_words_in_a_statement_of_sqlite_name_nothing(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "test.db")) as connection:
        with pytest.raises(sqlite3.OperationalError) as raised:
            connection.execute('SELECT "database is locked" FROM "disk is full, already exists"')
        assert domain_error_of(raised.value) is None
        connection.execute("CREATE TABLE one (id INTEGER PRIMARY KEY)")
        connection.execute("INSERT INTO one VALUES (1)")
        with pytest.raises(sqlite3.IntegrityError) as violated:
            connection.execute("INSERT INTO one VALUES (1)")
        assert code_of(violated.value) == "stored-meanwhile"


def test_no_free_connection_is_a_sentence(tmp_path: Path) -> None:
    engine = sa.create_engine(
        f"sqlite:///{tmp_path / 'test.db'}", poolclass=sa.QueuePool, pool_size=1, max_overflow=0, pool_timeout=0.01
    )
    store = Store(engine, engine)
    with store.reading() as session:
        session.execute(sa.text("SELECT 1"))
        with pytest.raises(DomainError) as refused, translate_errors(), engine.connect():
            pass
    store.close()
    assert refused.value.code == "database-busy"
    assert "try again" in refused.value.message
