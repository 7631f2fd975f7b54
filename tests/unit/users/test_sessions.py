"""Signed session cookies, with the time as an argument."""

import pytest
from itsdangerous import URLSafeSerializer

from getsms_core.users import sessions
from getsms_core.users.sessions import Session

HOUR = 3600


def test_a_sealed_session_opens_with_the_password_it_was_sealed_with() -> None:
    session = sessions.new_session(7, 1000.9)
    cookie = sessions.sign(session, "hash one")
    assert sessions.claimed_user_id(cookie) == 7
    assert sessions.verify(cookie, "hash one") == session
    assert sessions.verify(cookie, "hash two") is None


def test_a_session_is_not_forged_with_the_database_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    cookie = sessions.sign(Session(7, "x", 1000), "hash one")
    monkeypatch.setattr(sessions, "_server_secret", b"another server secret, of 32 bytes or more")
    assert sessions.verify(cookie, "hash one") is None


def test_no_session_is_signed_or_checked_without_a_server_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    cookie = sessions.sign(Session(7, "x", 1000), "hash one")
    monkeypatch.setattr(sessions, "_server_secret", b"")
    with pytest.raises(RuntimeError):
        sessions.sign(Session(7, "x", 1000), "hash one")
    with pytest.raises(RuntimeError):
        sessions.verify(cookie, "hash one")


@pytest.mark.parametrize("cookie", ["", "x", "a.b", "WzEsIngiLDFd.forged", "é", "." * 5000, "bnVsbA.x"])
def test_a_forged_session_is_nobodys(cookie: str) -> None:
    assert sessions.verify(cookie, "hash") is None
    assert sessions.claimed_user_id(cookie) in (None, 1)  # a claim may be read, but proves nothing


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
    cookie = _tampered(sessions.sign(sessions.new_session(7, 1000), "hash"))[number]
    assert sessions.verify(cookie, "hash") is None


@pytest.mark.parametrize("user_id", [0, 2**31, 2**63, 10**30])
def test_a_user_id_that_no_database_holds_is_not_read(user_id: int) -> None:
    cookie = sessions.sign(Session(user_id, "x", 1000), "hash")
    assert sessions.claimed_user_id(cookie) is None
    assert sessions.verify(cookie, "hash") is None


def test_a_long_or_compressed_cookie_is_refused_by_its_form() -> None:
    bomb = URLSafeSerializer("").dumps(["0" * 10_000_000])
    assert bomb.startswith(".")  # compressed: decoding it before the signature is verified takes 1,000 times its size
    for cookie in (bomb, "9" * 60_000, "v1." + "1" * 60_000, "." * 60_000, "v1.7.x.1000." + "\\" * 50_000):
        assert sessions.claimed_user_id(cookie) is None
        assert sessions.verify(cookie, "hash") is None


def test_the_longest_genuine_cookie_fits() -> None:
    session = Session(2**31 - 1, sessions.new_session(1, 0).id, 99_999_999_999)
    cookie = sessions.sign(session, "hash")
    assert len(cookie) <= sessions.COOKIE_LENGTH
    assert sessions.verify(cookie, "hash") == session


def test_two_sessions_of_one_person_are_two() -> None:
    assert sessions.new_session(7, 1.0).id != sessions.new_session(7, 1.0).id


@pytest.mark.parametrize(
    ("age", "expired"),
    [(0, False), (11.9 * HOUR, False), (12 * HOUR, True), (100 * HOUR, True), (-30, False), (-120, True)],
)
def test_a_session_lives_twelve_hours(age: float, expired: bool) -> None:
    assert Session(1, "x", 1_000_000).expired(1_000_000 + age) is expired


def test_an_ended_session_is_forgotten_when_it_would_have_expired() -> None:
    ended = sessions.EndedSessions()
    ended.add("one", 0)
    assert "one" in ended
    ended.add("two", sessions.SESSION_SECONDS * 2)
    assert "one" not in ended
    assert "two" in ended
