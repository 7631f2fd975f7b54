"""What a start sends is what its user saw and chose."""

from dataclasses import replace
from decimal import Decimal

import pytest

from getsms_core.base.errors import DomainError
from getsms_core.base.permissions import Actor, Role
from getsms_core.base.states import CampaignState
from getsms_core.billing import price_rules
from getsms_core.campaigns import drafts
from getsms_core.campaigns import service as campaigns
from getsms_core.campaigns.sending_options import SendingOptions
from getsms_core.campaigns.service import Draft, Seen
from getsms_core.db.engine import Store, now_ms
from tests.engine_support import AZIZA, HOUR, campaign_of, running

C = CampaignState
BEK = Actor("Bek", Role.MARKETER)


def seen_of(store: Store, campaign_id: int, at: int | None = None) -> Seen:
    campaign = campaigns.get(store, campaign_id)
    return Seen(Draft.of(campaign), price_rules.campaign_price_table(store, campaign, at))


def test_a_draft_that_another_user_changed_is_not_started_unseen(store: Store) -> None:
    campaign_id = running(store, 3, state=C.DRAFT)
    seen = seen_of(store, campaign_id)
    campaigns.change(store, BEK, campaign_id, replace(seen.draft, text="Another text"))
    with pytest.raises(DomainError) as refusal:
        campaigns.start(store, AZIZA, campaign_id, seen=seen)
    assert refusal.value.code == "changed-meanwhile"
    assert "Bek" in refusal.value.message
    assert campaign_of(store, campaign_id).state == C.DRAFT
    campaigns.start(store, AZIZA, campaign_id, seen=seen_of(store, campaign_id))
    assert campaign_of(store, campaign_id).state == C.RUNNING


def test_a_rename_and_a_lower_price_do_not_keep_a_draft_from_its_start(store: Store) -> None:
    campaign_id = running(store, 3, state=C.DRAFT)
    seen = seen_of(store, campaign_id)
    drafts.rename(store, BEK, campaign_id, "Another name")
    price_rules.add(store, AZIZA, Decimal(1), 0)
    campaigns.start(store, AZIZA, campaign_id, seen=seen)
    assert campaign_of(store, campaign_id).state == C.RUNNING


def test_a_draft_is_not_started_at_a_higher_price_than_was_seen(store: Store) -> None:
    campaign_id = running(store, 3, state=C.DRAFT)
    with store.reading() as session:
        later = now_ms(session) + 5 * HOUR
    seen_now, seen_later = seen_of(store, campaign_id), seen_of(store, campaign_id, later)
    price_rules.add(store, AZIZA, Decimal(1000), later - HOUR)
    with pytest.raises(DomainError) as refusal:
        campaigns.start(store, AZIZA, campaign_id, sending=SendingOptions(later), seen=seen_later)
    assert refusal.value.code == "changed-meanwhile"
    assert campaign_of(store, campaign_id).state == C.DRAFT
    campaigns.start(store, AZIZA, campaign_id, seen=seen_now)
    assert campaign_of(store, campaign_id).state == C.RUNNING
