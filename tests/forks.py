"""Processes of the program, forked from one that has imported it: 0.1 s of CPU where a start of Python takes two.

`ForkedProcess` takes the place of `subprocess.Popen`, and is as real: it has a number of its own, is killed, and ends
with an exit status. Its parent is the fork server, which ends its children when the test process ends. What a start
itself does is tested with `subprocess`: which modules are loaded, signals of the first moment, the installed command.

What `getsms serve` and a worker start in a forked process is forked from that: app, worker and practice gateway. Not
the processes of jobs and readers: their parents have threads by then.
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
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # a program that starts another with this module does not pay for the database's
    from getsms_core.jobs import JobRun

ROOT = Path(__file__).resolve().parent.parent
PARENT = "{parent}"
"""An argument that stands for the number of the parent process."""
_IMPORTED = {
    "program": (
        "alembic.command",
        "fpdf",
        "getsms_core.cli.worker",
        "getsms_core.worker.handlers",
        "getsms_core.worker.loop",
        "pandas",
        "phonenumbers",
        "psycopg",
    ),
    "app": (
        "getsms_core.worker.app_servers",
        "plotly.graph_objects",
        "streamlit.web.cli",
        "uvicorn.main",
    ),
}
"""What each kind of fork server imports first, "app" beside what "program" has. Only a process that starts an app pays
for Streamlit. The pages are not among it: they read settings and make their caches when they are imported."""
_APPS = frozenset({"streamlit", "uvicorn", "serve"})
_LIMIT = 120.0  # seconds


class ForkedProcess(subprocess.Popen[Any]):
    """`ForkedProcess([sys.executable, "-m", "getsms_core.cli", "worker"], ...)`, or `"-c", CODE`, with the options of
    `Popen` for the three streams, the folder, the environment, the umask and the session."""

    def _execute_child(self, *arguments: Any) -> None:
        wish, streams = _wish(arguments)
        self._kind = "app" if _APPS.intersection(arguments[0]) else "program"
        self.pid = _server(self._kind).start(wish, streams)
        self._child_created = True
        self._close_pipe_fds(*arguments[10:16])  # type: ignore[attr-defined]

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


class _ForkedAgain(subprocess.Popen[Any]):
    """In the place of `subprocess.Popen` in a forked process: forks it for what a process of one thread starts."""

    def _execute_child(self, *arguments: Any) -> None:
        from getsms_core.serve import _COMMAND

        args, preexec = arguments[0], arguments[2]
        program = args[2] if isinstance(args, list) and args[0] == sys.executable and len(args) > 2 else ""
        if program not in ("streamlit", "getsms_core.sandbox", _COMMAND) or threading.active_count() > 1:
            super()._execute_child(*arguments)  # type: ignore[misc]
            return
        wish, streams = _wish(arguments)
        self.pid = os.fork()
        if self.pid == 0:
            try:
                gc.freeze()  # the objects of the parent, which stay its own: a connection would say good-bye
                streams = [os.dup(stream) for stream in streams]
                if preexec is not None:
                    preexec()
                Path("/proc/self/comm").write_text(args[3] if program == _COMMAND else program)
                _become(wish, streams)
            finally:
                os._exit(1)
        self._child_created = True
        self._close_pipe_fds(*arguments[10:16])  # type: ignore[attr-defined]


def _wish(arguments: Sequence[Any]) -> tuple[dict[str, Any], list[int]]:
    """Return what `_become` needs, and the numbers of the three streams, of the arguments of `Popen._execute_child`."""
    args, _executable, _preexec, _close_fds, _pass_fds, cwd, env = arguments[:7]
    p2cread, _p2cwrite, _c2pread, c2pwrite, _errread, errwrite = arguments[10:16]
    assert args[0] == sys.executable, args
    assert args[1] in ("-m", "-c"), args
    wish = {
        "option": args[1],
        "program": args[2],
        "arguments": [str(argument) for argument in args[3:]],
        "folder": str(cwd or Path.cwd()),
        "environment": dict(os.environ if env is None else env),
        "umask": arguments[20],
        "session": arguments[21],
    }
    return wish, [own if given == -1 else given for own, given in enumerate((p2cread, c2pwrite, errwrite))]


def run_forked(command: Sequence[str], *, timeout: float, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run a command to its end and return its output as text; options of `ForkedProcess`."""
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with ForkedProcess(command, **(pipes | options)) as process:
        try:
            stdout, stderr = process.communicate(timeout=timeout)
        finally:
            process.kill()
    return subprocess.CompletedProcess(command, process.wait(timeout), stdout, stderr)


def start_job(run: "JobRun") -> subprocess.Popen[bytes]:
    """In the place of `getsms_core.worker.handlers.start_process`."""
    line = [sys.executable, "-m", "getsms_core.worker.handlers", str(run.id), str(run.attempt), PARENT]
    return ForkedProcess(line, stdin=subprocess.DEVNULL)


def start_arrow_reader(command: Sequence[str], **pipes: Any) -> subprocess.Popen[bytes]:
    """In the place of `subprocess.Popen` in `getsms_core.db.arrow_reader`."""
    return ForkedProcess([sys.executable, "-m", "getsms_core.db.arrow_child", command[-1]], **pipes)


# ------------------------------------------------------------------------------------------ the server and its client


class _Server:
    """A fork server of this process, of one kind of `_IMPORTED`. That of apps is forked from that of programs."""

    def __init__(self, kind: str) -> None:
        self._lock = threading.Lock()
        self._socket, other = socket.socketpair()
        self._socket.settimeout(_LIMIT)
        self._process: subprocess.Popen[bytes] | None = None
        with other:
            if kind == "program":
                command = [sys.executable, "-m", "tests.forks", str(other.fileno())]
                self._process = subprocess.Popen(command, cwd=ROOT, pass_fds=[other.fileno()], stdin=subprocess.DEVNULL)
            else:
                _server("program").start({"serve": kind}, [other.fileno()] * 3)
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
        if self._process is not None:
            self._process.wait(_LIMIT)

    def _ask(self, wish: dict[str, object], streams: list[int]) -> Any:
        line = json.dumps(wish).encode()
        with self._lock:
            socket.send_fds(self._socket, [len(line).to_bytes(4)], streams)
            self._socket.sendall(line)
            return json.loads(self._answers.readline())


_servers: dict[str, _Server] = {}
_first = threading.RLock()


def _server(kind: str) -> _Server:
    with _first:
        if kind not in _servers:
            _servers[kind] = _Server(kind)
        return _servers[kind]


def quick_passwords() -> None:
    """Hash passwords quickly in this process: argon2 takes 64 MB and a twentieth of a second on purpose; the tests make
    hundreds of people, and sign in as often."""
    import argon2

    from getsms_core.users import passwords

    passwords._hasher = argon2.PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)


def stop_servers() -> None:
    """End the fork servers of this process, the first one last: it waits for the others."""
    while _servers:
        _servers.popitem()[1].close()


def _serve(connection: socket.socket) -> None:
    """Fork a process for each wish, until the other end is closed."""
    children: set[int] = set()
    servers: set[int] = set()
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
                _be_server(streams[0], wish["serve"]) if "serve" in wish else _become(wish, streams)
            children.add(pid)
            if "serve" in wish:
                servers.add(pid)
            for stream in streams:
                os.close(stream)
            answer: int | None = pid
        else:
            _reap(children, ended)
            answer = ended.get(wanted)
        connection.sendall(json.dumps(answer).encode() + b"\n")
    for pid in children - servers:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    for pid in children:
        os.waitpid(pid, 0)


def _be_server(descriptor: int, kind: str) -> None:
    """Be the fork server of another kind from here to its end."""
    try:
        main(descriptor, kind)
    finally:
        os._exit(0)


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
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    for number in signal.valid_signals():
        if callable(signal.getsignal(number)):
            signal.signal(number, signal.SIG_DFL)
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if wish["session"]:
        os.setsid()
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
    subprocess.Popen = _ForkedAgain  # type: ignore[misc]
    sys.argv = ["", *(str(os.getppid()) if argument == PARENT else argument for argument in wish["arguments"])]
    code = 0
    try:
        if wish["option"] == "-m":
            runpy.run_module(wish["program"], run_name="__main__", alter_sys=True)
        else:
            sys.modules["__main__"] = main_module = ModuleType("__main__")
            exec(wish["program"], vars(main_module))
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
    from sqlalchemy.orm import configure_mappers

    from getsms_core.phone import ranges

    configure_mappers()
    ranges.kinds()
    ranges.range_names()
    quick_passwords()
    gc.collect()
    gc.freeze()
    with socket.socket(fileno=descriptor) as connection:
        _serve(connection)


if __name__ == "__main__":
    main(int(sys.argv[1]), "program")
