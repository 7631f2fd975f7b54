"""What is foretold of a campaign is what then happens; and moving it to another time."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from getsms_core.accounts import policy
from getsms_core.accounts.policy import Policy, QuietHours
from getsms_core.base.errors import DomainError
from getsms_core.base.permissions import Actor, Role
from getsms_core.base.states import CampaignState
from getsms_core.campaigns import approval, forecast_facts
from getsms_core.campaigns import service as campaigns
from getsms_core.campaigns.forecast import Outcome
from getsms_core.campaigns.sending_options import SendingOptions
from getsms_core.campaigns.service import Draft
from getsms_core.db.engine import Store, now_ms
from getsms_core.db.models import Campaign
from getsms_core.delivery import schedule, workers_online
from getsms_core.users import service as users
from tests.engine_support import AZIZA, HOUR, Engine, account, audited, checked_list, phones, running, settings_for

C = CampaignState
BEK = Actor("Bek", Role.MARKETER)
SETTINGS = settings_for()
PASSWORD = "a long password"


@pytest.fixture(autouse=True)
def _with_a_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers_online, "present", lambda _store: [object()])


def quiet_now() -> Policy:
    local = datetime.now(SETTINGS.zone)
    begin, end = local - timedelta(hours=1), local + timedelta(hours=2)
    return Policy(quiet=(QuietHours(tuple(range(7)), f"{begin:%H:%M}", f"{end:%H:%M}"),))


def save(store: Store, rules: Policy) -> None:
    policy.save(store, AZIZA, 1, rules, SETTINGS.zone)


def managers(store: Store) -> None:
    for name, role in (("Aziza", Role.ADMINISTRATOR), ("Bek", Role.MARKETER), ("Malika", Role.MANAGER),
                       ("Timur", Role.MANAGER), ("Olim", Role.ANALYST)):  # fmt: skip
        users.create(store, AZIZA, name, PASSWORD, role)


def foretold(store: Store, campaign_id: int, **options: int) -> tuple[Outcome, str]:
    campaign = campaigns.get(store, campaign_id)
    forecast = forecast_facts.of_start(
        store, BEK, SETTINGS, campaign, SendingOptions(**options), campaign.messages, campaign.cost
    )
    return forecast.outcome, forecast.words().replace("\u00a0", " ")


def of(store: Store, campaign_id: int) -> tuple[Outcome, str]:
    forecast = forecast_facts.of_campaign(store, SETTINGS, campaign_id)
    assert forecast is not None
    return forecast.outcome, forecast.words().replace("\u00a0", " ")


def now_of(store: Store) -> int:
    with store.reading() as session:
        return now_ms(session)


def refused(code: str, work: Callable[[], object]) -> None:
    with pytest.raises(DomainError) as refusal:
        work()
    assert refusal.value.code == code


def test_approval_is_foretold_with_the_users_who_may_give_it_and_asked_at_once_in_quiet_hours(store: Store) -> None:
    campaign_id = running(store, 3, state=C.DRAFT)
    managers(store)
    save(store, Policy(quiet=quiet_now().quiet, approve_messages=2))
    outcome, words = foretold(store, campaign_id)
    assert outcome is Outcome.APPROVAL
    assert "one of these users: Malika, Timur." in words  # Aziza set the limits
    assert "after quiet hours" in words
    campaigns.start(store, BEK, campaign_id, settings=SETTINGS)
    assert campaigns.get(store, campaign_id).state == C.AWAITING_APPROVAL
    assert of(store, campaign_id)[0] is Outcome.APPROVAL
    users.disable(store, AZIZA, next(user.id for user in users.all_users(store) if user.name == "Timur"))
    assert "Waits for approval by Malika." in of(store, campaign_id)[1]


def test_what_is_counted_only_in_quiet_hours_waits_for_approval_before_they_end(store: Store) -> None:
    list_id = checked_list(store, phones(3))
    campaign_id = campaigns.create(store, BEK, SETTINGS, Draft("Sale", "Salom", list_id))
    rules = Policy(quiet=quiet_now().quiet, approve_messages=2)
    save(store, rules)
    campaigns.start(store, BEK, campaign_id, settings=SETTINGS)
    with store.writing() as session:
        schedule.apply_schedule(session, 1, rules, SETTINGS.zone, now_ms(session))
    assert (campaigns.get(store, campaign_id).state, campaigns.get(store, campaign_id).code) == (
        C.PAUSED,
        "quiet-hours",
    )
    campaigns.prepare(store, campaign_id)
    assert campaigns.get(store, campaign_id).state == C.AWAITING_APPROVAL


def test_nobody_who_may_approve_is_said_before_it_is_asked_for(store: Store) -> None:
    campaign_id = running(store, 3, state=C.DRAFT)
    save(store, Policy(approve_messages=2))
    assert foretold(store, campaign_id)[0] is Outcome.NO_APPROVER


def test_a_start_in_quiet_hours_goes_on_by_itself_as_foretold(store: Store) -> None:
    campaign_id = running(store, 3, state=C.DRAFT)
    save(store, quiet_now())
    outcome, words = foretold(store, campaign_id)
    assert (outcome, "after quiet hours" in words) == (Outcome.QUIET, True)
    campaigns.start(store, BEK, campaign_id, settings=SETTINGS)
    with store.writing() as session:
        schedule.apply_schedule(session, 1, quiet_now(), SETTINGS.zone, now_ms(session))
    assert campaigns.get(store, campaign_id).state == C.PAUSED
    outcome, words = of(store, campaign_id)
    assert (outcome, words.startswith("Sending continues by itself at")) == (Outcome.QUIET, True)
    campaigns.pause(store, BEK, campaign_id)
    assert of(store, campaign_id)[1].startswith("Sending continues at")


def test_other_campaigns_limits_and_a_missing_worker_are_foretold(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign_id = running(store, 250, state=C.DRAFT)
    assert foretold(store, campaign_id) == (
        Outcome.NOW, "Sending starts at once. Practice gateway: nothing leaves this machine."
    )  # fmt: skip
    other = running(store, 100)
    account(store, rate=0.02)  # requests of 100 messages
    words = foretold(store, campaign_id)[1]
    assert "At 2 messages a second it finishes about" in words
    assert "1 other campaign is being sent too" in words
    assert "is sent first" not in foretold(store, campaign_id, priority=1)[1]
    assert "take turns" not in foretold(store, campaign_id, priority=1)[1]
    assert "1 campaign of higher priority is sent first." in foretold(store, campaign_id, priority=-1)[1]
    save(store, Policy(spend_day=1))
    assert foretold(store, campaign_id)[0] is Outcome.LIMIT
    save(store, Policy())
    monkeypatch.setattr(workers_online, "present", lambda _store: [])
    assert foretold(store, campaign_id)[0] is Outcome.NO_WORKER
    assert of(store, other)[0] is Outcome.NO_WORKER
    assert forecast_facts.of_campaign(store, SETTINGS, campaign_id) is None


def test_an_account_that_the_gateway_refuses_is_named_until_one_campaign_runs_again(store: Store) -> None:
    campaign_id, paused = running(store, 3, state=C.DRAFT), running(store, 3)
    with store.writing() as session:
        row = session.get(Campaign, paused)
        assert row is not None
        row.state, row.code, row.reason_params = C.PAUSED, "login-wrong", {}
    assert foretold(store, campaign_id)[0] is Outcome.ACCOUNT
    campaigns.resume(store, BEK, paused, settings=SETTINGS)
    assert foretold(store, campaign_id)[0] is Outcome.NOW


def test_the_speed_is_that_of_the_last_campaign_of_the_account(store: Store) -> None:
    campaign_id = running(store, 1_000, state=C.DRAFT)
    running(store, 400)
    engine = Engine(store)
    for _turn in range(4):
        assert engine.send(want=1)
        engine.now += 20_000
    assert "At 5 messages a second it finishes about" in foretold(store, campaign_id)[1]


# ------------------------------------------------------------------------------------------------------ moving


def scheduled(store: Store, messages: int = 3) -> int:
    campaign_id = running(store, messages, state=C.DRAFT)
    campaigns.start(store, BEK, campaign_id, now_of(store) + HOUR)
    assert campaigns.get(store, campaign_id).state == C.SCHEDULED
    return campaign_id


def test_a_scheduled_campaign_is_moved_once_and_audited(store: Store) -> None:
    campaign_id = scheduled(store)
    before, later = campaigns.get(store, campaign_id).scheduled_at, now_of(store) + 5 * HOUR
    for _click in range(2):
        campaigns.reschedule(store, BEK, campaign_id, later, settings=SETTINGS)
    assert (campaigns.get(store, campaign_id).state, campaigns.get(store, campaign_id).scheduled_at) == (
        C.SCHEDULED,
        later,
    )
    [entry] = audited(store, "campaign.reschedule")
    assert entry.detail == {"before": {"scheduled_at": before}, "after": {"scheduled_at": later}}


def test_a_move_is_refused_into_the_past_past_the_end_without_the_right_and_once_sending_began(store: Store) -> None:
    campaign_id = scheduled(store)
    later = now_of(store) + 5 * HOUR
    refused("in-the-past", lambda: campaigns.reschedule(store, BEK, campaign_id, now_of(store) - 1, settings=SETTINGS))
    olim = Actor("Olim", Role.ANALYST)
    refused("not-allowed", lambda: campaigns.reschedule(store, olim, campaign_id, later, settings=SETTINGS))
    with store.writing() as session:
        row = session.get(Campaign, campaign_id)
        assert row is not None
        row.ends_at = later
    refused("ends-before-start", lambda: campaigns.reschedule(store, BEK, campaign_id, later, settings=SETTINGS))
    begun = running(store, 3)
    refused("wrong-state", lambda: campaigns.reschedule(store, BEK, begun, later, settings=SETTINGS))
    campaigns.pause(store, BEK, begun)
    refused("wrong-state", lambda: campaigns.reschedule(store, BEK, begun, later, settings=SETTINGS))
    draft = running(store, 3, state=C.DRAFT)
    refused("wrong-state", lambda: campaigns.reschedule(store, BEK, draft, later, settings=SETTINGS))
    assert audited(store, "campaign.reschedule") == []


def test_a_missed_start_is_moved_and_scheduled_again(store: Store) -> None:
    campaign_id = scheduled(store)
    campaigns.pause(store, BEK, campaign_id)
    later = now_of(store) + 5 * HOUR
    campaigns.reschedule(store, BEK, campaign_id, later, settings=SETTINGS)
    campaign = campaigns.get(store, campaign_id)
    assert (campaign.state, campaign.scheduled_at, campaign.code) == (C.SCHEDULED, later, "")


def test_a_move_after_the_approval_waits_for_a_new_one_and_while_it_waits_shows_the_approver(store: Store) -> None:
    managers(store)
    campaign_id = running(store, 3, state=C.DRAFT)
    save(store, Policy(approve_messages=2))
    campaigns.start(store, BEK, campaign_id, now_of(store) + HOUR)
    seen = approval.terms_fingerprint(store, campaign_id)
    campaigns.reschedule(store, BEK, campaign_id, now_of(store) + 2 * HOUR, settings=SETTINGS)
    malika = Actor("Malika", Role.MANAGER)
    refused("changed-meanwhile", lambda: approval.approve(store, malika, campaign_id, seen))
    approval.approve(store, malika, campaign_id)
    assert campaigns.get(store, campaign_id).state == C.SCHEDULED
    campaigns.reschedule(store, BEK, campaign_id, now_of(store) + 3 * HOUR, settings=SETTINGS)
    campaign = campaigns.get(store, campaign_id)
    assert (campaign.state, campaign.code) == (C.AWAITING_APPROVAL, "approval-void")
    assert "the start time" in campaign.why_words
    approval.approve(store, malika, campaign_id)
    assert campaigns.get(store, campaign_id).state == C.SCHEDULED
