"""SYLK and DIF, text formats in which old programs exchange sheets. Run in the child process."""

import re
from pathlib import Path

from getsms_core.spreadsheet import encodings, number_formats
from getsms_core.spreadsheet.file_type import UnreadableFile
from getsms_core.spreadsheet.grid import Grid, from_rows
from getsms_core.spreadsheet.limits import Limits

_FIELD = re.compile(r"(?<!;);(?!;)")
_ESCAPES = {  # after ESC N: the letters of Latin-1 that old programs spelled out
    "J": "ß", "a": "Æ", "i": "Ø", "q": "æ", "y": "ø", "'": "§", "!": "¡", "#": "£", "0": "°", ";": "»", "+": "«",
}  # fmt: skip
_ACCENTS = {"A": "\u0300", "B": "\u0301", "C": "\u0302", "D": "\u0303", "H": "\u0308", "J": "\u030a", "K": "\u0327"}


def read_sylk(path: Path, encoding: str | None, limits: Limits) -> Grid:
    """The cells of a SYLK file at their places; rows of height 0 are hidden. Raises `UnreadableFile`."""
    text, source_encoding = _text(path, encoding, limits)
    cells: dict[tuple[int, int], str] = {}
    formats: list[str] = []
    hidden: list[int] = []
    shown_as: dict[tuple[int, int], int] = {}
    row = column = 1
    format_row = format_column = 1
    for line in text.splitlines():
        kind, *fields = _FIELD.split(line)
        values = {field[:1]: field[1:].replace(";;", ";") for field in fields if field}
        if kind == "P" and "P" in values:
            formats.append(values["P"])
        elif kind == "C":
            row, column = _number(values.get("Y"), row), _number(values.get("X"), column)
            _check_place(row, column, limits)
            if "K" in values:
                cells[row, column] = _sylk_value(values["K"])
            elif "E" in values:
                cells[row, column] = "=" + values["E"]
        elif kind == "F":
            if "R" in values and values.get("M") == "0":
                hidden.append(_number(values["R"], 1) - 1)
            format_row, format_column = _number(values.get("Y"), row), _number(values.get("X"), column)
            row, column = format_row, format_column
            if "P" in values and not {"R", "C"} & set(values):
                shown_as[row, column] = _number(values["P"], -1)
    for place, format_index in shown_as.items():
        if place in cells and 0 <= format_index < len(formats):
            cells[place] = _shown(cells[place], formats[format_index])
    height = max((row for row, _ in cells), default=0)
    rows: list[list[str | None]] = [[] for _ in range(height)]
    for (row, column), value in cells.items():
        target = rows[row - 1]
        target += [None] * (column - len(target))
        target[column - 1] = value
    return from_rows(rows, limits, encoding=source_encoding, hidden=sorted(set(hidden)))


def _shown(value: str, code: str) -> str:
    known = number_formats.parse(code.replace("\\", ""))
    if known is None or not re.fullmatch(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?", value):
        return value
    return number_formats.show(float(value), known) or value


def _sylk_value(value: str) -> str:
    if value.startswith('"'):
        text = value[1:].removesuffix('"').replace('""', '"')
        text = re.sub("\x1bN([A-Z])(.)", lambda match: match[2] + _ACCENTS.get(match[1], ""), text)
        text = re.sub("\x1bN(.)", lambda match: _ESCAPES.get(match[1], ""), text)
        return re.sub("\x1b([ -/])([0-?])", lambda match: _control(match[1], match[2]), text)
    return value


def _control(high: str, low: str) -> str:
    code = (ord(high) - 0x20) * 16 + ord(low) - 0x30
    return "\n" if code in (10, 13) else chr(code)


def _number(text: str | None, default: int) -> int:
    match = re.match(r"\d{1,7}", text or "")
    return int(match[0]) if match else default


def _check_place(row: int, column: int, limits: Limits) -> None:
    if row > limits.rows:
        raise UnreadableFile("too-big", what="rows", found=row, limit=limits.rows)
    if column > limits.columns:
        raise UnreadableFile("too-big", what="columns", found=column, limit=limits.columns)


def read_dif(path: Path, encoding: str | None, limits: Limits) -> Grid:
    """The rows of a DIF file, each between its BOT and the next. Raises `UnreadableFile`."""
    text, source_encoding = _text(path, encoding, limits)
    lines = text.splitlines()
    start = next((place for place, line in enumerate(lines) if line.strip().upper() == "DATA"), None)
    if start is None:
        raise UnreadableFile("truncated")
    rows: list[list[str | None]] = []
    place = start + 3
    while place + 1 < len(lines):
        kind, _, number = lines[place].strip().partition(",")
        value = lines[place + 1]
        place += 2
        if kind == "-1":
            if value.strip().upper() == "EOD":
                break
            rows.append([])
            continue
        if not rows:
            raise UnreadableFile("truncated")
        if kind == "1":
            while value.startswith('"') and (len(value) < 2 or not value.rstrip().endswith('"')) and place < len(lines):
                value += "\n" + lines[place]
                place += 1
            rows[-1].append(_dif_text(value))
        else:
            rows[-1].append(number.strip() if value.strip().upper() == "V" else value.strip() if kind == "0" else "")
        _check_place(len(rows), len(rows[-1]), limits)
    return from_rows(rows, limits, encoding=source_encoding)


def _dif_text(value: str) -> str:
    text = value.rstrip()
    if len(text) > 1 and text[0] == text[-1] == '"':
        return text[1:-1].replace('""', '"')
    return text


def _text(path: Path, encoding: str | None, limits: Limits) -> tuple[str, str]:
    if (size := path.stat().st_size) > limits.page_bytes:
        raise UnreadableFile("too-big", what="bytes", found=size >> 20, limit=limits.page_bytes >> 20)
    raw = path.read_bytes()
    source_encoding = encoding or encodings.detect_encoding(raw)
    text = encodings.to_utf8(raw, source_encoding, encoding is not None).decode("utf-8", "replace")
    return text.replace("\r\n", "\n").replace("\r", "\n"), source_encoding.removesuffix("-sig")
