"""One writer per format: CSV, Parquet, JSON, XLSX. Each writes batches as they arrive and keeps none in memory."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet

from getsms_core.base.atomic_file import spool
from getsms_core.exports.columns import dressed, schema
from getsms_core.exports.columns_of_files import EXCEL_RU, INSTANTS
from getsms_core.exports.comparison import Comparison
from getsms_core.exports.conversions import Dress
from getsms_core.exports.query import Selection
from getsms_core.exports.xlsx import SUMMED_COLUMNS, FileTotals, write_book
from getsms_core.spreadsheet.csv_writer import CsvWriter
from getsms_core.spreadsheet.xlsx_writer import shorten_texts

__all__ = ["SUMMED_COLUMNS", "WRITERS"]
Batches = Iterator[pa.RecordBatch]
JSON_ROWS = 8_192  # held as Python objects at one time


def csv(rows: Batches, selection: Selection, path: Path) -> None:
    """Write CSV, see `CsvWriter`; for a spreadsheet program in another language as that one reads it."""
    excel = selection.csv_for == EXCEL_RU
    dress: Dress = "excel" if excel else "text"
    of_file = schema(selection, dress)
    safe = of_file.names if excel else INSTANTS  # `dressed` guards the texts for Excel
    with (
        pa.OSFile(str(path), "wb") as sink,
        CsvWriter(sink, of_file, safe=safe, delimiter=";" if excel else ",") as writer,
    ):
        for batch in rows:
            writer.write(dressed(batch, selection, dress))


def parquet(rows: Batches, selection: Selection, path: Path) -> None:
    """Write typed columns: times with their zone, prices as decimals."""
    with pyarrow.parquet.ParquetWriter(str(path), schema(selection, "typed"), compression="snappy") as writer:
        for batch in rows:
            writer.write_batch(dressed(batch, selection, "typed"))


def json(rows: Batches, selection: Selection, path: Path) -> None:
    """Write one array of objects, one per line: so'm as `price_list.document`, absent values null."""
    names = selection.columns
    with path.open("wb") as file:
        before = b"[\n"
        for batch in rows:
            dressed_batch = dressed(batch, selection, "text")
            for start in range(0, dressed_batch.num_rows, JSON_ROWS):
                columns = [_json_values(name, column) for name, column in
                           zip(names, dressed_batch.slice(start, JSON_ROWS).columns, strict=True)]  # fmt: skip
                for row in zip(*columns, strict=True):
                    file.write(before + orjson.dumps(dict(zip(names, row, strict=True))))
                    before = b",\n"
        file.write(b"[]\n" if before == b"[\n" else b"\n]\n")


def _json_values(name: str, column: pa.Array) -> list[Any]:
    values: list[Any] = column.to_pylist()
    if name in ("price", "cost"):  # "95.00" is 95 and "95.50" stays a text, as in the answers of the commands
        return [int(text[:-3]) if text.endswith(".00") else text for text in values]
    if name == "seconds_to_delivery":
        return [text and float(text) for text in values]
    return values


def xlsx(rows: Batches, selection: Selection, path: Path) -> None:
    """Write typed sheets with a frozen header and a filter, another sheet past Excel's last row, and a summary
    at the beginning."""
    rows_at = spool(path)
    totals = FileTotals(selection.zone)
    try:
        # Rows go to a temporary file first: the database is free after seconds, and the number of sheets is known.
        with pa.OSFile(str(rows_at), "wb") as sink, pa.ipc.new_file(sink, schema(selection, "sheet")) as writer:
            for batch in rows:
                totals.add(batch)
                writer.write_batch(shorten_texts(dressed(batch, selection, "sheet")))
        write_book(rows_at, path, selection, totals, selection.comparison or Comparison())
    finally:
        rows_at.unlink(missing_ok=True)


WRITERS: dict[str, Callable[[Batches, Selection, Path], None]] = {
    "csv": csv,
    "xlsx": xlsx,
    "parquet": parquet,
    "json": json,
}
"""The formats and their writers."""
