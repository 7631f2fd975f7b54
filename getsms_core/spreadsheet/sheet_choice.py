"""Which sheet of a workbook is the list: the named one, else the first with a number in it, else the first with
anything."""

from collections.abc import Mapping
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from getsms_core.spreadsheet.file_type import UnreadableFile
from getsms_core.spreadsheet.grid import Grid

ROWS_SEARCHED = 1_000
_NUMBER = r"(?:\d[\s\-().]*){9}"


def may_be_a_list(table: pa.Table) -> bool:
    """Whether any of the first rows holds a cell with as many digits as a number has."""
    return any(
        pc.any(pc.match_substring_regex(column, _NUMBER)).as_py() for column in table.slice(0, ROWS_SEARCHED).columns
    )


def choose_sheet(grids: Mapping[str, Grid], sheet: str | None) -> Grid:
    """The grid of the named sheet, else of the first that may be a list, with the names of all. Raises `UnreadableFile`
    ("no-such-sheet")."""
    names = list(grids)
    if sheet is not None and sheet not in grids:
        raise UnreadableFile("no-such-sheet", sheet=sheet, sheets=names)
    name = sheet or next((name for name in names if may_be_a_list(grids[name].table)), names[0])
    return replace(grids[name], sheet=name, sheets=names)
