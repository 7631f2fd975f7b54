"""Alembic's entry: it is handed a connection by `schema.upgrade` or by the tests."""

from typing import Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlmodel import AutoString

from getsms_core.db.models import Table


def render(kind: str, column_type: object, _context: AutogenContext) -> str | Literal[False]:
    """SQLModel's text type is written as SQLAlchemy's, which it is."""
    return "sa.String()" if kind == "type" and isinstance(column_type, AutoString) else False


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Table.metadata,
    render_as_batch=True,
    compare_type=True,
    render_item=render,
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
