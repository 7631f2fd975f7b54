"""A database of each kind for a measurement, removed afterwards."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.postgres_server import PostgresServer


@contextmanager
def database(kind: str, folder: Path) -> Iterator[str]:
    """The address of a new database: "sqlite" a file in `folder`, "postgresql" a server of its own there."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'bench.db'}"
        return
    server = PostgresServer(folder / "postgres")
    server.start()
    try:
        yield server.url()
    finally:
        server.stop()
