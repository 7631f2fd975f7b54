"""What the cells of an ODS show, where that is not the stored number, and which rows are hidden. The file holds the
shown text beside the value of each cell."""

import re
import zipfile
from contextlib import suppress
from pathlib import Path
from xml.parsers import expat

from getsms_core.spreadsheet import number_formats
from getsms_core.spreadsheet.display import Display

_MARKS = (b'"percentage"', b'"date"', b'"time"', b"table:visibility=")
_CHUNK = 1 << 20
_MOST_REPEATS = 1_000  # of a filled cell or row; an empty one repeats to the end of the sheet
_HOURS = re.compile(r"PT(\d+)H")
_LAST_HOUR = 2_958_465 * 24


def in_ods(path: Path, sheet: str) -> Display:
    """What the cells of a sheet show; empty where the file is not built as it should be."""
    with suppress(zipfile.BadZipFile, KeyError, expat.ExpatError, UnicodeDecodeError):
        with zipfile.ZipFile(path) as archive, archive.open("content.xml") as file:
            content = file.read()
        if not any(mark in content for mark in _MARKS):
            return Display(precise=True)
        collector = _Shown(sheet)
        parser = expat.ParserCreate()
        parser.StartElementHandler, parser.EndElementHandler = collector.start, collector.end
        parser.CharacterDataHandler = collector.text
        parser.buffer_text = True
        parser.Parse(content, True)
        collector.display.precise = True
        return collector.display
    return Display()


class _Shown:
    """Collects from the events of the parser. Rows and cells have no reference: they are counted."""

    def __init__(self, sheet: str) -> None:
        self.display = Display()
        self._sheet, self._inside = sheet, False
        self._row = self._column = 0
        self._row_repeats = self._repeats = 1
        self._visible = True
        self._cell: dict[str, str] = {}
        self._text: list[str] | None = None
        self._notes = 0
        self._row_cells: dict[int, str] = {}

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "table:table":
            self._inside, self._row = attributes.get("table:name") == self._sheet, 0
        elif not self._inside:
            return
        elif tag == "table:table-row":
            self._column, self._row_cells = 0, {}
            self._row_repeats = _repeated(attributes.get("table:number-rows-repeated"))
            self._visible = attributes.get("table:visibility", "visible") == "visible"
        elif tag in ("table:table-cell", "table:covered-table-cell"):
            self._repeats = _repeated(attributes.get("table:number-columns-repeated"))
            self._cell, self._text = attributes, []
        elif tag == "office:annotation":
            self._notes += 1

    def text(self, data: str) -> None:
        if self._text is not None and not self._notes:
            self._text.append(data)

    def end(self, tag: str) -> None:
        if not self._inside:
            return
        if tag == "table:table":
            self._inside = False
        elif tag == "office:annotation":
            self._notes -= 1
        elif tag in ("table:table-cell", "table:covered-table-cell"):
            text = _shown(self._cell, "".join(self._text or ()).strip())
            if text is not None:
                self._row_cells |= dict.fromkeys(
                    range(self._column, self._column + min(self._repeats, _MOST_REPEATS)), text
                )
            self._column += self._repeats
            self._text = None
        elif tag == "table:table-row":
            rows = range(self._row, self._row + min(self._row_repeats, _MOST_REPEATS))
            for row in rows:
                self.display.cells |= {(row, column): text for column, text in self._row_cells.items()}
            if not self._visible:
                self.display.hidden += range(self._row, self._row + min(self._row_repeats, 100_000))
            self._row += self._row_repeats


def _shown(attributes: dict[str, str], text: str) -> str | None:
    """The text of a percent, a date or a time; None for other cells, and for numbers that may be phones."""
    kind = attributes.get("office:value-type")
    if kind == "percentage":
        value = attributes.get("office:value", "")
        digits = value.lstrip("-").partition(".")[0]
        return text if text.endswith("%") and digits.isdecimal() and len(digits) < 8 else None
    if kind == "date":
        return number_formats.iso_date(attributes.get("office:date-value", ""))
    if kind == "time":
        hours = _HOURS.match(attributes.get("office:time-value", ""))
        return text if text and hours and int(hours[1]) <= _LAST_HOUR else None
    return None


def _repeated(value: str | None) -> int:
    return int(value) if value and value.isdecimal() and 0 < len(value) < 9 else 1
