"""The token of the first start: where it is read, and that no log gets it."""

import socket
from urllib.parse import urlsplit

import pytest

from getsms_core import serve
from pages.ui.gate import first_start
from tests.conftest import SettingsFactory


@pytest.mark.parametrize(
    ("query", "token", "left"),
    [
        (b"token=abc", "abc", b""),
        (b"token=abc&lang=ru", "abc", b"lang=ru"),
        (b"lang=ru&token=abc&token=other", "abc", b"lang=ru"),
        (b"%74oken=abc&token=x", "abc", b""),
        (b"token=", "", b""),
        (b"lang=uz", "", b"lang=uz"),
        (b"xtoken=abc", "", b"xtoken=abc"),
        (b"", "", b""),
        (b"token=\xff", "\xff", b""),
    ],
)
def test_the_token_leaves_the_query_string_before_a_server_can_log_it(query: bytes, token: str, left: bytes) -> None:
    scope = {"type": "http", "query_string": query}
    first_start.take_token(scope)
    assert first_start.token_of(scope) == token
    assert scope["query_string"] == left


@pytest.mark.parametrize("guess", ["", "x", "\xe9", "\udcff", "None"])
def test_a_guess_is_not_the_token(guess: str) -> None:
    assert not first_start.is_token(guess)


@pytest.mark.parametrize(
    ("host", "place"),
    [("0.0.0.0", "http://127.0.0.1:8501"), ("::1", "http://[::1]:8501"), ("10.0.0.5", "http://10.0.0.5:8501")],
)
def test_the_printed_address_can_be_opened(settings: SettingsFactory, host: str, place: str) -> None:
    assert serve.first_start_line(settings(), host, 8501, "abc").endswith(f" {place}/welcome?token=abc")


@pytest.mark.parametrize(
    ("hosts", "app_url", "place"),
    [
        ("sms.example.uz", "https://sms.example.uz", "https://sms.example.uz"),
        ("sms.example.uz, 127.0.0.1", "https://sms.example.uz", "http://127.0.0.1:8501"),
        ("*.example.uz", "https://sms.example.uz/", "https://sms.example.uz"),
        ("sms.example.uz", "", "http://sms.example.uz:8501"),
        ("*.example.uz", "", "http://app.example.uz:8501"),
    ],
)
def test_an_address_that_the_app_would_refuse_is_not_printed(
    settings: SettingsFactory, hosts: str, app_url: str, place: str
) -> None:
    named = settings(allowed_hosts=hosts, **({"app_url": app_url} if app_url else {}))
    assert serve.first_start_line(named, "127.0.0.1", 8501, "abc").endswith(f" {place}/welcome?token=abc")
    assert named.allows_host(urlsplit(serve.address(named, "127.0.0.1", 8501)).netloc)


def test_the_listening_socket_of_this_process_is_found() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        held = {first_start.listening_at()}
        assert None not in held
        assert listening.fileno() >= 0  # the copy was closed, not the socket itself
        with socket.create_connection(listening.getsockname(), 5):
            listening.accept()[0].close()
