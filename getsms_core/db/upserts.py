"""Rows that two processes may add at the same time: the database's unique constraint decides which of them does."""

from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from getsms_core.db.models import Table

R = TypeVar("R", bound=Table)


def insert_unless_exists(session: Session, row: R) -> R | None:
    """Add a row and return it as stored, with its id; None if a unique constraint has such a row already.

    PostgreSQL waits until a transaction that adds the same has ended. `row` must not be in a session."""
    model = type(row)
    values = row.model_dump()
    if values.get("id", 0) is None:
        del values["id"]
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    statement: sa.Insert = insert(model).values(**values).on_conflict_do_nothing()
    return session.scalars(statement.returning(model)).first()
