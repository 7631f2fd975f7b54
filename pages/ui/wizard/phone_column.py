"""The question which column holds the phones, asked where several columns may hold them."""

from dataclasses import replace

import streamlit as st

from getsms_core.contacts import lists
from getsms_core.contacts.lists import Options
from getsms_core.contacts.validation import CheckedList
from pages.ui.contacts import reading_options
from pages.ui.shared import choices
from pages.ui.shared.plain_text import plain
from pages.ui.shared.records import Campaign, RecipientList
from pages.ui.shared.session import _, store

_EXAMPLES = 3


def ask(campaign: Campaign, recipient_list: RecipientList, checked: CheckedList) -> bool:
    """Ask for the phone column of a list where it is not sure; whether the question is open."""
    columns = lists.phone_columns_to_choose(store(), recipient_list)
    if not columns:
        return False
    st.warning(
        _("Several columns of this list look like phone numbers. Choose the one that the SMS goes to."),
        icon=":material/help:",
    )
    # No column is chosen beforehand: the wrong one sends the campaign to the wrong people.
    column = choices.radio(
        _("Phone column"),
        columns,
        index=None,
        captions=[_examples(checked, name) for name in columns],
        format_func=plain,
        key=f"wizard-phones-{recipient_list.id}",
    )
    if st.button(
        _("Use this column"), key="wizard-use-phones", type="primary", icon=":material/check:", disabled=column is None
    ):
        reading_options.reread(
            campaign, recipient_list, replace(Options.from_stored(recipient_list.options), phone_column=column)
        )
    return True


def _examples(checked: CheckedList, column: str) -> str:
    """The first filled cells of a column."""
    if column not in checked.fields.column_names:
        return ""
    cells = [cell for cell in checked.fields[column].slice(0, 50).to_pylist() if cell and cell.strip()]
    return plain(", ".join(cells[:_EXAMPLES]))
