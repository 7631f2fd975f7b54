"""The wheel: it runs as the checkout does, from an empty folder."""

import os
import re
import shutil
import signal
import subprocess
import sys
import zipfile
from importlib.util import cache_from_source
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.conftest import ROOT, find_free_port, poll

pytestmark = pytest.mark.slow


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    """The wheel of this checkout, built with the setuptools of the lock file where it can be installed offline."""
    options: dict[str, Any] = {"cwd": ROOT, "check": True, "capture_output": True, "timeout": 180}
    subprocess.run([sys.executable, "-m", "getsms_core.locale", "compile"], **options)
    staged = tmp_path / "staged"
    subprocess.run([sys.executable, "requirements/wheel.py", str(staged)], **options)
    subprocess.run(
        [str(ROOT / ".tools" / "bin" / "uv"), "build", "--wheel", "--out-dir", str(tmp_path), str(staged)], **options
    )
    return next(tmp_path.glob("*.whl"))


def _give_bytecode(installed: Path) -> None:
    """Give the extracted modules the bytecode of this checkout's where they are the same, as pip compiles what it
    installs: four processes would compile them, 5 s of CPU."""
    package = installed / "getsms_core"
    for module in package.rglob("*.py"):
        place = module.relative_to(package)
        origin = ROOT / (place.relative_to("_app") if place.parts[0] == "_app" else Path("getsms_core") / place)
        bytecode = Path(cache_from_source(str(origin)))
        if bytecode.exists() and origin.read_bytes() == module.read_bytes():
            times = origin.stat()
            os.utime(module, ns=(times.st_atime_ns, times.st_mtime_ns))
            target = Path(cache_from_source(str(module)))
            target.parent.mkdir(exist_ok=True)
            shutil.copyfile(bytecode, target)


def test_the_wheel_serves_from_an_empty_folder(wheel: Path, tmp_path: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for name in ("app.py", ".streamlit/config.toml", "data/sample_clean.xlsx", "pages/ui/gate/assets/gate.css"):
        assert f"getsms_core/_app/{name}" in names
    assert not any(name.startswith(("tests/", "pages/", "app.py")) for name in names)
    installed, empty, port = tmp_path / "installed", tmp_path / "empty", find_free_port()
    zipfile.ZipFile(wheel).extractall(installed)
    _give_bytecode(installed)
    empty.mkdir()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GETSMS_")}
    log = (tmp_path / "serve.log").open("w+")
    process = subprocess.Popen(
        [sys.executable, "-c", "from getsms_core.cli import main; main()", "serve", "--port", str(port)],
        cwd=empty,
        env=environment | {"PYTHONPATH": str(installed)},
        stdout=log,
        stderr=log,
    )
    try:
        poll(lambda: "First start" in Path(log.name).read_text(), seconds=90, what="the wheel did not start")
        address = re.findall(r"(http://\S+/welcome\?token=\S+)", Path(log.name).read_text())[0]
        browser = requests.Session()
        browser.trust_env = False
        browser.headers["Origin"] = f"http://127.0.0.1:{port}"
        token = address.partition("token=")[2]
        form = {"name": "Aziza", "password": "a good password", "token": token}
        browser.post(f"http://127.0.0.1:{port}/welcome", form, timeout=60)
        assert browser.get(f"http://127.0.0.1:{port}/", timeout=30).status_code == 200
        assert browser.get(f"http://127.0.0.1:{port}/no-such-page", timeout=30).status_code == 404
        assert sorted(path.name for path in empty.iterdir()) == ["data"]
        assert (empty / "data" / "getsms.db").exists()
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
        log.close()
