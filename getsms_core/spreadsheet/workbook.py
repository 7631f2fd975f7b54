"""XLSX, XLSB, XLS and ODS as a grid of strings. Runs in the child process: a hostile sheet aborts it.

One cell at XFD1048576 makes calamine ask for 400 GB and abort the process; nothing in Python can catch that.
"""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path

import fastexcel
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from getsms_core.base import cell_bytes
from getsms_core.spreadsheet import display
from getsms_core.spreadsheet.display import Display
from getsms_core.spreadsheet.file_type import ODS, XLS, XLSB, XLSX, UnreadableFile
from getsms_core.spreadsheet.grid import Grid, strings
from getsms_core.spreadsheet.limits import SHOWN_ROWS, Limits
from getsms_core.spreadsheet.number_formats import iso_date
from getsms_core.spreadsheet.raw_values import day_number, raw_value_text
from getsms_core.spreadsheet.sheet_choice import may_be_a_list
from getsms_core.spreadsheet.uncalculated import Cells, errors_as_text, shown, uncalculated
from getsms_core.spreadsheet.xls_formulas import blank_formulas
from getsms_core.spreadsheet.xlsx_parts import with_plain_names

_SPURIOUS = r"^-?[0-9]{6,}[.][0-9]{9}$"  # the reader writes nine decimals: 123456789.12 as 123456789.120000005
_AGAIN = "again"  # the folder of a second attempt
_FAR_DATE = r"^\+?\d{5,}-\d\d-\d\d(?:[T ]\d\d:\d\d.*)?$"  # a number under a date format; no phone is written so
_ISO_DATE = r"^\d{4}-\d\d-\d\d(?:[ T]\d\d:\d\d(?::\d\d(?:[.]\d+)?)?)?$"


def read_workbook(path: Path, kind: str, sheet: str | None, folder: Path, limits: Limits) -> Grid:
    """The grid of one sheet: the named one, else the first with a cell that may be a number, else the first that holds
    anything: a cover sheet is not a list. A hidden sheet is read only if the others are empty."""
    if kind in (XLSX, XLSB) and (renamed := with_plain_names(path, folder / f"renamed.{kind}")):
        path = renamed
    link = folder / f"book.{kind}"  # the reader trusts the name; the type was detected from the content
    link.symlink_to(path.resolve())
    try:
        book = fastexcel.read_excel(link)
        names = list(book.sheet_names)
        if sheet is not None and sheet not in names:
            raise UnreadableFile("no-such-sheet", sheet=sheet, sheets=names)
        if sheet is not None:
            file_grid = _of_these(book, path, kind, [sheet], names, limits)
        else:
            hidden = list[str]()
            file_grid = _of_these(book, path, kind, names, names, limits, hidden) or _of_these(
                book, path, kind, hidden, names, limits
            )
        if file_grid is not None:
            return file_grid
    except fastexcel.FastExcelError as error:
        error_text = str(error).lower()
        if "password" in error_text or "encrypt" in error_text:
            raise UnreadableFile("encrypted") from None
        if "limit exceeded" in error_text:
            raise UnreadableFile("too-big", what="memory") from None
        if "unsupported cell error" in error_text and kind == XLSX and folder.name != _AGAIN:
            again = folder / _AGAIN
            again.mkdir()
            errors_as_text(path, again / "known.xlsx")
            return read_workbook(again / "known.xlsx", kind, sheet, again, limits)
        raise UnreadableFile("truncated") from None
    raise UnreadableFile("empty-file")


def _of_these(
    book: fastexcel.ExcelReader,
    path: Path,
    kind: str,
    candidates: list[str],
    names: list[str],
    limits: Limits,
    hidden: list[str] | None = None,
) -> Grid | None:
    """The first of some sheets with a cell that may be a number, else the first that holds anything. Where `hidden` is
    given, hidden sheets are passed over and noted there."""
    first: Grid | None = None
    for name in candidates:
        table, indexes, shown_cells = _load(book, path, kind, name, limits, hidden)
        if table.num_rows and table.num_columns:
            above = table.num_rows > SHOWN_ROWS
            file_grid = Grid(
                table,
                name,
                names,
                None,
                None,
                indexes,
                hidden=None if above else shown_cells.hidden,
                as_shown=not above,
            )
            if may_be_a_list(table):
                return file_grid
            first = first or file_grid
    return first


def _load(
    book: fastexcel.ExcelReader, path: Path, kind: str, name: str, limits: Limits, hidden: list[str] | None
) -> tuple[pa.Table, list[int], Display]:
    # A thread of its own, while the reader, which needs no interpreter lock, unpacks the same part.
    formulas = _in_thread(lambda: uncalculated(path, kind, name, limits))
    loaded = book.load_sheet(name, header_row=None, skip_rows=0, dtypes="string")
    if hidden is not None and loaded.visible != "visible":
        hidden.append(name)
        return pa.table({}), [], Display()
    _check_size(loaded.total_height, loaded.width, limits)
    indexes = [column.absolute_index for column in loaded.selected_columns]
    batch, unconverted = loaded.to_arrow_with_errors()
    del loaded
    shown_cells = _display(path, kind, name) if batch.num_rows <= SHOWN_ROWS else Display()
    cells = {(row, indexes[column]): text for (row, column), text in _unconverted(unconverted)}
    cells |= shown_cells.cells
    cells |= formulas()
    columns = dict(zip(indexes, batch.columns, strict=True))
    if kind == XLS:
        cells |= dict.fromkeys(_uncalculated_in_xls(path, list(book.sheet_names).index(name), columns), shown(""))
    columns = _with_cells(columns, batch.num_rows, cells, limits)
    filled = [index for index, column in columns.items() if column.null_count < len(column)]
    if len(filled) > limits.columns:
        raise UnreadableFile("too-big", what="columns", found=len(filled), limit=limits.columns)
    cleaned = [_dates(_exact(columns[index]), not shown_cells.precise) for index in filled]
    return pa.table(cleaned, names=[str(place) for place in range(len(filled))]), filled, shown_cells


def _in_thread(work: Callable[[], Cells]) -> Callable[[], Cells]:
    """Begin some work in a thread; return a function that waits for its result. The process may end before it does."""
    result: Future[Cells] = Future()

    def run() -> None:
        try:
            result.set_result(work())
        except BaseException as error:
            result.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return result.result


def _display(path: Path, kind: str, sheet: str) -> Display:
    if kind == XLSX:
        return display.in_xlsx(path, sheet)
    if kind == ODS:
        from getsms_core.spreadsheet.display_ods import in_ods

        return in_ods(path, sheet)
    if kind == XLS:
        from getsms_core.spreadsheet.old_excel import in_xls

        return in_xls(path, sheet)
    if kind == XLSB:
        from getsms_core.spreadsheet.display_xlsb import in_xlsb

        return in_xlsb(path, sheet)
    return Display()


def _check_size(rows: int, columns: int, limits: Limits) -> None:
    if rows > limits.rows or rows * columns > limits.cells:
        raise UnreadableFile("too-big", what="rows", found=rows, limit=limits.rows)


def _unconverted(errors: fastexcel.CellErrors | None) -> Iterator[tuple[tuple[int, int], str]]:
    for error in errors.errors if errors else ():
        yield error.position, raw_value_text(error.detail)


def _uncalculated_in_xls(path: Path, sheet_index: int, columns: dict[int, pa.Array]) -> list[tuple[int, int]]:
    """The cells of an XLS sheet whose formula has no stored value.

    The format stores an empty text both for a formula that gave one and for one that was never calculated. It counts
    as the latter. Only in a file that Excel has calculated is it blank below the last filled cell of its column, where
    people prepare formulas for rows to come."""
    if not any(pc.any(pc.equal(column, "")).as_py() for column in columns.values()):
        return []
    cells, calculated = blank_formulas(path, sheet_index)
    if not calculated:
        return sorted(cells)
    last_filled = {}
    for index, column in columns.items():
        filled = np.flatnonzero(pc.fill_null(pc.not_equal(column, ""), False).to_numpy(zero_copy_only=False))
        last_filled[index] = int(filled[-1]) if len(filled) > 1 else len(column)
    return sorted((row, column) for row, column in cells if row < last_filled.get(column, 0))


def _with_cells(
    columns: dict[int, pa.Array], height: int, cells: dict[tuple[int, int], str], limits: Limits
) -> dict[int, pa.Array]:
    """The columns by their places (0 is A) with some cells set, in order; the table grows to hold them."""
    if not cells:
        return columns
    height = max(height, max(row for row, _ in cells) + 1)
    by_column: dict[int, list[tuple[int, str]]] = {}
    for (row, column), text in cells.items():
        by_column.setdefault(column, []).append((row, text))
    _check_size(height, len(columns.keys() | by_column.keys()), limits)
    grown = {}
    for index in sorted(columns.keys() | by_column.keys()):
        column = columns.get(index, pa.nulls(0, pa.string()))
        if len(column) < height:
            column = pa.concat_arrays([column, pa.nulls(height - len(column), pa.string())])
        if changed := sorted(by_column.get(index, ())):
            mask = np.zeros(height, np.bool_)
            mask[[row for row, _ in changed]] = True
            column = pc.replace_with_mask(column, pa.array(mask), strings([text for _, text in changed]))
        grown[index] = column
    return grown


def _exact(column: pa.Array) -> pa.Array:
    """Numbers with the digits that they were entered with, at most 15 of them."""
    points = pc.fill_null(pc.match_substring(column, "."), False)
    if not pc.any(points).as_py():
        return column
    spurious = pc.and_(points, pc.fill_null(pc.match_substring_regex(column, _SPURIOUS), False))
    if not pc.any(spurious).as_py():
        return column
    return pc.replace_with_mask(
        column, spurious, strings([repr(float(text)) for text in column.filter(spurious).to_pylist()])
    )


def _dates(column: pa.Array, convert: bool) -> pa.Array:
    """What no spreadsheet shows as a date becomes its number. With `convert`, dates and times are written as they are
    read here: 31.12.2026 18:30, without midnight and without the day zero of a time."""
    if not cell_bytes.may_hold(column, "-"):
        return column
    far = pc.fill_null(pc.match_substring_regex(column, _FAR_DATE), False).to_numpy(zero_copy_only=False)
    if far.any():
        texts = [day_number(text) for text in column.filter(pa.array(far)).to_pylist()]
        column = pc.replace_with_mask(column, pa.array(far), strings(texts))
    if not convert or not len(column):
        return column
    dates = pc.fill_null(pc.match_substring_regex(column, _ISO_DATE), False)
    if not pc.any(dates).as_py():
        return column
    changed = column.filter(dates).dictionary_encode()
    texts = [iso_date(text) or text for text in changed.dictionary.to_pylist()]
    return pc.replace_with_mask(column, dates, strings(texts).take(changed.indices))
