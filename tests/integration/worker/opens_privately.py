"""A process that opens a new database with files for this user alone, until a line comes:
`python -m tests.integration.worker.opens_privately URL`."""

import sys

from getsms_core.base import processes
from getsms_core.db.engine import open_store

if __name__ == "__main__":
    processes.keep_files_private()
    store = open_store(sys.argv[1])
    store.engine.connect().exec_driver_sql("SELECT 1")
    sys.stdin.readline()
