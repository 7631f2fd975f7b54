"""A button that asks first: what it does cannot be undone."""

from collections.abc import Callable
from typing import Any, Literal

import streamlit as st


def button(
    label: str,
    what_happens: str,
    do_it: str,
    key: str,
    on_click: Callable[..., None],
    args: tuple[Any, ...],
    *,
    icon: str = ":material/delete:",
    type: Literal["secondary", "tertiary"] = "secondary",
    help: str | None = None,
    width: Literal["content", "stretch"] = "content",
) -> None:
    """Show a button that opens `what_happens` (Markdown) with the button `do_it`, whose key is `key`."""
    with st.popover(label, icon=icon, type=type, help=help, width=width, key=f"{key}-ask"):
        st.markdown(what_happens)
        st.button(do_it, key=key, type="primary", on_click=on_click, args=args)
