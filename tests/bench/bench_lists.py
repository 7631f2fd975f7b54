"""Reading and checking a list, ours against the naive way in one run: `python -m tests.bench.bench_lists --rows N`.

Naive is what is written first: openpyxl row by row, phonenumbers a cell, a set for the duplicates.
"""

import argparse
import csv
import random
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import phonenumbers
import pyarrow as pa
from rustpy_xlsxwriter import write_worksheet

from getsms_core import phone
from getsms_core.contacts.validation import check_list
from getsms_core.spreadsheet import read

MOBILE = (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE)


def _rows(count: int) -> list[dict[str, Any]]:
    chance = random.Random(1)
    written = ["998{}{:07d}", "+998 {} {:07d}", "{}{:07d}", "8 {} {:07d}", "998{}{:07d}"]
    return [
        {
            "Ism": f"Aliyev Vali {at}",
            "Telefon": written[at % 5].format(chance.choice(("90", "91", "93", "97", "71")), chance.randrange(10**7)),
            "Shahar": "Toshkent",
            "Summa": at * 100,
        }
        for at in range(count)
    ]


def _timed(what: Callable[[], Any]) -> tuple[float, Any]:
    began = time.perf_counter()
    value = what()
    return time.perf_counter() - began, value


def _naive_number(cell: str) -> int | None:
    try:
        number = phonenumbers.parse(cell, "UZ")
    except phonenumbers.NumberParseException:
        return None
    if phonenumbers.number_type(number) not in MOBILE:
        return None
    return int(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)[1:])


def _naive_numbers(cells: list[str]) -> set[int]:
    return {number for cell in cells if (number := _naive_number(cell))}


def _naive_xlsx(path: Path) -> list[str]:
    book = openpyxl.load_workbook(path, read_only=True)
    numbers = [str(row[1]) for row in book.worksheets[0].iter_rows(min_row=2, values_only=True)]
    book.close()
    return numbers


def _naive_csv(path: Path) -> list[str]:
    with path.open(encoding="utf-8", newline="") as file:
        return [row["Telefon"] for row in csv.DictReader(file)]


def run(rows: int) -> list[tuple[str, float, float]]:
    """(what, seconds ours, seconds naive) for so many rows; ours includes its child process."""
    results = []
    with tempfile.TemporaryDirectory() as folder:
        table, book, text = _rows(rows), Path(folder) / "list.xlsx", Path(folder) / "list.csv"
        write_worksheet(table, str(book))
        with text.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(table[0]))
            writer.writeheader()
            writer.writerows(table)
        column = pa.array([row["Telefon"] for row in table])
        del table
        phone.check("998901234567")  # the metadata is compiled once a process: 0.1 s
        naive_check, _ = _timed(lambda: _naive_numbers(column.to_pylist()))
        results.append(("phones checked", _timed(lambda: phone.check_column(column))[0], naive_check))
        naive_read, _ = _timed(lambda: _naive_xlsx(book))
        ours_read, sheet = _timed(lambda: read(book))
        ours_check, _ = _timed(lambda: check_list(sheet))
        results.append(("XLSX read", ours_read, naive_read))
        results.append(("list checked and deduplicated", ours_check, naive_check))
        results.append(("XLSX read and checked", ours_read + ours_check, naive_read + naive_check))
        naive_read, _ = _timed(lambda: _naive_csv(text))
        results.append(("CSV read", _timed(lambda: read(text))[0], naive_read))
    return results


def main() -> None:
    """Print the table of ratios and the memory that the reader needed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    rows = parser.parse_args().rows
    print(f"{rows:,} rows{'ours, s':>32}{'naive, s':>12}{'ratio':>8}")
    for what, ours, naive in run(rows):
        print(f"{what:32}{ours:12.2f}{naive:12.2f}{naive / ours:8.1f}")
    print(f"memory of the reader: {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss >> 10} MB")


if __name__ == "__main__":
    main()
