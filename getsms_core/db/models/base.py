"""The base of all tables, and the column types and ids that they share."""

from enum import StrEnum
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import registry
from sqlmodel import SQLModel

from getsms_core.base.reasons import Reason

SPAN = 1 << 24
"""Ids that a campaign owns: its messages and its chunks are numbered `campaign_id * SPAN + 1 ...`, 16.7 million at
most."""

IDS_ONCE = {"sqlite_autoincrement": True}
"""The arguments of a table whose rows are deleted while jobs, files or pages may still name their ids: SQLite gives
none of them again, as PostgreSQL."""
BIG_INTEGER = sa.BigInteger().with_variant(sa.Integer, "sqlite")  # SQLite: only an INTEGER key is the row id
NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Table(SQLModel, registry=registry(metadata=sa.MetaData(naming_convention=NAMING_CONVENTION))):
    """The base of every table here."""


def message_values(reason: Reason | None) -> dict[str, Any]:
    """Return the values of the columns that hold why something failed, or how it went; None: nothing to say."""
    params = None if reason is None else dict(reason.params)
    return {"code": reason.code if reason else "", "old_message": "", "message_params": params}


def table(model: type[Table]) -> sa.Table:
    """Return the Core table of a model for the statements of the hot path, where the ORM takes several times as
    long."""
    core_table: sa.Table = model.metadata.tables[str(model.__tablename__)]
    return core_table


E = TypeVar("E", bound=StrEnum)


class EnumText(sa.TypeDecorator[E]):
    """A text column that stores the values of an enum.

    A stored text that is not a value of the enum (another release wrote it) is read as it is, a plain string: it equals
    no member, and whoever shows it shows the text. Only values of the enum are written."""

    impl = sa.String
    cache_ok = True

    def __init__(self, enum: type[E], length: int | None = None) -> None:
        super().__init__(length)
        self.enum = enum

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> str | None:
        """Return the text of a member or of one of its values; raise `ValueError` for any other."""
        return None if value is None else self.enum(value).value

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> E | None:
        """Return the member of a stored text."""
        members: Any = self.enum._value2member_map_
        member: E | None = members.get(value, value)
        return member


def enum_text(enum: type[E]) -> EnumText[E]:
    """Return an `EnumText` of 20 characters, the length of some columns of release 0.1; the others have none."""
    return EnumText(enum, 20)
