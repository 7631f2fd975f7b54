"""How much disk a history takes: docs/sizing.md.

    python -m tests.bench.bench_sizing [--messages 10000 100000 1000000] [--database sqlite|postgresql|both]

Finished campaigns with their chunks, receipts' times and roll-ups; beside them a list of as many numbers, and a backup
of everything. Receipts that the gateway repeats, exported files and uploads are not in it.
"""

import argparse
import tempfile
import time
from pathlib import Path

import psycopg

from getsms_core.backup import snapshot
from getsms_core.base.permissions import Actor, Role
from getsms_core.contacts import lists
from getsms_core.db.engine import Store, open_store
from tests.bench.databases import database
from tests.bench.history import fill
from tests.factories import NOW

ADMINISTRATOR = Actor("Malika", Role.ADMINISTRATOR)
MB = 1_000_000


def main() -> None:
    """Print a line for each database and size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    options = parser.parse_args()
    kinds = ["sqlite", "postgresql"] if options.database == "both" else [options.database]
    print(f"{'database':10} {'messages':>10} {'empty MB':>9} {'messages MB':>12} {'a message':>10} "
          f"{'list MB':>8} {'a row':>7} {'backup MB':>10} {'s':>6}")  # fmt: skip
    for kind in kinds:
        for messages in options.messages:
            with tempfile.TemporaryDirectory(prefix="getsms-sizing-") as name, database(kind, Path(name)) as url:
                Path(name).chmod(0o755)
                _measure(kind, url, Path(name), messages)


def _measure(kind: str, url: str, folder: Path, messages: int) -> None:
    store = open_store(url)
    empty = _bytes(store, url)
    fill(store, messages, NOW)
    full = _bytes(store, url)
    file = folder / "list.csv"
    file.write_text("phone,name\n" + "".join(f"+99890{n:07},Mijoz {n}\n" for n in range(messages)))
    lists.add_file(store, ADMINISTRATOR, file, "Recipients", lists.Options())
    with_list = _bytes(store, url)
    began = time.perf_counter()
    snapshot.write_backup(store, ADMINISTRATOR, folder / "all.backup")
    seconds = time.perf_counter() - began
    size = (folder / "all.backup").stat().st_size
    store.close()
    print(f"{kind:10} {messages:10} {empty / MB:9.1f} {(full - empty) / MB:12.1f} {(full - empty) / messages:8.0f} B "
          f"{(with_list - full) / MB:8.1f} {(with_list - full) / messages:5.1f} B {size / MB:10.1f} {seconds:6.1f}",
          flush=True)  # fmt: skip


def _bytes(store: Store, url: str) -> int:
    if store.sqlite:
        store.checkpoint()
        return Path(url.removeprefix("sqlite:///")).stat().st_size
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute("SELECT pg_database_size(current_database())").fetchone()
        assert row is not None
        return int(row[0])


if __name__ == "__main__":
    main()
