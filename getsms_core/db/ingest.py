"""Appending Arrow record batches to a SQLite table with ADBC, as a separate program: `python -m
getsms_core.db.ingest DB TABLE MS < STREAM`.

Never run it in a process that has the database open with Python's sqlite3: ADBC contains another SQLite, and when one
library closes the file, POSIX drops the other one's locks. This has caused "database disk image is malformed".
"""

import json
import os
import sqlite3
import sys
from typing import IO

from getsms_core.base import pandas_block

CACHE_KB = 32_768
"""Holds a transaction of 100,000 messages. SQLite's own 2 MB write pages to the log before the commit, some twice."""


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
        cursor.execute(f"PRAGMA cache_size=-{CACHE_KB}")
        for batch in batches:
            cursor.adbc_ingest(table, batch, mode="append")
            connection.commit()


_RESULTS = {
    "database or disk is full": sqlite3.SQLITE_FULL,
    "attempt to write a readonly database": sqlite3.SQLITE_READONLY,
    "database is locked": sqlite3.SQLITE_BUSY,
    "database table is locked": sqlite3.SQLITE_LOCKED,
    "unable to open database file": sqlite3.SQLITE_CANTOPEN,
    "file is not a database": sqlite3.SQLITE_NOTADB,
    "disk I/O error": sqlite3.SQLITE_IOERR,
    "database disk image is malformed": sqlite3.SQLITE_CORRUPT,
}
"""SQLite's fixed text of each result code (`sqlite3_errstr`): ADBC's errors carry it, and no code."""


def failure(error: BaseException) -> str:
    """Return a failed ingest as a JSON document: SQLite's result code, or null for an unknown one, and the message."""
    message = (str(error).splitlines() or [""])[0]
    return json.dumps({"code": _RESULTS.get(message.rpartition(": ")[2]), "message": message})


if __name__ == "__main__":
    pandas_block.block_pandas_import()
    try:
        main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.stdin.buffer)
    except Exception as error:
        print(failure(error), file=sys.stderr, flush=True)
        os._exit(1)
    os._exit(0)  # see getsms_core.spreadsheet.child
