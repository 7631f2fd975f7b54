"""A server that answers each request with scripted bytes over a real socket."""

import socket
import ssl
import struct
import threading
from collections.abc import Sequence
from urllib.parse import parse_qsl

RESET = b"\x00reset"  # abort the connection with RST
WAIT = b"\x00wait"  # hold the connection in silence until the server closes
HANG_UP = b"\x00close"


def http(body: bytes = b"", status: str = "200 OK", *headers: str, length: int | None = None) -> bytes:
    """An answer; `length` states another Content-Length than the true one."""
    size = len(body) if length is None else length
    lines = [f"HTTP/1.1 {status}", "Content-Type: text/html; charset=UTF-8", f"Content-Length: {size}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class Scripted:
    """Answers request after request from a script, the last entry for ever: bytes, RESET, WAIT, HANG_UP, or a pair of
    bytes and the seconds between each two of them. `requests` holds what arrived whole."""

    def __init__(self, script: Sequence[bytes | tuple[bytes, float]], tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[bytes] = []
        self.connections = 0
        self._script, self._tls, self._over = list(script), tls, threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http{'s' if tls else ''}://127.0.0.1:{self.port}/smsgateway/"
        self._threads = [threading.Thread(target=self._listen)]
        self._threads[0].start()

    def __enter__(self) -> "Scripted":
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(10)

    def _listen(self) -> None:
        while not self._over.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._threads.append(threading.Thread(target=self._serve, args=(connection,)))
            self._threads[-1].start()

    def _serve(self, raw: socket.socket) -> None:
        connection = raw
        try:
            connection = self._tls.wrap_socket(raw, server_side=True) if self._tls else raw
            connection.settimeout(0.02)
            while not self._over.is_set() and self._one(connection):
                pass
        except OSError:
            pass
        finally:
            connection.close()
            raw.close()

    def _one(self, connection: socket.socket) -> bool:
        request = self._request(connection)
        if request is None:
            return False
        answer = self._script[min(len(self.requests), len(self._script) - 1)]
        self.requests.append(request)
        if answer == RESET:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return False
        if answer == WAIT:
            self._over.wait(20)
            return False
        if answer == HANG_UP:
            return False
        if isinstance(answer, bytes):
            connection.sendall(answer)
            return b"Connection: close" not in answer
        for byte in answer[0]:
            connection.sendall(bytes([byte]))
            if self._over.wait(answer[1]):
                return False
        return True

    def _request(self, connection: socket.socket) -> bytes | None:
        got = b""
        while not self._over.is_set():
            head, end, body = got.partition(b"\r\n\r\n")
            if end:
                wanted = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0] or b"0")
                if len(body) >= wanted:
                    return got
            try:
                piece = connection.recv(65536)
            except TimeoutError:
                continue
            if not piece:
                return None
            got += piece
        return None


def form_of(request: bytes) -> dict[str, str]:
    """The form fields of a request as a PHP server would see them."""
    return dict(
        parse_qsl(request.partition(b"\r\n\r\n")[2].decode("ascii"), keep_blank_values=True, strict_parsing=True)
    )
