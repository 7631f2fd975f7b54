"""Select boxes, radios, pills and the like whose value is a code, whatever the language of their labels.

Streamlit sends the *label* of an option to the browser and back and looks the option up by it. When labels change under
a widget, by a switch of the language or because a label holds a count, the browser still sends the old label, and the
widget returns that label as its value: a draft's kind was saved as "Service", and its page failed permanently. These
functions remember which code each label stood for, turn labels back into codes before anybody reads the value, and tell
the browser its new label.

They take what Streamlit's own functions take; `options` are codes and `key` is required. Read a value in a callback
with `value(key)`, never from `st.session_state`.
"""

from collections.abc import Callable, Sequence
from enum import Enum
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.runtime.state import get_session_state

_STATE = "_choices"
_MOST_LABELS = 2000  # per widget: labels in three languages, and with growing counts


def selectbox(
    label: str, options: Sequence[Any], *, key: str, where: DeltaGenerator | None = None, **widget_options: Any
) -> Any:
    """`st.selectbox` in `where` (or here); returns a code or None."""
    widget = where.selectbox if where is not None else st.selectbox
    return _single(widget, label, options, key, "index", widget_options)


def radio(label: str, options: Sequence[Any], *, key: str, **widget_options: Any) -> Any:
    """`st.radio`; returns a code or None."""
    return _single(st.radio, label, options, key, "index", widget_options)


def segmented_control(label: str, options: Sequence[Any], *, key: str, **widget_options: Any) -> Any:
    """`st.segmented_control` for one choice; returns a code or None. Its segments wrap where they have no room: without
    `wrap` the last of a line has no border."""
    widget_options.setdefault("wrap", widget_options.get("width") != "stretch")
    return _single(st.segmented_control, label, options, key, "default", widget_options)


def pills(label: str, options: Sequence[Any], *, key: str, **widget_options: Any) -> list[Any]:
    """`st.pills` for several choices; returns their codes."""
    return _several(st.pills, label, options, key, widget_options | {"selection_mode": "multi"})


def multiselect(label: str, options: Sequence[Any], *, key: str, **widget_options: Any) -> list[Any]:
    """`st.multiselect`; returns codes."""
    return _several(st.multiselect, label, options, key, widget_options)


def value(key: str) -> Any:
    """The present code of a choice, or the list of codes; for callbacks."""
    labels_to_codes(key)
    return st.session_state.get(key)


def labels_to_codes(key: str) -> None:
    """Turn labels in the state of the widget `key` back into codes. What stood for no code is dropped."""
    shown: dict[str, Any] | None = st.session_state.get(_STATE, {}).get(key)
    if shown is None or key not in st.session_state:
        return
    present = st.session_state[key]
    if isinstance(present, (list, tuple)):
        codes = [code for item in present if (code := _code(item, shown)) is not None]
        if codes != list(present):
            st.session_state[key] = codes
    elif present is not None and (code := _code(present, shown)) != present:
        st.session_state[key] = shown["last"] if code is None else code


def _code(item: Any, shown: dict[str, Any]) -> Any:
    if any(item == option and type(item) is type(option) for option in shown["options"]):
        return item
    code = shown["labels"].get(item) if isinstance(item, str) else None
    if code is not None:
        return code
    return next((option for option in shown["options"] if item == option), None)  # an enum's member and its value


def _single(
    widget: Callable[..., Any], label: str, options: Sequence[Any], key: str, first: str, widget_options: dict[str, Any]
) -> Any:
    choices = list(options)
    begin = widget_options.pop(first, 0 if first == "index" else None)
    default = begin if first == "default" or begin is None else choices[begin] if choices else None
    _prepare(key, choices, widget_options, default)
    present = st.session_state.get(key)
    if isinstance(present, Enum) and present in choices:  # Streamlit refuses a member where the options are texts
        st.session_state[key] = present = choices[choices.index(present)]
    if present is not None and present not in choices:  # this option is gone
        st.session_state[key] = present = default
    if key in st.session_state:
        # A browser that has not answered yet has no value, and Streamlit then takes the default: it must be the same.
        begin = present if first == "default" else choices.index(present) if present is not None else None
    if key in st.session_state and get_session_state().is_new_state_value(key):
        begin = None if first == "default" or begin is None else 0  # assigned: a default besides would be warned of
    if not (first == "default" and begin is None):
        widget_options[first] = begin
    chosen = widget(label, choices, key=key, **_with_code_callback(key, widget_options))
    st.session_state[_STATE][key]["last"] = chosen
    return chosen


def _several(
    widget: Callable[..., Any], label: str, options: Sequence[Any], key: str, widget_options: dict[str, Any]
) -> list[Any]:
    choices = list(options)
    default = widget_options.pop("default", None)
    _prepare(key, choices, widget_options, None)
    if key in st.session_state:
        present = list(st.session_state[key] or [])
        if any(code not in choices for code in present):
            st.session_state[key] = present = [code for code in present if code in choices]
        default = None if get_session_state().is_new_state_value(key) else present
    if default:
        widget_options["default"] = default
    chosen = widget(label, choices, key=key, **_with_code_callback(key, widget_options))
    return list(chosen or [])


def _prepare(key: str, options: list[Any], widget_options: dict[str, Any], default: Any) -> None:
    """Learn the labels of this run; where the label of what is chosen has changed, send the browser the new one."""
    format_func: Callable[[Any], str] = widget_options.get("format_func", str)
    labels = {format_func(option): option for option in options}
    every: dict[str, dict[str, Any]] = st.session_state.setdefault(_STATE, {})
    before = every.get(key)
    if before is not None:
        before["options"] = options
        before["labels"] |= labels
        labels_to_codes(key)
        if before["now"] != list(labels) and key in st.session_state:
            st.session_state[key] = st.session_state[key]  # an assignment is what makes Streamlit send a value
        if len(before["labels"]) > _MOST_LABELS:
            before["labels"] = dict(labels)
        before["now"] = list(labels)
    else:
        every[key] = {"options": options, "labels": dict(labels), "now": list(labels), "last": default}


def _with_code_callback(key: str, widget_options: dict[str, Any]) -> dict[str, Any]:
    """The callback hears of a change of the code, not of its label alone."""
    on_change = widget_options.get("on_change")
    if on_change is None:
        return widget_options
    args, kwargs = widget_options.get("args", ()), widget_options.get("kwargs", {})

    def changed() -> None:
        last = st.session_state[_STATE][key]["last"]
        labels_to_codes(key)
        if isinstance(st.session_state.get(key), (list, tuple)) or st.session_state.get(key) != last:
            on_change(*args, **kwargs)

    return {name: given for name, given in widget_options.items() if name not in ("args", "kwargs")} | {
        "on_change": changed
    }
