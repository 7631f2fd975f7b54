"""Filters that live in the address, so that a view can be shared and gone back to.

Not Streamlit's own `bind`: that writes the option's label, which is another word in another language and the same word
for two campaigns of one name. Here the address holds codes.

    remember_one("view", VIEWS, "time")
    view = st.segmented_control(..., key="view")
    note("view", [view] if view != "time" else [])
"""

from collections.abc import Callable, Collection, Sequence
from typing import Any

import streamlit as st

from pages.ui.shared.plain_text import plain
from pages.ui.shared.session import _


def remember(key: str, read: Callable[[list[str]], Any]) -> None:
    """Before the widget `key` is drawn: take its value from the address where that is new: by a link, by going
    back."""
    values = st.query_params.get_all(key)
    if key not in st.session_state or values != st.session_state.get(f"{key}-noted", values):
        st.session_state[key] = read(values)


def note(key: str, values: Sequence[str]) -> None:
    """After the widget is drawn: write its value into the address; nothing for its default."""
    if list(values) != st.query_params.get_all(key):
        if values:
            st.query_params[key] = list(values)
        else:
            st.query_params.pop(key, None)
    st.session_state[f"{key}-noted"] = list(values)


def remember_one(key: str, allowed: Collection[str], default: str) -> None:
    """`remember` for a choice of one of the codes `allowed`. Where the address has another one, it is said, and the
    choice is the default."""

    def read(values: list[str]) -> str:
        if not values:
            return default
        if values[-1] not in allowed:
            say_invalid(key, values[-1:])
            return default
        return values[-1]

    remember(key, read)


def say_invalid(name: str, values: Sequence[str]) -> None:
    """Say that the address asks for what is not there: figures of something else would be taken for what it names."""
    sentence = _("The address contains {name}={value}, which is not valid. Choose the filters again.")
    st.warning(plain(sentence.format(name=name, value=", ".join(values)[:40])), icon=":material/link_off:")
