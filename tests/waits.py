"""Waits that end: threads and child processes with a limit, and their errors in the test that started them.

A thread's exception is lost at `Thread.join()`, and a wait without a limit holds the whole run: one did, for an hour.
`tests/unit/test_waits.py` finds every wait in the tests that has none.
"""

import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, wait
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, TypeVar

import pytest

from tests.forks import ForkedProcess

T = TypeVar("T")
LIMIT = 120.0
"""Seconds that a thread or process may take to end; a hundred times what it takes on an idle machine."""


@contextmanager
def background(work: Callable[[], T], seconds: float = LIMIT) -> Iterator["Future[T]"]:
    """Run `work` in a thread during the block, and wait for its end behind it. What it raised is raised there, unless
    the block itself raised. The thread never keeps the process alive."""
    future: Future[T] = Future()
    threading.Thread(target=_run, args=(future, work), daemon=True).start()
    try:
        yield future
    except BaseException:
        wait([future], seconds)
        raise
    _results([future], seconds)


def run_threads(*works: Callable[[], T], seconds: float = LIMIT) -> list[T]:
    """Run each of `works` in a thread of its own, all released at one moment; return their results in this order.

    Raises what the first of them raised; fails the test when one does not end within `seconds`."""
    together = threading.Barrier(len(works))
    futures: list[Future[T]] = [Future() for _ in works]
    for future, work in zip(futures, works, strict=True):
        threading.Thread(target=_run, args=(future, work, together, seconds), daemon=True).start()
    return _results(futures, seconds)


def _run(
    future: "Future[T]", work: Callable[[], T], together: threading.Barrier | None = None, seconds: float = LIMIT
) -> None:
    try:
        if together is not None:
            together.wait(seconds)
        future.set_result(work())
    except BaseException as error:
        future.set_exception(error)


def _results(futures: Sequence["Future[T]"], seconds: float) -> list[T]:
    if late := wait(futures, seconds).not_done:
        pytest.fail(f"{len(late)} of {len(futures)} threads did not end within {seconds:g} seconds")
    return [future.result(0) for future in futures]


@contextmanager
def child_process(
    command: Sequence[str | Path], *, stop_seconds: float = 0, forked: bool = False, **options: Any
) -> Iterator["subprocess.Popen[Any]"]:
    """A child process that is killed at the end of the block if it still runs. With `stop_seconds` it is asked to end
    first (SIGTERM) and gets that long to stop children of its own. `forked` = see tests/forks.py. `options` are those
    of `Popen`."""
    start = ForkedProcess if forked else subprocess.Popen
    with start(command, **options) as process:
        try:
            yield process
            if stop_seconds and process.poll() is None:
                process.terminate()
                process.wait(stop_seconds)
        finally:
            process.kill()


def read_line(process: "subprocess.Popen[Any]", stream: IO[Any] | None = None, seconds: float = LIMIT) -> Any:
    """Return the next line of a child's stdout, or of another of its pipes; "" at the end of its output. A child that
    writes none within `seconds` is killed, and the test fails."""
    late = threading.Event()

    def kill() -> None:
        late.set()
        process.kill()

    timer = threading.Timer(seconds, kill)
    timer.daemon = True
    timer.start()
    try:
        pipe = stream or process.stdout
        assert pipe is not None
        line = pipe.readline()
    finally:
        timer.cancel()
    if late.is_set():
        pytest.fail(f"process {process.pid} wrote no line within {seconds:g} seconds")
    return line
