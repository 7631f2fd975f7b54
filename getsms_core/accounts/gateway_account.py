"""The gateway account of this process: created from the settings, stored in the database with its rate."""

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from pydantic import SecretStr
from sqlmodel import Session, col, select

from getsms_core.base.errors import Conflict, DomainError
from getsms_core.base.i18n import _
from getsms_core.base.settings import Settings
from getsms_core.db.engine import Store, now_ms
from getsms_core.db.models import Account, Campaign
from getsms_core.db.upserts import insert_unless_exists

if TYPE_CHECKING:
    from getsms_core.gateway import Gateway

SANDBOX = "sandbox"


def account_name(settings: Settings) -> str:
    """Return the display name of the current account. A started practice campaign always belongs to the sandbox and is
    never sent to a real gateway."""
    return SANDBOX if settings.sandbox else f"{settings.login}@{settings.shown_url}"


def account_id(store: Store, settings: Settings) -> int:
    """Return the id of the current account, created at first use; its rate, concurrency and address follow the
    settings."""
    with store.writing() as session:
        return ensure(session, settings)


def find(session: Session, settings: Settings) -> Account | None:
    """Return the current account, identified by its login, not its address. None before its first use."""
    login = (
        col(Account.sandbox)
        if settings.sandbox
        else sa.and_(~col(Account.sandbox), col(Account.login) == settings.login)
    )
    return session.exec(select(Account).where(login).order_by(col(Account.id))).first()


def ensure(session: Session, settings: Settings) -> int:
    """Return `account_id` inside a transaction."""
    values: dict[str, Any] = {
        "name": account_name(settings),
        "url": settings.shown_url,
        "concurrency": settings.concurrency,
        "rate": settings.rate,
    }
    account = find(session, settings)
    if account is None:
        login = "" if settings.sandbox else settings.login
        row = Account(**values, login=login, sandbox=settings.sandbox, created_at=now_ms(session))
        account = insert_unless_exists(session, row) or find(session, settings)  # another process has just added it
        if account is None:
            raise Conflict.of("account-name-taken", name=values["name"])
    elif changed := {name: value for name, value in values.items() if getattr(account, name) != value}:
        session.execute(sa.update(Account).where(col(Account.id) == account.id).values(**changed))
    assert account.id is not None
    return account.id


def login_of(account: Account | None) -> str:
    """Return the login for display."""
    return account.login if account is not None and not account.sandbox else _("practice (no login)")


def login_in_force(settings: Settings) -> str:
    """Return the login of the settings for display."""
    return _("practice (no login)") if settings.sandbox else settings.login


def require_in_force(session: Session, campaign: Campaign, settings: Settings) -> None:
    """Raise `DomainError` ("other-login") where the campaign belongs to another login than that of the settings."""
    account = find(session, settings)
    if account is None or account.id != campaign.account_id:
        owner = session.get(Account, campaign.account_id)
        raise DomainError.of("other-login", id=campaign.id, login=login_of(owner), now=login_in_force(settings))


def gateway(settings: Settings, sandbox_url: str = "") -> "Gateway":
    """Return the client for the current account. In sandbox mode any login is accepted, and `sandbox_url` is its
    address."""
    from getsms_core.gateway import Gateway

    if settings.sandbox:
        return Gateway(
            sandbox_url,
            "sandbox",
            SecretStr("sandbox"),
            nickname=settings.nickname,
            connect_timeout=settings.connect_timeout,
            read_timeout=settings.read_timeout,
        )
    return Gateway(
        settings.url,
        settings.login,
        settings.password,
        nickname=settings.nickname,
        connect_timeout=settings.connect_timeout,
        read_timeout=settings.read_timeout,
    )
