"""`getsms serve` as a user starts it: what it starts and stops, what it restarts, and what it says about errors."""

import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from getsms_core.base import processes
from getsms_core.base.errors import DomainError
from getsms_core.base.settings import load
from getsms_core.db.engine import open_store
from getsms_core.delivery import workers_online
from getsms_core.serve import announce, serve
from tests.conftest import ROOT, copy_sqlite_template, find_free_port, poll
from tests.engine_support import settings_for
from tests.waits import child_process

pytestmark = pytest.mark.xdist_group("serve")


@dataclass
class Served:
    """A running `getsms serve` and its folder."""

    process: subprocess.Popen[bytes]
    folder: Path
    port: int

    @property
    def said(self) -> str:
        return (self.folder / "said.log").read_text()

    def children(self) -> dict[int, str]:
        """Process numbers and command lines, with the name of a forked one, of those that do not end just now."""
        pid = self.process.pid
        commands = {}
        for number in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            with suppress(FileNotFoundError, ProcessLookupError):
                line, name = (Path(f"/proc/{number}/{file}").read_text() for file in ("cmdline", "comm"))
                commands[int(number)] = f"{line} {name}".replace("\0", " ")
        return commands

    def child(self, word: str) -> int:
        """The process number of the child whose command line has this word; 0 if there is none."""
        return next((pid for pid, command in self.children().items() if word in command), 0)

    def wait_for(self, sentence: str) -> None:
        poll(lambda: sentence in self.said, seconds=60, what=f"never said {sentence!r}: {self.said}")


@contextmanager
def _serve(folder: Path, port: int, before: str = "", forked: bool = True, /, **settings: str) -> Iterator[Served]:
    """Run it for one block; `before` are statements that its process executes first. `forked` = see tests/forks.py; to
    start Python for it, the app, the worker and the practice gateway takes nine seconds of CPU."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GETSMS_")}
    environment |= {
        "GETSMS_DATABASE_URL": f"sqlite:///{folder / 'serve.db'}",
        "GETSMS_FILES": str(folder / "files"),
        "GETSMS_ENV": "test",
    } | settings
    command = [
        sys.executable,
        "-c",
        f"{before}\nfrom getsms_core.cli import main; main()",
        "serve",
        "--port",
        str(port),
    ]
    if forked and not (folder / "serve.db").exists():  # to migrate an empty file takes a second of CPU
        copy_sqlite_template(folder)
        (folder / "test.db").rename(folder / "serve.db")
    with (
        (folder / "said.log").open("w") as log,
        child_process(command, forked=forked, stop_seconds=60, cwd=ROOT, env=environment, stderr=log) as process,
    ):
        yield Served(process, folder, port)


@pytest.fixture
def under_nohup(tmp_path: Path) -> Iterator[Served]:
    """A `getsms serve` that nohup started on a port that another program has; it has said its address."""
    with ExitStack() as running:
        taken = running.enter_context(socket.socket())
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
        try:
            served = running.enter_context(_serve(tmp_path, taken.getsockname()[1], "", False))
        finally:
            signal.signal(signal.SIGHUP, before)
        served.process.send_signal(signal.SIGHUP)
        served.wait_for("Open http://127.0.0.1")
        yield served


def _gone(pids: dict[int, str]) -> bool:
    return not any(processes.process_start_ticks(pid) for pid in pids)


def test_under_nohup_and_on_another_port_it_starts_all_and_a_stop_leaves_one_whole_private_file(
    under_nohup: Served,
) -> None:
    served = under_nohup
    asked_for, port = map(int, re.findall(r"Port (\d+) is taken by another program. Using (\d+)", served.said)[0])
    assert asked_for == served.port != port
    assert f"Open http://127.0.0.1:{port} " in served.said
    assert f"Open http://127.0.0.1:{asked_for} " not in served.said
    assert "Sandbox: nothing leaves this machine." in served.said
    url = f"http://127.0.0.1:{port}"
    served.wait_for(f"First start: choose the administrator at {url}/welcome?token=")
    token = served.said.partition("/welcome?token=")[2].split()[0]
    assert requests.get(f"{url}/welcome", timeout=10).status_code == 403  # on this machine, too
    assert "<form" in requests.get(f"{url}/welcome", {"token": token}, headers={"Host": "x.example"}, timeout=10).text
    assert served.said.count(token) == 1
    database = served.folder / "serve.db"
    store = open_store(f"sqlite:///{database}")
    poll(lambda: workers_online.present(store), seconds=60, what="no worker came up")

    def kinds() -> set[str]:
        with store.reading() as session:
            return {process.kind for process in workers_online.running(session)}

    poll(lambda: kinds() == {"worker", "app"}, seconds=60, what="the app or the worker is not registered")
    children = served.children()
    assert len(children) == 3
    served.process.send_signal(signal.SIGINT)
    assert served.process.wait(60) == 0
    assert served.said.endswith("Stopped.\n")
    poll(lambda: _gone(children), seconds=60, what=f"still running: {children}")
    copy = served.folder / "copy.db"  # this test's connection is still open: no last one folds the log into the file
    copy.write_bytes(database.read_bytes())
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("SELECT count(*) FROM app_server WHERE stopped_at IS NOT NULL").fetchone() == (1,)
        assert connection.execute("SELECT count(*) FROM worker WHERE stopped_at IS NOT NULL").fetchone() == (1,)
    assert served.folder.joinpath("serve.db-wal").stat().st_size == 0
    store.close()
    private = [database, served.folder / "server.secret", *(served.folder / "run").iterdir()]
    modes = {path.name: path.stat().st_mode & 0o777 for path in private}
    assert modes == {path.name: 0o700 if path.is_dir() else 0o600 for path in private}


def test_it_announces_a_name_that_the_app_answers_to_restarts_a_dead_worker_and_killed_it_leaves_no_process(
    tmp_path: Path,
) -> None:
    hosts = {"GETSMS_ALLOWED_HOSTS": "sms.example.uz, *.example.org", "GETSMS_APP_URL": "https://sms.example.uz"}
    with _serve(tmp_path, find_free_port(), **hosts) as served:
        served.wait_for("First start: choose the administrator at https://sms.example.uz/welcome?token=")
        assert "Open https://sms.example.uz " in served.said
        token = served.said.partition("/welcome?token=")[2].split()[0]
        welcome, headers = f"http://127.0.0.1:{served.port}/welcome", {"Host": "sms.example.uz"}
        assert "<form" in requests.get(welcome, {"token": token}, headers=headers, timeout=60).text

        poll(lambda: served.child(" worker"), seconds=60)
        first = served.child(" worker")
        os.kill(first, signal.SIGKILL)
        served.wait_for("process.ended name=worker exit_code=-9 wait_ms=1000")
        poll(lambda: served.child(" worker") not in (0, first), seconds=60, what="it was not started again")
        poll(lambda: len(served.children()) == 3, seconds=60)
        children = served.children()
        served.process.kill()
        served.process.wait(30)
        poll(lambda: _gone(children), seconds=60, what=f"still running: {children}")


def test_an_app_that_hangs_is_restarted_and_the_worker_keeps_running(tmp_path: Path) -> None:
    # The app may be stopped before its first answer to the health check: then the start's time-out counts.
    seconds = {"CHECK_INTERVAL_SECONDS": 0.2, "HANG_TIMEOUT_SECONDS": 15.0, "STARTUP_TIMEOUT_SECONDS": 120.0}
    short = f"from getsms_core.base import healthcheck; vars(healthcheck).update({seconds!r})"
    with _serve(tmp_path, find_free_port(), short) as served:
        served.wait_for("Open http://127.0.0.1")
        poll(lambda: served.child(" worker"), seconds=60)
        app, worker = served.child("streamlit"), served.child(" worker")
        os.kill(app, signal.SIGSTOP)  # it hangs: the kernel still accepts connections for it
        poll(lambda: "process.hung name=app" in served.said, seconds=180, what=f"no restart: {served.said}")
        poll(lambda: served.child("streamlit") not in (0, app), seconds=120, what="it was not started again")
        health = f"http://127.0.0.1:{served.port}/_stcore/health"
        poll(lambda: _answers(health), seconds=120, what="the new one does not answer")
        assert served.child(" worker") == worker
        assert not processes.process_start_ticks(app)
        assert served.said.count("process.hung") == 1
        served.process.terminate()
        assert served.process.wait(60) == 0


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=1).ok
    except requests.RequestException:
        return False


def test_a_host_that_is_none_of_this_computer_is_not_called_a_taken_port(tmp_path: Path) -> None:
    settings = load(_env_file=None, database_url=f"sqlite:///{tmp_path / 'x.db'}")
    for host in ("192.0.2.1", "no-such-host.invalid"):
        with pytest.raises(DomainError, match="does not have this address"):
            serve(settings, find_free_port(), host)


def test_a_database_that_cannot_be_opened_ends_it_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "serve.db").write_text("this is no database, and longer than a header " * 10)
    with _serve(tmp_path, find_free_port()) as running:
        assert running.process.wait(60) == 1
    assert "The database file cannot be opened" in running.said
    assert "Traceback" not in running.said


def test_a_wrong_setting_ends_it_with_a_sentence_that_names_it(tmp_path: Path) -> None:
    with _serve(tmp_path, find_free_port(), GETSMS_RATTE="5") as running:
        assert running.process.wait(60) == 1
    assert "GETSMS_RATTE" in running.said


def test_the_first_lines_name_the_gateway_and_not_its_login(capsys: pytest.CaptureFixture[str]) -> None:
    live = settings_for(login="acme", password="secret", url="https://acme:secret@gateway.example/smsgateway/")
    announce(live, "127.0.0.1", 8501, "")
    lines = capsys.readouterr().err
    assert "https://gateway.example/smsgateway/" in lines
    assert "acme" not in lines
    assert "secret" not in lines
