"""An HTML table under a spreadsheet's name, as many accounting programs export it. Runs in the child process."""

import re
from html.parser import HTMLParser
from pathlib import Path

from getsms_core.spreadsheet import encodings
from getsms_core.spreadsheet.file_type import UnreadableFile
from getsms_core.spreadsheet.grid import Grid, from_rows
from getsms_core.spreadsheet.limits import SHOWN_ROWS, Limits

_DECLARED = re.compile(rb"(?:charset|encoding)\s*=\s*[\"']?([\w.:-]+)", re.I)
_NO_DISPLAY = re.compile(r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)", re.I)
_ROUNDED = re.compile(r"\s*\d[.,]\d+[eE]\+\d+\s*")


def read_html(path: Path, encoding: str | None, limits: Limits) -> Grid:
    """The rows of all tables of a page, one below the other; raises `UnreadableFile` if there are none."""
    if (size := path.stat().st_size) > limits.page_bytes:
        raise UnreadableFile("too-big", what="bytes", found=size >> 20, limit=limits.page_bytes >> 20)
    raw = path.read_bytes()
    return grid_of_page(raw, encoding, encoding is not None, limits)


def grid_of_page(content: bytes, encoding: str | None, given: bool, limits: Limits) -> Grid:
    """The rows of all tables of a page in bytes. An encoding that the user gave must fit; without any, the page's own
    declaration counts where the bytes are not UTF-8 and fit it."""
    source_encoding = encoding or _page_encoding(content)
    tables = _Tables(limits)
    try:
        text = encodings.to_utf8(content, source_encoding, True).decode("utf-8", "replace")
    except UnreadableFile:
        if given:
            raise
        source_encoding = encodings.detect_encoding(content)
        text = encodings.to_utf8(content, source_encoding, False).decode("utf-8", "replace")
    tables.feed(text)
    tables.close()
    filled = [place for place, row in enumerate(tables.rows) if row]
    if not any(any(tables.rows[place]) for place in filled):
        raise UnreadableFile("not-a-spreadsheet", kind="HTML")
    hidden = [number for number, place in enumerate(filled) if place in tables.hidden_rows]
    rows = [tables.rows[place] for place in filled]
    return from_rows(
        rows,
        limits,
        encoding=source_encoding.removesuffix("-sig"),
        hidden=hidden if len(rows) <= SHOWN_ROWS else None,
    )


def _page_encoding(content: bytes) -> str:
    detected = encodings.detect_encoding(content)
    declared = _DECLARED.search(content[:8_192])
    if detected.startswith("utf") or not declared:
        return detected
    return declared[1].decode("ascii", "replace").lower()


class _Tables(HTMLParser):
    """Collects the text of td and th; end tags may be missing, as HTML allows."""

    def __init__(self, limits: Limits) -> None:
        super().__init__(convert_charrefs=True)
        self.rows: list[list[str]] = []
        self.hidden_rows: set[int] = set()
        self._limits = limits
        self._cell: list[str] | None = None
        self._spans = (1, 1)
        self._number = ""
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
                if _NO_DISPLAY.search(dict(attrs).get("style") or "") or "hidden" in dict(attrs):
                    self.hidden_rows.add(len(self.rows) - 1)
            else:
                self._cell = []
                given = dict(attrs)
                self._number = given.get("x:num") or given.get("data-value") or ""
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
        text = "".join(self._cell).strip()
        if _ROUNDED.fullmatch(text) and self._number.strip():
            text = self._number.strip()  # Excel writes all digits of a number beside what the cell shows
        row += [text, *[""] * (columns - 1)]
        self._cell = None


def _span(attribute: str | None, max_span: int) -> int:
    """How many columns or rows a merged cell takes; 1 if it is not a number, as in browsers."""
    return min(max(int(attribute), 1), max_span) if attribute and attribute.isdecimal() and len(attribute) < 9 else 1
