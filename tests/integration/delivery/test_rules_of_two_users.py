"""The rules of the account, changed by two users at the same time."""

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from getsms_core.accounts import gateway_account, policy
from getsms_core.accounts.policy import Policy
from getsms_core.base.errors import DomainError
from getsms_core.db.engine import Store
from tests.engine_support import AZIZA, settings_for

ZONE = ZoneInfo("Asia/Tashkent")


def test_a_change_keeps_what_another_user_changed_meanwhile(store: Store) -> None:
    account_id = gateway_account.account_id(store, settings_for())
    seen = policy.in_force(store, account_id)
    policy.save(store, AZIZA, account_id, replace(seen, approve_messages=10), ZONE, seen=seen)
    policy.save(store, AZIZA, account_id, replace(seen, erase_months=3), ZONE, seen=seen)
    assert policy.in_force(store, account_id) == Policy(approve_messages=10, erase_months=3)


def test_the_same_rule_is_not_overwritten_unseen(store: Store) -> None:
    account_id = gateway_account.account_id(store, settings_for())
    seen = policy.in_force(store, account_id)
    policy.save(store, AZIZA, account_id, replace(seen, approve_messages=10), ZONE, seen=seen)
    with pytest.raises(DomainError) as refusal:
        policy.save(store, AZIZA, account_id, replace(seen, approve_messages=500), ZONE, seen=seen)
    assert refusal.value.code == "changed-meanwhile"
    assert "Aziza" in refusal.value.message
    policy.save(store, AZIZA, account_id, replace(seen, approve_messages=10), ZONE, seen=seen)
    assert policy.in_force(store, account_id) == Policy(approve_messages=10)


def test_a_cap_that_another_user_removed_is_not_half_set_again(store: Store) -> None:
    account_id = gateway_account.account_id(store, settings_for())
    policy.save(store, AZIZA, account_id, Policy(cap_messages=2, cap_days=7), ZONE)
    seen = policy.in_force(store, account_id)
    policy.save(store, AZIZA, account_id, Policy(), ZONE, seen=seen)
    with pytest.raises(DomainError) as refusal:
        policy.save(store, AZIZA, account_id, replace(seen, cap_messages=3), ZONE, seen=seen)
    assert refusal.value.code == "changed-meanwhile"
    assert policy.in_force(store, account_id) == Policy()
