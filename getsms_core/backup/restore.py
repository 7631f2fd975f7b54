"""Restoring a backup: the whole file is checked, then loaded in one transaction."""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import psycopg
import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core.audit import log as audit
from getsms_core.backup import rows
from getsms_core.backup.aftermath import Outcome, hold_everything
from getsms_core.backup.container import damaged_error, newer_error, read_blocks
from getsms_core.base.errors import DomainError
from getsms_core.base.i18n import _, ngettext
from getsms_core.base.kinds import OptOutScope
from getsms_core.base.permissions import Actor, Permission
from getsms_core.db import schema
from getsms_core.db.engine import Store
from getsms_core.db.models import Account, Audit, OptOut, Table, table
from getsms_core.delivery import workers_online

_STARTUP_TABLES = rows.EXCLUDED_TABLES | {table(Account).name, table(Audit).name}
"""Tables that a worker fills at its start: a database with rows only in them counts as empty."""

_INVALID_ROW_ERRORS = (
    sqlite3.IntegrityError,
    sqlite3.DataError,
    psycopg.IntegrityError,
    psycopg.DataError,
    OverflowError,
    KeyError,
)
"""The errors of rows that this program did not write."""


@dataclass(frozen=True)
class BackupHeader:
    """The header of a backup; `taken_at` is UTC ms, `rows` those of each table."""

    revision: str
    taken_at: int
    rows: dict[str, int]


@dataclass(frozen=True)
class RestoreResult:
    """The result of a restore: the backup's instant (UTC ms), its messages, what needs a decision by a user, and the
    opt-outs of the replaced database that were kept."""

    taken_at: int
    messages: int
    outcome: Outcome
    kept_opt_outs: int


@dataclass(frozen=True)
class CheckedBackup:
    """A backup that was checked completely, and how to read it again."""

    path: Path
    password: str | None
    about: BackupHeader


def check_backup(path: Path, password: str | None = None) -> CheckedBackup:
    """Check a complete backup. Raises `OSError` if it cannot be read, and the `DomainError`s of
    `container.read_blocks`."""
    with path.open("rb") as file:
        return CheckedBackup(path, password, _inspect(file, password))


def _inspect(file: BinaryIO, password: str | None) -> BackupHeader:
    blocks = read_blocks(file, password)
    first = _document(next(blocks, b""))
    revision, taken_at = first.get("revision"), first.get("taken_at")
    if not isinstance(revision, str) or not isinstance(taken_at, int):
        raise damaged_error()
    if revision not in schema.revisions():
        raise newer_error(str(first.get("program"))[:40])
    schemas = {table.name: rows.schema_of(table) for table in rows.tables(schema.tables_at(revision))}
    counts, block = Counter[str](), b""
    for following in blocks:
        if block:
            table_rows = rows.read_block(block)
            name = (table_rows.schema.metadata or {}).get(b"table", b"").decode("utf-8", "replace")
            if name not in schemas or not table_rows.schema.equals(schemas[name]):
                raise damaged_error()
            counts[name] += table_rows.num_rows
        block = following
    if {name: counts[name] for name in schemas} != _document(block).get("tables"):
        raise damaged_error()
    return BackupHeader(revision, taken_at, {name: counts[name] for name in schemas})


def restore_backup(store: Store, actor: Actor, backup: CheckedBackup, *, replace: bool = False) -> RestoreResult:
    """Replace the whole database by a backup; a database that is not empty only with `replace`.

    Nothing is sent by itself afterwards: see `aftermath`. Numbers that opted out since the backup stay opted out where
    the replaced database has them: nobody would miss them until they get a message. Raises `OSError` if the file cannot
    be read, and `DomainError`: "not-allowed", "in-use" (a worker or an app server runs), "database-not-empty"."""
    actor.must(Permission.SETTINGS)
    about = backup.about
    with backup.path.open("rb") as file, _one_transaction(store) as session:
        _refuse_while_in_use(session)
        if not replace:
            _refuse_rows(session)
        _set_aside_opt_outs(session, about.taken_at)
        _load(session.connection(), file, backup)
        kept_opt_outs = _bring_back_opt_outs(session)
        outcome = hold_everything(session, about.taken_at)
        audit.note(session, actor, "database.restore", "database", file=backup.path.name, taken_at=about.taken_at,
                   uncertain=outcome.uncertain, numbers=kept_opt_outs)  # fmt: skip
    store.checkpoint()
    return RestoreResult(about.taken_at, about.rows["message"], outcome, kept_opt_outs)


_NEWER = sa.table("newer_opt_out", *(sa.column(column.name) for column in table(OptOut).columns))


def _set_aside_opt_outs(session: Session, taken_at: int) -> None:
    """Copy the opt-outs that are newer than the backup to a temporary table."""
    newer = sa.text("CREATE TEMPORARY TABLE newer_opt_out AS SELECT * FROM opt_out WHERE created_at >= :taken_at")
    session.execute(newer, {"taken_at": taken_at})


def _bring_back_opt_outs(session: Session) -> int:
    """Add the opt-outs that were set aside, also in the place of narrower ones. Returns how many."""
    of_all = sa.select(_NEWER.c.phone).where(_NEWER.c.scope == OptOutScope.ALL.value)
    narrower = sa.delete(OptOut).where(col(OptOut.scope) != OptOutScope.ALL, col(OptOut.phone).in_(of_all))
    session.execute(narrower, execution_options={"synchronize_session": False})
    missing = sa.select(_NEWER).where(_NEWER.c.phone.not_in(sa.select(col(OptOut.phone))))
    kept = session.scalar(sa.select(sa.func.count()).select_from(missing.subquery())) or 0
    session.execute(sa.insert(OptOut).from_select([*_NEWER.c.keys()], missing))
    session.execute(sa.text("DROP TABLE newer_opt_out"))
    return kept


@contextmanager
def _one_transaction(store: Store) -> Iterator[Session]:
    with store.writing() as session:
        if store.sqlite:
            session.execute(sa.text("PRAGMA defer_foreign_keys = ON"))
        else:
            session.execute(sa.text("SET LOCAL idle_in_transaction_session_timeout = 0"))
            session.execute(sa.text("SET LOCAL lock_timeout = '30s'"))
            names = ", ".join(f'"{name}"' for name in sorted(Table.metadata.tables))
            session.execute(sa.text(f"LOCK TABLE {names} IN ACCESS EXCLUSIVE MODE"))
        yield session


def _refuse_while_in_use(session: Session) -> None:
    """Refuse while a process uses the database. Call it under the lock, so that no process registers before the restore
    ends. Raises `DomainError` ("in-use")."""
    running = workers_online.running(session)
    if running:
        sentence = ngettext(
            "{n} process uses this database: {names}. Stop it, then restore. Nothing was changed.",
            "{n} processes use this database: {names}. Stop them, then restore. Nothing was changed.",
            len(running),
        )
        names = ", ".join(f"{process.kind} {process.pid} ({process.host.split('/')[0]})" for process in running)
        raise DomainError("in-use", sentence.format(n=len(running), names=names))


def _refuse_rows(session: Session) -> None:
    for candidate in Table.metadata.sorted_tables:
        if (
            candidate.name not in _STARTUP_TABLES
            and session.execute(sa.select(sa.literal(1)).select_from(candidate).limit(1)).first()
        ):
            raise DomainError(
                "database-not-empty",
                _(
                    "This database is not empty, and a restore replaces everything in it. Make a backup of it, then "
                    "restore with --yes. Nothing was changed."
                ),
            )


def _load(connection: sa.Connection, file: BinaryIO, backup: CheckedBackup) -> None:
    is_of_this_release = backup.about.revision == schema.HEAD
    if is_of_this_release:
        _empty_tables(connection)
    else:
        Table.metadata.drop_all(connection)
        connection.execute(sa.text("DROP TABLE alembic_version"))
        schema.migrate(connection, backup.about.revision)
    by_name = {target.name: target for target in schema.tables_at(backup.about.revision).sorted_tables}
    with _reject_invalid_rows():
        block = b""
        for number, following in enumerate(read_blocks(file, backup.password)):
            if number > 1:  # the first and the last block describe the backup
                table_rows = rows.read_block(block)
                rows.insert(connection, by_name[table_rows.schema.metadata[b"table"].decode()], table_rows)
            block = following
    for target in by_name.values():
        rows.advance_sequences(connection, target)
    if not is_of_this_release:
        schema.migrate(connection)


def _empty_tables(connection: sa.Connection) -> None:
    """Delete every row of every table; ids begin at 1 again. Creating the tables again would run every migration."""
    tables = Table.metadata.sorted_tables
    if connection.dialect.name == "postgresql":
        names = ", ".join(f'"{target.name}"' for target in tables)
        connection.execute(sa.text(f"TRUNCATE {names} RESTART IDENTITY"))
        return
    for target in reversed(tables):  # the rows that refer to others first
        connection.execute(sa.delete(target))
    connection.execute(sa.text("DELETE FROM sqlite_sequence"))


@contextmanager
def _reject_invalid_rows() -> Iterator[None]:
    """Raise "backup-damaged" for rows that the database refuses: this program did not write them."""
    try:
        yield
    except _INVALID_ROW_ERRORS as error:
        raise damaged_error() from error


def _document(block: bytes) -> dict[str, Any]:
    try:
        document = json.loads(block)
    except ValueError:
        raise damaged_error() from None
    if not isinstance(document, dict):
        raise damaged_error()
    return document
