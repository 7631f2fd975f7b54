"""An HTML table under a spreadsheet's name, as many accounting programs export it. Runs in the child process."""

from html.parser import HTMLParser
from pathlib import Path

import pyarrow as pa

from getsms_core.spreadsheet import encodings
from getsms_core.spreadsheet.file_type import UnreadableFile
from getsms_core.spreadsheet.grid import Grid, strings
from getsms_core.spreadsheet.limits import Limits


def read_html(path: Path, encoding: str | None, limits: Limits) -> Grid:
    """The rows of all tables of a page, one below the other; raises `UnreadableFile` if there are none."""
    if (size := path.stat().st_size) > limits.page_bytes:
        raise UnreadableFile("too-big", what="bytes", found=size >> 20, limit=limits.page_bytes >> 20)
    raw = path.read_bytes()
    source_encoding = encoding or encodings.detect_encoding(raw)
    tables = _Tables(limits)
    tables.feed(encodings.to_utf8(raw, source_encoding, encoding is not None).decode("utf-8", "replace"))
    tables.close()
    rows = [row for row in tables.rows if row]
    if not rows:
        raise UnreadableFile("not-a-spreadsheet", kind="HTML")
    width = max(1, *(max((cell_count for cell_count, cell in enumerate(row, 1) if cell), default=0) for row in rows))
    if width > limits.columns:
        raise UnreadableFile("too-big", what="columns", found=width, limit=limits.columns)
    columns = [strings([row[index] if index < len(row) else None for row in rows]) for index in range(width)]
    table = pa.table(columns, names=[str(index) for index in range(width)])
    return Grid(table, None, [], source_encoding.removesuffix("-sig"), None)


class _Tables(HTMLParser):
    """Collects the text of td and th; end tags may be missing, as HTML allows."""

    def __init__(self, limits: Limits) -> None:
        super().__init__(convert_charrefs=True)
        self.rows: list[list[str]] = []
        self._limits = limits
        self._cell: list[str] | None = None
        self._spans = (1, 1)
        self._from_above: dict[int, int] = {}  # column → in how many more rows a cell from above takes its place
        self._taken = frozenset[int]()  # those columns in this row
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("style", "script"):
            self._hidden += 1
        elif tag in ("tr", "td", "th"):
            self._end_cell()
            if tag == "tr":
                self._begin_row()
            else:
                self._cell = []
                given = dict(attrs)
                self._spans = _span(given.get("colspan"), self._limits.columns), _span(given.get("rowspan"), 65_534)
        elif tag == "br" and self._cell is not None:
            self._cell.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("style", "script"):
            self._hidden = max(self._hidden - 1, 0)
        elif tag in ("tr", "td", "th", "table"):
            self._end_cell()
            if tag == "table":
                self._from_above.clear()
                self._taken = frozenset()

    def handle_data(self, data: str) -> None:
        if self._cell is not None and not self._hidden:
            self._cell.append(data)

    def _begin_row(self) -> None:
        self.rows.append([])
        if len(self.rows) > self._limits.rows:
            raise UnreadableFile("too-big", what="rows", found=len(self.rows), limit=self._limits.rows)
        self._taken = frozenset(self._from_above)
        self._from_above = {column: rows - 1 for column, rows in self._from_above.items() if rows > 1}

    def _end_cell(self) -> None:
        if self._cell is None:
            return
        if not self.rows:
            self._begin_row()
        row, (columns, rows) = self.rows[-1], self._spans
        while len(row) in self._taken:
            row.append("")
        if rows > 1:
            self._from_above |= dict.fromkeys(range(len(row), len(row) + columns), rows - 1)
        row += ["".join(self._cell).strip(), *[""] * (columns - 1)]
        self._cell = None


def _span(attribute: str | None, max_span: int) -> int:
    """How many columns or rows a merged cell takes; 1 if it is not a number, as in browsers."""
    return min(max(int(attribute), 1), max_span) if attribute and attribute.isdecimal() and len(attribute) < 9 else 1
