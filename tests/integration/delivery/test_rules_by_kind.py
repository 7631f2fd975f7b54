"""Quiet hours and the frequency cap of one kind of message; on both databases."""

import numpy as np
import pytest
import sqlalchemy as sa

from getsms_core.accounts import policy
from getsms_core.accounts.policy import KindRules, Policy, QuietHours
from getsms_core.base.errors import DomainError
from getsms_core.base.states import CampaignState
from getsms_core.db.engine import Store
from getsms_core.db.models import Contact
from getsms_core.delivery import Claim, Limits, claim, lock_account
from tests.engine_support import AZIZA, NOW, POST_MS, accept, audited, running
from tests.integration.delivery.test_frequency_cap import capped_engine
from tests.integration.delivery.test_schedule import ZONE, glance, set_policy, state_of

NUMBER = 998901000001
NIGHT = (QuietHours(tuple(range(7)), "00:00", "23:59"),)
SERVICE, ADVERTISING = "service", "advertising"


def take(store: Store) -> list[Claim]:
    with store.writing() as session:
        lock_account(session, 1)
        limits = Limits(policy.get(session, 1), ZONE)
        return claim(session, 1, "worker-1", want=64, post_ms=POST_MS, now=NOW, limits=limits)


def begin(store: Store, rules: Policy) -> None:
    """The account of a campaign that has ended, with these rules."""
    running(store, numbers=[NUMBER + 9], state=CampaignState.FINISHED)
    set_policy(store, rules)


def send(store: Store, category: str) -> bool:
    """Whether a campaign of this kind writes to the number now; what it sends is accepted."""
    running(store, numbers=[NUMBER], category=category)
    claims = take(store)
    capped_engine(store).record(*((claim, accept(claim)) for claim in claims))
    return bool(claims)


def test_an_unknown_kind_is_refused_and_changes_nothing(store: Store) -> None:
    running(store)
    with pytest.raises(DomainError) as refusal:
        policy.save(store, AZIZA, 1, Policy(by_kind={"gossip": KindRules(cap=(1, 1))}), ZONE)
    assert refusal.value.code == "bad-kind"
    assert policy.in_force(store, 1) == Policy()


def test_rules_of_a_kind_are_checked_like_the_others(store: Store) -> None:
    running(store)
    with pytest.raises(DomainError, match="both"):
        policy.save(store, AZIZA, 1, Policy().with_rules_of(SERVICE, cap=(2, 0)), ZONE)


def test_they_are_stored_and_audited(store: Store) -> None:
    running(store)
    rules = Policy(quiet=NIGHT, cap_messages=2, cap_days=7).with_rules_of(SERVICE, quiet=(), cap=(0, 0))
    policy.save(store, AZIZA, 1, rules, ZONE)
    assert policy.in_force(store, 1) == rules
    [note] = audited(store, "policy.save")
    assert note.detail["by_kind"] == {SERVICE: {"quiet": [], "cap": [0, 0]}}


def test_rules_for_both_end_what_a_kind_had_of_its_own() -> None:
    rules = Policy().with_rules_of(SERVICE, quiet=NIGHT, cap=(1, 1)).with_rules_of(None, cap=(3, 7))
    assert (rules.cap_messages, rules.by_kind) == (3, {SERVICE: KindRules(quiet=NIGHT)})
    assert rules.with_rules_of(None, quiet=()) == Policy(cap_messages=3, cap_days=7)


def test_quiet_hours_that_service_messages_are_excepted_from_stop_advertising_alone(store: Store) -> None:
    codes, adverts = running(store, category=SERVICE), running(store, category=ADVERTISING)
    set_policy(store, Policy(quiet=NIGHT).with_rules_of(SERVICE, quiet=()))
    assert {claim.campaign_id for claim in take(store)} == {codes}
    glance(store, NOW)
    assert state_of(store, codes) == (CampaignState.RUNNING, "")
    assert state_of(store, adverts) == (CampaignState.PAUSED, "quiet-hours")
    set_policy(store, Policy())
    glance(store, NOW)
    assert state_of(store, adverts) == (CampaignState.RUNNING, "")


def test_a_cap_for_both_counts_both(store: Store) -> None:
    begin(store, Policy(cap_messages=1, cap_days=2))
    assert send(store, SERVICE)
    assert not send(store, ADVERTISING)


def test_a_cap_of_its_own_counts_its_own(store: Store) -> None:
    begin(store, Policy().with_rules_of(ADVERTISING, cap=(1, 2)))
    assert [send(store, SERVICE), send(store, SERVICE), send(store, ADVERTISING)] == [True] * 3
    assert not send(store, ADVERTISING)
    assert send(store, SERVICE)


def test_two_messages_of_one_claim_count_for_their_kinds(store: Store) -> None:
    begin(store, Policy(cap_messages=1, cap_days=2).with_rules_of(SERVICE, cap=(2, 2)))
    for category in (SERVICE, SERVICE, SERVICE, ADVERTISING, ADVERTISING):
        running(store, numbers=[NUMBER], category=category)
    assert sorted(message.kind for message in take(store)) == [ADVERTISING, SERVICE, SERVICE]


def test_setting_a_cap_of_its_own_counts_anew_by_kind(store: Store) -> None:
    begin(store, Policy(cap_messages=9, cap_days=2))
    assert send(store, SERVICE)
    with store.writing() as session:  # as rows of before the column are
        session.execute(sa.update(Contact).values(service=0))
    policy.save(store, AZIZA, 1, Policy().with_rules_of(ADVERTISING, cap=(1, 3650)), ZONE)
    phones = np.array([NUMBER])
    assert policy.numbers_over_cap(store, 1, phones, ADVERTISING).tolist() == []
    assert send(store, ADVERTISING)
