"""The gateway account that this process works for: made from the settings, kept in the database with its rate."""

from typing import Any

import sqlalchemy as sa
from pydantic import SecretStr
from sqlmodel import Session, col, select

from getsms_core.base.errors import DomainError
from getsms_core.base.i18n import _
from getsms_core.base.settings import Settings
from getsms_core.db.engine import Store, now_ms
from getsms_core.db.models import Account, Campaign
from getsms_core.gateway import Gateway

SANDBOX = "sandbox"


def account_name(settings: Settings) -> str:
    """The name of the account in force, for people. A started practice campaign belongs to the sandbox for ever: it
    never leaves for real."""
    return SANDBOX if settings.sandbox else f"{settings.login}@{settings.url}"


def account_id(store: Store, settings: Settings) -> int:
    """The id of the account in force, made at first use; its rate, concurrency and address follow the settings."""
    with store.writing() as session:
        return ensure(session, settings)


def find(session: Session, settings: Settings) -> Account | None:
    """The account in force: the login identifies it, not the address. None before its first use."""
    login = (
        col(Account.sandbox)
        if settings.sandbox
        else sa.and_(~col(Account.sandbox), col(Account.login) == settings.login)
    )
    return session.exec(select(Account).where(login).order_by(col(Account.id))).first()


def ensure(session: Session, settings: Settings) -> int:
    """`account_id` inside a transaction."""
    wanted: dict[str, Any] = {"name": account_name(settings), "url": settings.url, "concurrency": settings.concurrency,
              "rate": settings.rate}  # fmt: skip
    account = find(session, settings)
    if account is None:
        login = "" if settings.sandbox else settings.login
        account = Account(**wanted, login=login, sandbox=settings.sandbox, created_at=now_ms(session))
        session.add(account)
        session.flush()
    elif changed := {name: value for name, value in wanted.items() if getattr(account, name) != value}:
        session.execute(sa.update(Account).where(col(Account.id) == account.id).values(**changed))
    assert account.id is not None
    return account.id


def login_of(account: Account | None) -> str:
    """The login as people read it."""
    return account.login if account is not None and not account.sandbox else _("practice (no login)")


def login_in_force(settings: Settings) -> str:
    """The login of the settings as people read it."""
    return _("practice (no login)") if settings.sandbox else settings.login


def require_in_force(session: Session, campaign: Campaign, settings: Settings) -> None:
    """Raises `DomainError` ("other-login") where the campaign belongs to another login than that of the settings."""
    account = find(session, settings)
    if account is None or account.id != campaign.account_id:
        words = _(
            "Campaign {id} belongs to the login {login}, and the login is now {now}. What has started is never sent by "
            "another login. Cancel the campaign, or copy the rest as a new draft: getsms copy {id} --name NAME --rest"
        )
        owner = session.get(Account, campaign.account_id)
        raise DomainError(
            "other-login", words.format(id=campaign.id, login=login_of(owner), now=login_in_force(settings))
        )


def gateway(settings: Settings, sandbox_url: str = "") -> Gateway:
    """The client for the account in force. In sandbox mode any login will do, and `sandbox_url` says where it
    listens."""
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
