"""What a click led to: a box at its place on the page, and a toast, which is seen wherever the page is scrolled to."""

import streamlit as st

from pages.ui.shared.plain_text import plain

TOAST_SECONDS = 20
"""How long a toast is shown, unless it is closed; Streamlit's own 4 s are too short for a sentence of 25 words."""
ICONS = {"error": ":material/block:", "success": ":material/check_circle:"}


def show(page: str) -> bool:
    """Show once what the last action on this page led to: `{page}-error` and `{page}-success` of the session. Return
    whether it was done."""
    kind_shown = ""
    for kind in ICONS:
        if message := st.session_state.pop(f"{page}-{kind}", None):
            show_one(kind, message)
            kind_shown = kind
    return kind_shown == "success"


def show_one(kind: str, message: str) -> None:
    """Show one outcome; `kind` is "error" or "success". `streamlit_words.js` has screen readers read a toast."""
    getattr(st, kind)(plain(message), icon=ICONS[kind])
    st.toast(plain(message), icon=ICONS[kind], duration=TOAST_SECONDS)
