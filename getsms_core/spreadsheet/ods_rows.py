"""Walks the rows and cells of one sheet of an ODS. They have no reference: they are counted, with their repetitions."""

from typing import IO
from xml.parsers import expat

_CELLS = ("table:table-cell", "table:covered-table-cell")
MOST_REPEATS = 1_000
"""Of a cell with a text; an empty one repeats to the end of the row."""


class OdsRows:
    """Reads the content of an ODS; a subclass says which texts it collects and what it does with each row."""

    def __init__(self, sheet: str) -> None:
        self._sheet, self._inside = sheet, False
        self._row = self._column = 0
        self._row_repeats = self._repeats = 1
        self._visible = True
        self._row_cells: dict[int, str] = {}
        self._cell: dict[str, str] = {}
        self._text: list[str] | None = None
        self._notes = 0

    def cell(self, attributes: dict[str, str], text: str) -> str | None:
        """Return the text of a cell to collect; None: this cell is not collected."""
        raise NotImplementedError

    def row(self, first: int, repeats: int, cells: dict[int, str], visible: bool) -> None:
        """Take a row, from 0, that stands `repeats` times in the sheet, with its collected cells by column."""
        raise NotImplementedError

    def read(self, content: bytes | IO[bytes]) -> None:
        """Read content.xml. Raises `expat.ExpatError`."""
        parser = expat.ParserCreate()
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._end
        parser.CharacterDataHandler = self._characters
        parser.buffer_text = True
        if isinstance(content, bytes):
            parser.Parse(content, True)
        else:
            parser.ParseFile(content)

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "table:table":
            self._inside, self._row = attributes.get("table:name") == self._sheet, 0
        elif not self._inside:
            return
        elif tag == "table:table-row":
            self._column, self._row_cells = 0, {}
            self._row_repeats = _repeated(attributes.get("table:number-rows-repeated"))
            self._visible = attributes.get("table:visibility", "visible") == "visible"
        elif tag in _CELLS:
            self._repeats = _repeated(attributes.get("table:number-columns-repeated"))
            self._cell, self._text = attributes, []
        elif tag == "office:annotation":
            self._notes += 1

    def _characters(self, data: str) -> None:
        if self._text is not None and not self._notes:
            self._text.append(data)

    def _end(self, tag: str) -> None:
        if not self._inside:
            return
        if tag == "table:table":
            self._inside = False
        elif tag == "office:annotation":
            self._notes -= 1
        elif tag in _CELLS:
            text = self.cell(self._cell, "".join(self._text or ()).strip())
            if text is not None:
                columns = range(self._column, self._column + min(self._repeats, MOST_REPEATS))
                self._row_cells |= dict.fromkeys(columns, text)
            self._column += self._repeats
            self._text = None
        elif tag == "table:table-row":
            self.row(self._row, self._row_repeats, self._row_cells, self._visible)
            self._row += self._row_repeats


def _repeated(value: str | None) -> int:
    return int(value) if value and value.isdecimal() and 0 < len(value) < 9 else 1
