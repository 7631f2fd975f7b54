"""Find a number: everything about one phone number."""

import streamlit as st

from getsms_core.base.errors import DomainError
from getsms_core.base.permissions import Permission
from getsms_core.reports import number_history
from pages.ui.numbers import actions, history
from pages.ui.shared import number_link, outcomes
from pages.ui.shared.session import _, actor, require, store


def main() -> None:
    """One run of the page."""
    require(Permission.READ)
    st.title(_("Find a number"), anchor=False)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input(_("Phone number"), key="number-typed", placeholder="91 234 56 78", width=300, on_change=_search)
        st.button(_("Look it up"), key="number-find", icon=":material/search:", on_click=_search)
    outcomes.show("number")
    phone = st.session_state.get(number_link.PHONE)
    if phone is None:
        st.caption(
            _(
                "Write a number in any notation to see its messages in all campaigns, the lists that hold it and its "
                "opt-out. Each look-up is noted in the audit log."
            )
        )
        return
    number_facts = number_history.history(store(), actor(), int(phone))
    history.show(number_facts)
    actions.show(number_facts)


def _search() -> None:
    """Look up what is typed. A click on the button runs it twice: the field has changed, too."""
    typed = str(st.session_state.get("number-typed") or "")
    try:
        phone = number_history.parse(typed)
        if st.session_state.get(number_link.PHONE) != phone:
            number_link.choose(phone)
    except DomainError as refusal:
        st.session_state.pop(number_link.PHONE, None)
        st.session_state[number_link.TROUBLE] = refusal.message


main()
