"""Gateway accounts and their prices."""

from typing import Any

import sqlalchemy as sa
from sqlmodel import Field

from getsms_core.base.codes import PriceKind
from getsms_core.db.models.base import BIG_INTEGER, IDS_ONCE, EnumText, Table


class Account(Table, table=True):
    """A gateway account. Its row holds the rate, which all workers share. The password is never stored here."""

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)  # shown to users: "login@address", or "sandbox"
    login: str = Field(default="", sa_column_kwargs={"server_default": ""})  # identifies it; empty: the sandbox
    url: str
    sandbox: bool
    concurrency: int
    rate: float
    next_slot_us: int = Field(
        default=0, sa_type=BIG_INTEGER
    )  # UTC microseconds: at 300 a second a rounded millisecond costs 17 %
    failures: int = 0  # connections in a row that failed
    failed_at: int = Field(default=0, sa_type=BIG_INTEGER)
    policy: dict[str, Any] = Field(default_factory=dict, sa_type=sa.JSON)  # quiet hours and limits: policy.Policy
    created_at: int = Field(sa_type=BIG_INTEGER)

    __table_args__ = (
        sa.Index(
            "ix_account_login",
            "login",
            unique=True,
            sqlite_where=sa.text("login <> ''"),
            postgresql_where=sa.text("login <> ''"),
        ),
    )


class PriceRule(Table, table=True):
    """The price of a part from a date on. Empty text or NULL means any; the most specific rule applies, then the
    newest."""

    __tablename__ = "price_rule"
    __table_args__ = IDS_ONCE
    id: int | None = Field(default=None, primary_key=True)
    account_id: int | None = Field(default=None, foreign_key="account.id")
    sender: str = ""
    number_range: str = ""
    category: PriceKind = Field(default=PriceKind.ANY, sa_type=EnumText(PriceKind))
    from_at: int = Field(sa_type=BIG_INTEGER)
    price: int  # tiyin a part
    created_at: int = Field(sa_type=BIG_INTEGER)
    created_by: str
    scope_key: str | None = Field(default=None, unique=True, index=True)
    """What it is for and from when, `billing.price_rules.scope_key`. NULL: a process of release 0.1 added it, or the
    key belonged to another rule."""
