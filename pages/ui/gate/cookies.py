"""The session cookie in a request's headers.

Only values that could be a session are read. A general cookie parser unquotes every cookie that a client sends, which
takes quadratic time for backslashes on Python before 3.11.10."""

import re
from collections.abc import Iterable

from starlette.types import Scope

from getsms_core.users.session_cookies import COOKIE_LENGTH
from pages.ui.shared.session import COOKIE

MAX_CANDIDATES = 4
"""Session cookies that are tried: a browser sends several when a parent domain set one too."""
_MAX_XSRF_LENGTH = 512  # characters; Streamlit's XSRF token has about 90
_SESSION = re.compile(rb"(?:^|;)[ \t]*%s=([A-Za-z0-9_.\-]{1,%d})[ \t]*(?=;|$)" % (COOKIE.encode(), COOKIE_LENGTH))
_XSRF = re.compile(rb"(?:^|;)[ \t]*(_streamlit_xsrf=[A-Za-z0-9_.|:=\"\-]{1,%d})[ \t]*(?=;|$)" % _MAX_XSRF_LENGTH)


def session_values(headers: Iterable[tuple[bytes, bytes]]) -> list[str]:
    """Return the values that may be a session, at most `MAX_CANDIDATES`, without repetition; nothing is verified."""
    values: dict[str, None] = {}
    for header in _cookie_headers(headers):
        for match in _SESSION.finditer(header):
            values[match[1].decode("ascii")] = None
            if len(values) == MAX_CANDIDATES:
                return list(values)
    return list(values)


def strip_foreign_cookies(scope: Scope, sessions: Iterable[str]) -> Scope:
    """Return the scope with only these sessions and Streamlit's XSRF token as cookies, so that the page sees the same
    session as the gate and no other cookie is parsed."""
    cookies = [f"{COOKIE}={value}".encode("ascii") for value in sessions]
    for header in _cookie_headers(scope["headers"]):
        if match := _XSRF.search(header):
            cookies.append(match[1])
            break
    headers = [(name, value) for name, value in scope["headers"] if name != b"cookie"]
    if cookies:
        headers.append((b"cookie", b"; ".join(cookies)))
    return {**scope, "headers": headers}


def _cookie_headers(headers: Iterable[tuple[bytes, bytes]]) -> list[bytes]:
    return [value for name, value in headers if name == b"cookie"]
