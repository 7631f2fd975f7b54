"""Several processes use a new database at once: before each step they wait for each other."""

import json
import sys
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from getsms_core.db import schema
from getsms_core.db.engine import open_store
from tests.conftest import ROOT
from tests.forks import run_forked
from tests.integration.db.racing_process import PROCESSES
from tests.waits import LIMIT

STEPS = (
    {"opened": PROCESSES},
    {"account 1": PROCESSES},
    {"administrator": 1, "refused set-up-already": PROCESSES - 1},
    {"analyst": 1, "refused name-taken": PROCESSES - 1},
    {"price": 1, "refused price-rule-exists": PROCESSES - 1},
    {"the account": PROCESSES},
    {"administrator": PROCESSES},
    {"left 1": PROCESSES},
    {"segment": PROCESSES},
    {f"calls {10 * PROCESSES}": PROCESSES},
    {"template": 1, "refused template-exists": PROCESSES - 1},
)


@pytest.fixture
def empty_postgres_url(postgres: str) -> Iterator[str]:
    """A new PostgreSQL database without tables, dropped after the test."""
    name = f"test_{uuid.uuid4().hex}"
    head, _, query = postgres.partition("?")
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    yield f"{head.rpartition('/')[0]}/{name}?{query}"
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database without tables, of each kind in turn."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'new.db'}"
    return str(request.getfixturevalue("empty_postgres_url"))


def test_processes_that_race_in_a_new_database_agree(empty_url: str) -> None:
    command = [sys.executable, "-m", "tests.integration.db.racing_process", empty_url]
    race = run_forked(command, cwd=ROOT, timeout=2 * LIMIT)
    assert race.returncode == 0, race.stderr
    assert set(race.stderr.split()) <= {"status.refused"}  # the warning of the step with failed calls
    results = zip(*json.loads(race.stdout), strict=True)
    assert [Counter(step) for step in results] == [Counter(step) for step in STEPS]
    with closing(open_store(empty_url)) as store, store.engine.connect() as connection:
        assert connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalars().all() == [schema.HEAD]
