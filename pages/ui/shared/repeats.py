"""Callbacks that may run twice for one upload or one double click: `getsms_core.db.repeated_requests` says why."""

import secrets
import time

import streamlit as st

REPEAT_SECONDS = 10.0
"""A second click on the same button within this time belongs to the first; callbacks were seen 1 to 2 s apart."""
_CLICKS = "repeats-clicks"
_TURNS = "repeats-turns"
_DONE = "repeats-done"


def now() -> float:
    """Seconds of a clock that only goes forward."""
    return time.monotonic()


def click_key(name: str) -> str:
    """The request key of a click on a button; `name` says which button and about what. A second click soon after the
    first has the key of the first."""
    clicks: dict[str, tuple[str, float]] = st.session_state.setdefault(_CLICKS, {})
    current = now()
    key, clicked_at = clicks.get(name, ("", 0.0))
    if not key or current - clicked_at > REPEAT_SECONDS:
        key = f"{name}:{secrets.token_hex(8)}"
    clicks[name] = key, current
    return key


def turn(name: str) -> int:
    """How often a form was handled in this session. The callback gets it as the form was drawn: a second click on a
    form that was handled meanwhile is for a turn that has gone by."""
    return int(st.session_state.setdefault(_TURNS, {}).get(name, 0))


def end_turn(name: str) -> None:
    """The form was handled."""
    st.session_state[_TURNS][name] = turn(name) + 1


def is_repeat(name: str) -> bool:
    """Whether what `done` was told about this name was done in this session just now."""
    done_at = st.session_state.get(_DONE, {}).get(name)
    return done_at is not None and now() - done_at <= REPEAT_SECONDS


def done(name: str) -> None:
    """Remember that this was done."""
    st.session_state.setdefault(_DONE, {})[name] = now()
