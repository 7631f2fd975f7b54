"""Processes of the program, forked from one that has imported it: 0.1 s of CPU where a start of Python takes two.

`ForkedProcess` takes the place of `subprocess.Popen`, and is as real: it has a number of its own, is killed, and ends
with an exit status. Its parent is the fork server, which ends its children when the test process ends. What a start
itself does is tested with `subprocess`: which modules are loaded, signals of the first moment, the installed command.
"""

import atexit
import gc
import importlib
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy.orm import configure_mappers

from getsms_core.jobs import JobRun
from getsms_core.phone import ranges

ROOT = Path(__file__).resolve().parent.parent
PARENT = "{parent}"
"""An argument that stands for the number of the parent process."""
_PROGRAM = ("pandas", "getsms_core.worker.handlers", "getsms_core.worker.loop", "getsms_core.cli.worker")
_IMPORTED = {
    "program": _PROGRAM,
    "app": (
        *_PROGRAM,
        "getsms_core.worker.app_servers",
        "phonenumbers",
        "plotly.graph_objects",
        "streamlit.web.cli",
        "uvicorn.main",
    ),
}
"""What each kind of fork server imports first. Only a process that starts an app pays for Streamlit. The pages are not
among it: they read settings and make their caches when they are imported."""
_APPS = frozenset({"streamlit", "uvicorn"})
_LIMIT = 120.0  # seconds


class ForkedProcess(subprocess.Popen[Any]):
    """`ForkedProcess([sys.executable, "-m", "getsms_core.cli", "worker"], ...)` with the options of `Popen` for the
    three streams, the folder, the environment and the umask."""

    def _execute_child(self, *arguments: Any) -> None:
        args, _executable, _preexec, _close_fds, _pass_fds, cwd, env = arguments[:7]
        p2cread, p2cwrite, c2pread, c2pwrite, errread, errwrite = arguments[10:16]
        assert args[:2] == [sys.executable, "-m"], args
        streams = [own if given == -1 else given for own, given in enumerate((p2cread, c2pwrite, errwrite))]
        wish = {
            "module": args[2],
            "arguments": [str(argument) for argument in args[3:]],
            "folder": str(cwd or Path.cwd()),
            "environment": dict(os.environ if env is None else env),
            "umask": arguments[20],
        }
        self._kind = "app" if args[2] in _APPS else "program"
        self.pid = _server(self._kind).start(wish, streams)
        self._child_created = True
        self._close_pipe_fds(p2cread, p2cwrite, c2pread, c2pwrite, errread, errwrite)  # type: ignore[attr-defined]

    def _internal_poll(self, _deadstate: int | None = None) -> int | None:
        if self.returncode is None and self._kind in _servers:  # its end is known as long as its parent runs
            pid, status = self._try_wait(os.WNOHANG)
            if pid == self.pid:
                self._handle_exitstatus(status)  # type: ignore[attr-defined]
        return self.returncode

    def _try_wait(self, flags: int) -> tuple[int, int]:
        never, deadline = threading.Event(), time.monotonic() + _LIMIT
        while (status := _server(self._kind).status(self.pid)) is None and not flags & os.WNOHANG:
            if time.monotonic() > deadline:
                raise TimeoutError(f"process {self.pid} did not end within {_LIMIT:g} seconds")
            never.wait(0.01)
        return (0, 0) if status is None else (self.pid, status)


def run_forked(command: Sequence[str], *, timeout: float, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run a command to its end and return its output as text; options of `ForkedProcess`."""
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with ForkedProcess(command, **(pipes | options)) as process:
        try:
            stdout, stderr = process.communicate(timeout=timeout)
        finally:
            process.kill()
    return subprocess.CompletedProcess(command, process.wait(timeout), stdout, stderr)


def start_job(run: JobRun) -> subprocess.Popen[bytes]:
    """In the place of `getsms_core.worker.handlers.start_process`."""
    line = [sys.executable, "-m", "getsms_core.worker.handlers", str(run.id), str(run.attempt), PARENT]
    return ForkedProcess(line, stdin=subprocess.DEVNULL)


def start_arrow_reader(command: Sequence[str], **pipes: Any) -> subprocess.Popen[bytes]:
    """In the place of `subprocess.Popen` in `getsms_core.db.arrow_reader`."""
    return ForkedProcess([sys.executable, "-m", "getsms_core.db.arrow_child", command[-1]], **pipes)


# ------------------------------------------------------------------------------------------ the server and its client


class _Server:
    """A fork server of this process, of one kind of `_IMPORTED`."""

    def __init__(self, kind: str) -> None:
        self._lock = threading.Lock()
        self._socket, other = socket.socketpair()
        self._socket.settimeout(_LIMIT)
        with other:
            command = [sys.executable, "-m", "tests.forks", str(other.fileno()), kind]
            self._process = subprocess.Popen(command, cwd=ROOT, pass_fds=[other.fileno()], stdin=subprocess.DEVNULL)
        self._answers = self._socket.makefile("r")

    def start(self, wish: dict[str, object], streams: list[int]) -> int:
        """Fork a process with these three streams; return its number."""
        return int(self._ask(wish, streams))

    def status(self, pid: int) -> int | None:
        """How a process ended, as `os.waitpid` says it; None while it runs."""
        answer = self._ask({"status_of": pid}, [])
        return None if answer is None else int(answer)

    def close(self) -> None:
        """End the server, which ends its children."""
        self._answers.close()
        self._socket.close()
        self._process.wait(_LIMIT)

    def _ask(self, wish: dict[str, object], streams: list[int]) -> Any:
        line = json.dumps(wish).encode()
        with self._lock:
            socket.send_fds(self._socket, [len(line).to_bytes(4)], streams)
            self._socket.sendall(line)
            return json.loads(self._answers.readline())


_servers: dict[str, _Server] = {}
_first = threading.Lock()


def _server(kind: str) -> _Server:
    with _first:
        if kind not in _servers:
            _servers[kind] = _Server(kind)
        return _servers[kind]


def stop_servers() -> None:
    """End the fork servers of this process."""
    while _servers:
        _servers.popitem()[1].close()


def _serve(connection: socket.socket) -> None:
    """Fork a process for each wish, until the other end is closed."""
    children: set[int] = set()
    ended: dict[int, int] = {}
    while True:
        head, streams, _flags, _address = socket.recv_fds(connection, 4, 3)
        if not head:
            break
        wish = json.loads(_read(connection, int.from_bytes(head)))
        if (wanted := wish.get("status_of")) is None:
            pid = os.fork()
            if pid == 0:
                connection.close()
                _become(wish, streams)
            children.add(pid)
            for stream in streams:
                os.close(stream)
            answer: int | None = pid
        else:
            _reap(children, ended)
            answer = ended.get(wanted)
        connection.sendall(json.dumps(answer).encode() + b"\n")
    for pid in children:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _read(connection: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        part = connection.recv(size - len(data))
        if not part:
            raise EOFError
        data += part
    return data


def _reap(children: set[int], ended: dict[int, int]) -> None:
    for pid in list(children):
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            children.discard(pid)
            ended[pid] = status


def _become(wish: dict[str, Any], streams: list[int]) -> None:
    """Be the wanted process from here to its end."""
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115  (for the life of the process)
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", 1, "utf-8", "backslashreplace", closefd=False)  # noqa: SIM115
    os.chdir(wish["folder"])
    if wish["umask"] >= 0:
        os.umask(wish["umask"])
    os.environ.clear()
    os.environ.update(wish["environment"])
    time.tzset()
    tempfile.tempdir = None
    sys.argv = ["", *(str(os.getppid()) if argument == PARENT else argument for argument in wish["arguments"])]
    code = 0
    try:
        runpy.run_module(wish["module"], run_name="__main__", alter_sys=True)
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
        if isinstance(leaving.code, str):
            print(leaving.code, file=sys.stderr)
    except BaseException:
        sys.excepthook(*sys.exc_info())
        code = 1
    threading._shutdown()  # type: ignore[attr-defined]  # as at the end of an interpreter, without freeing every module
    atexit._run_exitfuncs()
    with suppress(OSError, ValueError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)


def main(descriptor: int, kind: str) -> None:
    """Import what this kind needs, make what each process would make at its first use (0.3 s of CPU), then serve."""
    for module in _IMPORTED[kind]:
        importlib.import_module(module)
    configure_mappers()
    ranges.kinds()
    ranges.range_names()
    gc.collect()
    gc.freeze()
    with socket.socket(fileno=descriptor) as connection:
        _serve(connection)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
