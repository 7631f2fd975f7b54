"""A list as it was read: text only, every row with the number that the spreadsheet shows beside it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from getsms_core.base import cell_bytes

OWN_COLUMN = "GETSMS:"  # columns that begin so were added by us to a file of refused rows; they are not read back


@dataclass(frozen=True)
class Sheet:
    """`table` holds strings alone, one row a recipient; `first_row_numbers` (int32, as long) are their rows in the
    file, counted from 1 as a spreadsheet does; blank rows are in neither.

    `sheet` and `sheets` are None and empty for a text file, `encoding` and `delimiter` None for a workbook
    (`delimiter` as well for a text of one column). `header_row` is None where no row names the columns: they are
    then called by their letters. A formula without a stored value is null in `table`; `formulas` holds it, marked with
    `phone.UNCALCULATED`, under the name of its column: strings as long as the table, null elsewhere.

    `hidden_rows`: how many rows below the header are hidden or filtered out, None in a workbook with too many rows to
    find out; `skipped_rows` of them are not in the table. `as_shown` is False where percents and times are the
    stored numbers, for the same reason."""

    table: pa.Table
    first_row_numbers: npt.NDArray[np.int32]
    sheet: str | None
    sheets: list[str]
    encoding: str | None
    delimiter: str | None
    header_row: int | None
    formulas: Mapping[str, pa.Array] = field(default_factory=dict)
    hidden_rows: int | None = 0
    skipped_rows: int = 0
    as_shown: bool = True

    @property
    def cells(self) -> pa.Table:
        """`table` with the formulas that have no stored value in their places."""
        table = self.table
        for name, formulas in self.formulas.items():
            column = pc.coalesce(formulas, table[name])
            table = table.set_column(table.column_names.index(name), name, column)
        return table

    def head(self, rows: int) -> "Sheet":
        """The first rows alone."""
        return replace(
            self,
            table=self.table.slice(0, rows),
            first_row_numbers=self.first_row_numbers[:rows],
            formulas={name: formulas.slice(0, rows) for name, formulas in self.formulas.items()},
        )

    def damaged_rows(self) -> list[int]:
        """The rows, as the spreadsheet counts, in which a character of a text file could not be read. It is shown as
        U+FFFD there."""
        if self.encoding is None:
            return []
        damaged = np.zeros(self.table.num_rows, np.bool_)
        for column in self.table.columns:
            if not cell_bytes.may_hold(column, "\ufffd"):
                continue
            is_damaged = pc.fill_null(pc.match_substring(column, "\ufffd"), False)
            damaged |= is_damaged.to_numpy()
        return [int(row) for row in self.first_row_numbers[damaged]]

    @property
    def columns(self) -> list[str]:
        """The names of the columns, each once, in the order of the file."""
        return list(self.table.column_names)


def column_letters(index: int) -> str:
    """The name of a column as a spreadsheet shows it: 0 → A, 26 → AA."""
    name = ""
    index += 1
    while index:
        index, letter_index = divmod(index - 1, 26)
        name = chr(65 + letter_index) + name
    return name
