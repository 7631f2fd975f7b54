"""A list as it was read: text only, every row with the number that the spreadsheet shows beside it."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

OWN_COLUMN = "GETSMS:"  # columns that begin so were added by us to a file of refused rows; they are not read back


@dataclass(frozen=True)
class Sheet:
    """`table` holds strings alone, one row a recipient; `first_row_numbers` (int32, as long) are their rows in the
    file, counted from 1 as a spreadsheet does; blank rows are left out of both.

    `sheet` and `sheets` are None and empty for a text file, `encoding` and `delimiter` None for a workbook
    (`delimiter` as well for a text of one column). `header_row` is None where no row names the columns: they are
    then called by their letters."""

    table: pa.Table
    first_row_numbers: npt.NDArray[np.int32]
    sheet: str | None
    sheets: list[str]
    encoding: str | None
    delimiter: str | None
    header_row: int | None

    @property
    def columns(self) -> list[str]:
        """The names of the columns, each once, in the order of the file."""
        return list(self.table.column_names)


def letters(index: int) -> str:
    """The name of a column as a spreadsheet shows it: 0 → A, 26 → AA."""
    name = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(65 + rest) + name
    return name
