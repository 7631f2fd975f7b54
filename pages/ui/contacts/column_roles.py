"""What the columns of a list are for: which holds the client's own key, and which are personal."""

import streamlit as st

from getsms_core.base.errors import DomainError
from getsms_core.contacts import list_columns, lists
from getsms_core.contacts.facts import ListFacts
from pages.ui.shared import choices
from pages.ui.shared.records import RecipientList
from pages.ui.shared.session import _, actor, store


def show(row: RecipientList, trouble: str) -> None:
    """The two choices; each is kept at once. A refusal goes to the state `trouble` for the page to show."""
    names = list_columns.names(ListFacts.from_stored(row.facts))
    list_id = int(row.id or 0)
    choices.selectbox(
        _("Your own key of each recipient"),
        list(names),
        index=names.index(row.key_column) if row.key_column in names else None,
        key=f"list-key-{list_id}",
        placeholder=_("no column"),
        help=_("Such as the client number of your CRM. Files carry it, so that you can join them to your own data."),
        on_change=_save,
        args=(list_id, trouble),
    )
    choices.multiselect(
        _("Personal columns"),
        list(names),
        default=[name for name in row.personal_columns if name in names],
        key=f"list-personal-{list_id}",
        placeholder=_("none"),
        help=_("They are hidden from users who do not see phone numbers, and erased with the numbers."),
        on_change=_save,
        args=(list_id, trouble),
    )


def _save(list_id: int, trouble: str) -> None:
    key, personal = choices.value(f"list-key-{list_id}"), choices.value(f"list-personal-{list_id}") or ()
    try:
        list_columns.describe(store(), actor(), list_id, str(key or ""), [str(name) for name in personal])
    except DomainError as refusal:
        recipient_list = lists.get(store(), list_id)
        st.session_state[f"list-personal-{list_id}"] = list(recipient_list.personal_columns)
        st.session_state[f"list-key-{list_id}"] = recipient_list.key_column or None
        st.session_state[trouble] = refusal.message
