"""The locks of an open SQLite database: another program that opens the file and ends must not delete its log."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import sqlalchemy as sa
from sqlmodel import col

from getsms_core.audit import log as audit
from getsms_core.base.permissions import SYSTEM
from getsms_core.db.engine import Store, open_store
from getsms_core.db.models import Audit

_OPEN_AND_END = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute("SELECT count(*) FROM campaign").fetchone()
database.close()
"""


def note(store: Store, action: str) -> None:
    with store.writing() as session:
        audit.note(session, SYSTEM, action, "test")


def test_the_log_of_an_open_database_survives_other_programs(sqlite_url: str) -> None:
    file = sqlite_url.removeprefix("sqlite:///")
    with closing(open_store(sqlite_url)) as store, closing(open_store(sqlite_url)) as other_store:
        for at in range(3):
            note(store, f"written-{at}")
            subprocess.run([sys.executable, "-c", _OPEN_AND_END, file], check=True, timeout=30)
            assert Path(f"{file}-wal").exists()
            note(other_store, f"written-{at}-too")
            with closing(open_store(sqlite_url)) as third_store:
                note(third_store, f"written-{at}-as-well")
        with store.reading() as session:
            assert session.scalar(sa.select(sa.func.count()).where(col(Audit.action).like("written-%"))) == 9
    with closing(sqlite3.connect(file)) as database:
        assert database.execute("SELECT count(*) FROM audit WHERE action LIKE 'written-%'").fetchone() == (9,)
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
