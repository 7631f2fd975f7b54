"""A signed-in user's rights are those in the database when something is done, however long ago they were resolved."""

from collections.abc import Callable

import pytest

from getsms_core import exports
from getsms_core.base.errors import DomainError
from getsms_core.base.permissions import Actor, Permission, Role
from getsms_core.base.settings import Settings
from getsms_core.base.states import CampaignState
from getsms_core.campaigns import service as campaigns
from getsms_core.contacts import lists, suppression
from getsms_core.db.engine import Store
from getsms_core.users import identity
from getsms_core.users import service as users
from getsms_core.users.identity import SignedIn
from tests.conftest import SettingsFactory
from tests.engine_support import AZIZA, audited, phones, running
from tests.waits import run_threads

PASSWORD = "a long password"
Work = Callable[[Store, Actor, Settings], object]


@pytest.fixture
def user(store: Store) -> SignedIn:
    """A marketer, resolved once, as a closure would keep them."""
    users.create_first_administrator(store, AZIZA.name, PASSWORD)
    return identity.signed_in(store, users.create(store, AZIZA, "Bek", PASSWORD, Role.MARKETER))


def refused(work: Callable[[], object]) -> str:
    with pytest.raises(DomainError) as refusal:
        work()
    return refusal.value.code


WORK: dict[str, Work] = {
    "pause": lambda store, user, _: campaigns.pause(store, user, 1),
    "cancel": lambda store, user, _: campaigns.cancel(store, user, 1),
    "ask for a file": lambda store, user, settings: exports.enqueue(store, user, settings, 1, "csv"),
    "open a file": lambda store, user, _: exports.open_file(store, user, 1),
    "delete a file": lambda store, user, _: exports.delete(store, user, 1),
    "opt out": lambda store, user, _: suppression.add(store, user, phones(1), "call", ""),
    "upload": lambda store, user, _: lists.upload(store, user, "x", "x.csv", [b"phone\n"], lists.Options()),
    "own password": lambda store, user, _: users.change_password(store, user, 2, "another password", PASSWORD),
}


@pytest.mark.parametrize("what", WORK)
def test_a_disabled_user_does_nothing(store: Store, user: SignedIn, settings: SettingsFactory, what: str) -> None:
    running(store)
    exports.enqueue(store, user, settings(), 1, "csv")
    users.disable(store, AZIZA, user.user_id)
    assert refused(lambda: WORK[what](store, user, settings())) == "signed-out"
    assert not any(user.may(right) for right in Permission)
    assert campaigns.get(store, 1).state == CampaignState.RUNNING
    assert len(exports.all_exports(store)) == 1
    assert [row.action for row in audited(store, "export.delete")] == []


def test_a_lowered_user_does_only_what_the_new_role_lets_them(
    store: Store, user: SignedIn, settings: SettingsFactory
) -> None:
    running(store)
    whole = exports.enqueue(store, user, settings(), 1, "csv")
    exports.make(store, whole, settings())
    users.change_role(store, AZIZA, user.user_id, Role.ANALYST)
    assert refused(lambda: campaigns.pause(store, user, 1)) == "not-allowed"
    assert refused(lambda: exports.open_file(store, user, whole)) == "not-allowed"
    masked = exports.enqueue(store, user, settings(), 1, "csv")
    assert exports.get(store, masked).question["mask"]
    exports.make(store, masked, settings())
    with exports.open_file(store, user, masked) as file:
        assert b"*" in file.read()


def test_a_raised_user_may_more_at_once(store: Store, user: SignedIn, settings: SettingsFactory) -> None:
    running(store)
    other_export = exports.enqueue(store, AZIZA, settings(), 1, "csv")
    assert refused(lambda: exports.delete(store, user, other_export)) == "not-allowed"
    users.change_role(store, AZIZA, user.user_id, Role.ADMINISTRATOR)
    exports.delete(store, user, other_export)
    assert exports.all_exports(store) == []


def test_a_refusal_names_the_present_role(store: Store, user: SignedIn) -> None:
    users.change_role(store, AZIZA, user.user_id, Role.ANALYST)
    with pytest.raises(DomainError, match=r"Bek \(Analyst\)"):
        user.must(Permission.CAMPAIGN)


def test_checking_rights_inside_a_write_does_not_exhaust_the_pool(
    store: Store, user: SignedIn, settings: SettingsFactory
) -> None:
    """Some services ask while they write; thirty at once, more than a pool holds, must not starve each other."""
    files = [exports.enqueue(store, AZIZA, settings(), running(store), "csv") for _ in range(2)]

    def delete() -> str:
        return refused(lambda: exports.delete(store, user, files[0]))

    codes = run_threads(*[delete] * 30)
    assert codes == ["not-allowed"] * 30
    assert len(exports.all_exports(store)) == 2
