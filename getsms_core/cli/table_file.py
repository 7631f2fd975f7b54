"""Write a table to a CSV or XLSX file, by the ending of its name."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from getsms_core.base.atomic_file import whole
from getsms_core.base.errors import DomainError, os_cause
from getsms_core.base.i18n import _

if TYPE_CHECKING:
    import pyarrow as pa

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
    """A file to write. It cannot be the command's own output, which receives the answer."""

    def __init__(self) -> None:
        super().__init__(path_type=Path, dir_okay=False)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """Return the path. Raises click.BadParameter."""
        if str(value) in _OUTPUTS:
            self.fail(_("the answer is written to this output; choose a file"), param, ctx)
        return Path(os.fsdecode(super().convert(value, param, ctx)))


def write_table(rows: "pa.Table", path: Path) -> None:
    """Write all cells as text; none becomes a formula. An existing file is replaced once the new one is complete.
    Raises `DomainError` ("unknown-format", "cannot-write")."""
    kind = checked_format(path)
    from getsms_core.spreadsheet import csv_writer, xlsx_writer

    try:
        with whole(path) as part, part.open("wb") as file:
            if kind == ".csv":
                csv_writer.write_table(rows, file, quoting="needed")
            else:
                xlsx_writer.write_texts(rows, file)
    except OSError as error:
        raise cannot_write(path, error) from error


def checked_format(path: Path) -> str:
    """Return ".csv" or ".xlsx". Raises `DomainError` ("unknown-format") for a file of another ending."""
    kind = path.suffix.lower()
    if kind not in (".csv", ".xlsx"):
        raise DomainError("unknown-format", _("The file {file} must end in .csv or .xlsx.").format(file=path.name))
    return kind


def cannot_write(path: Path, error: OSError) -> DomainError:
    """Return the error for a file that the system does not let us write."""
    return DomainError.of("cannot-write", file=str(path), reason=os_cause(error))
