"""One PostgreSQL database for all tests of a process, emptied after each: making one takes ten times as long."""

import uuid
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql

from getsms_core.db.models import Table
from tests.conftest import TEMPLATE


@pytest.fixture(scope="session")
def _kept_database(postgres: str) -> Iterator[str]:
    name = f"kept_{uuid.uuid4().hex}"
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*map(sql.Identifier, (name, TEMPLATE))))
    head, _, query = postgres.partition("?")
    yield f"{head.rpartition('/')[0]}/{name}?{query}"
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def postgres_url(_kept_database: str) -> Iterator[str]:
    """A PostgreSQL database with all tables, all empty. A test that changes the tables makes a database of its own."""
    yield _kept_database
    tables = sql.SQL(", ").join(sql.Identifier(table) for table in Table.metadata.tables)
    with psycopg.connect(_kept_database, autocommit=True, connect_timeout=30) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        connection.execute(sql.SQL("TRUNCATE {} RESTART IDENTITY").format(tables))
