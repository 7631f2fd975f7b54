"""What the cells of an XLSB show, where that is not the stored number, and which rows are hidden: [MS-XLSB]."""

import struct
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from getsms_core.spreadsheet import number_formats
from getsms_core.spreadsheet.display import Display
from getsms_core.spreadsheet.number_formats import NumberFormat
from getsms_core.spreadsheet.xlsx_parts import member

_ROW, _RK, _BOOLEAN, _REAL, _FORMULA_NUMBER, _FORMULA_BOOLEAN = 0, 2, 4, 5, 9, 10
_FORMAT, _XF, _BEGIN_CELL_XFS, _END_CELL_XFS, _SHEET, _PROPERTIES = 44, 47, 617, 618, 156, 153


def in_xlsb(path: Path, sheet: str) -> Display:
    """What the cells of a sheet show; empty where the parts of the file are not where they should be."""
    display = Display()
    with suppress(zipfile.BadZipFile, KeyError, ET.ParseError, struct.error, IndexError, UnicodeDecodeError):
        with zipfile.ZipFile(path) as archive:
            part, from_1904 = _part_of_sheet(archive, sheet)
            formats = _formats(archive)
            content = _content(archive, part)
        row = 0
        for kind, body in _records(content):
            if kind == _ROW:
                row, height = struct.unpack_from("<I", body)[0], struct.unpack_from("<H", body, 8)[0]
                if body[11] & 0x10 or not height:
                    display.hidden.append(row)
            elif kind in (_BOOLEAN, _FORMULA_BOOLEAN):
                display.cells[row, struct.unpack_from("<I", body)[0]] = number_formats.boolean(body[8] != 0)
            elif kind in (_RK, _REAL, _FORMULA_NUMBER):
                column, style = struct.unpack_from("<I", body)[0], struct.unpack_from("<I", body, 4)[0] & 0xFFFFFF
                if known := formats.get(style):
                    text = number_formats.show(_value(kind, body), known, from_1904)
                    if text is not None:
                        display.cells[row, column] = text
        display.precise = True
    return display


def _part_of_sheet(archive: zipfile.ZipFile, sheet: str) -> tuple[str, bool]:
    relation, from_1904 = "", False
    for kind, body in _records(_content(archive, "xl/workbook.bin")):
        if kind == _PROPERTIES:
            from_1904 = bool(struct.unpack_from("<I", body)[0] & 1)
        elif kind == _SHEET:
            name_start = 12 + 2 * struct.unpack_from("<I", body, 8)[0]
            if _wide(body, name_start) == sheet:
                relation = _wide(body, 8)
    for element in ET.fromstring(_content(archive, "xl/_rels/workbook.bin.rels")).iter():  # noqa: S314 - bounded
        if element.get("Id") == relation:
            target = (element.get("Target") or "").replace("\\", "/")
            return (target.lstrip("/") if target.startswith("/") else f"xl/{target}"), from_1904
    raise KeyError(sheet)


def _formats(archive: zipfile.ZipFile) -> dict[int, NumberFormat]:
    codes, formats, inside, style = dict(number_formats.BUILT_IN), dict[int, NumberFormat](), False, 0
    for kind, body in _records(_content(archive, "xl/styles.bin")):
        if kind == _FORMAT:
            codes[struct.unpack_from("<H", body)[0]] = _wide(body, 2)
        elif kind in (_BEGIN_CELL_XFS, _END_CELL_XFS):
            inside = kind == _BEGIN_CELL_XFS
        elif kind == _XF and inside:
            known = number_formats.parse(codes.get(struct.unpack_from("<H", body, 2)[0], ""))
            if known:
                formats[style] = known
            style += 1
    return formats


def _value(kind: int, body: bytes) -> float:
    if kind != _RK:
        return float(struct.unpack_from("<d", body, 8)[0])
    rk = struct.unpack_from("<i", body, 8)[0]
    value = float(rk >> 2) if rk & 2 else struct.unpack("<d", b"\0\0\0\0" + struct.pack("<i", rk & ~3))[0]
    return float(value / 100 if rk & 1 else value)


def _wide(body: bytes, start: int) -> str:
    length = struct.unpack_from("<I", body, start)[0]
    return body[start + 4 : start + 4 + 2 * length].decode("utf-16-le")


def _content(archive: zipfile.ZipFile, name: str) -> bytes:
    entry = member(archive, name)
    if entry is None:
        raise KeyError(name)
    with archive.open(entry) as file:
        return file.read()


def _records(content: bytes) -> Iterator[tuple[int, bytes]]:
    """The records: a number of one or two bytes, a length of one to four, and as many bytes."""
    at = 0
    while at < len(content):
        kind = content[at]
        at += 1
        if kind & 0x80:
            kind = kind & 0x7F | (content[at] & 0x7F) << 7
            at += 1
        length = shift = 0
        while True:
            byte = content[at]
            at += 1
            length |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80 or shift > 21:
                break
        yield kind, content[at : at + length]
        at += length
