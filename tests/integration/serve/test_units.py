"""The systemd units of `deploy/`, as systemd itself reads them, and the command beside them."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT, copy_sqlite_template

with_systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="apt-get install systemd")
UNITS = sorted(path for path in (ROOT / "deploy").iterdir() if path.suffix in (".service", ".timer"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The units as on a host where the program is installed, with an instance of the template."""
    for unit in UNITS:
        text = re.sub(r"/opt/getsms-campaigns/\.venv/bin/\w+", "/bin/true", unit.read_text())
        (tmp_path / unit.name.replace("@.", "@1.")).write_text(text)
    return tmp_path


def test_the_command_on_the_server_has_the_settings_of_the_services(tmp_path: Path) -> None:
    text = (ROOT / "deploy" / "getsms").read_text()
    places = {
        "/opt/getsms-campaigns/.venv/bin": str(Path(sys.executable).parent),
        "/etc/getsms-campaigns.env": str(tmp_path / "getsms.env"),
        "/var/lib/getsms": str(tmp_path / "state"),
    }
    for place, here in places.items():
        assert place in text
        text = text.replace(place, here)
    (tmp_path / "state").mkdir()
    (tmp_path / "getsms.env").write_text(
        f"GETSMS_DATABASE_URL=sqlite:///{tmp_path}/state/there.db\nGETSMS_LANGUAGE=ru\n"
    )
    (tmp_path / "runuser").write_text('#!/bin/sh\n[ "$1 $2 $3" = "-u getsms --" ] || exit 9\nshift 3\nexec "$@"\n')
    (tmp_path / "runuser").chmod(0o755)
    (tmp_path / "getsms").write_text(text)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GETSMS_")}
    environment["PATH"] = f"{tmp_path}:{environment['PATH']}"
    command = ["sh", str(tmp_path / "getsms"), "people", "add", "Oʻktam Karimov", "--role", "administrator", "--json"]
    added = subprocess.run(
        command, cwd="/", env=environment, input="a good password\n", capture_output=True, text=True, timeout=60
    )
    assert (added.returncode, json.loads(added.stdout)["name"]) == (0, "Oʻktam Karimov"), added.stderr
    assert (tmp_path / "state" / "there.db").exists()
    copy_sqlite_template(tmp_path)  # to migrate an empty file takes a second of CPU
    (tmp_path / "test.db").rename(tmp_path / "state" / "practice.db")
    practice = environment | {"GETSMS_DATABASE_URL": f"sqlite:///{tmp_path}/state/practice.db"}
    people = subprocess.run(
        ["sh", str(tmp_path / "getsms"), "people", "list", "--json"],
        env=practice, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert (people.returncode, json.loads(people.stdout)["people"]) == (0, []), people.stderr
    refused = subprocess.run(
        [*command[:4], "x"], env=environment, input="\n", capture_output=True, text=True, timeout=60
    )
    assert refused.returncode == 1
    assert "пароль" in refused.stderr.lower()


def _analyze(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(["systemd-analyze", *arguments], cwd=folder, capture_output=True, text=True, timeout=60)


@with_systemd
def test_systemd_finds_nothing_wrong_in_the_units(folder: Path) -> None:
    assert len(UNITS) == 4
    verified = _analyze(folder, "verify", *(f"./{path.name}" for path in sorted(folder.iterdir())))
    assert (verified.returncode, verified.stdout + verified.stderr) == (0, "")
    (folder / "getsms-app.service").write_text("[Service]\nExecStart=/bin/true\nLimitNOFLIE=1\n")
    assert "LimitNOFLIE" in _analyze(folder, "verify", "./getsms-app.service").stderr


@with_systemd
def test_the_services_have_few_rights_and_enough_open_files(folder: Path) -> None:
    for path in folder.glob("*.service"):
        seen = _analyze(folder, "security", "--offline=true", "--threshold=25", f"./{path.name}")
        assert seen.returncode == 0, seen.stdout
        assert "LimitNOFILE=65536" in path.read_text()


def test_a_process_that_is_ended_for_its_memory_does_not_end_its_service() -> None:
    """Else systemd stops the worker, starts it again, and the same job is ended again, without end."""
    for name in ("getsms-app.service", "getsms-worker@.service"):
        assert "OOMPolicy=continue" in (ROOT / "deploy" / name).read_text()


def test_a_backup_that_was_missed_waits_for_the_database_at_the_start_of_the_machine() -> None:
    unit = (ROOT / "deploy" / "getsms-backup.service").read_text()
    assert "Persistent=true" in (ROOT / "deploy" / "getsms-backup.timer").read_text()
    assert re.search(r"^After=.*postgresql\.service", unit, re.MULTILINE)
