"""A row of the list, chosen by its number in the spreadsheet, whose data a test SMS is written with."""

import streamlit as st

from getsms_core.campaigns import test_send
from pages.ui.shared import amount_fields, choices, wizard_draft
from pages.ui.shared.records import Campaign
from pages.ui.shared.session import _
from pages.ui.shared.widgets import number


def choose(campaign: Campaign, at: int) -> None:
    """The field; `at` is the index of the row that it begins with."""
    rows = wizard_draft.recipients(campaign)["row"]
    first, last = rows[0].as_py(), rows[-1].as_py()
    amount_fields.bounded_field(
        st.container(),
        _("With the data of row"),
        rows[at].as_py(),
        low=min(first, last),
        high=max(first, last),
        key=_key(campaign),
        help=_("Its number in the spreadsheet, {first} to {last}.").format(first=number(first), last=number(last)),
    )


def text_key(campaign: Campaign) -> str:
    """The key of the choice of the text to test, where the texts are by column."""
    return f"test-text-{campaign.id}"


def values(campaign: Campaign) -> tuple[int, int, dict[str, str]]:
    """The chosen row's number, its index from 0, and its data. Raises `DomainError` ("no-such-row") for one that
    gets no message, and those of `amount_fields.bounded`."""
    table = wizard_draft.recipients(campaign)
    first, last = table["row"][0].as_py(), table["row"][-1].as_py()
    row = first
    if _key(campaign) in st.session_state:
        row = amount_fields.bounded(_key(campaign), min(first, last), max(first, last))
    return row, *test_send.row_values(table, row)


def _key(campaign: Campaign) -> str:
    # A field of its own for each text: Streamlit warns about a field that has both a default and a stored value.
    text = choices.value(text_key(campaign))
    return f"test-row-{campaign.id}" if text is None else f"test-row-{campaign.id}-{text}"
