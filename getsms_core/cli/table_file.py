"""A table as a file that a spreadsheet program opens: CSV or XLSX, by the name's ending."""

import csv
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from getsms_core.base.errors import DomainError, os_reason
from getsms_core.base.i18n import _

if TYPE_CHECKING:
    import pyarrow as pa

_LIVE = tuple("=+-@\t\r\n＝＋－＠")
_BATCH = 50_000
_OUTPUTS = (
    "-",
    "/dev/stdout",
    "/dev/stderr",
    "/dev/tty",
    "/dev/fd/1",
    "/dev/fd/2",
    "/proc/self/fd/1",
    "/proc/self/fd/2",
)


class OutFile(click.Path):
    """A file to write. Never this command's own output: the answer goes there, and would lie across the file."""

    def __init__(self) -> None:
        super().__init__(path_type=Path, dir_okay=False)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """The path, or wrong usage."""
        if str(value) in _OUTPUTS:
            self.fail(_("the answer goes to the output; name a file"), param, ctx)
        return Path(os.fsdecode(super().convert(value, param, ctx)))


def write_table(rows: "pa.Table", path: Path) -> None:
    """Write all cells as text; none becomes a formula. Raises Refused: unknown-format, cannot-write."""
    kind = path.suffix.lower()
    if kind not in (".csv", ".xlsx"):
        raise DomainError("unknown-format", _("The file {file} must end in .csv or .xlsx.").format(file=path.name))
    try:
        (_csv if kind == ".csv" else _xlsx)(rows, path)
    except OSError as error:
        raise cannot_write(path, error) from error


def cannot_write(path: Path, error: OSError) -> DomainError:
    """The refusal for a file that the system does not let us write."""
    template = _("The file {file} cannot be written: {reason}.")
    return DomainError("cannot-write", template.format(file=path, reason=os_reason(error)))


def _csv(rows: "pa.Table", path: Path) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:  # the mark in front is for Excel
        writer = csv.writer(file)
        writer.writerow(rows.column_names)
        for batch in rows.to_batches(_BATCH):
            columns = (column.to_pylist() for column in batch.columns)
            writer.writerows([_tame(cell) for cell in row] for row in zip(*columns, strict=True))


def _tame(cell: str | None) -> str:
    text = cell or ""
    return "'" + text if text.startswith(_LIVE) else text


def _xlsx(rows: "pa.Table", path: Path) -> None:
    import xlsxwriter

    path.open("wb").close()  # refused here, before the work
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(str(path), options) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, rows.column_names)
        number = 0
        for batch in rows.to_batches(_BATCH):
            for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                number += 1
                for place, cell in enumerate(row):
                    if cell:
                        sheet.write_string(number, place, cell)
