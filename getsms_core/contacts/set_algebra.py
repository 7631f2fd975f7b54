"""Set operations on checked lists, on arrays alone.

A merged list holds every row of its parts, refused ones too, as if each part were pasted below the previous one; a
number in several parts counts once. A cut holds recipients only: refused rows stay in its source.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from getsms_core.contacts.validation import CheckedList, Numbers, Rows, counts_of, mark_duplicates
from getsms_core.messages.merge_fields import key
from getsms_core.phone import CODES, OUTCOMES, Outcome

Positions = npt.NDArray[np.int64]
_ANOTHER = "\0"
"""Marks the key of a column whose name another column has; no name has this sign."""
_RECIPIENT = np.array([outcome.family in ("accepted", "repaired") for outcome in OUTCOMES])


def recipient_positions(checked: CheckedList, opted_out: Numbers | None = None) -> Positions:
    """Return the positions in `rows` of the recipients; `opted_out` (ascending) is the current list, not that of the
    check."""
    good = _RECIPIENT[checked.outcomes]
    if opted_out is not None and len(opted_out):
        good &= ~_among(numbers_of(checked), opted_out)
    return np.flatnonzero(good)


def numbers_of(checked: CheckedList) -> Numbers:
    """Return the number of each row; 0 where it has none."""
    numbers: Numbers = pc.fill_null(_one_chunk(checked.rows["phone"]), 0).to_numpy()
    return numbers


def take_rows(checked: CheckedList, positions: Positions) -> CheckedList:
    """Return the rows at these positions, in that order, with their row numbers of the file."""
    indices = pa.array(positions)
    return replace(
        checked,
        rows=checked.rows.take(indices),
        fields=checked.fields.take(indices),
        other_rows=checked.other_rows[positions],
        counts=counts_of(checked.outcomes[positions]),
    )


def rows_among(checked: CheckedList, positions: Positions, others: Sequence[Numbers]) -> npt.NDArray[np.bool_]:
    """Return for each of these rows whether its number is in one of the `others`."""
    own_numbers = pa.array(numbers_of(checked)[positions])
    other_numbers = pa.chunked_array([pa.array(numbers) for numbers in others], pa.int64())
    mask: npt.NDArray[np.bool_] = pc.is_in(own_numbers, value_set=other_numbers.combine_chunks()).to_numpy(
        zero_copy_only=False
    )
    return mask


def count_among(checked: CheckedList, numbers: Numbers) -> int:
    """Return how many recipients have one of these numbers (ascending)."""
    return int(_among(numbers_of(checked)[recipient_positions(checked)], numbers).sum()) if len(numbers) else 0


def merge(
    parts: Sequence[CheckedList], keep: Literal["first", "last"] = "first", opted_out: Numbers | None = None
) -> CheckedList:
    """Return one list of all rows of the parts. The first part keeps its row numbers; the others are numbered after it.

    Of rows with one number the first or the last counts, over all parts; columns of one name are one column, and the
    numbers of all parts are in the first one's phone column."""
    rows = _concatenate_row_numbers(parts)
    numbers = np.concatenate([numbers_of(part) for part in parts])
    outcomes = np.concatenate([part.outcomes for part in parts])
    earlier = outcomes == CODES[Outcome.DUPLICATE]
    if opted_out is not None and len(opted_out):
        suppressed = (_RECIPIENT[outcomes] | earlier) & _among(numbers, opted_out)
        outcomes[suppressed] = CODES[Outcome.OPTED_OUT]
        earlier &= ~suppressed
    good = _RECIPIENT[outcomes]
    other_rows = mark_duplicates(numbers, outcomes, good, rows, keep)
    if earlier.any():  # a duplicate within its part now refers to the row that counts in the merged list
        counting = np.flatnonzero(_RECIPIENT[outcomes])
        winners = pc.index_in(pa.array(numbers[earlier]), value_set=pa.array(numbers[counting]))
        positions = pc.fill_null(winners, -1).to_numpy()
        other_rows[earlier] = np.where(positions >= 0, rows[counting][positions], 0)
    fields = _concatenate_fields(parts)
    return CheckedList(
        rows=pa.table(
            {
                "row": pa.array(rows, pa.int32()),
                "value": pa.chunked_array(
                    [chunk for part in parts for chunk in _chunks(part.rows["value"])], pa.string()
                ),
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
    """Return codes as the column `outcome` of a checked list."""
    return pa.DictionaryArray.from_arrays(pa.array(codes, pa.uint8()), [str(outcome) for outcome in OUTCOMES])


def _concatenate_row_numbers(parts: Sequence[CheckedList]) -> Rows:
    numbers = [parts[0].rows["row"].to_numpy().astype(np.int32)]
    last = int(numbers[0].max(initial=1))
    for part in parts[1:]:
        numbers.append(np.arange(last + 1, last + 1 + part.rows.num_rows, dtype=np.int32))
        last += part.rows.num_rows
    return np.concatenate(numbers)


def _concatenate_fields(parts: Sequence[CheckedList]) -> pa.Table:
    """Return the columns of all parts, matched by name as merge fields find them; null where a part lacks the
    column."""
    columns: dict[str, str] = {}
    renamed: list[dict[str, str]] = []
    phone_key = key(parts[0].phone_column)
    for part in parts:
        own_columns = {phone_key: part.phone_column} if part.phone_column in part.fields.column_names else {}
        for name in part.fields.column_names:
            column_key = phone_key
            if name != part.phone_column:
                column_key = key(name)
                # Another column with the name of the first part's phone column, or of one that differs in case, gets a
                # column of its own, and not that of those called "Telefon 2".
                while column_key in own_columns:
                    column_key += _ANOTHER
                own_columns[column_key] = name
            columns.setdefault(column_key, parts[0].phone_column if column_key == phone_key else name)
        renamed.append(own_columns)
    names = _names_of(columns)
    arrays = [
        pa.chunked_array(
            [
                chunk
                for part, own_columns in zip(parts, renamed, strict=True)
                for chunk in (
                    _chunks(part.fields[own_columns[column_key]])
                    if column_key in own_columns
                    else [pa.nulls(part.rows.num_rows, pa.string())]
                )
            ],
            pa.string(),
        )
        for column_key in columns
    ]
    return pa.table(arrays, names)


def _names_of(columns: Mapping[str, str]) -> list[str]:
    """Return the names of columns by their keys; one that another column has is numbered."""
    taken = {name for column_key, name in columns.items() if _ANOTHER not in column_key}
    names = []
    for column_key, name in columns.items():
        free, suffix = name, 2
        while _ANOTHER in column_key and free in taken:
            free, suffix = f"{name} {suffix}", suffix + 1
        taken.add(free)
        names.append(free)
    return names


def _among(numbers: Numbers, sorted_numbers: Numbers) -> npt.NDArray[np.bool_]:
    mask: npt.NDArray[np.bool_] = (
        sorted_numbers[np.minimum(np.searchsorted(sorted_numbers, numbers), len(sorted_numbers) - 1)] == numbers
    )
    return mask


def _chunks(column: pa.ChunkedArray | pa.Array) -> list[pa.Array]:
    return list(column.chunks) if isinstance(column, pa.ChunkedArray) else [column]


def _one_chunk(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    if not isinstance(column, pa.ChunkedArray):
        return column
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
