"""Expected errors of the database libraries as `DomainError`, told apart by exception class and code, never by words: a
message depends on the library's version and the server's language, and may quote a user's text.

SQLite: the result code (`sqlite_errorcode`). PostgreSQL: the SQLSTATE; an error without one came from the connection.
"""

import sqlite3
import sys

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from getsms_core.base.errors import Conflict, DomainError, Unavailable

LOCKED = "database-locked"
READ_ONLY = "database-read-only"
FULL = "disk-full"
FOREIGN = "database-foreign"
UNREACHABLE = "database-unreachable"
NO_FILE = f"{UNREACHABLE}/file"
"""A file and a server that cannot be reached share one code."""
BUSY = "database-busy"
DAMAGED = "database-damaged"
DISK = "database-disk"
NO_RIGHT = "database-right"
PASSING = frozenset({UNREACHABLE, LOCKED, BUSY})
"""Codes of errors that pass without anybody's doing: a server restarts, or another program has locked the file."""
TWICE = "stored-meanwhile"
_SQLITE = {
    sqlite3.SQLITE_BUSY: LOCKED,
    sqlite3.SQLITE_LOCKED: LOCKED,
    sqlite3.SQLITE_PROTOCOL: LOCKED,
    sqlite3.SQLITE_READONLY: READ_ONLY,
    sqlite3.SQLITE_FULL: FULL,
    sqlite3.SQLITE_CANTOPEN: NO_FILE,
    sqlite3.SQLITE_NOTADB: NO_FILE,
    sqlite3.SQLITE_CORRUPT: DAMAGED,
    sqlite3.SQLITE_IOERR: DISK,
    sqlite3.SQLITE_CONSTRAINT_UNIQUE: TWICE,
    sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY: TWICE,
}
"""By extended result code, then by primary one."""
_SQLSTATES = {
    "08": UNREACHABLE,  # connection exception
    "28": UNREACHABLE,  # invalid authorization
    "3D": UNREACHABLE,  # no such database
    "57P": UNREACHABLE,  # the server is shutting down, starting or has crashed
    "25P03": UNREACHABLE,  # the server ended a connection that was idle in a transaction
    "25006": READ_ONLY,  # a read-only transaction: a standby server
    "42501": NO_RIGHT,  # insufficient privilege
    "42P07": FOREIGN,  # duplicate table: only migrations create tables
    "53100": FULL,
    "58030": DISK,  # input/output error
    "53300": BUSY,  # too many connections
    "55P03": LOCKED,  # lock not available: a lock's time-out
    "23505": TWICE,  # unique violation
    "XX001": DAMAGED,  # data corrupted
    "XX002": DAMAGED,  # index corrupted
}
"""By SQLSTATE, then by its beginning."""


def domain_error_of(error: BaseException) -> DomainError | None:
    """Return the `DomainError` for an error of SQLAlchemy, sqlite3 or psycopg; None for an unexpected one."""
    if isinstance(error, sa.exc.TimeoutError):  # of the pool: no connection became free in 30 s
        return _domain_error(BUSY)
    original = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(original, sqlite3.Error):
        return of_sqlite_code(getattr(original, "sqlite_errorcode", None))
    if "psycopg" in sys.modules:  # loading it for SQLite would delay every command
        import psycopg

        if isinstance(original, psycopg.Error):
            return of_sqlstate(original.sqlstate, lost=isinstance(original, psycopg.OperationalError))
    return None


def foreign_tables() -> DomainError:
    """Return the error for a database that holds another program's tables."""
    return _domain_error(FOREIGN)


def of_sqlite_code(code: int | None) -> DomainError | None:
    """Return the `DomainError` for a result code of SQLite; None for an unexpected one."""
    if code is None:
        return None
    kind = _SQLITE.get(code) or _SQLITE.get(code & 0xFF)
    return None if kind is None else _domain_error(kind)


def of_sqlstate(sqlstate: str | None, *, lost: bool = False) -> DomainError | None:
    """Return the `DomainError` for an SQLSTATE of PostgreSQL; None for an unexpected one. `lost`: an error without an
    SQLSTATE means that the connection could not be made or was lost."""
    if sqlstate is None:
        return _domain_error(UNREACHABLE) if lost else None
    kind = next((_SQLSTATES[sqlstate[:n]] for n in (5, 3, 2) if sqlstate[:n] in _SQLSTATES), None)
    return None if kind is None else _domain_error(kind)


def _domain_error(kind: str) -> DomainError:
    refusal = Conflict if kind == TWICE else Unavailable
    code, _slash, case = kind.partition("/")
    return refusal.of(code, case=case) if case else refusal.of(code)
