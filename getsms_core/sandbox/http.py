"""The part of HTTP/1.1 that the practice gateway needs, with exact control over how a connection ends.

Written on asyncio instead of a server library, because the faults need it (RST, silence, drip, closing idle
connections) and because 2,000 status calls a second on one core leave 0.5 ms for a request.
"""

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus

_HEAD_LIMIT = 64 * 1024  # bytes
_BODY_LIMIT = 16 * 1024 * 1024  # bytes
_RST = struct.pack("ii", 1, 0)  # SO_LINGER of 0 seconds: closing sends RST instead of FIN


@dataclass(frozen=True, slots=True)
class Request:
    """A complete request. `path` has no query, `query` has no question mark."""

    method: str
    path: str
    query: str
    json: bool
    body: bytes
    client_ip: str
    authorization: str = ""


class Connection(asyncio.Protocol):
    """One connection: passes each request to `serve`, one at a time, which answers through the methods below."""

    def __init__(self, serve: Callable[[Request, "Connection"], Awaitable[None]], open_ones: set["Connection"]) -> None:
        self._serve, self._open_ones = serve, open_ones
        self._got = bytearray()
        self._keep = True
        self.status = 0  # of the answer to the request in progress; 0: nothing was answered
        self._task: asyncio.Future[None] | None = None
        self._transport: asyncio.Transport
        self.over = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """asyncio's call."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._open_ones.add(self)
        peer = transport.get_extra_info("peername")
        self._client_ip = str(peer[0]) if peer else ""

    def connection_lost(self, exc: Exception | None) -> None:
        """asyncio's call. A request in progress continues: a gateway does not drop it because the caller has
        disconnected."""
        self._open_ones.discard(self)
        self.over.set()

    def data_received(self, data: bytes) -> None:
        """asyncio's call."""
        self._got += data
        if self._task is None:
            self._next()

    def answer(self, body: bytes, status: int = 200, kind: str = "text/html; charset=UTF-8", keep: bool = True) -> None:
        """Send a complete answer; with `keep` false the connection closes after it."""
        self._keep = self._keep and keep
        self.status = status
        self._transport.write(self.head(len(body), status, kind) + body)

    def head(self, length: int, status: int = 200, kind: str = "text/html; charset=UTF-8") -> bytes:
        """Return the head of an answer."""
        try:
            phrase = HTTPStatus(status).phrase
        except ValueError:
            phrase = "Odd"
        ending = "" if self._keep else "Connection: close\r\n"
        place = "Location: /elsewhere/\r\n" if 300 <= status < 400 else ""
        return (
            f"HTTP/1.1 {status} {phrase}\r\nServer: practice\r\nContent-Type: {kind}\r\n"
            f"{place}{ending}Content-Length: {length}\r\n\r\n"
        ).encode("latin-1")

    def reset(self) -> None:
        """End the connection by RST."""
        sock = self._transport.get_extra_info("socket")
        if sock is not None and not self._transport.is_closing():
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RST)
        self._transport.abort()

    def close_when_idle(self) -> None:
        """Close now, or after the answer to the request in progress."""
        self._keep = False
        if self._task is None:
            self._transport.close()

    def cancel(self) -> None:
        """Abort the request in progress."""
        if self._task is not None:
            self._task.cancel()
        self._transport.abort()

    async def drip(self, raw: bytes, seconds: float) -> None:
        """Send byte by byte until all is sent or the caller has disconnected."""
        self.status = 200
        for byte in raw:
            if self.over.is_set():
                return
            self._transport.write(bytes([byte]))
            await asyncio.sleep(seconds)

    def _next(self) -> None:
        end = self._got.find(b"\r\n\r\n")
        if end < 0:
            if len(self._got) > _HEAD_LIMIT:
                self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
            return
        lines = bytes(self._got[:end]).decode("latin-1").split("\r\n")
        fields = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        request_line = lines[0].split(" ")
        size = fields.get("content-length", "0")
        if (
            len(request_line) != 3
            or not request_line[2].startswith("HTTP/1.")
            or not (size.isascii() and size.isdigit())
        ):
            return self._refuse(HTTPStatus.BAD_REQUEST)
        if "transfer-encoding" in fields:
            return self._refuse(HTTPStatus.LENGTH_REQUIRED)
        if int(size) > _BODY_LIMIT:
            return self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        start, end_of_body = end + 4, end + 4 + int(size)
        if len(self._got) < end_of_body:
            if fields.get("expect", "").lower() == "100-continue" and len(self._got) == start:
                self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            return None
        body = bytes(self._got[start:end_of_body])
        del self._got[:end_of_body]
        wish = fields.get("connection", "").lower()
        self._keep = wish != "close" and (request_line[2] != "HTTP/1.0" or wish == "keep-alive")
        path, _, query = request_line[1].partition("?")
        kind = fields.get("content-type", "")
        request = Request(request_line[0], path, query, "json" in kind.lower(), body, self._client_ip,
                          fields.get("authorization", ""))  # fmt: skip
        self._task = asyncio.ensure_future(self._run(request))
        return None

    async def _run(self, request: Request) -> None:
        self.status = 0
        try:
            await self._serve(request, self)
        except Exception:
            self.reset()
            raise
        finally:
            self._task = None
        if self.over.is_set():
            return
        if not self._keep:
            self._transport.close()
        elif self._got:
            self._next()

    def _refuse(self, status: HTTPStatus) -> None:
        self._keep = False
        self.answer(status.phrase.encode(), status)
        self._transport.close()
