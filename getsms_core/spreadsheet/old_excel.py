"""Old Excel files (XLS) by xlrd: Excel 5 and before as a grid; of Excel 97 what the cells show and the hidden rows.

Excel 5 stores texts in the code page of its Windows. Many programs left out its name or wrote a Western one, so that a
Cyrillic list reads "Ëèñò": where the bytes are more plausible in another encoding, that one is taken. Runs in the child
process.
"""

import io
import struct
from contextlib import suppress
from pathlib import Path
from typing import Any

import xlrd

from getsms_core.spreadsheet import encodings, number_formats
from getsms_core.spreadsheet.display import Display
from getsms_core.spreadsheet.file_type import UnreadableFile
from getsms_core.spreadsheet.grid import Grid, from_rows
from getsms_core.spreadsheet.limits import Limits
from getsms_core.spreadsheet.sheet_choice import choose_sheet
from getsms_core.spreadsheet.uncalculated import shown
from getsms_core.spreadsheet.xls_formulas import blank_formulas

_WESTERN = ("cp1252", "latin_1", "ascii", "mac_roman", "utf_16_le", "cp437", "cp850")
_DAMAGED = (xlrd.XLRDError, struct.error, IndexError, KeyError, AssertionError, ValueError, TypeError, AttributeError)


def read_old_xls(path: Path, encoding: str | None, sheet: str | None, limits: Limits) -> Grid:
    """The grid of the named sheet of an Excel 5 file, else of the first that may be a list. An encoding that the user
    chose must fit. Raises `UnreadableFile`."""
    content = path.read_bytes()
    try:
        # latin_1 keeps every byte as one character, so that the bytes can be judged.
        texts = _texts(_open(content, "latin_1")).encode("latin_1", "replace")
        if encoding is None:
            encoding = _encoding(texts, _declared(content))
        else:
            _must_fit(texts, encoding)
        book = _open(content, encoding)
        grids = {}
        for index in _visible(book) if sheet is None else range(book.nsheets):
            opened_sheet = book.sheet_by_index(index)
            if opened_sheet.nrows > limits.rows or opened_sheet.nrows * opened_sheet.ncols > limits.cells:
                raise UnreadableFile("too-big", what="rows", found=opened_sheet.nrows, limit=limits.rows)
            blank, _ = blank_formulas(path, index)
            rows = [
                [
                    shown("") if (row, column) in blank else _cell_text(book, opened_sheet, row, column)
                    for column in range(opened_sheet.row_len(row))
                ]
                for row in range(opened_sheet.nrows)
            ]
            if any(map(any, rows)):
                grids[opened_sheet.name] = from_rows(rows, limits, encoding=encoding, hidden=_hidden(opened_sheet))
    except xlrd.XLRDError as error:
        raise UnreadableFile("encrypted" if "encrypt" in str(error).lower() else "truncated") from None
    except _DAMAGED:
        raise UnreadableFile("truncated") from None
    if not grids:
        raise UnreadableFile("empty-file")
    return choose_sheet(grids, sheet)


def _open(content: bytes, encoding: str | None, on_demand: bool = False) -> Any:
    return xlrd.open_workbook(
        file_contents=content,
        encoding_override=encoding,
        formatting_info=True,
        on_demand=on_demand,
        ragged_rows=True,
        logfile=io.StringIO(),
        ignore_workbook_corruption=True,
    )


def _declared(content: bytes) -> str:
    """The encoding that the file says; a wrong one may not fit its own sheet names."""
    with suppress(UnicodeError, LookupError):
        return str(_open(content, None, on_demand=True).encoding or "latin_1")
    return "latin_1"


def _texts(book: Any) -> str:
    return "\n".join(
        [*book.sheet_names()]
        + [
            cell.value
            for index in range(book.nsheets)
            for row in book.sheet_by_index(index).get_rows()
            for cell in row
            if cell.ctype == xlrd.XL_CELL_TEXT
        ]
    )


def _encoding(texts: bytes, declared: str) -> str:
    name = declared.lower().replace("-", "_")
    if name == "iso_8859_1":
        name = "latin_1"
    if texts.isascii() or name not in _WESTERN:
        return name
    return encodings.most_plausible(texts, ["cp1252", "cp1251", "cp866", "koi8_r"])


def _must_fit(texts: bytes, encoding: str) -> None:
    try:
        texts.decode(encoding)
    except (UnicodeError, LookupError):
        raise UnreadableFile("wrong-encoding", encoding=encoding) from None


def _visible(book: Any) -> list[int]:
    visible = [index for index in range(book.nsheets) if not book.sheet_by_index(index).visibility]
    return visible or list(range(book.nsheets))


def _hidden(sheet: Any) -> list[int]:
    return sorted(
        row
        for row, facts in sheet.rowinfo_map.items()
        if facts.hidden or (facts.has_default_height == 0 and facts.height == 0)
    )


def _format(book: Any, sheet: Any, row: int, column: int) -> number_formats.NumberFormat | None:
    with suppress(IndexError, KeyError, TypeError):
        xf = book.xf_list[sheet.cell_xf_index(row, column)]
        known = book.format_map.get(xf.format_key)
        code = number_formats.BUILT_IN.get(xf.format_key) or (known.format_str if known else "")
        return number_formats.parse(code)
    return None


def _cell_text(book: Any, sheet: Any, row: int, column: int) -> str | None:
    kind, value = sheet.cell_type(row, column), sheet.cell_value(row, column)
    if kind == xlrd.XL_CELL_TEXT:
        return str(value)
    if kind == xlrd.XL_CELL_BOOLEAN:
        return number_formats.boolean(bool(value))
    if kind == xlrd.XL_CELL_ERROR:
        return str(xlrd.error_text_from_code.get(value, "#VALUE!"))
    if kind not in (xlrd.XL_CELL_NUMBER, xlrd.XL_CELL_DATE):
        return None
    known = _format(book, sheet, row, column)
    text = number_formats.show(value, known, bool(book.datemode)) if known else None
    return text or (str(int(value)) if float(value).is_integer() else repr(value))


def in_xls(path: Path, name: str) -> Display:
    """What the cells of a sheet of Excel 97 show and its hidden rows; empty where xlrd cannot read the file."""
    display = Display()
    with suppress(*_DAMAGED, MemoryError, RecursionError):
        book = _open(path.read_bytes(), None, on_demand=True)
        sheet = book.sheet_by_name(name)
        display.hidden = _hidden(sheet)
        for row in range(sheet.nrows):
            types = sheet.row_types(row)
            for column, kind in enumerate(types):
                if kind == xlrd.XL_CELL_BOOLEAN:
                    display.cells[row, column] = number_formats.boolean(bool(sheet.cell_value(row, column)))
                if kind not in (xlrd.XL_CELL_NUMBER, xlrd.XL_CELL_DATE):
                    continue
                known = _format(book, sheet, row, column)
                if known is None:
                    continue
                text = number_formats.show(sheet.cell_value(row, column), known, bool(book.datemode))
                if text is not None:
                    display.cells[row, column] = text
        display.precise = True
    return display
