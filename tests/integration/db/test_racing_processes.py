"""Several processes use a new database at once: before each step they wait for each other."""

import subprocess
import sys
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.conftest import ROOT
from tests.integration.db.racing_process import PROCESSES
from tests.waits import child_process, read_line

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
    with ExitStack() as stack:
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        processes = [
            stack.enter_context(child_process([*command, str(number)], cwd=ROOT, **pipes))
            for number in range(PROCESSES)
        ]
        results = []
        for _step in STEPS:
            assert [read_line(process) for process in processes] == ["ready\n"] * PROCESSES
            for process in processes:
                assert process.stdin is not None
                process.stdin.write("go\n")
                process.stdin.flush()
            results.append(Counter(read_line(process).strip() for process in processes))
        assert [process.wait(60) for process in processes] == [0] * PROCESSES
    assert results == [Counter(step) for step in STEPS]
