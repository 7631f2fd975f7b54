"""A user's pause and resume while the program itself holds the campaign back."""

import time
from datetime import datetime, timedelta

import pytest

from getsms_core.accounts import policy
from getsms_core.accounts.policy import Policy, QuietHours
from getsms_core.base.settings import Settings
from getsms_core.base.states import CampaignState
from getsms_core.campaigns import service as campaigns
from getsms_core.db.engine import Store
from getsms_core.delivery import apply_schedule
from tests.engine_support import AZIZA, NOW, Engine, accept, audited, campaign_of, counts, running, settings_for
from tests.integration.delivery.test_schedule import ZONE, glance, local, put, set_policy, state_of, take

NIGHT = Policy(quiet=(QuietHours(tuple(range(7)), "21:00", "09:00"),))


def quiet_now(settings: Settings) -> Policy:
    """Quiet hours that began an hour ago and last for two more."""
    now = datetime.now(settings.zone)
    begin, end = now - timedelta(hours=1), now + timedelta(hours=2)
    return Policy(quiet=(QuietHours(tuple(range(7)), f"{begin:%H:%M}", f"{end:%H:%M}"),))


def test_a_pause_during_quiet_hours_is_the_users_and_outlasts_them(store: Store) -> None:
    campaign_id = running(store, 4)
    set_policy(store, NIGHT)
    glance(store, local("2027-01-15T22:00"))
    assert state_of(store, campaign_id) == (CampaignState.PAUSED, "quiet-hours")
    campaigns.pause(store, AZIZA, campaign_id)
    campaigns.pause(store, AZIZA, campaign_id)
    assert campaign_of(store, campaign_id).why_words == "Paused by Aziza."
    assert [note.actor for note in audited(store, "campaign.pause")].count("Aziza") == 1
    glance(store, local("2027-01-16T09:00"))
    assert state_of(store, campaign_id) == (CampaignState.PAUSED, "by-person")
    assert take(store, local("2027-01-16T09:00")) == []


@pytest.mark.parametrize("code", ["spend-day", "spend-campaign", "end-time", "late-start"])
def test_a_pause_while_the_program_paused_it_is_the_users(store: Store, code: str) -> None:
    campaign_id = running(store, 2)
    put(store, campaign_id, state=CampaignState.PAUSED, code=code, reason="The program's reason.")
    campaigns.pause(store, AZIZA, campaign_id)
    assert state_of(store, campaign_id) == (CampaignState.PAUSED, "by-person")
    assert campaign_of(store, campaign_id).why_words.startswith("Paused by Aziza.")


def test_a_pause_keeps_what_must_be_put_right_before_the_resume(store: Store) -> None:
    campaign_id = running(store, 2)
    put(store, campaign_id, state=CampaignState.PAUSED, code="limit-over", reason_params={})
    campaigns.pause(store, AZIZA, campaign_id)
    assert campaign_of(store, campaign_id).why_words.startswith("Paused by Aziza. The account's limit is used up")


def test_a_pause_keeps_what_a_worker_of_the_release_before_wrote(store: Store) -> None:
    campaign_id = running(store, 2)
    put(store, campaign_id, state=CampaignState.PAUSED, code="connect-failed", reason="No way to it (errno 5).")
    campaigns.pause(store, AZIZA, campaign_id)
    assert campaign_of(store, campaign_id).why_words == "Paused by Aziza. No way to it (errno 5)."


def test_a_resume_during_quiet_hours_says_when_sending_continues_and_sends_nothing_before(store: Store) -> None:
    settings = settings_for()
    campaign_id = running(store, 2)
    set_policy(store, quiet_now(settings))
    campaigns.pause(store, AZIZA, campaign_id)
    campaigns.resume(store, AZIZA, campaign_id, settings=settings)
    campaigns.resume(store, AZIZA, campaign_id, settings=settings)
    assert state_of(store, campaign_id) == (CampaignState.PAUSED, "quiet-hours")
    rules, now = quiet_now(settings), time.time_ns() // 1_000_000
    until = datetime.fromtimestamp((rules.quiet_until(settings.zone, now) or 0) / 1000, settings.zone)
    assert f"{until:%H:%M}" in campaign_of(store, campaign_id).why_words
    assert len(audited(store, "campaign.resume")) == 1
    with store.writing() as session:
        apply_schedule(session, 1, Policy(), ZONE, now)
        policy.get(session, 1)
    assert state_of(store, campaign_id) == (CampaignState.RUNNING, "")


def test_what_was_on_its_way_at_the_end_time_does_not_hide_what_was_not_sent(store: Store) -> None:
    campaign_id = running(store, 4, chunk_size=2)
    engine = Engine(store)
    [claim] = engine.claim(1)
    put(store, campaign_id, ends_at=NOW + 1000)
    glance(store, NOW + 1000)
    engine.record((claim, accept(claim)))
    assert counts(store, campaign_id) == {"accepted": 2, "cancelled": 2}
    campaign = campaign_of(store, campaign_id)
    assert (campaign.state, campaign.code) == (CampaignState.FINISHED, "end-time")
    assert "2 messages were not sent" in campaign.why_words
