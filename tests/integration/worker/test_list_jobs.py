"""The check of a list as a job: progress, cancelling, hostile files, and corrected rows."""

import itertools
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import openpyxl
import pytest

from getsms_core import spreadsheet
from getsms_core.base.errors import DomainError
from getsms_core.cli.table_file import write_table
from getsms_core.contacts import lists
from getsms_core.contacts import operations as list_operations
from getsms_core.contacts import progress as list_progress
from getsms_core.contacts.lists import Options
from getsms_core.db.engine import Store
from getsms_core.gateway import Gateway, NoAnswer, Unclear
from getsms_core.spreadsheet import subprocess_reader
from getsms_core.worker.loop import Worker
from tests.conftest import SettingsFactory
from tests.engine_support import AZIZA, phones
from tests.integration.spreadsheet.test_hostile_files import HEAD, TAIL, ods, plain, with_sheet
from tests.job_support import do_all


class NoGateway:
    """A gateway that nothing is to be asked of."""

    def send(self, items: object, nickname: str | None = None, before_first_byte: object = None) -> Unclear:
        raise AssertionError("nothing is to be sent here")

    def status(self, ids: object) -> NoAnswer:
        raise AssertionError("nothing is to be asked here")


@dataclass
class Desk:
    """A database and a worker for its jobs."""

    store: Store
    settings: Any

    def upload(self, path: Path, options: Options | None = None) -> int:
        return lists.upload(
            self.store, AZIZA, path.stem, path.name, lists.iter_parts(path.read_bytes()), options or Options()
        )

    def work(self) -> None:
        """Let a worker do all jobs, each in a process of its own."""
        Worker(self.store, self.settings, cast(Gateway, NoGateway())).run(drain=True, receipts_seconds=0)


@pytest.fixture
def desk(
    sqlite_store: Store, sqlite_url: str, settings: SettingsFactory, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Desk:
    monkeypatch.setenv("GETSMS_DATABASE_URL", sqlite_url)  # for the job's process
    monkeypatch.chdir(tmp_path)
    return Desk(sqlite_store, settings(database_url=sqlite_url))


@pytest.mark.reader_process
def test_hostile_files_fail_with_their_error_and_the_worker_continues(desk: Desk, tmp_path: Path) -> None:
    book = openpyxl.load_workbook(plain(tmp_path / "a.xlsx"))
    book.worksheets[0]["XFD1048576"] = "x"
    book.save(tmp_path / "sparse.xlsx")
    with_sheet(tmp_path / "bomb.xlsx", itertools.repeat(bytes(1 << 20), 300), level=9)
    entities = b'<!ENTITY a "aaaaaaaaaa">' + b"".join(
        b'<!ENTITY %c "%s">' % (name, b"&%c;" % (name - 1) * 10) for name in range(ord("b"), ord("l"))
    )
    row = b'<row r="1"><c r="A1" t="inlineStr"><is><t>&k;</t></is></c></row>'
    with_sheet(tmp_path / "lol.xlsx", HEAD % (b"<!DOCTYPE x [" + entities + b"]>") + row + TAIL)
    ods(tmp_path / "locked.ods", "", "<manifest><manifest:encryption-data/></manifest>")
    (tmp_path / "cut.xlsx").write_bytes(plain(tmp_path / "b.xlsx").read_bytes()[:2_000])
    (tmp_path / "nul.csv").write_bytes(b"Ism,Telefon\n" + b"\0a\0\0\0b\0" * 10_000)
    (tmp_path / "empty.csv").write_bytes(b"")
    wanted = {
        "sparse.xlsx": "too-big",
        "bomb.xlsx": "too-big",
        "lol.xlsx": "truncated",
        "locked.ods": "encrypted",
        "cut.xlsx": "truncated",
        "nul.csv": "not-a-spreadsheet",
        "empty.csv": "empty-file",
    }
    hostile = {name: desk.upload(tmp_path / name) for name in wanted if name != "sparse.xlsx"}
    do_all(desk.store)  # here, as the process of a job does it
    hostile["sparse.xlsx"] = desk.upload(tmp_path / "sparse.xlsx")  # its reader is aborted
    good = desk.upload(plain(tmp_path / "good.xlsx"))
    desk.work()
    assert hostile.keys() == wanted.keys()
    for name, list_id in hostile.items():
        recipient_list = lists.get(desk.store, list_id)
        assert (name, recipient_list.state, recipient_list.code) == (name, "failed", wanted[name])
        assert len(recipient_list.message) > 20
        with pytest.raises(DomainError, match="not ready"):
            lists.load(desk.store, list_id)
    assert lists.get(desk.store, good).state == "ready"
    assert lists.accepted(desk.store, good)["phone"].to_pylist() == [998901234567]


def test_corrected_rows_are_added_to_their_list_once(desk: Desk, tmp_path: Path) -> None:
    rows = ["901234567,Ali", "12,Vali", "712345678,Lola", "901234567,Ali aka", "9.98901E+11,Olim", ",Anor"]
    (tmp_path / "list.csv").write_text("Telefon,Ism\n" + "\n".join(rows), "utf-8")
    first = desk.upload(tmp_path / "list.csv")
    do_all(desk.store)
    write_table(lists.checked(desk.store, first).refused_table(), tmp_path / "mend.xlsx")

    book = openpyxl.load_workbook(tmp_path / "mend.xlsx")
    page = book.worksheets[0]
    assert [cell.value for cell in page[1]] == ["GETSMS: reason", "Telefon", "Ism"]
    assert "too few digits" in str(page["A2"].value)
    page["B2"], page["B5"] = "91 123 45 67", "90 123 45 67"  # Vali is mended; Olim turns out to be known already
    book.save(tmp_path / "mended.xlsx")
    second = desk.upload(tmp_path / "mended.xlsx", Options(adds_to=first, mended=True))
    do_all(desk.store)

    checked = lists.checked(desk.store, second)
    assert checked.accepted()["phone"].to_pylist() == [998901234567, 998911234567]
    assert checked.accepted()["Ism"].to_pylist() == ["Ali", "Vali"]
    assert checked.columns == ["Telefon", "Ism"]
    assert checked.refused_table()["Ism"].to_pylist() == ["Lola", "Ali aka", "Olim", "Anor"]
    assert checked.counts.rows == checked.counts.accepted + checked.counts.rejected + checked.counts.duplicates
    assert "1 new" in lists.get(desk.store, second).origin
    assert lists.accepted(desk.store, first)["phone"].to_pylist() == [998901234567]  # the old list stays as it was

    again = desk.upload(tmp_path / "mended.xlsx", Options(adds_to=second, mended=True))
    do_all(desk.store)
    assert lists.accepted(desk.store, again)["phone"].to_pylist() == [998901234567, 998911234567]
    assert "0 new" in lists.get(desk.store, again).origin


def test_an_addition_to_a_list_that_is_gone_fails_with_a_sentence(store: Store) -> None:
    list_id = lists.upload(store, AZIZA, "x", "x.csv", [b"phone\n901234567\n"], Options(adds_to=999))
    lists.check_uploaded_list(store, list_id)
    recipient_list = lists.get(store, list_id)
    assert (recipient_list.state, recipient_list.code) == ("failed", "no-such-list")


def test_an_addition_keeps_the_refused_rows_of_both_files(store: Store) -> None:
    first = lists.upload(store, AZIZA, "x", "x.csv", [b"phone\n901234567\n12\n"], Options())
    lists.check_uploaded_list(store, first)
    list_id = lists.upload(store, AZIZA, "x", "y.csv", [b"phone\n911234567\n901234567\n13\n"], Options(adds_to=first))
    lists.check_uploaded_list(store, list_id)
    counts = lists.get(store, list_id).counts
    assert (counts.rows, counts.accepted, counts.duplicates, counts.rejected) == (5, 2, 1, 2)
    read_again = lists.recheck(store, AZIZA, list_id, Options(keep="last"))
    lists.check_uploaded_list(store, read_again)
    assert lists.accepted(store, read_again)["phone"].to_pylist() == [998911234567, 998901234567]


def test_the_job_of_a_check_shows_its_steps(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    states: list[tuple[str, int | None]] = []
    real = list_progress.CheckProgress.step

    def step(watch: list_progress.CheckProgress, name: str, rows: int | None = None) -> None:
        real(watch, name, rows)
        progress = list_progress.read(list_progress.job_of(store, AZIZA, watch.list_id))
        assert progress.began_at is not None
        states.append((progress.step, progress.rows))

    monkeypatch.setattr(list_progress.CheckProgress, "step", step)
    list_id = lists.upload(store, AZIZA, "x", "x.csv", [b"phone\n901234567\n911234567\n"], Options())
    assert list_progress.read(list_progress.job_of(store, AZIZA, list_id)).step == ""
    do_all(store)
    assert states == [("received", None), ("reading", None), ("checking", 2), ("keeping", 2)]
    assert list_progress.job_of(store, AZIZA, list_id) is None


@pytest.mark.parametrize("step", ["received", "reading", "checking", "keeping"])
def test_a_check_that_is_cancelled_keeps_nothing_at_any_step(
    store: Store, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    real = list_progress.CheckProgress.step

    def cancelling(watch: list_progress.CheckProgress, name: str, rows: int | None = None) -> None:
        real(watch, name, rows)
        if name == step:
            assert list_progress.cancel(store, AZIZA, watch.list_id)

    monkeypatch.setattr(list_progress.CheckProgress, "step", cancelling)
    list_id = lists.upload(store, AZIZA, "x", "x.csv", [b"phone\n901234567\n"], Options())
    lists.check_uploaded_list(store, list_id)
    recipient_list = lists.get(store, list_id)
    assert (recipient_list.state, recipient_list.code) == ("failed", "cancelled")
    assert "Aziza cancelled" in recipient_list.message
    with pytest.raises(DomainError, match="not ready"):
        lists.load(store, list_id)
    assert not list_progress.cancel(store, AZIZA, list_id)
    monkeypatch.setattr(list_progress.CheckProgress, "step", real)
    again = lists.recheck(store, AZIZA, list_id, Options())  # the file is kept
    lists.check_uploaded_list(store, again)
    assert lists.get(store, again).state == "ready"


@pytest.mark.reader_process
def test_cancelling_ends_the_reader_of_the_file(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(subprocess_reader, "WATCH_SECONDS", 0.0)
    monkeypatch.setattr(list_progress, "CANCEL_CHECK_SECONDS", 0.0)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    children: list[subprocess.Popen[bytes]] = []

    class Child(subprocess.Popen[bytes]):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            children.append(self)

    monkeypatch.setattr("subprocess.Popen", Child)
    list_id = lists.upload(sqlite_store, AZIZA, "x", "x.csv", [b"phone\n901234567\n"], Options())

    def look(watch: list_progress.CheckProgress) -> None:
        list_progress.cancel(sqlite_store, AZIZA, watch.list_id)
        real_look(watch)

    real_look = list_progress.CheckProgress.look
    monkeypatch.setattr(list_progress.CheckProgress, "look", look)
    lists.check_uploaded_list(sqlite_store, list_id)
    assert [child.poll() for child in children] == [-9]
    assert list(tmp_path.glob("getsms-*")) == []
    assert lists.get(sqlite_store, list_id).code == "cancelled"


@pytest.mark.reader_process
def test_a_reader_is_stopped_by_what_its_watch_raises(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess_reader, "WATCH_SECONDS", 0.0)
    (tmp_path / "a.csv").write_text("phone\n901234567\n")

    def stop() -> None:
        raise list_progress.Cancelled

    with pytest.raises(list_progress.Cancelled):
        spreadsheet.read(tmp_path / "a.csv", watch=stop)


def test_a_list_deleted_during_its_check_stays_deleted(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    real = list_progress.CheckProgress.step

    def deleting(watch: list_progress.CheckProgress, name: str, rows: int | None = None) -> None:
        real(watch, name, rows)
        if name == "reading":
            list_operations.delete(store, AZIZA, watch.list_id)

    monkeypatch.setattr(list_progress.CheckProgress, "step", deleting)
    list_id = lists.upload(store, AZIZA, "x", "x.csv", [b"phone\n901234567\n"], Options())
    lists.check_uploaded_list(store, list_id)
    assert lists.all_lists(store) == []


def test_a_ready_list_is_never_checked_again(store: Store) -> None:
    list_id = lists.upload(store, AZIZA, "x", "x.csv", [f"phone\n{phones(1)[0]}\n".encode()], Options())
    lists.check_uploaded_list(store, list_id)
    before = lists.get(store, list_id)
    lists.add_opt_outs(store, AZIZA, phones(1), "test", "asked")
    lists.check_uploaded_list(store, list_id)
    assert lists.get(store, list_id).counts == before.counts
    assert lists.accepted(store, list_id).num_rows == 1
