"""A SQLite file with damaged pages: commands and the probe say so, and what to do."""

import json
import os
import resource
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from getsms_core.db import bulk, ingest
from getsms_core.db.engine import open_store
from getsms_core.db.errors import of_sqlstate
from getsms_core.worker import readiness
from tests.conftest import ROOT
from tests.engine_support import running
from tests.integration.cli.cli_support import refused, run

PAGE = 4096


@pytest.fixture
def damaged(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of a database of which every page but the first is garbage."""
    monkeypatch.setenv("GETSMS_DATABASE_URL", sqlite_url)
    monkeypatch.setenv("GETSMS_FILES", str(tmp_path / "files"))
    with closing(open_store(sqlite_url)) as store:
        running(store, 50)
        store.checkpoint()
    file = tmp_path / "test.db"
    content = file.read_bytes()
    file.write_bytes(content[:PAGE] + b"\xff" * (len(content) - PAGE))
    return sqlite_url


def test_a_damaged_database_is_a_sentence_that_says_what_to_do(damaged: str, tmp_path: Path) -> None:
    assert refused("list") == "database-damaged"
    assert refused("backup", str(tmp_path / "copy.backup")) == "database-damaged"
    doctor = run("doctor")
    assert doctor.exit_code == 1
    assert "restore the last backup into a new database" in doctor.stdout


def test_an_app_whose_database_is_damaged_is_not_ready(damaged: str) -> None:
    with closing(open_store(damaged, upgrade=False)) as store:
        assert readiness.missing(store) == ["database"]


def test_the_ingest_and_postgresql_tell_damage_too() -> None:
    message = ingest.failure(RuntimeError("IO: database disk image is malformed"))
    assert bulk._child_error(message).code == "database-damaged"
    codes = [error.code for error in map(of_sqlstate, ("XX001", "XX002", "58030")) if error is not None]
    assert codes == ["database-damaged", "database-damaged", "database-disk"]


def test_a_disk_that_refuses_the_database_is_a_sentence(sqlite_url: str) -> None:
    """As with a quota or a network folder that is gone: the write-ahead log cannot grow."""
    with closing(open_store(sqlite_url)):
        added = subprocess.run(
            [sys.executable, "-m", "getsms_core.cli", "optout", "add", "901234567", "--json"],
            cwd=ROOT, env={**os.environ, "GETSMS_DATABASE_URL": sqlite_url}, preexec_fn=_no_room,
            capture_output=True, text=True, timeout=60,
        )  # fmt: skip
    assert (added.returncode, json.loads(added.stdout)["error"]) == (1, "database-disk"), added.stderr


def _no_room() -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))
