"""The cells of a file as strings, before any row of them is a header. Runs in the child process."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc


@dataclass(frozen=True)
class Grid:
    """All rows from the first of the file on, blank ones too; columns in order, `indexes` their places (0 is A)."""

    table: pa.Table
    sheet: str | None
    sheets: list[str]
    encoding: str | None
    delimiter: str | None
    indexes: list[int] = field(default_factory=list)


def strings(cells: Sequence[str | None]) -> pa.Array:
    """Python strings as Arrow's; a lone surrogate, which no file can mean, becomes a question mark."""
    try:
        return pa.array(cells, pa.string())
    except UnicodeEncodeError:
        return pa.array([cell and cell.encode("utf-8", "replace").decode() for cell in cells], pa.string())


def filled_rows(table: pa.Table) -> pa.Array:
    """The positions of the rows in which any cell holds more than white space, ascending, as uint64."""
    found: list[pa.Array] = []
    left = pa.array(range(table.num_rows), pa.uint64())
    for column in table.columns:  # the first column settles most rows, the next ones look at what it left
        if not len(left):
            break
        cells = column if len(left) == table.num_rows else column.take(left)
        filled = pc.fill_null(pc.not_equal(pc.utf8_trim_whitespace(cells), ""), False)
        filled = filled.combine_chunks() if isinstance(filled, pa.ChunkedArray) else filled
        found.append(left.filter(filled))
        left = left.filter(pc.invert(filled))
    if not found:
        return pa.array([], pa.uint64())
    if len(found) == 1 or len(found[0]) == table.num_rows:
        return found[0]
    merged = pa.concat_arrays(found)
    return merged.take(pc.sort_indices(merged))
