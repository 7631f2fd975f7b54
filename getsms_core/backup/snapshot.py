"""Making a backup: every table at one instant, while the app and its workers continue."""

import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import BinaryIO

import sqlalchemy as sa
from sqlmodel import Session

from getsms_core.audit import log as audit
from getsms_core.backup import rows
from getsms_core.backup.container import Writer
from getsms_core.base.codes import NoticeEvent
from getsms_core.base.errors import DomainError
from getsms_core.base.i18n import _
from getsms_core.base.permissions import Actor, Permission
from getsms_core.db import schema
from getsms_core.db.engine import Store, now_ms, translate_errors
from getsms_core.notices import events


@dataclass(frozen=True)
class BackupResult:
    """The result of a backup: its messages and its size in bytes."""

    messages: int
    bytes: int


def write_backup(store: Store, actor: Actor, path: Path, password: str | None = None) -> BackupResult:
    """Write a backup to a new file with mode 0600, completely or not at all; with a password it is encrypted.

    The store may have an older revision; it is neither upgraded nor locked. Raises `DomainError` ("not-allowed",
    "file-exists", "no-database", "database-newer") and `OSError` where the file cannot be written."""
    actor.must(Permission.SETTINGS)
    with _new_file(path) as file:
        messages = _write(store, file, password)
        size = file.tell()
    with suppress(DomainError), store.writing() as session:  # the backup exists even if this cannot be recorded
        audit.note(session, actor, "database.backup", "database", file=path.name, messages=messages)
    return BackupResult(messages, size)


def note_failure(store: Store, actor: Actor, failure: DomainError) -> None:
    """Record that a backup failed, and notify administrators: nobody reads what a nightly job prints. Where the
    database cannot be written either, `reports.backups` finds that the next backup is late."""
    with suppress(DomainError), store.writing() as session:
        audit.note(session, actor, "database.backup-failed", "database", reason=failure.reason)
        now = now_ms(session)
        events.of_account(session, NoticeEvent.BACKUP, f"failed:{now}", now)


def _write(store: Store, file: BinaryIO, password: str | None) -> int:
    with _snapshot(store) as connection:
        revision = schema.supported_revision(connection)
        if revision is None:
            raise DomainError(
                "no-database", _("This database holds nothing of GETSMS Campaigns yet: there is no backup.")
            )
        writer, counts = Writer(file, password), dict[str, int]()
        with Session(connection) as session:
            taken_at = now_ms(session)
        about = {"program": version("getsms-campaigns"), "revision": revision, "taken_at": taken_at,
                 "database": connection.dialect.name}  # fmt: skip
        writer.write(json.dumps(about).encode())
        for table in rows.tables(schema.tables_at(revision)):
            counts[table.name] = 0
            for count, block in rows.blocks(connection, table):
                writer.write(block)
                counts[table.name] += count
        writer.finish(json.dumps({"tables": counts}).encode())
    return counts["message"]


@contextmanager
def _snapshot(store: Store) -> Iterator[sa.Connection]:
    """A transaction that sees one instant of the database, however long it runs."""
    isolated = {} if store.sqlite else {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    with translate_errors(), store.engine.connect().execution_options(**isolated) as connection:
        if not store.sqlite:  # this process compresses and writes between two fetches
            connection.execute(sa.text("SET LOCAL idle_in_transaction_session_timeout = 0"))
        yield connection


@contextmanager
def _new_file(path: Path) -> Iterator[BinaryIO]:
    """Open a file that gets its name when it is complete and never replaces an existing file."""
    if path.exists() or path.is_symlink():
        raise _exists(path)
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    descriptor = os.open(partial, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
            _name(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def _name(partial: Path, path: Path) -> None:
    try:
        os.link(partial, path)
    except FileExistsError:
        raise _exists(path) from None
    except OSError:  # a file system without hard links, such as a memory stick's or that of a network folder
        if path.exists():
            raise _exists(path) from None
        partial.rename(path)
    with suppress(OSError):  # a network folder may not support it
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _exists(path: Path) -> DomainError:
    return DomainError.of("file-exists", file=str(path))
