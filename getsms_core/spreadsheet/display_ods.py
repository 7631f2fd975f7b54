"""What the cells of an ODS show, where that is not the stored number, and which rows are hidden. The file holds the
shown text beside the value of each cell."""

import re
import zipfile
from contextlib import suppress
from pathlib import Path
from xml.parsers import expat

from getsms_core.spreadsheet import number_formats
from getsms_core.spreadsheet.display import Display
from getsms_core.spreadsheet.ods_rows import MOST_REPEATS, OdsRows

_MARKS = (b'"percentage"', b'"date"', b'"time"', b'"boolean"', b"table:visibility=")
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
        collector.read(content)
        collector.display.precise = True
        return collector.display
    return Display()


class _Shown(OdsRows):
    """Collects what percents, dates, times and Booleans show, and the hidden rows."""

    def __init__(self, sheet: str) -> None:
        super().__init__(sheet)
        self.display = Display()

    def cell(self, attributes: dict[str, str], text: str) -> str | None:
        return _shown(attributes, text)

    def row(self, first: int, repeats: int, cells: dict[int, str], visible: bool) -> None:
        for number in range(first, first + min(repeats, MOST_REPEATS)):
            self.display.cells |= {(number, column): text for column, text in cells.items()}
        if not visible:
            self.display.hidden += range(first, first + min(repeats, 100_000))


def _shown(attributes: dict[str, str], text: str) -> str | None:
    """The text of a percent, a date, a time or a Boolean; None for other cells, and for numbers that may be phones."""
    kind = attributes.get("office:value-type")
    if kind == "percentage":
        value = attributes.get("office:value", "")
        digits = value.lstrip("-").partition(".")[0]
        return text if text.endswith("%") and digits.isdecimal() and len(digits) < 8 else None
    if kind == "boolean":
        return number_formats.boolean(attributes.get("office:boolean-value") == "true")
    if kind == "date":
        return number_formats.iso_date(attributes.get("office:date-value", ""))
    if kind == "time":
        hours = _HOURS.match(attributes.get("office:time-value", ""))
        return text if text and hours and int(hours[1]) <= _LAST_HOUR else None
    return None
