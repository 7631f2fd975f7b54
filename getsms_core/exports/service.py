"""Write one file in this process."""

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo
from pathlib import Path

import pandas as pd
import pyarrow as pa

from getsms_core.base import names
from getsms_core.base.atomic_file import whole
from getsms_core.base.errors import NotFound
from getsms_core.base.permissions import Actor, Permission
from getsms_core.base.settings import load
from getsms_core.db.engine import Store
from getsms_core.exports import comparison, query
from getsms_core.exports.columns_of_files import LIST_DELETED
from getsms_core.exports.row_filter import RowFilter
from getsms_core.exports.writers import SUMMED_COLUMNS, WRITERS
from getsms_core.reports import Filter
from getsms_core.spreadsheet import csv_writer

FORMATS = tuple(WRITERS)
'The formats with one row per message: "csv", "xlsx", "parquet", "json".'
BOARD = "pdf"
"The format of the report for the board: figures and charts without single messages."


@dataclass(frozen=True)
class Written:
    """The size of a written file: messages and bytes."""

    rows: int
    bytes: int
    deleted_lists: tuple[str, ...] = ()
    "The lists whose columns were asked for and whose rows are gone: their cells are empty."


def write(
    store: Store,
    actor: Actor,
    what: int | Filter,
    format: str,
    path: Path,
    columns: Sequence[str] | None = None,
    mask: bool = False,
    progress: Callable[[int], None] | None = None,
    zone: tzinfo | None = None,
    rows: RowFilter | None = None,
    csv_for: str = "",
    may_lack: bool = False,
) -> Written:
    """Write the messages of a campaign (its id) or of a filter to `path`, replacing an existing file.

    `columns` are from COLUMNS and MORE_COLUMNS, or `column:NAME` of the campaigns' lists (None: COLUMNS), `rows` leaves
    out messages, `mask` hides the middle of each number, as it always is for users who may not see phones; `progress`
    is called with the rows read so far, `zone` is the zone of the times (None: of the settings), `csv_for` is EXCEL_RU
    for a CSV that Excel in Russian opens, `may_lack` leaves a column empty that no list has. The file is written
    completely or not at all. Raises `DomainError` ("not-allowed", "no-such-format", "no-such-column",
    "no-such-campaign", "hidden-column", "read-failed"), OSError."""
    actor.must(Permission.EXPORT)
    mask = mask or not actor.may(Permission.SEE_PHONES)
    if format not in WRITERS:
        raise NotFound.of("no-such-format", case="known", name=format, known=", ".join(FORMATS))
    sheet = format == "xlsx"
    also = SUMMED_COLUMNS if sheet else ()
    selection = query.select(store, what, columns, mask, zone or load().zone, also, rows, may_lack)
    selection = replace(selection, csv_for=csv_for)
    if sheet:
        selection = replace(selection, comparison=comparison.compared(store, selection.question, selection.zone, rows))
    written = 0

    def counted(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        nonlocal written
        for batch in batches:
            written += batch.num_rows
            yield batch
            if progress:
                progress(written)

    with whole(path) as part:
        with query.batches(store, selection) as batches:
            WRITERS[format](counted(batches), selection, part)
        size = part.stat().st_size
    return Written(
        written, size, tuple(row.name for row in selection.lists.deleted if LIST_DELETED in selection.columns)
    )


def report(
    store: Store,
    actor: Actor,
    question: Filter,
    format: str,
    path: Path,
    columns: Sequence[str] | None = None,
    mask: bool = False,
    progress: Callable[[int], None] | None = None,
    zone: tzinfo | None = None,
    title: str = "",
    rows: RowFilter | None = None,
    csv_for: str = "",
    may_lack: bool = False,
) -> Written:
    """`write`; with the format `BOARD`, the report for the board in the language of this context."""
    actor.must(Permission.EXPORT)
    if format != BOARD:
        return write(store, actor, question, format, path, columns, mask, progress, zone, rows, csv_for, may_lack)
    from getsms_core.exports import board_pdf  # imported here: fonts and images take a third of a second

    return Written(*board_pdf.write(store, question, path, zone or load().zone, names.shorten("title", title)))


def table_csv(frame: pd.DataFrame) -> bytes:
    """Return a small frame as CSV for Excel: UTF-8 with a byte order mark, times in ISO 8601, no formulas."""
    csv_frame = frame.copy()
    for name in csv_frame.select_dtypes(include=["datetimetz"]).columns:
        csv_frame[name] = [None if pd.isna(at) else at.isoformat() for at in csv_frame[name]]
    for name in csv_frame.columns:
        if csv_frame[name].map(lambda value: isinstance(value, dict)).any():
            csv_frame[name] = [", ".join(f"{key}: {n}" for key, n in value.items()) for value in csv_frame[name]]
    out = io.BytesIO()
    csv_writer.write_table(pa.Table.from_pandas(csv_frame, preserve_index=False), out)
    return out.getvalue()
