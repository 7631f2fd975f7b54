"""Alembic's entry point; `schema.migrate` passes the connection."""

from typing import Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlmodel import AutoString

from getsms_core.db.models import Table


def render(kind: str, column_type: object, _context: AutogenContext) -> str | Literal[False]:
    """Write SQLModel's text type as SQLAlchemy's."""
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
