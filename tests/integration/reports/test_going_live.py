"""The steps from the sandbox to live sending tick themselves."""

import pytest
import sqlalchemy as sa
from pydantic import SecretStr
from sqlmodel import col

from getsms_core.accounts import gateway_account, policy
from getsms_core.accounts.policy import Policy
from getsms_core.audit import log as audit
from getsms_core.base.errors import DomainError
from getsms_core.base.permissions import Actor, Role
from getsms_core.db.engine import Store
from getsms_core.db.models import Campaign
from getsms_core.gateway import Decision, NothingSent, Probe
from getsms_core.reports import going_live
from getsms_core.reports.going_live import LiveStep
from getsms_core.users import service as users
from tests.engine_support import Engine, accept, running, settings_for

LIVE = settings_for(login="aziza", password=SecretStr("secret"), nickname="Korzinka")
ADMIN = Actor("Aziza", Role.ADMINISTRATOR)


def done(store: Store) -> set[LiveStep]:
    return {step for step, is_done in going_live.steps(store, ADMIN, LIVE).items() if is_done}


def probed(store: Store, passed: bool) -> None:
    going_live.check_connection(store, ADMIN, LIVE, lambda: Probe("ok" if passed else "ip", passed, ""))


def test_nothing_that_the_sandbox_accepts_counts(store: Store) -> None:
    running(store, 2, sender="Korzinka", settings=settings_for(nickname="Korzinka"))
    Engine(store).send()
    with store.writing() as session:
        session.execute(sa.update(Campaign).values(is_test=True))
    sandbox = settings_for(nickname="Korzinka")
    going_live.check_connection(store, ADMIN, sandbox, lambda: Probe("ok", True, ""))
    assert list(going_live.steps(store, ADMIN, sandbox)) == list(LiveStep)
    assert not any(going_live.steps(store, ADMIN, sandbox).values())


def test_the_address_is_as_good_as_the_last_check(store: Store) -> None:
    assert done(store) == {LiveStep.LOGIN}
    probed(store, True)
    assert done(store) == {LiveStep.LOGIN, LiveStep.ADDRESS}
    probed(store, False)
    assert done(store) == {LiveStep.LOGIN}


def test_an_accepted_test_sms_ticks_the_address_the_sender_name_and_the_test(store: Store) -> None:
    campaign_id = running(store, 2, chunk_size=1, sender="Korzinka", settings=LIVE)
    with store.writing() as session:
        session.execute(sa.update(Campaign).where(col(Campaign.id) == campaign_id).values(is_test=True))
    engine = Engine(store)
    [claimed] = engine.claim(1)
    engine.record((claimed, accept(claimed)))
    taken = {LiveStep.LOGIN, LiveStep.ADDRESS, LiveStep.SENDER, LiveStep.TEST}
    assert done(store) == taken
    engine.now += 1000
    [claimed] = engine.claim(1)
    engine.record((claimed, NothingSent("nickname-wrong", Decision.STOP, "Incorrect nickname")))
    assert done(store) == taken - {LiveStep.SENDER}


def test_users_limits_and_a_backup_tick_their_steps(store: Store) -> None:
    users.create_first_administrator(store, "Aziza", "a good password")
    assert done(store) == {LiveStep.LOGIN}
    second = users.create(store, ADMIN, "Bobur", "another password", Role.MARKETER)
    assert done(store) == {LiveStep.LOGIN, LiveStep.USERS}
    users.disable(store, ADMIN, second.id)
    assert done(store) == {LiveStep.LOGIN}
    account_id = gateway_account.account_id(store, LIVE)
    policy.save(store, ADMIN, account_id, Policy(spend_day=100_000_00), LIVE.zone)
    audit.note_alone(store, ADMIN, "database.backup", "database", file="a.backup")
    assert done(store) == {LiveStep.LOGIN, LiveStep.LIMITS, LiveStep.BACKUP}


@pytest.mark.parametrize("role", [Role.MARKETER, Role.MANAGER, Role.ANALYST])
def test_other_roles_do_not_see_the_steps(sqlite_store: Store, role: Role) -> None:
    with pytest.raises(DomainError, match="not"):
        going_live.steps(sqlite_store, Actor("Bobur", role), LIVE)
    with pytest.raises(DomainError, match="not"):
        going_live.check_connection(sqlite_store, Actor("Bobur", role), LIVE, lambda: Probe("ok", True, ""))
