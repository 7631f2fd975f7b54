"""XLSX, XLSB, XLS and ODS as a grid of strings. Runs in the child process: a hostile sheet aborts it.

One cell at XFD1048576 makes calamine ask for 400 GB and abort the process; nothing in Python can catch that.
"""

from pathlib import Path

import fastexcel
import pyarrow as pa
import pyarrow.compute as pc

from getsms_core.sheet.grid import Grid
from getsms_core.sheet.kinds import Unreadable
from getsms_core.sheet.limits import Limits

_MIDNIGHT = " 00:00:00"
_NUMBER = r"(?:\d[\s\-().]*){9}"
LOOKED_AT = 1_000  # rows of a sheet
_NO_DATE = r"^18(?:99-12-3[01]) "  # a time of day is stored as a time on the day zero


def read_book(path: Path, kind: str, sheet: str | None, folder: Path, limits: Limits) -> Grid:
    """The grid of one sheet: the named one, else the first with a cell that may be a number, else the first that holds
    anything: a cover sheet is no list. A hidden one, which nobody sees, only where the others are empty."""
    link = folder / f"book.{kind}"  # the reader believes the name; the content has told better
    link.symlink_to(path.resolve())
    try:
        book = fastexcel.read_excel(link)
        names = list(book.sheet_names)
        if sheet is not None and sheet not in names:
            raise Unreadable("no-such-sheet", sheet=sheet, sheets=names)
        if sheet is not None:
            found = _of_these(book, [sheet], names, limits)
        else:
            hidden = list[str]()
            found = _of_these(book, names, names, limits, hidden) or _of_these(book, hidden, names, limits)
        if found is not None:
            return found
    except fastexcel.FastExcelError as error:
        said = str(error).lower()
        if "password" in said or "encrypt" in said:
            raise Unreadable("encrypted") from None
        if "limit exceeded" in said:
            raise Unreadable("too-big", what="memory") from None
        raise Unreadable("truncated") from None
    raise Unreadable("empty-file")


def _of_these(
    book: fastexcel.ExcelReader, some: list[str], names: list[str], limits: Limits, hidden: list[str] | None = None
) -> Grid | None:
    """The first of some sheets with a cell that may be a number, else the first that holds anything. Where `hidden` is
    given, hidden sheets are passed over and noted there."""
    first: Grid | None = None
    for name in some:
        table, indexes = _load(book, name, limits, hidden)
        if table.num_rows and table.num_columns:
            found = Grid(table, name, names, None, None, indexes)
            if _may_be_a_list(table):
                return found
            first = first or found
    return first


def _may_be_a_list(table: pa.Table) -> bool:
    """Whether any of the first rows holds a cell with as many digits as a number has."""
    return any(
        pc.any(pc.match_substring_regex(column, _NUMBER)).as_py() for column in table.slice(0, LOOKED_AT).columns
    )


def _load(
    book: fastexcel.ExcelReader, name: str, limits: Limits, hidden: list[str] | None
) -> tuple[pa.Table, list[int]]:
    loaded = book.load_sheet(name, header_row=None, skip_rows=0, dtypes="string")
    if hidden is not None and loaded.visible != "visible":
        hidden.append(name)
        return pa.table({}), []
    if loaded.total_height > limits.rows or loaded.total_height * loaded.width > limits.cells:
        raise Unreadable("too-big", what="rows", found=loaded.total_height, limit=limits.rows)
    indexes = [column.absolute_index for column in loaded.selected_columns]
    table = pa.table(loaded)
    del loaded
    kept = [index for index, column in enumerate(table.columns) if column.null_count < len(column)]
    if len(kept) > limits.columns:
        raise Unreadable("too-big", what="columns", found=len(kept), limit=limits.columns)
    columns = [_dates(table.column(index)) for index in kept]
    return pa.table(columns, names=[str(index) for index in kept]), [indexes[index] for index in kept]


def _dates(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A date without its midnight, a time without its day zero: as the spreadsheet shows them."""
    if pc.any(pc.ends_with(column, _MIDNIGHT)).as_py():
        column = pc.replace_substring_regex(column, r"^(\d{4}-\d\d-\d\d) 00:00:00$", r"\1")
    if pc.any(pc.starts_with(column, "1899-12-3")).as_py():
        column = pc.replace_substring_regex(column, _NO_DATE, "")
    return column
