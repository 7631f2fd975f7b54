"""A terminal that is closed ends `serve`, `worker` and `sandbox` in good order: no crash note, no traceback."""

import os
import pty
import select
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import AbstractContextManager, closing
from pathlib import Path

import pytest

from getsms_core.base import processes
from tests.conftest import ROOT, copy_sqlite_template, find_free_port, poll
from tests.waits import child_process

READY = {"serve": "Open http://127.0.0.1", "worker": "worker.started", "sandbox": "Practice gateway on"}
SCRIPT = """
import os, sys
os.setsid()
import fcntl, termios
fcntl.ioctl(2, termios.TIOCSCTTY, 0)
from getsms_core.cli import main
sys.argv = ["getsms", *sys.argv[1:]]
main()
"""
pytestmark = pytest.mark.xdist_group("serve")


def start(name: str, folder: Path, terminal: int) -> AbstractContextManager["subprocess.Popen[bytes]"]:
    """The command with this terminal as its own, for one block."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GETSMS_")}
    environment |= {
        "GETSMS_DATABASE_URL": f"sqlite:///{folder / 'test.db'}",
        "GETSMS_FILES": str(folder / "files"),
        "GETSMS_ENV": "test",
        "TMPDIR": str(folder / "tmp"),
    }
    (folder / "tmp").mkdir()
    copy_sqlite_template(folder)  # to migrate an empty file takes a second of CPU
    arguments_by_command = {
        "serve": ["--port", str(find_free_port())],
        "sandbox": ["--state", str(folder / "sandbox.db")],
    }
    return child_process(
        [sys.executable, "-c", SCRIPT, name, *arguments_by_command.get(name, [])],
        forked=True, stop_seconds=60, cwd=ROOT, env=environment, stdin=terminal, stdout=terminal, stderr=terminal,
    )  # fmt: skip


def read_until(master: int, wanted: str, seconds: float = 60) -> None:
    """Read from a terminal until it shows this text."""
    seen, deadline = b"", time.monotonic() + seconds
    while wanted.encode() not in seen:
        readable, _, _ = select.select([master], [], [], max(0.0, deadline - time.monotonic()))
        part = os.read(master, 4096) if readable else b""
        assert part, f"{wanted!r} did not appear: {seen.decode(errors='replace')}"
        seen += part


def ended_well(process: "subprocess.Popen[bytes]", folder: Path) -> None:
    assert process.wait(60) == 0
    assert not list((folder / "tmp").glob("getsms-error-*"))


@pytest.mark.parametrize("name", ["serve", "worker", "sandbox"])
def test_a_closed_terminal_ends_it_in_good_order(name: str, tmp_path: Path) -> None:
    master, terminal = pty.openpty()
    with start(name, tmp_path, terminal) as process:
        os.close(terminal)
        read_until(master, READY[name])
        pids = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        os.close(master)  # the kernel sends SIGHUP, and every write is EIO from now on
        ended_well(process, tmp_path)
        poll(
            lambda: not any(processes.process_start_ticks(int(pid)) for pid in pids),
            seconds=30,
            what="a child still runs",
        )


@pytest.mark.parametrize("name", ["worker", "sandbox"])
def test_a_terminal_that_closed_before_the_first_line_causes_no_error(name: str, tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)  # every write is EPIPE
    folder = tmp_path
    with child_process(
        [sys.executable, "-c", HUNG_UP.format(name=name, state=folder / "sandbox.db")],
        stop_seconds=60, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=writer, stderr=writer,
        env={key: value for key, value in os.environ.items() if not key.startswith("GETSMS_")}
        | {"GETSMS_DATABASE_URL": f"sqlite:///{folder / 'x.db'}", "GETSMS_FILES": str(folder / "files"),
           "GETSMS_ENV": "test", "TMPDIR": str(folder)},
    ) as process:  # fmt: skip
        os.close(writer)
        poll(lambda: next(folder.rglob("sandbox.json"), None), seconds=60, what="it did not start")
        if name == "worker":  # its gateway runs before it takes signals
            poll(lambda: has_worker(folder / "x.db"), seconds=60, what="the worker is not registered")
        process.send_signal(signal.SIGHUP)
        ended_well(process, _with_tmp(folder))


def has_worker(file: Path) -> bool:
    """Whether a worker has registered in a database."""
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
        return bool(connection.execute("SELECT count(*) FROM worker").fetchone()[0])


HUNG_UP = """
import sys
from getsms_core.cli import main
sys.argv = ["getsms", "{name}"] + (["--state", "{state}"] if "{name}" == "sandbox" else [])
main()
"""


def _with_tmp(folder: Path) -> Path:
    (folder / "tmp").mkdir()
    for note in folder.glob("getsms-error-*"):
        note.rename(folder / "tmp" / note.name)
    return folder


def test_an_error_that_cannot_be_written_still_exits_with_one(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    result = subprocess.run(
        [sys.executable, "-m", "getsms_core.cli", "check", "no-such-file.csv"],
        cwd=ROOT, stderr=writer, stdout=subprocess.PIPE, check=False, timeout=60,
        env=os.environ | {"TMPDIR": str(tmp_path)},
    )  # fmt: skip
    os.close(writer)
    assert (result.returncode, result.stdout) in ((1, b""), (2, b""))
    assert not list(tmp_path.glob("getsms-error-*"))
