"""The base of all tables, and the column types and ids that they share."""

from enum import Enum, StrEnum
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import registry
from sqlmodel import SQLModel

SPAN = 1 << 24
"""Ids that a campaign owns: its messages and its chunks are numbered `campaign_id * SPAN + 1 ...`, 16.7 million at
most."""

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


def table(model: type[Table]) -> sa.Table:
    """Return the Core table of a model for the statements of the hot path, where the ORM takes several times as
    long."""
    core_table: sa.Table = model.metadata.tables[str(model.__tablename__)]
    return core_table


def enum_text(enum: type[Enum]) -> sa.Enum:
    """Return a text column type that stores an enum's values; SQLAlchemy's default stores the member names."""
    return sa.Enum(
        enum, native_enum=False, length=20, create_constraint=False, values_callable=lambda e: [m.value for m in e]
    )


E = TypeVar("E", bound=StrEnum)


class StateText(sa.TypeDecorator[E]):
    """A text column without a length that stores the values of an enum. `enum_text` has a length, which a column of an
    earlier release does not have."""

    impl = sa.String
    cache_ok = True

    def __init__(self, enum: type[E]) -> None:
        super().__init__()
        self.enum = enum

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> str | None:
        """Return the text of a member or of one of its values."""
        return None if value is None else self.enum(value).value

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> E | None:
        """Return the member of a stored text."""
        return None if value is None else self.enum(value)
