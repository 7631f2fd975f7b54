"""The second factor, with the time as an argument."""

from collections.abc import Callable

import pyotp
import pytest
from sqlmodel import select

from getsms_core.base.codes import Pending
from getsms_core.base.errors import DomainError
from getsms_core.base.permissions import Role
from getsms_core.db.engine import Store
from getsms_core.db.models import Audit, RecoveryCode, User
from getsms_core.users import identity, server_secret, sessions, sign_in, two_factor
from getsms_core.users import service as users
from getsms_core.users.identity import SignedIn
from getsms_core.users.sessions import SessionInfo, Visit

GOOD = "a good password"
NOW = 1_000_000_000_000
STEP = 30_000


def _code(secret: str, now: int) -> str:
    return pyotp.TOTP(secret).at(now // 1000)


def _refused(store: Store, secret: str, code: str, user: SignedIn) -> str:
    with pytest.raises(DomainError) as refusal:
        two_factor.set_up(store, user.user_id, user, secret, code, NOW)
    return refusal.value.code


@pytest.fixture
def aziza(store: Store) -> SignedIn:
    """The first administrator, signed in."""
    return identity.signed_in(store, users.create_first_administrator(store, "Aziza", GOOD))


@pytest.fixture
def secret(store: Store, aziza: SignedIn) -> str:
    """The secret of the administrator's second factor, set up a minute before NOW."""
    secret = pyotp.random_base32()
    two_factor.set_up(store, aziza.user_id, aziza, secret, _code(secret, NOW - 2 * STEP), NOW - 2 * STEP)
    return secret


def _pending(store: Store, now: int = NOW) -> SessionInfo:
    """A session that waits for its code."""
    signed_in = sign_in.with_password(store, "Aziza", GOOD, Visit("10.0.0.1"), now)
    assert signed_in is not None
    assert signed_in.pending == "code"
    assert sessions.find(store, signed_in.cookie, now) is None
    live_session = sessions.find(store, signed_in.cookie, now, pending=Pending.CODE)
    assert live_session is not None
    return live_session[1]


def test_a_wrong_first_code_sets_nothing_up(store: Store, aziza: SignedIn) -> None:
    secret = pyotp.random_base32()
    right = _code(secret, NOW)
    for code in ("", "000000" if right != "000000" else "111111", "12345", "１２３４５６", "0" * 5000, right + "0"):
        assert _refused(store, secret, code, aziza) in ("wrong-code", "too-many-tries")
    assert sign_in.with_password(store, "Aziza", GOOD).pending == ""  # type: ignore[union-attr]


@pytest.mark.parametrize("made", ["", "A", "A" * 31 + "1", "a" * 32, "A" * 64, "é" * 32])
def test_a_secret_that_the_program_did_not_make_is_refused(store: Store, aziza: SignedIn, made: str) -> None:
    assert _refused(store, made, "123456", aziza) == "wrong-code"


def test_the_password_alone_opens_nothing_and_the_code_does(store: Store, aziza: SignedIn, secret: str) -> None:
    waiting = _pending(store)
    assert sign_in.with_code(store, waiting, "123", Visit(), NOW) is None
    signed_in = sign_in.with_code(store, waiting, _code(secret, NOW), Visit("10.0.0.1"), NOW)
    assert signed_in is not None
    live_session = sessions.find(store, signed_in.cookie, NOW)
    assert live_session is not None
    assert live_session[1].id != waiting.id
    assert sign_in.complete(store, waiting, Visit(), NOW) is None  # the session that waited has ended


def test_a_code_works_once_and_half_a_minute_aside(store: Store, aziza: SignedIn, secret: str) -> None:
    assert not two_factor.check(store, aziza.user_id, _code(secret, NOW - 2 * STEP), "", NOW)  # of the set-up
    assert two_factor.check(store, aziza.user_id, _code(secret, NOW), "", NOW)
    assert not two_factor.check(store, aziza.user_id, _code(secret, NOW), "", NOW)
    assert not two_factor.check(store, aziza.user_id, _code(secret, NOW - STEP), "", NOW)
    assert two_factor.check(store, aziza.user_id, _code(secret, NOW + STEP), "", NOW)
    assert not two_factor.check(store, aziza.user_id, _code(secret, NOW + 3 * STEP), "", NOW)


def test_codes_are_not_guessed(store: Store, aziza: SignedIn, secret: str) -> None:
    for _n in range(5):
        assert not two_factor.check(store, aziza.user_id, "abc", "", NOW)
    with pytest.raises(DomainError) as refusal:
        two_factor.check(store, aziza.user_id, _code(secret, NOW), "", NOW)
    assert refusal.value.code == "too-many-tries"


def test_a_recovery_code_replaces_a_code_once(store: Store, aziza: SignedIn) -> None:
    secret = pyotp.random_base32()
    codes = two_factor.set_up(store, aziza.user_id, aziza, secret, _code(secret, NOW), NOW)
    assert len(set(codes)) == two_factor.RECOVERY_CODES
    typed = f" {codes[3].upper().replace('-', ' ')}"
    assert two_factor.check(store, aziza.user_id, typed, "", NOW)
    assert not two_factor.check(store, aziza.user_id, codes[3], "", NOW)
    assert two_factor.recovery_codes_left(store, aziza.user_id) == two_factor.RECOVERY_CODES - 1
    with store.reading() as session:
        stored = str(session.exec(select(RecoveryCode)).all()) + str(session.exec(select(Audit)).all())
        assert session.exec(select(User)).one().totp_secret.find(secret) == -1
    assert not any(code in stored for code in codes)


def test_a_waiting_session_ends_after_ten_minutes(store: Store, aziza: SignedIn, secret: str) -> None:
    _pending(store)
    waiting = sign_in.with_password(store, "Aziza", GOOD, None, NOW)
    assert waiting is not None
    assert sessions.find(store, waiting.cookie, NOW + sessions.PENDING_MS - 1, pending=Pending.CODE)
    assert sessions.find(store, waiting.cookie, NOW + sessions.PENDING_MS, pending=Pending.CODE) is None


def test_a_required_role_sets_its_factor_up_while_it_signs_in(store: Store, aziza: SignedIn) -> None:
    lola = users.create(store, aziza, "Lola", GOOD, Role.MANAGER)
    before = sign_in.with_password(store, "Lola", GOOD)
    assert before is not None
    two_factor.require(store, aziza, [Role.MANAGER])
    assert sessions.find(store, before.cookie) is None
    assert two_factor.required_roles(store) == {Role.MANAGER}
    waiting = sign_in.with_password(store, "Lola", GOOD)
    assert waiting is not None
    assert waiting.pending == "set-up"
    secret = pyotp.random_base32()
    acting = identity.signed_in(store, lola)
    two_factor.set_up(store, lola.id, acting, secret, _code(secret, NOW), NOW)
    with pytest.raises(DomainError) as refusal:
        two_factor.remove(store, acting, lola.id, _code(secret, NOW + STEP))
    assert refusal.value.code == "second-factor-required"
    two_factor.require(store, aziza, [])
    assert two_factor.required_roles(store) == frozenset()


def test_only_an_administrator_requires_or_removes_a_factor_of_others(store: Store, aziza: SignedIn) -> None:
    lola = identity.signed_in(store, users.create(store, aziza, "Lola", GOOD, Role.MANAGER))
    attempts: list[Callable[[], object]] = [
        lambda: two_factor.require(store, lola, [Role.ANALYST]),
        lambda: two_factor.remove(store, lola, aziza.user_id),
    ]
    for attempt in attempts:
        with pytest.raises(DomainError) as refusal:
            attempt()
        assert refusal.value.code == "not-allowed"


def test_an_administrator_removes_a_lost_factor_and_the_sessions_end(
    store: Store, aziza: SignedIn, secret: str
) -> None:
    bek = identity.signed_in(store, users.create(store, aziza, "Bek", GOOD, Role.ADMINISTRATOR))
    signed_in = sign_in.with_code(store, _pending(store), _code(secret, NOW), Visit(), NOW)
    assert signed_in is not None
    with pytest.raises(DomainError):
        two_factor.remove(store, aziza, aziza.user_id, "wrong")
    two_factor.remove(store, bek, aziza.user_id)
    assert sessions.find(store, signed_in.cookie, NOW) is None
    again = sign_in.with_password(store, "Aziza", GOOD)
    assert again is not None
    assert again.pending == ""


def test_a_factor_of_another_server_secret_leaves_the_recovery_codes(
    store: Store, aziza: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = pyotp.random_base32()
    codes = two_factor.set_up(store, aziza.user_id, aziza, secret, _code(secret, NOW - STEP), NOW)
    monkeypatch.setattr(server_secret, "_secret", b"another server secret, of 32 bytes or more")
    assert not two_factor.check(store, aziza.user_id, _code(secret, NOW), "", NOW)
    assert two_factor.check(store, aziza.user_id, codes[0], "", NOW)


def test_a_session_offers_one_secret_until_it_is_set_up(store: Store, aziza: SignedIn) -> None:
    offered = two_factor.offered_secret(store, aziza.user_id, "one session")
    assert two_factor.is_secret(offered)
    assert two_factor.offered_secret(store, aziza.user_id, "one session") == offered
    assert two_factor.offered_secret(store, aziza.user_id, "another") != offered
    two_factor.set_up(store, aziza.user_id, aziza, offered, _code(offered, NOW), NOW)
    assert two_factor.offered_secret(store, aziza.user_id, "one session") != offered


def test_new_recovery_codes_replace_the_old_ones_for_a_code(store: Store, aziza: SignedIn) -> None:
    with pytest.raises(DomainError) as refusal:
        two_factor.new_recovery_codes(store, aziza, "123456")
    assert refusal.value.code == "wrong-code"
    secret = pyotp.random_base32()
    old_codes = two_factor.set_up(store, aziza.user_id, aziza, secret, _code(secret, NOW), NOW)
    two_factor.require(store, aziza, [Role.ADMINISTRATOR])
    with pytest.raises(DomainError):
        two_factor.new_recovery_codes(store, aziza, "wrong")
    assert two_factor.recovery_codes_left(store, aziza.user_id) == 10
    new_codes = two_factor.new_recovery_codes(store, aziza, old_codes[0])
    assert (len(set(new_codes)), two_factor.recovery_codes_left(store, aziza.user_id)) == (10, 10)
    assert not two_factor.check(store, aziza.user_id, old_codes[1], "", NOW)
    assert two_factor.check(store, aziza.user_id, new_codes[1], "", NOW)


def test_two_administrators_who_require_it_of_different_roles_both_count(store: Store, aziza: SignedIn) -> None:
    two_factor.require(store, aziza, [Role.MANAGER], seen=[])
    two_factor.require(store, aziza, [Role.ANALYST], seen=[])  # chosen before the first was saved
    assert two_factor.required_roles(store) == {Role.MANAGER, Role.ANALYST}
    two_factor.require(store, aziza, [], seen=[Role.MANAGER])
    assert two_factor.required_roles(store) == {Role.ANALYST}
