"""The container image: `deploy/Containerfile` copies every file that the program reads."""

import re
import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT

APP = Path("getsms_core/_app")
"""Where a wheel has what is at the top level of the checkout and of the image."""


def _copied() -> list[Path]:
    """Return the files and folders of the image."""
    lines = re.findall(r"^COPY (.+) (\S+)$", (ROOT / "deploy" / "Containerfile").read_text(), re.MULTILINE)
    return [
        Path(target) / Path(source).name if target.endswith("/") else Path(target)
        for sources, target in lines
        for source in sources.split()
    ]


def test_the_image_has_every_file_of_the_wheel(tmp_path: Path) -> None:
    script = [sys.executable, "requirements/wheel.py", str(tmp_path / "staged")]
    subprocess.run(script, cwd=ROOT, check=True, capture_output=True, timeout=60)
    paths = [path.relative_to(tmp_path / "staged") for path in (tmp_path / "staged").rglob("*") if path.is_file()]
    files = [path.relative_to(APP) if path.is_relative_to(APP) else path for path in paths]
    image = _copied()
    assert len(files) > 500
    assert [str(file) for file in files if not any(file.is_relative_to(place) for place in image)] == []


def test_the_image_copies_only_what_exists() -> None:
    for place in _copied():
        assert (ROOT / place).exists(), place
