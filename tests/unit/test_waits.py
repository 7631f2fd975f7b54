"""The waits of the tests end: the helpers of `tests.waits`, and a search for waits without a limit."""

import ast
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.waits import background, child_process, read_line, run_threads

_ARGUMENTS_WITH_LIMIT = {"join": 1, "wait": 1, "result": 1, "communicate": 2, "Barrier": 3}
_PROCESS_CALLS = {"run", "call", "check_call", "check_output"}
_PIPES = {"stdout", "stderr"}
_REQUESTS = {"get", "post", "put", "delete", "head", "options", "patch", "request"}


def _unbounded(tree: ast.AST) -> Iterator[ast.Call]:
    """The calls that wait for another thread, process or server, and have no limit."""
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
            keywords = {keyword.arg for keyword in call.keywords}
            if not keywords & {"timeout", None} and _waits(call.func, len(call.args)):  # None: **options
                yield call


def _waits(function: ast.Attribute, arguments: int) -> bool:
    name, owner = function.attr, function.value
    if isinstance(owner, ast.Name) and owner.id == "subprocess":
        return name in _PROCESS_CALLS
    if isinstance(owner, ast.Name) and owner.id == "requests":
        return name in _REQUESTS
    if name == "readline":
        return isinstance(owner, ast.Attribute) and owner.attr in _PIPES
    return arguments < _ARGUMENTS_WITH_LIMIT.get(name, 0)


def _awaited(tree: ast.AST) -> set[int]:
    """The calls that an event loop waits for."""
    return {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Await)}


def _files() -> list[Path]:
    skipped = {ROOT / "tests" / "waits.py"}
    return sorted(set((ROOT / "tests").rglob("*.py")) - skipped)


def test_no_wait_in_the_tests_is_without_a_limit() -> None:
    unbounded = []
    for file in _files():
        tree = ast.parse(file.read_text())
        awaited = _awaited(tree)
        unbounded += [
            f"{file.relative_to(ROOT)}:{call.lineno}: {ast.unparse(call)[:80]}"
            for call in _unbounded(tree)
            if id(call) not in awaited
        ]
    assert unbounded == [], "give each a limit in seconds; tests/waits.py has helpers"


@pytest.mark.parametrize(
    "line",
    ["process.wait()", "worker.join()", "process.communicate(b'x')", "future.result()", "threading.Barrier(2)",
     "subprocess.run(['true'])", "process.stdout.readline()", "requests.get('http://x')"],
)  # fmt: skip
def test_a_wait_without_a_limit_is_found(line: str) -> None:
    assert len([*_unbounded(ast.parse(line))]) == 1


@pytest.mark.parametrize(
    "line",
    ["process.wait(5)", "worker.join(timeout=5)", "', '.join(names)", "process.communicate(b'x', 5)",
     "future.result(5)", "subprocess.run(['true'], timeout=5)", "requests.get('http://x', timeout=5)"],
)  # fmt: skip
def test_a_wait_with_a_limit_is_allowed(line: str) -> None:
    assert list(_unbounded(ast.parse(line))) == []


def test_threads_start_together_and_return_their_results_in_order() -> None:
    meeting = threading.Barrier(3, timeout=30)
    assert run_threads(*(lambda number=number: (meeting.wait(30), number)[1] for number in range(3))) == [0, 1, 2]


def test_an_error_of_a_thread_is_raised_in_the_test() -> None:
    def fails() -> None:
        raise ValueError("in a thread")

    with pytest.raises(ValueError, match="in a thread"):
        run_threads(fails, lambda: None)
    with pytest.raises(ValueError, match="in a thread"), background(fails):
        pass


def test_a_thread_that_does_not_end_fails_the_test() -> None:
    released = threading.Event()
    with pytest.raises(pytest.fail.Exception, match="1 of 2 threads did not end"):
        run_threads(lambda: released.wait(30), lambda: True, seconds=0.05)
    released.set()


def test_a_child_is_killed_at_the_end_of_the_block() -> None:
    with child_process([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        assert process.poll() is None
    assert process.returncode == -9


def test_a_child_that_writes_nothing_is_killed_and_fails_the_test() -> None:
    with child_process([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        with pytest.raises(pytest.fail.Exception, match="wrote no line"):
            read_line(process, seconds=0.05)
        assert process.wait(30) == -9
