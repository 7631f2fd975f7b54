"""Settings: what is refused, what is never shown, and that each one is documented."""

import re
from decimal import Decimal
from pathlib import Path

import pytest

from getsms_core.accounts.gateway_account import account_name
from getsms_core.base.errors import DomainError, SettingsError
from getsms_core.base.i18n import using_language
from getsms_core.base.settings import MANUAL_URL, Settings, load
from getsms_core.db.engine import open_store
from tests.conftest import ROOT, SettingsFactory


def test_every_setting_is_documented_with_its_default_and_nothing_else_is() -> None:
    text = (ROOT / "docs" / "settings.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| `(GETSMS_\w+)` \| ([^|]*) \|", text, re.MULTILINE))
    assert set(rows) == {f"GETSMS_{name.upper()}" for name in Settings.model_fields}
    for name, field in Settings.model_fields.items():
        documented = rows[f"GETSMS_{name.upper()}"].strip()
        if isinstance(field.default, int | float | Decimal) or (
            isinstance(field.default, str) and "/" not in documented
        ):
            shown = f"{field.default:g}" if isinstance(field.default, int | float) else str(field.default)
            assert documented == (f"`{shown}`" if shown else "(none)"), name


def test_without_a_login_it_practises(settings: SettingsFactory) -> None:
    assert settings().sandbox
    assert not settings(login="acme", password="secret").sandbox
    assert settings().url == MANUAL_URL


def test_a_settings_file_that_cannot_be_looked_at_is_refused_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As for another user in root's folder: the settings there would not apply, in silence."""

    def refuse(_path: Path) -> bool:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "is_file", refuse)
    with pytest.raises(SettingsError, match=r"The file \.env cannot be read: ") as refused:
        load(_env_file=tmp_path / ".env")
    assert refused.value.code == "bad-settings-file"


def test_a_misspelt_setting_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GETSMS_RATTE", "5")
    with pytest.raises(SettingsError, match="GETSMS_RATTE") as refused:
        load(_env_file=None)
    assert refused.value.code == "unknown-setting"


def test_a_misspelt_setting_in_the_file_is_refused_too(tmp_path: Path) -> None:
    file = tmp_path / "env"
    file.write_text("GETSMS_RATTE=5\n")
    with pytest.raises(SettingsError, match=r"GETSMS_RATTE in env\. Did you mean GETSMS_RATE\?") as refused:
        load(_env_file=file)
    assert refused.value.code == "unknown-setting"


def test_a_misspelt_setting_without_a_value_is_refused_too(tmp_path: Path) -> None:
    file = tmp_path / "env"
    file.write_text("GETSMS_RATTE=\n")
    with pytest.raises(SettingsError, match="GETSMS_RATTE"):
        load(_env_file=file)


def test_names_of_other_programs_in_the_file_are_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "env"
    file.write_text("COMPOSE_PROJECT_NAME=shop\nRATE=3\nDATABASE_URL=other\n")
    assert load(_env_file=file).rate == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("# speed\n\nGETSMS_RATE: 3\n", "Line 3 of env"),
        ("GETSMS_RATE\n", "Line 1 of env"),
        ("GETSMS_CHUNK_SIZE=50\nas fast as possible\n", "Line 2 of env"),
        ('GETSMS_NICKNAME="open\n', "Line 1 of env"),
    ],
)
def test_a_line_of_the_file_that_sets_nothing_is_refused_by_its_number(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "env"
    file.write_text(text)
    with pytest.raises(SettingsError, match=said) as refused:
        load(_env_file=file)
    assert refused.value.code == "bad-settings-file"


def test_a_file_of_settings_in_another_encoding_is_refused_in_words(tmp_path: Path) -> None:
    file = tmp_path / "env"
    file.write_bytes("GETSMS_NICKNAME=Привет\n".encode("cp1251"))
    with pytest.raises(SettingsError, match="env is not in UTF-8"):
        load(_env_file=file)


def test_a_file_of_settings_as_windows_writes_it_is_read(tmp_path: Path) -> None:
    file = tmp_path / "env"
    file.write_bytes(b"\xef\xbb\xbfGETSMS_RATE=5\r\nGETSMS_NICKNAME=\r\n# end\r\n")
    assert load(_env_file=file).rate == 5


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "env"
    file.write_text("GETSMS_RATE=5\nGETSMS_CHUNK_SIZE=50\n")
    monkeypatch.setenv("GETSMS_RATE", "7")
    loaded = load(_env_file=file)
    assert (loaded.rate, loaded.chunk_size) == (7, 50)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("chunk_size", 101), ("chunk_size", 0), ("chunk_size", "many"), ("concurrency", 0), ("rate", -1),
        ("read_timeout", 0), ("url", "ftp://gateway"), ("timezone", "Tashkent"), ("language", "de"), ("price", "1.234"),
        ("price", -1), ("price", "50000.01"), ("price", "NaN"), ("env", "live"), ("validity_hours", 0),
        ("sandbox_port", 70000),
    ],
)  # fmt: skip
def test_a_value_that_does_not_fit_is_refused_with_the_settings_name(
    settings: SettingsFactory, name: str, value: object
) -> None:
    with pytest.raises(SettingsError, match=f"GETSMS_{name.upper()}") as refused:
        settings(**{name: value})
    assert refused.value.code == "bad-setting"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("chunk_size", "0", "write a whole number from 1 to 100"), ("rate", "nan", "write a number from 0 to 1000"),
        ("read_timeout", "0", "write a number above 0, 300 at most"), ("price", "95,5", "such as 95 or 95.50"),
        ("uncertain_limit", "x", "write a whole number, 0 or more"), ("env", "live", "production, development, test"),
        ("url", "http://", "write an address"), ("url", "http://gateway:99999/", "write an address"),
        ("url", "http://gate way/", "write an address"), ("opt_out_hint", "x" * 101, "at most 100 characters"),
    ],
)  # fmt: skip
def test_a_refused_value_is_told_what_fits(settings: SettingsFactory, name: str, value: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        settings(**{name: value})


def test_what_fits_is_told_in_the_persons_language(settings: SettingsFactory) -> None:
    with using_language("ru"), pytest.raises(SettingsError) as refused:
        settings(chunk_size=101)
    assert refused.value.message.endswith("укажите целое число от 1 до 100.")


def test_a_login_without_a_password_is_refused(settings: SettingsFactory) -> None:
    with pytest.raises(SettingsError) as refused:
        settings(login="acme")
    assert refused.value.code == "password-missing"


def test_the_password_is_in_no_text_that_could_be_logged(settings: SettingsFactory) -> None:
    loaded = settings(login="acme", password="s3cret-word")
    assert "s3cret-word" not in repr(loaded) + str(loaded) + str(loaded.model_dump())
    with pytest.raises(SettingsError) as refused:
        settings(login="acme", password="s3cret-word", rate="fast")
    assert "s3cret-word" not in str(refused.value)


def test_an_address_gets_its_last_slash(settings: SettingsFactory) -> None:
    assert settings(url="https://gateway.example/api").url == "https://gateway.example/api/"


def test_money_is_never_a_float(settings: SettingsFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings(price=95.1).price == Decimal("95.1")
    monkeypatch.setenv("GETSMS_PRICE", "95.05")
    assert load(_env_file=None).price == Decimal("95.05")


def test_settings_cannot_be_changed_after_they_were_read(settings: SettingsFactory) -> None:
    loaded = settings()
    with pytest.raises(ValueError, match="frozen"):
        loaded.rate = 5


def test_a_login_in_the_gateways_address_is_not_shown(settings: SettingsFactory) -> None:
    live = settings(login="acme", password="secret", url="http://user:hush@gateway.example:8080/sms/")
    assert live.shown_url == "http://gateway.example:8080/sms/"
    assert account_name(live) == "acme@http://gateway.example:8080/sms/"
    assert settings(url="http://gateway.example/").shown_url == "http://gateway.example/"


@pytest.mark.parametrize("names", ["https://sms.example.uz", "sms.example.uz:443", "a b/c", "*", "*.*.uz", "-x", "x,;"])
def test_host_names_that_name_no_host_are_refused(settings: SettingsFactory, names: str) -> None:
    with pytest.raises(SettingsError, match="GETSMS_ALLOWED_HOSTS"):
        settings(allowed_hosts=names)


@pytest.mark.parametrize(
    ("host", "names", "allowed"),
    [
        ("anything.example", "", True),
        ("sms.example.uz", "sms.example.uz", True),
        ("SMS.Example.uz:8443", "sms.example.uz", True),
        ("[::1]:8501", "[::1]", True),
        ("[::1]", "[::1]", True),
        ("a.example.uz", "*.example.uz", True),
        ("example.uz", "*.example.uz", False),
        ("evilexample.uz", "*.example.uz, example.uz", False),
        ("sms.example.uz.evil.example", "sms.example.uz", False),
        ("127.0.0.1:8501", "sms.example.uz", False),
        (None, "sms.example.uz", False),
    ],
)
def test_only_allowed_hosts_are_answered(
    settings: SettingsFactory, host: str | None, names: str, allowed: bool
) -> None:
    assert settings(allowed_hosts=names).allows_host(host) is allowed


@pytest.mark.parametrize(
    "url", ["postgresql://u:p@ss:hush@host:x/db", "postgresql://u:se:hush@h:5432x/db", "postgresql://u:hush@[::1/db"]
)
def test_a_database_address_that_cannot_be_read_does_not_show_its_password(url: str) -> None:
    with pytest.raises(DomainError) as refusal:
        open_store(url)
    assert refusal.value.code == "database-address"
    assert "hush" not in str(refusal.value)
    assert refusal.value.__cause__ is None
