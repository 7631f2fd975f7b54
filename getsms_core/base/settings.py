"""Settings: the environment's `GETSMS_*`, else the same names in `.env` of the working directory, else the defaults
here.

An unknown `GETSMS_` name is rejected: a misspelt limit that is silently ignored costs money. docs/settings.md lists
every setting; a test compares the two.
"""

import io
import os
import re
from collections.abc import Iterable
from decimal import Decimal
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, get_args
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from dotenv.parser import parse_stream
from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from getsms_core.base.errors import SettingsError, os_reason
from getsms_core.base.i18n import _
from getsms_core.base.places import DATA

MANUAL_URL = "http://185.8.212.184/smsgateway/"  # the gateway's integration manual
MAX_PRICE = 50_000
"""So'm per part, of the setting and of price rules: the price of a message of 255 parts still fits its column."""
_SQLITE = re.compile(r"sqlite(?:\+\w+)?:///([^?#]*)")
_HOST_NAME = re.compile(r"(?:\*\.)?[A-Za-z0-9](?:[A-Za-z0-9.\-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\]", re.ASCII)
_LIMITS = ("ge", "gt", "le", "max_length")  # of a value, as the fields below name them


@cache
def _zone_names() -> frozenset[str]:
    return frozenset(available_timezones())  # reads 600 files of the system, 10 ms


def _known_zone(name: str) -> str:
    if name not in _zone_names():
        raise ValueError(_("there is no such time zone; write it as Area/City, for example Asia/Tashkent"))
    return name


def _http_address(url: str) -> str:
    try:
        named = url.startswith(("http://", "https://")) and bool(urlsplit(url).hostname) and urlsplit(url).port != 0
    except ValueError:  # a port that is not a number, a bracket that is not closed
        named = False
    if not named or any(char.isspace() for char in url):
        raise ValueError(_("write an address such as http://185.8.212.184/smsgateway/"))
    return url if url.endswith("/") else url + "/"


def _app_address(url: str) -> str:
    try:
        address = urlsplit(url)
        named = address.scheme in ("http", "https") and bool(address.hostname) and address.port != 0
        named = named and not (address.username or address.query or address.fragment)
    except ValueError:  # a port that is not a number, a bracket that is not closed
        named = False
    if not named or any(char.isspace() for char in url):
        raise ValueError(_("write an address such as https://sms.example.uz"))
    return url.rstrip("/")


def _host_names(names: str) -> str:
    for name in names.replace(",", " ").split():
        if not _HOST_NAME.fullmatch(name):
            raise ValueError(_("write host names without port, separated by commas, such as sms.example.uz"))
    return names


class Settings(BaseSettings):
    """All settings with their units. Build it with `load()`, which rejects unknown names and translates the errors."""

    model_config = SettingsConfigDict(env_prefix="GETSMS_", env_file=".env", extra="ignore", frozen=True)

    env: Literal["production", "development", "test"] = "production"
    url: Annotated[str, AfterValidator(_http_address)] = MANUAL_URL
    login: str = ""
    password: SecretStr = SecretStr("")
    nickname: str = ""
    database_url: str = f"sqlite:///{DATA / 'getsms.db'}"
    chunk_size: int = Field(100, ge=1, le=100)
    concurrency: int = Field(8, ge=1, le=64)  # requests in flight, over all workers
    rate: float = Field(0, ge=0, le=1000)  # requests a second, over all workers; 0 = as many as concurrency allows
    connect_timeout: float = Field(5, gt=0, le=60)  # seconds
    read_timeout: float = Field(30, gt=0, le=300)  # seconds for one read and for the whole answer
    status_batch: int = Field(1, ge=1, le=100)  # request ids in one status call
    poll_first: float = Field(5, ge=0, le=86400)  # seconds from the submission to the first status call
    validity_hours: float = Field(24, gt=0, le=168)  # a message without a final status for this long is expired
    uncertain_limit: int = Field(1000, ge=0)  # messages; this many lost answers in a row pause a campaign; 0 = never
    rejected_limit: int = Field(300, ge=0)  # messages; this many rejected numbers in a row pause a campaign; 0 = never
    price: Annotated[Decimal, BeforeValidator(str)] = Field(Decimal("95"), ge=0, le=MAX_PRICE, decimal_places=2)
    opt_out_hint: str = Field("", max_length=100)  # text that advertising must contain ("STOP 1234"); empty = none
    timezone: Annotated[str, AfterValidator(_known_zone)] = "Asia/Tashkent"
    language: Literal["en", "uz", "ru"] = "en"
    log_format: Literal["text", "json"] = "text"  # of the lines on stderr: one event a line
    sandbox_port: int = Field(0, ge=0, le=65535)  # 0 = any free port
    files: Path = DATA / "files"
    reports_folder: Path = DATA / "reports"
    smtp_host: str = ""  # empty = no e-mail
    smtp_port: int = Field(587, ge=1, le=65535)
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    smtp_login: str = ""
    smtp_password: SecretStr = SecretStr("")
    smtp_from: str = ""
    app_url: Annotated[str, AfterValidator(_app_address)] = "http://127.0.0.1:8501"  # where users open the app
    allowed_hosts: Annotated[str, AfterValidator(_host_names)] = ""  # empty = every name
    metrics_token: SecretStr = SecretStr("")  # empty: no /metrics
    secret_file: Annotated[Path | None, BeforeValidator(lambda file: file or None)] = None  # None: beside the database

    @property
    def shown_url(self) -> str:
        """The gateway's address without the login and password that it may contain."""
        address = urlsplit(self.url)
        return address._replace(netloc=address.netloc.rpartition("@")[2]).geturl()

    @property
    def hosts(self) -> frozenset[str]:
        """The host names of `allowed_hosts`, in lower case; empty = every name."""
        return frozenset(self.allowed_hosts.lower().replace(",", " ").split())

    def allows_host(self, host: str | None) -> bool:
        """Return whether the app answers requests with this Host header, whatever its port; "*.example.uz" is every
        name below. Without `allowed_hosts`: every host."""
        if not self.hosts:
            return True
        name = re.sub(r":\d+$", "", (host or "").lower())
        return name in self.hosts or any(known.startswith("*.") and name.endswith(known[1:]) for known in self.hosts)

    @property
    def sandbox(self) -> bool:
        """Whether the sandbox is used: without a login no request leaves this machine."""
        return not self.login

    @property
    def secret_path(self) -> Path:
        """The file of the server secret: GETSMS_SECRET_FILE, else `server.secret` beside the SQLite file, else under
        `data/`."""
        if self.secret_file is not None:
            return self.secret_file
        file = self.sqlite_file
        return (file.parent if file else DATA) / "server.secret"

    @property
    def sqlite_file(self) -> Path | None:
        """The database's file; None if it is not SQLite."""
        file = _SQLITE.match(self.database_url)
        return Path(file[1]).absolute() if file and file[1] else None

    @property
    def requests_folder(self) -> Path:
        """Where the workers of this host note which requests began: beside the SQLite file, else beside `files`."""
        file = self.sqlite_file
        return (file.parent if file else self.files.absolute().parent) / "run" / "requests"

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of every date that users read or write."""
        return ZoneInfo(self.timezone)


def load(**overrides: Any) -> Settings:
    """Return the settings. Raises `SettingsError` with a message that names the setting and never its secret value."""
    _reject_unknown(os.environ, _("the environment"))
    file = overrides.get("_env_file", Settings.model_config["env_file"])
    if file is not None:
        _reject_unknown(_names_in(Path(file)), Path(file).name)
    try:
        settings = Settings(**overrides)
    except ValidationError as error:
        raise SettingsError("bad-setting", _setting_sentence(error)) from None
    if settings.login and not settings.password.get_secret_value():
        raise SettingsError(
            "password-missing",
            _("GETSMS_LOGIN is set but GETSMS_PASSWORD is not. Set both, or neither for the sandbox."),
        )
    if settings.smtp_host and "@" not in settings.smtp_from:
        raise SettingsError(
            "smtp-from-missing",
            _(
                "GETSMS_SMTP_HOST is set but GETSMS_SMTP_FROM is not an e-mail address. Set both, or neither for no "
                "e-mail."
            ),
        )
    return settings


def _reject_unknown(names: Iterable[str], where: str) -> None:
    setting_names = sorted(f"GETSMS_{name}".upper() for name in Settings.model_fields)
    for name in sorted(name for name in names if name.upper().startswith("GETSMS_")):
        if name.upper() not in setting_names:
            similar_names = get_close_matches(name.upper(), setting_names, 1, cutoff=0.8)
            sentence = (
                _("Unknown setting {name} in {where}. Did you mean {meant}? The settings are: {known}.")
                if similar_names
                else _("Unknown setting {name} in {where}. The settings are: {known}.")
            )
            message = sentence.format(
                name=name, where=where, meant="".join(similar_names), known=", ".join(setting_names)
            )
            raise SettingsError("unknown-setting", message)


def _names_in(file: Path) -> list[str]:
    """Return the names that a settings file sets. Raises `SettingsError` for a malformed line: the library skips it in
    silence, and a limit would not apply."""
    try:
        if not file.is_file():
            return []
        bindings = list(parse_stream(io.StringIO(file.read_text("utf-8-sig"))))
    except UnicodeError:
        sentence = _("The file {file} is not in UTF-8. Save it in UTF-8 and try again.")
        raise SettingsError("bad-settings-file", sentence.format(file=file.name)) from None
    except OSError as error:
        sentence = _("The file {file} cannot be read: {reason}.")
        raise SettingsError("bad-settings-file", sentence.format(file=file.name, reason=os_reason(error))) from error
    for binding in bindings:
        if binding.error or (binding.key is not None and binding.value is None):
            sentence = _(
                "Line {line} of {file} sets nothing. Write NAME=value, or start the line with # for a comment."
            )
            line = binding.original.line + len(binding.original.string) - len(binding.original.string.lstrip("\n"))
            raise SettingsError("bad-settings-file", sentence.format(line=line, file=file.name))
    return [binding.key for binding in bindings if binding.key is not None]


def _setting_sentence(error: ValidationError) -> str:
    first = error.errors(include_input=False, include_url=False)[0]
    name = str(first["loc"][0]).lower().removeprefix("getsms_") if first["loc"] else ""
    return _("The setting {name} cannot be used: {reason}.").format(
        name=f"GETSMS_{name}".upper(), reason=_reason(name, first["msg"].removeprefix("Value error, ").rstrip("."))
    )


def _reason(name: str, library_message: str) -> str:
    """Return the allowed values from the setting's own limits; the library's message is not translated."""
    setting = Settings.model_fields.get(name)
    if setting is None:
        return library_message
    if choices := get_args(setting.annotation):
        return _("write one of {choices}").format(choices=", ".join(map(str, choices)))
    limits = {
        key: getattr(constraint, key) for constraint in setting.metadata for key in _LIMITS if hasattr(constraint, key)
    }
    if setting.annotation is Decimal:
        sentence = _("write so'm from 0 to {le} with at most two decimals, such as 95 or 95.50")
    elif "max_length" in limits:
        sentence = _("write at most {max_length} characters")
    elif "gt" in limits:
        sentence = _("write a number above {gt}, {le} at most")
    elif setting.annotation is float:
        sentence = _("write a number from {ge} to {le}")
    elif "le" in limits:
        sentence = _("write a whole number from {ge} to {le}")
    elif setting.annotation is int:
        sentence = _("write a whole number, {ge} or more")
    else:
        return library_message
    return sentence.format(**limits)
