"""Price rules as they are kept, and that a campaign's messages cost what they say."""

import time
from decimal import Decimal

import numpy as np
import pytest
import sqlalchemy as sa
from sqlmodel import col

from getsms_core import phone
from getsms_core.base.errors import DomainError
from getsms_core.base.permissions import Actor, Role
from getsms_core.billing import price_rules
from getsms_core.campaigns import service as campaigns
from getsms_core.db.engine import Store
from getsms_core.db.models import Audit, Message
from tests.engine_support import AZIZA, checked_list, settings_for

UCELL, BEELINE = 998931234567, 998901234567
FIRST = 1_700_000_000_000


def _range(number: int) -> str:
    return phone.RANGES[int(phone.range_of(np.array([number], np.int64))[0])]


def _audited(store: Store) -> list[str]:
    with store.reading() as session:
        return list(session.scalars(sa.select(col(Audit.action)).where(col(Audit.action).like("price.%"))))


@pytest.mark.parametrize("price", ["-1", "50000.01", "0.001", "NaN", "Infinity"])
def test_what_is_no_price_is_refused(store: Store, price: str) -> None:
    with pytest.raises(DomainError) as refusal:
        price_rules.add(store, AZIZA, Decimal(price), FIRST)
    assert refusal.value.code == "bad-price"
    assert price_rules.all_rules(store) == []


def test_what_does_not_exist_cannot_be_priced(store: Store) -> None:
    for code, wanted in {
        "bad-range": {"number_range": "Vodafone"},
        "bad-category": {"category": "spam"},
        "no-such-account": {"account_id": 7},
    }.items():
        with pytest.raises(DomainError) as refusal:
            price_rules.add(store, AZIZA, Decimal(95), FIRST, **wanted)  # type: ignore[arg-type]
        assert refusal.value.code == code
    assert price_rules.all_rules(store) == []


@pytest.mark.parametrize("role", [Role.MARKETER, Role.MANAGER, Role.ANALYST])
def test_only_an_administrator_sets_prices(store: Store, role: Role) -> None:
    stored_rule = price_rules.add(store, AZIZA, Decimal(95), FIRST)
    for act in (
        lambda: price_rules.add(store, Actor("Bobur", role), Decimal(1), FIRST + 1),
        lambda: price_rules.remove(store, Actor("Bobur", role), stored_rule),
    ):
        with pytest.raises(DomainError) as refusal:
            act()
        assert refusal.value.code == "not-allowed"
    assert [rule.id for rule in price_rules.all_rules(store)] == [stored_rule]


def test_adding_the_same_rule_again_changes_nothing(store: Store) -> None:
    first = price_rules.add(store, AZIZA, Decimal("95.50"), FIRST, sender="Korzinka")
    assert price_rules.add(store, AZIZA, Decimal("95.5"), FIRST, sender=" KORZINKA") == first
    assert _audited(store) == ["price.add"]


def test_two_prices_for_the_same_things_from_the_same_day_are_refused(store: Store) -> None:
    price_rules.add(store, AZIZA, Decimal(95), FIRST, category="service")
    with pytest.raises(DomainError, match="95") as refusal:
        price_rules.add(store, AZIZA, Decimal(96), FIRST, category="service")
    assert refusal.value.code == "price-rule-exists"
    price_rules.add(store, AZIZA, Decimal(96), FIRST + 1, category="service")
    assert [rule.price for rule in price_rules.all_rules(store)] == [9600, 9500]


def test_removing_is_audited_once(store: Store) -> None:
    rule = price_rules.add(store, AZIZA, Decimal(95), FIRST)
    price_rules.remove(store, AZIZA, rule)
    price_rules.remove(store, AZIZA, rule)
    assert price_rules.all_rules(store) == []
    assert _audited(store) == ["price.add", "price.remove"]


def test_a_campaign_costs_what_the_rules_of_its_hour_say(store: Store) -> None:
    price_rules.add(store, AZIZA, Decimal(70), FIRST, number_range=_range(UCELL))
    price_rules.add(store, AZIZA, Decimal(40), FIRST, number_range=_range(UCELL), category="advertising")
    price_rules.add(store, AZIZA, Decimal(1), 4_000_000_000_000)  # in 2096
    listed = checked_list(store, [UCELL, BEELINE])
    campaign_id = campaigns.create(store, AZIZA, settings_for(), campaigns.Draft("Sale", "x" * 161, listed))
    campaigns.prepare(store, campaign_id)
    campaign = campaigns.get(store, campaign_id)
    with store.reading() as session:
        query = dict(iter(session.execute(sa.select(col(Message.phone), col(Message.price)))))
    assert query == {UCELL: 2 * 7000, BEELINE: 2 * 9500}
    assert (campaign.parts, campaign.cost) == (4, 2 * 16_500)
    campaigns.change(store, AZIZA, campaign_id, campaigns.Draft("Sale", "x", listed, category="advertising"))
    campaigns.prepare(store, campaign_id)
    assert campaigns.get(store, campaign_id).cost == 4000 + 9500


def test_a_campaign_that_was_made_before_a_price_changed_starts_under_the_new_one(store: Store) -> None:
    listed = checked_list(store, [UCELL, BEELINE])
    campaign_id = campaigns.create(store, AZIZA, settings_for(), campaigns.Draft("Sale", "x", listed))
    campaigns.prepare(store, campaign_id)
    price_rules.add(store, AZIZA, Decimal(70), FIRST, number_range=_range(UCELL))
    campaigns.start(store, AZIZA, campaign_id)
    assert campaigns.get(store, campaign_id).prepared == ""
    campaigns.prepare(store, campaign_id)
    started = campaigns.get(store, campaign_id)
    assert (started.messages, started.cost) == (2, 7000 + 9500)
    with store.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Message)) == 2


def test_a_campaign_whose_prices_still_hold_is_not_made_again(store: Store) -> None:
    campaign_id = campaigns.create(
        store, AZIZA, settings_for(), campaigns.Draft("Sale", "x", checked_list(store, [UCELL]))
    )
    campaigns.prepare(store, campaign_id)
    price_rules.add(store, AZIZA, Decimal(1), 4_000_000_000_000)  # in 2096
    campaigns.start(store, AZIZA, campaign_id)
    assert campaigns.get(store, campaign_id).prepared == "ready"


def test_a_scheduled_campaign_is_priced_by_the_day_it_starts(store: Store) -> None:
    next_year = int(time.time() * 1000) + 365 * 86_400_000
    price_rules.add(store, AZIZA, Decimal(10), next_year)
    campaign_id = campaigns.create(
        store, AZIZA, settings_for(), campaigns.Draft("Sale", "x", checked_list(store, [UCELL]))
    )
    campaigns.start(store, AZIZA, campaign_id, start_at=next_year + 1)
    campaigns.prepare(store, campaign_id)
    assert campaigns.get(store, campaign_id).cost == 1000
