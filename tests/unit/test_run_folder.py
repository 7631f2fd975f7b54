"""A run of the tests that is ended from outside leaves nothing in the temporary folder."""

import os
import signal
import subprocess
import sys
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.conftest import _SHARED, ROOT, poll
from tests.waits import child_process

WAITING = """
import pathlib, tempfile, threading

def test_waits():
    (pathlib.Path(tempfile.mkdtemp()) / "big").write_text("x")
    pathlib.Path(__file__).with_suffix(".begun").touch()
    threading.Event().wait(60)
"""
FAILING = "def test_fails():\n    assert False\n"


def run_of(file: Path) -> AbstractContextManager["subprocess.Popen[bytes]"]:
    """A run of one file outside the repository, with the folder of the file as temporary folder."""
    environment = {name: value for name, value in os.environ.items() if name != _SHARED}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "tests.conftest",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:playwright",
        str(file),
    ]
    environment |= {"TMPDIR": str(file.parent)}
    return child_process(command, forked=True, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_a_run_that_is_ended_removes_its_folder(tmp_path: Path, ending: signal.Signals) -> None:
    (tmp_path / "test_waiting.py").write_text(WAITING)
    with run_of(tmp_path / "test_waiting.py") as run:
        poll((tmp_path / "test_waiting.begun").exists, seconds=60, what="the run did not begin")
        run.send_signal(ending)
        assert run.wait(30) == pytest.ExitCode.INTERRUPTED
    assert not list(tmp_path.glob("getsms-tests-*"))


def test_a_failed_run_without_files_leaves_no_empty_folder(tmp_path: Path) -> None:
    (tmp_path / "test_failing.py").write_text(FAILING)
    with run_of(tmp_path / "test_failing.py") as run:
        assert run.wait(60) == pytest.ExitCode.TESTS_FAILED
    assert not list(tmp_path.glob("getsms-tests-*"))
