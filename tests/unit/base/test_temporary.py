"""Temporary folders: removed at their end, and after a process that was killed."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from getsms_core.base import temporary
from getsms_core.base.temporary import sweep_temporary_folders, temporary_folder
from tests.conftest import ROOT
from tests.waits import child_process, read_line

_HOLDER = """
import sys
from getsms_core.base import processes
from getsms_core.base.temporary import temporary_folder
if "--orderly" in sys.argv:
    processes.exit_on_sigterm()
with temporary_folder() as folder:
    (folder / "upload.csv").write_text("998901234567")
    print(folder, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@contextmanager
def _hold(*arguments: str) -> Iterator[tuple["subprocess.Popen[str]", Path]]:
    """A process that holds a temporary folder, and that folder."""
    command = [sys.executable, "-c", _HOLDER, *arguments]
    with child_process(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        yield process, Path(read_line(process).strip())


def _make_old(folder: Path) -> None:
    before = time.time() - temporary._NEW_SECONDS - 1
    os.utime(folder, (before, before))


def _end(process: subprocess.Popen[str], how: signal.Signals) -> None:
    process.send_signal(how)
    process.communicate(timeout=60)


def test_a_folder_is_removed_when_its_block_ends_by_an_error(own_folder: Path) -> None:
    def fails() -> None:
        with temporary_folder() as folder:
            (folder / "upload.csv").write_text("998901234567")
            raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        fails()
    assert list(own_folder.iterdir()) == []


def test_only_its_owner_may_read_a_folder(own_folder: Path) -> None:
    with temporary_folder() as folder:
        assert folder.stat().st_mode & 0o077 == 0


def test_a_killed_process_leaves_a_folder_that_the_next_sweep_removes(own_folder: Path) -> None:
    with _hold() as (process, folder):
        _end(process, signal.SIGKILL)
    assert (folder / "upload.csv").exists()
    _make_old(folder)
    assert sweep_temporary_folders() == 1
    assert not folder.exists()


def test_a_job_that_is_told_to_end_removes_its_folder_itself(own_folder: Path) -> None:
    with _hold("--orderly") as (process, folder):
        _end(process, signal.SIGTERM)
    assert not folder.exists()


def test_the_folder_of_a_living_process_stays_however_old_it_is(own_folder: Path) -> None:
    with _hold() as (_process, folder):
        _make_old(folder)
        assert sweep_temporary_folders() == 0
        assert folder.exists()


def test_a_new_folder_without_its_lock_and_folders_of_others_stay(own_folder: Path) -> None:
    (own_folder / f"{temporary.PREFIX}new").mkdir()
    (own_folder / "another").mkdir()
    _make_old(own_folder / "another")
    (own_folder / f"{temporary.PREFIX}link").symlink_to(own_folder / "another")
    assert sweep_temporary_folders() == 0
    assert len(list(own_folder.iterdir())) == 3
