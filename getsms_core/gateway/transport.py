"""One POST with requests, with a hard overall deadline and exact knowledge of whether any byte of it was written.

The read time-out of requests is per socket read, so a server that sends a byte at a time outlasts it. Here the sockets
know the deadline of their call: before each read and write they set their time-out to the remaining time. This needs no
watchdog thread, costs nothing measurable, and covers headers, body and TLS.

`Call.written` becomes true before the first byte of a request is passed to the socket, and nothing is written after the
deadline. An error with `written` false therefore proves that the gateway never saw the request.
"""

import errno
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPResponse
from http.cookiejar import DefaultCookiePolicy
from socket import gaierror, socket
from time import monotonic
from typing import Any

import certifi
import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import IncompleteRead, NameResolutionError
from urllib3.util.retry import Retry
from urllib3.util.ssl_ import create_urllib3_context

ANSWER_LIMIT = 4 * 1024 * 1024  # bytes; 100 messages of 10 parts, each character escaped, are under 1 MB
IDLE_LIMIT = 2.0  # seconds; servers close idle connections after 5 s or more: a POST at that moment is uncertain
_UNREACHABLE = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EHOSTDOWN, errno.EPERM, errno.EACCES}


@dataclass(slots=True)
class Call:
    """A POST in progress in this thread: its deadline, the seconds of one read, whether a byte of it was written, what
    is called before the first one, and the headers that wait for the body."""

    deadline: float
    read_timeout: float
    has_body: bool = True
    written: bool = False
    before_first_byte: Callable[[], None] | None = None
    _headers: bytes | None = None

    def left(self) -> float:
        """Return the seconds for the next read or write. Raises `TimeoutError` after the deadline."""
        left = self.deadline - monotonic()
        if left <= 0:
            raise TimeoutError("the deadline has passed")
        return min(left, self.read_timeout)

    def joined(self, data: bytes) -> bytes:
        """Return what is written now: nothing for the headers, which are written with the body. Killed between the two,
        workers left chunks uncertain that the gateway never had as a whole: one in eleven of theirs."""
        if not self.has_body:
            return data
        if self._headers is None:
            self._headers = data
            return b""
        headers, self._headers = self._headers, b""
        return headers + data

    def writes(self) -> None:
        """Note that bytes are passed to the socket next. Raises `TimeoutError` after the deadline."""
        self.left()
        if not self.written and self.before_first_byte is not None:
            self.before_first_byte()
        self.written = True


class _ThreadState(threading.local):
    call: Call | None = None


_thread = _ThreadState()


def _set_deadline(sock: socket) -> None:
    if _thread.call is not None:
        sock.settimeout(_thread.call.left())


class _DeadlineSocket(socket):
    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        _set_deadline(self)
        return super().recv_into(*args, **kwargs)

    def sendall(self, *args: Any, **kwargs: Any) -> None:
        _set_deadline(self)
        super().sendall(*args, **kwargs)


class _DeadlineTlsSocket(ssl.SSLSocket):
    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        _set_deadline(self)
        return super().recv_into(*args, **kwargs)

    def send(self, *args: Any, **kwargs: Any) -> int:  # SSLSocket.sendall is a loop over send
        _set_deadline(self)
        return super().send(*args, **kwargs)


def _written_now(connection: HTTPConnection, data: Any) -> Any:
    """Return what a connection writes now of a call's data, after it has connected; empty for the headers."""
    if connection.sock is None:
        connection.connect()
    call = _thread.call
    if call is not None:
        data = call.joined(data)
        if data:
            call.writes()
    return data


class _FinalResponse(HTTPResponse):
    """Reads past interim answers (HTTP 102 and 103) as past 100. Taken for the answer, one leaves the real answer on
    the connection, where the next request would read it: a refusal meant for another chunk."""

    def _read_status(self) -> tuple[str, int, str]:
        version, status, reason = super()._read_status()  # type: ignore[misc]
        return version, HTTPStatus.CONTINUE if 101 < status < 200 else status, reason


class _HttpConnection(HTTPConnection):
    response_class = _FinalResponse

    def _new_conn(self) -> socket:
        connected = super()._new_conn()
        timeout = connected.gettimeout()
        wrapped = _DeadlineSocket(fileno=connected.detach())
        wrapped.settimeout(timeout)
        return wrapped

    def send(self, data: Any) -> None:
        if now := _written_now(self, data):
            super().send(now)


class _HttpsConnection(HTTPSConnection):
    response_class = _FinalResponse

    def send(self, data: Any) -> None:
        if now := _written_now(self, data):
            super().send(now)


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _HttpConnection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _HttpsConnection


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **kwargs: Any) -> None:
        context = create_urllib3_context()
        context.sslsocket_class = _DeadlineTlsSocket
        self.poolmanager = PoolManager(
            num_pools=connections, maxsize=maxsize, block=block, ssl_context=context, **kwargs
        )
        self.poolmanager.pool_classes_by_scheme = {"http": _PlainPool, "https": _TlsPool}


@dataclass(frozen=True, slots=True)
class Reply:
    """The gateway's answer. `problem` is a code if the body is incomplete; `body` is what arrived."""

    status: int
    body: bytes
    seconds: float
    problem: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Failure:
    """No answer. `written` false proves that the gateway received nothing of the request."""

    code: str
    detail: str
    written: bool
    seconds: float


class GatewayConnection:
    """One thread's connection to a gateway: a pooled session that stays open between calls."""

    def __init__(self, connect_timeout: float, read_timeout: float, overall: float, ca_file: str | None = None) -> None:
        self._timeout = connect_timeout, read_timeout
        self._read_timeout = read_timeout
        self._overall = overall
        self._verify = ca_file or certifi.where()
        self._last = monotonic()
        self._session = session = requests.Session()
        session.trust_env = False
        session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        once = Retry(total=0, connect=0, read=0, redirect=0, status=0, other=0, raise_on_status=False)
        adapter = _Adapter(pool_connections=2, pool_maxsize=1, max_retries=once)
        session.mount("http://", adapter)
        session.mount("https://", adapter)
        headers = {
            "User-Agent": "getsms-campaigns",
            "Accept": "application/json, */*",
            "Accept-Encoding": "identity",
            "Content-Type": "application/x-www-form-urlencoded",
            "Connection": "keep-alive",
        }
        session.headers.clear()
        session.headers.update(headers)
        self._prepared: dict[str, requests.PreparedRequest] = {}

    def close(self) -> None:
        """Close the pooled connections; the next call opens a new one."""
        self._session.close()

    def prepare(self, url: str) -> requests.PreparedRequest:
        """Return the empty request for an address."""
        if url not in self._prepared:
            self._prepared[url] = self._session.prepare_request(requests.Request("POST", url))
        return self._prepared[url].copy()

    def post(self, url: str, body: bytes, before_first_byte: Callable[[], None] | None = None) -> Reply | Failure:
        """POST exactly once. Every failure is returned as a value, even an unexpected one. `before_first_byte` is
        called once the connection stands, just before anything of the request is written."""
        began = monotonic()
        if began - self._last > IDLE_LIMIT:
            self._session.close()
        call = _thread.call = Call(
            began + self._overall, self._read_timeout, bool(body), before_first_byte=before_first_byte
        )
        try:
            request = self.prepare(url)
            request.body = body
            request.headers["Content-Length"] = str(len(body))
            response = self._session.send(
                request, stream=True, timeout=self._timeout, verify=self._verify, allow_redirects=False
            )
            try:
                return _read(response, call, began)
            finally:
                response.close()
                if response.status_code < 200:  # another protocol begins
                    self._session.close()
        except Exception as error:
            code, detail = _diagnose(error, call)
            return Failure(code, detail, call.written, monotonic() - began)
        finally:
            _thread.call = None
            self._last = monotonic()


def _read(response: requests.Response, call: Call, began: float) -> Reply:
    status, body = response.status_code, bytearray()
    try:
        for data in response.raw.stream(65536, decode_content=True):
            body += data
            if len(body) > ANSWER_LIMIT:
                detail = f"more than {ANSWER_LIMIT} bytes"
                return Reply(status, bytes(body[:ANSWER_LIMIT]), monotonic() - began, "answer-too-large", detail)
    except Exception as error:
        code, detail = _diagnose(error, call)
        if code == "connection-lost" or isinstance(error, IncompleteRead):
            code = "answer-cut"
        return Reply(status, bytes(body), monotonic() - began, code, detail)
    return Reply(status, bytes(body), monotonic() - began)


def _causes(error: BaseException | None, depth: int = 0) -> Iterator[BaseException]:
    """Yield the error and all that it wraps: requests and urllib3 store the cause in args, `reason` or `__cause__`."""
    if error is None or depth > 8:
        return
    yield error
    inner = [getattr(error, "reason", None), *error.args, error.__cause__ or error.__context__]
    for cause in inner:
        if isinstance(cause, BaseException):
            yield from _causes(cause, depth + 1)


def _diagnose(error: BaseException, call: Call) -> tuple[str, str]:
    """Return the code of a failed call, first by whether anything was written, then by the innermost cause."""
    causes = list(_causes(error))
    network = [
        candidate
        for candidate in causes
        if isinstance(candidate, OSError) and not isinstance(candidate, requests.RequestException)
    ]
    cause = next((candidate for candidate in reversed(network) if candidate.errno or candidate.args), causes[-1])
    detail = f"{type(cause).__name__}: {cause}" if str(cause) else type(cause).__name__
    timed_out = any(isinstance(candidate, TimeoutError | requests.Timeout) for candidate in causes)
    if call.written:
        if timed_out:
            return ("deadline" if monotonic() >= call.deadline else "read-timeout"), detail
        lost = network or isinstance(error, requests.RequestException) or type(error).__module__.startswith("urllib3")
        return ("connection-lost" if lost else "unexpected"), detail
    return _connect_failure_code(causes, network, timed_out), detail


def _connect_failure_code(causes: list[BaseException], network: list[OSError], timed_out: bool) -> str:
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
        return "tls-certificate"
    if any(isinstance(cause, NameResolutionError | gaierror) for cause in causes):
        return "name-not-resolved"
    if timed_out:
        return "connect-timeout"
    if any(isinstance(cause, ssl.SSLError) for cause in causes):
        return "tls-failed"
    numbers = {cause.errno for cause in network}
    if errno.ECONNREFUSED in numbers:
        return "connection-refused"
    if numbers & _UNREACHABLE:
        return "network-unreachable"
    return "connect-failed" if network else "unexpected"
