"""The writer of XLSX files, by rustpy-xlsxwriter. A text is stored as a text: it never becomes a formula or a link."""

import io
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
from rustpy_xlsxwriter import Format, write_worksheets

from getsms_core.spreadsheet.formulas import escape_apostrophes

MOST_ROWS = 1_048_575  # Excel's 1,048,576 less the header
MOST_CHARACTERS = 32_767  # that Excel stores in a cell
BOLD = Format().set_bold()
_OS_ERROR = re.compile(r"(?:\bOs \{ code: |\(os error |\[Errno )(\d+)")  # as the library and Python word it
_REASON_WIDTH, _TEXT_WIDTH = 60.0, 18.0  # in characters


def write_workbook(sheets: Sequence[tuple[str, Any]], out: str | BinaryIO, **layout: Any) -> None:
    """Write sheets (name, Arrow table or reader or list of dicts), each with a bold header that stays in view.

    `layout` are options of rustpy_xlsxwriter.write_worksheets. Raises RuntimeError for a text that is too long
    (see `shorten_texts`), OSError where the file or the library's temporary one cannot be written."""
    names = [name for name, _rows in sheets]
    try:
        write_worksheets(
            list(sheets),
            out,
            header_format=dict.fromkeys(names, BOLD),
            freeze_panes={name: {"row": 1, "col": 0} for name in names},
            **layout,
        )
    except BaseException as error:  # on a full disk the library panics, and a panic is no Exception
        if number := _OS_ERROR.search(str(error)):
            raise OSError(int(number[1]), os.strerror(int(number[1]))) from None
        if type(error).__name__ == "PanicException":
            raise RuntimeError(str(error)) from None
        raise


def write_texts(table: pa.Table, out: BinaryIO) -> None:
    """Write a table as texts, so that no digit is lost; the first column is wide, as reasons are long.

    Rows past Excel's last one are continued on another sheet."""
    texts = pa.table([column.cast(pa.string()) for column in table.columns], table.column_names)
    if texts.num_rows:
        texts = pa.Table.from_batches(map(escape_apostrophes, texts.to_batches()))
    sheets = [
        (f"Sheet{n}", pa.Table.from_batches(map(shorten_texts, part.to_batches()), texts.schema))
        for n, part in enumerate(
            (texts.slice(first, MOST_ROWS) for first in range(0, max(texts.num_rows, 1), MOST_ROWS)), start=1
        )
    ]
    widths = [_REASON_WIDTH, *[_TEXT_WIDTH] * (texts.num_columns - 1)]
    write_workbook(sheets, out, column_widths=dict.fromkeys((name for name, _rows in sheets), widths))


def text_file(table: pa.Table) -> bytes:
    """`write_texts`, in memory."""
    out = io.BytesIO()
    write_texts(table, out)
    return out.getvalue()


def split(batches: Iterable[pa.RecordBatch], first: int, count: int) -> Iterator[pa.RecordBatch]:
    """The rows `first` to `first + count` of consecutive batches, without copying them."""
    position = 0
    for batch in batches:
        start, end = max(first - position, 0), min(first + count - position, batch.num_rows)
        if start < end:
            yield batch.slice(start, end - start)
        position += batch.num_rows


def shorten_texts(batch: pa.RecordBatch) -> pa.RecordBatch:
    """A batch whose texts fit Excel's cells: a message of 255 parts has more characters than a cell stores."""
    columns = []
    for values in batch.columns:
        column = values
        if pa.types.is_string(values.type):
            too_long = pc.fill_null(pc.greater(pc.utf8_length(values), MOST_CHARACTERS), False)
            if pc.any(too_long).as_py():
                shortened = pc.binary_join_element_wise(
                    pc.utf8_slice_codeunits(values, 0, MOST_CHARACTERS - 1), "…", ""
                )
                column = pc.if_else(too_long, shortened, values)
        columns.append(column)
    return pa.record_batch(columns, batch.schema)
