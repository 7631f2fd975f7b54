"""Connections to the PostgreSQL database that all tests of a process share: closed by one engine, kept for the next.

A new connection starts a process of the server, which loads the catalogue and plans every statement anew. Before a
connection is kept, its transaction has ended, and its settings and temporary tables are reset.
"""

import select
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import sqlalchemy as sa
from psycopg.pq import TransactionStatus

_AT_MOST = 8
_database = ""
_idle: list[psycopg.Connection[Any]] = []
_lock = threading.Lock()


@contextmanager
def to(url: str) -> Iterator[None]:
    """Keep the connections to this database during the block."""
    global _database
    _database = sa.make_url(url).database or ""
    try:
        yield
    finally:
        _database = ""
        close_idle()


def serve(engine: sa.Engine) -> None:
    """Let a new engine of this database take kept connections, and keep those that it closes. Call it before the engine
    gets the dialect of another: its pool connects with its own."""
    if engine.dialect.name == "postgresql" and engine.url.database == _database:
        sa.event.listen(engine, "do_connect", lambda *_arguments: _take())
        setattr(engine.dialect, "do_close", _keep)  # noqa: B010  (mypy: a method)


def close_idle() -> None:
    """Close the kept connections: what the database is set to counts from the start of a connection."""
    with _lock:
        while _idle:
            _idle.pop().close()


def idle_pids() -> list[int]:
    """The server's processes of the kept connections."""
    with _lock:
        return [connection.info.backend_pid for connection in _idle]


def _take() -> psycopg.Connection[Any] | None:
    """A kept connection; None where there is none, and the engine makes one."""
    with _lock:
        while _idle:
            connection = _idle.pop()
            has_said_something = select.select([connection.fileno()], [], [], 0)[0]  # that the server has ended it
            if not has_said_something:
                return connection
            connection.close()
    return None


def _keep(connection: psycopg.Connection[Any]) -> None:
    """In the place of the dialect's `do_close`."""
    if connection.info.transaction_status == TransactionStatus.IDLE and not connection.autocommit:
        try:
            connection.autocommit = True
            connection.execute("DISCARD TEMP; RESET ALL")
            connection.autocommit = False
        except psycopg.Error:  # the server has ended it
            connection.close()
            return
        connection._notice_handlers.clear()
        with _lock:
            if len(_idle) < _AT_MOST:
                _idle.append(connection)
                return
    connection.close()
