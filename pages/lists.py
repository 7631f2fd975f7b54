"""Lists and opt-outs: saved recipient lists, and numbers that get no messages."""

import streamlit as st

from getsms_core.base.i18n import N_
from getsms_core.base.permissions import Permission
from pages.ui.contacts import optouts, saved_lists
from pages.ui.shared import choices, url_state
from pages.ui.shared.plain_text import plain
from pages.ui.shared.session import _, require

VIEWS = {"lists": N_("Lists"), "opt-outs": N_("Opt-outs")}


def main() -> None:
    """One run of the page."""
    require(Permission.LISTS)
    st.title(_("Lists and opt-outs"), anchor=False)
    view = url_state.choice(
        choices.segmented_control,
        _("Section"),
        list(VIEWS),
        "view",
        lambda code: _(VIEWS[code]),
        required=True,
        label_visibility="collapsed",
    )
    for kind, icon in (("error", ":material/block:"), ("success", ":material/check_circle:")):
        if message := st.session_state.pop(f"lists-{kind}", None):
            getattr(st, kind)(plain(message), icon=icon)
    if view == "opt-outs":
        optouts.show()
    else:
        saved_lists.show()


main()
