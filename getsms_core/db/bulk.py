"""Bulk writes: Arrow data directly into a table, and updates of a hundred rows in one statement."""

import json
import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from getsms_core.base.errors import DomainError
from getsms_core.db import row_blocks
from getsms_core.db.column_types import postgres_types
from getsms_core.db.engine import BUSY_SECONDS, Store
from getsms_core.db.errors import of_sqlite_code, of_sqlstate
from getsms_core.db.row_blocks import Columns, Rows

IN_PROCESS_ROWS = 20_000
"""Up to this number of rows an ingest into SQLite runs in this process; above it a separate process is faster in spite
of its start."""
SLICE_ROWS = 100_000
"""Rows of one SQLite transaction, and of one slice where rows are made while the slices before them are written."""
FEW_COPIED_ROWS = 1_000
"""Up to this number of rows an ingest into PostgreSQL uses a connection of the pool. ADBC makes one of its own, and
first reads all types of the server: 50 ms of CPU for each of the three tables of a campaign, however small it is."""
_CLOSE_IDS = 4
"""Ids lie close together where fewer than this number are between one and the next, on average."""
_PLANNED_ROWS = 100
"""From this number of rows on PostgreSQL plans an update with the rows before it. Of a prepared statement it believes
that its arrays have ten values, and looks up each row by itself: that took a sixth more of its CPU for a thousand."""
_QUEUED_SLICES = 3  # slices that wait to be written; more would only fill memory


def ingest(store: Store, table: str, rows: pa.Table) -> None:
    """Append `rows` to `table`; absent columns are NULL. Above `IN_PROCESS_ROWS` rows it is not one transaction:
    readers wait for a mark that is set afterwards. On PostgreSQL integer widths must be the table's (int32 INTEGER,
    int64 BIGINT).

    Raises `DomainError` ("ingest-failed") if not all rows could be written."""
    with bulk_appender(store, table, rows.num_rows) as append:
        for start in range(0, rows.num_rows, SLICE_ROWS):
            append(rows.slice(start, SLICE_ROWS))


@contextmanager
def bulk_appender(store: Store, table: str, total: int) -> Iterator[Callable[[pa.Table], None]]:
    """`ingest` for `total` rows in slices of one schema: the next slice is made while the ones before it are written.
    The end of the block waits for the last one."""
    if not store.sqlite and total > FEW_COPIED_ROWS:
        with _copy_appender(store, table) as append:
            yield append
    elif not store.sqlite:
        yield lambda rows: _copy(store, table, rows)
    elif total > IN_PROCESS_ROWS:
        with _subprocess_appender(str(store.engine.url.database), table) as append:
            yield append
    else:
        yield lambda rows: _insert(store, table, rows)


def _insert(store: Store, table: str, rows: pa.Table) -> None:
    columns = ", ".join(f'"{name}"' for name in rows.column_names)
    marks = ", ".join("?" * rows.num_columns)
    with store.writing() as session:
        session.connection().exec_driver_sql(
            f"INSERT INTO {table} ({columns}) VALUES ({marks})",
            list(zip(*(column.to_pylist() for column in rows.columns), strict=True)),
        )


def _copy(store: Store, table: str, rows: pa.Table) -> None:
    columns = ", ".join(f'"{name}"' for name in rows.column_names)
    with store.writing() as session:
        connection = session.connection()
        driver: Any = connection.connection.driver_connection
        try:
            with driver.cursor() as cursor, cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                for row in zip(*(column.to_pylist() for column in rows.columns), strict=True):
                    copy.write_row(row)
        except connection.dialect.loaded_dbapi.Error as error:
            raise _copy_error(error, lost=driver.closed) from error


@contextmanager
def _copy_appender(store: Store, table: str) -> Iterator[Callable[[pa.Table], None]]:
    """PostgreSQL: one COPY in one transaction, written by a thread without the interpreter lock."""
    import adbc_driver_postgresql.dbapi  # imported here: it loads pandas, 0.3 s for every command that needs neither

    pieces: queue.Queue[pa.Table | None] = queue.Queue(_QUEUED_SLICES)
    stopped, ended = threading.Event(), threading.Event()
    failure: list[BaseException] = []

    def batches(first: pa.Table) -> Iterator[pa.RecordBatch]:
        next_rows: pa.Table | None = first
        while next_rows is not None:
            yield from next_rows.to_batches()
            next_rows = pieces.get()
        ended.set()
        if stopped.is_set():
            raise RuntimeError("the rows were not finished")

    def copy() -> None:
        try:
            first = pieces.get()
            if first is None:
                return
            url = store.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
            with adbc_driver_postgresql.dbapi.connect(url) as connection, connection.cursor() as cursor:
                cursor.adbc_ingest(
                    table, pa.RecordBatchReader.from_batches(first.schema, batches(first)), mode="append"
                )
                connection.commit()
        except BaseException as error:
            failure.append(error)
            while not ended.is_set() and pieces.get() is not None:  # the caller must not wait for ever to add slices
                pass

    thread = threading.Thread(target=copy, name="getsms-copy")
    thread.start()
    try:
        yield pieces.put
    except BaseException:
        stopped.set()
        raise
    finally:
        pieces.put(None)
        thread.join()
    if failure and isinstance(failure[0], adbc_driver_postgresql.dbapi.Error):
        raise _copy_error(failure[0], lost=True) from failure[0]
    if failure:
        raise failure[0]


@contextmanager
def _subprocess_appender(database: str, table: str) -> Iterator[Callable[[pa.Table], None]]:
    """SQLite: a separate process reads each slice from a pipe and writes it while the next one is made."""
    command = [sys.executable, "-m", "getsms_core.db.ingest", database, table, str(BUSY_SECONDS * 1000)]
    with tempfile.TemporaryFile() as stderr, subprocess.Popen(command, stdin=subprocess.PIPE, stderr=stderr) as child:
        assert child.stdin is not None
        writer: list[Any] = []

        def append(rows: pa.Table) -> None:
            if not writer:
                writer.append(pa.ipc.new_stream(child.stdin, rows.schema))
            with suppress(BrokenPipeError):  # it has ended; its error is raised below
                writer[0].write_table(rows.combine_chunks())

        try:
            yield append
        except BaseException:
            child.kill()
            raise
        if writer:
            with suppress(BrokenPipeError):
                writer[0].close()
        with suppress(BrokenPipeError):
            child.stdin.close()
        if child.wait() != 0 and writer:
            stderr.seek(0)
            raise _child_error(stderr.read().decode("utf-8", "replace"))


def _copy_error(error: Any, *, lost: bool) -> DomainError:
    """Return the error of a failed COPY, of ADBC or psycopg: its SQLSTATE is PostgreSQL's. `lost`: an error without one
    came from the connection."""
    return of_sqlstate(error.sqlstate or None, lost=lost) or _ingest_failed(str(error))


def _child_error(output: str) -> DomainError:
    """Return the error of a failed ingest from what its process wrote: the last line is the document of
    `ingest.failure`, unless the process crashed."""
    last = (output.strip().splitlines() or [""])[-1]
    try:
        document = json.loads(last)
        code, message = document["code"], str(document["message"])
    except (ValueError, TypeError, KeyError):
        code, message = None, last
    return of_sqlite_code(code) or _ingest_failed(message)


def _ingest_failed(reason: str) -> DomainError:
    first_line = reason.splitlines()[0] if reason else ""  # the next ones quote the statement
    return DomainError.of("ingest-failed", reason=first_line)


@contextmanager
def pipelined(session: Session) -> Iterator[None]:
    """Do not wait for the statements of the block on PostgreSQL: the server executes one while the next ones are made.
    They must return no rows, and the number of rows that they change is not known.

    Raises `DBAPIError` for a statement that failed, at one of the next ones or at the end of the block."""
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        yield
        return
    driver: Any = connection.connection.driver_connection
    with _driver_errors(connection), driver.pipeline():
        yield


@contextmanager
def _driver_errors(connection: sa.Connection) -> Iterator[None]:
    """Translate the errors of the driver as SQLAlchemy does for the statements that it executes."""
    errors: type[Exception] = connection.dialect.loaded_dbapi.Error
    try:
        yield
    except errors as error:
        raise DBAPIError.instance(
            None, None, error, errors, hide_parameters=True, dialect=connection.dialect
        ) from error


def update_by_id(session: Session, table: str, columns: Collection[str], rows: Rows, guard: str = "") -> int:
    """Set `columns` of the rows whose id is the last value of each of `rows`, if `guard` holds.

    Returns how many rows changed. One statement for a chunk: the ORM updated 540 messages a second."""
    if not rows:
        return 0
    where = f" AND {guard}" if guard else ""
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        sets = ", ".join(f"{name} = ?" for name in columns)
        one_row = f"UPDATE {table} SET {sets} WHERE id = ?{where}"

        def of_block(values: Sequence[str], source: str) -> str:
            if all(value == "?" for value in values[:-1]):  # only the ids differ: a join took 1.7 µs a row, this 1.1
                return f"UPDATE {table} SET {sets} WHERE id IN (SELECT {values[-1]} FROM {source}){where}"
            return _update_text(table, columns, values, source, values[-1], where)

        return row_blocks.write(connection, rows, len(columns), of_block, one_row)
    types = (*postgres_types(table, tuple(columns)), "BIGINT")
    by_column = row_blocks.columns_of(rows, len(columns))
    statement, parameters = _update_from(table, columns, (*columns, "v_id"), types, by_column, where)
    if not _is_planned(by_column):
        return connection.exec_driver_sql(statement, parameters).rowcount
    driver: Any = connection.connection.driver_connection
    with _driver_errors(connection):
        changed: int = driver.execute(statement, parameters, prepare=False).rowcount
    return changed


def _is_planned(rows: Columns) -> bool:
    """Return whether PostgreSQL plans an update with these rows: see `_PLANNED_ROWS`."""
    return len(rows) >= _PLANNED_ROWS and not rows.only_last_differs


def update_by_attempt(
    session: Session, table: str, columns: Collection[str], rows: Sequence[Sequence[Any]]
) -> set[str]:
    """`update_by_id` where each of `rows` ends with the attempt and the state that its row must be in, and its id.

    Returns the attempts whose rows changed."""
    if not rows:
        return set()
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        sets = ", ".join(f"{name} = ?" for name in columns)
        statement = f"UPDATE {table} SET {sets} WHERE attempt = ? AND state = ? AND id = ?"
        return {row[-3] for row in rows if connection.exec_driver_sql(statement, tuple(row)).rowcount}
    where = f" AND {table}.attempt = v.by_attempt AND {table}.state = v.was_state RETURNING {table}.attempt"
    names = (*columns, "by_attempt", "was_state", "v_id")
    types = (*postgres_types(table, (*columns, "attempt", "state")), "BIGINT")
    by_column = row_blocks.columns_of(rows, len(columns))
    statement, arrays = _update_from(table, columns, names, types, by_column, where)
    return {row[0] for row in connection.exec_driver_sql(statement, arrays)}


def _update_from(
    table: str,
    columns: Collection[str],
    names: Sequence[str],
    types: Sequence[str],
    rows: Columns,
    tail: str,
) -> tuple[str, tuple[str | None, ...]]:
    """Return one PostgreSQL UPDATE of `columns` from arrays, which are called `names`, and its parameters.

    Of a table of some ten thousand rows PostgreSQL read every row to find a thousand of them: for ids that lie close
    together it is told between which they are. Where only the ids differ, it looks them up in one pass of the index:
    that took a quarter less of its CPU than the join, whatever it plans."""
    values, source, parameters = _from_arrays(names, types, rows, len(columns))
    ids = rows.columns[-1]
    first, last = min(ids), max(ids)
    if _is_planned(rows):
        # Ids of a new campaign lie beyond what PostgreSQL knows of the table: of a range it expects one row, and then
        # compares each of 800 rows with each of 800 values, 47 ms instead of 14. Of a list of ids it expects them all.
        return (
            _update_text(table, columns, values, source, "v.v_id", f" AND {table}.id = ANY(%s::BIGINT[]){tail}"),
            (*parameters, _array("BIGINT", ids)),
        )
    if last - first < _CLOSE_IDS * len(ids):
        tail = f" AND {table}.id BETWEEN %s::BIGINT AND %s::BIGINT{tail}"
        parameters = (*parameters, str(first), str(last))
    if rows.only_last_differs:
        sets = ", ".join(f"{name} = {value}" for name, value in zip(columns, values, strict=False))
        return f"UPDATE {table} SET {sets} WHERE {table}.id = ANY(%s::BIGINT[]){tail}", parameters
    return _update_text(table, columns, values, source, "v.v_id", tail), parameters


def _update_text(
    table: str, columns: Collection[str], values: Sequence[str], source: str, row_id: str, tail: str
) -> str:
    set_to = ", ".join(f"{name} = {value}" for name, value in zip(columns, values, strict=False))
    return f"UPDATE {table} SET {set_to} FROM {source} WHERE {table}.id = {row_id}{tail}"


def insert_rows(
    session: Session,
    table: str,
    columns: Collection[str],
    rows: Rows,
    adding: tuple[str, ...] = (),
    key: tuple[str, ...] = (),
    setting: tuple[str, ...] = (),
) -> None:
    """Add rows with these columns in one statement; the session's own insert took three times
    as long for a thousand receipts. If a row with the same `key` exists, the columns `adding` are added to it, and
    those of `setting` replace its own."""
    if not rows:
        return
    connection, names = session.connection(), ", ".join(columns)
    changes = [f"{name} = {table}.{name} + excluded.{name}" for name in adding]
    changes += [f"{name} = excluded.{name}" for name in setting]
    meets = f" ON CONFLICT ({', '.join(key)}) DO UPDATE SET {', '.join(changes)}" if changes else ""
    if connection.dialect.name == "sqlite":
        one_row = f"INSERT INTO {table} ({names}) VALUES ({', '.join('?' * len(columns))}){meets}"

        def of_block(values: Sequence[str], source: str) -> str:
            return f"INSERT INTO {table} ({names}) SELECT {', '.join(values)} FROM {source} WHERE true{meets}"

        row_blocks.write(connection, rows, len(columns), of_block, one_row)
        return
    types = postgres_types(table, tuple(columns))
    values, source, parameters = _from_arrays(
        tuple(columns), types, row_blocks.columns_of(rows, len(types)), len(types)
    )
    selected = ", ".join(values)
    connection.exec_driver_sql(f"INSERT INTO {table} ({names}) SELECT {selected} FROM {source}{meets}", parameters)


def _from_arrays(
    names: Sequence[str], types: Sequence[str], rows: Columns, values: int
) -> tuple[list[str], str, tuple[str | None, ...]]:
    """Return the columns of rows for a PostgreSQL statement: the expressions of the first `values` of them, which
    come first in the statement, the FROM item with the arrays, and the parameters of both.

    Of many rows a column with one value is a parameter of its own: most columns of a thousand receipts are, and as
    arrays they took a seventh of the CPU time of writing them, here and on the server."""
    expressions: list[str] = []
    scalars: list[str | None] = []
    array_names: list[str] = []
    arrays: list[tuple[str, str]] = []
    for name, kind, column, is_uniform in zip(names, types, rows.columns, rows.uniform, strict=True):
        if is_uniform:
            expressions.append(f"%s::{kind}")
            scalars.append(None if column[0] is None else str(column[0]))
            continue
        expressions.append(f"v.{name}")
        array_names.append(name)
        arrays.append((kind, _array(kind, column)))
    marks = ", ".join(f"%s::{kind}[]" for kind, _literal in arrays)
    source = f"unnest({marks}) AS v({', '.join(array_names)})"
    return expressions, source, (*scalars, *(literal for _kind, literal in arrays))


def _array(kind: str, column: Sequence[Any]) -> str:
    """Return a column as a PostgreSQL array literal; psycopg took a third of a write's time for them."""
    if kind == "TEXT":
        return _text_array(column)
    return "{" + ",".join(map(str if None not in column else _bare, column)) + "}"


def _text_array(column: Sequence[str | None]) -> str:
    # Nearly always nothing is NULL and nothing needs an escape: then one join replaces a call for each value.
    if None not in column:
        joined = '","'.join(column)  # type: ignore[arg-type]
        if "\\" not in joined and joined.count('"') == 2 * (len(column) - 1):
            return '{"' + joined + '"}'
    return "{" + ",".join(map(_quoted, column)) + "}"


def _bare(value: int | None) -> str:
    return "NULL" if value is None else str(value)


def _quoted(value: str | None) -> str:
    if value is None:
        return "NULL"
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def rows_changed(result: sa.Result[Any]) -> int:
    """Return how many rows an UPDATE or DELETE changed."""
    assert isinstance(result, sa.CursorResult)
    return result.rowcount
