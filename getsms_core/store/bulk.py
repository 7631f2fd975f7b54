"""Many rows at once: Arrow straight into a table, and updates of a hundred rows in one statement."""

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import sqlalchemy as sa
from sqlmodel import Session

from getsms_core.errors import Refused
from getsms_core.store.engine import BUSY_SECONDS, Store
from getsms_core.words import _

FEW = 20_000
"""Up to so many rows an ingest into SQLite is done here; above, a process of its own is faster in spite of its
start."""


def ingest(store: Store, table: str, rows: pa.Table) -> None:
    """Append `rows` to `table`; a column that is absent takes NULL. Above FEW rows not in one transaction: what reads
    them waits for a mark that is set afterwards. Integer widths must be the table's on PostgreSQL (int32 INTEGER,
    int64 BIGINT).

    Raises `Refused` ("ingest-failed") where not all rows could be written."""
    if not store.sqlite:
        import adbc_driver_postgresql.dbapi  # here: it brings pandas along, 0.3 s for every command that needs neither

        url = store.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        with adbc_driver_postgresql.dbapi.connect(url) as connection, connection.cursor() as cursor:
            cursor.adbc_ingest(table, rows, mode="append")
            connection.commit()
    elif rows.num_rows <= FEW:
        columns = ", ".join(f'"{name}"' for name in rows.column_names)
        marks = ", ".join("?" * rows.num_columns)
        with store.writing() as session:
            session.connection().exec_driver_sql(
                f"INSERT INTO {table} ({columns}) VALUES ({marks})",
                list(zip(*(column.to_pylist() for column in rows.columns), strict=True)),
            )
    else:
        _ingest_apart(str(store.engine.url.database), table, rows)


def _ingest_apart(database: str, table: str, rows: pa.Table) -> None:
    with tempfile.TemporaryDirectory(prefix="getsms-") as folder:
        file = str(Path(folder) / "rows.arrow")
        with pa.OSFile(file, "wb") as sink, pa.ipc.new_file(sink, rows.schema) as writer:
            writer.write_table(rows)
        done = subprocess.run(
            [sys.executable, "-m", "getsms_core.store.ingest", database, table, file, str(BUSY_SECONDS * 1000)],
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode != 0:
        last = done.stderr.strip().splitlines()[-1:] or [""]
        raise Refused("ingest-failed", _("The rows could not be stored: {reason}").format(reason=last[0]))


def update_by_id(
    session: Session, table: str, columns: dict[str, str], rows: Sequence[Sequence[Any]], guard: str = ""
) -> int:
    """Set `columns` (name → PostgreSQL type) of the rows whose id comes last in each of `rows`, where `guard` holds.

    Returns how many rows changed. One statement for a chunk: the ORM took 540 messages a second."""
    if not rows:
        return 0
    connection = session.connection()
    where = f" AND {guard}" if guard else ""
    if connection.dialect.name == "sqlite":
        sets = ", ".join(f"{name} = ?" for name in columns)
        statement = f"UPDATE {table} SET {sets} WHERE id = ?{where}"
        return connection.exec_driver_sql(statement, [tuple(row) for row in rows]).rowcount
    sets = ", ".join(f"{name} = v.{name}" for name in columns)
    arrays = ", ".join(f"%s::{kind}[]" for kind in [*columns.values(), "bigint"])
    statement = (
        f"UPDATE {table} SET {sets} FROM unnest({arrays}) AS v({', '.join(columns)}, v_id) WHERE id = v.v_id{where}"
    )
    return connection.exec_driver_sql(statement, tuple(list(column) for column in zip(*rows, strict=True))).rowcount


def scalar_list(session: Session, statement: sa.Executable) -> list[Any]:
    """The first column of a query."""
    return list(session.execute(statement).scalars())


def changed(result: sa.Result[Any]) -> int:
    """How many rows an UPDATE or DELETE changed."""
    assert isinstance(result, sa.CursorResult)
    return result.rowcount
