"""Appending Arrow record batches to a SQLite table with ADBC, as a separate program: `python -m
getsms_core.db.ingest DB TABLE MS < STREAM`.

Never run it in a process that has the database open with Python's sqlite3: ADBC contains another SQLite, and when one
library closes the file, POSIX drops the other one's locks. This has caused "database disk image is malformed".
"""

import os
import sys
from typing import IO

from getsms_core.base import pandas_block


def main(database: str, table: str, busy_ms: int, source: IO[bytes]) -> None:
    """Append the batches of an Arrow IPC stream, one transaction each: an ingest holds SQLite's only write lock, and a
    pause must not wait for a million rows."""
    import adbc_driver_sqlite.dbapi
    import pyarrow as pa

    with (
        adbc_driver_sqlite.dbapi.connect(f"file:{database}", autocommit=False) as connection,
        connection.cursor() as cursor,
        pa.ipc.open_stream(source) as batches,
    ):
        cursor.execute(f"PRAGMA busy_timeout={busy_ms}")
        for batch in batches:
            cursor.adbc_ingest(table, batch, mode="append")
            connection.commit()


if __name__ == "__main__":
    pandas_block.block_pandas_import()
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.stdin.buffer)
    os._exit(0)  # see getsms_core.spreadsheet.child
