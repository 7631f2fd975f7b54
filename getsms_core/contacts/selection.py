"""The rows of a kept list that a condition chooses, and the day that "birthday within N days" counts from."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from getsms_core.base import settings
from getsms_core.base.codes import NO_BIRTHDAY
from getsms_core.contacts import conditions, set_algebra
from getsms_core.contacts.conditions import Birthday, Columns, Condition, PhoneColumn, Unreadable
from getsms_core.contacts.conditions.tree import MAX_DAYS, All, Not, leaves
from getsms_core.contacts.conditions.tree import Any as AnyOf
from getsms_core.contacts.validation import CheckedList


@dataclass(frozen=True)
class Chosen:
    """What a condition chooses of a list.

    `mask`: for each row of the list, refused ones included, whether the condition holds; `recipients`: the places of
    those who get a message and for whom it holds; `of`: all recipients of the list; `unreadable`: cells of recipients
    that a comparison of numbers or dates passes over."""

    mask: npt.NDArray[np.bool_]
    recipients: npt.NDArray[np.int64]
    of: int
    unreadable: tuple[Unreadable, ...]


def choose(
    checked: CheckedList,
    condition: Condition,
    *,
    today: date | None = None,
    recipients: npt.NDArray[np.int64] | None = None,
) -> Chosen:
    """Choose rows of a checked list. `recipients` are the places of those who get a message where they are fewer than
    those that the check accepted; `today` is the local day where it is not given.

    Raises `ConditionError`: no-such-column, ambiguous-column."""
    places = set_algebra.recipient_positions(checked) if recipients is None else recipients
    everyone = len(places) == checked.rows.num_rows
    fields = checked.fields if everyone else checked.fields.take(places)
    numbers = set_algebra.numbers_of(checked)
    phones = PhoneColumn(checked.phone_column, numbers if everyone else numbers[places])
    selection = conditions.evaluate(condition, fields, today=today or day_for(condition), phones=phones)
    mask = np.zeros(checked.rows.num_rows, np.bool_)
    mask[places[selection.mask]] = True
    return Chosen(mask, places[selection.mask], len(places), selection.unreadable)


def columns_of(checked: CheckedList) -> Columns:
    """The columns that a condition on this list can name."""
    return Columns([str(name) for name in checked.fields.column_names])


def has_birthday(condition: Condition) -> bool:
    """Return whether the day decides whom a condition chooses."""
    return any(isinstance(leaf, Birthday) for leaf in leaves(condition))


def day_for(condition: Condition) -> date:
    """Today in the time zone of the settings. They are read only where the condition asks for a birthday."""
    if not has_birthday(condition):
        return NO_BIRTHDAY
    return datetime.now(settings.load().zone).date()


def first_day(checked: CheckedList, condition: Condition, first: date, days: int) -> date | None:
    """Return the first day, from `first` on and within `days` days, on which a condition chooses a recipient of a
    checked list; None where there is none. Raises `ConditionError` as `choose`."""
    # Only those whom some day chooses are looked at day by day: a year of a million rows would take a quarter of a
    # minute.
    candidates = choose(checked, _on_some_day(condition), today=first).recipients
    if not len(candidates):
        return None
    for n in range(days + 1 if has_birthday(condition) else 1):
        day = first + timedelta(n)
        if len(choose(checked, condition, today=day, recipients=candidates).recipients):
            return day
    return None


def _on_some_day(condition: Condition, *, is_denied: bool = False) -> Condition:
    """A condition without a day that chooses everybody whom `condition` chooses on some day, and perhaps others."""
    if isinstance(condition, Not):
        return Not(_on_some_day(condition.part, is_denied=not is_denied))
    if isinstance(condition, All | AnyOf):
        return type(condition)(tuple(_on_some_day(part, is_denied=is_denied) for part in condition.parts))
    if not isinstance(condition, Birthday):
        return condition
    # Below a `not`, as few as possible: nobody.
    return All((condition, Not(condition))) if is_denied else replace(condition, days=MAX_DAYS)


def unreadable_document(unreadable: tuple[Unreadable, ...]) -> list[dict[str, Any]]:
    """[{"column", "kind", "cells"}] for a script."""
    return [
        {"column": column_cells.column, "kind": column_cells.kind, "cells": column_cells.cells}
        for column_cells in unreadable
    ]
