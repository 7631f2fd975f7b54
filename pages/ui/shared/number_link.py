"""The way to the page of a number. The number is kept in the session, on the server: it is in no address and reaches
no browser of a user who may not see it."""

import streamlit as st

from getsms_core.base.errors import DomainError
from getsms_core.reports import number_history
from pages.ui.shared import outcomes
from pages.ui.shared.session import _, actor, store

PHONE, OPEN, TROUBLE = "number-phone", "number-open", "number-error"
"""In the session: the number of the page, that its page is to be opened, why it could not be looked up."""


def of_message(message_id: int) -> None:
    """A button that leads to the page of a message's number."""
    _button(f"number-of-message-{message_id}", message_id, 0)


def of_phone(phone: int) -> None:
    """A button that leads to the page of a number, for users who may see it."""
    _button(f"number-of-{phone}", 0, phone)


def _button(key: str, message_id: int, phone: int) -> None:
    if st.session_state.pop(OPEN, False):
        st.switch_page("numbers.py")
    outcomes.show("number")
    st.button(
        _("All about this number"),
        key=key,
        icon=":material/person_search:",
        on_click=_open,
        args=(message_id, phone),
    )


def _open(message_id: int, phone: int) -> None:
    try:
        choose(phone or number_history.of_message(store(), actor(), message_id), typed=False)
        st.session_state[OPEN] = True
    except DomainError as refusal:
        st.session_state[TROUBLE] = refusal.message


def choose(phone: int, *, typed: bool = True) -> None:
    """Look a number up, which the audit log notes, and show it on its page from now on. Raises `DomainError` as
    `number_history.note`."""
    number_history.note(store(), actor(), phone, typed=typed)
    st.session_state[PHONE] = phone
