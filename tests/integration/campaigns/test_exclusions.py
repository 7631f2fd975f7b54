"""Who is excluded by lists, campaigns and days: when messages are made, and again at the start; on both databases."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
import sqlalchemy as sa
from sqlmodel import col

from getsms_core.base.errors import DomainError
from getsms_core.base.states import CampaignState, MessageState
from getsms_core.campaigns import audience, copying, excluded, recheck
from getsms_core.campaigns import service as campaigns
from getsms_core.campaigns.exclusions import Exclusions
from getsms_core.campaigns.service import Draft
from getsms_core.contacts import operations as list_operations
from getsms_core.db import rollups
from getsms_core.db.engine import Store, now_ms
from getsms_core.db.models import Campaign, Message
from getsms_core.delivery import exclusion_check
from tests.engine_support import (
    AZIZA,
    Engine,
    assert_rollups,
    campaign_of,
    checked_list,
    messages_of,
    phones,
    running,
    settings_for,
)
from tests.job_support import do_next


def draft(store: Store, people: int, text: str = "Salom", **excluding: object) -> int:
    list_id = checked_list(store, phones(people))
    exclusions = Exclusions(**excluding)  # type: ignore[arg-type]
    return campaigns.create(store, AZIZA, settings_for(), Draft("Sale", text, list_id, exclusions=exclusions))


def counts(store: Store, campaign_id: int) -> Mapping[str, int]:
    return {reason: n for reason, n in excluded.campaign_counts(store, campaign_id).items() if n}


def sent(store: Store, states: Mapping[int, MessageState], *, days_ago: float = 0, is_test: bool = False) -> int:
    """A campaign whose messages, by their places, are in these states."""
    campaign_id = running(store, max(states) + 1, state=CampaignState.FINISHED)
    with store.writing() as session:
        left_at = now_ms(session) - int(days_ago * 86_400_000)
        for place, message in enumerate(messages_of(store, campaign_id)):
            state = states.get(place, MessageState.REJECTED)
            values = {"state": state, "left_at": left_at}
            session.execute(sa.update(Message).where(col(Message.id) == message.id).values(**values))
        session.execute(sa.update(Campaign).where(col(Campaign.id) == campaign_id).values(is_test=is_test))
        rollups.rebuild(session, campaign_id)
    return campaign_id


GOT = {0: MessageState.ACCEPTED, 1: MessageState.DELIVERED, 2: MessageState.UNCERTAIN}
NOT_GOT = {3: MessageState.REJECTED, 4: MessageState.UNDELIVERED, 5: MessageState.EXPIRED, 6: MessageState.CANCELLED}


def test_each_row_has_the_first_reason_that_holds_and_nobody_is_lost(store: Store) -> None:
    list_id = checked_list(store, phones(1))
    other = sent(store, GOT | NOT_GOT)
    campaign_id = draft(store, 10, lists=(list_id,), campaigns=(other,), days=1)
    campaigns.prepare(store, campaign_id)
    assert counts(store, campaign_id) == {"lists": 1, "campaigns": 2}
    rows = [(row.row, row.reason.value) for row in excluded.rows(store, campaign_of(store, campaign_id))]
    assert rows == [(2, "lists"), (3, "campaigns"), (4, "campaigns")]
    assert [message.row for message in messages_of(store, campaign_id)] == list(range(5, 12))
    assert_rollups(store, campaign_id)


@pytest.mark.parametrize(("days_ago", "is_test", "reached"), [(0.5, False, 7), (2.5, False, 10), (0.5, True, 10)])
def test_days_exclude_who_got_anything_since_and_tests_do_not_count(
    store: Store, days_ago: float, is_test: bool, reached: int
) -> None:
    sent(store, GOT | NOT_GOT, days_ago=days_ago, is_test=is_test)
    campaign_id = draft(store, 10, days=2)
    campaigns.prepare(store, campaign_id)
    assert campaign_of(store, campaign_id).messages == reached


def test_a_campaign_that_still_sends_excludes_those_it_is_going_to_reach(store: Store) -> None:
    campaign_id = draft(store, 5, campaigns=(running(store, 3),))
    campaigns.prepare(store, campaign_id)
    assert counts(store, campaign_id) == {"campaigns": 3}


def test_a_campaign_whose_messages_are_not_made_yet_excludes_those_it_is_going_to_reach(store: Store) -> None:
    other = checked_list(store, phones(2))
    large = draft(store, 5, lists=(other,))
    small = draft(store, 7, campaigns=(large,))
    campaigns.prepare(store, small)  # of a draft that has not been started nothing is known to be sent
    assert counts(store, small) == {}
    campaigns.start(store, AZIZA, large)
    second = draft(store, 7, campaigns=(large,))
    campaigns.prepare(store, second)
    assert counts(store, second) == {"campaigns": 3}
    assert [message.phone for message in messages_of(store, second)] == [*phones(7)[:2], *phones(7)[5:]]


def test_two_campaigns_that_exclude_each_other_are_both_made(store: Store) -> None:
    first = draft(store, 5)
    second = draft(store, 7, campaigns=(first,))
    content = Draft.of(campaigns.get(store, first))
    campaigns.change(store, AZIZA, first, replace(content, exclusions=Exclusions(campaigns=(second,))))
    for campaign_id in (first, second):
        campaigns.start(store, AZIZA, campaign_id)
    campaigns.prepare(store, second)
    assert counts(store, second) == {"campaigns": 5}
    campaigns.prepare(store, first)
    assert counts(store, first) == {}
    reached = [message.phone for campaign_id in (first, second) for message in messages_of(store, campaign_id)]
    assert sorted(reached) == sorted(phones(7))


def test_a_campaign_that_nobody_is_left_for_is_refused_and_so_is_what_does_not_exist(store: Store) -> None:
    list_id = checked_list(store, phones(4))
    campaign_id = draft(store, 4, lists=(list_id,))
    with pytest.raises(DomainError) as refusal:
        campaigns.prepare(store, campaign_id)
    assert refusal.value.code == "all-excluded"
    for code, excluding in (
        ("no-such-list", {"lists": (99,)}),
        ("no-such-campaign", {"campaigns": (99,)}),
        ("bad-days", {"days": 4000}),
    ):
        with pytest.raises(DomainError) as refusal:
            draft(store, 4, **excluding)
        assert refusal.value.code == code
    with pytest.raises(DomainError) as refusal:
        list_operations.delete(store, AZIZA, list_id)
    assert refusal.value.code == "list-needed"


@pytest.mark.parametrize(("excluding", "reason"), [("campaigns", "excluded-campaign"), ("days", "excluded-days")])
def test_who_got_something_before_the_start_is_cancelled_with_the_reason_before_anything_is_claimed(
    store: Store, excluding: str, reason: str
) -> None:
    other = sent(store, NOT_GOT, days_ago=30)
    campaign_id = draft(store, 10, campaigns=(other,)) if excluding == "campaigns" else draft(store, 10, days=1)
    campaigns.prepare(store, campaign_id)
    assert campaign_of(store, campaign_id).messages == 10
    with store.writing() as session:
        of_other = col(Message.campaign_id) == other
        got = sa.update(Message).where(of_other, col(Message.row) < 5)
        session.execute(got.values(state=MessageState.DELIVERED, left_at=now_ms(session)))
        rollups.rebuild(session, other)
    campaigns.start(store, AZIZA, campaign_id)
    engine = Engine(store)
    assert [claim for claim in engine.claim() if claim.campaign_id == campaign_id] == []
    with store.writing() as session:
        exclusion_check.enqueue_needed(session, campaign_of(store, campaign_id).account_id)
    assert do_next(store) == ("exclusions", f"campaign:{campaign_id}")
    assert recheck.recheck(store, campaign_id) == 0
    cancelled = [
        (message.row, message.reason)
        for message in messages_of(store, campaign_id)
        if message.state == MessageState.CANCELLED
    ]
    assert cancelled == [(row, reason) for row in (2, 3, 4)]
    assert_rollups(store, campaign_id)
    claims = [claim for claim in engine.claim() if claim.campaign_id == campaign_id]
    assert sum(len(claim.messages) for claim in claims) == 7


def test_a_campaign_that_excludes_lists_alone_is_not_checked_again(store: Store) -> None:
    campaign_id = draft(store, 4, lists=(checked_list(store, phones(1)),))
    campaigns.prepare(store, campaign_id)
    campaigns.start(store, AZIZA, campaign_id)
    assert campaign_of(store, campaign_id).exclusion_check == ""
    assert sum(len(claim.messages) for claim in Engine(store).claim()) == 3


def test_what_is_excluded_is_copied_and_a_change_makes_the_messages_again(store: Store) -> None:
    campaign_id = draft(store, 4, lists=(checked_list(store, phones(1)),))
    campaigns.prepare(store, campaign_id)
    copy = copying.copy(store, AZIZA, settings_for(), campaign_id)
    assert Draft.of(campaign_of(store, copy)).exclusions == Draft.of(campaign_of(store, campaign_id)).exclusions
    campaigns.change(store, AZIZA, campaign_id, Draft("Sale", "Salom", campaign_of(store, campaign_id).list_id))
    campaigns.prepare(store, campaign_id)
    assert (campaign_of(store, campaign_id).messages, counts(store, campaign_id)) == (4, {})


def test_the_days_before_a_scheduled_start_are_counted_from_the_start(store: Store) -> None:
    sent(store, GOT, days_ago=1.5)
    campaign_id = draft(store, 10, days=2)
    campaigns.prepare(store, campaign_id)
    assert campaign_of(store, campaign_id).messages == 7, (
        "of those who got something 1.5 days ago nobody would get it now"
    )
    with store.reading() as session:
        tomorrow = now_ms(session) + 86_400_000
    campaigns.start(store, AZIZA, campaign_id, tomorrow)
    do_next(store)
    assert campaign_of(store, campaign_id).messages == 10, "by then 2.5 days have passed"
    campaigns.reschedule(store, AZIZA, campaign_id, tomorrow - 72_000_000, settings=settings_for())
    do_next(store)
    assert campaign_of(store, campaign_id).messages == 7
    assert_rollups(store, campaign_id)


def test_new_since_a_campaign_whose_list_is_gone_knows_whom_it_excluded(store: Store) -> None:
    list_id = checked_list(store, phones(6))
    earlier = campaigns.create(store, AZIZA, settings_for(), Draft("Sale", "Salom", list_id, control=5_000))
    campaigns.start(store, AZIZA, earlier)
    do_next(store)
    assert counts(store, earlier) == {"control": 3}
    campaigns.cancel(store, AZIZA, earlier)
    list_operations.delete(store, AZIZA, list_id)
    campaign_id = draft(store, 8, new_since=(earlier,))
    campaigns.prepare(store, campaign_id)
    assert [message.phone for message in messages_of(store, campaign_id)] == phones(8)[6:]


def test_a_draft_of_last_week_reaches_whom_its_exclusions_do_not_name_any_more(store: Store) -> None:
    sent(store, GOT, days_ago=1.5)
    sending = running(store, 5)
    campaign_id = draft(store, 10, days=2, campaigns=(sending,))
    campaigns.prepare(store, campaign_id)
    assert counts(store, campaign_id) == {"campaigns": 5}
    campaigns.cancel(store, AZIZA, sending)
    with store.writing() as session:
        now = now_ms(session)
        session.execute(sa.update(Message).where(col(Message.left_at) > 0).values(left_at=now - 5 * 86_400_000))
        which = col(Campaign.id) == campaign_id
        session.execute(sa.update(Campaign).where(which).values(created_at=now - 5 * 86_400_000))
    assert audience.recipients(store, campaign_of(store, campaign_id)).num_rows == 10, "the page counts them"
    campaigns.start(store, AZIZA, campaign_id)
    assert do_next(store) == ("campaign", f"campaign:{campaign_id}")
    assert counts(store, campaign_id) == {}
    assert campaign_of(store, campaign_id).messages == 10
