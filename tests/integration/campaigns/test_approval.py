"""A second person's approval: what asks for it, who gives it, and that nothing leaves before."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import Session

from getsms_core import reports
from getsms_core.accounts import policy
from getsms_core.accounts.policy import Policy
from getsms_core.base.errors import DomainError
from getsms_core.base.permissions import Actor, Role
from getsms_core.base.states import CampaignState
from getsms_core.campaigns import approval
from getsms_core.campaigns import service as campaigns
from getsms_core.campaigns.sending_options import SendingOptions
from getsms_core.campaigns.service import Draft
from getsms_core.db.engine import Store, now_ms
from getsms_core.db.models import Campaign
from getsms_core.delivery import approval_terms
from getsms_core.reports import Need
from getsms_core.users import service as users
from tests.engine_support import AZIZA, HOUR, Engine, audited, checked_list, phones, running, settings_for

C = CampaignState
ZONE = ZoneInfo("Asia/Tashkent")
BEK = Actor("Bek", Role.MARKETER)
DILDORA = Actor("Dildora", Role.MANAGER)
PASSWORD = "a long password"


def rule(store: Store, messages: int | None = None, cost: int | None = None) -> None:
    policy.save(store, AZIZA, 1, Policy(approve_messages=messages, approve_cost=cost), ZONE)


def waiting(store: Store, messages: int = 3, sending: SendingOptions | None = None) -> int:
    """A campaign that Bek asked to send and that waits for a manager."""
    campaign_id = running(store, messages, state=C.DRAFT)
    rule(store, messages=messages - 1)
    campaigns.start(store, BEK, campaign_id, sending=sending)
    assert campaigns.get(store, campaign_id).state == C.AWAITING_APPROVAL
    return campaign_id


def refused(code: str, work: Callable[[], object]) -> str:
    with pytest.raises(DomainError) as refusal:
        work()
    assert refusal.value.code == code
    return refusal.value.message


def now_of(store: Store) -> int:
    with store.reading() as session:
        return now_ms(session)


@pytest.mark.parametrize(
    ("rules", "waits"),
    [
        (Policy(), False),
        (Policy(approve_messages=3), False),
        (Policy(approve_messages=2), True),
        (Policy(approve_messages=0), True),
        (Policy(approve_cost=10**9), False),
        (Policy(approve_cost=1), True),
        (Policy(approve_messages=3, approve_cost=1), True),
    ],
)
def test_a_campaign_waits_when_it_is_above_a_limit(store: Store, rules: Policy, waits: bool) -> None:
    campaign_id = running(store, 3, state=C.DRAFT)
    policy.save(store, AZIZA, 1, rules, ZONE)
    campaigns.start(store, BEK, campaign_id)
    assert campaigns.get(store, campaign_id).state == (C.AWAITING_APPROVAL if waits else C.RUNNING)
    assert len(Engine(store).claim()) == (0 if waits else 1)


def test_nothing_leaves_before_and_everything_after(store: Store) -> None:
    campaign_id = waiting(store)
    campaigns.start(store, BEK, campaign_id)  # asking again changes nothing
    assert Engine(store).claim() == []
    approval.approve(store, DILDORA, campaign_id)
    approval.approve(store, DILDORA, campaign_id)
    campaign = campaigns.get(store, campaign_id)
    assert (campaign.state, campaign.approved_by) == (C.RUNNING, "Dildora")
    assert campaign.started_at == campaign.approved_at
    assert len(audited(store, "campaign.approve")) == 1
    assert len(Engine(store).claim()) == 1
    campaigns.pause(store, BEK, campaign_id)
    campaigns.resume(store, BEK, campaign_id)
    assert campaigns.get(store, campaign_id).state == C.RUNNING


def test_what_is_counted_only_after_the_start_waits_then(store: Store) -> None:
    list_id = checked_list(store, phones(3))
    campaign_id = campaigns.create(store, BEK, settings_for(), Draft("Sale", "Salom", list_id))
    rule(store, messages=2)
    campaigns.start(store, BEK, campaign_id)
    assert campaigns.get(store, campaign_id).state == C.RUNNING
    campaigns.prepare(store, campaign_id)
    campaign = campaigns.get(store, campaign_id)
    assert (campaign.state, campaign.messages, campaign.started_at) == (C.AWAITING_APPROVAL, 3, None)
    assert Engine(store).claim() == []


def test_a_test_sms_waits_for_nobody(store: Store) -> None:
    list_id = checked_list(store, phones(1))
    rule_account = running(store, 1)  # makes the account
    assert rule_account
    rule(store, messages=0)
    campaign_id = campaigns.create(store, BEK, settings_for(), Draft("Test", "Salom", list_id), is_test=True)
    campaigns.start(store, BEK, campaign_id)
    campaigns.prepare(store, campaign_id)
    assert campaigns.get(store, campaign_id).state == C.RUNNING


def test_the_wished_time_is_kept(store: Store) -> None:
    at = now_of(store) + HOUR
    campaign_id = waiting(store, sending=SendingOptions(at=at))
    approval.approve(store, DILDORA, campaign_id)
    campaign = campaigns.get(store, campaign_id)
    assert (campaign.state, campaign.scheduled_at) == (C.SCHEDULED, at)


def test_an_approval_after_the_wished_time_asks_before_it_sends(store: Store) -> None:
    campaign_id = waiting(store, sending=SendingOptions(at=now_of(store) + HOUR))
    with store.writing() as session:
        campaign = session.get(Campaign, campaign_id)
        assert campaign
        campaign.scheduled_at = now_of(store) - HOUR
    approval.approve(store, DILDORA, campaign_id)
    campaign = campaigns.get(store, campaign_id)
    assert (campaign.state, campaign.code) == (C.PAUSED, "late-approval")
    assert Engine(store).claim() == []
    campaigns.resume(store, BEK, campaign_id)
    assert campaigns.get(store, campaign_id).state == C.RUNNING


def test_an_approval_after_the_end_time_would_send_nothing_and_says_so(store: Store) -> None:
    campaign_id = waiting(store, sending=SendingOptions(until=now_of(store) + HOUR))
    with store.writing() as session:
        campaign = session.get(Campaign, campaign_id)
        assert campaign
        campaign.ends_at = now_of(store) - 1
    refused("ended", lambda: approval.approve(store, DILDORA, campaign_id))
    assert campaigns.get(store, campaign_id).state == C.AWAITING_APPROVAL


def test_a_marketer_approves_nothing(store: Store) -> None:
    campaign_id = waiting(store)
    refused("not-allowed", lambda: approval.approve(store, BEK, campaign_id))
    refused("not-allowed", lambda: approval.refuse(store, BEK, campaign_id, "no"))
    assert campaigns.get(store, campaign_id).state == C.AWAITING_APPROVAL


def test_nobody_approves_what_they_asked_for_where_another_could(store: Store) -> None:
    users.create_first_administrator(store, AZIZA.name, PASSWORD)
    manager = users.create(store, AZIZA, DILDORA.name, PASSWORD, Role.MANAGER)
    campaign_id = waiting(store)
    with store.writing() as session:
        campaign = session.get(Campaign, campaign_id)
        assert campaign
        campaign.started_by = AZIZA.name
    assert approval.why_another_must(store, AZIZA, campaigns.get(store, campaign_id)) is not None
    refused("own-campaign", lambda: approval.approve(store, AZIZA, campaign_id))
    users.disable(store, AZIZA, manager.id)  # now nobody else could
    assert approval.why_another_must(store, AZIZA, campaigns.get(store, campaign_id)) is None
    approval.approve(store, AZIZA, campaign_id)
    assert campaigns.get(store, campaign_id).state == C.RUNNING


def test_what_is_sent_back_is_a_draft_with_its_reason_and_needs_a_new_approval(store: Store) -> None:
    campaign_id = waiting(store)
    refused("no-reason", lambda: approval.refuse(store, DILDORA, campaign_id, " \n"))
    approval.refuse(store, DILDORA, campaign_id, "The price is wrong:\n 10 000")
    campaign = campaigns.get(store, campaign_id)
    assert (campaign.state, campaign.code) == (C.DRAFT, policy.SENT_BACK)
    assert campaign.why_words == "Sent back by Dildora: The price is wrong: 10 000"
    reasons_by_need = {concern.need: concern.reason for concern in reports.concerns(store, ZONE, now_of(store))}
    assert reasons_by_need[Need.SENT_BACK] == campaign.why_words
    draft_terms = Draft.of(campaign)
    campaigns.change(store, BEK, campaign_id, replace(draft_terms, text="Salom, 9 000"))
    campaigns.prepare(store, campaign_id)
    campaigns.start(store, BEK, campaign_id)
    campaign = campaigns.get(store, campaign_id)
    assert (campaign.state, campaign.why_words, campaign.approved_at) == (C.AWAITING_APPROVAL, "", None)


def test_it_is_taken_back_or_cancelled_while_it_waits(store: Store) -> None:
    campaign_id, other = waiting(store), waiting(store)
    refused("not-allowed", lambda: approval.withdraw(store, DILDORA, campaign_id))
    approval.withdraw(store, BEK, campaign_id)
    assert campaigns.get(store, campaign_id).state == C.DRAFT
    refused("wrong-state", lambda: approval.withdraw(store, BEK, campaign_id))
    refused("wrong-state", lambda: approval.approve(store, DILDORA, campaign_id))
    campaigns.cancel(store, BEK, other)
    refused("wrong-state", lambda: approval.approve(store, DILDORA, other))
    assert campaigns.figures(store, other).cancelled == 3


def test_limits_below_zero_are_refused(store: Store) -> None:
    running(store)
    refused("bad-limit", lambda: rule(store, messages=-1))
    refused("bad-limit", lambda: rule(store, cost=-1))


def test_six_small_campaigns_do_not_pass_under_a_limit(store: Store) -> None:
    drafts = [running(store, 3, state=C.DRAFT) for _n in range(6)]  # the account exists after the first
    rule(store, messages=10)
    states = []
    for campaign_id in drafts:
        campaigns.start(store, BEK, campaign_id)
        states.append(campaigns.get(store, campaign_id).state)
    assert states == [C.RUNNING] * 3 + [C.AWAITING_APPROVAL] * 3
    others = running(store, 3, state=C.DRAFT)
    campaigns.start(store, Actor("Malika", Role.MARKETER), others)
    assert campaigns.get(store, others).state == C.RUNNING
    command = running(store, 3, state=C.DRAFT)
    campaigns.start(store, Actor("bek (getsms)", Role.MARKETER), command)
    assert campaigns.get(store, command).state == C.AWAITING_APPROVAL


def test_two_starts_at_once_do_not_pass_under_a_limit_together(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    drafts = [running(store, 3, state=C.DRAFT) for _n in range(2)]
    rule(store, messages=5)
    barrier, summed = threading.Barrier(2, timeout=1), approval_terms._started_without_approval

    def sum_then_wait(session: Session, campaign: Campaign, now: int) -> tuple[int, int]:
        earlier = summed(session, campaign, now)
        with suppress(threading.BrokenBarrierError):
            barrier.wait(1)  # until the other start has summed too, where it can
        return earlier

    monkeypatch.setattr(approval_terms, "_started_without_approval", sum_then_wait)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda campaign_id: campaigns.start(store, BEK, campaign_id), drafts))
    assert sorted(campaigns.get(store, campaign_id).state for campaign_id in drafts) == [C.AWAITING_APPROVAL, C.RUNNING]


@pytest.mark.parametrize("store_url", ["postgresql"], indirect=True)
def test_a_start_counts_those_that_it_waited_for(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    drafts = [running(store, 3, state=C.DRAFT) for _n in range(2)]
    rule(store, messages=5)
    wait = approval_terms._wait_for_other_starts

    def let_the_other_start_first(*arguments: Any) -> Any:
        monkeypatch.setattr(approval_terms, "_wait_for_other_starts", wait)
        campaigns.start(store, BEK, drafts[1])
        return wait(*arguments)

    monkeypatch.setattr(approval_terms, "_wait_for_other_starts", let_the_other_start_first)
    campaigns.start(store, BEK, drafts[0])
    assert [campaigns.get(store, campaign_id).state for campaign_id in drafts] == [C.AWAITING_APPROVAL, C.RUNNING]


def test_what_was_approved_or_started_a_day_before_does_not_count(store: Store) -> None:
    approved = waiting(store, 6)
    rule(store, messages=4)
    approval.approve(store, DILDORA, approved)
    first = running(store, 3, state=C.DRAFT)
    campaigns.start(store, BEK, first)
    assert campaigns.get(store, first).state == C.RUNNING
    second = running(store, 3, state=C.DRAFT)
    assert approval.needs_approval(store, BEK, campaigns.get(store, second), 3, 0)
    with store.writing() as session:
        campaign = session.get(Campaign, first)
        assert campaign is not None
        campaign.started_at = now_of(store) - 25 * HOUR
    assert not approval.needs_approval(store, BEK, campaigns.get(store, second), 3, 0)
    campaigns.start(store, BEK, second)
    assert campaigns.get(store, second).state == C.RUNNING


def test_an_approved_campaign_that_was_cancelled_is_not_said_to_be_approved_again(store: Store) -> None:
    campaign_id = waiting(store)
    approval.approve(store, DILDORA, campaign_id)
    approval.approve(store, DILDORA, campaign_id)
    campaigns.cancel(store, BEK, campaign_id)
    assert "is cancelled" in refused("wrong-state", lambda: approval.approve(store, AZIZA, campaign_id))
