"""Choosing rows by conditions, ours against the pandas way in one run.

    python -m tests.bench.bench_conditions [--rows N]

The pandas way is what is written first: `str.strip().str.casefold()` and `str.replace` for the apostrophes,
`pd.to_numeric`, `pd.to_datetime`, `isin`. It starts from a frame that it has already; both must choose the same rows.
"""

import argparse
import random
import time
from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from getsms_core.contacts.conditions import Selection, evaluate, parse

TODAY = date(2026, 11, 29)
CITIES = ("Toshkent", "Fargʻona", "Farg'ona", "FARG‘ONA", " Samarqand", "Buxoro", "Andijon", "Qoʻqon", "")


def table_of(rows: int) -> pa.Table:
    """A list as an upload gives it, all text."""
    chance = random.Random(1)
    return pa.table(
        {
            "Ism": [f"Oʻktam Ali {n % 500_000}" if n % 3 else f"Vali Karimov {n}" for n in range(rows)],
            "Shahar": chance.choices(CITIES, k=rows),
            "Yosh": [str(chance.randrange(16, 90)) if n % 50 else "-" for n in range(rows)],
            "Summa": [f"{n * 13 % 9_000_000 + 1_000_000:,}".replace(",", " ") for n in range(rows)],
            "Sana": [f"{n % 28 + 1:02}.{n % 12 + 1:02}.{1960 + n % 50}" for n in range(rows)],
            "Kod": [f"K{n:07}" for n in range(rows)],
        }
    )


def _text(column: "pd.Series[str]") -> "pd.Series[str]":
    plain = column.str.strip().str.casefold()
    return plain.str.replace("[ʻ‘’ʼ`]", "'", regex=True)


def _numbers(column: "pd.Series[str]") -> "pd.Series[float]":
    return pd.to_numeric(column.str.replace(" ", ""), errors="coerce")


def _birthday(frame: pd.DataFrame) -> Any:
    days = pd.to_datetime(frame["Sana"], format="%d.%m.%Y", errors="coerce")
    wanted = {(day.month, day.day) for day in pd.date_range(TODAY, periods=31)}
    return pd.Series(list(zip(days.dt.month, days.dt.day, strict=True))).isin(wanted)


CODES = [f"k{n:07}" for n in range(0, 1_000_000, 100)]
Pandas = Callable[[pd.DataFrame], Any]
CASES: list[tuple[str, str, Pandas]] = [
    ("one city", "Shahar = Farg'ona", lambda frame: _text(frame["Shahar"]) == "farg'ona"),
    ("a number", "Summa >= '5 000 000'", lambda frame: _numbers(frame["Summa"]) >= 5_000_000),
    ("a birthday", "Sana birthday within 30 days", _birthday),
    ("ten thousand values", f"Kod in ({', '.join(CODES)})", lambda frame: _text(frame["Kod"]).isin(CODES)),
    ("a part", "Ism contains o'ktam", lambda frame: _text(frame["Ism"]).str.contains("o'ktam", regex=False)),
    (
        "five conditions",
        "(Shahar = Farg'ona or Shahar starts qo'q) and Yosh >= 25 and Summa < '8 000 000' and not Ism contains vali",
        lambda frame: (
            ((_text(frame["Shahar"]) == "farg'ona") | _text(frame["Shahar"]).str.startswith("qo'q"))
            & (_numbers(frame["Yosh"]) >= 25)
            & (_numbers(frame["Summa"]) < 8_000_000)
            & ~_text(frame["Ism"]).str.contains("vali", regex=False)
        ),
    ),
]  # fmt: skip


def run(rows: int) -> list[tuple[str, float, float]]:
    """(what, seconds ours, seconds pandas) for so many rows; ours includes reading the text of the condition."""
    table = table_of(rows)
    frame, figures = table.to_pandas(), []
    for label, text, pandas_way in CASES:
        began = time.perf_counter()
        ours: Selection = evaluate(parse(text), table, today=TODAY)
        middle = time.perf_counter()
        naive = np.asarray(pandas_way(frame), np.bool_)
        ended = time.perf_counter()
        if not (ours.mask == naive).all():
            raise AssertionError(f"{label}: {ours.rows} rows and {naive.sum()} by pandas")
        figures.append((f"condition: {label}", middle - began, ended - middle))
    return figures


def main() -> None:
    """Print the table of ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows = parser.parse_args().rows
    print(f"{rows:,} rows{'ours, s':>32}{'pandas, s':>12}{'ratio':>8}")
    for label, ours, naive in run(rows):
        print(f"{label:32}{ours:12.2f}{naive:12.2f}{naive / ours:8.1f}")


if __name__ == "__main__":
    main()
