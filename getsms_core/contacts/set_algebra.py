"""Checked lists put together and cut apart: from lists to a new one, on arrays alone.

A merged list holds every row of its parts, the refused ones too, as if each part were pasted below the one before; the
number that stands in several parts counts once. A cut holds recipients only: what was refused stays with its source.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from getsms_core.contacts.validation import CheckedList, Numbers, Rows, counts_of, mark_duplicates
from getsms_core.phone import CODES, OUTCOMES, Outcome

Positions = npt.NDArray[np.int64]
_RECIPIENT = np.array([outcome.family in ("accepted", "repaired") for outcome in OUTCOMES])


def recipient_positions(one: CheckedList, opted_out: Numbers | None = None) -> Positions:
    """The places in `rows` of those who get a message; `opted_out` (ascending) as of now, not of the check."""
    good = _RECIPIENT[one.outcomes]
    if opted_out is not None and len(opted_out):
        good &= ~_among(numbers_of(one), opted_out)
    return np.flatnonzero(good)


def numbers_of(one: CheckedList) -> Numbers:
    """The number of each row; 0 where it has none."""
    numbers: Numbers = pc.fill_null(_one_chunk(one.rows["phone"]), 0).to_numpy()
    return numbers


def take_rows(one: CheckedList, at: Positions) -> CheckedList:
    """The rows at these places, in their order; each keeps its number of the file."""
    places = pa.array(at)
    return replace(
        one,
        rows=one.rows.take(places),
        fields=one.fields.take(places),
        other_rows=one.other_rows[at],
        counts=counts_of(one.outcomes[at]),
    )


def rows_among(one: CheckedList, at: Positions, others: Sequence[Numbers]) -> npt.NDArray[np.bool_]:
    """Whether the number of each of these rows is a number of one of the `others`."""
    mine = pa.array(numbers_of(one)[at])
    known = pa.chunked_array([pa.array(numbers) for numbers in others], pa.int64())
    found: npt.NDArray[np.bool_] = pc.is_in(mine, value_set=known.combine_chunks()).to_numpy(zero_copy_only=False)
    return found


def merge(
    parts: Sequence[CheckedList], keep: Literal["first", "last"] = "first", opted_out: Numbers | None = None
) -> CheckedList:
    """One list of all rows of the parts. The first part keeps its row numbers, the others go on behind them.

    Of rows with one number the first or the last counts, over all parts; columns of one name are one column, and the
    numbers of all parts stand in the first one's phone column."""
    rows = _rows_in_line(parts)
    numbers = np.concatenate([numbers_of(part) for part in parts])
    outcomes = np.concatenate([part.outcomes for part in parts])
    earlier = outcomes == CODES[Outcome.DUPLICATE]
    if opted_out is not None and len(opted_out):
        gone = (_RECIPIENT[outcomes] | earlier) & _among(numbers, opted_out)
        outcomes[gone] = CODES[Outcome.OPTED_OUT]
        earlier &= ~gone
    good = _RECIPIENT[outcomes]
    other_rows = mark_duplicates(numbers, outcomes, good, rows, keep)
    if earlier.any():  # what repeated a row of its own part now repeats the one that counts in the whole
        counting = np.flatnonzero(_RECIPIENT[outcomes])
        at = pc.index_in(pa.array(numbers[earlier]), value_set=pa.array(numbers[counting]))
        found = pc.fill_null(at, -1).to_numpy()
        other_rows[earlier] = np.where(found >= 0, rows[counting][found], 0)
    fields = _fields_in_line(parts)
    return CheckedList(
        rows=pa.table(
            {
                "row": pa.array(rows, pa.int32()),
                "value": pa.chunked_array([c for part in parts for c in _chunks(part.rows["value"])], pa.string()),
                "phone": pa.array(numbers, pa.int64(), mask=numbers == 0),
                "outcome": outcome_array(outcomes),
            }
        ),
        fields=fields,
        phone_column=parts[0].phone_column,
        columns=list(fields.column_names),
        counts=counts_of(outcomes),
        other_rows=other_rows,
        header_row=parts[0].header_row,
    )


def outcome_array(codes: npt.NDArray[np.uint8]) -> pa.DictionaryArray:
    """Codes as the column `outcome` of a checked list."""
    return pa.DictionaryArray.from_arrays(pa.array(codes, pa.uint8()), [str(one) for one in OUTCOMES])


def _rows_in_line(parts: Sequence[CheckedList]) -> Rows:
    numbers = [parts[0].rows["row"].to_numpy().astype(np.int32)]
    last = int(numbers[0].max(initial=1))
    for part in parts[1:]:
        numbers.append(np.arange(last + 1, last + 1 + part.rows.num_rows, dtype=np.int32))
        last += part.rows.num_rows
    return np.concatenate(numbers)


def _fields_in_line(parts: Sequence[CheckedList]) -> pa.Table:
    """The columns of all parts, by name without case; a part without a column has nothing in it."""
    columns: dict[str, str] = {}
    renamed: list[dict[str, str]] = []
    for part in parts:
        mine: dict[str, str] = {}
        for name in part.fields.column_names:
            key = _key(parts[0].phone_column if name == part.phone_column else name)
            while key in mine:  # a plain column that is called like the first part's phone column
                key += " 2"
            mine[key] = name
            columns.setdefault(key, parts[0].phone_column if name == part.phone_column else name)
        renamed.append(mine)
    names = _each_once(list(columns.values()))
    arrays = [
        pa.chunked_array(
            [
                chunk
                for part, mine in zip(parts, renamed, strict=True)
                for chunk in (
                    _chunks(part.fields[mine[key]]) if key in mine else [pa.nulls(part.rows.num_rows, pa.string())]
                )
            ],
            pa.string(),
        )
        for key in columns
    ]
    return pa.table(arrays, names)


def _each_once(names: list[str]) -> list[str]:
    found: list[str] = []
    for name in names:
        free, again = name, 2
        while free in found:
            free, again = f"{name} {again}", again + 1
        found.append(free)
    return found


def _key(name: str) -> str:
    return " ".join(name.casefold().split())


def _among(numbers: Numbers, known: Numbers) -> npt.NDArray[np.bool_]:
    found: npt.NDArray[np.bool_] = known[np.minimum(np.searchsorted(known, numbers), len(known) - 1)] == numbers
    return found


def _chunks(column: pa.ChunkedArray | pa.Array) -> list[pa.Array]:
    return list(column.chunks) if isinstance(column, pa.ChunkedArray) else [column]


def _one_chunk(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    if not isinstance(column, pa.ChunkedArray):
        return column
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
