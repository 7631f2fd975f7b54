"""Upgrading a database's tables with Alembic, without loading Alembic when they are up to date."""

from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from getsms_core.base.errors import DomainError
from getsms_core.db import errors

if TYPE_CHECKING:
    from alembic.config import Config

HEAD = "0035"
"""The newest migration; a test compares it with the migrations folder. Reading one row takes 1 ms of a start, loading
Alembic 600."""

_MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK = 0x67657473  # any number, the same in every process


def current_revision(connection: sa.Connection) -> str | None:
    """Return the revision of the database; None for an empty one."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()


def supported_revision(connection: sa.Connection) -> str | None:
    """Return `current_revision`. Raises `DomainError` ("database-newer") if this program has no migration for it."""
    revision = current_revision(connection)
    if revision not in (None, HEAD) and revision not in revisions():
        raise DomainError.of("database-newer", version=revision)
    return revision


def revisions() -> set[str]:
    """Return every revision that this program has a migration for."""
    from alembic.script import ScriptDirectory

    return {script.revision for script in ScriptDirectory.from_config(alembic_config()).walk_revisions()}


def tables_at(revision: str) -> sa.MetaData:
    """Return the tables of a revision; those of an older one are reflected from a database in memory."""
    from getsms_core.db.models import Table

    if revision == HEAD:
        return Table.metadata
    engine, metadata = sa.create_engine("sqlite://"), sa.MetaData()
    with engine.begin() as connection:
        migrate(connection, revision)
        metadata.reflect(connection)
    engine.dispose()
    metadata.remove(metadata.tables["alembic_version"])
    return metadata


def migrate(connection: sa.Connection, revision: str = "head") -> None:
    """Run the missing migrations up to a revision, in the connection's own transaction."""
    from alembic import command

    config = alembic_config()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def upgrade(engine: sa.Engine) -> None:
    """Run the missing migrations; if several processes call it at once, one of them runs them.

    Raises `DomainError` ("database-newer") if a newer version of the program made the tables, and ("database-foreign")
    if another program did."""
    with engine.connect() as connection:
        if current_revision(connection) == HEAD:
            return
    with engine.execution_options(getsms_write=True).begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        _refuse_foreign_tables(connection, supported_revision(connection))
        migrate(connection)


def _refuse_foreign_tables(connection: sa.Connection, revision: str | None) -> None:
    """Raise `DomainError` ("database-foreign") where a table that a migration will add is there: it is another
    program's. SQLite has no error code of its own for that."""
    from getsms_core.db.models import Table

    if revision == HEAD:  # another process has run the migrations meanwhile
        return
    own_tables = set() if revision is None else set(tables_at(revision).tables)
    if set(sa.inspect(connection).get_table_names()) & (set(Table.metadata.tables) - own_tables):
        raise errors.foreign_tables()


def alembic_config() -> "Config":
    """Return Alembic's configuration for this package's migrations."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    return config
