"""Read a list: a child process parses it, and its answer becomes a `Sheet` or a `DomainError`."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from getsms_core.phone import UNCALCULATED
from getsms_core.spreadsheet import headers
from getsms_core.spreadsheet.errors import read_error
from getsms_core.spreadsheet.formulas import unescape_formulas
from getsms_core.spreadsheet.limits import LIMITS, SHOWN_ROWS, Limits
from getsms_core.spreadsheet.model import OWN_COLUMN, Sheet
from getsms_core.spreadsheet.subprocess_reader import Reading, begin


def read(
    path: Path | str,
    *,
    sheet: str | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    header_row: int | None = None,
    skip_hidden: bool = False,
    limits: Limits = LIMITS,
    watch: Callable[[], None] | None = None,
    begun: Reading | None = None,
) -> Sheet:
    """The list in a file, all cells as text. What is None is found out by content.

    `header_row` is the row that names the columns, as the spreadsheet counts; 0 means that none does. With
    `skip_hidden`, rows that are hidden or filtered out are left out. Raises `DomainError`: no-such-file, cannot-read,
    empty-file, not-a-spreadsheet, encrypted, truncated, too-big, no-such-sheet, no-such-row, wrong-encoding,
    wrong-delimiter, encoding-not-applicable, quoted-lines, uncommon-delimiter, fixed-width, similar-headers,
    hidden-rows-unknown. A file that kills its reader is refused as too-big or
    truncated; nothing else happens. The table is memory-mapped from a deleted file and is freed after its last use.

    `watch` is called several times a second meanwhile; what it raises stops the reading and is raised here. `begun` is
    a `begin` of the same file with the same choices, so that only the rest of the time is waited for."""
    reading = begun or begin(path, sheet=sheet, encoding=encoding, delimiter=delimiter, limits=limits)
    with reading:
        answer = reading.answer(watch)
        with pa.memory_map(str(reading.table)) as source:
            table = pa.ipc.open_file(source).read_all()
    return _sheet(table, answer, header_row, skip_hidden)


def _sheet(table: pa.Table, answer: dict[str, Any], header_row: int | None, skip_hidden: bool) -> Sheet:
    """Remove the header, name the columns, drop the columns that we added, count the hidden rows."""
    if skip_hidden and answer["hidden"] is None:
        raise read_error("hidden-rows-unknown", {"limit": SHOWN_ROWS})
    numbers = table.column("row").to_numpy() + np.int32(1)
    table = table.drop_columns(["row"])
    table = pa.table([unescape_formulas(column) for column in table.columns], table.column_names)
    if header_row is None:
        header_index = headers.find_header_row(table)
    elif header_row == 0:
        header_index = None
    else:
        matching_rows = np.flatnonzero(numbers == header_row)
        if not len(matching_rows):
            raise read_error("no-such-row", {"row": header_row, "last": int(numbers[-1])})
        header_index = int(matching_rows[0])
    cells = [column[header_index].as_py() if header_index is not None else None for column in table.columns]
    first = 0 if header_index is None else header_index + 1
    table, header_row_number = table.slice(first), None if header_index is None else int(numbers[header_index])
    if similar := headers.similar_columns(cells, answer["indexes"]):
        raise read_error("similar-headers", similar)
    names = headers.column_names(cells, answer["indexes"])
    numbers = numbers[first:]
    hidden = np.isin(numbers, np.array(answer["hidden"] or (), np.int32) + np.int32(1))
    hidden_rows = None if answer["hidden"] is None else int(hidden.sum())
    if skip_hidden and hidden_rows:
        table, numbers = table.filter(pa.array(~hidden)), numbers[~hidden]
    table = table.rename_columns(names)
    own_columns = [name for name in names if name.startswith(OWN_COLUMN)]
    empty_columns = [
        name
        for name, cell, column in zip(names, cells, table.columns, strict=True)
        if not (cell or "").strip()
        and (column.null_count == len(column) or (header_index is not None and _is_blank(column)))
    ]
    table = table.drop_columns([*dict.fromkeys([*own_columns, *empty_columns])])
    if not table.num_rows or not table.num_columns:
        raise read_error("empty-file", {})
    formulas = _formulas(table)
    for name, column in formulas.items():
        values = pc.if_else(pc.is_valid(column), None, _flat(table[name]))
        table = table.set_column(table.column_names.index(name), name, values)
    return Sheet(
        table=table,
        first_row_numbers=numbers,
        sheet=answer["sheet"],
        sheets=answer["sheets"],
        encoding=answer["encoding"],
        delimiter=answer["delimiter"],
        header_row=header_row_number,
        formulas=formulas,
        hidden_rows=hidden_rows,
        skipped_rows=hidden_rows or 0 if skip_hidden else 0,
        as_shown=answer["as_shown"],
    )


def _is_blank(column: pa.ChunkedArray) -> bool:
    """Whether a column shows nothing: text files have empty cells where workbooks have none."""
    shown = pc.not_equal(pc.utf8_trim_whitespace(column), "")
    return not pc.any(pc.fill_null(shown, False)).as_py()


def _formulas(table: pa.Table) -> dict[str, pa.Array]:
    """The formulas without a stored value, by column; only columns that have any."""
    formulas = {}
    for name, column in zip(table.column_names, table.columns, strict=True):
        marked = pc.starts_with(column, UNCALCULATED)
        if pc.any(marked).as_py():
            formulas[name] = _flat(pc.if_else(marked, column, None))
    return formulas


def _flat(column: pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks()
