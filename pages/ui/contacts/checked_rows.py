"""The rows behind the counts of a check, one group of outcomes at a time."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import streamlit as st

from getsms_core.base.i18n import N_
from getsms_core.contacts.validation import CheckedList
from getsms_core.db.documents import RowCounts
from getsms_core.phone import OUTCOMES, Outcome
from pages.ui.shared import choices, wizard_draft
from pages.ui.shared.plain_text import plain
from pages.ui.shared.session import _, pgettext
from pages.ui.shared.widgets import number, pager

FAMILIES = {
    "accepted": N_("Good numbers"),
    "repaired": N_("Repaired"),
    "duplicate": N_("Duplicates"),
    "opted-out": N_("Opted out"),
    "rejected": N_("Refused"),  # see `family_label`
}
MEANING = {
    "accepted": N_("Good numbers, the repaired among them. Each gets one message."),
    "repaired": N_("Corrected to a valid number. Please review them."),
    "duplicate": N_("The number appears in the file more than once. It gets one message only."),
    "opted-out": N_("They opted out. They get no messages."),
    "rejected": N_("No SMS can be sent to these cells. Fix them in the file below and upload it again."),
}
_COUNTS = {
    "accepted": "accepted",
    "repaired": "repaired",
    "duplicate": "duplicates",
    "opted-out": "opted_out",
    "rejected": "rejected",
}


Positions = npt.NDArray[np.int64]


class CheckedRow(NamedTuple):
    """A checked row: its position in the check, its row in the spreadsheet, its value, number and reason."""

    at: int
    row: int
    value: str
    phone: str
    why: str


def family_label(code: str) -> str:
    """Return the label of a family: Uzbek tells refused rows from refused requests, which is its word for opt-outs."""
    return pgettext("rows", "Refused") if code == "rejected" else _(FAMILIES[code])


def rows_of(counts: RowCounts, family: str) -> int:
    """The number of rows of a family."""
    return counts.to_stored()[_COUNTS[family]]


def show_rows(list_id: int, counts: RowCounts, first: str | None) -> None:
    """The rows behind the counts, a family at a time."""
    families_present = [code for code in FAMILIES if rows_of(counts, code)]
    if not families_present:
        return
    family = choices.segmented_control(
        _("View rows"),
        families_present,
        default=first or families_present[0],
        format_func=lambda code: f"{family_label(code)} · {number(rows_of(counts, code))}",
        key=f"check-family-{list_id}",
        required=True,
    )
    st.caption(_(MEANING[family]))
    checked = wizard_draft.checked(list_id)
    positions = _positions(checked, family)
    pager(
        f"check-{list_id}",
        lambda after, limit: _lines(
            checked, positions[np.searchsorted(positions, after, "right") if after is not None else 0 :], limit
        ),
        lambda line: line.at,
        _table,
        size=25,
        total=len(positions),
        question=family,
    )


def _positions(checked: CheckedList, family: str) -> Positions:
    families = {family, "repaired"} if family == "accepted" else {family}
    codes = [outcome.code for outcome in OUTCOMES if outcome.family in families]
    return np.flatnonzero(np.isin(checked.outcomes, codes))


def _lines(checked: CheckedList, positions: Positions, limit: int) -> list[CheckedRow]:
    positions = positions[:limit]
    chosen = checked.rows.take(positions)
    columns = (chosen[name].to_pylist() for name in ("row", "value", "phone"))
    return [
        CheckedRow(int(position), row, value or "", str(phone or ""), reason)
        for position, row, value, phone, reason in zip(positions, *columns, _reasons(checked, positions), strict=True)
    ]


def _reasons(checked: CheckedList, positions: Positions) -> list[str]:
    """Return the reason of each row; "" for a cell that was accepted unchanged."""
    is_unchanged = checked.outcomes[positions] == Outcome.AS_IS.code
    return [
        "" if unchanged else reason
        for unchanged, reason in zip(is_unchanged, checked.messages(positions).to_pylist(), strict=True)
    ]


def _table(lines: Sequence[CheckedRow]) -> None:
    # Not st.dataframe: its cells cut a sentence off.
    numbered = any(line.phone for line in lines)  # among the refused there are none, and a narrow screen has no room
    st.table(
        [
            {_("Row"): number(line.row), _("In the file"): plain(line.value)}
            | ({_("Number"): line.phone} if numbered else {})
            | {_("What became of it"): plain(line.why)}
            for line in lines
        ],
        hide_index=True,
        border="horizontal",
        alt=_("The rows of the list and what became of each"),
    )
