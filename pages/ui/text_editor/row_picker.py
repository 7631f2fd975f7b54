"""A row of the list, chosen by its number in the spreadsheet, whose data a test SMS is written with."""

import streamlit as st

from getsms_core.campaigns import test_send
from pages.ui.shared import wizard_draft
from pages.ui.shared.records import Campaign
from pages.ui.shared.session import _
from pages.ui.shared.widgets import number


def choose(campaign: Campaign, at: int) -> None:
    """The field; `at` is the index of the row that it begins with."""
    rows = wizard_draft.recipients(campaign)["row"]
    first, last = rows[0].as_py(), rows[-1].as_py()
    st.number_input(
        _("With the data of row"),
        min(first, last),
        max(first, last),
        rows[at].as_py(),
        key=_key(campaign),
        help=_("Its number in the spreadsheet, {first} to {last}.").format(first=number(first), last=number(last)),
    )


def values(campaign: Campaign) -> tuple[int, int, dict[str, str]]:
    """The chosen row's number, its index from 0, and its data. Raises `DomainError` ("no-such-row") for one that
    gets no message."""
    table = wizard_draft.recipients(campaign)
    row = int(st.session_state.get(_key(campaign), table["row"][0].as_py()))
    return row, *test_send.row_values(table, row)


def _key(campaign: Campaign) -> str:
    return f"test-row-{campaign.id}"
