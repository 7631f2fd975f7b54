"""Signed session cookies."""

import pytest
from itsdangerous import URLSafeSerializer

from getsms_core.users import server_secret, session_cookies
from tests.each_case import each_case

ID = "abcdefghijklmnop"


def _opens(cookie: str, password_hash: str) -> bool:
    claim = session_cookies.read(cookie)
    return claim is not None and session_cookies.is_genuine(claim, password_hash)


def test_a_cookie_is_genuine_with_the_password_it_was_signed_with() -> None:
    cookie = session_cookies.sign(7, ID, "hash one")
    claim = session_cookies.read(cookie)
    assert claim is not None
    assert claim[:2] == (7, ID)
    assert _opens(cookie, "hash one")
    assert not _opens(cookie, "hash two")


def test_a_session_is_not_forged_with_the_database_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    cookie = session_cookies.sign(7, ID, "hash one")
    monkeypatch.setattr(server_secret, "_secret", b"another server secret, of 32 bytes or more")
    assert not _opens(cookie, "hash one")


def test_no_session_is_signed_or_checked_without_a_server_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    cookie = session_cookies.sign(7, ID, "hash one")
    monkeypatch.setattr(server_secret, "_secret", b"")
    with pytest.raises(RuntimeError):
        session_cookies.sign(7, ID, "hash one")
    with pytest.raises(RuntimeError):
        _opens(cookie, "hash one")


@pytest.mark.parametrize("cookie", ["", "x", "a.b", "WzEsIngiLDFd.forged", "é", "." * 5000, "bnVsbA.x"])
def test_a_forged_session_is_not_recognised(cookie: str) -> None:
    assert session_cookies.read(cookie) is None


def _tampered(cookie: str) -> list[str]:
    version, user, id_, signature = cookie.split(".")
    return [
        f"{version}.8.{id_}.{signature}",
        f"{version}.{user}.{id_[:-1]}q.{signature}",
        f"{version}.{user}.{id_[:-1]}.{signature}",
        f"v1.{user}.{id_}.{signature}",
        f"{version}.{user}.{id_}.{'A' * 43}",
        f"{version}.0{user}.{id_}.{signature}",
        f"{version}.{user}.{id_}.{signature}=",
        f"{version}.{user}.{id_}.{signature}\n",
        f"{version}.٧.{id_}.{signature}",
        f"{version}.-{user}.{id_}.{signature}",
        f"{version}.{user}.{id_}",
        f".{cookie}",
    ]


@each_case("number", range(12))
def test_a_cookie_that_differs_in_any_field_is_not_recognised(number: int) -> None:
    assert not _opens(_tampered(session_cookies.sign(7, ID, "hash"))[number], "hash")


@pytest.mark.parametrize("user_id", [0, 2**31, 2**63, 10**30])
def test_a_user_id_that_no_database_holds_is_not_read(user_id: int) -> None:
    assert session_cookies.read(session_cookies.sign(user_id, ID, "hash")) is None


def test_a_long_or_compressed_cookie_is_refused_by_its_form() -> None:
    bomb = URLSafeSerializer("").dumps(["0" * 10_000_000])
    assert bomb.startswith(".")  # compressed: decoding it before the signature is verified takes 1,000 times its size
    for cookie in (bomb, "9" * 60_000, "v2." + "1" * 60_000, "." * 60_000, "v2.7.x." + "\\" * 50_000):
        assert session_cookies.read(cookie) is None


def test_the_longest_genuine_cookie_fits() -> None:
    cookie = session_cookies.sign(2**31 - 1, session_cookies.new_id(), "hash")
    assert len(cookie) <= session_cookies.COOKIE_LENGTH
    assert _opens(cookie, "hash")


def test_two_sessions_of_one_user_are_two() -> None:
    assert session_cookies.new_id() != session_cookies.new_id()


def test_no_session_id_looks_like_an_option_of_a_command() -> None:
    assert [session_id for _ in range(2000) if (session_id := session_cookies.new_id()).startswith("-")] == []
