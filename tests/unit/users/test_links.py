"""One-time links."""

from collections.abc import Callable
from functools import partial

import pytest

from getsms_core.base.errors import DomainError
from getsms_core.base.permissions import Role
from getsms_core.db.engine import Store
from getsms_core.users import identity, links, sessions, sign_in
from getsms_core.users import service as users
from getsms_core.users.identity import SignedIn
from getsms_core.users.sessions import Visit
from tests.waits import run_threads

GOOD = "a good password"


@pytest.fixture
def aziza(store: Store) -> SignedIn:
    """The first administrator, signed in."""
    return identity.signed_in(store, users.create_first_administrator(store, "Aziza", GOOD))


def _refused(store: Store, token: str, password: str = GOOD) -> str:
    with pytest.raises(DomainError) as refusal:
        links.use(store, token, password, Visit())
    return refusal.value.code


def test_an_invited_user_chooses_a_password_once(store: Store, aziza: SignedIn) -> None:
    link = links.invite(store, aziza, "Lola", Role.ANALYST)
    assert link.address("https://sms.example.uz/") == f"https://sms.example.uz/join?token={link.token}"
    for password in ("", "!", GOOD):
        assert sign_in.with_password(store, "Lola", password) is None
    assert _refused(store, link.token, "short") == "password"
    assert links.use(store, link.token, GOOD, Visit("10.0.0.1")).name == "Lola"
    assert sign_in.with_password(store, "Lola", GOOD)
    assert _refused(store, link.token, "another password") == "link-void"


def test_a_reset_link_ends_the_sessions_when_it_is_used(store: Store, aziza: SignedIn) -> None:
    before = sign_in.with_password(store, "Aziza", GOOD)
    assert before is not None
    link = links.reset(store, aziza, aziza.user_id)
    assert sessions.find(store, before.cookie)
    links.use(store, link.token, "another password", Visit())
    assert sessions.find(store, before.cookie) is None
    assert sign_in.with_password(store, "Aziza", GOOD) is None


def test_a_newer_link_a_new_password_and_disabling_void_a_link(store: Store, aziza: SignedIn) -> None:
    lola = links.invite(store, aziza, "Lola", Role.ANALYST)
    newer = links.reset(store, aziza, lola.user.id)
    assert _refused(store, lola.token) == "link-void"
    users.change_password(store, aziza, lola.user.id, GOOD)
    assert _refused(store, newer.token) == "link-void"
    third = links.reset(store, aziza, lola.user.id)
    users.disable(store, aziza, lola.user.id)
    assert _refused(store, third.token) == "link-void"
    with pytest.raises(DomainError) as refusal:
        links.reset(store, aziza, lola.user.id)
    assert refusal.value.code == "person-disabled"
    users.enable(store, aziza, lola.user.id)
    assert _refused(store, third.token) == "link-void"


@pytest.mark.parametrize("loss", ["disabled", "analyst"])
def test_links_of_an_administrator_who_is_none_any_more_do_not_work(store: Store, aziza: SignedIn, loss: str) -> None:
    bek = identity.signed_in(store, users.create(store, aziza, "Bek", GOOD, Role.ADMINISTRATOR))
    takeover = links.reset(store, bek, aziza.user_id)
    back_door = links.invite(store, bek, "Guest", Role.ADMINISTRATOR)
    other = links.invite(store, aziza, "Lola", Role.ANALYST)
    if loss == "disabled":
        users.disable(store, aziza, bek.user_id)
    else:
        users.change_role(store, aziza, bek.user_id, Role.ANALYST)
    assert _refused(store, takeover.token) == _refused(store, back_door.token) == "link-void"
    assert links.user_of(store, other.token) is not None


def test_a_link_expires(store: Store, aziza: SignedIn) -> None:
    link = links.invite(store, aziza, "Lola", Role.ANALYST)
    assert links.user_of(store, link.token, link.expires_at - 1)
    assert links.user_of(store, link.token, link.expires_at) is None


@pytest.mark.parametrize("token", ["", "x", "\0", "é" * 5000, "\ud800"])
def test_a_guessed_link_is_refused(store: Store, aziza: SignedIn, token: str) -> None:
    links.invite(store, aziza, "Lola", Role.ANALYST)
    assert _refused(store, token) == "link-void"


def test_two_uses_at_once_are_one(store: Store, aziza: SignedIn) -> None:
    token = links.invite(store, aziza, "Lola", Role.ANALYST).token

    def use(number: int) -> str:
        try:
            links.use(store, token, f"password {number}", Visit())
        except DomainError as refusal:
            return refusal.code
        return "used"

    outcomes = run_threads(*(partial(use, number) for number in range(4)))
    assert sorted(outcomes) == ["link-void"] * 3 + ["used"]


def test_only_an_administrator_makes_links(store: Store, aziza: SignedIn) -> None:
    lola = identity.signed_in(store, users.create(store, aziza, "Lola", GOOD, Role.MANAGER))
    attempts: list[Callable[[], object]] = [
        lambda: links.invite(store, lola, "Bek", Role.ADMINISTRATOR),
        lambda: links.reset(store, lola, aziza.user_id),
    ]
    for attempt in attempts:
        with pytest.raises(DomainError) as refusal:
            attempt()
        assert refusal.value.code == "not-allowed"
