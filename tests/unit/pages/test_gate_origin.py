"""Origin, Host header and Content-Security-Policy of the gate."""

import pytest

from pages.ui.gate.origin import is_host, same_origin
from pages.ui.gate.response_headers import content_security_policy


@pytest.mark.parametrize(
    ("origin", "host", "same"),
    [
        ("http://127.0.0.1:8501", "127.0.0.1:8501", True),
        ("https://Campaigns.example", "campaigns.example", True),  # a proxy ended TLS
        ("http://127.0.0.1:8502", "127.0.0.1:8501", False),
        ("http://evil.example", "127.0.0.1:8501", False),
        ("null", "127.0.0.1:8501", False),
        (None, "127.0.0.1:8501", False),
        ("http://[", "127.0.0.1:8501", False),
        ("http://127.0.0.1:8501", None, False),
        ("", "", False),
    ],
)
def test_only_our_own_page_is_the_same_origin(origin: str | None, host: str | None, same: bool) -> None:
    assert same_origin(origin, host) is same


@pytest.mark.parametrize("host", ["[", "a b", "evil/path", "x@y", "[::1", "h:999999", "é", "a,b"])
def test_a_host_header_that_no_browser_sends_is_no_host(host: str) -> None:
    assert not is_host(host)
    assert "ws://" not in content_security_policy(host)


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1:8501", "[::1]:8501", "app_1:80", "campaigns.example", "", None]
)
def test_a_host_header_of_a_browser_or_a_proxy_is_a_host(host: str | None) -> None:
    assert is_host(host)


def test_a_host_header_cannot_write_the_content_policy() -> None:
    assert "ws://127.0.0.1:8501" in content_security_policy("127.0.0.1:8501")
    assert "evil" not in content_security_policy("x; script-src evil")
    assert "frame-ancestors 'none'" in content_security_policy(None)
