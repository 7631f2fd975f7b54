"""XML Spreadsheet 2003, as Excel and many programs of accounting save it. Runs in the child process."""

import re
from decimal import Decimal, InvalidOperation
from pathlib import Path
from xml.parsers import expat

from getsms_core.spreadsheet import encodings, number_formats
from getsms_core.spreadsheet.file_type import UnreadableFile
from getsms_core.spreadsheet.grid import Grid, from_rows
from getsms_core.spreadsheet.limits import SHOWN_ROWS, Limits
from getsms_core.spreadsheet.sheet_choice import choose_sheet
from getsms_core.spreadsheet.uncalculated import shown as uncalculated_formula

_DECLARED = re.compile(rb"<\?xml[^>]*\bencoding=[\"']([\w.:-]+)[\"']", re.I)
_NAMED_FORMATS = {
    "percent": "0.00%",
    "general date": "dd.mm.yyyy h:mm",
    "short date": "dd.mm.yyyy",
    "medium date": "dd.mm.yyyy",
    "long date": "dd.mm.yyyy",
    "short time": "h:mm",
    "medium time": "h:mm AM/PM",
    "long time": "h:mm:ss",
    "fixed": "0.00",
}


def read_xml_spreadsheet(path: Path, encoding: str | None, sheet: str | None, limits: Limits) -> Grid:
    """The grid of the named sheet, else of the first visible one that may be a list. Raises `UnreadableFile`."""
    if (size := path.stat().st_size) > 2 * limits.page_bytes:
        raise UnreadableFile("too-big", what="bytes", found=size >> 20, limit=2 * limits.page_bytes >> 20)
    raw = path.read_bytes()
    declared = _DECLARED.search(raw[:200])
    source_encoding = encoding or (declared[1].decode() if declared else encodings.detect_encoding(raw))
    if source_encoding.lower().replace("-", "") in ("utf8", "utf16", "unicode"):
        source_encoding = encodings.detect_encoding(raw)
    text = encodings.to_utf8(raw, source_encoding, encoding is not None).decode("utf-8", "replace")
    parser, collector = expat.ParserCreate("utf-8", namespace_separator=" "), _Workbook(limits)
    parser.StartElementHandler, parser.EndElementHandler = collector.start, collector.end
    parser.CharacterDataHandler = collector.text
    parser.buffer_text = True
    try:
        parser.Parse(re.sub(r"^\s*<\?xml.*?\?>", "", text.lstrip("\ufeff"), count=1, flags=re.S).encode(), True)
    except expat.ExpatError:
        raise UnreadableFile("truncated") from None
    sheets = {name: parsed_sheet for name, parsed_sheet in collector.sheets.items() if parsed_sheet.rows}
    if not sheets:
        raise UnreadableFile("empty-file")
    visible = {name: parsed_sheet for name, parsed_sheet in sheets.items() if not parsed_sheet.hidden_sheet} or sheets
    grids = {
        name: from_rows(
            parsed_sheet.rows,
            limits,
            encoding=None,
            hidden=parsed_sheet.hidden if len(parsed_sheet.rows) <= SHOWN_ROWS else None,
        )
        for name, parsed_sheet in (sheets if sheet else visible).items()
    }
    return choose_sheet(grids, sheet)


class _Sheet:
    def __init__(self) -> None:
        self.rows: list[list[str | None]] = []
        self.hidden: list[int] = []
        self.hidden_sheet = False


class _Workbook:
    """Collects from the events of the parser. Rows and cells may be numbered (`Index`), repeated (`Span`) or merged."""

    def __init__(self, limits: Limits) -> None:
        self.sheets: dict[str, _Sheet] = {}
        self._limits = limits
        self._formats: dict[str, str] = {}
        self._style = ""
        self._sheet: _Sheet | None = None
        self._row = self._column = 0
        self._span = 0
        self._row_hidden = False
        self._cell: dict[str, str] = {}
        self._type = ""
        self._data: list[str] | None = None
        self._value: str | None = None
        self._comment = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(" ")[2]
        given = {key.rpartition(" ")[2]: value for key, value in attributes.items()}
        if name == "Style":
            self._style = given.get("ID", "")
            if parent := given.get("Parent"):
                self._formats[self._style] = self._formats.get(parent, "")
        elif name == "NumberFormat":
            self._formats[self._style] = given.get("Format", "")
        elif name == "Worksheet":
            self._sheet = self.sheets.setdefault(given.get("Name", f"Sheet{len(self.sheets) + 1}"), _Sheet())
            self._row = 0
        elif self._sheet is None:
            return
        elif name == "Row":
            self._row = _index(given, self._row + 1)
            self._span, self._row_hidden = _whole(given.get("Span")), given.get("Hidden") == "1"
            if self._row + self._span > self._limits.rows:
                raise UnreadableFile("too-big", what="rows", found=self._row + self._span, limit=self._limits.rows)
            self._column = 0
        elif name == "Cell":
            self._column = _index(given, self._column + 1)
            if self._column > self._limits.columns:
                raise UnreadableFile("too-big", what="columns", found=self._column, limit=self._limits.columns)
            self._cell, self._value = given, None
        elif name == "Comment":
            self._comment += 1
        elif name == "Data" and not self._comment:
            self._type, self._data = given.get("Type", "String"), []

    def text(self, data: str) -> None:
        if self._data is not None:
            self._data.append(data)
        elif self._sheet is not None and data.strip() in ("SheetHidden", "SheetVeryHidden"):
            self._sheet.hidden_sheet = True

    def end(self, tag: str) -> None:
        name = tag.rpartition(" ")[2]
        if name == "Comment":
            self._comment -= 1
        elif name == "Data" and self._data is not None:
            self._value, self._data = self._shown("".join(self._data)), None
        elif name == "Cell":
            if self._value is None and self._cell.get("Formula"):
                self._value = uncalculated_formula(self._cell["Formula"])
            self._put()
            self._column += _whole(self._cell.get("MergeAcross"))
        elif name == "Row" and self._sheet is not None:
            if self._row_hidden:
                self._sheet.hidden += range(self._row - 1, self._row + self._span)
            self._row += self._span
        elif name == "Worksheet":
            self._sheet = None

    def _put(self) -> None:
        if self._sheet is None or self._value is None:
            return
        rows = self._sheet.rows
        while len(rows) < self._row:
            rows.append([])
        row = rows[self._row - 1]
        row += [None] * (self._column - len(row))
        row[self._column - 1] = self._value

    def _shown(self, value: str) -> str:
        if self._type == "DateTime":
            return number_formats.iso_date(value.strip()) or value
        if self._type == "Boolean":
            return number_formats.boolean(value.strip() == "1")
        if self._type != "Number":
            return value
        number = _plain_number(value)
        code = self._formats.get(self._cell.get("StyleID", ""), "")
        known = number_formats.parse(_NAMED_FORMATS.get(code.lower(), code))
        try:
            return (number_formats.show(float(number), known) if known else None) or number
        except ValueError:
            return number


def _plain_number(value: str) -> str:
    """A number without its exponent where every digit is there."""
    text = value.strip()
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text
    digits, exponent = number.as_tuple().digits, number.as_tuple().exponent
    if "e" in text.lower() and isinstance(exponent, int) and 0 >= exponent > -18 and len(digits) < 18:
        return format(number, "f")
    return text


def _index(attributes: dict[str, str], default: int) -> int:
    return _whole(attributes.get("Index")) or default


def _whole(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 9 else 0
