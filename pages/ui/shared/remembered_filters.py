"""Filters that live in the address, so that a view can be shared and gone back to.

Not Streamlit's own `bind`: that writes the option's label, which is another word in another language and the same word
for two campaigns of one name. Here the address holds codes.

    remember("view", lambda values: one_of(values, VIEWS, "time"))
    view = st.segmented_control(..., key="view")
    note("view", [view] if view != "time" else [])
"""

from collections.abc import Callable, Collection, Sequence
from typing import Any

import streamlit as st


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


def one_of(values: Sequence[str], allowed: Collection[str], default: str) -> str:
    """The last of the values where it is known, else the default."""
    return values[-1] if values and values[-1] in allowed else default
