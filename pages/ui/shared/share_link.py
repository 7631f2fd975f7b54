"""The address of what is on the screen, to be handed on, and the way to what its words mean."""

from urllib.parse import urlencode

import streamlit as st

from pages.ui.shared.session import _


def link() -> None:
    """The address of this very view, with a button that copies it."""
    with st.popover(_("Share this view"), icon=":material/share:"):
        st.caption(_("Anyone who can sign in here sees this view with it."))
        st.code(here(), language=None, wrap_lines=True)


def here() -> str:
    """The page's address with all its filters."""
    query = [(name, value) for name in st.query_params for value in st.query_params.get_all(name)]
    address = (st.context.url or "").partition("?")[0]
    return f"{address}?{urlencode(query)}" if query else address


def glossary_link() -> None:
    """The way to the glossary."""
    if st.button(_("Glossary"), key="glossary", icon=":material/menu_book:", type="tertiary"):
        st.switch_page("glossary.py")
