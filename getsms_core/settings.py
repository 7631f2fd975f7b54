"""Settings: the environment's `GETSMS_*`, else the same names in `.env` of the working directory, else the defaults
here.

An unknown `GETSMS_` name is refused: a misspelt limit that is silently ignored costs money. Every setting stands in
docs/settings.md; a test compares the two.
"""

import os
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from getsms_core.errors import SettingsRefused
from getsms_core.words import _

MANUAL_URL = "http://185.8.212.184/smsgateway/"  # the gateway's integration manual
DATA = Path(__file__).resolve().parent.parent / "data"


def _known_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("no such time zone; write it as Area/City, for example Asia/Tashkent")
    return name


def _http_address(url: str) -> str:
    if not url.startswith(("http://", "https://")):
        raise ValueError("the address must begin with http:// or https://")
    return url if url.endswith("/") else url + "/"


class Settings(BaseSettings):
    """All settings with their units. Build it with `load()`, which words the errors for people."""

    model_config = SettingsConfigDict(env_prefix="GETSMS_", env_file=".env", extra="forbid", frozen=True)

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
    poll_first: float = Field(5, ge=0, le=86400)  # seconds from the hand-over to the first status call
    validity_hours: float = Field(24, gt=0, le=168)  # without a last word for so long, a message is expired
    uncertain_limit: int = Field(1000, ge=0)  # messages; so many lost answers in a row pause a campaign; 0 = never
    rejected_limit: int = Field(300, ge=0)  # messages; so many rejected numbers in a row pause a campaign; 0 = never
    price: Annotated[Decimal, BeforeValidator(str)] = Field(Decimal("95"), ge=0, max_digits=9, decimal_places=2)  # so'm
    opt_out_hint: str = Field("", max_length=100)  # words that advertising must hold ("STOP 1234"); empty = none
    timezone: Annotated[str, AfterValidator(_known_zone)] = "Asia/Tashkent"
    language: Literal["en", "uz", "ru"] = "en"
    sandbox_port: int = Field(0, ge=0, le=65535)  # 0 = any free port
    files: Path = DATA / "files"
    reports_folder: Path = DATA / "reports"
    smtp_host: str = ""  # empty = no e-mail
    smtp_port: int = Field(587, ge=1, le=65535)
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    smtp_login: str = ""
    smtp_password: SecretStr = SecretStr("")
    smtp_from: str = ""

    @property
    def sandbox(self) -> bool:
        """Whether the program practises: without a login nothing leaves this machine."""
        return not self.login

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of every date that a person reads or writes."""
        return ZoneInfo(self.timezone)


def load(**overrides: Any) -> Settings:
    """The settings in force, or `SettingsRefused` with a sentence that names the setting and never its secret value."""
    known = {f"GETSMS_{name}".upper() for name in Settings.model_fields}
    unknown = sorted(name for name in os.environ if name.upper().startswith("GETSMS_") and name.upper() not in known)
    if unknown:
        raise SettingsRefused(
            "unknown-setting",
            _("Unknown setting {name}. The settings are: {known}.").format(
                name=unknown[0], known=", ".join(sorted(known))
            ),
        )
    try:
        settings = Settings(**overrides)
    except ValidationError as error:
        raise SettingsRefused("bad-setting", _worded(error)) from None
    if settings.login and not settings.password.get_secret_value():
        raise SettingsRefused(
            "password-missing",
            _("GETSMS_LOGIN is set but GETSMS_PASSWORD is not. Set both, or neither for the sandbox."),
        )
    if settings.smtp_host and "@" not in settings.smtp_from:
        raise SettingsRefused(
            "smtp-from-missing",
            _("GETSMS_SMTP_HOST is set but GETSMS_SMTP_FROM is no e-mail address. Set both, or neither for no e-mail."),
        )
    return settings


def _worded(error: ValidationError) -> str:
    first = error.errors(include_input=False, include_url=False)[0]
    name = str(first["loc"][0]) if first["loc"] else ""
    setting = name.upper() if name.upper().startswith("GETSMS_") else f"GETSMS_{name}".upper()
    if first["type"] == "extra_forbidden":
        return _("Unknown setting {name} in .env.").format(name=setting)
    return _("The setting {name} cannot be used: {reason}.").format(
        name=setting, reason=first["msg"].removeprefix("Value error, ").rstrip(".")
    )
