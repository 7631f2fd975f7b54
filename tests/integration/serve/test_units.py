"""The systemd units of `deploy/`, as systemd itself reads them."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT

pytestmark = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="apt-get install systemd")
UNITS = sorted(path for path in (ROOT / "deploy").iterdir() if path.suffix in (".service", ".timer"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The units as on a host where the program is installed, with an instance of the template."""
    for unit in UNITS:
        text = re.sub(r"/opt/getsms-campaigns/\.venv/bin/\w+", "/bin/true", unit.read_text())
        (tmp_path / unit.name.replace("@.", "@1.")).write_text(text)
    return tmp_path


def _analyze(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(["systemd-analyze", *arguments], cwd=folder, capture_output=True, text=True, timeout=60)


def test_systemd_finds_nothing_wrong_in_the_units(folder: Path) -> None:
    assert len(UNITS) == 4
    verified = _analyze(folder, "verify", *(f"./{path.name}" for path in sorted(folder.iterdir())))
    assert (verified.returncode, verified.stdout + verified.stderr) == (0, "")
    (folder / "getsms-app.service").write_text("[Service]\nExecStart=/bin/true\nLimitNOFLIE=1\n")
    assert "LimitNOFLIE" in _analyze(folder, "verify", "./getsms-app.service").stderr


def test_the_services_have_few_rights_and_enough_open_files(folder: Path) -> None:
    for path in folder.glob("*.service"):
        seen = _analyze(folder, "security", "--offline=true", "--threshold=25", f"./{path.name}")
        assert seen.returncode == 0, seen.stdout
        assert "LimitNOFILE=65536" in path.read_text()
