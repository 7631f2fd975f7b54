"""Filters that live in the address, so that a view can be shared. The address wins over what the session remembers.

Not Streamlit's `bind="query-params"`: it writes the label of an option, which is another one in another language.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

import streamlit as st

from pages.ui.shared import choices
from pages.ui.shared.remembered_filters import say_invalid
from pages.ui.shared.session import _


def choice(
    widget: Callable[..., Any],
    label: str,
    options: Sequence[str],
    key: str,
    format_func: Callable[[str], str],
    **widget_options: Any,
) -> str:
    """One of `options` (codes, the first is usual and leaves the address clean), asked by st.selectbox or the like.
    Where the address has another one, it is said."""
    code = st.query_params.get(key, options[0])
    if code not in options:
        say_invalid(key, [code])
    st.session_state[key] = code if code in options else options[0]
    chosen = widget(
        label, options, key=key, format_func=format_func, on_change=_keep, args=(key, options[0]), **widget_options
    )
    return str(chosen)


def section(labels: Mapping[str, str]) -> str:
    """The section of a page, of these codes and labels; the first is shown first."""
    return choice(
        choices.segmented_control,
        _("Section"),
        list(labels),
        "view",
        lambda code: labels[code],
        required=True,
        label_visibility="collapsed",
        wrap=True,
    )


def text_field(label: str, key: str, **widget_options: Any) -> str:
    """Free text."""
    st.session_state[key] = st.query_params.get(key, "")
    return str(st.text_input(label, key=key, on_change=_keep, args=(key, ""), **widget_options))


def flag(label: str, key: str, **widget_options: Any) -> bool:
    """Yes or no."""
    st.session_state[key] = st.query_params.get(key) == "1"
    return st.toggle(label, key=key, on_change=_keep, args=(key, False), **widget_options)


def day(label: str, key: str, **widget_options: Any) -> date | None:
    """A day, or none."""
    try:
        st.session_state[key] = date.fromisoformat(st.query_params.get(key, ""))
    except ValueError:
        st.session_state[key] = None
    day_value = st.date_input(label, key=key, format="DD.MM.YYYY", on_change=_keep, args=(key, None), **widget_options)
    return day_value if isinstance(day_value, date) else None


def _keep(key: str, usual: object) -> None:
    value = choices.value(key)
    if value == usual or value is None:
        st.query_params.pop(key, None)
    else:
        st.query_params[key] = "1" if value is True else value.isoformat() if isinstance(value, date) else str(value)
