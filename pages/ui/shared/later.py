"""Fragments, dialogs and downloads, which run after their page was drawn. Each resolves the user and their rights when
it runs; Streamlit would run it with captured values for as long as the tab is open."""

import threading
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.scriptrunner_utils.script_run_context import ThreadState

from getsms_core.audit import log as audit
from getsms_core.base.errors import DomainError
from getsms_core.base.i18n import using_language
from getsms_core.base.permissions import Actor, Permission
from getsms_core.users import identity
from pages.ui.shared import live, session
from pages.ui.shared.session import language

P = ParamSpec("P")
_lock = threading.Lock()
_refusals: dict[str, str] = {}
"""Why a download was refused, by Streamlit session: a download runs outside any script and cannot show it."""


def fragment(
    *, run_every: float | str | None = None, shows: Callable[[], object] | None = None
) -> Callable[[Callable[P, None]], Callable[P, None]]:
    """`st.fragment` that draws the whole page again once its user has other rights or is signed out. `shows` returns
    all that its picture depends on beside the language and its arguments: while that is equal to what it was, its timer
    does nothing (`pages.ui.shared.live`)."""

    def decorate(function: Callable[P, None]) -> Callable[P, None]:
        decorated: Callable[P, None] = st.fragment(_guarded(function, shows), run_every=run_every)
        return decorated

    return decorate


def dialog(title: str, **options: Any) -> Callable[[Callable[P, None]], Callable[P, None]]:
    """`st.dialog` that draws the whole page again once its user has other rights or is signed out."""

    def decorate(function: Callable[P, None]) -> Callable[P, None]:
        decorated: Callable[P, None] = st.dialog(title, **options)(_guarded(function))
        return decorated

    return decorate


def _guarded(function: Callable[P, None], shows: Callable[[], object] | None = None) -> Callable[P, None]:
    @wraps(function)  # Streamlit makes the fragment's identity of the function's name
    def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
        if session.drawn_with_other_rights():
            st.rerun()
        fragment_id = ThreadState.get().fragment_id
        if shows and fragment_id:
            live.note_shown(_session_id(), fragment_id, shows)
        function(*args, **kwargs)

    return guarded


def download(right: Permission, make: Callable[[Actor], bytes], about: str) -> Callable[[], bytes]:
    """The `data` of a download button: at each click the user is resolved, must have the `right`, and `make` is called
    with them as they are then. The audit log gets an entry with the subject `about` ("campaign:7"); "" = none, for a
    file that holds nothing of the database.

    A click that is refused raises `DomainError`, and `refusal()` has the sentence."""
    resolve_user, code, session_id = session.user_resolver(), language(), _session_id()
    address = session.address()

    def clicked() -> bytes:
        with using_language(code):
            try:
                user = resolve_user()
                if user is None:
                    raise identity.signed_out()
                acting = identity.signed_in(session.store(), user, address)
                acting.must(right)
                data = make(acting)
                if about:
                    audit.note_alone(session.store(), acting, "file.download", about)
                return data
            except DomainError as refusal:
                with _lock:
                    _refusals[session_id] = refusal.message
                live.forget(session_id)  # the heartbeat shows it at its next turn
                raise

    return clicked


def refusal() -> str | None:
    """Why the last download of this session was refused, once; the frame's heartbeat shows it."""
    with _lock:
        return _refusals.pop(_session_id(), None)


def _session_id() -> str:
    context = get_script_run_ctx(suppress_warning=True)
    return context.session_id if context else ""
