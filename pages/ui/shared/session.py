"""The session of a page run: the signed-in user, the store, the settings and the language.

Import `_` and `ngettext` from here in pages: Streamlit runs every script and every fragment in a thread of its own, and
these set its language first. Core functions called afterwards in the same run speak it too.

A page outlives the rights it was drawn with. What runs after it was drawn asks for the user and their rights when it
runs: callbacks call `actor()`, and `pages.ui.shared.later` has the fragments, dialogs and downloads.

Tests override settings, store and user with `override(...)` (`tests/conftest.py`, fixture `open_page`), a call inside
the process that no request can make.
"""

import logging
import secrets
import threading
from collections.abc import Callable, Hashable
from contextlib import suppress
from functools import partial
from html import escape
from importlib.metadata import version
from typing import TypeVar
from urllib.parse import urlsplit

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from getsms_core.base import i18n as words
from getsms_core.base import logs
from getsms_core.base.errors import DomainError
from getsms_core.base.permissions import Actor, Permission
from getsms_core.base.settings import Settings, load
from getsms_core.db.engine import Store, open_store
from getsms_core.users import identity, server_secret, sessions
from getsms_core.users.identity import UserInfo
from getsms_core.worker.app_servers import Heartbeat
from pages.ui.shared import run_memory
from pages.ui.shared.plain_text import plain

T = TypeVar("T")
COOKIE = "getsms_session"
_log = logging.getLogger("getsms.pages")
_lock = threading.Lock()
_settings: Settings | None = None
_store: Store | None = None
_heartbeat: Heartbeat | None = None


def settings() -> Settings:
    """The settings in force, read once a process. Raises `SettingsError`."""
    global _settings
    with _lock:
        if _settings is None:
            _settings = load()
        return _settings


def store() -> Store:
    """The one store of this process, opened (and its tables made) at the first call, which also reads the server
    secret and tells the others that this app server runs. Raises `DomainError`."""
    global _store, _heartbeat
    if _store is not None:  # a page asks fifty times in a run
        return _store
    rules = settings()
    with _lock:
        if _store is None:
            opened = open_store(rules.database_url)
            try:
                secret = server_secret.load_or_create(rules.secret_path)
            except BaseException:
                opened.close()
                raise
            server_secret.use(secret)
            _heartbeat = Heartbeat(opened, version("getsms-campaigns"), server_secret.fingerprint(secret))
            _heartbeat.start()
            _store = opened
        return _store


def close() -> None:
    """The end of an app server, in good order: its row says so, and SQLite's log is written into the database."""
    global _store, _heartbeat
    with _lock:
        if _store is not None and _heartbeat is not None:
            _heartbeat.stop()
            _store.close()
            _store.checkpoint()
            _store = _heartbeat = None


def override(settings: Settings | None, store: Store | None, someone: UserInfo | None = None) -> None:
    """Override settings, store and user for tests. All None restores the environment's and the cookie's."""
    global _settings, _store, _identify
    with _lock:
        _settings, _store = settings, store
        _identify = partial(identity.get_active, store, someone.id) if store and someone else _user_of_request


# -------------------------------------------------------------------------------------------------------------- people


def current_user() -> UserInfo:
    """Who is signed in, asked of the database in this very run; nobody stops the page with a way to sign in."""
    user = _user_of_run()
    if user is None:
        st.warning(_("You are signed out. Nothing was lost."), icon=":material/lock:")
        link("/sign-in", _("Sign in"))
        st.stop()
    st.session_state["_drawn_for"] = (user.id, user.role)
    return user


def actor() -> Actor:
    """Who is signed in, as the core's services want them: their rights are read from the database at each question.

    Raises `DomainError` ("signed-out"); a callback shows it, and the run after it leads to the sign-in page."""
    user = _identify()
    if user is None:
        raise identity.signed_out()
    return identity.signed_in(store(), user, address())


def drawn_with_other_rights() -> bool:
    """Whether the page was drawn for other rights than the user has now, or for a session that has ended."""
    user, drawn_for = _user_of_run(), st.session_state.get("_drawn_for")
    return user is None or (drawn_for is not None and drawn_for != (user.id, user.role))


def user_resolver() -> Callable[[], UserInfo | None]:
    """The user of this session, to be asked of the database later and in any thread; None once the session has
    ended."""
    if _is_overridden():
        return _identify
    return partial(_user_of_cookie, _request_cookie())


def address() -> str:
    """The network address of the browser, for the audit log; "" where there is none."""
    return "" if _is_overridden() else st.context.ip_address or ""


def app_address() -> str:
    """The address at which this page is open, without the page: "https://sms.example.uz"; else the setting's."""
    page_address = urlsplit("" if _is_overridden() else st.context.url or "")
    return f"{page_address.scheme}://{page_address.netloc}" if page_address.netloc else settings().app_url


def link(path: str, words: str) -> None:
    """Show a link to the authentication gate's own pages. Streamlit's links open a new tab or stay inside Streamlit."""
    st.html(f'<a href="{path}" target="_self" style="color:inherit">{escape(words)}</a>')


def require(permission: Permission) -> Actor:
    """The actor, where their role lets them do `what`; else `DomainError` ("not-allowed"), which the frame shows. Pages
    call it first."""
    user = identity.signed_in(store(), current_user(), address())
    user.must(permission)
    return user


def sees_commands() -> bool:
    """Whether command lines help this user: they run on the computer of the program, where administrators sign in."""
    return current_user().actor.may(Permission.SETTINGS)


def touch_session() -> None:
    """Store that the session is in use; the frame calls it, not the fragments that run by themselves."""
    recognised = _recognise(_request_cookie())
    if recognised:
        with suppress(DomainError):  # the database cannot be written now: reading pages still works
            sessions.touch(store(), recognised[1])


def session_id() -> str:
    """The id of the session of this page; "" in tests, which have none."""
    recognised = _recognise(_request_cookie())
    return recognised[1].id if recognised else ""


def read_once(key: Hashable, read: Callable[[], T]) -> T:
    """Return what `read` reads, for drawing: once a run, and again after a write of this process. Callbacks read at
    each call."""
    memory, writes = run_memory.of_this_run(), store().writes
    if memory is None:
        return read()
    if key not in memory or memory[key][0] != writes:
        memory[key] = writes, read()
    value: T = memory[key][1]
    return value


def _user_of_run() -> UserInfo | None:
    """Who is signed in, for drawing. What changes something asks `actor()`."""
    return read_once("user", _identify)


def _request_cookie() -> str | None:
    return None if _is_overridden() else st.context.cookies.get(COOKIE)


def _is_overridden() -> bool:
    return _identify is not _user_of_request


def _recognise(cookie: str | None) -> tuple[UserInfo, sessions.SessionInfo] | None:
    return sessions.find(store(), cookie) if cookie else None


def _user_of_request() -> UserInfo | None:
    return _user_of_cookie(_request_cookie())


def _user_of_cookie(cookie: str | None) -> UserInfo | None:
    recognised = _recognise(cookie)
    return recognised[0] if recognised else None


_identify: Callable[[], UserInfo | None] = _user_of_request


# ------------------------------------------------------------------------------------------------------------ language


def language() -> str:
    """The language of this session: the one chosen on the page, else in the address (`?lang=ru`), else the person's."""
    memory = run_memory.of_this_run()
    if memory is None:
        return _language_now()
    if "language" not in memory:
        memory["language"] = _language_now()
    return str(memory["language"])


def _language_now() -> str:
    for code in (st.session_state.get("lang"), st.query_params.get("lang"), st.session_state.get("_language")):
        if code in words.LANGUAGES:
            return str(code)
    return "en"


def _language_of_thread() -> str:
    """The language of the session whose script, callback or timer runs in this thread; English outside them."""
    return language() if get_script_run_ctx(suppress_warning=True) else "en"


words.use_where_unset(_language_of_thread)


def start_run_language(person: UserInfo) -> None:
    """Begin a run in this session's language; the frame calls it."""
    st.session_state["_language"] = person.language
    if (memory := run_memory.of_this_run()) is not None:
        memory.pop("language", None)
    words.set_language(language())


def _(message: str) -> str:
    """The sentence in the language of this session, also inside a fragment or a callback."""
    words.set_language(language())
    return words._(message)


def ngettext(singular: str, plural: str, n: int) -> str:
    """The sentence in the plural form that `n` asks for in the language of this session."""
    words.set_language(language())
    return words.ngettext(singular, plural, n)


def pgettext(context: str, message: str) -> str:
    """A word in the language of this session, where a context decides between two translations."""
    words.set_language(language())
    return words.pgettext(context, message)


# -------------------------------------------------------------------------------------------------------------- errors


def show_error(error: BaseException) -> bool:
    """Show what went wrong as a sentence, never as a traceback: a refusal in its own words, all else with a reference
    that the log holds too. Streamlit calls it for every uncaught error of a script (see app.py)."""
    if isinstance(error, DomainError):
        st.error(plain(error.message), icon=":material/block:")
        if error.code == "signed-out":
            link("/sign-in", _("Sign in"))
        return True
    reference = secrets.token_hex(4)
    # Streamlit leaves the log to its handler
    logs.write(_log, logs.ERROR, "page.failed", error=error, reference=reference)
    st.error(
        _(
            "Something went wrong on this page, and it is our fault. Campaigns are not affected. Reload the "
            "page; if the error returns, give your administrator this number: {reference}."
        ).format(reference=reference),
        icon=":material/error:",
    )
    return True
