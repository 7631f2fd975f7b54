"""Lists and opt-outs: saved recipient lists, and numbers that get no messages."""

import streamlit as st

from getsms_core.base.i18n import N_
from getsms_core.base.permissions import Permission
from pages.ui.contacts import optouts, saved_lists
from pages.ui.shared import outcomes, url_state
from pages.ui.shared.session import _, require

VIEWS = {"lists": N_("Lists"), "opt-outs": N_("Opt-outs")}


def main() -> None:
    """One run of the page."""
    require(Permission.LISTS)
    st.title(_("Lists and opt-outs"), anchor=False)
    view = url_state.section({code: _(title) for code, title in VIEWS.items()})
    outcomes.show("lists")
    if view == "opt-outs":
        optouts.show()
    else:
        saved_lists.show()


main()
