"""Process identity: whether another process still runs, and ending with the parent process. Pausing its collector."""

import ctypes
import gc
import os
import queue
import resource
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def keep_files_private() -> None:
    """Let only this user read the files that this process and its children make: 0600, and folders 0700. Every entry
    point calls it; SQLite gives its log the mode of its database."""
    os.umask(0o077)


def allow_open_files(wanted: int = 65_536) -> int:
    """Let this process open up to `wanted` files and sockets, as far as the system allows; return how many. A shell
    allows 1,024, of which every open page takes one or two."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    limit = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < limit:
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


@contextmanager
def collector_paused() -> Iterator[None]:
    """Look for no reference cycles in the block, in any thread of this process. For a block that makes many objects,
    keeps them until its end and makes hardly any cycles: the collector reads them all again and again in vain."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def host_identity() -> str:
    """Return the identity of this machine for process numbers: its name, boot and PID namespace. A PID of another
    identity is never looked up here."""
    parts = [socket.gethostname()]
    try:
        parts.append(Path("/proc/sys/kernel/random/boot_id").read_text().strip()[:8])
        parts.append(str(Path("/proc/self/ns/pid").readlink()))
    except OSError:
        pass
    return "/".join(parts)


def boot_identity() -> str:
    """Return what only processes of this machine since its last start have in common, in whatever container they run;
    "" where the system does not tell."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip().replace("-", "")
    except OSError:
        return ""
    try:  # machines that were copied while they ran
        machine = Path("/etc/machine-id").read_text().strip()
    except OSError:
        machine = ""
    return boot + machine


def own_pid() -> int:
    """Return the number of this process."""
    return os.getpid()


def process_start_ticks(pid: int) -> str:
    """Return when a process of this machine started, in kernel ticks; "" if it does not exist or the system has no
    /proc."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return ""
    fields = stat.rpartition(")")[2].split()  # the name before it may hold blanks and brackets
    return "" if fields[0] == "Z" else fields[19]


def is_process_alive(pid: int, started_at: str) -> bool:
    """Return whether the process still runs and is not a later process with the same PID."""
    if started_at:
        return process_start_ticks(pid) == started_at
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def die_with_parent(parent: int) -> None:
    """End this process by SIGTERM when `parent`, which started it, has ended; at once if it already has. Linux only."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGTERM)


def redirect_to_devnull(number: int) -> None:
    """Discard what is written to this file descriptor, after its terminal was closed or its reader ended. The rest of
    Python's buffer would otherwise fail again at the end of the process, with exit code 120."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, number)
    os.close(nowhere)


def print_to_stderr(sentence: str) -> None:
    """Print a line for the user at the terminal; stdout is reserved for scripts. A closed terminal is not an error
    (Linux reports EIO, a pipe EPIPE)."""
    try:
        print(sentence, file=sys.stderr, flush=True)
    except OSError:
        redirect_to_devnull(2)


class SignalFlag:
    """Set by a signal handler and waited for by the main thread. A handler runs in the middle of what the main thread
    does: `threading.Event.set` would wait forever for the lock that the interrupted `wait` holds."""

    def __init__(self) -> None:
        self._signals: queue.SimpleQueue[None] = queue.SimpleQueue()

    def set(self) -> None:
        """End the present `wait`, or the next one."""
        self._signals.put(None)

    def wait(self, seconds: float) -> bool:
        """Return whether it was set since the last `wait` that returned true; waits at most `seconds` for that."""
        try:
            self._signals.get(timeout=seconds)
        except queue.Empty:
            return False
        return True

    def clear(self) -> None:
        """Forget what was set before."""
        while not self._signals.empty():
            self._signals.get()


def exit_on_sigterm() -> None:
    """Turn SIGTERM into `SystemExit`, so that `with` and `finally` blocks run: temporary files are removed."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
