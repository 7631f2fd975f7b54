"""Limits on guessing, with the time as an argument."""

from functools import partial

import pytest

from getsms_core.base.errors import DomainError
from getsms_core.base.permissions import Role
from getsms_core.db.engine import Store
from getsms_core.users import attempts, sessions, sign_in
from getsms_core.users import service as users
from getsms_core.users.sessions import Visit
from tests.waits import run_threads

GOOD = "a good password"
HOME = "10.0.0.1"
NOW = 1_000_000_000_000


def _count(store: Store, times: int, name: str = "aziza", address: str = HOME, now: int = NOW) -> None:
    for _n in range(times):
        attempts.count(store, attempts.name_key("sign-in", name), address, now)


def _wait(store: Store, name: str = "aziza", address: str = HOME, now: int = NOW, user_id: int | None = None) -> float:
    """Seconds until this attempt is allowed; an allowed one is counted."""
    try:
        attempts.count(store, attempts.name_key("sign-in", name), address, now, user_id)
    except attempts.TooManyAttempts as refusal:
        return refusal.seconds
    return 0


def test_five_attempts_make_a_name_wait_at_that_address_only(store: Store) -> None:
    _count(store, 5)
    assert _wait(store, now=NOW + 1000) == 599
    assert _wait(store, "lola") == 0
    assert _wait(store, address="10.0.0.2") == 0


def test_a_refused_attempt_counts_nothing(store: Store) -> None:
    _count(store, 5)
    for second in range(20):
        assert _wait(store, now=NOW + second * 1000) > 0
    assert _wait(store, now=NOW + attempts.WINDOW_MS) == 0


def test_an_address_that_tries_many_names_waits_for_all_of_them(store: Store) -> None:
    for n in range(20):
        _count(store, 1, f"name {n}")
    assert _wait(store, "somebody else") > 0
    assert _wait(store, "somebody else", "10.0.0.2") == 0


def test_an_ipv6_network_of_one_customer_counts_as_one_address(store: Store) -> None:
    for n in range(20):
        _count(store, 1, f"name {n}", f"2001:db8:1:2::{n:x}")
    assert _wait(store, "somebody else", "2001:db8:1:2:ffff::1") > 0
    assert _wait(store, "somebody else", "2001:db8:1:3::1") == 0
    assert attempts.network_of("::ffff:10.0.0.1") == HOME
    assert attempts.network_of("fe80::1%eth0") == "fe80::/64"
    assert attempts.network_of("testclient") == "testclient"


def test_strangers_do_not_lock_a_user_out_of_an_address_that_worked_before(store: Store) -> None:
    aziza = users.create_first_administrator(store, "Aziza", GOOD)
    assert sign_in.with_password(store, "Aziza", GOOD, Visit(HOME), NOW)
    for n in range(100):
        _count(store, 1, address=f"10.0.1.{n}")
    assert _wait(store, address="10.9.9.9", user_id=aziza.id) > 0
    assert _wait(store, user_id=aziza.id) == 0
    month = NOW + attempts.KNOWN_MS + 1
    for n in range(100):
        _count(store, 1, address=f"10.0.1.{n}", now=month)
    assert _wait(store, now=month, user_id=aziza.id) > 0


def test_parallel_guesses_do_not_pass_the_limit(store: Store) -> None:
    users.create_first_administrator(store, "Aziza", GOOD)

    def guess(number: int) -> str:
        try:
            sign_in.with_password(store, "Aziza", f"wrong {number}", Visit(HOME))
        except attempts.TooManyAttempts as refusal:
            return refusal.code
        return "verified"

    answers = run_threads(*(partial(guess, number) for number in range(32)))
    assert sorted(answers) == ["too-many-tries"] * 27 + ["verified"] * 5


def test_the_right_password_forgives_the_wrong_ones_before_it(store: Store) -> None:
    users.create_first_administrator(store, "Aziza", GOOD)
    for _n in range(3):
        for _wrong in range(4):
            assert sign_in.with_password(store, "Aziza", "wrong", Visit(HOME)) is None
        assert sign_in.with_password(store, "Aziza", GOOD, Visit(HOME))


def test_guesses_of_ones_own_password_are_limited_too(store: Store) -> None:
    aziza = users.create_first_administrator(store, "Aziza", GOOD)
    lola = users.create(store, aziza.actor, "Lola", GOOD, Role.ANALYST)
    codes = []
    for _n in range(6):
        with pytest.raises(DomainError) as refusal:
            users.change_password(store, lola.actor, lola.id, "quite another one", "a guess")
        codes.append(refusal.value.code)
    assert codes == ["wrong-password"] * 5 + ["too-many-tries"]
    with pytest.raises(attempts.TooManyAttempts):
        users.confirm_password(store, lola.id, GOOD)
    users.change_password(store, aziza.actor, aziza.id, "quite another one", GOOD)
    assert sessions.listing(store, aziza.actor) == []
