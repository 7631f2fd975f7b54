"""The reach of a follow-up together with what it follows, and people who are new since a campaign; core and command."""

import pytest
import sqlalchemy as sa
from sqlmodel import col

from getsms_core.base.errors import DomainError
from getsms_core.base.states import MessageState
from getsms_core.campaigns import excluded, follow_up, reach
from getsms_core.campaigns import service as campaigns
from getsms_core.campaigns.exclusions import Exclusions
from getsms_core.campaigns.reach import CampaignReach, Reach
from getsms_core.campaigns.service import Draft
from getsms_core.contacts import lists
from getsms_core.contacts import operations as list_operations
from getsms_core.contacts.conditions import parse
from getsms_core.db.engine import Store
from getsms_core.db.models import Campaign, Message
from tests.engine_support import AZIZA, campaign_of, checked_list, messages_of, phones, running, settings_for
from tests.factories import count_as_sent
from tests.integration.campaigns.test_follow_up import with_results
from tests.integration.cli.cli_support import document, refused, run

M = MessageState


def follow(store: Store, first: int, states: list[MessageState], *, by_way: bool = False) -> int:
    """A campaign to those whom the first one did not reach, whose messages are in these states."""
    new = follow_up.make_list(store, AZIZA, [first], follow_up.read_states("not-reached,uncertain"), "Again").list_id
    if by_way:
        new, _unreadable = list_operations.filter_recipients(store, AZIZA, new, parse("phone starts 998"), "Some")
    numbers = lists.accepted(store, new)["phone"].to_pylist()
    campaign_id = running(store, numbers=numbers, state="finished")  # type: ignore[arg-type]
    with store.writing() as session:
        session.execute(sa.update(Campaign).where(col(Campaign.id) == campaign_id).values(list_id=new, name="Follow"))
        for message, state in zip(messages_of(store, campaign_id), states, strict=True):
            session.execute(sa.update(Message).where(col(Message.id) == message.id).values(state=state))
    return campaign_id


@pytest.mark.parametrize("by_way", [False, True])
def test_a_follow_up_counts_each_person_once_over_all_campaigns_that_it_follows(
    store: Store, store_url: str, monkeypatch: pytest.MonkeyPatch, by_way: bool
) -> None:
    monkeypatch.setenv("GETSMS_DATABASE_URL", store_url)
    first = with_results(store, [M.DELIVERED, M.DELIVERED, M.UNDELIVERED, M.EXPIRED, M.UNCERTAIN, M.ACCEPTED])
    second = follow(store, first, [M.DELIVERED, M.UNDELIVERED, M.ACCEPTED], by_way=by_way)
    together = Reach((CampaignReach(first, "Sale", 6, 2), CampaignReach(second, "Follow", 3, 1)), 6, 3, 2)
    assert reach.together(store, campaign_of(store, second)) == together
    third = follow(store, second, [M.DELIVERED])
    assert reach.followed(store, campaign_of(store, third)) == (first, second)
    last = reach.together(store, campaign_of(store, third))
    assert last is not None
    assert (last.recipients, last.reached, last.open) == (6, 4, 2)
    shown = document("show", str(second))
    assert list(shown)[-1] == "follow_up"
    assert {name: shown["follow_up"][name] for name in ("recipients", "reached", "open")} == {
        "recipients": 6, "reached": 3, "open": 2}  # fmt: skip
    assert "together: 3 of 6 recipients reached, 2 still open." in run("show", str(second)).stdout
    assert document("show", str(first))["follow_up"] is None
    with store.writing() as session:
        session.execute(sa.update(Campaign).where(col(Campaign.id) == first).values(erased_at=1))
    assert document("show", str(second))["follow_up"]["reached"] is None


def test_people_are_new_who_were_not_in_the_list_whatever_became_of_its_messages(
    store: Store, store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GETSMS_DATABASE_URL", store_url)
    sent = with_results(store, [M.DELIVERED, M.REJECTED, M.CANCELLED])
    growing = checked_list(store, phones(5))
    arguments = ("create", "--list", str(growing), "--name", "New", "--text", "Salom")
    created = document(*arguments, "--new-since", str(sent))
    assert (created["messages"], created["excluded"]["campaigns"]) == (2, 3)
    assert campaign_of(store, created["campaign"]).exclusions["new_since"] == [sent]
    assert "is not new since one" in run("excluded", str(created["campaign"])).stdout
    assert refused(*arguments, "--new-since", str(created["campaign"])) == "not-sent-yet"
    assert refused(*arguments, "--new-since", "99") == "no-such-campaign"
    assert document("change", str(created["campaign"]), "--no-exclude")["messages"] == 5
    assert document("change", str(created["campaign"]), "--new-since", str(sent))["messages"] == 2


def test_the_list_of_the_earlier_campaign_is_kept_while_a_draft_needs_it_and_its_messages_are_enough_without_it(
    store: Store,
) -> None:
    sent = with_results(store, [M.DELIVERED, M.REJECTED])
    earlier_list = campaign_of(store, sent).list_id or 0
    since = Draft("New", "Salom", checked_list(store, phones(3)), exclusions=Exclusions(new_since=(sent,)))
    campaign_id = campaigns.create(store, AZIZA, settings_for(), since)
    with pytest.raises(DomainError) as refusal:
        list_operations.delete(store, AZIZA, earlier_list)
    assert refusal.value.code == "list-needed"
    campaigns.cancel(store, AZIZA, campaign_id)
    list_operations.delete(store, AZIZA, earlier_list)
    again = campaigns.create(store, AZIZA, settings_for(), since)
    campaigns.prepare(store, again)
    assert excluded.campaign_counts(store, again)["campaigns"] == 2
    with store.writing() as session:
        session.execute(sa.update(Message).where(col(Message.campaign_id) == sent).values(phone=0))
    last = campaigns.create(store, AZIZA, settings_for(), since)
    with pytest.raises(DomainError) as refusal:
        campaigns.prepare(store, last)
    assert refusal.value.code == "nobody-known"


def test_a_reason_that_no_message_has_is_refused_with_those_that_there_are_and_a_repeat_makes_one_list(
    store: Store,
) -> None:
    campaign_id = with_results(store, [M.REJECTED, M.CANCELLED, M.DELIVERED])
    with store.writing() as session:
        message = messages_of(store, campaign_id)[1]
        reason = {"reason": "opted-out"}
        session.execute(sa.update(Message).where(col(Message.id) == message.id).values(**reason))
    with pytest.raises(DomainError) as refusal:
        follow_up.make_list(store, AZIZA, [campaign_id], follow_up.Choice(reason="30"), "New")
    assert (refusal.value.code, refusal.value.reason.params["codes"]) == ("no-such-reason", "300, opted-out")
    with pytest.raises(DomainError) as refusal:  # the code exists, nobody is in the state
        follow_up.make_list(store, AZIZA, [campaign_id], follow_up.Choice((M.DELIVERED,), reason="300"), "New")
    assert refusal.value.code == "nothing-left"
    choice = follow_up.Choice(reason="300")
    first = follow_up.make_list(store, AZIZA, [campaign_id], choice, "New", request_key="click")
    assert follow_up.make_list(store, AZIZA, [campaign_id], choice, "New", request_key="click") == first
    assert [row.name for row in lists.all_lists(store)] == ["New", "Customers"]


def test_a_message_that_a_user_counted_as_sent_is_not_open(store: Store) -> None:
    first = with_results(store, [M.DELIVERED, M.UNDELIVERED, M.UNCERTAIN])
    second = follow(store, first, [M.ACCEPTED, M.ACCEPTED])
    before = reach.together(store, campaign_of(store, second))
    count_as_sent(store, second)
    after = reach.together(store, campaign_of(store, second))
    assert before is not None
    assert after is not None
    assert (before.open, after.open) == (2, 1)  # the uncertain message of the first campaign stays open
