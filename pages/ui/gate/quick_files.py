"""Streamlit's front end without the way through the gate: a new browser asks for sixty files at once.

Each took 1.5 ms of CPU through uvicorn's parser, the middleware and the response, 90 ms a browser; here it takes 0.1.
Only what is certain is answered: one whole GET of a file that is ready in memory, with headers that every browser
sends. Every other request goes the usual way, which answers the same.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from getsms_core.base.errors import DomainError
from pages.ui.gate import origin, response_headers
from pages.ui.shared import session, static_assets

_START = b"GET " + static_assets.PREFIX.encode("ascii")
_END = b"\r\n\r\n"
_LONGEST = 8192
_SPECIAL = frozenset(
    {
        *(b"connection", b"content-length", b"expect", b"forwarded", b"if-modified-since", b"if-none-match"),
        *(b"range", b"te", b"transfer-encoding", b"upgrade", b"x-forwarded-for", b"x-forwarded-proto"),
    }
)
"""Headers that may ask for something else; "connection: keep-alive" asks for nothing."""


def install() -> None:
    """Let uvicorn's connections of this process try it first. Uvicorn chooses the class before it imports the app, so
    the method is replaced, once."""
    if not getattr(H11Protocol.data_received, "quick", False):
        setattr(H11Protocol, "data_received", _first(H11Protocol.data_received))  # noqa: B010 - a method has one type


def _first(usual: Callable[[H11Protocol, bytes], None]) -> Callable[[H11Protocol, bytes], None]:
    def data_received(connection: H11Protocol, data: bytes) -> None:
        answer = None
        if data.startswith(_START) and _is_idle(connection):
            answer = response(data, connection.server_state.default_headers)
        if answer is None:
            usual(connection, data)
            return
        connection.transport.write(answer)
        connection.on_response_complete()

    data_received.quick = True  # type: ignore[attr-defined]
    return data_received


def _is_idle(connection: H11Protocol) -> bool:
    """Return whether nothing of another request or response is on this connection. A client that does not read gets no
    second file: its first is still in the buffer."""
    http, transport = connection.conn, connection.transport
    return (
        http.our_state is h11.IDLE
        and http.their_state is h11.IDLE
        and not http.trailing_data[0]
        and transport.get_write_buffer_size() == 0
        and not transport.is_closing()
    )


def response(data: bytes, server_headers: Sequence[tuple[bytes, bytes]]) -> bytes | None:
    """Return the whole response to a request, with what the server adds to all; None where the usual way must
    answer."""
    if len(data) > _LONGEST or data.find(_END) != len(data) - len(_END):
        return None
    first, *lines = data[: -len(_END)].split(b"\r\n")
    method_and_target, _space, version = first.rpartition(b" ")
    file = static_assets.ready(method_and_target.removeprefix(b"GET ").decode("latin-1"))
    headers = _headers(lines)
    if file is None or headers is None or version != b"HTTP/1.1":
        return None
    if file.compressed and b"gzip" not in headers.get(b"accept-encoding", b""):
        return None
    common = _common_head(headers[b"host"])
    if common is None:
        return None
    return b"".join((b"HTTP/1.1 200 OK\r\n", _lines(server_headers), common, file.head, file.body))


def _lines(headers: Sequence[tuple[bytes, bytes]]) -> bytes:
    return b"".join(b"%s: %s\r\n" % header for header in headers)


def _headers(lines: list[bytes]) -> dict[bytes, bytes] | None:
    """Return the headers by their names; None where one is unusual."""
    headers: dict[bytes, bytes] = {}
    for line in lines:
        name, colon, value = line.partition(b":")
        name, value = name.lower(), value.strip()
        if not colon or not name.replace(b"-", b"").isalnum() or name in headers:
            return None
        headers[name] = value
    if headers.get(b"connection", b"keep-alive").lower() == b"keep-alive":
        headers.pop(b"connection", None)
    return None if b"host" not in headers or _SPECIAL & headers.keys() else headers


@lru_cache(32)
def _common_head(host: bytes) -> bytes | None:
    """Return the headers of all responses of this host; None for one that the gate refuses."""
    name = host.decode("latin-1")
    try:
        allowed = session.settings().allows_host(name)
    except DomainError:  # settings that cannot be used: the gate says so
        return None
    if not name or not origin.is_host(name) or not allowed:
        return None
    policy = response_headers.content_security_policy(name).encode("ascii")
    return _lines([*response_headers.HEADERS, (b"content-security-policy", policy)])
