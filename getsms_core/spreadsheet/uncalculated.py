"""Find cells that the spreadsheet reader skips silently: formulas without a stored value, and errors in ODS.

A program that writes a workbook without calculating it leaves such formulas; the reader drops their rows. They
are found in the XML itself (0.6 s for a million rows, most of it unpacking). In XLSB a formula always has a value.
"""

import html
import re
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from xml.parsers import expat

from getsms_core.phone import UNCALCULATED
from getsms_core.spreadsheet.file_type import ODS, XLSX, UnreadableFile
from getsms_core.spreadsheet.limits import Limits
from getsms_core.spreadsheet.ods_rows import OdsRows
from getsms_core.spreadsheet.xlsx_parts import column_index, part_of_sheet, prefix_of, whole_rows

Cells = dict[tuple[int, int], str]  # (row, column) from 0 → the text to show
_CHUNK = 1 << 20
_REFERENCE = re.compile(rb'\br=["\']([A-Za-z]{1,3})(\d{1,7})["\']')
_ROW_NUMBER = re.compile(rb'\br=["\'](\d{1,7})["\']')
_ERROR_CELL = re.compile(rb"(<(?:\w+:)?c\b[^>]*?\bt=[\"'])e([\"'])")
_STORED_TEXT = re.compile(rb'\bt=["\']str["\']')


def uncalculated(path: Path, kind: str, sheet: str, limits: Limits) -> Cells:
    """The cells of a sheet that hold a formula without a stored value (marked with UNCALCULATED) or, in ODS, an error
    (its name).

    Empty for other formats, and where the file's parts are not where they should be: the reader has judged it by then.
    Raises `UnreadableFile` ("too-big")."""
    with suppress(zipfile.BadZipFile, KeyError, ET.ParseError, expat.ExpatError, UnicodeDecodeError):
        if kind == XLSX:
            return _in_xlsx(path, sheet, limits)
        if kind == ODS:
            return _in_ods(path, sheet, limits)
    return {}


def shown(formula: str) -> str:
    """The text of a formula cell; its mark distinguishes it from a text that looks like a formula."""
    return UNCALCULATED + (formula.strip().removeprefix("of:").removeprefix("=").strip() or "?")


def _in_xlsx(path: Path, sheet: str, limits: Limits) -> Cells:
    with zipfile.ZipFile(path) as archive:
        sheet_file = part_of_sheet(archive, sheet)
        if sheet_file is None:
            return {}
        prefix = prefix_of(archive, sheet_file)
        cells: Cells = {}
        with archive.open(sheet_file) as file:
            first = 0
            for rows in whole_rows(iter(lambda: file.read(_CHUNK), b""), prefix):
                if b"f" in rows and b"<" + prefix + b"f" in rows:  # a single byte is found ten times as fast
                    _formulas(rows, prefix, first, cells)
                    if len(cells) > limits.rows:
                        raise UnreadableFile("too-big", what="rows", found=len(cells), limit=limits.rows)
                first += rows.count(b"</" + prefix + b"row>")
        return cells


def errors_as_text(path: Path, target: Path) -> None:
    """Copy an XLSX with its error cells as texts: the reader refuses a whole sheet for one error of a newer program,
    such as #SPILL!."""
    with zipfile.ZipFile(path) as archive, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as copy:
        for entry in archive.infolist():
            with archive.open(entry) as file, copy.open(entry.filename, "w", force_zip64=True) as written:
                chunks = iter(lambda file=file: file.read(_CHUNK), b"")  # type: ignore[misc]
                if "worksheets/" in entry.filename.lower():
                    for rows in whole_rows(chunks, prefix_of(archive, entry)):
                        written.write(_ERROR_CELL.sub(rb"\1str\2", rows))
                else:
                    for chunk in chunks:
                        written.write(chunk)


def _formulas(rows: bytes, prefix: bytes, first: int, cells: Cells) -> None:
    """Add the formulas without a value of some whole rows; `first`: how many rows came before them."""
    formula = re.compile(
        rb"<%(p)sf\b[^>]*(?:/>|>([^<]*)</%(p)sf>)\s*(<%(p)sv\s*/>|<%(p)sv[^>]*>\s*</%(p)sv>)?\s*</%(p)sc>"
        % {b"p": prefix}
    )
    row_at, cell_start = -1, b"<" + prefix + b"c"
    row_start = re.compile(b"<" + prefix + rb"row\b[^>]*>")
    for match in formula.finditer(rows):
        start = rows.rfind(cell_start, 0, match.start())
        head = rows[start : rows.find(b">", start)]
        if match[2] and _STORED_TEXT.search(head):
            continue  # a calculated empty text
        text = shown(html.unescape((match[1] or b"").decode("utf-8", "replace")))
        if reference := _REFERENCE.search(head):
            cells[int(reference[2]) - 1, column_index(reference[1])] = text
            continue
        before = list(row_start.finditer(rows, 0, start))  # a writer without references: cells and rows in order
        if not before:
            continue
        numbered = _ROW_NUMBER.search(before[-1][0])
        row_at = int(numbered[1]) - 1 if numbered else first + len(before) - 1
        column = len(re.findall(cell_start + rb"\b", rows[before[-1].end() : start]))
        cells[row_at, column] = text


def _in_ods(path: Path, sheet: str, limits: Limits) -> Cells:
    with zipfile.ZipFile(path) as archive:
        with archive.open("content.xml") as file:
            if not _holds(iter(lambda: file.read(_CHUNK), b""), b":formula="):
                return {}
        collector = _OdsCells(sheet, limits)
        with archive.open("content.xml") as file:
            collector.read(file)
        return collector.cells


def _holds(chunks: Iterator[bytes], needle: bytes) -> bool:
    tail = b""
    for chunk in chunks:
        if needle in tail + chunk:
            return True
        tail = chunk[-len(needle) :]
    return False


class _OdsCells(OdsRows):
    """Collects the cells that the reader skips."""

    def __init__(self, sheet: str, limits: Limits) -> None:
        super().__init__(sheet)
        self.cells: Cells = {}
        self._limits = limits

    def cell(self, attributes: dict[str, str], text: str) -> str | None:
        return _ods_text(attributes, text)

    def row(self, first: int, repeats: int, cells: dict[int, str], visible: bool) -> None:
        if cells and first + repeats > self._limits.rows:
            raise UnreadableFile("too-big", what="rows", found=first + repeats, limit=self._limits.rows)
        for number in range(first, first + repeats) if cells else ():
            self.cells |= {(number, column): text for column, text in cells.items()}


def _ods_text(attributes: dict[str, str], text: str) -> str | None:
    """What an ODS cell shows where the reader shows nothing; None where the reader is right."""
    if attributes.get("calcext:value-type") == "error":
        return text or "#VALUE!"
    if "table:formula" not in attributes:
        return None
    kind = attributes.get("office:value-type")
    stored = {"date": "office:date-value", "time": "office:time-value", "boolean": "office:boolean-value"}
    if kind == "string":
        without = "office:string-value" not in attributes and not text
    else:
        without = kind is None or stored.get(kind, "office:value") not in attributes
    return shown(attributes["table:formula"]) if without else None
