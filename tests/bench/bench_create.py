"""From a file to a campaign whose messages are stored, ours against the naive way in one run.

    python -m tests.bench.bench_create --rows 1000000 [--naive-rows 100000]

Ours is the command people type, start included: `getsms create`. Naive is what is written first: openpyxl row by row,
phonenumbers a cell, `str.format`, the parts of each text, an ORM object a message; for a
million it takes minutes, so it may be measured on fewer and scaled up. Each runs in a process of its own. CPU seconds
(those of the database server are not among them) say more than the clock on a busy machine.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from tests.bench.bench_lists import _naive_number, _rows
from tests.bench.databases import database

TEXT = "Salom {Ism}! Summa: {Summa} so'm."


class Cost(NamedTuple):
    """Seconds by the clock, seconds of CPU, and the megabytes of the largest process."""

    wall: float
    cpu: float
    megabytes: int


def measured(command: list[str], **environment: str) -> Cost:
    """What a command costs. Its parent is a process of its own, so that the largest child is this command's."""
    script = (
        "import resource, subprocess, sys, time; began = time.perf_counter(); "
        "done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL); took = time.perf_counter() - began; "
        "used = resource.getrusage(resource.RUSAGE_CHILDREN); "
        "print(took, used.ru_utime + used.ru_stime, used.ru_maxrss >> 10); sys.exit(done.returncode)"
    )
    result = subprocess.run(
        [sys.executable, "-c", script, *command],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=1800,
    )
    wall, cpu, megabytes = result.stdout.split()
    return Cost(float(wall), float(cpu), int(megabytes))


def ours(file: Path, url: str) -> Cost:
    """`getsms create` into a database that is there already, of a program whose modules are compiled, as pip installs
    it: a list of ten rows goes first."""
    environment = {
        "GETSMS_DATABASE_URL": url,
        "PYTHONDONTWRITEBYTECODE": "",
        "PYTHONPYCACHEPREFIX": str(file.parent / "bytecode"),
    }
    create = [sys.executable, "-m", "getsms_core.cli", "create", "--name", "Bench", "--text", TEXT]
    few = file.with_name("few.csv")
    _write_csv(few, _rows(10))
    subprocess.run([*create, str(few)], env=os.environ | environment, check=True, capture_output=True, timeout=120)
    return measured([*create, str(file)], **environment)


def _write_csv(file: Path, rows: list[dict[str, Any]]) -> None:
    with file.open("w", encoding="utf-8") as csv:
        csv.write(",".join(rows[0]) + "\n")
        csv.writelines(",".join(str(cell) for cell in row.values()) + "\n" for row in rows)


def naive_way(book: Path, url: str) -> None:
    """Read, check, render, count and store, a row at a time."""
    import openpyxl
    from sqlmodel import Session

    from getsms_core.db.engine import open_store
    from getsms_core.db.models import Message
    from getsms_core.messages import encoding

    seen: set[int] = set()
    sheet = openpyxl.load_workbook(book, read_only=True).worksheets[0].iter_rows(values_only=True)
    names = [str(name) for name in next(sheet)]
    with Session(open_store(url).engine) as session:
        for row, cells in enumerate(sheet, 2):
            fields = dict(zip(names, cells, strict=True))
            number = _naive_number(str(fields["Telefon"]))
            if number is None or number in seen:
                continue
            seen.add(number)
            text = TEXT.format(**fields)
            of = encoding.measure(text)
            session.add(Message(id=row, campaign_id=1, chunk_id=1, row=row, phone=number, text=text,
                                encoding=of.encoding, parts=of.parts, price=9500, number_range=0))  # fmt: skip
        session.commit()


def run(rows: int, naive_rows: int | None = None) -> list[tuple[str, Cost, Cost]]:
    """(what, ours, naive) for so many rows."""
    from rustpy_xlsxwriter import write_worksheet

    fewer = min(rows, naive_rows or rows)
    with tempfile.TemporaryDirectory() as folder:
        folder_path, table = Path(folder), _rows(rows)
        write_worksheet(table, str(folder_path / "list.xlsx"))
        write_worksheet(table[:fewer], str(folder_path / "naive.xlsx"))
        _write_csv(folder_path / "list.csv", table)
        del table
        this = [sys.executable, "-m", "tests.bench.bench_create", "--naive"]
        scaled = measured([*this, str(folder_path / "naive.xlsx"), f"sqlite:///{folder_path}/naive.db"])
        naive = Cost(scaled.wall * rows / fewer, scaled.cpu * rows / fewer, scaled.megabytes)
        results = [
            (
                f"{kind.upper()} to stored, SQLite",
                ours(folder_path / f"list.{kind}", f"sqlite:///{folder_path}/{kind}.db"),
                naive,
            )
            for kind in ("xlsx", "csv")
        ]
        with database("postgresql", folder_path) as postgresql:
            results += [(f"{k.upper()} to stored, PostgreSQL", ours(folder_path / f"list.{k}", postgresql), naive)
                      for k in ("xlsx", "csv")]  # fmt: skip
        return results


def table(rows: int, naive_rows: int | None = None) -> None:
    """Print what `run` found."""
    head = f"{rows:,} rows"
    print(f"{head:32}{'ours, s':>10}{'CPU s':>8}{'MB':>6}{'naive, s':>11}{'CPU s':>8}{'ratio':>8}{'by CPU':>8}")
    for what, ours_result, naive in run(rows, naive_rows):
        print(f"{what:32}{ours_result.wall:10.2f}{ours_result.cpu:8.2f}{ours_result.megabytes:6}{naive.wall:11.1f}{naive.cpu:8.1f}"
              f"{naive.wall / ours_result.wall:8.1f}{naive.cpu / ours_result.cpu:8.1f}", flush=True)  # fmt: skip


def main() -> None:
    """Measure, or be the naive way that is measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--naive-rows", type=int, help="measure the naive way on so many, and scale it up")
    parser.add_argument("--naive", nargs=2, metavar=("BOOK", "URL"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.naive:
        naive_way(Path(arguments.naive[0]), arguments.naive[1])
    else:
        table(arguments.rows, arguments.naive_rows)


if __name__ == "__main__":
    main()
