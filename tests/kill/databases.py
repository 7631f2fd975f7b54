"""The databases of a run, and the harm that is done to them."""

import random
import signal
import subprocess
import threading
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import psycopg

from tests.kill.fleet import Fleet
from tests.postgres_server import PostgresServer

KILL_CONNECTIONS = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


class Database(Protocol):
    """A database that can be harmed."""

    name: str
    url: str

    def harm(self, dice: random.Random, fleet: Fleet, counts: Counter[str]) -> None:
        """Do it some harm that it and its clients must live through; counts what was done."""

    def close(self) -> None:
        """Stop it."""


class Sqlite:
    """A file. A second process takes its write lock for a while."""

    name = "sqlite"

    def __init__(self, folder: Path) -> None:
        self.file = folder / "kill.db"
        self.url = f"sqlite:///{self.file}"

    def harm(self, dice: random.Random, fleet: Fleet, counts: Counter[str]) -> None:
        """See `Database`."""
        fleet.hold(str(self.file), dice.choice((0.2, 0.5, 1.5)))
        counts["write lock held by another process"] += 1

    def close(self) -> None:
        """See `Database`."""


class Served:
    """A database on a PostgreSQL server that others use as well: only its own connections are killed."""

    name = "postgresql"

    def __init__(self, url: str) -> None:
        self.url = url

    def harm(self, dice: random.Random, fleet: Fleet, counts: Counter[str]) -> None:
        """See `Database`."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            row = connection.execute(KILL_CONNECTIONS).fetchone()
        counts["database connections killed"] += int(row[0]) if row else 0

    def close(self) -> None:
        """See `Database`."""


class Postgres(Served):
    """A PostgreSQL server of the run's own, with a server's usual care for its data; it is killed and started again."""

    def __init__(self, folder: Path) -> None:
        self._server = PostgresServer(folder / "postgres")
        self._server.start()
        super().__init__(self._server.url())

    def harm(self, dice: random.Random, fleet: Fleet, counts: Counter[str]) -> None:
        """See `Database`."""
        if dice.random() < 0.88:
            with suppress(psycopg.OperationalError):
                super().harm(dice, fleet, counts)
            return
        how = dice.choice((signal.SIGQUIT, signal.SIGKILL))  # SIGQUIT: every process of it stops without a word
        self.kill(how)
        counts[f"PostgreSQL killed by {how.name} and started again"] += 1
        threading.Event().wait(dice.choice((0.1, 1.0, 3.0)))
        self.start_again()

    def kill(self, how: signal.Signals) -> None:
        """End the server by a signal, and wait until its first process is gone."""
        self._server.kill(how)

    def start_again(self) -> None:
        """Start it where it stopped; it recovers what was committed."""
        never = threading.Event()
        for patience in (0.5, 0.5, 1, 2, 4):
            try:
                self._server.start()
                return
            except subprocess.CalledProcessError:  # the killed server's last processes still hold its memory
                never.wait(patience)
        self._server.start()

    def close(self) -> None:
        """See `Database`."""
        self._server.stop()
