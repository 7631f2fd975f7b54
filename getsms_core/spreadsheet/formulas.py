"""The guard against formulas: no text of a file may be run by the spreadsheet program that opens it."""

from collections.abc import Collection, Sequence

import pyarrow as pa
import pyarrow.compute as pc

_STARTS = r"[=+\-@\t\r\n＝＋－＠]"
"""How a cell begins that a spreadsheet program may run: = + - @ (the wide forms too), tab, CR or LF."""
_FORMULA_START = rf"^'*{_STARTS}"  # with apostrophes in front as well, so that taking off one gives the text back
_APOSTROPHE_START = rf"^'+{_STARTS}"


def escape_formulas(batch: pa.RecordBatch, safe: Collection[str] = ()) -> pa.RecordBatch:
    """Put an apostrophe before every text and every column name that could be run; the columns named in `safe` are not
    searched. `unescape_formulas` gives back the texts.

    For CSV only: XLSX stores the type of a cell, so that a text is never run."""
    columns = []
    for name, values in zip(batch.schema.names, batch.columns, strict=True):
        column = values.cast(pa.string()) if pa.types.is_large_string(values.type) else values  # pandas has large ones
        if pa.types.is_string(column.type) and name not in safe:
            column = escape_texts(column)
        columns.append(column)
    return pa.record_batch(columns, escape_names(batch.schema.names))


def escape_texts(column: pa.Array) -> pa.Array:
    """Put an apostrophe before every text of a column that could be run."""
    return _with_apostrophe(column, _FORMULA_START)


def escape_names(names: Sequence[str]) -> list[str]:
    """Column names, with an apostrophe before those that a spreadsheet program may run."""
    return list(_with_apostrophe(pa.array(names, pa.string()), _FORMULA_START).to_pylist())


def escape_apostrophes(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Put one more apostrophe before every text that begins like an escaped one, for files without a guard: XLSX.
    `unescape_formulas` takes it off when the file comes back."""
    return pa.record_batch(
        [_with_apostrophe(column, _APOSTROPHE_START) for column in batch.columns],
        list(_with_apostrophe(pa.array(batch.schema.names, pa.string()), _APOSTROPHE_START).to_pylist()),
    )


def unescape_formulas(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column of a file without the apostrophes that guard its texts against being run."""
    if not pc.any(pc.starts_with(column, "'")).as_py():  # 6 ms for a million cells, the expression below 150
        return column
    return pc.replace_substring_regex(column, rf"^'('*{_STARTS})", r"\1")


def _with_apostrophe(column: pa.Array, start: str) -> pa.Array:
    dangerous = pc.fill_null(pc.match_substring_regex(column, start), False)
    if not pc.any(dangerous).as_py():
        return column
    return pc.if_else(dangerous, pc.binary_join_element_wise("'", column, ""), column)
