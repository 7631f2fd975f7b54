"""What can be done about a number: opt it out, and have it erased."""

import streamlit as st

from getsms_core.base.errors import DomainError
from getsms_core.base.kinds import OptOutScope
from getsms_core.base.permissions import Permission
from getsms_core.campaigns import number_erasure
from getsms_core.contacts import suppression
from getsms_core.reports.number_history import NumberHistory
from pages.ui.contacts.optouts import SOURCES, scope_help, scope_label, source_label
from pages.ui.shared import choices, number_link
from pages.ui.shared.plain_text import plain
from pages.ui.shared.session import _, actor, store
from pages.ui.shared.widgets import expander


def show(found: NumberHistory) -> None:
    """Show what the user may do."""
    user = actor()
    opted_out_of_all = found.opt_out is not None and found.opt_out.scope == OptOutScope.ALL
    if user.may(Permission.LISTS) and not opted_out_of_all:
        _opt_out_form()
    if user.may(Permission.SETTINGS) and not found.erasing:
        _erase_form(found)


def _opt_out_form() -> None:
    with expander(_("Opt this number out"), "number-optout", ":material/person_off:"):
        left, right = st.columns(2)
        choices.selectbox(_("Source"), SOURCES, format_func=source_label, where=left, key="number-source")
        right.text_input(
            _("Reason"), key="number-reason", placeholder=_("for example: called on 3 March"), max_chars=200
        )
        choices.radio(
            _("It gets no more"),
            list(OptOutScope),
            format_func=scope_label,
            key="number-scope",
            horizontal=True,
            help=scope_help(),
        )
        st.button(_("Add to opt-outs"), key="number-optout-go", type="primary", on_click=_opt_out)


def _opt_out() -> None:
    state = st.session_state
    phone = int(state[number_link.PHONE])
    try:
        suppression.add(
            store(),
            actor(),
            [phone],
            choices.value("number-source"),
            str(state.get("number-reason") or "").strip(),
            choices.value("number-scope"),
        )
        state["number-success"] = _("The number is opted out.")
    except DomainError as refusal:
        state[number_link.TROUBLE] = refusal.message


def _erase_form(found: NumberHistory) -> None:
    with expander(_("Erase this number"), "number-erase", ":material/delete_forever:"):
        st.markdown(
            _(
                "For somebody who asks to be forgotten. The texts of its messages, its rows in lists with the names in "
                "them, the uploaded files of those lists and the number itself are erased. Figures and costs stay. The "
                "number is opted out of SMS of any kind: that entry keeps the number, so that nothing is sent to it "
                "again. This cannot be undone."
            )
        )
        sure = st.checkbox(
            _("Erase everything about {phone}").format(phone=plain(found.phone)), key="number-erase-sure"
        )
        st.button(_("Erase it for good"), key="number-erase-go", type="primary", disabled=not sure, on_click=_erase)


def _erase() -> None:
    state = st.session_state
    if not state.get("number-erase-sure"):  # the button is drawn disabled, which a second tab does not know
        return
    try:
        number_erasure.request(store(), actor(), int(state[number_link.PHONE]))
        state["number-success"] = _("The number is opted out, and a worker erases it.")
        state["number-erase-sure"] = False
    except DomainError as refusal:
        state[number_link.TROUBLE] = refusal.message
