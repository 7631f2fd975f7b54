"""A campaign for birthdays reaches those of the day on which it is sent, whenever its messages were made; on both
databases."""

from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlmodel import col

from getsms_core.accounts import policy
from getsms_core.accounts.policy import Policy, QuietHours
from getsms_core.base.errors import DomainError
from getsms_core.base.states import CampaignState, Preparation
from getsms_core.campaigns import audience
from getsms_core.campaigns import service as campaigns
from getsms_core.campaigns.service import Draft
from getsms_core.contacts.conditions import parse, to_json
from getsms_core.db.engine import Store, now_ms
from getsms_core.db.models import Campaign
from getsms_core.delivery import apply_schedule
from tests.engine_support import (
    AZIZA,
    HOUR,
    Engine,
    assert_rollups,
    campaign_of,
    checked_list,
    messages_of,
    phones,
    settings_for,
)
from tests.job_support import do_all

SETTINGS = settings_for()
ZONE = SETTINGS.zone
DAY = 24 * HOUR
PEOPLE = 8
"""The first has a birthday today, the next one tomorrow …: their rows are 2, 3 …"""


def now(store: Store) -> int:
    with store.reading() as session:
        return now_ms(session)


def local_day(instant: int) -> date:
    return datetime.fromtimestamp(instant / 1000, ZONE).date()


def draft(store: Store, within: int = 0, **content: object) -> int:
    days = [local_day(now(store)) + timedelta(place) for place in range(PEOPLE)]
    born = [f"{day.day:02}.{day.month:02}.1992" for day in days]
    list_id = checked_list(store, phones(PEOPLE), born=born)
    condition = to_json(parse(f"born birthday within {within} days"))
    content = {"condition": condition, **content}
    return campaigns.create(store, AZIZA, SETTINGS, Draft("Tabrik", "Salom", list_id, **content))  # type: ignore[arg-type]


def rows(store: Store, campaign_id: int) -> list[int]:
    return [message.row for message in messages_of(store, campaign_id)]


def put(store: Store, campaign_id: int, **values: object) -> None:
    with store.writing() as session:
        session.execute(sa.update(Campaign).where(col(Campaign.id) == campaign_id).values(**values))


def look(store: Store, at: int) -> None:
    """What a worker does about the schedule several times a second."""
    with store.writing() as session:
        apply_schedule(session, campaign_of_account(store), policy.get(session, 1), ZONE, at)


def campaign_of_account(store: Store) -> int:
    with store.reading() as session:
        return int(session.scalar(sa.select(col(Campaign.account_id)).limit(1)) or 0)


def test_a_scheduled_campaign_reaches_those_whose_birthday_is_on_the_day_of_its_start(store: Store) -> None:
    campaign_id = draft(store)
    campaigns.start(store, AZIZA, campaign_id, now(store) + 3 * DAY)
    do_all(store)
    assert rows(store, campaign_id) == [5]
    assert campaign_of(store, campaign_id).condition_day == local_day(now(store) + 3 * DAY).isoformat()
    assert audience.recipients(store, campaign_of(store, campaign_id))["row"].to_pylist() == [5]


def test_messages_that_were_made_for_today_are_made_again_for_the_day_of_the_start(store: Store) -> None:
    campaign_id = draft(store, within=1)
    campaigns.prepare(store, campaign_id)
    assert rows(store, campaign_id) == [2, 3]
    campaigns.start(store, AZIZA, campaign_id, now(store) + 2 * DAY)
    do_all(store)
    assert rows(store, campaign_id) == [4, 5]
    assert_rollups(store, campaign_id)
    campaigns.reschedule(store, AZIZA, campaign_id, now(store) + 4 * DAY, settings=SETTINGS)
    do_all(store)
    assert rows(store, campaign_id) == [6, 7]
    assert_rollups(store, campaign_id)


def test_another_condition_is_not_made_again_when_the_day_changes(store: Store) -> None:
    campaign_id = draft(store, condition=to_json(parse("born is not empty")))
    campaigns.start(store, AZIZA, campaign_id, now(store) + 2 * DAY)
    do_all(store)
    campaigns.reschedule(store, AZIZA, campaign_id, now(store) + 4 * DAY, settings=SETTINGS)
    assert do_all(store) == []
    assert campaign_of(store, campaign_id).messages == PEOPLE


def test_a_draft_of_yesterday_that_is_started_today_does_not_congratulate_late(store: Store) -> None:
    campaign_id = draft(store)
    campaigns.prepare(store, campaign_id)
    put(store, campaign_id, condition_day=(local_day(now(store)) - timedelta(1)).isoformat())
    campaigns.start(store, AZIZA, campaign_id)
    assert campaign_of(store, campaign_id).prepared == Preparation.NONE, "nothing of yesterday may be claimed"
    assert Engine(store, now=now(store)).claim() == []
    do_all(store)
    assert rows(store, campaign_id) == [2]
    assert campaign_of(store, campaign_id).condition_day == local_day(now(store)).isoformat()
    assert len(Engine(store, now=now(store)).claim()) == 1


def test_a_start_within_quiet_hours_counts_from_the_day_on_which_they_end(store: Store) -> None:
    campaign_id = draft(store)
    local = datetime.fromtimestamp(now(store) / 1000, ZONE)
    begin, end = ((local - timedelta(hours=hours)).strftime("%H:%M") for hours in (1, 2))
    rules = Policy(quiet=(QuietHours(tuple(range(7)), begin, end),))
    policy.save(store, AZIZA, campaign_of(store, campaign_id).account_id, rules, ZONE)
    until = rules.quiet_until(ZONE, now(store))
    assert until is not None
    campaigns.start(store, AZIZA, campaign_id)
    do_all(store)
    assert rows(store, campaign_id) == [2 + (local_day(until) - local_day(now(store))).days]


def test_what_no_worker_sent_before_midnight_is_made_again_and_what_was_begun_is_not(store: Store) -> None:
    late, begun = (draft(store, within=1) for _ in range(2))
    for campaign_id in (late, begun):
        put(store, campaign_id, chunk_size=1)
        campaigns.start(store, AZIZA, campaign_id)
    do_all(store)
    [claimed] = [claim for claim in Engine(store, now=now(store)).claim() if claim.campaign_id == begun][:1]
    put(store, late, prepared=Preparation.READY)
    assert claimed.campaign_id == begun
    tomorrow = now(store) + DAY
    with store.writing() as session:  # the first claim took of both: give those of the late one back
        session.execute(
            sa.text("UPDATE chunk SET state = 'queued', attempts = 0, attempt = NULL WHERE campaign_id = :late"),
            {"late": late},
        )
    look(store, tomorrow)
    assert campaign_of(store, late).prepared == Preparation.NONE
    assert campaign_of(store, begun).prepared == Preparation.READY
    look(store, tomorrow)
    assert campaign_of(store, late).state == CampaignState.RUNNING


def test_a_start_at_a_day_without_a_birthday_is_refused_and_one_with_is_not(store: Store) -> None:
    campaign_id = draft(store)
    with pytest.raises(DomainError) as refusal:
        campaigns.start(store, AZIZA, campaign_id, now(store) + 40 * DAY)
    assert refusal.value.code == "nobody-chosen"
    assert campaign_of(store, campaign_id).state == CampaignState.DRAFT
    campaigns.start(store, AZIZA, campaign_id, now(store) + 7 * DAY)
    assert campaign_of(store, campaign_id).state == CampaignState.SCHEDULED
