"""The table "did it leave or not?", row by row, over a real socket: the answer, and what the client makes of it."""

import gzip
import json
import logging
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import SecretStr

from getsms_core.gateway import (
    Accepted,
    Answered,
    Decision,
    Gateway,
    Item,
    Missing,
    NothingSent,
    Rejected,
    Unclear,
    describe_code,
)
from tests.integration.gateway.gateway_support import HANG_UP, RESET, WAIT, Scripted, form_of, http

PASSWORD = 's3cr3t & päss"wörd+%'
A, B = Item(998901234567, "Salom, Aziza!"), Item(998901234568, "Привет, Борис!")
MANUAL = [
    {"recipient": 998901234567, "text": "Salom, Aziza!", "user_id": 12, "date_received": 1531028452,
     "message_id": 81, "request_id": 52480252, "client_ip": "203.0.113.7"},
    {"recipient": 998901234568, "text": "Привет, Борис!", "user_id": 12, "date_received": 1531028452,
     "message_id": 82, "request_id": 52480252, "client_ip": "203.0.113.7"},
]  # fmt: skip
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
BOTH = [Accepted("52480252", "81"), Accepted("52480252", "82")]


def js(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def error(number: object, words: str = "Some words", **more: object) -> dict[str, object]:
    return {"error": 1, "error_no": number, "error_text": words, **more}


def client(server: Scripted, **settings: Any) -> Gateway:
    settings = {"connect_timeout": 2, "read_timeout": 5} | settings
    return Gateway(server.url, "login", SecretStr(PASSWORD), **settings)


@pytest.fixture
def no_listener() -> Iterator[str]:
    """An address that refuses connections for as long as the test runs: bound, but not listening."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{bound.getsockname()[1]}/"


CASES: list[tuple[str, bytes, object]] = [
    # Answered: a verdict for each message.
    ("as in the manual", http(js(MANUAL)), BOTH),
    ("in another order", http(js(MANUAL[::-1])), BOTH),
    ("a byte order mark and white space in front", http(b"\xef\xbb\xbf\r\n\t " + js(MANUAL) + b"\n"), BOTH),
    ("compressed unasked", http(gzip.compress(js(MANUAL)), "200 OK", "Content-Encoding: gzip"), BOTH),
    ("in pieces", CHUNKED + b"%x\r\n%b\r\n0\r\n\r\n" % (len(js(MANUAL)), js(MANUAL)), BOTH),
    ("until the connection closes", b"HTTP/1.0 200 OK\r\nConnection: close\r\n\r\n" + js(MANUAL), BOTH),
    ("spaces behind the keys", http(js([{f"{key} ": value for key, value in each.items()} for each in MANUAL])), BOTH),
    ("HTTP 202", http(js(MANUAL), "202 Accepted"), BOTH),
    ("one number refused", http(js([MANUAL[0] | error(300, "is NOT a phone number"), MANUAL[1]])),
     [Rejected(300, "is NOT a phone number"), BOTH[1]]),
    ("a short list", http(js(MANUAL[1:])), [Missing(), BOTH[1]]),
    ("one repeated, one missing", http(js([MANUAL[0]] * 2)), [BOTH[0], Missing()]),
    ("an empty list", http(b"[]"), [Missing(), Missing()]),
    ("103 for one of two", http(js([MANUAL[0], MANUAL[1] | error(103, "Limit is over")])),
     [BOTH[0], Missing(103, "Limit is over")]),
    ("an unknown error for one of two", http(js([MANUAL[0], MANUAL[1] | error(301, "odd")])),
     [BOTH[0], Missing(301, "odd")]),
    # Nothing left, and a person must act.
    ("101 as a list", http(js([{"error": 1, "text": "Incorrect Login or Password", "error_no": 101}])),
     ("login-wrong", Decision.STOP, "101: Incorrect Login or Password")),
    ("101 as a bare object", http(js(error(101, "Incorrect Login or Password"))),
     ("login-wrong", Decision.STOP, "101: Incorrect Login or Password")),
    *[(f"{number}", http(js(error(number))), (code, Decision.STOP, f"{number}: Some words")) for number, code in
      [(100, "login-missing"), (102, "account-blocked"), (103, "limit-over"), (200, "data-not-json"),
       (201, "data-invalid"), (202, "nickname-not-set"), (203, "nickname-wrong")]],
    ("103 as text", http(js([error("103")])), ("limit-over", Decision.STOP, "103: Some words")),
    ("103 for each of two", http(js([case | error(103) for case in MANUAL])),
     ("limit-over", Decision.STOP, "103: Some words")),
    ("403", http(b"<h1>Forbidden</h1>", "403 Forbidden"), ("ip-not-registered", Decision.STOP, "HTTP 403")),
    ("403, its body cut", http(b"<h1>", "403 Forbidden", "Connection: close", length=99),
     ("ip-not-registered", Decision.STOP, "HTTP 403")),
    ("403 of another server with ids", http(js({"message": "Forbidden", "request_id": "a1"}), "403 No"),
     ("ip-not-registered", Decision.STOP, "HTTP 403")),
    ("403 that refuses each message", http(js([case | error(300) for case in MANUAL]), "403 Forbidden"),
     ("ip-not-registered", Decision.STOP, "HTTP 403")),
    ("404", http(b"", "404 Not Found"), ("address-wrong", Decision.STOP, "HTTP 404")),
    ("429", http(b"", "429 Too Many Requests", "Retry-After: 1"), ("too-many-requests", Decision.STOP, "HTTP 429")),
    ("400", http(b"", "400 Bad Request"), ("http-refused", Decision.STOP, "HTTP 400")),
    # Uncertain, each of them.
    ("403 that names a message as taken", http(js(MANUAL), "403 Forbidden"), "contradiction"),
    ("403 that takes a message whose text it damaged", http(js([MANUAL[0] | {"text": "?"}]), "403 Forbidden"),
     "contradiction"),
    ("403 that takes a message, cut", http(js(MANUAL)[:-9], "403 Forbidden"), "contradiction"),
    ("403 that takes a message and does not end", http(js(MANUAL)[:-1] + b" " * 5_000_000, "403 Forbidden"),
     "contradiction"),
    ("403 that takes messages within an object", http(js({"data": MANUAL}), "403 Forbidden"), "contradiction"),
    ("403 that takes messages within a list", http(js([MANUAL]), "403 Forbidden"), "contradiction"),
    ("103 for each named, and one is not named", http(js([MANUAL[0] | error(103)])),
     [Missing(103, "Some words"), Missing()]),
    ("an unknown error", http(js(error(999))), "unknown-error"),
    ("101 beside the word that there is no error", http(js(error(101) | {"error": 0})), "unknown-error"),
    ("200 as in HTTP beside no error", http(js([case | {"error": 0, "error_no": 200} for case in MANUAL])),
     [Missing(0), Missing(0)]),
    ("an error without a number", http(js({"error": 1, "text": "Incorrect Login or Password"})), "unknown-error"),
    ("300 for a chunk of two", http(js(error(300))), "unknown-error"),
    ("301 Moved", http(b"", "301 Moved Permanently", "Location: http://127.0.0.1:9/"), "redirected"),
    ("307 Temporary Redirect", http(b"", "307 Temporary Redirect", "Location: /"), "redirected"),
    ("500", http(b"oops", "500 Internal Server Error"), "server-error"),
    ("500 with a whole answer", http(js(MANUAL), "500 Internal Server Error"), "server-error"),
    ("502", http(b"<html>", "502 Bad Gateway"), "server-error"),
    ("503", http(b"", "503 Service Unavailable", "Retry-After: 1"), "server-error"),
    ("HTTP 999", http(b"", "999 Odd"), "server-error"),
    ("not JSON", http(b"<html><body>It works!</body></html>"), "not-json"),
    ("JSON cut short", http(js(MANUAL)[:-9]), "not-json"),
    ("JSON after a PHP warning", http(b"<br />\nNotice: x" + js(MANUAL)), "not-json"),
    ("nothing at all", http(b""), "not-json"),
    ("an object of another kind", http(b'{"ok": true}'), "not-understood"),
    ("null", http(b"null"), "not-understood"),
    ("the body cut by the network", http(js(MANUAL)[:40], "200 OK", "Connection: close", length=400), "answer-cut"),
    ("a piece cut", CHUNKED.replace(b"\r\n", b"\r\nConnection: close\r\n", 1) + b"ff\r\n[{", "answer-cut"),
    ("an endless answer", http(b"[" + b" " * 5_000_000), "answer-too-large"),
    ("a compressed flood", http(gzip.compress(b" " * 50_000_000), "200 OK", "Content-Encoding: gzip"),
     "answer-too-large"),
    ("no HTTP", b"220 smtp.example ESMTP\r\nConnection: close\r\n\r\n", "connection-lost"),
    ("reset after the request", RESET, "connection-lost"),
    ("closed without a word", HANG_UP, "connection-lost"),
    ("silence", WAIT, "read-timeout"),
]  # fmt: skip


@pytest.mark.parametrize(("answer", "expected"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_an_answer_is_read_by_the_table(answer: bytes, expected: object) -> None:
    with Scripted([answer]) as server:
        gateway = client(server, read_timeout=0.3 if answer == WAIT else 5)
        got = gateway.send([A, B])
        gateway.close()
    if isinstance(expected, list):
        assert isinstance(got, Answered)
        assert got.verdicts == expected
    elif isinstance(expected, tuple):
        assert isinstance(got, NothingSent)
        assert (got.code, got.decision, got.detail) == expected
    else:
        assert isinstance(got, Unclear)
        assert got.code == expected
    assert len(server.requests) == 1, "one call is one POST"


def test_words_in_place_of_the_flag_are_the_detail() -> None:
    with Scripted([http(js({"error": "Access denied"}))]) as server:
        got = client(server).send([A, B])
    assert isinstance(got, Unclear)
    assert (got.code, got.detail) == ("unknown-error", "Access denied")


@pytest.mark.parametrize("answer", [[error(300, "is NOT")], error(300, "is NOT")], ids=["list", "object"])
def test_error_300_without_recipient_for_a_chunk_of_one_rejects_it(answer: object) -> None:
    with Scripted([http(js(answer))]) as server:
        got = client(server).send([A])
    assert isinstance(got, Answered)
    assert got.verdicts == [Rejected(300, "is NOT")]


def test_a_bare_object_may_answer_for_a_chunk_of_one() -> None:
    with Scripted([http(js(MANUAL[0]))]) as server:
        got = client(server).send([A])
    assert isinstance(got, Answered)
    assert got.verdicts == BOTH[:1]


def test_the_request_is_what_the_manual_asks_for() -> None:
    with Scripted([http(js(MANUAL))]) as server:
        gateway = client(server, nickname="SHOP")
        gateway.send([A, B])
        gateway.send([A, B], nickname="OTHER")
        gateway.send([A, B], nickname="")
    head = server.requests[0].partition(b"\r\n\r\n")[0].decode()
    assert head.startswith("POST /smsgateway/ HTTP/1.1\r\n")
    assert "Content-Type: application/x-www-form-urlencoded" in head
    forms = [form_of(request) for request in server.requests]
    assert forms[0]["login"] == "login"
    assert forms[0]["password"] == PASSWORD
    assert json.loads(forms[0]["data"]) == [
        {"phone": "998901234567", "text": "Salom, Aziza!"},
        {"phone": "998901234568", "text": "Привет, Борис!"},
    ]
    assert [form.get("nickname") for form in forms] == ["SHOP", "OTHER", None]
    assert server.connections == 1, "the connection is kept"


def test_more_than_a_hundred_messages_or_none_are_refused_before_anything_is_sent() -> None:
    with Scripted([http(b"[]")]) as server:
        gateway = client(server)
        with pytest.raises(ValueError, match="1 to 100"):
            gateway.send([A] * 101)
        with pytest.raises(ValueError, match="1 to 100"):
            gateway.send([])
        got = gateway.send([Item(998901234567, "\ud83d")])
    assert isinstance(got, NothingSent)
    assert got.code == "not-encodable"
    assert server.requests == []


def test_a_refused_connection_means_that_nothing_left(no_listener: str) -> None:
    got = Gateway(no_listener, "login", SecretStr(PASSWORD)).send([A])
    assert isinstance(got, NothingSent)
    assert (got.code, got.decision) == ("connection-refused", Decision.RETRY)
    assert describe_code(got.code, got.detail).endswith(
        "The messages of this request were not sent; they are in the queue."
    )


def test_a_name_that_cannot_be_found_means_that_nothing_left() -> None:
    got = Gateway("http://gateway.invalid/", "login", SecretStr(PASSWORD), connect_timeout=1).send([A])
    assert isinstance(got, NothingSent)
    assert (got.code, got.decision) == ("name-not-resolved", Decision.RETRY)


def test_a_connection_that_is_not_taken_in_time_means_that_nothing_left() -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        fillers = [socket.socket() for _ in range(3)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", port))
        got = Gateway(f"http://127.0.0.1:{port}/", "login", SecretStr(PASSWORD), connect_timeout=0.3).send([A])
        for filler in fillers:
            filler.close()
    assert isinstance(got, NothingSent)
    assert (got.code, got.decision) == ("connect-timeout", Decision.RETRY)


ECHOES = [
    http(f"<p>login=login&password={PASSWORD}</p>".encode()),
    http(js(error(999, f"bad {PASSWORD}"))),
    http(js([MANUAL[0] | error(300, f"bad {PASSWORD}")])),
    http(js(error(101, f"bad {PASSWORD}"))),
    RESET,
]


def test_the_password_is_in_no_repr_no_answer_and_no_log(caplog: pytest.LogCaptureFixture, no_listener: str) -> None:
    caplog.set_level(logging.DEBUG)
    shown = []
    with Scripted(ECHOES) as server:
        gateway = client(server)
        for _ in ECHOES:
            answer = gateway.send([A])
            shown += [
                repr(answer),
                describe_code(answer.code, answer.detail) if not isinstance(answer, Answered) else "",
            ]
        shown += [repr(gateway), str(gateway), repr(gateway.status(["1"])), repr(gateway.probe()), repr(vars(gateway))]
    shown.append(repr(Gateway(no_listener, "login", SecretStr(PASSWORD)).send([A])))
    with pytest.raises(ValueError, match="address") as refused:
        Gateway("http://", "login", SecretStr(PASSWORD))
    everything = "\n".join([*shown, caplog.text, str(refused.value)])
    assert "***" in everything
    for part in (PASSWORD, "s3cr3t"):
        assert part not in everything


@pytest.mark.parametrize("url", ["", "gateway", "ftp://gateway/", "http://", "http://[::1/", "http://a b/"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="the gateway's address must begin"):
        Gateway(url, "login", SecretStr(PASSWORD))
