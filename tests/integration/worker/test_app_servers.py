"""App servers' rows, the one secret that they share, and files that only this user can read."""

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlmodel import col

from getsms_core.db.engine import Store, now_ms, open_store
from getsms_core.db.models import AppServer
from getsms_core.delivery import workers_online
from getsms_core.users import server_secret
from getsms_core.worker import app_servers
from getsms_core.worker.app_servers import Heartbeat
from tests.conftest import ROOT
from tests.engine_support import running
from tests.forks import run_forked
from tests.integration.cli.cli_support import document, run
from tests.waits import child_process


def only(store: Store) -> AppServer:
    with store.reading() as session:
        return session.scalars(sa.select(AppServer)).one()


def other_server(store: Store, fingerprint: str) -> None:
    """An app server of another host that gave a sign of life just now."""
    with store.writing() as session:
        now = now_ms(session)
        session.add(AppServer(id=fingerprint, host="far/boot", pid=7, process_started="1", version="1",
                              secret_fingerprint=fingerprint, started_at=now, heartbeat_at=now))  # fmt: skip


@pytest.fixture
def doctor(store: Store, store_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Store:
    monkeypatch.setenv("GETSMS_DATABASE_URL", store_url)
    monkeypatch.setenv("GETSMS_FILES", str(tmp_path / "files"))
    monkeypatch.setenv("GETSMS_SECRET_FILE", str(tmp_path / "server.secret"))
    return store


def check(name: str) -> dict[str, object]:
    answer = next(check for check in json.loads(run("doctor", "--json").stdout)["checks"] if check["check"] == name)
    assert isinstance(answer, dict)
    return answer


def test_an_app_server_is_there_from_its_start_to_its_stop_and_again_after_a_restore(store: Store) -> None:
    heartbeat = Heartbeat(store, "1.0", "abc")
    heartbeat.start()
    with store.reading() as session:
        assert [(process.kind, process.pid) for process in workers_online.running(session)] == [("app", os.getpid())]
    assert [worker.fingerprint for worker in app_servers.fingerprints(store)] == ["abc"]
    with store.writing() as session:
        session.execute(sa.delete(AppServer))
    heartbeat.beat()
    assert only(store).stopped_at is None
    heartbeat.stop()
    with store.reading() as session:
        assert workers_online.running(session) == []
    assert app_servers.fingerprints(store) == []


def test_rows_of_servers_that_are_long_gone_are_deleted(store: Store) -> None:
    other_server(store, "old")
    with store.writing() as session:
        session.execute(sa.update(AppServer).values(heartbeat_at=col(AppServer.heartbeat_at) - 8 * 86_400_000))
    heartbeat = Heartbeat(store, "1.0", "abc")
    heartbeat.beat()
    assert only(store).secret_fingerprint == "abc"


def test_the_doctor_fails_where_app_servers_have_different_secrets(doctor: Store, tmp_path: Path) -> None:
    file = tmp_path / "server.secret"
    assert check("secret")["fingerprint"] is None
    own = server_secret.fingerprint(server_secret.load_or_create(file))
    other_server(doctor, own)
    assert (check("secret")["ok"], check("secret")["fingerprint"]) == (True, own)
    other_server(doctor, "0123456789abcdef")
    health = check("secret")
    assert (health["ok"], health["code"]) == (False, "secret-differs")
    assert "far 7: 0123456789abcdef" in str(health["message"])
    assert file.read_text().strip() not in run("doctor", "--json").output
    file.unlink()  # the two servers still differ from each other
    assert check("secret")["code"] == "secret-differs"


def test_the_doctor_names_what_others_can_read_and_the_command_that_closes_it(doctor: Store, tmp_path: Path) -> None:
    files = tmp_path / "files"
    files.mkdir(mode=0o755)
    files.chmod(0o755)
    health = check("files")
    assert (health["ok"], health["code"], health["warning"]) == (True, "files-open", True)
    command = str(health["message"]).partition("Run: ")[2]
    assert str(files) in command
    assert "warning" in run("doctor").stdout
    subprocess.run(command, shell=True, check=True, timeout=30)
    assert check("files")["code"] == "ok"
    assert "warning" not in check("files")


def test_a_new_database_and_its_log_are_this_users_alone_whatever_the_umask(tmp_path: Path) -> None:
    file = tmp_path / "new" / "getsms.db"
    before = os.umask(0o022)
    try:
        command = [sys.executable, "-m", "tests.integration.worker.opens_privately", f"sqlite:///{file}"]
        with child_process(command, forked=True, stdin=subprocess.PIPE, cwd=ROOT, umask=0o022) as process:
            other = open_store(f"sqlite:///{file}")
            running(other, 1)
            modes = {path.name: path.stat().st_mode & 0o777 for path in (file.parent, *file.parent.iterdir())}
            other.close()
            process.communicate(b"\n", timeout=60)
    finally:
        os.umask(before)
    assert modes == {"new": 0o700, "getsms.db": 0o600, "getsms.db-wal": 0o600, "getsms.db-shm": 0o600}


def test_a_command_makes_files_for_this_user_alone(doctor: Store, tmp_path: Path) -> None:
    running(doctor, 1)
    out = tmp_path / "out.csv"
    line = [sys.executable, "-m", "getsms_core.cli", "export", "1", "--format", "csv", "--out", str(out)]
    done = run_forked(line, env={**os.environ, "GETSMS_ENV": "test"}, umask=0o022, timeout=60)
    assert done.returncode == 0, done.stderr
    assert out.stat().st_mode & 0o777 == 0o600


def test_a_worker_that_ends_in_good_order_leaves_a_file_that_is_whole_by_itself(
    sqlite_store: Store, sqlite_url: str, tmp_path: Path
) -> None:
    running(sqlite_store, 2)  # this connection stays open, so that no last one folds the log into the file
    environment = {**os.environ, "GETSMS_ENV": "test", "GETSMS_DATABASE_URL": sqlite_url,
                   "GETSMS_FILES": str(tmp_path / "files")}  # fmt: skip
    line = [sys.executable, "-m", "getsms_core.cli", "worker", "--drain", "--wait", "0"]
    done = run_forked(line, env=environment, timeout=120)
    assert done.returncode == 0, done.stderr
    log = tmp_path / "test.db-wal"
    assert not log.exists() or log.stat().st_size < 200_000  # the worker's own end is written after it
    copy = tmp_path / "copy.db"
    copy.write_bytes((tmp_path / "test.db").read_bytes())
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("SELECT count(*) FROM message WHERE state = 'accepted'").fetchone() == (2,)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    run_modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "run").iterdir() if path.is_file()}
    assert set(run_modes.values()) == {0o600}, run_modes
    assert (tmp_path / "run").stat().st_mode & 0o777 == 0o700
    assert document("doctor")["ok"]
