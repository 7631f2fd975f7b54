"""The hard deadline, connections kept and dropped, TLS, threads; and the status and probe calls."""

import json
import ssl
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from pydantic import SecretStr

from getsms_core.gateway import (
    Answered,
    Decision,
    Gateway,
    Item,
    NoAnswer,
    NothingSent,
    Refusal,
    Statuses,
    StatusRecord,
    Unclear,
    transport,
)
from tests.integration.gateway.gateway_support import RESET, WAIT, Scripted, form_of, http
from tests.waits import run_threads

A = Item(998901234567, "Salom")
TAKEN = http(json.dumps([{"recipient": A.phone, "text": A.text, "request_id": 7, "message_id": 8}]).encode())
# A certificate for 127.0.0.1 until 2126 and its key. Nothing but these tests trusts it.
PAIR = """-----BEGIN CERTIFICATE-----
MIIBmzCCAUGgAwIBAgIUL2xASmTV4LwWiFUIOkD0+qLGstIwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMjE3MTg1M1oYDzIxMjYxMDI5
MTcxODUzWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAATrF0R2dXaC5cs7G+RNZFvB+C4UbEevX6Mw9GLd+NnOawNMmcRY6WJ0
30PU6gXvYwn+ZmEpcmhCH117aaEIEjRao28wbTAdBgNVHQ4EFgQUJOMs4gihh6l0
f3TiLVlhQs+LTcYwHwYDVR0jBBgwFoAUJOMs4gihh6l0f3TiLVlhQs+LTcYwDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDSAAwRQIgO2pGlQ9FRSEcVJ8xkqQzbquykzIU0sAUD145BXvo4HICIQDW
iT7Jpd4GvofSWiIA4RDqa6rwlhF/U2z0Fb5Fa36FRg==
-----END CERTIFICATE-----
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgd20Jh54yx0mHvOoF
hEY98uxiDCDfb8XH0NK63/2RvNOhRANCAATrF0R2dXaC5cs7G+RNZFvB+C4UbEev
X6Mw9GLd+NnOawNMmcRY6WJ030PU6gXvYwn+ZmEpcmhCH117aaEIEjRa
-----END PRIVATE KEY-----
"""


def client(url: str, **settings: Any) -> Gateway:
    settings = {"connect_timeout": 2, "read_timeout": 5} | settings
    return Gateway(url, "login", SecretStr("s3cr3t"), **settings)


DRIPS = [
    ("in the headers", (TAKEN, 0.02)),
    ("in the body", (http(b"[" + b" " * 500 + b"]"), 0.01)),
    ("in endless interim answers", (b"HTTP/1.1 100 Continue\r\n\r\n" * 200, 0.01)),
    ("in pieces", (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\n \r\n" * 200, 0.005)),
]


@pytest.mark.parametrize("drip", [d[1] for d in DRIPS], ids=[d[0] for d in DRIPS])
def test_a_server_that_drips_is_cut_at_the_deadline(drip: tuple[bytes, float]) -> None:
    with Scripted([drip, TAKEN]) as server:
        gateway = client(server.url, overall=0.5)
        began = monotonic()
        got = gateway.send([A])
        took = monotonic() - began
        after = gateway.send([A])
    assert isinstance(got, Unclear)
    assert got.code == "deadline"
    assert 0.45 < took < 1.5
    assert isinstance(after, Answered), "the next call is not disturbed"
    assert server.connections == 2, "a cut connection is not used again"


def test_a_drip_that_ends_before_the_deadline_is_an_answer() -> None:
    with Scripted([(TAKEN, 0.001)]) as server:
        assert isinstance(client(server.url, read_timeout=0.2, overall=5).send([A]), Answered)


def test_a_connection_that_was_idle_for_long_is_not_used_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with Scripted([TAKEN]) as server:
        gateway = client(server.url)
        gateway.send([A])
        monkeypatch.setattr(transport, "IDLE_LIMIT", 0.0)
        assert isinstance(gateway.send([A]), Answered)
        assert server.connections == 2
        monkeypatch.undo()
        assert isinstance(gateway.send([A]), Answered)
        assert server.connections == 2
        gateway.close()
        assert isinstance(gateway.send([A]), Answered)
        assert server.connections == 3


def test_a_connection_that_the_server_closes_after_its_answer_is_replaced() -> None:
    with Scripted([TAKEN.replace(b"\r\n", b"\r\nConnection: close\r\n", 1)]) as server:
        gateway = client(server.url)
        assert all(isinstance(gateway.send([A]), Answered) for _ in range(20))
    assert server.connections == 20


@pytest.mark.parametrize("status", ["100 Continue", "102 Processing", "103 Early Hints"])
def test_an_interim_answer_is_not_the_answer(status: str) -> None:
    interim = f"HTTP/1.1 {status}\r\nLink: </x>; rel=preload\r\n\r\n".encode()
    with Scripted([interim * 3 + TAKEN]) as server:
        gateway = client(server.url)
        assert all(isinstance(gateway.send([A]), Answered) for _ in range(3))
    assert server.connections == 1


def test_no_request_reads_the_answer_to_the_one_before_it() -> None:
    """A refusal that was meant for another chunk would say that nothing of this one was sent, and it was."""
    late = http(json.dumps([{"error": 1, "error_no": 103, "text": "Limit is over"}]).encode())
    with Scripted([b"HTTP/1.1 101 Switching Protocols\r\n\r\n", late, TAKEN]) as server:
        gateway = client(server.url)
        assert isinstance(gateway.send([A]), Unclear)
        refused = gateway.send([A])
        assert isinstance(refused, NothingSent)
        assert isinstance(gateway.send([A]), Answered)
    assert server.connections == 2


def test_many_threads_share_a_gateway_and_get_their_own_answers() -> None:
    with Scripted([TAKEN]) as server:
        gateway = client(server.url)
        by_thread = run_threads(*[lambda: [gateway.send([A]) for _ in range(20)]] * 8)
        gateway.close()
    answers = [answer for answers in by_thread for answer in answers]
    assert len(answers) == len(server.requests) == 160
    assert all(isinstance(answer, Answered) for answer in answers)
    assert server.connections == 8


@pytest.fixture
def tls(tmp_path: Path) -> tuple[ssl.SSLContext, str]:
    """A server's TLS set-up with a certificate that only this test's file vouches for."""
    pair = tmp_path / "pair.pem"
    pair.write_text(PAIR)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair)
    return context, str(pair)


def test_an_https_address_works_with_a_trusted_certificate(tls: tuple[ssl.SSLContext, str]) -> None:
    with Scripted([TAKEN], tls[0]) as server:
        gateway = client(server.url, ca_file=tls[1])
        assert isinstance(gateway.send([A]), Answered)
        assert isinstance(gateway.send([A]), Answered)
        gateway.close()
    assert server.connections == 1


@pytest.mark.parametrize("encrypted", [False, True])
def test_headers_and_body_leave_in_one_write(
    monkeypatch: pytest.MonkeyPatch, tls: tuple[ssl.SSLContext, str], encrypted: bool
) -> None:
    """A worker that is killed between two writes leaves a request that no gateway can read, and uncertain messages."""
    kind, name = (transport._DeadlineTlsSocket, "send") if encrypted else (transport._DeadlineSocket, "sendall")
    writes: list[bytes] = []
    write = getattr(kind, name)

    def noted(connection: Any, data: Any, *flags: Any) -> Any:
        writes.append(bytes(data))
        return write(connection, data, *flags)

    monkeypatch.setattr(kind, name, noted)
    with Scripted([TAKEN], tls[0] if encrypted else None) as server:
        gateway = client(server.url, ca_file=tls[1] if encrypted else None)
        for _n in range(2):  # over a new connection, and over the same again
            assert isinstance(gateway.send([A]), Answered)
        gateway.close()
    assert writes == server.requests


def test_a_drip_over_tls_is_cut_at_the_deadline(tls: tuple[ssl.SSLContext, str]) -> None:
    with Scripted([(TAKEN, 0.02)], tls[0]) as server:
        got = client(server.url, ca_file=tls[1], overall=0.6).send([A])
    assert isinstance(got, Unclear)
    assert got.code == "deadline"
    assert 0.5 < got.seconds < 1.5


def test_a_certificate_that_cannot_be_trusted_means_that_nothing_left(tls: tuple[ssl.SSLContext, str]) -> None:
    with Scripted([TAKEN], tls[0]) as server:
        got = client(server.url).send([A])
    assert isinstance(got, NothingSent)
    assert (got.code, got.decision) == ("tls-certificate", Decision.STOP)
    assert server.requests == []


def test_https_to_a_plain_server_means_that_nothing_left() -> None:
    with Scripted([b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"]) as server:
        got = client(server.url.replace("http:", "https:"), connect_timeout=0.3).send([A])
    assert isinstance(got, NothingSent)
    assert got.code in ("tls-failed", "connect-timeout")


def test_an_unforeseen_fault_of_the_program_after_the_call_leaves_it_unclear(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> object:
        raise RuntimeError("a bug")

    with Scripted([TAKEN]) as server:
        monkeypatch.setattr("getsms_core.gateway.response.match_verdicts", broken)
        got = client(server.url).send([A])
        monkeypatch.undo()
        monkeypatch.setattr("getsms_core.gateway.transport._read", broken)
        during = client(server.url).send([A])
    assert got == Unclear("unexpected", "RuntimeError: a bug", 200, got.seconds)
    assert during == Unclear("unexpected", "RuntimeError: a bug", None, during.seconds)


RECORD = {
    "recipient": "998901234567", "text": "Salom", "user_id": "12", "date_received": "1531028450",
    "date_sent": "2018-07-08 10:40:51", "date_delivered": "2018-07-08 10:40:52", "message_id": "81",
    "request_id": "52480252", "status": "delivered", "count_messages": "1", "client_ip": "203.0.113.7",
    "description": "OK",
}  # fmt: skip
RECEIPT = StatusRecord("52480252", "81", "998901234567", "Salom", "delivered", 1, "2018-07-08 10:40:51",
                       "2018-07-08 10:40:52", "OK", 1531028451000, 1531028452000)  # fmt: skip
WRONG = {"error": 1, "error_no": 400, "text": "request_id is wrong"}


def js(value: object, status: str = "200 OK") -> bytes:
    return http(b"\xef\xbb\xbf" + json.dumps(value).encode(), status)


STATUS_CASES: list[tuple[str, bytes, object]] = [
    ("as in the manual", js([RECORD, RECORD | {"message_id": "82"}]), [RECEIPT, None]),
    ("numbers as numbers", js([RECORD | {"request_id": 52480252, "message_id": 81, "count_messages": 1}]), [RECEIPT]),
    (
        "the key with a trailing space",
        js([{("request_id " if k == "request_id" else k): v for k, v in RECORD.items()}]),
        [RECEIPT],
    ),
    ("a bare object", js(RECORD), [RECEIPT]),
    ("an empty list", js([]), []),
    ("error 400 as a list", js([WRONG]), ("request-id-wrong", Decision.RETRY)),
    ("error 400 as an object", js(WRONG), ("request-id-wrong", Decision.RETRY)),
    ("error 101", js([{"error": 1, "text": "Incorrect", "error_no": "101"}]), ("login-wrong", Decision.STOP)),
    ("403", http(b"", "403 Forbidden"), ("ip-not-registered", Decision.STOP)),
    ("429", http(b"", "429 Too Many Requests"), ("too-many-requests", Decision.STOP)),
    ("an unknown error", js({"error": 1, "error_no": 999}), "unknown-error"),
    ("500", http(b"", "500 Oops"), "server-error"),
    ("302", http(b"", "302 Found", "Location: /"), "redirected"),
    ("not JSON", http(b"<html>"), "not-json"),
    ("no records", js(["delivered"]), "not-understood"),
    ("a record without an id", js([{"status": "delivered"}]), "not-understood"),
    ("reset", RESET, "connection-lost"),
    ("silence", WAIT, "read-timeout"),
]


@pytest.mark.parametrize(("answer", "expected"), [c[1:] for c in STATUS_CASES], ids=[c[0] for c in STATUS_CASES])
def test_a_status_answer_is_read(answer: bytes, expected: object) -> None:
    with Scripted([answer]) as server:
        got = client(server.url, read_timeout=0.3 if answer == WAIT else 5).status(["52480252"])
    if isinstance(expected, list):
        assert isinstance(got, Statuses)
        assert len(got.receipts) == len(expected)
        assert got.receipts[:1] == expected[:1]
    elif isinstance(expected, tuple):
        assert isinstance(got, Refusal)
        assert (got.code, got.decision) == expected
    else:
        assert isinstance(got, NoAnswer)
        assert got.code == expected
    assert server.requests[0].startswith(b"POST /smsgateway/status/ ")
    assert json.loads(form_of(server.requests[0])["data"]) == [{"request_id": "52480252"}]


def test_records_and_a_wrong_id_may_stand_in_one_answer() -> None:
    with Scripted([js([RECORD, WRONG | {"request_id": 5}])]) as server:
        got = client(server.url).status(["52480252", "5"])
    assert isinstance(got, Statuses)
    assert (got.receipts, got.wrong_ids) == ([RECEIPT], ["5"])


PROBES = [
    ("error 400 for the made-up id", js([WRONG | {"client_ip": "203.0.113.7"}]), "ok", "203.0.113.7"),
    ("an empty list", js([]), "ok", None),
    ("login wrong", js([{"error": 1, "error_no": 101}]), "login-wrong", None),
    ("login missing", js([{"error": 1, "error_no": 100}]), "login-missing", None),
    ("blocked", js({"error": 1, "error_no": 102}), "account-blocked", None),
    ("limit", js({"error": 1, "error_no": 103}), "limit-over", None),
    ("the IP address is not registered", http(b"", "403 Forbidden"), "ip-not-registered", None),
    ("another site", http(b"<html>It works!"), "not-a-gateway", None),
    ("a page that is not there", http(b"", "404 Not Found"), "not-a-gateway", None),
    ("another API", js({"ok": True}), "not-a-gateway", None),
    ("failing", http(b"", "500 Oops"), "server-error", None),
    ("reset", RESET, "connection-lost", None),
]


@pytest.mark.parametrize(("answer", "code", "outgoing_ip"), [p[1:] for p in PROBES], ids=[p[0] for p in PROBES])
def test_the_probe_tells_what_is_wrong_without_sending_an_sms(
    answer: bytes, code: str, outgoing_ip: str | None
) -> None:
    with Scripted([answer]) as server:
        got = client(server.url).probe()
    assert (got.code, got.ok, got.outgoing_ip) == (code, code == "ok", outgoing_ip)
    assert got.message.endswith((".", "?"))
    assert "sent" not in got.message
    assert all(request.startswith(b"POST /smsgateway/status/ ") for request in server.requests)
