"""The guard against formulas: no text of a file may be run by the spreadsheet program that opens it."""

from collections.abc import Collection

import pyarrow as pa
import pyarrow.compute as pc

_FORMULA_START = r"^[=+\-@\t\r\n＝＋－＠]"
"""How a cell begins that a spreadsheet program may run: = + - @ (the wide forms too), tab, CR or LF."""


def escape_formulas(batch: pa.RecordBatch, safe: Collection[str] = ()) -> pa.RecordBatch:
    """Put an apostrophe before every text that could be run; the columns named in `safe` are not searched.

    For CSV only: XLSX stores the type of a cell, so that a text is never run."""
    columns = []
    for name, values in zip(batch.schema.names, batch.columns, strict=True):
        column = values.cast(pa.string()) if pa.types.is_large_string(values.type) else values  # pandas has large ones
        if pa.types.is_string(column.type) and name not in safe:
            dangerous = pc.fill_null(pc.match_substring_regex(column, _FORMULA_START), False)
            if pc.any(dangerous).as_py():
                column = pc.if_else(dangerous, pc.binary_join_element_wise("'", column, ""), column)
        columns.append(column)
    return pa.record_batch(columns, batch.schema.names)
