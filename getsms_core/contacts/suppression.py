"""Opt-outs: numbers that get no messages, typed, pasted or uploaded, each with source, reason and date.

A list is compared with them when it is checked, and again when a chunk is claimed: a number that is added while a
campaign runs gets no further message.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core import phone, spreadsheet
from getsms_core.audit import log as audit
from getsms_core.base import names
from getsms_core.base.errors import DomainError
from getsms_core.base.kinds import OptOutScope
from getsms_core.base.permissions import Actor, Permission
from getsms_core.base.settings import load
from getsms_core.contacts import validation
from getsms_core.contacts.validation import CheckedList
from getsms_core.db import bulk
from getsms_core.db.column_types import fetched_rows
from getsms_core.db.engine import Store, now_ms
from getsms_core.db.models import OptOut, table
from getsms_core.phone import Outcome

Numbers = npt.NDArray[np.int64]
_COLUMNS = ("phone", "source", "reason", "created_at", "created_by", "scope")
_WORDS = re.compile(r"[\s,;|\"]+")
# "all" widens an opt-out from advertising, which then has the new source and date; nothing narrows one.
_WIDENED = """
ON CONFLICT (phone) DO UPDATE SET source = excluded.source, reason = excluded.reason, created_at = excluded.created_at,
created_by = excluded.created_by, scope = 'all' WHERE opt_out.scope = 'advertising' AND excluded.scope = 'all'
"""
_INSERT = f"INSERT INTO opt_out ({', '.join(_COLUMNS)})"
_SQLITE = f"{_INSERT} VALUES (?, ?, ?, ?, ?, ?) {_WIDENED}"
_NUMBERS = "SELECT number, %s, %s, %s, %s, %s FROM unnest(%s::bigint[]) AS number ORDER BY number"
_POSTGRESQL = f"{_INSERT} {_NUMBERS} {_WIDENED}"


@dataclass(frozen=True)
class RejectedText:
    """Something in a pasted text that is not a mobile number, with the reason."""

    line: int
    text: str
    message: str


@dataclass(frozen=True)
class ParsedNumbers:
    """Numbers of a text or a file, each once, ascending, and a count of the refused rows. `file` is the full check of a
    file, with its refused rows as a table to correct."""

    numbers: Numbers
    refused: int
    pieces: tuple[RejectedText, ...] = ()
    file: CheckedList | None = None


def numbers(store: Store, scope: OptOutScope = OptOutScope.ALL) -> Numbers:
    """Return the numbers that opted out of everything, or of advertising alone, ascending."""
    opt_out = table(OptOut)
    with store.reading() as session:
        rows = session.connection().execute(sa.select(opt_out.c.phone).where(opt_out.c.scope == scope)).fetchall()
    return np.sort(np.fromiter((row[0] for row in rows), np.int64, len(rows)))


def newest(store: Store, scope: OptOutScope) -> tuple[int, int]:
    """Return how many numbers opted out of everything, or of advertising alone, and when the last one did (UTC ms; 0
    without any). As long as both are the same, the numbers are."""
    opt_out = table(OptOut)
    query = sa.select(sa.func.count(), sa.func.coalesce(sa.func.max(opt_out.c.created_at), 0))
    with store.reading() as session:
        count, last = session.execute(query.where(opt_out.c.scope == scope)).one()
        return int(count), int(last)


def parse_text(text: str) -> ParsedNumbers:
    """Return the numbers of a pasted text, one or several per line, in any notation. Words beside a number and a
    heading are ignored; text that looks like a number but is invalid is reported, and so is a line without any
    number."""
    lines = text.splitlines()
    checked_lines = phone.check_column(pa.array(lines, pa.string()))
    phones, refused = checked_lines.numbers[checked_lines.numbers > 0].tolist(), list[RejectedText]()
    for line in np.flatnonzero(checked_lines.numbers == 0).tolist():  # lines with anything but one plain number
        content = lines[line]
        if not any(map(str.isdecimal, content)):
            if content.strip(" \t,;\"'"):
                refused.append(_refused(line + 1, content, Outcome.NOT_A_NUMBER))
            continue
        for candidate in split_numbers_of_line(content):
            checked = phone.check(candidate)
            if checked.number:
                phones.append(checked.number)
            elif checked.outcome != Outcome.EMPTY:
                refused.append(_refused(line + 1, candidate, checked.outcome))
    first = next((line for line, content in enumerate(lines, 1) if content.strip()), 0)
    if phones and refused and refused[0].line == first and not any(map(str.isdecimal, refused[0].text)):
        del refused[0]
    return ParsedNumbers(np.unique(np.array(phones, np.int64)), len(refused), tuple(refused))


def _refused(line: int, text: str, outcome: Outcome) -> RejectedText:
    return RejectedText(line, text.strip(), phone.message(outcome, text.strip()))


def split_numbers_of_line(line: str) -> Iterator[str]:
    """Split a line into numbers. "90 123 45 67 91 123 45 67" is split where the groups form complete numbers."""
    for candidate in phone.split_numbers(line):
        checked = phone.check(candidate)
        if checked.outcome == Outcome.NOT_A_NUMBER:
            candidate = " ".join(word for word in _WORDS.split(candidate) if any(map(str.isdecimal, word)))
            checked = phone.check(candidate)
        groups = candidate.split()
        if checked.number or len(groups) < 3 or sum(letter.isdecimal() for letter in candidate) < 18:
            yield candidate
            continue
        start = 0
        while start < len(groups):
            end = next(
                (stop for stop in range(len(groups), start, -1) if phone.check(" ".join(groups[start:stop])).number),
                start + 1,
            )
            yield " ".join(groups[start:end])
            start = end


def parse_file(path: Path, options: dict[str, Any] | None = None) -> ParsedNumbers:
    """Return the numbers of a file; all of a cell with several. Rows without a number are refused.

    `options` are those of `spreadsheet.read` and `phone_column`. Raises `DomainError` for a file that cannot be
    read."""
    read_options = dict(options or {})
    column = read_options.pop("phone_column", None)
    checked = validation.check_list(spreadsheet.read(path, **read_options), phone_column=column, two="both")
    return ParsedNumbers(
        np.unique(checked.accepted()["phone"].to_numpy()),
        checked.counts.rejected,
        file=checked,
    )


def add(
    store: Store,
    actor: Actor,
    phones: Iterable[int] | Numbers,
    source: str,
    reason: str,
    scope: OptOutScope = OptOutScope.ALL,
) -> int:
    """Add numbers to the opt-outs; return how many were new or widened from advertising to everything. An opt-out is
    never narrowed. Running campaigns apply them from the next chunk on."""
    actor.must(Permission.LISTS)
    source, reason = names.clean("source", source), names.clean("reason", reason)
    numbers_to_add = phones if isinstance(phones, np.ndarray) else np.fromiter(phones, np.int64)
    numbers_to_add = np.unique(numbers_to_add)
    if not len(numbers_to_add):
        return 0

    def work(session: Session) -> int:
        values = (source, reason, now_ms(session), actor.name, scope.value)
        added = _insert(session, numbers_to_add.tolist(), values)
        if added:
            details = {"numbers": added, "source": source, "reason": reason, "scope": scope.value}
            audit.note(session, actor, "optout.add", "optouts", **details)
        return added

    return store.transact(work)


def _insert(session: Session, phones: list[int], values: tuple[str, str, int, str, str]) -> int:
    """Insert all in one statement: 100,000 in half a second; `values` are source, reason, time, user and scope.
    Ascending, so that concurrent inserts wait for each other instead of deadlocking."""
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        rows = [(number, *values) for number in phones]
        before = connection.exec_driver_sql("SELECT total_changes()").scalar_one()
        connection.exec_driver_sql(_SQLITE, rows)
        return int(connection.exec_driver_sql("SELECT total_changes()").scalar_one() - before)
    return connection.exec_driver_sql(_POSTGRESQL, (*values, phones)).rowcount


def remove(store: Store, actor: Actor, number: int, reason: str) -> None:
    """Remove a number from the opt-outs, for a reason, which is audited.

    Raises `DomainError` ("reason-missing", "not-opted-out")."""
    actor.must(Permission.LISTS)
    reason = names.clean("reason", reason)
    if not reason:
        raise DomainError.of("reason-missing", case="opt-out")
    with store.writing() as session:
        deletion = session.execute(sa.delete(OptOut).where(col(OptOut.phone) == number))
        if bulk.rows_changed(deletion) == 0:
            raise DomainError.of("not-opted-out", phone=number)
        audit.note(session, actor, "optout.remove", f"phone:{number}", reason=reason)


def export_table(store: Store, actor: Actor, zone: tzinfo | None = None) -> pa.Table:
    """Return all opt-outs as a table for a file, for users who may see phones: phone as text, source, reason, added
    (ISO 8601 in `zone`; None: that of the settings), by, scope ("all" or "advertising"); by number. Raises
    `DomainError` ("not-allowed")."""
    actor.must(Permission.SEE_PHONES)
    query = sa.select(*(table(OptOut).c[name] for name in _COLUMNS)).order_by(table(OptOut).c.phone)
    with store.reading() as session:
        rows = session.connection().execute(query).fetchall()
    columns = fetched_rows(OptOut, _COLUMNS, rows)
    zone = zone or load().zone
    added = [datetime.fromtimestamp(at // 1000, zone).isoformat() for at in columns["created_at"].to_pylist()]
    return pa.table(
        {
            "phone": columns["phone"].cast(pa.string()),
            "source": columns["source"],
            "reason": columns["reason"],
            "added": pa.array(added, pa.string()),
            "by": columns["created_by"],
            "scope": columns["scope"],
        }
    )
