"""Files of a million messages from each database, with the memory they take, against pandas in the same run:
python -m tests.bench.bench_files [--messages N] [--database sqlite|postgresql|both]

Every file is written by a process of its own, start not counted; "added" is its peak above what its imports take, with
the peak of the process that reads for it. pandas reads and writes the same columns; its workbook is measured on 20,000
rows and multiplied.
"""

import argparse
import importlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import sqlalchemy as sa
from sqlmodel import col

from getsms_core import exports
from getsms_core.db.engine import open_store
from getsms_core.db.models import Message
from tests.bench.databases import database
from tests.bench.history import fill
from tests.engine_support import AZIZA

COLUMNS = ["row", "phone", "text", "parts", "price", "state", "sent_at", "settled_at"]
NAIVE = {"csv": "to_csv", "parquet": "to_parquet", "xlsx": "to_excel", "json": "to_json"}
FEW = 20_000  # rows of pandas' workbook
Figures = dict[str, float]


def by_us(url: str, campaign: int, kind: str, path: Path) -> None:
    """The file as the program makes it."""
    store = open_store(url)
    exports.write(store, AZIZA, campaign, kind, path, COLUMNS, zone=ZoneInfo("Asia/Tashkent"))
    store.close()


def by_pandas(url: str, campaign: int, kind: str, path: Path) -> None:
    """A frame from a query, and the frame's own writer."""
    chosen = [col(getattr(Message, {"sent_at": "left_at"}.get(name, name))) for name in COLUMNS]
    query: sa.Select[Any] = sa.select(*chosen).where(col(Message.campaign_id) == campaign)
    store = open_store(url)
    with store.engine.connect() as connection:
        frame = pd.read_sql(query.limit(FEW) if kind == "xlsx" else query, connection)
    frame["state"] = frame["state"].astype(str)
    getattr(frame, NAIVE[kind])(path, **({"orient": "records"} if kind == "json" else {"index": False}))
    store.close()


def resident(pid: int) -> float:
    """MB that a process and those it started hold for themselves just now (Linux); pages of files are the kernel's."""
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    started = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(status["RssAnon"].split()[0]) / 1000 + sum(resident(int(child)) for child in started)


def one(way: str, url: str, campaign: int, kind: str, path: Path) -> Figures:
    """Seconds and MB of one file; this process does nothing else. The kernel's own peak counts what ran before exec."""
    importlib.import_module("getsms_core.exports.xlsx")  # what a format's writer brings along is not the file's
    before, ended, seen = resident(os.getpid()), threading.Event(), [0.0]

    def watch() -> None:
        while not ended.wait(0.01):
            with suppress(OSError):  # a process that has just ended
                seen.append(resident(os.getpid()))

    watching = threading.Thread(target=watch)
    watching.start()
    begun = time.perf_counter()
    {"us": by_us, "pandas": by_pandas}[way](url, campaign, kind, path)
    taken = time.perf_counter() - begun
    ended.set()
    watching.join(60)
    return {"seconds": taken, "added": max(seen) - before, "size": path.stat().st_size / 1e6}


def apart(way: str, url: str, campaign: int, kind: str, path: Path) -> Figures:
    """`one` in a new process."""
    command = [sys.executable, "-m", "tests.bench.bench_files", "--one", way, url, str(campaign), kind, str(path)]
    answer: Figures = json.loads(
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=1800).stdout
    )
    return answer


def run(database_kind: str, messages: int) -> None:
    """Fill a new database and print a line a format."""
    with tempfile.TemporaryDirectory(prefix="getsms-bench-") as folder:
        Path(folder).chmod(0o755)
        with database(database_kind, Path(folder)) as url:
            store = open_store(url)
            [campaign] = fill(store, messages, time.time_ns() // 1_000_000)
            store.close()
            print(f"{database_kind}: a file of {messages:,} messages x {len(COLUMNS)} columns")
            for kind in NAIVE:
                path = Path(folder) / f"messages.{kind}"
                ours, naive = (apart(way, url, campaign, kind, path) for way in ("us", "pandas"))
                slow = naive["seconds"] * (messages / FEW if kind == "xlsx" else 1)
                print(
                    f"{kind:8} {ours['seconds']:6.1f} s  {ours['added']:5.0f} MB added  {ours['size']:5.0f} MB of file"
                    f"   pandas {slow:6.1f} s {naive['added']:5.0f} MB   ratio {slow / ours['seconds']:.1f}",
                    flush=True,
                )


def main() -> None:
    """Measure on each database that was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=1_000_000, help="at most a million: one campaign")
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument("--one", nargs=5, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        way, url, campaign, kind, path = arguments.one
        print(json.dumps(one(way, url, int(campaign), kind, Path(path))))
        return
    for kind in ("sqlite", "postgresql") if arguments.database == "both" else (arguments.database,):
        run(kind, arguments.messages)


if __name__ == "__main__":
    main()
