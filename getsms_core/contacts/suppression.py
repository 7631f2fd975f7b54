"""The numbers that nothing is sent to: typed, pasted or uploaded, each with source, reason and date.

They are held against a list when it is checked, and again when a chunk is claimed: whoever is added while a campaign
runs gets nothing more of it.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core import phone, spreadsheet
from getsms_core.audit import log as audit
from getsms_core.base.errors import DomainError
from getsms_core.base.i18n import _
from getsms_core.base.permissions import Actor, Permission
from getsms_core.contacts import validation
from getsms_core.contacts.validation import CheckedList
from getsms_core.db import bulk
from getsms_core.db.engine import Store, now_ms
from getsms_core.db.models import OptOut, table
from getsms_core.phone import Outcome

Numbers = npt.NDArray[np.int64]
_COLUMNS = ("phone", "source", "reason", "created_at", "created_by")
_WORDS = re.compile(r"[\s,;|\"]+")
_SQLITE = "INSERT OR IGNORE INTO opt_out (phone, source, reason, created_at, created_by) VALUES (?, ?, ?, ?, ?)"
_POSTGRESQL = """
INSERT INTO opt_out (phone, source, reason, created_at, created_by)
SELECT number, %s, %s, %s, %s FROM unnest(%s::bigint[]) AS number ORDER BY number ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True)
class RejectedText:
    """Something in a pasted text that is no mobile number, and why."""

    line: int
    text: str
    message: str


@dataclass(frozen=True)
class ParsedNumbers:
    """What a text or a file holds: numbers, each once, ascending, and what was refused. `file` is the whole check of a
    file, with its refused rows as a table to mend."""

    numbers: Numbers
    refused: int
    pieces: tuple[RejectedText, ...] = ()
    file: CheckedList | None = None


def numbers(store: Store) -> Numbers:
    """All opted-out numbers, ascending."""
    with store.reading() as session:
        rows = session.connection().execute(sa.select(table(OptOut).c.phone)).fetchall()
    return np.sort(np.fromiter((row[0] for row in rows), np.int64, len(rows)))


def parse_text(text: str) -> ParsedNumbers:
    """The numbers of a pasted text, one or several a line, however they are written. Words beside a number are passed
    over, as is a heading; what looks like a number and is none is named, and so is a line without any."""
    lines = text.splitlines()
    whole = phone.check_column(pa.array(lines, pa.string()))
    found, refused = whole.numbers[whole.numbers > 0].tolist(), list[RejectedText]()
    for line in np.flatnonzero(whole.numbers == 0).tolist():  # what is more than one plain number
        content = lines[line]
        if not any(map(str.isdecimal, content)):
            if content.strip(" \t,;\"'"):
                refused.append(_refused(line + 1, content, Outcome.NOT_A_NUMBER))
            continue
        for piece in _pieces(content):
            checked = phone.check(piece)
            if checked.number:
                found.append(checked.number)
            elif checked.outcome != Outcome.EMPTY:
                refused.append(_refused(line + 1, piece, checked.outcome))
    first = next((line for line, content in enumerate(lines, 1) if content.strip()), 0)
    if found and refused and refused[0].line == first and not any(map(str.isdecimal, refused[0].text)):
        del refused[0]
    return ParsedNumbers(np.unique(np.array(found, np.int64)), len(refused), tuple(refused))


def _refused(line: int, text: str, outcome: Outcome) -> RejectedText:
    return RejectedText(line, text.strip(), phone.message(outcome, text.strip()))


def _pieces(line: str) -> Iterator[str]:
    """A line cut into numbers. "90 123 45 67 91 123 45 67" is cut where the groups make a whole number each."""
    for piece in phone.split_numbers(line):
        checked = phone.check(piece)
        if checked.outcome == Outcome.NOT_A_NUMBER:
            piece = " ".join(word for word in _WORDS.split(piece) if any(map(str.isdecimal, word)))
            checked = phone.check(piece)
        groups = piece.split()
        if checked.number or len(groups) < 3 or sum(letter.isdecimal() for letter in piece) < 18:
            yield piece
            continue
        start = 0
        while start < len(groups):
            end = next(
                (to for to in range(len(groups), start, -1) if phone.check(" ".join(groups[start:to])).number),
                start + 1,
            )
            yield " ".join(groups[start:end])
            start = end


def parse_file(path: Path, options: dict[str, Any] | None = None) -> ParsedNumbers:
    """The numbers of a file that `sheet.read` reads; of a cell with several, all. Rows that hold none are refused.

    `options` are those of `sheet.read` and `phone_column`. Raises `DomainError` for a file that cannot be read."""
    asked = dict(options or {})
    column = asked.pop("phone_column", None)
    checked = validation.check_list(spreadsheet.read(path, **asked), phone_column=column, two="both")
    return ParsedNumbers(
        np.unique(checked.accepted()["phone"].to_numpy()),
        checked.counts["rejected"],
        file=checked,
    )


def add(store: Store, actor: Actor, phones: Iterable[int] | Numbers, source: str, reason: str) -> int:
    """Add numbers that nothing is sent to; returns how many were new. Running campaigns heed them at the next chunk."""
    actor.must(Permission.LISTS)
    wanted = phones if isinstance(phones, np.ndarray) else np.fromiter(phones, np.int64)
    wanted = np.unique(wanted)
    if not len(wanted):
        return 0

    def work(session: Session) -> int:
        added = _insert(session, wanted.tolist(), source.strip(), reason.strip(), now_ms(session), actor.name)
        if added:
            audit.note(session, actor, "optout.add", "optouts", numbers=added, source=source, reason=reason)
        return added

    return store.transact(work)


def _insert(session: Session, phones: list[int], source: str, reason: str, at: int, by: str) -> int:
    """One statement for all: a hundred thousand in half a second. Ascending, so that two who add at once wait for each
    other instead of deadlocking."""
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        rows = [(number, source, reason, at, by) for number in phones]
        before = connection.exec_driver_sql("SELECT total_changes()").scalar_one()
        connection.exec_driver_sql(_SQLITE, rows)
        return int(connection.exec_driver_sql("SELECT total_changes()").scalar_one() - before)
    return connection.exec_driver_sql(_POSTGRESQL, (source, reason, at, by, phones)).rowcount


def remove(store: Store, actor: Actor, number: int, reason: str) -> None:
    """Let a number be sent to again, for a reason, which is audited.

    Raises `DomainError` ("reason-missing", "not-opted-out")."""
    actor.must(Permission.LISTS)
    if not reason.strip():
        raise DomainError("reason-missing", _("Say why this number may be sent to again."))
    with store.writing() as session:
        gone = session.execute(sa.delete(OptOut).where(col(OptOut.phone) == number))
        if bulk.rows_changed(gone) == 0:
            raise DomainError("not-opted-out", _("{phone} is not on the opt-out list.").format(phone=number))
        audit.note(session, actor, "optout.remove", f"phone:{number}", reason=reason.strip())


def export_table(store: Store) -> pa.Table:
    """All of them as a table for a file: phone as text, source, reason, added (UTC, ISO 8601), by; by number."""
    query = sa.select(*(table(OptOut).c[name] for name in _COLUMNS)).order_by(table(OptOut).c.phone)
    with store.reading() as session:
        rows = session.connection().execute(query).fetchall()
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(_COLUMNS)
    added = pa.array(columns[3], pa.int64()).cast(pa.timestamp("ms")).cast(pa.timestamp("s"), safe=False)
    return pa.table(
        {
            "phone": pa.array(columns[0], pa.int64()).cast(pa.string()),
            "source": pa.array(columns[1], pa.string()),
            "reason": pa.array(columns[2], pa.string()),
            "added": added.cast(pa.string()),
            "by": pa.array(columns[4], pa.string()),
        }
    )
