"""An HTML table under a spreadsheet's name, as many accounting programs export it. Runs in the child process."""

from html.parser import HTMLParser
from pathlib import Path

import pyarrow as pa

from getsms_core.sheet import encodings
from getsms_core.sheet.grid import Grid, strings
from getsms_core.sheet.kinds import Unreadable
from getsms_core.sheet.limits import Limits


def read_page(path: Path, encoding: str | None, limits: Limits) -> Grid:
    """The rows of all tables of a page, one below the other; raises Unreadable where it holds none."""
    if (size := path.stat().st_size) > limits.page_bytes:
        raise Unreadable("too-big", what="bytes", found=size >> 20, limit=limits.page_bytes >> 20)
    raw = path.read_bytes()
    found = encoding or encodings.encoding_of(raw)
    tables = _Tables(limits)
    tables.feed(encodings.utf8(raw, found, encoding is not None).decode("utf-8", "replace"))
    tables.close()
    rows = [row for row in tables.rows if row]
    if not rows:
        raise Unreadable("not-a-spreadsheet", kind="HTML")
    width = max(map(len, rows))
    if width > limits.columns:
        raise Unreadable("too-big", what="columns", found=width, limit=limits.columns)
    columns = [strings([row[index] if index < len(row) else None for row in rows]) for index in range(width)]
    table = pa.table(columns, names=[str(index) for index in range(width)])
    return Grid(table, None, [], found.removesuffix("-sig"), None)


class _Tables(HTMLParser):
    """Collects the text of td and th; end tags may be missing, as HTML allows."""

    def __init__(self, limits: Limits) -> None:
        super().__init__(convert_charrefs=True)
        self.rows: list[list[str]] = []
        self._limits = limits
        self._cell: list[str] | None = None
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("style", "script"):
            self._hidden += 1
        elif tag in ("tr", "td", "th"):
            self._end_cell()
            if tag == "tr":
                self.rows.append([])
                if len(self.rows) > self._limits.rows:
                    raise Unreadable("too-big", what="rows", found=len(self.rows), limit=self._limits.rows)
            else:
                self._cell = []
        elif tag == "br" and self._cell is not None:
            self._cell.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("style", "script"):
            self._hidden = max(self._hidden - 1, 0)
        elif tag in ("tr", "td", "th", "table"):
            self._end_cell()

    def handle_data(self, data: str) -> None:
        if self._cell is not None and not self._hidden:
            self._cell.append(data)

    def _end_cell(self) -> None:
        if self._cell is not None:
            if not self.rows:
                self.rows.append([])
            self.rows[-1].append("".join(self._cell).strip())
            self._cell = None
