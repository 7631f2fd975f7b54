"""Passwords, sessions, patience and origins: pure decisions, with the time as an argument."""

import pytest
from itsdangerous import URLSafeSerializer

from getsms_core.users import security
from getsms_core.users.security import Session, Throttle

HOUR = 3600


def test_a_password_is_kept_as_argon2_and_known_again() -> None:
    hashed = security.hash_password("a good password")
    assert hashed.startswith("$argon2id$")
    assert security.verify_password(hashed, "a good password")
    assert not security.verify_password(hashed, "another password")


def test_nobody_and_a_broken_hash_let_nobody_in() -> None:
    assert not security.verify_password(None, "a good password")
    assert not security.verify_password("no hash at all", "a good password")


def test_a_sealed_session_opens_with_the_password_it_was_sealed_with() -> None:
    session = security.new_session(7, 1000.9)
    cookie = security.sign(session, "hash one")
    assert security.claimed_user_id(cookie) == 7
    assert security.verify(cookie, "hash one") == session
    assert security.verify(cookie, "hash two") is None


def test_a_session_is_not_forged_with_the_database_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    cookie = security.sign(Session(7, "x", 1000), "hash one")
    monkeypatch.setattr(security, "_server_secret", b"another server secret, of 32 bytes or more")
    assert security.verify(cookie, "hash one") is None


def test_no_session_is_signed_or_checked_without_a_server_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    cookie = security.sign(Session(7, "x", 1000), "hash one")
    monkeypatch.setattr(security, "_server_secret", b"")
    with pytest.raises(RuntimeError):
        security.sign(Session(7, "x", 1000), "hash one")
    with pytest.raises(RuntimeError):
        security.verify(cookie, "hash one")


@pytest.mark.parametrize("cookie", ["", "x", "a.b", "WzEsIngiLDFd.forged", "é", "." * 5000, "bnVsbA.x"])
def test_a_forged_session_is_nobodys(cookie: str) -> None:
    assert security.verify(cookie, "hash") is None
    assert security.claimed_user_id(cookie) in (None, 1)  # a claim may be read, but proves nothing


def _tampered(cookie: str) -> list[str]:
    version, person, id_, issued, mac = cookie.split(".")
    return [
        f"{version}.8.{id_}.{issued}.{mac}",
        f"{version}.{person}.{id_[:-1]}.{issued}.{mac}",
        f"{version}.{person}.{id_}.{int(issued) + 1}.{mac}",
        f"v2.{person}.{id_}.{issued}.{mac}",
        f"{version}.{person}.{id_}.{issued}.{'A' * 43}",
        f"{version}.0{person}.{id_}.{issued}.{mac}",
        f"{version}.{person}.{id_}.{issued}.{mac}=",
        f"{version}.{person}.{id_}.{issued}.{mac}\n",
        f"{version}.٧.{id_}.{issued}.{mac}",
        f"{version}.-{person}.{id_}.{issued}.{mac}",
        f"{version}.{person}.{id_}.{issued}",
        f".{cookie}",
    ]


@pytest.mark.parametrize("number", range(12))
def test_a_cookie_that_differs_in_any_field_is_nobodys(number: int) -> None:
    cookie = _tampered(security.sign(security.new_session(7, 1000), "hash"))[number]
    assert security.verify(cookie, "hash") is None


@pytest.mark.parametrize("person_id", [0, 2**31, 2**63, 10**30])
def test_a_person_id_that_no_database_holds_is_not_read(person_id: int) -> None:
    cookie = security.sign(Session(person_id, "x", 1000), "hash")
    assert security.claimed_user_id(cookie) is None
    assert security.verify(cookie, "hash") is None


def test_a_long_or_compressed_cookie_is_refused_by_its_form() -> None:
    bomb = URLSafeSerializer("").dumps(["0" * 10_000_000])
    assert bomb.startswith(".")  # compressed: decoding it before the signature is verified takes 1,000 times its size
    for cookie in (bomb, "9" * 60_000, "v1." + "1" * 60_000, "." * 60_000, "v1.7.x.1000." + "\\" * 50_000):
        assert security.claimed_user_id(cookie) is None
        assert security.verify(cookie, "hash") is None


def test_the_longest_genuine_cookie_fits() -> None:
    session = Session(2**31 - 1, security.new_session(1, 0).id, 99_999_999_999)
    cookie = security.sign(session, "hash")
    assert len(cookie) <= security.COOKIE_LENGTH
    assert security.verify(cookie, "hash") == session


def test_two_sessions_of_one_person_are_two() -> None:
    assert security.new_session(7, 1.0).id != security.new_session(7, 1.0).id


@pytest.mark.parametrize(
    ("age", "expired"),
    [(0, False), (11.9 * HOUR, False), (12 * HOUR, True), (100 * HOUR, True), (-30, False), (-120, True)],
)
def test_a_session_lives_twelve_hours(age: float, expired: bool) -> None:
    assert Session(1, "x", 1_000_000).expired(1_000_000 + age) is expired


def test_an_ended_session_is_forgotten_when_it_would_have_expired() -> None:
    ended = security.EndedSessions()
    ended.add("one", 0)
    assert "one" in ended
    ended.add("two", security.SESSION_SECONDS * 2)
    assert "one" not in ended
    assert "two" in ended


def _fail(throttle: Throttle, times: int, name: str = "aziza", address: str = "10.0.0.1", now: float = 0) -> None:
    for _n in range(times):
        throttle.failed(name, address, now)


def test_five_wrong_passwords_make_a_name_wait_at_that_address_only() -> None:
    throttle = Throttle()
    _fail(throttle, 4)
    assert throttle.wait("aziza", "10.0.0.1", 1) == 0
    _fail(throttle, 1)
    assert throttle.wait("aziza", "10.0.0.1", 1) == 599
    assert throttle.wait("lola", "10.0.0.1", 1) == 0
    assert throttle.wait("aziza", "10.0.0.2", 1) == 0


def test_an_address_that_tries_many_names_waits_for_all_of_them() -> None:
    throttle = Throttle()
    for n in range(20):
        throttle.failed(f"name {n}", "10.0.0.1", 0)
    assert throttle.wait("somebody else", "10.0.0.1", 1) > 0
    assert throttle.wait("somebody else", "10.0.0.2", 1) == 0


def test_a_name_that_is_tried_from_everywhere_waits_everywhere() -> None:
    throttle = Throttle()
    for n in range(100):
        throttle.failed("aziza", f"10.0.1.{n}", 0)
    assert throttle.wait("aziza", "10.9.9.9", 1) > 0


def test_the_throttle_forgets_after_ten_minutes_and_forgives_the_right_password() -> None:
    throttle = Throttle()
    _fail(throttle, 5)
    assert throttle.wait("aziza", "10.0.0.1", 600) == 0
    _fail(throttle, 5, now=700)
    throttle.succeeded("aziza", "10.0.0.1")
    assert throttle.wait("aziza", "10.0.0.1", 701) == 0


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
    assert security.same_origin(origin, host) is same


@pytest.mark.parametrize("host", ["[", "a b", "evil/path", "x@y", "[::1", "h:999999", "é", "a,b"])
def test_a_host_header_that_no_browser_sends_is_no_host(host: str) -> None:
    assert not security.is_host(host)
    assert "ws://" not in security.content_security_policy(host)


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1:8501", "[::1]:8501", "app_1:80", "campaigns.example", "", None]
)
def test_a_host_header_of_a_browser_or_a_proxy_is_a_host(host: str | None) -> None:
    assert security.is_host(host)


def test_a_host_header_cannot_write_the_content_policy() -> None:
    assert "ws://127.0.0.1:8501" in security.content_security_policy("127.0.0.1:8501")
    assert "evil" not in security.content_security_policy("x; script-src evil")
    assert "frame-ancestors 'none'" in security.content_security_policy(None)
