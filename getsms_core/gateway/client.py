"""The GETSMS gateway: one call in, a typed answer out; nothing is ever POSTed twice here.

The rules are the table "was it sent or not?" of docs/gateway.md. The caller decides on retries.
"""

import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any
from urllib.parse import SplitResult, quote, quote_plus, unquote, urlsplit
from weakref import WeakSet
from zoneinfo import ZoneInfo

import requests
from pydantic import SecretStr

from getsms_core.gateway.damage import clean_text, parse_json
from getsms_core.gateway.form import encode_form
from getsms_core.gateway.messages import reason_text
from getsms_core.gateway.outcomes import (
    Accepted,
    Answered,
    Decision,
    Item,
    NoAnswer,
    NothingSent,
    Probe,
    SendAnswer,
    StatusAnswer,
    Statuses,
    Unclear,
    Verdict,
)
from getsms_core.gateway.response import client_ip, read_send, read_status
from getsms_core.gateway.transport import Failure, GatewayConnection, Reply

MAX_OBJECTS = 100  # objects in one request (manual)
PROBE_REQUEST_ID = "999999999999"  # error 400 for it proves login, password and IP address without an SMS
_DETAIL = 500  # characters of a detail


class Gateway:
    """A client for one gateway account. Thread-safe: each thread has its own pooled session.

    `connect_timeout`, `read_timeout` (one read) and `overall` (the whole call, hard; default the sum of both) are
    seconds. `zone` is the assumed zone of the gateway's dates. `ca_file` names a certificate to trust instead of the
    usual ones. Raises `ValueError` for an invalid address. The password is in no repr, error or log."""

    def __init__(
        self,
        url: str,
        login: str,
        password: SecretStr,
        nickname: str = "",
        connect_timeout: float = 5,
        read_timeout: float = 30,
        overall: float | None = None,
        *,
        zone: ZoneInfo = ZoneInfo("Asia/Tashkent"),  # noqa: B008 - immutable
        ca_file: str | None = None,
    ) -> None:
        parts = _split_url(url)
        self._url = url if url.endswith("/") else url + "/"
        self._shown_url = self._url.replace(parts.netloc, parts.netloc.rpartition("@")[2])
        self._login, self._password, self._nickname, self._zone = login, password, nickname, zone
        self._url_password = SecretStr(unquote(parts.password or ""))
        total = connect_timeout + read_timeout if overall is None else overall
        self._line_settings = connect_timeout, read_timeout, total, ca_file
        self._threads = threading.local()
        self._lines: WeakSet[GatewayConnection] = WeakSet()
        self._lock = threading.Lock()
        self._outgoing_ip: str | None = None

    def __repr__(self) -> str:
        return f"Gateway({self._shown_url!r}, login={self._login!r}, password='***', nickname={self._nickname!r})"

    def close(self) -> None:
        """Close all pooled connections. Calls in flight are not interrupted; a later call opens a new connection."""
        with self._lock:
            for line in list(self._lines):
                line.close()

    def send(
        self,
        items: Sequence[Item],
        nickname: str | None = None,
        before_first_byte: Callable[[], None] | None = None,
    ) -> SendAnswer:
        """POST one chunk of 1 to 100 messages, once. `nickname` replaces the account's sender name; if empty, the
        SMS are sent from a short number. `before_first_byte` is called just before anything is written to the gateway.
        Raises `ValueError` for another number of items, before anything is sent."""
        _check_count(items)
        sender = self._nickname if nickname is None else nickname
        fields = {"nickname": sender} if sender else {}
        data = [{"phone": str(item.phone), "text": item.text} for item in items]
        try:
            body = self._form(fields, data)
        except ValueError as error:
            return NothingSent("not-encodable", Decision.STOP, self._redacted(str(error)))
        outcome = self._post(self._url, body, before_first_byte)
        try:
            answer = read_send(items, outcome)
        except Exception as error:  # a fault in this reader: the request was sent
            detail = self._redacted(f"{type(error).__name__}: {error}")
            return Unclear("unexpected", detail, getattr(outcome, "status", None), outcome.seconds)
        if isinstance(answer, Answered):
            return replace(answer, verdicts=[self._redacted_verdict(verdict) for verdict in answer.verdicts])
        return replace(answer, detail=self._redacted(answer.detail))

    def status(self, request_ids: Sequence[str]) -> StatusAnswer:
        """Return the status of 1 to 100 requests; the manual allows one a call. Raises `ValueError` for another
        number."""
        _check_count(request_ids)
        outcome = self._post(
            self._url + "status/", self._form({}, [{"request_id": str(request_id)} for request_id in request_ids])
        )
        try:
            answer = read_status(outcome, self._zone)
        except Exception as error:
            return NoAnswer("unexpected", self._redacted(f"{type(error).__name__}: {error}"), outcome.seconds)
        return answer if isinstance(answer, Statuses) else replace(answer, detail=self._redacted(answer.detail))

    def probe(self) -> Probe:
        """Check without an SMS whether the gateway would accept messages from here: poll an unknown request id, which
        the gateway calls wrong only for a known login from a registered IP address."""
        answer = self.status([PROBE_REQUEST_ID])
        if isinstance(answer, Statuses) or answer.code == "request-id-wrong":
            return Probe("ok", True, reason_text("ok"), self._outgoing_ip)
        code = answer.code
        if code in ("not-json", "not-understood", "redirected", "address-wrong", "answer-too-large"):
            code = "not-a-gateway"
        return Probe(code, False, reason_text(code, answer.detail), self._outgoing_ip)

    def _line(self) -> GatewayConnection:
        line: GatewayConnection | None = getattr(self._threads, "line", None)
        if line is None:
            line = self._threads.line = GatewayConnection(*self._line_settings)
            with self._lock:
                self._lines.add(line)
        return line

    def _form(self, fields: dict[str, str], data: list[Any]) -> bytes:
        return encode_form({"login": self._login, "password": self._password.get_secret_value(), **fields}, data)

    def _post(self, url: str, body: bytes, before_first_byte: Callable[[], None] | None = None) -> Reply | Failure:
        outcome = self._line().post(url, body, before_first_byte)
        if self._outgoing_ip is None and isinstance(outcome, Reply):
            with suppress(ValueError):
                self._outgoing_ip = client_ip(parse_json(outcome.body))
        return outcome

    def _redacted(self, text: str) -> str:
        if not text:
            return text
        for secret in _encodings_of(self._password.get_secret_value(), self._url_password.get_secret_value()):
            text = text.replace(secret, "***")
        return clean_text(text, _DETAIL)

    def _redacted_verdict(self, verdict: Verdict) -> Verdict:
        if isinstance(verdict, Accepted) or not verdict.text:
            return verdict
        return replace(verdict, text=self._redacted(verdict.text))


def _split_url(url: str) -> SplitResult:
    """Return the parts of an address that requests can use. Raises `ValueError`; requests' own error would show a
    password in the address."""
    try:
        parts = urlsplit(url)
        if parts.scheme in ("http", "https") and parts.hostname and requests.Request("POST", url).prepare():
            return parts
    except (ValueError, requests.RequestException):
        pass
    raise ValueError("the gateway's address must begin with http:// or https:// and name a host")


def _check_count(things: Sequence[object]) -> None:
    if not 1 <= len(things) <= MAX_OBJECTS:
        raise ValueError(f"a request takes 1 to {MAX_OBJECTS} objects, not {len(things)}")


def _encodings_of(*secrets: str) -> list[str]:
    """Return each secret and its encodings that an answer may echo, the longest first."""

    def forms(secret: str) -> Iterable[str]:
        escaped = secret.replace('"', '\\"')
        return secret, quote(secret), quote(secret, safe=""), quote_plus(secret), repr(secret)[1:-1], escaped

    return sorted({form for secret in secrets if secret for form in forms(secret)}, key=len, reverse=True)
