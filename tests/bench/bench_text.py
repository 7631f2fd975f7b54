"""The text modules against a loop over the rows, in one run: python -m tests.bench.bench_text [rows]"""

import sys
import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import pyarrow as pa

from getsms_core.messages.encoding import measure, measure_column
from getsms_core.messages.estimate import estimate
from getsms_core.messages.gsm7_replacements import replace_in_column, replace_in_text, report
from getsms_core.messages.merge_fields import parse

ASCII = "Hurmatli {} mijoz, 5-may kuni do'konimizda chegirma! Kutamiz. Batafsil getsms.uz, tel 71 200 00 00. Rad: STOP"
CURLY = "Hurmatli {} mijoz, «5-may» kuni doʻkonimizda chegirma! Kutamiz… Batafsil getsms.uz"
CYRILLIC = "Ҳурматли {} мижоз, 5-май куни дўконимизда чегирма! Кутамиз. Батафсил сайтда"
PAIRS = "{{}} [{}] €€€ " + "Hurmatli mijoz, chegirma bor! " * 12


def timed(work: Callable[[Any], object], data: object) -> float:
    start = time.perf_counter()
    work(data)
    return time.perf_counter() - start


def each(work: Callable[[Any], object]) -> Callable[[Iterable[Any]], list[object]]:
    """The naive way: our own exact function for one row after another."""
    return lambda rows: [work(row) for row in rows]


def run(rows: int) -> list[tuple[str, float, float]]:
    """(label, our seconds, the naive way's seconds) for so many rows."""
    results = []
    for label, form in (("ASCII", ASCII), ("curly", CURLY), ("Cyrillic", CYRILLIC), ("{} pairs", PAIRS)):
        texts = [form.format(row) for row in range(rows)]
        column = pa.array(texts)
        results.append((f"segments, {label}", timed(measure_column, column), timed(each(measure), texts)))
        results.append((f"mend, {label}", timed(replace_in_column, column), timed(each(replace_in_text), texts)))

    template = parse("Hurmatli {ism|mijoz}, {sana} kuni kutamiz! Qarzingiz {summa} so'm. Batafsil: getsms.uz")
    table = pa.table(
        {
            "ism": [f"Gʻani {row}" for row in range(rows)],
            "sana": ["5-may"] * rows,
            "summa": [f"{row} 000" for row in range(rows)],
        }
    )
    dicts = table.to_pylist()
    for label, mend in (("render", False), ("render, values mended", True)):
        ours = timed(partial(template.render_column, mend=mend), table)
        results.append((label, ours, timed(each(partial(template.render, mend=mend)), dicts)))
    ours = timed(partial(estimate, template.text, price=9500), table)
    results.append(("the cost of a text", ours, timed(each(lambda row: measure(template.render(row)).parts), dicts)))
    return results


def main() -> None:
    """Print the table, and how many texts a second the command line's report makes."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    print(f"{rows:,} rows{'':14} ours s   naive s   ratio")
    for label, ours, naive in run(rows):
        print(f"{label:24}{ours:8.3f}{naive:10.3f}{naive / ours:7.1f}x")
    for label, form in (("ASCII", ASCII), ("curly", CURLY), ("Cyrillic", CYRILLIC)):
        texts = [form.format(row) for row in range(20_000)]
        print(f"report, {label:16}{len(texts) / timed(each(report), texts):10,.0f} texts/s")


if __name__ == "__main__":
    main()
