"""SQLite's write-ahead log. It does not import SQLAlchemy, which would delay the end of `getsms serve` by a
second."""

import logging
import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from getsms_core.base import logs

log = logging.getLogger("getsms.store")


def checkpoint(file: Path) -> None:
    """Write the log into the file and empty it, so that a copy of the file alone is complete. Pages that another
    process locks for longer than a second stay in the log."""
    if not file.exists():
        return
    try:
        with closing(sqlite3.connect(f"file:{quote(str(file))}?mode=rw", uri=True, timeout=1)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.Error as error:
        logs.write(log, logs.WARNING, "wal.kept", error=logs.error_code(error))
