"""Workers to be killed: `python -m tests.kill.worker DATABASE_URL GATEWAY_URL` runs one.

Without arguments it is a nursery: it has imported everything and forks a worker for each line that asks for one, which
takes 0.05 s where a start of its own takes a second. That is what makes hundreds of kills in a minute possible.

stdin, a JSON object a line             stdout, a JSON value a line
{"do": "worker", "environment": {...}}  the new process's number; it runs until it is stopped or killed
{"do": "hold", "file": F, "seconds": S} the number of a process that holds the write lock of a SQLite file so long
{"do": "ended"}                         [[number, exit status or minus the signal], ...] since the last such question
"""

import json
import logging
import os
import signal
import sqlite3
import sys
import threading
import time
import traceback
from collections.abc import Callable
from typing import Any

from sqlalchemy.exc import OperationalError

from getsms_core.accounts import gateway_account
from getsms_core.base import processes
from getsms_core.base.errors import DomainError
from getsms_core.base.settings import load
from getsms_core.db.engine import open_store
from getsms_core.worker.loop import Worker, install_signals
from getsms_core.worker.request_notes import RequestNotes

NO_DATABASE = 3
"""Exit status of a worker that could not open the database when it started."""


def work(environment: dict[str, str]) -> None:
    """Run a worker with these settings until stopped. They go through the environment, so that its jobs have them."""
    for name in [name for name in os.environ if name.startswith("GETSMS_")]:
        del os.environ[name]
    os.environ.update(environment)
    elsewhere(environment.get("KILL_HOST", ""), float(environment.get("KILL_CLOCK", "0")))
    if environment.get("KILL_AFTER_NOTE"):
        die_after_a_note()
    settings = load(_env_file=None)
    try:
        store = open_store(settings.database_url)
    except (DomainError, OperationalError):
        sys.exit(NO_DATABASE)
    gateway = gateway_account.gateway(settings)
    worker = Worker(store, settings, gateway)
    install_signals(worker)
    worker.run()
    gateway.close()
    store.close()


def elsewhere(host: str, clock: float) -> None:
    """Be on another machine: under this host name, and with a clock that is so many seconds off."""
    if host:
        processes.host_identity = lambda: host
    if clock:
        seconds, nanoseconds = time.time, time.time_ns
        time.time = lambda: seconds() + clock
        time.time_ns = lambda: nanoseconds() + int(clock * 1e9)


def die_after_a_note() -> None:
    """Be killed at the worst moment of a note: it says that the request begins, and no byte of it has gone out."""
    noted = RequestNotes.begins

    def begins(notes: RequestNotes, attempt: str) -> None:
        noted(notes, attempt)
        os.kill(os.getpid(), signal.SIGKILL)

    patched: Any = RequestNotes
    patched.begins = begins


def environment(database: str, gateway: str, **more: object) -> dict[str, str]:
    """The settings of a worker on this database that sends to this gateway."""
    named = {"database_url": database, "url": gateway, "login": "kill", "password": "kill", **more}
    return {f"GETSMS_{name.upper()}": str(value) for name, value in named.items()}


def hold(file: str, seconds: float) -> None:
    """Hold the one write lock of a SQLite file, as a backup or a stray program would."""
    connection = sqlite3.connect(file, timeout=60, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    threading.Event().wait(seconds)
    connection.rollback()


def nursery() -> None:
    """Serve until stdin ends; then every child ends too."""
    me = os.getpid()
    children: set[int] = set()
    for line in sys.stdin:
        wish: dict[str, Any] = json.loads(line)
        answer: object
        if wish["do"] == "ended":
            answer = _ended(children)
        else:
            if wish["do"] == "worker":
                answer = _fork(me, work, wish["environment"])
            else:
                answer = _fork(me, hold, wish["file"], wish["seconds"])
            children.add(int(str(answer)))
        print(json.dumps(answer), flush=True)
    for pid in children:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def _ended(children: set[int]) -> list[tuple[int, int]]:
    ended = []
    for pid in sorted(children):
        child, status = os.waitpid(pid, os.WNOHANG)
        if child:
            children.discard(pid)
            ended.append((pid, os.waitstatus_to_exitcode(status)))
    return ended


def _fork(parent: int, run: Callable[..., None], *arguments: Any) -> int:
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        os.dup2(os.open(os.devnull, os.O_RDWR), 0)
        os.dup2(2, 1)
        processes.die_with_parent(parent)
        run(*arguments)
        code = 0
    except SystemExit as leaving:
        code = int(str(leaving.code))
    except BaseException:
        print(f"process {os.getpid()}:", file=sys.stderr)
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(process)d %(message)s")
    if len(sys.argv) > 2:
        work(environment(sys.argv[1], sys.argv[2]))
    else:
        nursery()
