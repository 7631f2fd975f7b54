"""Read queries as Arrow batches, a million rows in a second or two, whatever the database."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import sqlalchemy as sa
from sqlmodel import Session

from getsms_core.base.errors import DomainError
from getsms_core.db.engine import Store
from getsms_core.db.errors import of_sqlstate

FEW = 20_000
"Up to this number of rows Python's own cursor reads SQLite faster; above it a separate process does, with its start."
FEW_OF_POSTGRES = 1_000
"""Up to this number of rows a connection of the pool reads PostgreSQL faster; above it ADBC does, whose own connection
first reads all types of the server: 50 ms of CPU."""


@contextmanager
def batches(
    store: Store, statements: Sequence[sa.Select[Any]], schema: pa.Schema, expected: int
) -> Iterator[Iterator[pa.RecordBatch]]:
    """Yield the rows of queries, one after the other, in batches of one query each. `schema` names their columns in
    order; `expected` is about how many rows they have. Raises `DomainError` ("read-failed")."""
    dialect = store.engine.dialect
    queries = [str(query.compile(dialect=dialect, compile_kwargs={"literal_binds": True})) for query in statements]
    if not queries:
        yield iter(())
    elif expected <= (FEW if store.sqlite else FEW_OF_POSTGRES):
        with store.reading() as session:
            yield _here(session, queries, schema)
    elif store.sqlite:
        with _sqlite(str(store.engine.url.database), queries, schema) as rows:
            yield rows
    else:
        import adbc_driver_postgresql.dbapi

        url = store.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        try:
            with adbc_driver_postgresql.dbapi.connect(url) as connection, connection.cursor() as cursor:
                yield _postgres(cursor, queries, schema)
        except adbc_driver_postgresql.dbapi.Error as error:
            refusal = of_sqlstate(error.sqlstate or None, lost=True)
            raise refusal or _unreadable(str(error).partition("\n")[0]) from error


def _here(session: Session, queries: Sequence[str], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    for query in queries:
        if rows := session.connection().exec_driver_sql(query).fetchall():
            columns = zip(*rows, strict=True)
            yield pa.record_batch(
                [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)], schema
            )


def _postgres(cursor: Any, queries: Sequence[str], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    for query in queries:
        cursor.execute(query % ())  # written for psycopg, which reads "%%" as a percent sign
        for batch in cursor.fetch_record_batch():
            yield batch.cast(schema)


@contextmanager
def _sqlite(database: str, queries: Sequence[str], schema: pa.Schema) -> Iterator[Iterator[pa.RecordBatch]]:
    plan = {"columns": [(field.name, str(field.type)) for field in schema], "queries": list(queries)}
    command = [sys.executable, "-I", str(Path(__file__).with_name("arrow_child.py")), database]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, **pipes) as child:  # type: ignore[call-overload]
        try:
            child.stdin.write(json.dumps(plan).encode())
            child.stdin.close()
            try:
                with pa.ipc.open_stream(child.stdout) as rows:
                    yield iter(rows)
            except pa.ArrowInvalid:
                raise _unreadable(child.stderr.read().decode(errors="replace")) from None
            if child.wait() != 0:
                raise _unreadable(child.stderr.read().decode(errors="replace"))
        finally:
            child.kill()


def _unreadable(said: str) -> DomainError:
    last = (said.strip().splitlines() or [""])[-1]
    return DomainError.of("read-failed", reason=last)
