"""On a campaign's page: create a list of recipients by the result of their message."""

import streamlit as st

from getsms_core import reports
from getsms_core.base.errors import DomainError
from getsms_core.base.permissions import Permission
from getsms_core.base.states import LABELS, MessageState
from getsms_core.campaigns import follow_up
from pages.ui.shared import choices, outcomes, repeats
from pages.ui.shared.session import _, actor, store
from pages.ui.shared.widgets import count_words

STATES = [follow_up.NOT_REACHED, *(state.value for state in MessageState)]


def show(campaign_id: int) -> None:
    """Show the button, and the choice of recipients for the new list."""
    if not actor().may(Permission.LISTS):
        return
    key = f"people-{campaign_id}"
    if outcomes.show(key):
        st.page_link("lists.py", label=_("Lists and opt-outs"))
    with st.popover(_("Make a list of these people"), icon=":material/group_add:"):
        choices.multiselect(
            _("Whose message is"),
            STATES,
            default=[follow_up.NOT_REACHED],
            format_func=_label,
            key=f"{key}-states",
            help=_("Uncertain messages are taken only if you choose them."),
        )
        words_by_code = {lost.code: lost.words for lost in reports.reasons_of_campaign(store(), campaign_id)}
        choices.selectbox(
            _("And did not arrive because"),
            ["", *words_by_code],
            format_func=lambda code: words_by_code.get(code, _("any reason")),
            key=f"{key}-reason",
            help=_("With a reason, the states may stay empty."),
        )
        st.checkbox(_("Only those who have not responded"), key=f"{key}-silent")
        st.text_input(_("Name of the new list"), key=f"{key}-name", max_chars=200)
        st.button(_("Make the list"), key=f"{key}-go", type="primary", on_click=_make, args=(campaign_id, key))


def _label(code: str) -> str:
    return _("Not reached") if code == follow_up.NOT_REACHED else _(LABELS[code])


def _make(campaign_id: int, key: str) -> None:
    chosen = choices.value(f"{key}-states") or []
    choice = follow_up.Choice(
        tuple(MessageState(code) for code in chosen if code != follow_up.NOT_REACHED),
        follow_up.NOT_REACHED in chosen,
        reason=str(choices.value(f"{key}-reason") or ""),
        not_responded=bool(st.session_state.get(f"{key}-silent")),
    )
    try:
        name = str(st.session_state.get(f"{key}-name") or "")
        click = repeats.click_key(f"{key}:{choice}:{name}")
        new_list = follow_up.make_list(store(), actor(), [campaign_id], choice, name, request_key=click)
        st.session_state[f"{key}-success"] = count_words(
            "A list of {n} recipient is made.", "A list of {n} recipients is made.", new_list.accepted
        )
    except DomainError as refusal:
        st.session_state[f"{key}-error"] = refusal.message
