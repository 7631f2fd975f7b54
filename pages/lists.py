"""Lists and opt-outs: what is kept, and who is never written to."""

import streamlit as st

from getsms_core.actor import May
from getsms_core.words import N_
from pages.ui import address, choices, lists_kept, lists_optouts
from pages.ui.session import _, need

VIEWS = {"lists": N_("Lists"), "opt-outs": N_("Opt-outs")}


def main() -> None:
    """One run of the page."""
    need(May.LISTS)
    st.title(_("Lists and opt-outs"), anchor=False)
    view = address.choice(
        choices.segmented_control,
        _("Look at"),
        list(VIEWS),
        "view",
        lambda code: _(VIEWS[code]),
        required=True,
        label_visibility="collapsed",
    )
    for kind, icon in (("error", ":material/block:"), ("success", ":material/check_circle:")):
        if message := st.session_state.pop(f"lists-{kind}", None):
            getattr(st, kind)(message, icon=icon)
    if view == "opt-outs":
        lists_optouts.show()
    else:
        lists_kept.show()


main()
