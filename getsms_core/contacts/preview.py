"""A preview of how a stored file would be read with other options: its first rows and numbers.

Of a CSV only the beginning is read; a workbook and its like must be read whole. A child process reads, as for a check,
one at a time, so that many users need no more memory than one."""

import re
import threading
from dataclasses import dataclass, replace
from pathlib import Path

import sqlalchemy as sa
from sqlmodel import col

from getsms_core import spreadsheet
from getsms_core.base.errors import DomainError
from getsms_core.base.permissions import Actor, Permission
from getsms_core.base.temporary import temporary_folder
from getsms_core.contacts import validation
from getsms_core.contacts.facts import ListFacts
from getsms_core.contacts.lists import Options
from getsms_core.contacts.storage import get
from getsms_core.db.engine import Store
from getsms_core.db.models import ListFile

_BOOKS = (b"PK", bytes.fromhex("d0cf11e0"))
# Texts whose beginning alone is damaged or reads differently: HTML, XML, MHTML, vCard, SYLK, DIF.
_WHOLE_TEXT = re.compile(
    rb"(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?[\s\0]*(?:<|begin:|id;p|table\r?\n|mime-version|from:)", re.I
)
_LIMITS = replace(spreadsheet.LIMITS, cpu_seconds=30, wall_seconds=60)
_one_at_a_time = threading.Lock()


@dataclass(frozen=True)
class Preview:
    """The first rows: (row as the spreadsheet shows it, its cells, the outcome of its number as text). `trouble` says
    why there are none, or why no column holds the numbers."""

    rows: list[tuple[int, list[str], str]]
    columns: list[str]
    sheets: list[str]
    phone_column: str | None
    trouble: str = ""


def preview(store: Store, actor: Actor, list_id: int, options: Options, rows: int = 6) -> Preview:
    """Return the first rows of a list's file, read with these options, for users who may see phones: what a cell holds
    cannot be masked. Errors of the file are in `trouble`. Raises `DomainError` ("not-allowed", "no-such-list")."""
    actor.must(Permission.SEE_PHONES)
    waiting = get(store, list_id)
    try:
        with temporary_folder() as folder, _one_at_a_time:
            path = folder / ("upload" + Path(waiting.filename).suffix.lower())
            _write(store, list_id, path)
            read = spreadsheet.read(
                path,
                sheet=options.sheet,
                encoding=options.encoding,
                delimiter=options.delimiter,
                header_row=options.header_row,
                skip_hidden=options.skip_hidden,
                limits=_LIMITS,
            )
    except DomainError as refusal:
        return Preview([], [], list(ListFacts.from_stored(waiting.facts).sheets), None, refusal.message)
    cells = [["" if cell is None else cell for cell in row.values()] for row in read.table.slice(0, rows).to_pylist()]
    numbers = [int(number) for number in read.first_row_numbers[:rows]]
    try:
        column = validation.choose_phone_column(read, options.phone_column)
    except DomainError as refusal:
        plain = [(number, row, "") for number, row in zip(numbers, cells, strict=True)]
        return Preview(plain, read.columns, list(read.sheets), None, refusal.message)
    checked = validation.check_list(read.head(rows), phone_column=column, keep=options.keep, two="refuse")
    phones, problems = checked.rows["phone"].to_pylist(), list(checked.problems())
    refused = {problem["row"]: problem["message"] for problem in problems}
    outcomes = [str(phone) if phone else refused.get(row, "") for row, phone in zip(numbers, phones, strict=True)]
    return Preview(list(zip(numbers, cells, outcomes, strict=True)), read.columns, list(read.sheets), column)


def _write(store: Store, list_id: int, path: Path) -> None:
    """Write the file, or the first block of a text file."""
    of_list = col(ListFile.list_id) == list_id
    with store.reading() as session:
        places = list(session.scalars(sa.select(col(ListFile.number)).where(of_list).order_by(col(ListFile.number))))
    if not places:
        raise DomainError.of("no-file", id=list_id)
    with path.open("wb") as file:
        for place in places:
            with store.reading() as session:
                block = (
                    session.scalar(sa.select(col(ListFile.data)).where(of_list, col(ListFile.number) == place)) or b""
                )
            if place == places[0] and len(places) > 1 and not block.startswith(_BOOKS) and not _WHOLE_TEXT.match(block):
                file.write(whole_lines(block))
                return
            file.write(block)


def whole_lines(beginning: bytes) -> bytes:
    """Return the complete lines of the beginning of a text, in an encoding of one byte or two; all where no line
    ends."""
    end = beginning.rfind(b"\n") + 1
    if end % 2 and beginning[end : end + 1] == b"\0":  # the second byte of UTF-16's line break
        end += 1
    return beginning[:end] if end else beginning
