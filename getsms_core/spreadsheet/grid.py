"""The cells of a file as strings, before any row of them is a header. Runs in the child process."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from getsms_core.base import cell_bytes
from getsms_core.spreadsheet.file_type import UnreadableFile

if TYPE_CHECKING:
    from getsms_core.spreadsheet.limits import Limits

_VISIBLE = cell_bytes.byte_table(range(0x21, 0x7F))


@dataclass(frozen=True)
class Grid:
    """All rows from the first of the file on, blank ones too; columns in order, `indexes` their places (0 is A).
    With `one_line` they are all in the first row of the file. `hidden`: the rows, from 0, that are hidden or filtered
    out; None where nobody looked. `as_shown` is False where percents and times are stored numbers."""

    table: pa.Table
    sheet: str | None
    sheets: list[str]
    encoding: str | None
    delimiter: str | None
    indexes: list[int] = field(default_factory=list)
    one_line: bool = False
    hidden: list[int] | None = field(default_factory=list)
    as_shown: bool = True


def strings(cells: Sequence[str | None]) -> pa.Array:
    """Python strings as Arrow's; a lone surrogate, which no file intends, becomes a question mark."""
    try:
        return pa.array(cells, pa.string())
    except UnicodeEncodeError:
        return pa.array([cell and cell.encode("utf-8", "replace").decode() for cell in cells], pa.string())


def filled_rows(table: pa.Table) -> pa.Array:
    """The positions of the rows in which any cell holds more than white space, ascending, as int32."""
    unsettled: pa.Array | None = None  # the first column settles most rows, later columns check only the others
    filled_parts: list[pa.Array] = []
    for column in table.columns:
        cells = column if unsettled is None else column.take(unsettled)
        filled = _filled(cells)
        if unsettled is None:
            unsettled = pa.array(np.arange(table.num_rows, dtype=np.int32))
        if pc.all(filled, min_count=0).as_py():
            filled_parts.append(unsettled)
            break
        filled_parts.append(unsettled.filter(filled))
        unsettled = unsettled.filter(pc.invert(filled))
    if len(filled_parts) < 2:
        return filled_parts[0] if filled_parts else pa.array([], pa.int32())
    merged = pa.concat_arrays(filled_parts)
    return merged.take(pc.sort_indices(merged))


def _filled(cells: pa.ChunkedArray | pa.Array) -> pa.Array:
    """Whether each cell holds more than white space. The first byte decides for nearly all: no white space begins with
    a visible character of ASCII."""
    filled = _VISIBLE[cell_bytes.first_bytes(cells)]
    if not filled.all():
        others = np.flatnonzero(~filled)
        trimmed = pc.utf8_trim_whitespace(cells.take(pa.array(others)))
        filled[others] = pc.fill_null(pc.not_equal(trimmed, ""), False).to_numpy(zero_copy_only=False)
    return pa.array(filled)


def from_rows(rows: Sequence[Sequence[str | None]], limits: "Limits", **facts: Any) -> Grid:
    """The grid of rows of any length; `facts` are the other fields of `Grid`. Raises `UnreadableFile` ("too-big")."""
    width = (
        max(1, *(max((count for count, cell in enumerate(row, 1) if cell), default=0) for row in rows)) if rows else 1
    )
    if width > limits.columns:
        raise UnreadableFile("too-big", what="columns", found=width, limit=limits.columns)
    columns = [strings([row[index] if index < len(row) else None for row in rows]) for index in range(width)]
    table = pa.table(columns, names=[str(index) for index in range(width)])
    defaults: dict[str, Any] = {"sheet": None, "sheets": [], "encoding": None, "delimiter": None}
    return Grid(**{**defaults, "table": table, **facts})
