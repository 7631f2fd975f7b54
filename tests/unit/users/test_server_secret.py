"""The server secret: made once, private, and refused in a sentence where it cannot protect anything."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from getsms_core.base.errors import SettingsError
from getsms_core.users import server_secret
from tests.conftest import SettingsFactory

MAKE = """
import sys, pathlib
from getsms_core.users import server_secret
print(server_secret.load_or_create(pathlib.Path(sys.argv[1])).decode())
"""
GOOD = "0123456789abcdef" * 4


def refusal_of(path: Path) -> str:
    with pytest.raises(SettingsError) as refused:
        server_secret.load_or_create(path)
    assert refused.value.code == "secret-file"
    assert str(path) in refused.value.message
    return refused.value.message


@pytest.mark.parametrize("content", ["", "\n \n", "short", "x" * 31 + "\n", "x" * 5000])
def test_a_file_that_is_too_short_or_too_long_is_refused_and_left_as_it_is(tmp_path: Path, content: str) -> None:
    file = tmp_path / "server.secret"
    file.write_text(content)
    file.chmod(0o600)
    assert "32 to 4096 bytes" in refusal_of(file)
    assert file.read_text() == content


@pytest.mark.parametrize("mode", [0o644, 0o604, 0o602])
def test_a_file_that_everybody_can_read_or_write_is_refused_with_the_command_that_helps(
    tmp_path: Path, mode: int
) -> None:
    file = tmp_path / "server.secret"
    file.write_text(GOOD)
    file.chmod(mode)
    assert f"chmod 600 {file}" in refusal_of(file)


def test_a_folder_and_a_pipe_are_refused_at_once(tmp_path: Path) -> None:
    assert "is not a file" in refusal_of(tmp_path)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe, 0o600)
    assert "is not a file" in refusal_of(pipe)


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "GETSMS_SECRET_FILE" in refusal_of(tmp_path / "file" / "server.secret")


def test_the_first_start_makes_it_for_this_user_alone_and_the_second_reads_it(tmp_path: Path) -> None:
    file = tmp_path / "new folder" / "server.secret"
    secret = server_secret.load_or_create(file)
    assert len(secret) == 64
    assert server_secret.load_or_create(file) == secret
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert [entry.name for entry in file.parent.iterdir()] == ["server.secret"]


def test_processes_that_start_at_once_agree_on_one_secret(tmp_path: Path) -> None:
    file = tmp_path / "server.secret"
    processes = [
        subprocess.Popen([sys.executable, "-c", MAKE, str(file)], stdout=subprocess.PIPE, text=True) for _ in range(4)
    ]
    secrets = {process.communicate(timeout=60)[0].strip() for process in processes}
    assert secrets == {file.read_text().strip()}


def test_two_secrets_have_two_fingerprints_and_neither_is_in_its_own() -> None:
    first, second = server_secret.fingerprint(b"a" * 32), server_secret.fingerprint(b"b" * 32)
    assert first != second
    assert len(first) == 16


def test_it_lies_beside_the_sqlite_file_unless_a_setting_says_otherwise(
    settings: SettingsFactory, tmp_path: Path
) -> None:
    assert settings(database_url="sqlite:////srv/sms/getsms.db").secret_path == Path("/srv/sms/server.secret")
    assert settings(database_url="sqlite:////srv/sms/a.db?timeout=3").secret_path == Path("/srv/sms/server.secret")
    assert settings(database_url="postgresql://u:p@h/n").secret_path.parts[-2:] == ("data", "server.secret")
    assert settings(secret_file=tmp_path / "s").secret_path == tmp_path / "s"
    assert settings(secret_file="").secret_path == tmp_path / "server.secret"
