"""What the cells of an XLSX show, where that is not the stored number, and which rows are hidden.

The reader gives stored values: 0.15 for 15 %, 46387.77 for a date. The XML says the format of each cell; looking takes
about 1 s for 100,000 rows, so that it is done up to `limits.SHOWN_ROWS` and left out above.
"""

import re
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from getsms_core.spreadsheet import number_formats
from getsms_core.spreadsheet.number_formats import NumberFormat
from getsms_core.spreadsheet.xlsx_parts import column_index, member, part_of_sheet, prefix_of, small_part, whole_rows

_CHUNK = 1 << 20
_TYPE = re.compile(rb'\bt=["\'](\w+)["\']')
_TYPED = re.compile(rb'\bt=["\'][bd]["\']')
_STYLE = re.compile(rb'\bs=["\'](\d+)["\']')
_REFERENCE = re.compile(rb'\br=["\']([A-Za-z]{1,3})(\d{1,7})["\']')
_VALUE = re.compile(rb"<(?:\w+:)?v[^>]*>([^<]*)</")
_ROW_NUMBER = re.compile(rb'\br=["\'](\d{1,7})["\']')
_HIDDEN = re.compile(rb'\bhidden=["\'](?:1|true)["\']|\bht=["\']0(?:\.0+)?["\']')


@dataclass
class Display:
    """`cells`: (row, column) from 0 → what the cell shows. `hidden`: the rows, from 0, that are hidden or filtered
    out. `precise` where every date is in `cells`, so that what else looks like one is a text."""

    cells: dict[tuple[int, int], str] = field(default_factory=dict)
    hidden: list[int] = field(default_factory=list)
    precise: bool = False


def in_xlsx(path: Path, sheet: str) -> Display:
    """What the cells of a sheet show; empty where the parts of the file are not where they should be."""
    display = Display()
    with suppress(zipfile.BadZipFile, KeyError, ET.ParseError, ValueError), zipfile.ZipFile(path) as archive:
        sheet_file = part_of_sheet(archive, sheet)
        if sheet_file is None:
            return display
        formats, from_1904 = _formats(archive), _counts_from_1904(archive)
        prefix = prefix_of(archive, sheet_file)
        with archive.open(sheet_file) as file:
            first = 0
            for rows in whole_rows(iter(lambda: file.read(_CHUNK), b""), prefix):
                display.hidden += _hidden_rows(rows, prefix, first)
                for (row, column), text in _shown(rows, prefix, formats, from_1904):
                    display.cells[row, column] = text
                first += rows.count(b"</" + prefix + b"row>")
        display.precise = True
    return display


def _formats(archive: zipfile.ZipFile) -> dict[int, NumberFormat]:
    """The formats that change what is shown, by the number of the style."""
    styles = member(archive, "xl/styles.xml")
    if styles is None:
        return {}
    root = ET.fromstring(small_part(archive, styles))  # noqa: S314 - the child process is bounded
    codes = dict(number_formats.BUILT_IN)
    formats: dict[int, NumberFormat] = {}
    for element in root.iter():
        name = element.tag.rpartition("}")[2]
        if name == "numFmt" and (element.get("numFmtId") or "").isdecimal():
            codes[int(element.get("numFmtId") or 0)] = element.get("formatCode") or ""
        elif name == "cellXfs":
            for style, xf in enumerate(element):
                known = number_formats.parse(codes.get(int(xf.get("numFmtId") or 0), ""))
                if known:
                    formats[style] = known
    return formats


def _counts_from_1904(archive: zipfile.ZipFile) -> bool:
    workbook = member(archive, "xl/workbook.xml")
    return workbook is not None and bool(re.search(rb'date1904=["\'](?:1|true)["\']', small_part(archive, workbook)))


def _hidden_rows(rows: bytes, prefix: bytes, first: int) -> list[int]:
    if b"hidden=" not in rows and b"ht=" not in rows:
        return []
    hidden = []
    for place, match in enumerate(re.finditer(b"<" + prefix + rb"row\b[^>]*>", rows)):
        if _HIDDEN.search(match[0]):
            numbered = _ROW_NUMBER.search(match[0])
            hidden.append(int(numbered[1]) - 1 if numbered else first + place)
    return hidden


def _shown(
    rows: bytes, prefix: bytes, formats: dict[int, NumberFormat], from_1904: bool
) -> Iterator[tuple[tuple[int, int], str]]:
    if not formats and not _TYPED.search(rows):
        return
    styles = "|".join(map(str, formats)) or "-"
    cell = re.compile(
        rb"<%(p)sc\b([^>]*\b(?:s=[\"'](?:%(s)s)[\"']|t=[\"'][bd][\"'])[^>/]*)>(.*?)</%(p)sc>"
        % {b"p": prefix, b"s": styles.encode()},
        re.S,
    )
    for match in cell.finditer(rows):
        kind, style = _TYPE.search(match[1]), _STYLE.search(match[1])
        reference, value = _REFERENCE.search(match[1]), _VALUE.search(match[2])
        if not reference or not value:
            continue
        text = value[1].decode("ascii", "replace").strip()
        place = int(reference[2]) - 1, column_index(reference[1])
        if kind and kind[1] == b"d":
            shown = number_formats.iso_date(text)
        elif kind and kind[1] == b"b":
            shown = number_formats.boolean(text == "1")
        elif (kind and kind[1] != b"n") or not style or int(style[1]) not in formats:
            continue
        else:
            with suppress(ValueError):
                shown = number_formats.show(float(text), formats[int(style[1])], from_1904)
        if shown is not None:
            yield place, shown
