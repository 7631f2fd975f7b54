"""Many rows in one statement: which columns are parameters of their own, and the blocks of rows that SQLite writes."""

from collections.abc import Callable, Sequence
from functools import cache
from itertools import chain
from typing import Any

import sqlalchemy as sa

_MANY_ROWS = 16  # of fewer a column is not looked through, so that one text of their statement is prepared once
_BLOCKS = (500, 100, 20)
"""Rows of one statement of SQLite, of which each takes 32,766 parameters: few sizes, so that the texts stay
prepared. The rest is written row by row."""
Statement = Callable[[Sequence[str], str], str]
"""Returns the text of a statement, given the expressions of the columns and the FROM item `v` that they refer to."""


def uniform_columns(columns: Sequence[Sequence[Any]], values: int) -> list[bool]:
    """Return which of the first `values` columns have one value in all of many rows; at least one column has not."""
    uniform = [len(column) >= _MANY_ROWS and _is_uniform(column) for column in columns[:values]]
    uniform += [False] * (len(columns) - values)
    if all(uniform):
        uniform[-1] = False
    return uniform


def _is_uniform(column: Sequence[Any]) -> bool:
    first = column[0]
    return bool(column[-1] == first) and column.count(first) == len(column)


def write(
    connection: sa.Connection, rows: Sequence[Sequence[Any]], values: int, statement: Statement, of_one_row: str
) -> int:
    """Write rows into SQLite in their order, with `of_one_row` where they are few; returns how many changed. The first
    `values` columns come first in the statement."""
    changed = start = 0
    if len(rows) >= _BLOCKS[-1]:
        columns = list(zip(*rows, strict=True))
        uniform = uniform_columns(columns, values)
        scalars = [column[0] for column, is_uniform in zip(columns, uniform, strict=True) if is_uniform]
        varying = [column for column, is_uniform in zip(columns, uniform, strict=True) if not is_uniform]
        numbers = iter(range(1, len(varying) + 1))
        expressions = ["?" if is_uniform else f"v.column{next(numbers)}" for is_uniform in uniform]
        parameters = list(chain.from_iterable(zip(*varying, strict=True)))
        for size in _BLOCKS:
            if len(rows) - start < size:
                continue
            text = statement(expressions, _values(len(varying), size))
            while len(rows) - start >= size:
                block = parameters[start * len(varying) : (start + size) * len(varying)]
                changed += connection.exec_driver_sql(text, (*scalars, *block)).rowcount
                start += size
    if start < len(rows):
        changed += connection.exec_driver_sql(of_one_row, [tuple(row) for row in rows[start:]]).rowcount
    return changed


@cache
def _values(width: int, size: int) -> str:
    row = f"({', '.join('?' * width)})"
    return f"(VALUES {', '.join([row] * size)}) AS v"
