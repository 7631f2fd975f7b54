"""CSV, TSV and TXT as a grid of strings: pyarrow for the ordinary rows, and the csv module for ragged rows.

Each row of the file becomes exactly one row of the grid, ragged ones too. Runs in the child process.
"""

import re
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from getsms_core import phone
from getsms_core.spreadsheet import dialects, encodings
from getsms_core.spreadsheet.dialects import LONGEST_ROW, NO_DELIMITER, split_rows
from getsms_core.spreadsheet.file_type import UnreadableFile
from getsms_core.spreadsheet.grid import Grid, strings
from getsms_core.spreadsheet.limits import Limits
from getsms_core.spreadsheet.text_hints import refuse_with_hint

_SAMPLE = 1 << 16
_BLOCK = LONGEST_ROW
_SECOND_LINE = re.compile(rb"\s*+[^\r\n]*+[\r\n]\s*+\S")
_SEP_LINE = re.compile(
    rb"\A\s*\"?sep=(.)\"?(?:\r\n|\r|\n)", re.I
)  # an Excel habit; the spreadsheet does not show this line


def read_csv(path: Path, encoding: str | None, delimiter: str | None, limits: Limits) -> Grid:
    """The grid of a text file; encoding and delimiter are detected if they are None."""
    raw = path.read_bytes()
    source_encoding = encoding or encodings.detect_encoding(raw)
    content = encodings.to_utf8(raw, source_encoding, encoding is not None).removesuffix(b"\x1a")  # the end mark of DOS
    del raw
    separator_line = _SEP_LINE.match(content)
    if separator_line:
        content, delimiter = content[separator_line.end() :], delimiter or separator_line[1].decode()
    if not content or content.isspace():
        raise UnreadableFile("empty-file")
    sample = content[:_SAMPLE].decode("utf-8", "ignore")
    if len(content) > _SAMPLE:
        sample = sample.rpartition("\n")[0] or sample
    if delimiter is None and (numbers := _pasted_numbers(content)):
        return Grid(
            pa.table([strings(numbers)], ["0"]), None, [], source_encoding.removesuffix("-sig"), None, one_line=True
        )
    dialect = dialects.choose(sample, content, delimiter)
    refuse_with_hint(sample, dialect, delimiter is not None)
    content = dialects.as_ordinary(content, dialect)
    delimiter = dialect.delimiter
    widths = Counter(map(len, dialects.rows_of(sample, dialect)))
    width = max(widths, key=lambda width: (widths[width], width), default=1)
    if width > limits.columns:
        raise UnreadableFile("too-big", what="columns", found=width, limit=limits.columns)
    table = _table(content, delimiter or NO_DELIMITER, width, dialect.quoting, limits)
    if not dialect.quoting:
        table = _without_outer_quotes(table)
    elif b'"' in content and _has_line_breaks(table) and not dialects.is_well_quoted(content, dialect):
        # An open quote swallowed the rows after it.
        table = _without_outer_quotes(_table(content, delimiter or NO_DELIMITER, width, False, limits))
    return Grid(table, None, [], source_encoding.removesuffix("-sig"), delimiter)


def _pasted_numbers(content: bytes) -> list[str]:
    """The numbers of a file that is nothing but numbers in one line; empty for any other."""
    if _SECOND_LINE.match(content):  # before `strip`, which copies the file
        return []
    line = content.strip()
    if len(line) > _BLOCK:
        return []
    text = line.decode("utf-8", "replace")
    for separator in (r"[;,\t|]", r"\s+"):
        cells = [cell.strip() for cell in re.split(separator, text) if cell.strip()]
        if len(cells) > 1 and not any(map(str.isalpha, text)):
            mobile = sum(phone.check(cell).number is not None for cell in cells)
            if mobile * 10 >= len(cells) * 9:
                return cells
    return []


def _has_line_breaks(table: pa.Table) -> bool:
    return any(pc.any(pc.match_substring(column, "\n")).as_py() for column in table.columns)


def _without_outer_quotes(table: pa.Table) -> pa.Table:
    """The cells without the quotes around them; a quote that opens and never closes stays."""
    columns = [
        pc.replace_substring(pc.replace_substring_regex(column, r'^"((?:[^"]|"")*)"$', r"\1"), '""', '"')
        for column in table.columns
    ]
    return pa.table(columns, table.column_names)


def _table(content: bytes, delimiter: str, width: int, quoting: bool, limits: Limits) -> pa.Table:
    ragged: list[tuple[int, str]] = []
    has_ragged_rows = False

    def note_ragged_row(_: pacsv.InvalidRow) -> str:
        nonlocal has_ragged_rows
        has_ragged_rows = True
        return "skip"

    def collect(row: pacsv.InvalidRow) -> str:
        ragged.append((row.number - 1, row.text))
        if len(ragged) > limits.rows:
            raise UnreadableFile("too-big", what="rows", found=len(ragged), limit=limits.rows)
        return "skip"

    table = _parse(content, delimiter, width, quoting, note_ragged_row, True)
    if has_ragged_rows:  # only one thread knows the number of a row
        table = _parse(content, delimiter, width, quoting, collect, False)
    if table.num_rows + len(ragged) > limits.rows:
        raise UnreadableFile("too-big", what="rows", found=table.num_rows + len(ragged), limit=limits.rows)
    return _insert_ragged_rows(table, ragged, delimiter, quoting, limits) if ragged else table


def _parse(content: bytes, delimiter: str, width: int, quoting: bool, handler: object, threads: bool) -> pa.Table:
    names = [str(index) for index in range(width)]
    try:
        return pacsv.read_csv(
            pa.BufferReader(content),
            read_options=pacsv.ReadOptions(column_names=names, use_threads=threads, block_size=_BLOCK),
            parse_options=pacsv.ParseOptions(
                delimiter=delimiter,
                quote_char='"' if quoting else False,
                newlines_in_values=quoting and b'"' in content,
                ignore_empty_lines=False,
                invalid_row_handler=handler,
            ),
            convert_options=pacsv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False, check_utf8=False
            ),
        )
    except pa.ArrowInvalid:
        raise UnreadableFile("too-big", what="cell", found=len(content) >> 20, limit=_BLOCK >> 20) from None


def _insert_ragged_rows(
    table: pa.Table, ragged: list[tuple[int, str]], delimiter: str, quoting: bool, limits: Limits
) -> pa.Table:
    """Insert the ragged rows at their positions; cells beyond the last column get new columns."""
    ragged_cells = [[cell for row in split_rows(text, delimiter, quoting) for cell in row] for _, text in ragged]
    width = max(table.num_columns, max(map(len, ragged_cells)))
    if width > limits.columns:
        raise UnreadableFile("too-big", what="columns", found=width, limit=limits.columns)
    total = table.num_rows + len(ragged_cells)
    ragged_index = {row: table.num_rows + index for index, (row, _) in enumerate(ragged)}
    ordinary = iter(range(table.num_rows))
    order = pa.array([ragged_index[row] if row in ragged_index else next(ordinary) for row in range(total)], pa.int64())
    columns = []
    for index in range(width):
        tail = strings([row[index] if index < len(row) else None for row in ragged_cells])
        front = table.column(index) if index < table.num_columns else pa.nulls(table.num_rows, pa.string())
        chunks = front.chunks if isinstance(front, pa.ChunkedArray) else [front]
        columns.append(pa.chunked_array([*chunks, tail], pa.string()).take(order))
    return pa.table(columns, names=[str(index) for index in range(width)])
