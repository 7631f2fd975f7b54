"""Access to the database: `reading()` and `writing()` transactions, the clock, and errors in sentences for users."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from getsms_core.base import clock
from getsms_core.base.errors import DomainError
from getsms_core.db import schema, wal
from getsms_core.db.errors import domain_error_of

BUSY_SECONDS = 30
DEADLOCK_TRIES = 5
POSTGRESQL_CONNECT_ARGS = {
    # A worker suspended in a transaction locks the account's row and blocks every other worker.
    "options": "-c idle_in_transaction_session_timeout=20000",
    "connect_timeout": 10,  # a firewall that drops packets would be waited for two minutes
    "keepalives": 1,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
}
CACHE_KB = 65_536
LARGE_WRITE_CACHE_KB = 4_096
_LARGE = "getsms_large"
_opening = threading.Lock()
T = TypeVar("T")


class Store:
    """One database. Thread-safe; a session belongs to the thread that opened it."""

    def __init__(self, engine: sa.Engine, nested_engine: sa.Engine) -> None:
        self.engine = engine
        self.sqlite = engine.dialect.name == "sqlite"
        self._write_engine = engine.execution_options(getsms_write=True)
        # Rights are read inside write transactions. From one pool, threads that wait for the write lock take every
        # connection, and the thread that holds the lock waits 30 s for a second one: it reads from a pool of its own.
        self._nested_engine = nested_engine
        self._thread = threading.local()
        self.writes = 0
        """How many transactions of this process have committed, but for the silent ones: caches compare it."""
        self.after_write: list[Callable[[], None]] = []
        """Called after each of them, in the thread that wrote."""

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session for reading; changes are rolled back. Keep it short: while a reader is open, SQLite's WAL grows.
        Inside `writing()` of the same thread it does not see what that has not committed."""
        engine = self._nested_engine if getattr(self._thread, "writes", False) else self.engine
        with translate_errors(), Session(engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def writing(self, *, silent: bool = False, large: bool = False) -> Iterator[Session]:
        """A session that commits at the end of the block, or rolls back. On SQLite it holds the only write lock from
        its first statement, so that its reads cannot change before its writes: never hold it during a network call.

        `silent` = it changes nothing that a cache holds, such as the time of a session's last request: with 50 users
        such writes would empty the caches several times a second. `large` = it writes many MB that nobody reads again
        here: SQLite keeps few of them in memory. Otherwise each connection of the pool holds the 64 MB of its cache."""
        with translate_errors(), self._mark_thread(), Session(self._write_engine, expire_on_commit=False) as session:
            if large and self.sqlite:
                connection = session.connection()
                connection.exec_driver_sql(f"PRAGMA cache_size=-{LARGE_WRITE_CACHE_KB}")
                connection.info[_LARGE] = True  # until the connection is back in the pool
            yield session
            session.commit()
        if not silent:
            self.writes += 1
            for listener in self.after_write:
                listener()

    @contextmanager
    def _mark_thread(self) -> Iterator[None]:
        outer, self._thread.writes = getattr(self._thread, "writes", False), True
        try:
            yield
        finally:
            self._thread.writes = outer

    def transact(self, work: Callable[[Session], T]) -> T:
        """Run `work` in a writing transaction, again if PostgreSQL aborted it because of a deadlock; `work` must only
        read and write the database."""
        for _again in range(DEADLOCK_TRIES):
            try:
                with self.writing() as session:
                    return work(session)
            except DBAPIError as error:
                if getattr(error.orig, "sqlstate", None) not in ("40P01", "40001"):
                    raise
        with self.writing() as session:
            return work(session)

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()
        self._nested_engine.dispose()

    def checkpoint(self) -> None:
        """SQLite: write the WAL into the file, so that a copy of the file alone is complete."""
        if self.sqlite:
            wal.checkpoint(Path(self.engine.url.database or ""))


def now_ms(session: Session) -> int:
    """Return the database's clock, UTC milliseconds: PostgreSQL's own, because hosts' clocks may differ; this machine's
    for SQLite."""
    if session.get_bind().dialect.name == "sqlite":
        return clock.wall_ms()
    return int(session.execute(sa.text("SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint")).scalar_one())


def open_store(url: str, *, upgrade: bool = True) -> Store:
    """Open the database and bring its tables up to date, unless `upgrade` is false.

    Raises `DomainError`: "database-address" (the address cannot be read), "database-unreachable", "database-locked",
    "database-read-only", "database-newer" (made by a newer version of this program), "database-foreign"."""
    with translate_errors():
        engine = _engine(url)
        try:
            with _opening:
                if upgrade:
                    schema.upgrade(engine)
        except BaseException:
            engine.dispose()
            raise
    return Store(engine, _engine(url))


def _engine(url: str) -> sa.Engine:
    try:
        address = sa.make_url(url)
        if address.drivername in ("postgresql", "postgres"):
            address = address.set(drivername="postgresql+psycopg")
        if address.get_backend_name() == "sqlite":
            return _sqlite(address)
        if address.get_backend_name() == "postgresql":
            return _postgresql(address)
    except (sa.exc.ArgumentError, sa.exc.NoSuchModuleError, ValueError):  # ValueError names a part of the password
        pass
    raise DomainError.of("database-address")


def _postgresql(address: sa.URL) -> sa.Engine:
    engine = sa.create_engine(
        address,
        hide_parameters=True,
        pool_pre_ping=True,
        pool_size=5,
        max_overflow=20,
        connect_args=POSTGRESQL_CONNECT_ARGS,
    )

    @event.listens_for(engine, "connect")
    def _wait_for_disk(connection: object, _record: object) -> None:
        # A server whose commits do not wait for the disk may forget the last claims when it crashes, and also for its
        # replica when that takes over: what they sent would be sent again. "remote_apply" waits for more, and stays.
        cursor = connection.cursor()  # type: ignore[attr-defined]
        cursor.execute(
            "SELECT set_config('synchronous_commit', 'on', false)"
            " WHERE current_setting('synchronous_commit') IN ('off', 'local')"
        )
        cursor.close()
        connection.commit()  # type: ignore[attr-defined]

    return engine


def _sqlite(address: sa.URL) -> sa.Engine:
    if address.database in (None, "", ":memory:"):
        raise DomainError.of("database-address", case="memory")
    with suppress(OSError):  # opening the file fails next with a sentence
        file = Path(address.database or "").absolute()
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # SQLite would create it readable by everybody. A file that is there is not opened: to close it drops the locks
        # of this process on it, and the next program that ends deletes the write-ahead log with what is in it.
        os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    # Parameters are phone numbers and texts: never in a log.
    engine = sa.create_engine(
        address, hide_parameters=True, connect_args={"timeout": BUSY_SECONDS, "isolation_level": None}
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: object, _record: object) -> None:
        cursor = connection.cursor()  # type: ignore[attr-defined]
        cursor.execute("PRAGMA journal_mode=WAL")
        # NORMAL may lose the last claim in a power cut, which is a double send; with group commits FULL costs nothing.
        for pragma in (
            "synchronous=FULL",
            "foreign_keys=ON",
            f"cache_size=-{CACHE_KB}",
            "temp_store=MEMORY",
            "mmap_size=1073741824",
            "journal_size_limit=67108864",  # a WAL that grew behind a long reader shrinks when it restarts
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "checkin")
    def _forget_large_write(connection: object, record: object) -> None:
        if connection is not None and record.info.pop(_LARGE, False):  # type: ignore[attr-defined]
            cursor = connection.cursor()  # type: ignore[attr-defined]
            cursor.execute("PRAGMA shrink_memory")
            cursor.execute(f"PRAGMA cache_size=-{CACHE_KB}")
            cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        # A deferred BEGIN that turns into a write later fails with "database is locked" at once, whatever the time-out.
        if connection.get_execution_options().get("getsms_write", False):
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:  # it takes no lock, so that it cannot fail; SQLAlchemy's own way takes 20 µs more, 30 times in a page
            connection.connection.cursor().execute("BEGIN")

    return engine


@contextmanager
def translate_errors() -> Iterator[None]:
    """Translate expected errors of the database library into a `DomainError`."""
    try:
        yield
    except Exception as error:
        refusal = domain_error_of(error)
        if refusal is None:
            raise
        raise refusal from error
