"""What a killed worker had not begun to send is queued again; of all else nothing is assumed."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlmodel import col

from getsms_core.base import processes
from getsms_core.campaigns import service as campaigns
from getsms_core.db.engine import Store, now_ms
from getsms_core.db.models import Worker
from getsms_core.worker import registry, request_notes
from tests.conftest import ROOT
from tests.engine_support import AZIZA, Engine, attempts, counts, running, states
from tests.forks import ForkedProcess
from tests.waits import read_line

WAITING, BEGUN, OTHER = "a1" * 16, "b2" * 16, "c3" * 16


@contextmanager
def writer(folder: Path, worker_id: str, waiting: str, begun: str = "") -> Iterator[subprocess.Popen[str]]:
    """A process that has written notes and still runs."""
    command = [sys.executable, "-m", "tests.integration.worker.notes_writer", str(folder), worker_id, waiting, begun]
    with ForkedProcess(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert read_line(process) == "noted\n"
        yield process
        process.kill()


def killed_writer(folder: Path, worker_id: str, waiting: str, begun: str = "") -> None:
    """Notes of a process that was killed."""
    with writer(folder, worker_id, waiting, begun) as process:
        process.send_signal(signal.SIGKILL)


def file_of(folder: Path, worker_id: str) -> Path:
    return folder / f"{worker_id}.requests"


def test_only_a_claim_that_waits_in_the_notes_of_a_dead_process_never_began(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with writer(tmp_path, "w" * 32, f"{WAITING},{BEGUN}", BEGUN) as process:
        assert request_notes.never_begun(tmp_path, "w" * 32) is None, "its process runs"
        process.send_signal(signal.SIGSTOP)
        assert request_notes.never_begun(tmp_path, "w" * 32) is None, "a process that stands still may go on"
        process.kill()
    assert request_notes.never_begun(tmp_path, "w" * 32) == frozenset({WAITING})
    assert request_notes.never_begun(tmp_path, "x" * 32) is None, "no file"
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(processes, "boot_identity", lambda: "another boot or another machine")
        assert request_notes.never_begun(tmp_path, "w" * 32) is None
        elsewhere.setattr(processes, "boot_identity", lambda: "")
        assert request_notes.never_begun(tmp_path, "w" * 32) is None, "a system that does not tell its boot"
        assert request_notes.create(tmp_path, "y" * 32, 8) is None


def test_a_damaged_or_copied_file_proves_nothing(tmp_path: Path) -> None:
    killed_writer(tmp_path, "w" * 32, WAITING)
    file = file_of(tmp_path, "w" * 32)
    whole = file.read_bytes()
    heads = (b"", whole[:10], bytes(len(whole)), b"x" + whole[1:], whole.replace(b"w" * 32, b"v" * 32))
    for damaged in (*heads, whole[:-1], whole + b"\0"):
        file.write_bytes(damaged)
        assert request_notes.never_begun(tmp_path, "w" * 32) is None
    file.write_bytes(whole.replace(bytes.fromhex(WAITING) + b"\1", bytes.fromhex(WAITING) + b"\x09"))
    assert request_notes.never_begun(tmp_path, "w" * 32) == frozenset(), "a state that nobody writes"
    file.write_bytes(whole)
    assert request_notes.never_begun(tmp_path, "w" * 32) == frozenset({WAITING})
    copy = tmp_path / "copy"
    copy.write_bytes(whole)
    copy.replace(file)
    assert request_notes.never_begun(tmp_path, "w" * 32) is None, "a copy may be older than what was sent"


def test_a_note_is_freed_and_its_place_used_again(tmp_path: Path) -> None:
    notes = request_notes.create(tmp_path, "w" * 32, 2)
    assert notes is not None
    notes.waiting([WAITING, BEGUN, OTHER])
    notes.begins(OTHER)  # there was no place for it: nothing is known of it
    notes.begins(BEGUN)
    notes.keep({BEGUN})
    notes.waiting([OTHER])
    notes.close(remove=False)
    assert request_notes.never_begun(tmp_path, "w" * 32) == frozenset({OTHER})


def test_notes_where_no_file_can_be_made_are_none(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert request_notes.create(tmp_path / "file" / "folder", "w" * 32, 8) is None


def mark_dead(store: Store, folder: Path | None) -> int:
    with store.writing() as session:
        return registry.mark_dead_workers(session, 1, "me", now_ms(session), registry.HeartbeatWatch(), folder)


def claims_of_a_killed_worker(store: Store, folder: Path, *, elsewhere: bool = False) -> int:
    """A campaign of two chunks, both claimed by a worker that was killed; only the second had begun to be sent."""
    campaign_id = running(store, 4, chunk_size=2)
    with store.writing() as session:
        worker_id = registry.register(session, 1, "1.0")
        values = {"host": "another container", "pid": 1} if elsewhere else {"process_started": "1"}
        session.execute(sa.update(Worker).where(col(Worker.id) == worker_id).values(**values))
    first, second = Engine(store, now=_now(store)).claim(2, worker=worker_id)
    killed_writer(folder, worker_id, f"{first.attempt},{second.attempt}", second.attempt)
    return campaign_id


def _now(store: Store) -> int:
    with store.reading() as session:
        return now_ms(session)


@pytest.mark.parametrize("elsewhere", [False, True], ids=["on this host", "in another container of this host"])
def test_what_never_began_is_queued_again_and_the_rest_is_uncertain(
    store: Store, tmp_path: Path, elsewhere: bool
) -> None:
    campaign_id = claims_of_a_killed_worker(store, tmp_path, elsewhere=elsewhere)
    assert mark_dead(store, tmp_path) == 1
    assert states(store, campaign_id) == ["queued", "queued", "uncertain", "uncertain"]
    assert sorted(attempts(store)) == [("nothing-left", "not-posted"), ("uncertain", "worker-lost")]
    assert not list(tmp_path.glob("*.requests")), "its notes are no longer needed"
    engine = Engine(store, now=_now(store))
    engine.send(want=9)
    assert counts(store, campaign_id) == {"accepted": 2, "uncertain": 2}


def test_without_notes_everything_is_uncertain(store: Store, tmp_path: Path) -> None:
    campaign_id = claims_of_a_killed_worker(store, tmp_path)
    assert mark_dead(store, tmp_path / "another folder") == 2
    assert counts(store, campaign_id) == {"uncertain": 4}


def test_what_never_began_is_cancelled_with_its_campaign(store: Store, tmp_path: Path) -> None:
    campaign_id = claims_of_a_killed_worker(store, tmp_path)
    campaigns.cancel(store, AZIZA, campaign_id)
    mark_dead(store, tmp_path)
    assert counts(store, campaign_id) == {"cancelled": 2, "uncertain": 2}
