"""The rows of a file or a pasted text that name who responded: by phone number or client key, with amount and time."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, tzinfo
from enum import StrEnum
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from getsms_core import phone, spreadsheet
from getsms_core.base import amounts
from getsms_core.base.errors import DomainError
from getsms_core.base.i18n import N_
from getsms_core.base.permissions import Actor, Permission
from getsms_core.base.temporary import temporary_folder
from getsms_core.contacts import suppression, validation
from getsms_core.contacts.conditions.keys import keys
from getsms_core.contacts.conditions.values import date_of
from getsms_core.spreadsheet import Sheet, phone_columns

Integers = npt.NDArray[np.int64]
UNKNOWN = -1
"""An amount or a time that a row does not name."""
DAY_MS = 86_400_000
_TIME = re.compile(
    r"(?P<day>\S+?)[T ,]\s*(?P<h>\d{1,2}):(?P<m>\d{2})(?::(?P<s>\d{2})(?:[.,]\d+)?)?\s*(?P<zone>Z|[+-]\d{2}:?\d{2})?",
    re.ASCII,
)


class UnusedReason(StrEnum):
    """Why a row is not counted as a response."""

    NO_NUMBER = "no-number"
    NO_KEY = "no-key"
    BAD_AMOUNT = "bad-amount"
    BAD_TIME = "bad-time"
    NO_MESSAGE = "no-message"
    NOT_SENT = "not-sent"
    EARLIER = "earlier"


UNUSED_WORDS = {
    UnusedReason.NO_NUMBER: N_("It holds no phone number."),
    UnusedReason.NO_KEY: N_("It holds no client key."),
    UnusedReason.BAD_AMOUNT: N_("Its amount cannot be read as money."),
    UnusedReason.BAD_TIME: N_("Its time cannot be read; write it like 31.12.2026 14:05."),
    UnusedReason.NO_MESSAGE: N_("Nobody with this number or key got a message of this campaign."),
    UnusedReason.NOT_SENT: N_("The message to this person was not sent."),
    UnusedReason.EARLIER: N_(
        "The response is earlier than the message; in the control group, earlier than the start of the campaign."
    ),
}
"""The sentence of each reason; translate it with `_` where it is shown."""


@dataclass(frozen=True)
class UnusedRow:
    """A row that is not counted: its number in the file, the phone or key as it was written, and why."""

    row: int
    value: str
    reason: UnusedReason

    def shown_value(self, actor: Actor) -> str:
        """Return the phone or key as this reader may see it."""
        return self.value if actor.may(Permission.SEE_PHONES) else phone.mask_cell(self.value)


@dataclass(frozen=True)
class Columns:
    """Which columns of a file hold what; None: the phone column is found by its content, there are no amounts, no
    times. With `key` people are named by the client key of the campaign's list instead of the phone."""

    phone: str | None = None
    key: str | None = None
    amount: str | None = None
    time: str | None = None


@dataclass(frozen=True)
class ResponseRows:
    """Rows that name somebody, aligned: row of the file, phone (0 where `keys` names the person), key as it is
    compared, the cell as written, amount in tiyin and time in UTC ms (`UNKNOWN` where none). `whole_days` marks times
    that are days: their instant is the start of the day. `unused` are the rows that cannot be read."""

    rows: Integers
    phones: Integers
    keys: tuple[str, ...]
    values: tuple[str, ...]
    amounts: Integers
    times: Integers
    whole_days: npt.NDArray[np.bool_]
    unused: tuple[UnusedRow, ...]

    @property
    def by_key(self) -> bool:
        """Return whether people are named by client key."""
        return bool(self.keys)


def from_file(path: Path, columns: Columns, zone: tzinfo, options: dict[str, Any] | None = None) -> ResponseRows:
    """Return the rows of a file; `options` are those of `spreadsheet.read`, times without a zone are local to `zone`.

    Raises `DomainError`: "no-such-column", "no-phone-column", and what `spreadsheet.read` raises."""
    return of_sheet(spreadsheet.read(path, **(options or {})), columns, zone)


def from_text(text: str, columns: Columns, zone: tzinfo) -> ResponseRows:
    """Return the rows of a pasted text: numbers in any notation, or a table copied from a spreadsheet where `columns`
    names one."""
    if columns == Columns():
        return _of_numbers(text)
    with temporary_folder() as folder:
        return from_file(text_file(text, folder), columns, zone)


def text_file(text: str, folder: Path) -> Path:
    """Write a pasted table as a file that the reader of lists reads; return its path."""
    path = folder / "pasted.txt"
    path.write_text(text, "utf-8")
    return path


def of_sheet(sheet: Sheet, columns: Columns, zone: tzinfo) -> ResponseRows:
    """Return the rows of a table that was read. Raises `DomainError`: "no-such-column", "no-phone-column"."""
    amount = _cells(sheet, columns.amount)
    moment = _cells(sheet, columns.time)
    if columns.key is not None:
        return _by_key(sheet, validation.choose_phone_column(sheet, columns.key), amount, moment, zone)
    checked = validation.check_list(sheet, phone_column=columns.phone, two="both")
    rows = checked.rows["row"].to_numpy().astype(np.int64)
    phones = pc.fill_null(checked.rows["phone"], 0).to_numpy().astype(np.int64)
    values = pc.fill_null(checked.rows["value"], "").to_pylist()
    places = np.searchsorted(sheet.first_row_numbers, rows)
    names_somebody = phones > 0
    unused = [
        UnusedRow(int(rows[i]), values[i], UnusedReason.NO_NUMBER) for i in np.flatnonzero(~names_somebody).tolist()
    ]
    chosen = np.flatnonzero(names_somebody)
    # Of a cell with two numbers, whose rows stand together, the first one has the amount.
    is_second = np.concatenate([[False], rows[chosen][1:] == rows[chosen][:-1]]) if len(chosen) else np.zeros(0, bool)
    return _with_amounts(
        rows[chosen], phones[chosen], (), [values[i] for i in chosen.tolist()],
        _taken(amount, places[chosen], is_second), _taken(moment, places[chosen]), zone, unused,
    )  # fmt: skip


def _by_key(
    sheet: Sheet, column: str, amount: list[str] | None, moment: list[str] | None, zone: tzinfo
) -> ResponseRows:
    values = pc.fill_null(sheet.cells[column], "").to_pylist()
    compared = keys(pa.array(values, pa.string())).to_pylist()
    rows = sheet.first_row_numbers.astype(np.int64)
    places = np.array([i for i, key in enumerate(compared) if key], np.int64)
    unused = [UnusedRow(int(rows[i]), "", UnusedReason.NO_KEY) for i, key in enumerate(compared) if not key]
    return _with_amounts(
        rows[places], np.zeros(len(places), np.int64), tuple(compared[i] for i in places.tolist()),
        [values[i].strip() for i in places.tolist()], _taken(amount, places), _taken(moment, places), zone, unused,
    )  # fmt: skip


def _cells(sheet: Sheet, column: str | None) -> list[str] | None:
    if column is None:
        return None
    cells: list[str] = pc.fill_null(sheet.cells[validation.choose_phone_column(sheet, column)], "").to_pylist()
    return cells


def _taken(cells: list[str] | None, places: Integers, without: npt.NDArray[np.bool_] | None = None) -> list[str] | None:
    if cells is None:
        return None
    taken = [cells[place] for place in places.tolist()]
    return (
        taken if without is None else ["" if left_out else cell for cell, left_out in zip(taken, without, strict=True)]
    )


def _with_amounts(
    rows: Integers,
    phones: Integers,
    compared: Sequence[str],
    values: Sequence[str],
    amount_cells: list[str] | None,
    time_cells: list[str] | None,
    zone: tzinfo,
    unused: list[UnusedRow],
) -> ResponseRows:
    count = len(rows)
    money, times = np.full(count, UNKNOWN, np.int64), np.full(count, UNKNOWN, np.int64)
    whole_days, is_good = np.zeros(count, np.bool_), np.ones(count, np.bool_)
    amount_of = cache(_money)  # for this call alone: what a comma means depends on the language
    for i in range(count):
        reason = None
        if amount_cells is not None and amount_cells[i].strip():
            amount = amount_of(amount_cells[i])
            money[i], reason = (amount, None) if amount is not None else (UNKNOWN, UnusedReason.BAD_AMOUNT)
        if time_cells is not None and time_cells[i].strip():
            parsed_time = parse_time(time_cells[i], zone)
            if parsed_time is None:
                reason = reason or UnusedReason.BAD_TIME
            else:
                times[i], whole_days[i] = parsed_time
        if reason is not None:
            is_good[i] = False
            unused.append(UnusedRow(int(rows[i]), values[i], reason))
    good = np.flatnonzero(is_good)
    return ResponseRows(
        rows[good],
        phones[good],
        tuple(compared[i] for i in good.tolist()) if compared else (),
        tuple(values[i] for i in good.tolist()),
        money[good],
        times[good],
        whole_days[good],
        tuple(sorted(unused, key=lambda one: one.row)),
    )


def _money(text: str) -> int | None:
    try:
        return amounts.parse_money(text)
    except DomainError:
        return None


@lru_cache(maxsize=65536)
def parse_time(text: str, zone: tzinfo) -> tuple[int, bool] | None:
    """Return an instant (UTC ms) and whether it is a whole day, whose start it is; None for what is not a time. A time
    without a zone is local to `zone`."""
    typed = " ".join(text.split())
    if day := date_of(typed):
        return int(datetime.combine(day, time(), zone).timestamp() * 1000), True
    parts = _TIME.fullmatch(typed)
    day = date_of(parts["day"]) if parts else None
    if parts is None or day is None:
        return None
    try:
        clock = time(int(parts["h"]), int(parts["m"]), int(parts["s"] or 0))
    except ValueError:
        return None
    local = datetime.combine(day, clock, zone)
    if parts["zone"]:
        offset = parts["zone"].replace("Z", "+0000").replace(":", "")
        try:
            local = datetime.strptime(f"{day.isoformat()} {clock.isoformat()} {offset}", "%Y-%m-%d %H:%M:%S %z")
        except ValueError:  # +25:99
            return None
    return int(local.timestamp() * 1000), False


def _of_numbers(text: str) -> ResponseRows:
    """The numbers of a text without a table; each counts once."""
    parsed = suppression.parse_text(text)
    numbers, count = parsed.numbers, len(parsed.numbers)
    unknown = np.full(count, UNKNOWN, np.int64)
    lines: dict[int, int] = {}
    for line, content in enumerate(text.splitlines(), 1):
        for candidate in suppression.split_numbers_of_line(content):
            if (number := phone.check(candidate).number) and number not in lines:
                lines[number] = line
    unused = tuple(UnusedRow(piece.line, piece.text, UnusedReason.NO_NUMBER) for piece in parsed.pieces)
    rows = np.array([lines.get(number, 0) for number in numbers.tolist()], np.int64)
    return ResponseRows(rows, numbers, (), tuple(map(str, numbers.tolist())), unknown, unknown,
                        np.zeros(count, np.bool_), unused)  # fmt: skip


_AMOUNT_WORDS = ("summa", "amount", "сумма", "sum", "narx", "price", "цена", "revenue", "выручка", "tushum", "to'lov")
_TIME_WORDS = ("sana", "date", "дата", "vaqt", "time", "время", "kun", "created")


def guess_columns(sheet: Sheet) -> Columns:
    """Return the columns that a table seems to have, for a form that shows them: by their names, and the phone column
    by its content."""
    names = {name: keys(pa.array([name], pa.string()))[0].as_py() for name in sheet.columns}
    detected = phone_columns(sheet.cells).chosen

    def first(words: Sequence[str]) -> str | None:
        return next(
            (name for name, key in names.items() if name != detected and any(word in key for word in words)), None
        )

    return Columns(detected, None, first(_AMOUNT_WORDS), first(_TIME_WORDS))
