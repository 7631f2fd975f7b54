"""A list checked: every row of the file ends as exactly one recipient or one named refusal.

Sheet ─ phone column ─▶ numbers ─ opted out? ─ seen before? ─▶ CheckedList: rows, fields, counts, problems
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from getsms_core import phone
from getsms_core.base.errors import DomainError
from getsms_core.base.i18n import _
from getsms_core.phone import CODES, OUTCOMES, Outcome
from getsms_core.spreadsheet import OWN_COLUMN, PhoneColumns, Sheet, phone_columns

Numbers = npt.NDArray[np.int64]
Rows = npt.NDArray[np.int32]
_BATCH = 50_000  # rows worded at a time: a problem list of a million rows never stands in memory at once
_ACCEPTED = np.array([outcome.family in ("accepted", "repaired") for outcome in OUTCOMES])
_FAMILIES = np.array([outcome.family for outcome in OUTCOMES])


@dataclass(frozen=True)
class CheckedList:
    """What became of every row.

    `rows`: row int32 (as the spreadsheet shows it), value string (the cell as it stood), phone int64 (null where
    rejected; duplicates and the opted-out keep theirs), outcome dictionary<uint8, string>; `fields`: the columns of the
    file as text, aligned with `rows`; `other_rows` int32: of a duplicate, the row that counts, else 0. With two="both"
    a cell of two numbers is two rows. `phone_columns`: all columns that may hold the numbers (empty for a list that was
    not read from a file just now); `phone_column_decided` is False where the one that was taken is not better than
    another of them."""

    rows: pa.Table
    fields: pa.Table
    phone_column: str
    columns: list[str]
    counts: dict[str, int]
    other_rows: Rows
    header_row: int | None
    phone_columns: list[str] = field(default_factory=list)
    phone_column_decided: bool = True

    @property
    def outcomes(self) -> npt.NDArray[np.uint8]:
        """The code of each row's outcome, an index into `phone.OUTCOMES`."""
        codes: npt.NDArray[np.uint8] = _flat(self.rows["outcome"]).indices.to_numpy()
        return codes

    def problems(self, limit: int | None = None) -> Iterator[dict[str, Any]]:
        """{"row", "value", "code", "message"} for each row that is not accepted as it stood, in the order of the
        file, at most `limit` of them. Worded in the language of the context that iterates."""
        at = np.flatnonzero(self.outcomes != CODES[Outcome.AS_IS])[:limit]
        for start in range(0, len(at), _BATCH):
            batch = at[start : start + _BATCH]
            chosen = self.rows.take(pa.array(batch))
            columns = (
                chosen["row"].to_pylist(),
                pc.fill_null(chosen["value"], "").to_pylist(),
                chosen["outcome"].to_pylist(),
                self.messages(batch).to_pylist(),
            )
            for row, value, code, message in zip(*columns, strict=True):
                yield {"row": row, "value": value, "code": code, "message": message}

    def messages(self, at: npt.NDArray[np.int64]) -> pa.Array:
        """The sentences of the rows at these positions of `rows`, aligned with `at`."""
        if not len(at):
            return pa.array([], pa.string())
        codes, values = self.outcomes[at], _flat(self.rows["value"]).take(pa.array(at))
        numbers = pc.fill_null(_flat(self.rows["phone"]).take(pa.array(at)), 0).to_numpy()
        worded, places = [], []
        for code in np.unique(codes):
            mine = np.flatnonzero(codes == code)
            places.append(mine)
            worded.append(
                phone.messages(OUTCOMES[code], values.take(pa.array(mine)), numbers[mine], self.other_rows[at[mine]])
            )
        return pa.concat_arrays(worded).take(pa.array(np.argsort(np.concatenate(places))))

    def accepted(self) -> pa.Table:
        """The recipients: row int32, phone int64, then the fields as text. A field called "row" or "phone" gets a 2
        behind its name, except the phone column itself, which `phone` replaces."""
        mask = pa.array(_ACCEPTED[self.outcomes])
        taken = {"row", "phone"}
        kept = [name for name in self.columns if not (name == self.phone_column and name in taken)]
        names: list[str] = []
        for name in kept:
            names.append(_free(name, taken | {other for other in kept if other != name}) if name in taken else name)
            taken.add(names[-1])
        table = pa.table(
            [self.rows["row"], self.rows["phone"], *(self.fields[name] for name in kept)], ["row", "phone", *names]
        )
        return table if self.counts["accepted"] == self.counts["rows"] else table.filter(mask)

    def refused_table(self) -> pa.Table:
        """The rows that are not accepted, in the columns of the file, and before them the reason in words.

        The reason's column is known by its name when the mended file is read again, and ignored."""
        at = np.flatnonzero(~_ACCEPTED[self.outcomes])
        reason = f"{OWN_COLUMN} {_('reason')}"
        return self.fields.take(pa.array(at)).add_column(0, reason, self.messages(at))


def check_list(
    sheet: Sheet,
    *,
    phone_column: str | None = None,
    opted_out: Numbers | None = None,
    keep: Literal["first", "last"] = "first",
    two: Literal["refuse", "first", "both"] = "refuse",
) -> CheckedList:
    """Check every row of a sheet: number, opt-out, duplicate, in this order.

    `opted_out` holds full numbers, ascending. Of rows with one number, `keep` says which one counts. `two` says what
    becomes of cells with several numbers: refused, the first mobile number taken, or each taken as a row of its own.
    Raises Refused: no-such-column, no-phone-column."""
    cells = sheet.cells
    found = phone_columns(cells)
    column = choose_phone_column(sheet, phone_column, found)
    values = _flat(cells[column])
    checked = phone.check_column(values)
    values = _unmarked(values)
    rows, fields = sheet.first_row_numbers, _merge_fields(sheet.table, column, values)
    several = np.flatnonzero(checked.outcomes == CODES[Outcome.TWO_NUMBERS])
    if two != "refuse" and len(several):
        source, checked = _taken_apart(values, checked, several, two == "both")
        if len(source) != len(rows):
            rows, values, fields = rows[source], values.take(pa.array(source)), fields.take(pa.array(source))
    numbers, outcomes = checked.numbers, checked.outcomes
    good = numbers > 0
    if opted_out is not None and len(opted_out):
        at = np.minimum(np.searchsorted(opted_out, numbers), len(opted_out) - 1)
        gone = good & (opted_out[at] == numbers)
        outcomes[gone] = CODES[Outcome.OPTED_OUT]
        good &= ~gone
    other_rows = mark_duplicates(numbers, outcomes, good, rows, keep)
    return CheckedList(
        rows=pa.table(
            {
                "row": pa.array(rows, pa.int32()),
                "value": values,
                "phone": pa.array(numbers, pa.int64(), mask=numbers == 0),
                "outcome": pa.DictionaryArray.from_arrays(
                    pa.array(outcomes, pa.uint8()), [str(one) for one in OUTCOMES]
                ),
            }
        ),
        fields=fields,
        phone_column=column,
        columns=list(sheet.columns),
        counts=counts_of(outcomes),
        other_rows=other_rows,
        header_row=sheet.header_row,
        phone_columns=found.plausible or [column],
        phone_column_decided=phone_column is not None or found.decided,
    )


def choose_phone_column(sheet: Sheet, wanted: str | None, found: PhoneColumns | None = None) -> str:
    """The column that holds the numbers: the wanted one (exactly, or the only one in another case), or the guessed one.
    `found` saves looking for it again. Raises Refused: no-such-column, no-phone-column."""
    listed = ", ".join(sheet.columns)
    if wanted is None:
        guessed = (found or phone_columns(sheet.cells)).chosen
        if guessed is None:
            raise DomainError(
                "no-phone-column",
                _(
                    "No column looks like phone numbers. Name the one that holds them; the columns are: {columns}."
                ).format(columns=listed),
            )
        return guessed
    if wanted in sheet.columns:
        return wanted
    alike = [name for name in sheet.columns if name.casefold() == wanted.strip().casefold()]
    if len(alike) == 1:
        return alike[0]
    raise DomainError(
        "no-such-column",
        _("There is no column “{column}” in this list. Its columns are: {columns}.").format(
            column=wanted, columns=listed
        ),
    )


def _merge_fields(table: pa.Table, phone_column: str, values: pa.Array) -> pa.Table:
    """The columns as a text can merge them: a cell with an error of the spreadsheet is empty, or "Salom #N/A!" would be
    sent. The phone column keeps its cells."""
    for index, name in enumerate(table.column_names):
        if name == phone_column:
            cleaned = values
        else:
            cells = _flat(table.column(index))
            suspects = pc.match_substring_regex(cells, r"^\s*(?:#|[Ee][Rr][Rr]:)")
            at = np.flatnonzero(pc.fill_null(suspects, False).to_numpy(zero_copy_only=False))
            errors = [phone.is_error_value(text) for text in cells.take(pa.array(at)).to_pylist()]
            if not any(errors):
                continue
            mask = np.zeros(len(cells), np.bool_)
            mask[at[np.array(errors, np.bool_)]] = True
            cleaned = pc.replace_with_mask(cells, pa.array(mask), pa.nulls(int(mask.sum()), pa.string()))
        table = table.set_column(index, name, cleaned)
    return table


def _unmarked(values: pa.Array) -> pa.Array:
    """The cells without the mark of a formula that was never calculated."""
    marked = pc.any(pc.starts_with(values, phone.UNCALCULATED)).as_py()
    return pc.replace_substring(values, phone.UNCALCULATED, "=", max_replacements=1) if marked else values


def _taken_apart(
    values: pa.Array, checked: phone.CheckedColumn, several: npt.NDArray[np.int64], both: bool
) -> tuple[npt.NDArray[np.int64], phone.CheckedColumn]:
    """The cells with several numbers as one row (the first mobile number) or as one row each; `source` says where each
    row came from. A cell without any mobile number stays refused, once."""
    found: list[list[int]] = []
    for cell in values.take(pa.array(several)).to_pylist():
        mobile = [number for piece in phone.split_numbers(cell) if (number := phone.check(piece).number)]
        found.append(list(dict.fromkeys(mobile)) if both else mobile[:1])
    times = np.ones(len(values), np.int64)
    times[several] = [max(len(mobile), 1) for mobile in found]
    source = np.repeat(np.arange(len(values)), times)
    numbers, outcomes = checked.numbers[source], checked.outcomes[source]
    starts = np.concatenate([[0], np.cumsum(times)])[several]
    for start, taken in zip(starts.tolist(), found, strict=True):
        numbers[start : start + len(taken)] = taken
        outcomes[start : start + len(taken)] = CODES[Outcome.REPAIRED_ONE_OF_TWO]
    return source, phone.CheckedColumn(numbers, outcomes)


def mark_duplicates(
    numbers: Numbers, outcomes: npt.NDArray[np.uint8], good: npt.NDArray[np.bool_], rows: Rows, keep: str
) -> Rows:
    """Set the outcome of each later (or earlier) row of a number; the row that counts instead, 0 elsewhere."""
    other = np.zeros(len(rows), np.int32)
    at = np.flatnonzero(good)
    which = pa.array(numbers[at]).dictionary_encode()  # hashing is four times faster than sorting
    ids = which.indices.to_numpy()
    counts = np.empty(len(which.dictionary), np.int64)
    order = at[::-1] if keep == "first" else at
    counts[ids[::-1] if keep == "first" else ids] = order  # of equal places the last one written stays
    winner = counts[ids]
    lost = winner != at
    outcomes[at[lost]] = CODES[Outcome.DUPLICATE]
    other[at[lost]] = rows[winner[lost]]
    return other


def counts_of(outcomes: npt.NDArray[np.uint8]) -> dict[str, int]:
    """How many rows are in each family: what the check step shows."""
    found = np.bincount(outcomes, minlength=len(OUTCOMES))

    def of(family: str) -> int:
        return int(found[family == _FAMILIES].sum())

    return {
        "rows": len(outcomes),
        "accepted": of("accepted") + of("repaired"),
        "repaired": of("repaired"),
        "rejected": of("rejected"),
        "duplicates": of("duplicate"),
        "opted_out": of("opted-out"),
    }


def _flat(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    """A column as one array; without a copy where it has one chunk."""
    if not isinstance(column, pa.ChunkedArray):
        return column
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def _free(name: str, taken: set[str]) -> str:
    again = 2
    while f"{name} {again}" in taken:
        again += 1
    return f"{name} {again}"
