"""Who may sign in, on both databases."""

from collections.abc import Callable
from functools import partial

import pytest
from sqlmodel import select

from getsms_core.base.errors import DomainError
from getsms_core.base.permissions import Actor, Role
from getsms_core.db.engine import Store
from getsms_core.db.models import Audit, User
from getsms_core.users import identity, links, passwords, session_cookies, sessions, sign_in
from getsms_core.users import service as users
from getsms_core.users.identity import UserInfo
from tests.waits import run_threads

GOOD = "a good password"


@pytest.fixture
def aziza(store: Store) -> UserInfo:
    """The first administrator."""
    return users.create_first_administrator(store, "Aziza", GOOD)


def _actions(store: Store) -> list[tuple[str, str]]:
    with store.reading() as session:
        return [(row.actor, row.action) for row in session.exec(select(Audit).order_by(Audit.id))]  # type: ignore[arg-type]


def test_the_first_person_becomes_administrator_and_only_the_first(store: Store) -> None:
    assert users.has_no_users(store)
    aziza = users.create_first_administrator(store, "  Aziza ", GOOD, "uz")
    assert (aziza.name, aziza.role, aziza.language) == ("Aziza", Role.ADMINISTRATOR, "uz")
    assert not users.has_no_users(store)
    with pytest.raises(DomainError) as refused:
        users.create_first_administrator(store, "Eve", GOOD)
    assert refused.value.code == "set-up-already"
    assert [user.name for user in users.all_users(store)] == ["Aziza"]


def test_of_several_first_administrators_at_once_one_is_created(store: Store) -> None:

    def arrive(number: int) -> str:
        try:
            users.create_first_administrator(store, f"Person {number}", GOOD)
        except DomainError as refused:
            return refused.code
        return "in"

    outcomes = run_threads(*(partial(arrive, number) for number in range(4)))
    assert sorted(outcomes) == ["in", *["set-up-already"] * 3]


@pytest.mark.parametrize("password", ["", "1234567", "x" * 257, "aziza aziza", "AZIZA AZIZA"])
def test_a_bad_password_is_refused_and_nothing_is_written(store: Store, password: str) -> None:
    with pytest.raises(DomainError) as refused:
        users.create_first_administrator(store, "Aziza Aziza", password)
    assert refused.value.code == "password"
    assert users.has_no_users(store)


@pytest.mark.parametrize(("password", "words"), [("1234567", "at least 8 "), ("x" * 257, "at most 256 ")])
def test_a_password_of_a_wrong_length_is_told_which_way(store: Store, password: str, words: str) -> None:
    with pytest.raises(DomainError, match=words):
        users.create_first_administrator(store, "Aziza", password)


@pytest.mark.parametrize("name", ["", "   ", "x" * 61, "a\x00b", "a\u202eb"])
def test_a_bad_name_is_refused(store: Store, name: str) -> None:
    with pytest.raises(DomainError) as refused:
        users.create_first_administrator(store, name, GOOD)
    assert refused.value.code == "name"


def _sign_in(store: Store, name: str, password: str = GOOD) -> str:
    """The cookie of a new session."""
    signed_in = sign_in.with_password(store, name, password)
    assert signed_in is not None
    return signed_in.cookie


def test_signing_in_takes_the_name_in_any_case_and_is_audited(store: Store, aziza: UserInfo) -> None:
    signed_in = sign_in.with_password(store, " AZIZA", GOOD)
    assert signed_in is not None
    assert signed_in.user == aziza
    assert _actions(store)[-1] == ("Aziza", "person.sign-in")


def test_a_wrong_password_and_an_unknown_name_look_the_same(store: Store, aziza: UserInfo) -> None:
    assert sign_in.with_password(store, "Aziza", "not that one") is None
    assert sign_in.with_password(store, "Nobody", GOOD) is None
    assert sign_in.with_password(store, "", "") is None


def test_a_new_password_ends_every_session(store: Store, aziza: UserInfo) -> None:
    cookie = _sign_in(store, "Aziza")
    recognised = sessions.find(store, cookie)
    assert recognised is not None
    assert recognised[0] == aziza
    users.change_password(store, aziza.actor, aziza.id, "quite another one", GOOD)
    assert sessions.find(store, cookie) is None


def test_a_session_of_one_user_is_not_anothers(store: Store, aziza: UserInfo) -> None:
    lola = users.create(store, aziza.actor, "Lola", GOOD, Role.ANALYST)
    claim = session_cookies.read(_sign_in(store, "Lola"))
    assert claim is not None
    with store.reading() as session:
        hashes = {user.name: user.password_hash for user in session.exec(select(User))}
    for user, password_hash in ((aziza.id, hashes["Lola"]), (aziza.id, hashes["Aziza"]), (lola.id, hashes["Aziza"])):
        assert sessions.find(store, session_cookies.sign(user, claim.session_id, password_hash)) is None


def test_a_changed_role_ends_the_session_that_is_open(store: Store, aziza: UserInfo) -> None:
    lola = users.create(store, aziza.actor, "Lola", GOOD, Role.ANALYST)
    cookie = _sign_in(store, "Lola")
    users.change_role(store, aziza.actor, lola.id, Role.ANALYST)  # the role that she has
    assert sessions.find(store, cookie) is not None
    users.change_role(store, aziza.actor, lola.id, Role.MANAGER)
    users.change_role(store, aziza.actor, lola.id, Role.ANALYST)
    assert sessions.find(store, cookie) is None


def test_a_disabled_user_is_out_at_once_and_an_old_cookie_does_not_come_back(store: Store, aziza: UserInfo) -> None:
    lola = users.create(store, aziza.actor, "Lola", GOOD, Role.ANALYST)
    cookie = _sign_in(store, "Lola")
    users.disable(store, aziza.actor, lola.id)
    users.disable(store, aziza.actor, lola.id)
    assert sessions.find(store, cookie) is None
    assert sign_in.with_password(store, "Lola", GOOD) is None
    assert identity.get_active(store, lola.id) is None
    users.enable(store, aziza.actor, lola.id)
    assert sessions.find(store, cookie) is None
    assert sessions.find(store, _sign_in(store, "Lola")) is not None
    assert [action for _actor, action in _actions(store)].count("person.disable") == 1


def test_the_last_administrator_can_be_neither_disabled_nor_demoted(store: Store, aziza: UserInfo) -> None:
    other = users.create(store, aziza.actor, "Bek", GOOD, Role.ADMINISTRATOR)
    users.disable(store, aziza.actor, other.id)
    attempts: list[Callable[[], None]] = [
        lambda: users.disable(store, aziza.actor, aziza.id),
        lambda: users.change_role(store, aziza.actor, aziza.id, Role.ANALYST),
    ]
    for attempt in attempts:
        with pytest.raises(DomainError) as refused:
            attempt()
        assert refused.value.code == "last-administrator"
    users.enable(store, aziza.actor, other.id)
    users.disable(store, aziza.actor, aziza.id)
    assert sign_in.with_password(store, "Aziza", GOOD) is None


def test_an_invited_administrator_without_a_password_does_not_make_the_last_one_superfluous(
    store: Store, aziza: UserInfo
) -> None:
    links.invite(store, aziza.actor, "Bek", Role.ADMINISTRATOR)
    with pytest.raises(DomainError) as refused:
        users.disable(store, aziza.actor, aziza.id)
    assert refused.value.code == "last-administrator"


@pytest.mark.parametrize("role", [Role.MARKETER, Role.MANAGER, Role.ANALYST])
def test_only_an_administrator_manages_people(store: Store, aziza: UserInfo, role: Role) -> None:
    somebody = Actor("Somebody", role)
    attempts: list[Callable[[], object]] = [
        lambda: users.create(store, somebody, "Lola", GOOD, Role.ANALYST),
        lambda: users.disable(store, somebody, aziza.id),
        lambda: users.enable(store, somebody, aziza.id),
        lambda: users.change_role(store, somebody, aziza.id, Role.ANALYST),
        lambda: users.change_password(store, somebody, aziza.id, "quite another one"),
    ]
    for attempt in attempts:
        with pytest.raises(DomainError) as refused:
            attempt()
        assert refused.value.code == "not-allowed"
    assert _actions(store) == [("program", "person.create")]


def test_a_name_is_taken_in_any_case(store: Store, aziza: UserInfo) -> None:
    with pytest.raises(DomainError) as refused:
        users.create(store, aziza.actor, "AZIZA", GOOD, Role.ANALYST)
    assert refused.value.code == "name-taken"


def test_ones_own_password_needs_the_present_one(store: Store, aziza: UserInfo) -> None:
    with pytest.raises(DomainError) as refused:
        users.change_password(store, aziza.actor, aziza.id, "quite another one", "wrong")
    assert refused.value.code == "wrong-password"
    assert sign_in.with_password(store, "Aziza", GOOD)


def test_no_password_and_no_hash_is_in_the_audit_log(store: Store, aziza: UserInfo) -> None:
    users.change_password(store, aziza.actor, aziza.id, "quite another one", GOOD)
    with store.reading() as session:
        text = str([row.detail for row in session.exec(select(Audit))])
    assert GOOD not in text
    assert "another" not in text
    assert "argon2" not in text


def test_somebody_who_does_not_exist_is_refused(store: Store, aziza: UserInfo) -> None:
    with pytest.raises(DomainError) as refused:
        users.disable(store, aziza.actor, 999)
    assert refused.value.code == "no-such-person"


def test_the_language_of_a_person_is_kept_when_it_is_one_of_ours(store: Store, aziza: UserInfo) -> None:
    users.set_language(store, aziza.id, "ru")
    users.set_language(store, aziza.id, "xx")
    assert users.all_users(store)[0].language == "ru"


@pytest.mark.parametrize(
    ("name", "look_alike"),
    [
        ("Aziza", "Аzizа"),
        ("Oʻktam", "O'ktam"),
        ("Oʻktam", "O‘ktam"),
        ("Oʻktam", "o`ktam"),
        ("Oʻktam", "O´ktam"),
        ("Вова", "BOBA"),
        ("САРА", "cара"),
    ],
)
def test_a_name_that_looks_like_anothers_is_refused_and_signs_that_one_in(
    store: Store, name: str, look_alike: str
) -> None:
    administrator = users.create_first_administrator(store, "Boshliq", GOOD)
    user = users.create(store, administrator.actor, name, GOOD, Role.ANALYST)
    with pytest.raises(DomainError) as refused:
        users.create(store, administrator.actor, look_alike, GOOD, Role.ANALYST)
    assert refused.value.code == "name-taken"
    assert name in refused.value.message
    assert len(users.all_users(store)) == 2
    signed_in = sign_in.with_password(store, look_alike, GOOD)
    assert signed_in is not None
    assert signed_in.user.id == user.id


def test_many_spellings_of_a_name_are_not_many_tries(store: Store) -> None:
    users.create_first_administrator(store, "Oʻktam", GOOD)
    for name in ("O'ktam", "O‘ktam", "O`ktam", "oʻktam", "Оʻktam"):
        assert sign_in.with_password(store, name, "not that one") is None
    with pytest.raises(DomainError) as refused:
        sign_in.with_password(store, "Oʻktam", GOOD)
    assert refused.value.code == "too-many-tries"


def test_of_two_look_alikes_of_an_older_release_each_signs_in_by_its_own_name(store: Store, aziza: UserInfo) -> None:
    twin = "Аziza"
    with store.writing() as session:
        row = session.get_one(User, aziza.id)
        session.add(User(name=twin, name_key=identity.folded(twin), password_hash=row.password_hash,
                         role=Role.ANALYST, created_at=1, created_by="Aziza"))  # fmt: skip
    for name in ("Aziza", twin):
        signed_in = sign_in.with_password(store, name, GOOD)
        assert signed_in is not None
        assert signed_in.user.name == name
    assert sign_in.with_password(store, "Azizа", GOOD) is None


@pytest.mark.parametrize("name", ["program", "Program", "unknown", "Aziza (getsms)", "aziza (GETSMS)", "(getsms)"])
def test_a_name_that_the_audit_log_uses_for_no_user_is_refused(store: Store, aziza: UserInfo, name: str) -> None:
    with pytest.raises(DomainError) as refused:
        users.create(store, aziza.actor, name, GOOD, Role.ANALYST)
    assert refused.value.code == "name"
    assert "The audit log uses" in refused.value.message


def test_a_password_that_an_administrator_sets_meanwhile_stays(
    store: Store, aziza: UserInfo, monkeypatch: pytest.MonkeyPatch
) -> None:
    bek = users.create(store, aziza.actor, "Bek", GOOD, Role.ANALYST)
    hashed = passwords.hash_password

    def reset_meanwhile(password: str) -> str:
        monkeypatch.setattr(passwords, "hash_password", hashed)
        users.change_password(store, aziza.actor, bek.id, "set by Aziza")
        return hashed(password)

    monkeypatch.setattr(passwords, "hash_password", reset_meanwhile)
    with pytest.raises(DomainError) as refused:
        users.change_password(store, bek.actor, bek.id, "chosen by a thief", GOOD)
    assert refused.value.code == "wrong-password"
    assert sign_in.with_password(store, "Bek", "set by Aziza") is not None
