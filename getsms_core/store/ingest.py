"""Appending an Arrow file to a SQLite table with ADBC, as a program of its own: `python -m getsms_core.store.ingest DB
TABLE FILE`.

Never in a process that has the same database open with Python's sqlite3: ADBC carries a SQLite of its own, and when one
library closes the file, POSIX drops the other one's locks with it. Seen to end in "database disk image is malformed".
"""

import sys

import adbc_driver_sqlite.dbapi
import pyarrow as pa

SLICE = 100_000
"""Rows a transaction: an ingest holds SQLite's one write lock, and a pause must not wait for a million rows."""


def main(database: str, table: str, file: str, busy_ms: int) -> None:
    """Append the rows of an Arrow IPC file."""
    rows = pa.ipc.open_file(pa.memory_map(file)).read_all()
    with (
        adbc_driver_sqlite.dbapi.connect(f"file:{database}", autocommit=False) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute(f"PRAGMA busy_timeout={busy_ms}")
        for start in range(0, rows.num_rows, SLICE):
            cursor.adbc_ingest(table, rows.slice(start, SLICE), mode="append")
            connection.commit()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
