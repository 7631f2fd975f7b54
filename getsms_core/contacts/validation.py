"""List validation: every row of the file becomes exactly one recipient or one refusal with a reason.

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
from getsms_core.base import cell_bytes
from getsms_core.base.errors import DomainError, NotFound
from getsms_core.base.i18n import _
from getsms_core.db.documents import RowCounts
from getsms_core.messages.merge_fields import key
from getsms_core.phone import CODES, OUTCOMES, Outcome
from getsms_core.spreadsheet import OWN_COLUMN, PhoneColumns, Sheet, phone_columns

Numbers = npt.NDArray[np.int64]
Rows = npt.NDArray[np.int32]
# Errors of spreadsheets, and what databases and programs write for an empty cell: exactly so, "None" is not a name.
_NO_VALUE = (
    r"^\s*(?:#|[Ee][Rr][Rr]:)"
    r"|^\s*[\"']?(?:\\N|[<(\[{]?(?i:null)[>)\]}]?|[<(\[{]?(?:None|NONE)[>)\]}]?|\(none\)|NaN|nan|NaT|<NA>|(?i:n/a)|undefined)[\"']?\s*$"
)
_NO_VALUE_STARTS = cell_bytes.byte_table(b"\t\n\f\r #Ee\"'\\Nn([{<u")
"""The first bytes of all that `_NO_VALUE` finds; a test compares them. Few cells begin so, and the pattern takes 0.1 s
for a million."""
_BATCH = 50_000  # rows whose messages are made at a time, so that a million problems are never in memory at once
_ACCEPTED = np.array([outcome.family in ("accepted", "repaired") for outcome in OUTCOMES])
_FAMILIES = np.array([outcome.family for outcome in OUTCOMES])


@dataclass(frozen=True)
class CheckedList:
    """The outcome of every row.

    `rows`: row int32 (as the spreadsheet shows it), value string (the cell as it was), phone int64 (null where
    rejected; duplicates and the opted-out keep theirs), outcome dictionary<uint8, string>; `fields`: the columns of the
    file as text, aligned with `rows`; `other_rows` int32: of a duplicate, the row that counts, else 0. With two="both"
    a cell of two numbers is two rows. `phone_columns`: all columns that may hold the numbers (empty for a list that was
    not just read from a file); `phone_column_decided` is False where another column is as likely as the chosen one."""

    rows: pa.Table
    fields: pa.Table
    phone_column: str
    columns: list[str]
    counts: RowCounts
    other_rows: Rows
    header_row: int | None
    phone_columns: list[str] = field(default_factory=list)
    phone_column_decided: bool = True

    @property
    def outcomes(self) -> npt.NDArray[np.uint8]:
        """Return the code of each row's outcome, an index into `phone.OUTCOMES`."""
        codes: npt.NDArray[np.uint8] = _flat(self.rows["outcome"]).indices.to_numpy()
        return codes

    def problems(self, limit: int | None = None) -> Iterator[dict[str, Any]]:
        """Yield {"row", "value", "code", "message"} for each row that is not accepted unchanged, in the order of the
        file, at most `limit`. Messages are in the language of the context that iterates."""
        positions = np.flatnonzero(self.outcomes != CODES[Outcome.AS_IS])[:limit]
        for start in range(0, len(positions), _BATCH):
            batch = positions[start : start + _BATCH]
            problem_rows = self.rows.take(pa.array(batch))
            columns = (
                problem_rows["row"].to_pylist(),
                pc.fill_null(problem_rows["value"], "").to_pylist(),
                problem_rows["outcome"].to_pylist(),
                self.messages(batch).to_pylist(),
            )
            for row, value, code, message in zip(*columns, strict=True):
                yield {"row": row, "value": value, "code": code, "message": message}

    def messages(self, positions: npt.NDArray[np.int64]) -> pa.Array:
        """Return the messages of the rows at these positions of `rows`, aligned with `positions`."""
        if not len(positions):
            return pa.array([], pa.string())
        codes, values = self.outcomes[positions], _flat(self.rows["value"]).take(pa.array(positions))
        numbers = pc.fill_null(_flat(self.rows["phone"]).take(pa.array(positions)), 0).to_numpy()
        sentences, positions_of_sentences = [], []
        for code in np.unique(codes):
            same_outcome = np.flatnonzero(codes == code)
            positions_of_sentences.append(same_outcome)
            sentences.append(
                phone.messages(
                    OUTCOMES[code],
                    values.take(pa.array(same_outcome)),
                    numbers[same_outcome],
                    self.other_rows[positions[same_outcome]],
                )
            )
        return pa.concat_arrays(sentences).take(pa.array(np.argsort(np.concatenate(positions_of_sentences))))

    def accepted(self) -> pa.Table:
        """Return the recipients: row int32, phone int64, then the fields as text. A field called "row" or "phone" gets
        the suffix 2, except the phone column itself, which `phone` replaces."""
        mask = pa.array(_ACCEPTED[self.outcomes])
        taken = {"row", "phone"}
        field_names = [name for name in self.columns if not (name == self.phone_column and name in taken)]
        names: list[str] = []
        for name in field_names:
            names.append(
                _unused_name(name, taken | {other for other in field_names if other != name}) if name in taken else name
            )
            taken.add(names[-1])
        table = pa.table(
            [self.rows["row"], self.rows["phone"], *(self.fields[name] for name in field_names)],
            ["row", "phone", *names],
        )
        return table if self.counts.accepted == self.counts.rows else table.filter(mask)

    def refused_table(self) -> pa.Table:
        """Return the rows that are not accepted, with the reason as the first column, then the columns of the file.

        The reason's column is recognised by its name and ignored when the corrected file is read."""
        positions = np.flatnonzero(~_ACCEPTED[self.outcomes])
        reason = f"{OWN_COLUMN} {_('reason')}"
        return self.fields.take(pa.array(positions)).add_column(0, reason, self.messages(positions))


def check_list(
    sheet: Sheet,
    *,
    phone_column: str | None = None,
    opted_out: Numbers | None = None,
    keep: Literal["first", "last"] = "first",
    two: Literal["refuse", "first", "both"] = "refuse",
) -> CheckedList:
    """Check every row of a sheet: number, opt-out, duplicate, in this order.

    `opted_out` holds full numbers, ascending. Of rows with one number, `keep` says which one counts. `two` says how
    cells with several numbers are handled: refused, reduced to the first mobile number, or split into one row each.
    Raises `DomainError`: no-such-column, no-phone-column."""
    cells = sheet.cells
    detected = phone_columns(cells)
    column = choose_phone_column(sheet, phone_column, detected)
    values = _flat(cells[column])
    checked = phone.check_column(values)
    values = _without_formula_mark(values)
    rows, fields = sheet.first_row_numbers, _merge_fields(sheet.table, column, values)
    several = np.flatnonzero(checked.outcomes == CODES[Outcome.TWO_NUMBERS])
    if two != "refuse" and len(several):
        source, checked = _split_cells(values, checked, several, two == "both")
        if len(source) != len(rows):
            rows, values, fields = rows[source], values.take(pa.array(source)), fields.take(pa.array(source))
    numbers, outcomes = checked.numbers, checked.outcomes
    good = numbers > 0
    if opted_out is not None and len(opted_out):
        places_in_opted_out = np.minimum(np.searchsorted(opted_out, numbers), len(opted_out) - 1)
        suppressed = good & (opted_out[places_in_opted_out] == numbers)
        outcomes[suppressed] = CODES[Outcome.OPTED_OUT]
        good &= ~suppressed
    other_rows = mark_duplicates(numbers, outcomes, good, rows, keep)
    return CheckedList(
        rows=pa.table(
            {
                "row": pa.array(rows, pa.int32()),
                "value": values,
                "phone": pa.array(numbers, pa.int64(), mask=numbers == 0),
                "outcome": pa.DictionaryArray.from_arrays(
                    pa.array(outcomes, pa.uint8()), [str(outcome) for outcome in OUTCOMES]
                ),
            }
        ),
        fields=fields,
        phone_column=column,
        columns=list(sheet.columns),
        counts=counts_of(outcomes),
        other_rows=other_rows,
        header_row=sheet.header_row,
        phone_columns=detected.plausible or [column],
        phone_column_decided=phone_column is not None or detected.decided,
    )


def choose_phone_column(sheet: Sheet, requested: str | None, detected: PhoneColumns | None = None) -> str:
    """Return the column of the numbers: the requested one (exact, or the only one that differs in case only), or the
    detected one. `detected` avoids a second detection. Raises `DomainError`: no-such-column, no-phone-column."""
    listed = ", ".join(sheet.columns)
    if requested is None:
        guessed = (detected or phone_columns(sheet.cells)).chosen
        if guessed is None:
            raise DomainError.of("no-phone-column", columns=listed)
        return guessed
    if requested in sheet.columns:
        return requested
    alike = [name for name in sheet.columns if key(name) == key(requested)]
    if len(alike) == 1:
        return alike[0]
    raise NotFound.of("no-such-column", column=requested, columns=listed)


def _merge_fields(table: pa.Table, phone_column: str, values: pa.Array) -> pa.Table:
    """Return the columns as merge fields: a cell with a spreadsheet error, or with what a database writes for nothing
    (NULL, \\N), becomes empty, since "Salom #N/A!" would be sent otherwise. The phone column keeps its cells."""
    for index, name in enumerate(table.column_names):
        if name == phone_column:
            cleaned = values
        else:
            cells = _flat(table.column(index))
            suspect_positions = np.flatnonzero(_NO_VALUE_STARTS[cell_bytes.first_bytes(cells)])
            suspects = pc.match_substring_regex(cells.take(pa.array(suspect_positions)), _NO_VALUE)
            suspect_positions = suspect_positions[suspects.to_numpy(zero_copy_only=False)]
            errors = [
                phone.is_error_value(text) or not text.lstrip().startswith(("#", "E", "e"))
                for text in cells.take(pa.array(suspect_positions)).to_pylist()
            ]
            if not any(errors):
                continue
            mask = np.zeros(len(cells), np.bool_)
            mask[suspect_positions[np.array(errors, np.bool_)]] = True
            cleaned = pc.replace_with_mask(cells, pa.array(mask), pa.nulls(int(mask.sum()), pa.string()))
        table = table.set_column(index, name, cleaned)
    return table


def _without_formula_mark(values: pa.Array) -> pa.Array:
    """Return the cells without the mark of a formula that was never calculated."""
    marked = pc.any(pc.starts_with(values, phone.UNCALCULATED)).as_py()
    return pc.replace_substring(values, phone.UNCALCULATED, "=", max_replacements=1) if marked else values


def _split_cells(
    values: pa.Array, checked: phone.CheckedColumn, several: npt.NDArray[np.int64], take_all: bool
) -> tuple[npt.NDArray[np.int64], phone.CheckedColumn]:
    """Return cells with several numbers as one row (the first mobile number) or one row each; `source` holds the
    original position of each row. A cell without a mobile number stays one refused row."""
    mobiles_of_cells: list[list[int]] = []
    for cell in values.take(pa.array(several)).to_pylist():
        mobile = [number for candidate in phone.split_numbers(cell) if (number := phone.check(candidate).number)]
        mobiles_of_cells.append(list(dict.fromkeys(mobile)) if take_all else mobile[:1])
    times = np.ones(len(values), np.int64)
    times[several] = [max(len(mobile), 1) for mobile in mobiles_of_cells]
    source = np.repeat(np.arange(len(values)), times)
    numbers, outcomes = checked.numbers[source], checked.outcomes[source]
    starts = np.concatenate([[0], np.cumsum(times)])[several]
    for start, taken in zip(starts.tolist(), mobiles_of_cells, strict=True):
        numbers[start : start + len(taken)] = taken
        outcomes[start : start + len(taken)] = CODES[Outcome.REPAIRED_ONE_OF_TWO]
    return source, phone.CheckedColumn(numbers, outcomes)


def mark_duplicates(
    numbers: Numbers, outcomes: npt.NDArray[np.uint8], good: npt.NDArray[np.bool_], rows: Rows, keep: str
) -> Rows:
    """Set the outcome of duplicate rows; return for each row the row that counts instead, 0 elsewhere."""
    other = np.zeros(len(rows), np.int32)
    positions = np.flatnonzero(good)
    if not len(positions):
        return other
    # One sort of number and position in 64 bits: half the time of a hash table. Numbers lie within 10**9 of each other.
    distances = (numbers[positions] - numbers[positions].min()).astype(np.uint64)
    keys = np.sort(distances << np.uint64(32) | positions.astype(np.uint64))
    ordered = (keys & np.uint64(0xFFFFFFFF)).astype(np.int64)
    is_first = np.ones(len(keys), np.bool_)
    is_first[1:] = np.diff(keys >> np.uint64(32)) > 0
    starts = np.flatnonzero(is_first)
    counting = ordered[starts] if keep == "first" else ordered[np.append(starts[1:], len(keys)) - 1]
    winner = counting[np.cumsum(is_first) - 1]
    duplicate = winner != ordered
    outcomes[ordered[duplicate]] = CODES[Outcome.DUPLICATE]
    other[ordered[duplicate]] = rows[winner[duplicate]]
    return other


def counts_of(outcomes: npt.NDArray[np.uint8]) -> RowCounts:
    """Return the number of rows of each family."""
    counts = np.bincount(outcomes, minlength=len(OUTCOMES))

    def of(family: str) -> int:
        return int(counts[family == _FAMILIES].sum())

    return RowCounts(
        rows=len(outcomes),
        accepted=of("accepted") + of("repaired"),
        repaired=of("repaired"),
        rejected=of("rejected"),
        duplicates=of("duplicate"),
        opted_out=of("opted-out"),
    )


def _flat(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    """Return a column as one array; without a copy where it has one chunk."""
    if not isinstance(column, pa.ChunkedArray):
        return column
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def _unused_name(name: str, taken: set[str]) -> str:
    suffix = 2
    while f"{name} {suffix}" in taken:
        suffix += 1
    return f"{name} {suffix}"
