"""A tree on the columns of a list: one Boolean for each row.

Each column is prepared once however many conditions name it. Columns with few different values, which is what people
filter by, are compared value by value and not row by row: a region of a million rows costs 20 ms, a name 60-250 ms.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from getsms_core import phone
from getsms_core.contacts.conditions import values
from getsms_core.contacts.conditions.columns import Columns
from getsms_core.contacts.conditions.grammar import bind
from getsms_core.contacts.conditions.keys import key, keys
from getsms_core.contacts.conditions.tree import All, Any, Birthday, Compare, Condition, In, Leaf, Not, Operator

Mask = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Kind = Literal["number", "date"]
_SAMPLE = 4_096
_COMPARE: dict[Operator, Callable[[Floats, float], Mask]] = {
    Operator.LESS: np.less,
    Operator.AT_MOST: np.less_equal,
    Operator.MORE: np.greater,
    Operator.AT_LEAST: np.greater_equal,
}


@dataclass(frozen=True)
class PhoneColumn:
    """The column with the phone numbers, and the number of each row as 998XXXXXXXXX, 0 where it has none. Conditions on
    it compare numbers however they are written."""

    name: str
    numbers: npt.NDArray[np.int64]


@dataclass(frozen=True)
class Unreadable:
    """Cells that a comparison of numbers or dates passes over: neither empty nor a number (a date)."""

    column: str
    kind: Kind
    cells: int


@dataclass(frozen=True)
class Selection:
    """Which rows a condition chooses, and what it could not read."""

    mask: Mask
    unreadable: tuple[Unreadable, ...]

    @property
    def rows(self) -> int:
        """How many rows are chosen."""
        return int(np.count_nonzero(self.mask))


def evaluate(tree: Condition, table: pa.Table, *, today: date, phones: PhoneColumn | None = None) -> Selection:
    """Choose the rows of a table of texts. Null is an empty cell; no condition is ever unknown, so that `not` chooses
    exactly the other rows.

    Raises `ConditionError`: no-such-column, ambiguous-column."""
    tree = bind(tree, Columns(table.column_names))
    evaluation = _Evaluation(table, today, phones)
    mask = evaluation.mask(tree)
    unreadable = tuple(Unreadable(*of, cells) for of, cells in evaluation.unreadable.items() if cells)
    return Selection(mask, unreadable)


class _Cells:
    """A column, reduced to its different values where there are few."""

    def __init__(self, column: pa.ChunkedArray) -> None:
        cells = column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)
        if cells.type != pa.string():
            cells = cells.cast(pa.string())
        self._codes: npt.NDArray[np.int32] | None = None
        if _repeats(cells):
            coded = pc.fill_null(cells, "").dictionary_encode()
            self._codes, cells = coded.indices.to_numpy(), coded.dictionary
        self.keys = keys(pc.fill_null(cells, ""))

    @cached_property
    def numbers(self) -> Floats:
        return values.numbers(self.keys)

    @cached_property
    def days(self) -> Floats:
        return values.days(self.keys)

    @cached_property
    def month_days(self) -> Floats:
        return values.month_days(self.keys)

    @cached_property
    def plain_numbers(self) -> Floats:
        """The numbers that `=` compares as numbers; NaN for identifiers such as "007", too."""
        return np.where(values.identifiers(self.keys), np.nan, self.numbers)

    def in_rows(self, mask: Mask) -> Mask:
        """A mask of the different values as one of the rows."""
        return mask if self._codes is None else mask[self._codes]

    def count_unreadable(self, read: Floats) -> int:
        """Rows whose cell is not empty and was not read."""
        empty: Mask = pc.equal(self.keys, "").to_numpy(zero_copy_only=False)
        return int(np.count_nonzero(self.in_rows(np.isnan(read) & ~empty)))


def _repeats(cells: pa.Array) -> bool:
    """Whether a sample has few different values: encoding a column of a million different texts costs 0.3-0.5 s."""
    step = max(len(cells) // _SAMPLE, 1)
    sample = cells.take(pa.array(np.arange(0, len(cells), step)))
    return len(sample) > 0 and pc.count_distinct(sample, mode="all").as_py() < max(len(sample) // 4, 2)


class _Evaluation:
    """One evaluation: the columns prepared so far and what could not be read."""

    def __init__(self, table: pa.Table, today: date, phones: PhoneColumn | None) -> None:
        self._table, self._today, self._phones = table, today, phones
        self._columns: dict[str, _Cells] = {}
        self.unreadable: dict[tuple[str, Kind], int] = {}

    def mask(self, tree: Condition) -> Mask:
        if isinstance(tree, Not):
            return ~self.mask(tree.part)
        if isinstance(tree, All | Any):
            join = np.logical_and if isinstance(tree, All) else np.logical_or
            result = self.mask(tree.parts[0]).copy()
            for part in tree.parts[1:]:
                join(result, self.mask(part), out=result)
            return result
        return self._leaf(tree)

    def _leaf(self, leaf: Leaf) -> Mask:
        cells = self._cells(leaf.column)
        if isinstance(leaf, Birthday):
            self._note(leaf.column, "date", cells, cells.month_days)
            return cells.in_rows(_is_in(cells.month_days, _anniversaries(self._today, leaf.days)))
        if isinstance(leaf, In):
            return self._equal(leaf.column, cells, leaf.values)
        if leaf.operator in (Operator.IS, Operator.IS_NOT):
            equal = self._equal(leaf.column, cells, (leaf.value,))
            return equal if leaf.operator == Operator.IS else ~equal
        if leaf.operator.orders:
            return self._ordered(leaf, cells)
        return self._contains(leaf, cells)

    def _cells(self, column: str) -> _Cells:
        if column not in self._columns:
            self._columns[column] = _Cells(self._table[column])
        return self._columns[column]

    def _note(self, column: str, kind: Kind, cells: _Cells, read: Floats) -> None:
        if (column, kind) not in self.unreadable:
            self.unreadable[column, kind] = cells.count_unreadable(read)

    def _ordered(self, leaf: Compare, cells: _Cells) -> Mask:
        value = values.ordering_value(leaf.value, leaf.value_at)
        if isinstance(value, date):
            read, bound, kind = cells.days, float(values.day_number(value)), "date"
        else:
            read, bound, kind = cells.numbers, value, "number"
        self._note(leaf.column, kind, cells, read)  # type: ignore[arg-type]
        return cells.in_rows(_COMPARE[leaf.operator](read, bound))  # NaN compares as False

    def _equal(self, column: str, cells: _Cells, wanted: tuple[str, ...]) -> Mask:
        """Where the cell is one of the values: as text, as a number where both are numbers, as a day where both are
        dates."""
        texts = keys(pa.array(wanted, pa.string()))
        mask: Mask = pc.is_in(cells.keys, value_set=texts).to_numpy(zero_copy_only=False)
        numbers = values.numbers(texts)
        numbers = numbers[~np.isnan(numbers) & ~values.identifiers(texts)]
        if len(numbers):
            mask |= _is_in(cells.plain_numbers, numbers)
        days = values.value_days(texts)
        days = days[~np.isnan(days)]
        if len(days):
            mask |= _is_in(cells.days, days)
        rows = cells.in_rows(mask)
        if self._phones is not None and column == self._phones.name:
            rows = rows | self._same_phone(self._phones.numbers, wanted)
        return rows

    @staticmethod
    def _same_phone(numbers: npt.NDArray[np.int64], wanted: tuple[str, ...]) -> Mask:
        checked = phone.check_column(pa.array(wanted, pa.string())).numbers
        known = pa.array(np.unique(checked[checked > 0]))
        result: Mask = pc.is_in(pa.array(numbers), value_set=known).to_numpy(zero_copy_only=False)
        return result

    def _contains(self, leaf: Compare, cells: _Cells) -> Mask:
        at_start = leaf.operator == Operator.STARTS
        text = key(leaf.value, trim=at_start)
        match = pc.starts_with if at_start else pc.match_substring
        rows = cells.in_rows(match(cells.keys, text).to_numpy(zero_copy_only=False))
        if self._phones is not None and leaf.column == self._phones.name and (digits := _digits(leaf.value)):
            rows = rows | _phone_digits(self._phones.numbers, digits, at_start=at_start)
        return rows


def _is_in(cells: Floats, wanted: Floats) -> Mask:
    if len(wanted) == 1:
        same: Mask = np.equal(cells, wanted[0])
        return same
    result: Mask = pc.is_in(pa.array(cells + 0.0), value_set=pa.array(wanted + 0.0)).to_numpy(zero_copy_only=False)
    return result


def _digits(text: str) -> str:
    """The digits of a part of a number, "" where the text has anything that a number does not have."""
    digits = "".join(letter for letter in text if letter not in " +()-\u00a0")
    return digits if digits.isascii() and digits.isdecimal() else ""


def _phone_digits(numbers: npt.NDArray[np.int64], digits: str, *, at_start: bool) -> Mask:
    """Where the number, with or without 998, starts with the digits or contains them."""
    texts = pa.array(numbers).cast(pa.string())
    if at_start:
        matches = pc.or_(pc.starts_with(texts, digits), pc.starts_with(texts, "998" + digits))
    else:
        matches = pc.match_substring(texts, digits)
    result: Mask = pc.and_(matches, pc.greater(pa.array(numbers), 0)).to_numpy(zero_copy_only=False)
    return result


def _anniversaries(today: date, days: int) -> Floats:
    """Month × 100 + day of today and of the next `days` days. A birthday on 29 February is on 28 February in a year
    without one."""
    dates = [today + timedelta(n) for n in range(days + 1) if today.toordinal() + n <= date.max.toordinal()]
    wanted = {day.month * 100 + day.day for day in dates}
    if any((day.month, day.day) == (2, 28) and (day + timedelta(1)).month == 3 for day in dates):
        wanted.add(229)
    return np.array(sorted(wanted), np.float64)
