"""Rows of any table as Arrow blocks, the same for SQLite and PostgreSQL."""

from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from getsms_core.backup.container import damaged_error
from getsms_core.db.column_types import arrow_type

BATCH = 20_000
BATCH_OF_BLOBS = 16
"""Rows of tables with blobs: a list's rows and an uploaded file are blobs of up to a few megabytes each."""
EXCLUDED_TABLES = frozenset(
    {
        "worker", "app_server", "sign_in_session", "sign_in_attempt", "one_time_link", "message_numbers",
        "list_numbers",
    }
)  # fmt: skip
"""What a backup does not contain: the running processes, sessions and one-time links, because a restore would bring
back those that were ended or used since; and the indexes of numbers, which a worker makes again."""


def tables(metadata: sa.MetaData) -> list[sa.Table]:
    """Return the tables of a backup, referenced tables first."""
    return [table for table in metadata.sorted_tables if table.name not in EXCLUDED_TABLES]


def schema_of(table: sa.Table) -> pa.Schema:
    """Return the Arrow schema of a table's rows; JSON is text."""
    return pa.schema([(column.name, _type(column)) for column in table.columns], {"table": table.name})


def _type(column: sa.Column[Any]) -> pa.DataType:
    """All integers have 64 bits: a file of SQLite may hold more than the column's 32."""
    derived = arrow_type(column)
    return pa.int64() if pa.types.is_integer(derived) else derived


# ------------------------------------------------------------------------------------------------------------ reading


def blocks(connection: sa.Connection, table: sa.Table) -> Iterator[tuple[int, bytes]]:
    """Yield the number and the Arrow stream of a table's rows. The connection's transaction is the snapshot."""
    schema = schema_of(table)
    size = BATCH_OF_BLOBS if any(pa.types.is_binary(field.type) for field in schema) else BATCH
    for rows in _fetched(connection, _select(connection, table), size):
        columns = [
            pa.array([_typed(value, field.type) for value in values], field.type)
            for field, values in zip(schema, zip(*rows, strict=True), strict=True)
        ]
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as writer:
            writer.write_batch(pa.record_batch(columns, schema=schema))
        yield len(rows), sink.getvalue().to_pybytes()


def _typed(value: Any, kind: pa.DataType) -> Any:
    return bool(value) if value is not None and pa.types.is_boolean(kind) else value  # SQLite keeps 0 and 1


def _select(connection: sa.Connection, table: sa.Table) -> str:
    quote = connection.dialect.identifier_preparer.quote
    as_text = "::text" if connection.dialect.name == "postgresql" else ""
    names = (quote(c.name) + (as_text if isinstance(c.type, sa.JSON) else "") for c in table.columns)
    return f"SELECT {', '.join(names)} FROM {quote(table.name)}"


def _fetched(connection: sa.Connection, query: str, size: int) -> Iterator[Sequence[Any]]:
    driver: Any = connection.connection.driver_connection
    # A named cursor is kept by the server; a plain one would fetch ten million rows into memory.
    named = {"name": "getsms_backup", "binary": True} if connection.dialect.name == "postgresql" else {}
    cursor = driver.cursor(**named)
    try:
        cursor.execute(query)
        while rows := cursor.fetchmany(size):
            yield rows
    finally:
        cursor.close()


# ------------------------------------------------------------------------------------------------------------ writing


def read_block(block: bytes) -> pa.Table:
    """Return the rows of a block; `schema.metadata[b"table"]` names their table. Raises `DomainError`
    ("backup-damaged")."""
    try:
        with pa.ipc.open_stream(block) as reader:
            rows = reader.read_all()
            rows.validate(full=True)
    except (pa.ArrowException, OSError, ValueError):
        raise damaged_error() from None
    return rows


def insert(connection: sa.Connection, table: sa.Table, rows: pa.Table) -> None:
    """Append rows to a table of either database."""
    quote = connection.dialect.identifier_preparer.quote
    names = ", ".join(quote(name) for name in rows.column_names)
    driver: Any = connection.connection.driver_connection
    values = zip(*(column.to_pylist() for column in rows.columns), strict=True)
    if connection.dialect.name == "sqlite":
        marks = ", ".join("?" * rows.num_columns)
        driver.executemany(f"INSERT INTO {quote(table.name)} ({names}) VALUES ({marks})", values)
        return
    texts = [index for index, field in enumerate(rows.schema) if pa.types.is_string(field.type)]
    with driver.cursor() as cursor, cursor.copy(f"COPY {quote(table.name)} ({names}) FROM STDIN") as copy:
        for row in values:
            copy.write_row(_without_nul(row, texts))


def _without_nul(row: tuple[Any, ...], texts: Sequence[int]) -> Sequence[Any]:
    """Return the row without NUL in texts: SQLite accepts NUL, PostgreSQL does not."""
    if not any(row[index] and "\0" in row[index] for index in texts):
        return row
    return [value.replace("\0", "") if index in texts and value else value for index, value in enumerate(row)]


def advance_sequences(connection: sa.Connection, table: sa.Table) -> None:
    """PostgreSQL: set the table's sequences after the restored ids."""
    if connection.dialect.name != "postgresql":
        return
    for column in table.primary_key.columns:
        if column is table.autoincrement_column:
            sequence = connection.scalar(
                sa.text("SELECT pg_get_serial_sequence(:table, :column)"),
                {"table": f'"{table.name}"', "column": column.name},
            )
            last = connection.scalar(sa.select(sa.func.max(column)))
            if sequence and last:
                connection.execute(sa.text("SELECT setval(:sequence, :last)"), {"sequence": sequence, "last": last})
