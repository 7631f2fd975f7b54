"""The recipients of a campaign: those of its list whom its condition chooses.

Everything that looks at a campaign's recipients (messages, estimates, previews, checks) takes them from here, so that
all of it counts the same rows.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa

from getsms_core.base.errors import DomainError
from getsms_core.base.i18n import _
from getsms_core.contacts import lists, selection, set_algebra
from getsms_core.contacts.conditions import Condition, Unreadable, from_json
from getsms_core.contacts.validation import CheckedList
from getsms_core.db.engine import Store
from getsms_core.db.models import Campaign


@dataclass(frozen=True)
class Audience:
    """`recipients`: row, phone and the list's columns, in the order of the list; `left_out`: how many recipients of
    the list the condition does not choose; `day`: YYYY-MM-DD that birthdays count from, "" without a condition;
    `unreadable`: cells that a comparison of numbers or dates passes over."""

    recipients: pa.Table
    left_out: int = 0
    day: str = ""
    unreadable: tuple[Unreadable, ...] = ()

    def must_not_be_empty(self) -> None:
        """Raise `DomainError` (no-recipients, nobody-chosen) where there is nobody to send to."""
        if self.recipients.num_rows:
            return
        if self.left_out:
            raise DomainError("nobody-chosen", _("The condition chooses none of the recipients of the list."))
        raise DomainError("no-recipients", _("The list has no number that can be sent to."))


def recipients(store: Store, campaign: Campaign) -> pa.Table:
    """The recipients of a campaign that has a list: row, phone and the list's columns. Raises as `of`."""
    return of(store, campaign).recipients


def of(store: Store, campaign: Campaign) -> Audience:
    """The recipients of a campaign and how many of its list are left out.

    Raises `DomainError`: no-such-list, list-not-ready, list-erased, no-such-column, ambiguous-column."""
    checked = lists.checked(store, int(campaign.list_id or 0))
    return of_checked(checked, condition_of(campaign), day_of(campaign))


def of_checked(checked: CheckedList, condition: Condition | None, day: date | None = None) -> Audience:
    """The recipients of a checked list whom a condition chooses; without one all of them."""
    accepted = checked.accepted()
    if condition is None:
        return Audience(accepted)
    day = day or selection.day_for(condition)
    selected = selection.choose(checked, condition, today=day)
    is_chosen = selected.mask[set_algebra.recipient_positions(checked)]
    left_out = int(np.count_nonzero(~is_chosen))
    chosen = accepted.filter(pa.array(is_chosen)) if left_out else accepted
    return Audience(chosen, left_out, day.isoformat(), selected.unreadable)


def condition_of(campaign: Campaign) -> Condition | None:
    """The condition of a campaign, None where it goes to its whole list."""
    return from_json(campaign.condition) if campaign.condition else None


def day_of(campaign: Campaign) -> date | None:
    """The day that birthdays count from: that on which the messages were made; None before that, which means today."""
    return date.fromisoformat(campaign.condition_day) if campaign.condition_day else None


def rows_left_out(store: Store, campaign: Campaign) -> list[int]:
    """The spreadsheet rows of recipients whom the condition does not choose, in the order of the list."""
    condition = condition_of(campaign)
    if condition is None:
        return []
    checked = lists.checked(store, int(campaign.list_id or 0))
    selected = selection.choose(checked, condition, today=day_of(campaign))
    places = set_algebra.recipient_positions(checked)
    rows = checked.rows["row"].to_numpy()[places[~selected.mask[places]]]
    return [int(row) for row in rows]
