"""The writer of CSV files: exports, the tables behind charts, rejected rows, opt-outs."""

import csv
import io
from collections.abc import Collection
from types import TracebackType
from typing import Any, BinaryIO, Literal, Self

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from getsms_core.spreadsheet.formulas import escape_formulas, escape_names

_BOM = b"\xef\xbb\xbf"  # without it Excel reads UTF-8 as the code page of the system
_BATCH_ROWS = 50_000

Quoting = Literal["all", "needed"]
"""Two layouts, both stable because scripts read them. "all": every text in quotation marks, lines end in LF; written by
pyarrow. "needed": only texts with a comma, quotation mark or line break, lines end in CRLF, as the commands write."""


class CsvWriter:
    """Writes batches of one schema to a binary file: comma, UTF-8 with a byte order mark, a header, no formula.
    Another `delimiter` only with the layout "all".

    A null is an empty cell without quotation marks. The columns named in `safe` are not searched for formulas."""

    def __init__(
        self,
        out: BinaryIO | pa.NativeFile,
        schema: pa.Schema,
        quoting: Quoting = "all",
        safe: Collection[str] = (),
        delimiter: str = ",",
    ) -> None:
        out.write(_BOM)
        self._safe = safe
        names = escape_names(schema.names)
        header = pa.schema([field.with_name(name) for field, name in zip(schema, names, strict=True)])
        self._arrow = None
        if quoting == "all":
            options = pyarrow.csv.WriteOptions(delimiter=delimiter)
            self._arrow = pyarrow.csv.CSVWriter(out, header, write_options=options)
        self._out = out
        if not self._arrow:
            self._write_lines([names])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._arrow:
            self._arrow.close()

    def write(self, batch: pa.RecordBatch) -> None:
        """Append the rows of a batch."""
        safe_batch = escape_formulas(batch, self._safe)
        if self._arrow:
            self._arrow.write_batch(safe_batch)
        else:
            self._write_lines(zip(*(column.to_pylist() for column in safe_batch.columns), strict=True))

    def _write_lines(self, lines: Any) -> None:
        text = io.StringIO(newline="")
        csv.writer(text).writerows(lines)
        self._out.write(text.getvalue().encode())


def write_table(table: pa.Table, out: BinaryIO, quoting: Quoting = "all") -> None:
    """Write a whole table of any column types."""
    with CsvWriter(out, table.schema, quoting) as writer:
        for batch in table.to_batches(_BATCH_ROWS):
            writer.write(batch)


def text_file(table: pa.Table) -> bytes:
    """A table as a CSV in memory; a text that is null becomes an empty one, in quotation marks."""
    columns = [pc.fill_null(column, "") if pa.types.is_string(column.type) else column for column in table.columns]
    filled = pa.table(columns, table.column_names)
    out = io.BytesIO()
    write_table(filled, out)
    return out.getvalue()
