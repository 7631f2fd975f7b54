"""The gateway account that this process works for: made from the settings, kept in the database with its rate."""

import sqlalchemy as sa
from pydantic import SecretStr
from sqlmodel import Session, col, select

from getsms_core.gateway import Gateway
from getsms_core.settings import Settings
from getsms_core.store.engine import Store, now_ms
from getsms_core.store.models import Account

SANDBOX = "sandbox"


def account_name(settings: Settings) -> str:
    """The name of the account in force. A practice campaign belongs to the sandbox for ever: it never leaves for
    real."""
    return SANDBOX if settings.sandbox else f"{settings.login}@{settings.url}"


def account_id(store: Store, settings: Settings) -> int:
    """The id of the account in force, made at first use; its rate and concurrency follow the settings."""
    with store.writing() as session:
        return ensure(session, settings)


def ensure(session: Session, settings: Settings) -> int:
    """`account_id` inside a transaction."""
    name = account_name(settings)
    account = session.exec(select(Account).where(col(Account.name) == name)).first()
    if account is None:
        account = Account(
            name=name,
            url=settings.url,
            sandbox=settings.sandbox,
            concurrency=settings.concurrency,
            rate=settings.rate,
            created_at=now_ms(session),
        )
        session.add(account)
        session.flush()
    elif (account.concurrency, account.rate) != (settings.concurrency, settings.rate):
        session.execute(
            sa.update(Account)
            .where(col(Account.id) == account.id)
            .values(concurrency=settings.concurrency, rate=settings.rate)
        )
    assert account.id is not None
    return account.id


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
