"""Sessions as rows, with the time as an argument."""

from collections.abc import Callable

import pytest
from sqlmodel import select

from getsms_core.base.errors import DomainError
from getsms_core.base.permissions import Role
from getsms_core.db.engine import Store
from getsms_core.db.models import Audit, SignInSession
from getsms_core.users import identity, sessions, sign_in
from getsms_core.users import service as users
from getsms_core.users.identity import SignedIn, UserInfo
from getsms_core.users.sessions import SessionInfo, Visit

GOOD = "a good password"
HOUR = 3_600_000
NOW = 1_000_000_000_000


@pytest.fixture
def aziza(store: Store) -> SignedIn:
    """The first administrator, signed in."""
    return identity.signed_in(store, users.create_first_administrator(store, "Aziza", GOOD))


@pytest.fixture
def lola(store: Store, aziza: SignedIn) -> SignedIn:
    """An analyst, signed in."""
    return identity.signed_in(store, users.create(store, aziza, "Lola", GOOD, Role.ANALYST))


def _begin(store: Store, name: str, now: int | None = None, visit: Visit | None = None) -> str:
    signed_in = sign_in.with_password(store, name, GOOD, visit, now)
    assert signed_in is not None
    return signed_in.cookie


def _found(store: Store, cookie: str, now: int | None = None) -> tuple[UserInfo, SessionInfo]:
    live_session = sessions.find(store, cookie, now)
    assert live_session is not None
    return live_session


def test_a_session_ends_after_twelve_hours_without_use(store: Store, aziza: SignedIn) -> None:
    cookie = _begin(store, "Aziza", NOW)
    _user, current = _found(store, cookie, NOW + 11 * HOUR)
    sessions.touch(store, current, NOW + 11 * HOUR)
    assert sessions.find(store, cookie, NOW + 22 * HOUR)
    assert sessions.find(store, cookie, NOW + 23 * HOUR) is None


def test_a_session_ends_after_seven_days_however_much_it_is_used(store: Store, aziza: SignedIn) -> None:
    cookie = _begin(store, "Aziza", NOW)
    for hours in range(10, 7 * 24, 10):
        sessions.touch(store, _found(store, cookie, NOW + hours * HOUR)[1], NOW + hours * HOUR)
    assert sessions.find(store, cookie, NOW + 7 * 24 * HOUR) is None


def test_a_session_says_where_it_is_from(store: Store, aziza: SignedIn) -> None:
    cookie = _begin(store, "Aziza", NOW, Visit("10.0.0.9", "Firefox\r\n\x1b[2J" + "x" * 1000))
    _user, current = _found(store, cookie, NOW)
    assert (current.address, current.created_at, current.seen_at) == ("10.0.0.9", NOW, NOW)
    assert current.user_agent.startswith("Firefox[2Jxxx")
    assert len(current.user_agent) == 200


def test_the_time_of_use_is_written_once_a_minute(store: Store, aziza: SignedIn) -> None:
    cookie = _begin(store, "Aziza", NOW)
    current = _found(store, cookie, NOW)[1]
    sessions.touch(store, current, NOW + 59_000)
    assert _found(store, cookie, NOW + 59_000)[1].seen_at == NOW
    sessions.touch(store, current, NOW + 60_000)
    assert _found(store, cookie, NOW + 60_000)[1].seen_at == NOW + 60_000


def test_a_signed_out_session_ends_for_every_process(store: Store, aziza: SignedIn) -> None:
    cookie, other = _begin(store, "Aziza"), _begin(store, "Aziza")
    current = _found(store, cookie)[1]
    sessions.end(store, current, aziza)
    sessions.end(store, current, aziza)
    assert sessions.find(store, cookie) is None
    assert sessions.live_ids(store, {current.id, _found(store, other)[1].id}) == {_found(store, other)[1].id}
    with store.reading() as session:
        actions = [row.action for row in session.exec(select(Audit))]
    assert actions.count("person.sign-out") == 1


def test_a_user_sees_and_ends_their_own_sessions_only(store: Store, aziza: SignedIn, lola: SignedIn) -> None:
    own, others = _begin(store, "Lola"), _begin(store, "Aziza")
    assert [item.user_name for item in sessions.listing(store, lola, lola.user_id)] == ["Lola"]
    attempts: list[Callable[[], object]] = [
        lambda: sessions.listing(store, lola),
        lambda: sessions.listing(store, lola, aziza.user_id),
        lambda: sessions.revoke(store, lola, _found(store, others)[1].id),
        lambda: sessions.revoke(store, lola, "no such session"),
        lambda: sessions.revoke_all(store, lola),
        lambda: sessions.revoke_all(store, lola, aziza.user_id),
    ]
    for attempt in attempts:
        with pytest.raises(DomainError) as refusal:
            attempt()
        assert refusal.value.code == "not-allowed"
    sessions.revoke(store, lola, _found(store, own)[1].id)
    assert sessions.find(store, own) is None
    assert sessions.find(store, others)


def test_an_administrator_sees_and_ends_all_sessions(store: Store, aziza: SignedIn, lola: SignedIn) -> None:
    own, others = _begin(store, "Aziza"), [_begin(store, "Lola"), _begin(store, "Lola")]
    assert sorted(item.user_name for item in sessions.listing(store, aziza)) == ["Aziza", "Lola", "Lola"]
    assert sessions.revoke(store, aziza, _found(store, others[0])[1].id).user_name == "Lola"
    assert sessions.revoke_all(store, aziza, keep=_found(store, own)[1].id) == 1
    assert [sessions.find(store, cookie) is None for cookie in (own, *others)] == [False, True, True]
    with pytest.raises(DomainError) as refusal:
        sessions.revoke(store, aziza, "no such session")
    assert refusal.value.code == "no-such-session"


def test_old_sessions_are_deleted(store: Store, aziza: SignedIn) -> None:
    _begin(store, "Aziza", NOW)
    _begin(store, "Aziza", NOW + sessions.RETENTION_MS + 1)
    with store.reading() as session:
        assert len(session.exec(select(SignInSession)).all()) == 1
