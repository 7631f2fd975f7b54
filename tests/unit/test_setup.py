"""Set-up: what uv is told of the machine, and what the browser tests say where nothing may be installed."""

import importlib.util
import os
import re
import shutil
import subprocess
from pathlib import Path
from types import ModuleType

import pytest

from tests.conftest import ROOT


def _script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "requirements" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def environment() -> ModuleType:
    return _script("environment")


@pytest.fixture
def check() -> ModuleType:
    return _script("check")


@pytest.mark.parametrize("lock_file", ["run.txt", "dev.txt", "build.txt"])
def test_a_lock_file_with_another_version_or_without_a_hash_is_named(check: ModuleType, tmp_path: Path,
                                                                     monkeypatch: pytest.MonkeyPatch,
                                                                     lock_file: str) -> None:  # fmt: skip
    shutil.copytree(ROOT / "requirements", tmp_path / "requirements")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    monkeypatch.setattr(check, "ROOT", tmp_path)
    assert check.faults() == []
    lock = tmp_path / "requirements" / lock_file
    package = "setuptools" if lock_file == "build.txt" else "requests"
    lock.write_text(re.sub(rf"(?m)^{package}==\S+ \\\n(    --hash.*\n)+", f"{package}==0.0.1\n", lock.read_text()))
    sentences = check.faults()
    assert f"requirements/{lock_file}: {package}==0.0.1 has no hash." in sentences
    assert any(f"requirements/{lock_file} has {package} 0.0.1, pyproject.toml has" in text for text in sentences)


def test_what_a_release_lacks_is_named_before_its_tests_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"):
        monkeypatch.setenv(name, os.devnull)
    for name in ("GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL", "GIT_DIR", "EMAIL"):
        monkeypatch.delenv(name, raising=False)
    release = _script("release")
    monkeypatch.setattr(release, "ROOT", tmp_path)

    def git(*arguments: str) -> None:
        subprocess.run(
            ["git", "-c", "user.useConfigOnly=true", *arguments],
            cwd=tmp_path, check=True, capture_output=True, timeout=60,
        )  # fmt: skip

    git("init", "--quiet")
    git("config", "user.useConfigOnly", "true")
    (tmp_path / "CHANGELOG.md").write_text("# Changes\n\n## 0.3.0 (not released)\n")
    sentences = "\n".join(release.faults("0.3.0"))
    for words in ("not committed", "no heading of 0.3.0 with its date", "git config user.name"):
        assert words in sentences
    git("config", "user.name", "Aziza")
    git("config", "user.email", "aziza@example.uz")
    (tmp_path / "CHANGELOG.md").write_text("# Changes\n\n## 0.3.0 (2026-12-01)\n")
    git("add", ".")
    git("commit", "--quiet", "-m", "Release 0.3.0")
    assert release.faults("0.3.0") == []
    git("tag", "-a", "v0.3.0", "-m", "v0.3.0")
    assert release.faults("0.3.0") == ["There is a tag v0.3.0 already: set the new version in pyproject.toml."]


def test_the_build_backend_is_not_installed_with_the_program() -> None:
    for lock_file in ("run.txt", "dev.txt"):
        assert "setuptools==" not in (ROOT / "requirements" / lock_file).read_text()
    assert "setuptools==" in (ROOT / "requirements" / "build.txt").read_text()


def test_uv_gets_the_index_proxy_and_certificates_that_pip_uses(environment: ModuleType, tmp_path: Path) -> None:
    listing = "\n".join(
        [
            "global.index-url='https://pypi.company.example/simple'",
            "global.proxy='http://proxy.company.example:3128'",
            ":env:.cert='/etc/ssl/company.pem'",
            "global.cert='/etc/ssl/other.pem'",
        ]
    )
    wanted = environment.exports(environment.pip_settings(listing), {"HOME": str(tmp_path)})
    assert wanted == {
        "UV_SYSTEM_CERTS": "true",
        "UV_DEFAULT_INDEX": "https://pypi.company.example/simple",
        "HTTPS_PROXY": "http://proxy.company.example:3128",
        "SSL_CERT_FILE": "/etc/ssl/company.pem",
    }


def test_what_the_person_has_set_for_uv_wins_over_pip(environment: ModuleType, tmp_path: Path) -> None:
    settings = environment.pip_settings("global.index-url='https://pypi.company.example/simple'")
    home = {"HOME": str(tmp_path)}
    assert "UV_DEFAULT_INDEX" not in environment.exports(settings, home | {"UV_DEFAULT_INDEX": "https://own.example"})
    assert "UV_DEFAULT_INDEX" not in environment.exports(settings, home, uv_is_configured=True)


def test_several_indexes_are_asked_as_pip_asks_them(environment: ModuleType, tmp_path: Path) -> None:
    settings = environment.pip_settings("global.extra-index-url='\\nhttps://a.example\\nhttps://b.example'")
    wanted = environment.exports(settings, {"HOME": str(tmp_path)})
    assert wanted["UV_INDEX"] == "https://a.example https://b.example"
    assert wanted["UV_INDEX_STRATEGY"] == "unsafe-best-match"


def test_places_of_wheels_that_are_not_there_are_left_out_as_pip_leaves_them_out(
    environment: ModuleType, tmp_path: Path
) -> None:
    folders = f"{tmp_path} https://wheels.example/"
    wanted = environment.exports({"find-links": f"/no/such/folder {folders}"}, {"HOME": str(tmp_path)})
    assert wanted["UV_FIND_LINKS"] == folders.replace(" ", ",")
    assert "UV_FIND_LINKS" not in environment.exports({"find-links": "/no/such/folder"}, {"HOME": str(tmp_path)})


def test_a_home_that_cannot_be_written_moves_the_cache_into_the_checkout(environment: ModuleType) -> None:
    wanted = environment.exports({}, {"HOME": "/proc"})
    assert wanted["UV_CACHE_DIR"] == str(ROOT / ".tools" / "cache")


def test_a_folder_that_cannot_be_written_is_named(environment: ModuleType, monkeypatch: pytest.MonkeyPatch,
                                                  capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    monkeypatch.setattr(environment, "ROOT", Path("/proc"))
    assert environment.main() == 1
    assert "/proc cannot be written" in capsys.readouterr().err


def test_without_the_right_to_install_one_command_names_all_that_is_missing(tmp_path: Path) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("dirname", "sh"):
        (tools / name).symlink_to(f"/usr/bin/{name}")
    (tools / "id").write_text("#!/bin/sh\necho 1000\n")
    (tools / "apt-get").write_text("#!/bin/sh\nexit 1\n")
    (tools / "sudo").write_text("#!/bin/sh\nexit 1\n")
    playwright = tools / "playwright"
    playwright.write_text("#!/bin/sh\nexit 127\n")
    for script in ("id", "apt-get", "sudo", "playwright"):
        (tools / script).chmod(0o755)
    command = ["/bin/sh", str(ROOT / "requirements" / "browser.sh"), str(playwright)]
    answer = subprocess.run(command, env={"PATH": str(tools)}, capture_output=True, text=True, check=False,
                            timeout=60)  # fmt: skip
    assert answer.returncode == 1
    packages = "libatomic1 chromium-headless-shell fonts-noto-core fonts-noto-color-emoji"
    assert f"apt-get install -y --no-install-recommends {packages}" in answer.stdout
    assert os.linesep.join(answer.stdout.splitlines()[-1:]).endswith("All other tests run meanwhile.")
