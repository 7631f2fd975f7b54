"""What an operator relies on: files written completely or not at all, and audited; sentences that say what to do."""

import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from getsms_core.base.permissions import Actor, Role
from getsms_core.contacts import suppression
from getsms_core.db.engine import Store, open_store
from getsms_core.scheduled import reports as saved_reports
from getsms_core.users import service as users
from tests.conftest import ROOT
from tests.engine_support import AZIZA, LOST, Engine, running, settings_for
from tests.integration.cli.cli_support import document, refused, run


@pytest.fixture
def opened(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """The database that the commands use; it stays open, so that its log exists."""
    monkeypatch.setenv("GETSMS_DATABASE_URL", sqlite_url)
    monkeypatch.setenv("GETSMS_FILES", str(tmp_path / "files"))
    with closing(open_store(sqlite_url)) as store:
        yield store


WRITER = """
import sys; from pathlib import Path; import pyarrow as pa; from getsms_core.base.errors import DomainError
from getsms_core.cli.table_file import write_table
try: write_table(pa.table({"phone": [str(998900000000 + 7 * n) for n in range(20_000)]}), Path(sys.argv[1]))
except DomainError as refusal: print(refusal.code)
"""


def _small_disk() -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_a_full_disk_leaves_the_former_file_as_it_was(tmp_path: Path, ending: str) -> None:
    file = tmp_path / f"optouts.{ending}"
    file.write_text("of yesterday")
    command = [sys.executable, "-c", WRITER, str(file)]
    result = subprocess.run(command, cwd=ROOT, preexec_fn=_small_disk, capture_output=True, text=True, timeout=60)
    assert (result.stdout.strip(), "Traceback" in result.stderr) == ("cannot-write", False)
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [(file.name, "of yesterday")]


def test_every_file_with_numbers_is_in_the_audit_log(opened: Store, tmp_path: Path) -> None:
    campaign_id = running(opened, 3)
    list_id = document("show", str(campaign_id))["list"]
    Engine(opened).send(LOST)
    suppression.add(opened, AZIZA, [998901234567], "site", "")

    def written(*arguments: str) -> list[str]:
        before = len(downloads())
        document(*arguments)
        return downloads()[: len(downloads()) - before]

    def downloads() -> list[str]:
        return [entry["subject"] for entry in document("audit")["entries"] if entry["action"] == "file.download"]

    of_campaign = [f"campaign:{campaign_id}"]
    assert written("export", str(campaign_id), "--format", "csv", "--out", str(tmp_path / "a.csv")) == of_campaign
    assert written("resolve", str(campaign_id), "--ask-support", str(tmp_path / "b.csv")) == of_campaign
    assert written("lists", "refused", str(list_id), "--out", str(tmp_path / "c.csv")) == [f"list:{list_id}"]
    assert written("optout", "export", "--out", str(tmp_path / "d.csv")) == ["optouts"]
    assert written("report", "--format", "json", "--out", str(tmp_path / "e.json")) == ["messages"]
    by_range = ("report", "--by", "range", "--format", "csv", "--out", str(tmp_path / "f.csv"))
    assert written(*by_range) == ["figures"]
    before = downloads()
    assert refused("optout", "export", "--out", str(tmp_path / "g.ods")) == "unknown-format"
    assert downloads() == before


def test_disabling_a_user_names_the_reports_that_are_still_made(opened: Store) -> None:
    users.create(opened, AZIZA, "Aziza", "a good password", Role.ADMINISTRATOR)
    users.create(opened, AZIZA, "Sardor", "a good password", Role.ANALYST)
    plan = saved_reports.Plan("Hafta", every="week")
    report_id = saved_reports.save(opened, Actor("Sardor", Role.ANALYST), settings_for(), plan)
    assert f"getsms reports pause {report_id}" in run("people", "disable", "Sardor").stdout
    document("reports", "pause", str(report_id))
    assert document("people", "disable", "Sardor") == {
        "name": "Sardor", "role": "analyst", "disabled": True, "reports": []}  # fmt: skip


def test_without_a_worker_the_command_names_the_one_that_starts_it(opened: Store, tmp_path: Path) -> None:
    campaign_id = running(opened, 2)
    (tmp_path / "good.csv").write_text("Telefon\n998901234567\n")
    created = run("create", str(tmp_path / "good.csv"), "--name", "n", "--text", "x")
    assert created.exit_code == 0, created.output
    for told in (created.stdout, run("pause", str(campaign_id)).stdout):
        assert "Start one with getsms worker" in told
        assert "administrator" not in told


def test_an_unexpected_error_is_a_sentence_even_when_no_disk_takes_its_details(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fails(_text: str) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("getsms_core.messages.gsm7_replacements.report", fails)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "gone"))
    assert refused("text", "x") == "unforeseen"


def test_a_full_disk_is_called_so_wherever_a_command_meets_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_text: str) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("getsms_core.messages.gsm7_replacements.report", fails)
    assert refused("text", "x") == "disk-full"
