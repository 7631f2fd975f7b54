"""What holds campaigns back by rule: quiet hours, start and end times, spending limits, frequency caps, rejections."""

import time
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
import sqlalchemy as sa
from sqlmodel import col

from getsms_core.accounts import policy
from getsms_core.accounts.policy import Policy, QuietHours
from getsms_core.base.errors import DomainError
from getsms_core.base.permissions import Actor, Role
from getsms_core.base.states import CampaignState
from getsms_core.campaigns import service as campaigns
from getsms_core.campaigns.sending_options import SendingOptions
from getsms_core.db.engine import Store
from getsms_core.db.models import Campaign
from getsms_core.delivery import Claim, Limits, apply_schedule, claim, lock_account
from getsms_core.gateway import Answered, Rejected
from tests.engine_support import AZIZA, HOUR, NOW, POST_MS, RULES, Engine, accept, assert_rollups, counts, running

ZONE = ZoneInfo("Asia/Tashkent")
DAY = 24 * HOUR


def local(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZONE).timestamp() * 1000)


def set_policy(store: Store, rules: Policy) -> None:
    policy.save(store, AZIZA, 1, rules, ZONE)


def glance(store: Store, now: int) -> None:
    with store.writing() as session:
        apply_schedule(session, 1, policy.get(session, 1), ZONE, now)


def take(store: Store, now: int, want: int = 64) -> list[Claim]:
    with store.writing() as session:
        lock_account(session, 1)
        limits = Limits(policy.get(session, 1), ZONE)
        return claim(session, 1, "worker-1", want=want, post_ms=POST_MS, now=now, limits=limits)


def state_of(store: Store, campaign_id: int) -> tuple[CampaignState, str]:
    campaign = campaigns.get(store, campaign_id)
    return campaign.state, campaign.code


def put(store: Store, campaign_id: int, **values: object) -> None:
    with store.writing() as session:
        session.execute(sa.update(Campaign).where(col(Campaign.id) == campaign_id).values(**values))


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        (Policy(quiet=(QuietHours((0,), "25:00", "09:00"),)), "bad-quiet-hours"),
        (Policy(quiet=(QuietHours((), "21:00", "09:00"),)), "bad-quiet-hours"),
        (Policy(quiet=(QuietHours(tuple(range(7)), "00:00", "00:00"),)), "always-quiet"),
        (Policy(spend_day=0), "bad-limit"),
        (Policy(cap_messages=2), "bad-limit"),
    ],
)
def test_rules_that_cannot_hold_are_refused_and_nothing_changes(store: Store, rules: Policy, code: str) -> None:
    running(store)
    with pytest.raises(DomainError) as refusal:
        set_policy(store, rules)
    assert refusal.value.code == code
    with store.reading() as session:
        assert policy.get(session, 1) == Policy()


def test_a_marketer_may_not_change_the_rules(store: Store) -> None:
    running(store)
    with pytest.raises(DomainError, match="may not"):
        policy.save(store, Actor("Bek", Role.MARKETER), 1, Policy(spend_day=100), ZONE)


def test_quiet_hours_pause_what_runs_and_let_it_go_on_by_itself(store: Store) -> None:
    campaign_id = running(store, 4, chunk_size=2)
    set_policy(store, Policy(quiet=(QuietHours(tuple(range(7)), "21:00", "09:00"),)))
    glance(store, local("2027-01-15T20:59"))
    assert state_of(store, campaign_id) == (CampaignState.RUNNING, "")
    assert take(store, local("2027-01-15T21:00")) == [], "no claim slips through before the pause is written"
    glance(store, local("2027-01-15T21:00"))
    assert state_of(store, campaign_id) == (CampaignState.PAUSED, "quiet-hours")
    assert "09:00" in campaigns.get(store, campaign_id).why_words
    campaigns.resume(store, AZIZA, campaign_id)
    glance(store, local("2027-01-15T23:00"))
    assert state_of(store, campaign_id) == (CampaignState.PAUSED, "quiet-hours"), (
        "a person's resume does not break them"
    )
    glance(store, local("2027-01-16T09:00"))
    assert state_of(store, campaign_id) == (CampaignState.RUNNING, "")
    assert len(take(store, local("2027-01-16T09:00"))) == 2


def test_the_end_of_quiet_hours_leaves_a_persons_pause_alone(store: Store) -> None:
    campaign_id = running(store)
    set_policy(store, Policy(quiet=(QuietHours(tuple(range(7)), "21:00", "09:00"),)))
    campaigns.pause(store, AZIZA, campaign_id)
    glance(store, local("2027-01-15T22:00"))
    glance(store, local("2027-01-16T10:00"))
    assert state_of(store, campaign_id) == (CampaignState.PAUSED, "by-person")


def test_a_scheduled_campaign_starts_when_its_time_comes(store: Store) -> None:
    campaign_id = running(store, state=CampaignState.SCHEDULED)
    put(store, campaign_id, scheduled_at=NOW)
    glance(store, NOW - 1)
    assert state_of(store, campaign_id)[0] == CampaignState.SCHEDULED
    glance(store, NOW + 1000)
    assert state_of(store, campaign_id) == (CampaignState.RUNNING, "")


def test_a_campaign_that_was_due_while_everything_was_down_asks_before_it_sends_late(store: Store) -> None:
    campaign_id = running(store, state=CampaignState.SCHEDULED)
    now = time.time_ns() // 1_000_000
    put(store, campaign_id, scheduled_at=now - HOUR)
    glance(store, now)
    assert state_of(store, campaign_id) == (CampaignState.PAUSED, "late-start")
    assert take(store, now) == []
    campaigns.resume(store, AZIZA, campaign_id)
    assert len(take(store, now)) == 1


def test_what_has_not_left_at_the_end_time_is_not_sent(store: Store) -> None:
    campaign_id = running(store, 6, chunk_size=2)
    put(store, campaign_id, ends_at=NOW + HOUR)
    [flying] = take(store, NOW, want=1)
    glance(store, NOW + HOUR)
    assert counts(store, campaign_id) == {"sending": 2, "cancelled": 4}
    assert take(store, NOW + HOUR) == []
    engine = Engine(store, now=NOW + HOUR)
    engine.record((flying, accept(flying)))
    assert counts(store, campaign_id) == {"accepted": 2, "cancelled": 4}
    assert state_of(store, campaign_id)[0] == CampaignState.FINISHED
    assert_rollups(store, campaign_id)


@pytest.mark.parametrize("how", ["ends-before-start", "bad-limit"])
def test_a_start_that_makes_no_sense_is_refused(store: Store, how: str) -> None:
    campaign_id = running(store, state=CampaignState.DRAFT)
    wrong = SendingOptions(until=1) if how == "ends-before-start" else SendingOptions(spend_limit=0)
    with pytest.raises(DomainError) as refusal:
        campaigns.start(store, AZIZA, campaign_id, sending=wrong)
    assert refusal.value.code == how
    assert state_of(store, campaign_id)[0] == CampaignState.DRAFT


def test_a_campaigns_spending_limit_pauses_it_before_the_chunk_that_would_pass_it(store: Store) -> None:
    campaign_id = running(store, 6, chunk_size=2)
    price = campaigns.get(store, campaign_id).cost // 6
    put(store, campaign_id, spend_limit=price * 5)
    assert len(take(store, NOW)) == 2, "four messages fit, six do not"
    assert state_of(store, campaign_id) == (CampaignState.PAUSED, "spend-campaign")
    campaigns.resume(store, AZIZA, campaign_id)
    assert take(store, NOW) == [], "what is on its way counts"
    put(store, campaign_id, spend_limit=price * 6)
    campaigns.resume(store, AZIZA, campaign_id)
    assert len(take(store, NOW)) == 1


def test_the_days_limit_pauses_every_campaign_and_the_next_day_begins_anew(store: Store) -> None:
    first, second = running(store, 4, chunk_size=2), running(store, 4, chunk_size=2)
    price = campaigns.get(store, first).cost // 4
    set_policy(store, Policy(spend_day=price * 5))
    claims = take(store, NOW)
    assert len(claims) == 2
    assert {state_of(store, record) for record in (first, second)} == {(CampaignState.PAUSED, "spend-day")}
    engine = Engine(store)
    engine.record(*((claim, accept(claim)) for claim in claims))
    assert state_of(store, first)[0] == CampaignState.FINISHED
    campaigns.resume(store, AZIZA, second)
    assert take(store, NOW) == []
    campaigns.resume(store, AZIZA, second)
    assert len(take(store, NOW + DAY)) == 2


def test_a_frequency_cap_leaves_out_who_was_written_to_often_enough(store: Store) -> None:
    numbers = [998901000001, 998901000002, 998901000003]
    first = running(store, numbers=numbers[:2])
    set_policy(store, Policy(cap_messages=1, cap_days=2))
    engine = Engine(store, rules=replace(RULES, contacts=True))
    [claimed] = take(store, NOW)
    second = running(store, numbers=numbers[1:])
    [other] = take(store, NOW)
    assert [m.phone for m in other.messages] == [998901000003], "the one on its way counts as well"
    engine.record((claimed, accept(claimed)), (other, accept(other)))
    assert counts(store, second) == {"accepted": 1, "cancelled": 1}
    third = running(store, numbers=numbers)
    assert take(store, NOW + DAY) == []
    assert counts(store, third) == {"cancelled": 3}
    assert state_of(store, third)[0] == CampaignState.FINISHED
    running(store, numbers=numbers)
    assert len(take(store, NOW + 3 * DAY)[0].messages) == 3, "after the days have passed they may be written to again"
    for record in (first, second, third):
        assert_rollups(store, record)


def test_a_cap_that_is_set_later_knows_who_was_written_to_before(store: Store) -> None:
    now = time.time_ns() // 1_000_000
    running(store, numbers=[998901000001])
    Engine(store, now=now).send()
    set_policy(store, Policy(cap_messages=1, cap_days=1))
    assert policy.numbers_over_cap(store, 1, np.array([998901000001, 998901000002]), "service").tolist() == [
        998901000001
    ]
    running(store, numbers=[998901000001, 998901000002])
    assert [m.phone for m in take(store, now)[0].messages] == [998901000002]


def test_rejections_in_a_row_pause_and_a_good_answer_forgets_them(store: Store) -> None:
    campaign_id = running(store, 10, chunk_size=2)
    engine = Engine(store, rules=replace(RULES, rejected_limit=4))

    def refuse(claimed: Claim) -> Answered:
        return Answered([Rejected(300, "is NOT a phone number") for _ in claimed.messages], 200, 0.1)

    for answer in (refuse, accept, refuse):
        [claimed] = engine.claim(1)
        engine.record((claimed, answer(claimed)))
    assert state_of(store, campaign_id) == (CampaignState.RUNNING, "")
    [claimed] = engine.claim(1)
    engine.record((claimed, refuse(claimed)))
    assert state_of(store, campaign_id) == (CampaignState.PAUSED, "too-many-rejected")
    assert counts(store, campaign_id) == {"accepted": 2, "rejected": 6, "queued": 2}


def test_a_preparing_that_was_cut_off_is_taken_over_when_the_campaign_starts(store: Store) -> None:
    campaign_id = running(store, state=CampaignState.DRAFT)
    put(store, campaign_id, prepared="preparing", worker_id="direct:gone")
    campaigns.start(store, AZIZA, campaign_id)
    assert campaigns.get(store, campaign_id).prepared == ""
    campaigns.prepare(store, campaign_id)
    assert counts(store, campaign_id) == {"queued": 3}
    assert_rollups(store, campaign_id)


def test_a_preparing_that_a_worker_does_is_left_to_it(store: Store) -> None:
    campaign_id = running(store, state=CampaignState.PAUSED)
    put(store, campaign_id, prepared="preparing", worker_id="worker-1")
    campaigns.resume(store, AZIZA, campaign_id)
    assert campaigns.get(store, campaign_id).prepared == "preparing"


def test_a_text_with_a_field_that_the_list_lacks_is_refused_while_it_can_still_be_changed(store: Store) -> None:
    campaign_id = running(store, state=CampaignState.DRAFT)
    put(store, campaign_id, text="Salom {ism}!")
    with pytest.raises(DomainError) as refusal:
        campaigns.start(store, AZIZA, campaign_id)
    assert refusal.value.code == "unknown-field"
    assert state_of(store, campaign_id)[0] == CampaignState.DRAFT
