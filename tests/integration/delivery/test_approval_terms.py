"""An approval holds for what was approved: the cost may fall, and everything else must be as it was."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from sqlmodel import col

from getsms_core.accounts import policy
from getsms_core.accounts.policy import Policy, QuietHours
from getsms_core.base.errors import DomainError
from getsms_core.base.permissions import Actor, Role
from getsms_core.base.states import CampaignState
from getsms_core.billing import price_rules
from getsms_core.campaigns import approval, build
from getsms_core.campaigns import service as campaigns
from getsms_core.campaigns.sending_options import SendingOptions
from getsms_core.campaigns.service import Draft
from getsms_core.db.engine import Store, now_ms
from getsms_core.db.models import Campaign, Message
from getsms_core.delivery import Resolution, apply_schedule, resolve
from getsms_core.delivery.approval_terms import APPROVAL_VOID
from getsms_core.users import service as users
from tests.engine_support import AZIZA, HOUR, LOST, Engine, audited, checked_list, phones, running, settings_for
from tests.job_support import do_all

C = CampaignState
ZONE = ZoneInfo("Asia/Tashkent")
BEK = Actor("Bek", Role.MARKETER)
DILDORA = Actor("Dildora", Role.MANAGER)
PASSWORD = "a long password"
SOM = Decimal(95)
"""The price of a part in these tests, so'm: 600 messages are 57,000 so'm."""


def now_of(store: Store) -> int:
    with store.reading() as session:
        return now_ms(session)


def put(store: Store, campaign_id: int, **values: object) -> None:
    with store.writing() as session:
        session.execute(sa.update(Campaign).where(col(Campaign.id) == campaign_id).values(**values))


def waiting(store: Store, messages: int = 3, sending: SendingOptions | None = None, chunk_size: int = 100) -> int:
    """A campaign of 95 so'm a message that Bek asked to send and that waits for a manager."""
    campaign_id = running(store, messages, settings=settings_for(price=SOM), state=C.DRAFT, chunk_size=chunk_size)
    put(store, campaign_id, created_by=BEK.name)
    policy.save(store, AZIZA, 1, Policy(approve_messages=0), ZONE)
    campaigns.start(store, BEK, campaign_id, sending=sending)
    assert campaigns.get(store, campaign_id).state == C.AWAITING_APPROVAL
    return campaign_id


def approved(store: Store, messages: int = 3, sending: SendingOptions | None = None, chunk_size: int = 100) -> int:
    """The same, approved by Dildora."""
    campaign_id = waiting(store, messages, sending, chunk_size)
    approval.approve(store, DILDORA, campaign_id)
    return campaign_id


def later(store: Store, hours: int = 1) -> SendingOptions:
    return SendingOptions(at=now_of(store) + hours * HOUR)


def price(store: Store, som: Decimal, from_at: int = 1) -> None:
    price_rules.add(store, AZIZA, som, from_at)


def turn(store: Store, now: int) -> None:
    """What a worker does several times a second."""
    with store.writing() as session:
        apply_schedule(session, 1, policy.get(session, 1), ZONE, now)


def is_void(store: Store, campaign_id: int, *words: str) -> None:
    """It waits for a new approval, says why, nothing of it can be claimed, and the log has it."""
    campaign = campaigns.get(store, campaign_id)
    assert (campaign.state, campaign.code, campaign.approved_at) == (C.AWAITING_APPROVAL, APPROVAL_VOID, None)
    assert (campaign.approved_by, campaign.approved_terms) == ("", None)
    assert [word for word in words if word not in campaign.why_words] == []
    assert "must be approved again" in campaign.why_words
    assert Engine(store).claim() == []
    (row,) = audited(store, "campaign.approval-void")
    assert (row.subject, row.detail["approved_by"]) == (f"campaign:{campaign_id}", "Dildora")


def refused(code: str, work: Callable[[], object]) -> str:
    with pytest.raises(DomainError) as refusal:
        work()
    assert refusal.value.code == code
    return refusal.value.message


# ------------------------------------------------------------------------------------------------------------ the cost


def test_a_price_that_rose_before_the_time_came_is_not_sent(store: Store) -> None:
    campaign_id = approved(store, 600, later(store))
    assert campaigns.get(store, campaign_id).cost == 57_000_00
    price(store, SOM * 100)
    turn(store, now_of(store) + HOUR + 1)
    is_void(store, campaign_id, "57,000 so'm", "5,700,000 so'm")
    do_all(store)
    campaign = campaigns.get(store, campaign_id)
    assert (campaign.state, campaign.cost) == (C.AWAITING_APPROVAL, 5_700_000_00)
    approval.approve(store, DILDORA, campaign_id)
    assert campaigns.get(store, campaign_id).approved_terms["cost"] == 5_700_000_00  # type: ignore[index]


def test_a_price_that_rose_is_not_sent_by_starting_it_again(store: Store) -> None:
    sending = later(store)
    campaign_id = approved(store, sending=sending)
    price(store, SOM * 100)
    campaigns.start(store, BEK, campaign_id, sending=sending)
    is_void(store, campaign_id, "285 so'm", "28,500 so'm")


def test_a_price_that_rose_while_it_was_paused_is_not_sent_by_resuming_it(store: Store) -> None:
    campaign_id = approved(store)
    campaigns.pause(store, BEK, campaign_id)
    price(store, SOM * 100)
    campaigns.resume(store, BEK, campaign_id)
    is_void(store, campaign_id, "28,500 so'm")
    assert [row.detail.get("messages") for row in audited(store, "campaign.ask-approval")] == [3]
    assert audited(store, "campaign.resume") == []


def test_a_price_that_rose_in_the_quiet_hours_is_not_sent_by_their_end(store: Store) -> None:
    campaign_id = approved(store)
    now = now_of(store)
    put(store, campaign_id, state=C.PAUSED, code="quiet-hours")
    price(store, SOM * 2)
    turn(store, now)
    is_void(store, campaign_id)


def test_a_price_that_rose_while_its_messages_were_made_is_not_sent(store: Store) -> None:
    campaign_id = approved(store, sending=later(store))
    put(store, campaign_id, prepared="")
    price(store, SOM * 100)
    with store.writing() as session:
        build.enqueue(session, build.get_campaign(session, campaign_id))
    do_all(store)
    is_void(store, campaign_id, "28,500 so'm")


def test_what_was_partly_sent_counts_what_is_left_at_the_price_in_force(store: Store) -> None:
    campaign_id = approved(store, 3, chunk_size=1)
    Engine(store).send(want=1)
    campaigns.pause(store, BEK, campaign_id)
    price(store, SOM * 2)
    campaigns.resume(store, BEK, campaign_id)
    is_void(store, campaign_id, "285 so'm", "475 so'm")
    approval.approve(store, DILDORA, campaign_id)
    campaign = campaigns.get(store, campaign_id)
    assert (campaign.state, campaign.approved_terms["cost"]) == (C.RUNNING, 475_00)  # type: ignore[index]
    assert len(Engine(store).claim()) == 2


def test_the_cost_may_fall(store: Store) -> None:
    campaign_id = approved(store, 600, later(store))
    price(store, SOM / 5)
    turn(store, now_of(store) + HOUR + 1)
    assert campaigns.get(store, campaign_id).state == C.RUNNING
    assert Engine(store).claim() == []  # its messages are being made at the new price
    do_all(store)
    campaign = campaigns.get(store, campaign_id)
    assert (campaign.state, campaign.cost) == (C.RUNNING, 11_400_00)
    assert len(Engine(store).claim()) == 6
    assert audited(store, "campaign.approval-void") == []


def test_a_price_from_a_later_day_changes_nothing(store: Store) -> None:
    campaign_id = approved(store, sending=later(store))
    price(store, SOM * 100, now_of(store) + 48 * HOUR)
    turn(store, now_of(store) + HOUR + 1)
    assert campaigns.get(store, campaign_id).state == C.RUNNING


def test_what_runs_keeps_the_prices_that_its_messages_were_made_with(store: Store) -> None:
    campaign_id = approved(store)
    price(store, SOM * 100)
    turn(store, now_of(store))
    assert campaigns.get(store, campaign_id).state == C.RUNNING
    assert [claim.messages for claim in Engine(store).claim()] != []
    with store.reading() as session:
        assert set(session.scalars(sa.select(col(Message.price)))) == {95_00}


def test_a_price_that_lifts_a_campaign_above_the_limit_asks_for_an_approval(store: Store) -> None:
    campaign_id = running(store, 3, settings=settings_for(price=SOM), state=C.DRAFT)
    policy.save(store, AZIZA, 1, Policy(approve_cost=1_000_00), ZONE)
    campaigns.start(store, BEK, campaign_id, sending=later(store))
    assert campaigns.get(store, campaign_id).state == C.SCHEDULED
    price(store, SOM * 100)
    turn(store, now_of(store) + HOUR + 1)
    campaign = campaigns.get(store, campaign_id)
    assert (campaign.state, campaign.code) == (C.AWAITING_APPROVAL, "")


# ----------------------------------------------------------------------------------------------------- everything else


CHANGES: dict[str, tuple[dict[str, object], str]] = {
    "text": ({"text": "Salom, 9 000"}, "the text"),
    "mended values": ({"mend_values": True}, "the text"),
    "variants": ({"variants": [{"text": "Xayr", "share": 50}]}, "the A/B texts"),
    "texts by column": (
        {"text_column": "til", "variants": [{"text": "Xayr", "share": 0, "value": "uz"}]},
        "the texts by column",
    ),
    "sender": ({"sender": "4546"}, "the sender name"),
    "kind": ({"category": "advertising"}, "the kind"),
    "start": ({"scheduled_at": 1}, "the start time"),
    "end": ({"ends_at": 4_000_000_000_000}, "the end time"),
    "limit": ({"spend_limit": 1_000_000_00}, "the campaign's spending limit"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_another_change_voids_the_approval_when_it_is_resumed(store: Store, what: str) -> None:
    campaign_id = approved(store)
    campaigns.pause(store, BEK, campaign_id)
    values, words = CHANGES[what]
    put(store, campaign_id, **values)
    campaigns.resume(store, BEK, campaign_id)
    is_void(store, campaign_id, words)


def test_another_list_voids_the_approval_when_its_time_comes(store: Store) -> None:
    campaign_id = approved(store, sending=later(store))
    put(store, campaign_id, list_id=checked_list(store, phones(2)))
    turn(store, now_of(store) + HOUR + 1)
    is_void(store, campaign_id, "the list")


@pytest.mark.parametrize("change", ["at", "until", "spend_limit"])
def test_starting_it_again_at_another_time_or_limit_asks_again(store: Store, change: str) -> None:
    sending = replace(later(store), spend_limit=500_00)
    campaign_id = approved(store, sending=sending)
    campaigns.start(store, BEK, campaign_id, sending=sending)
    assert campaigns.get(store, campaign_id).state == C.SCHEDULED
    values: dict[str, Any] = {"at": now_of(store) + 5 * HOUR, "until": now_of(store) + 9 * HOUR, "spend_limit": None}
    campaigns.start(store, BEK, campaign_id, sending=replace(sending, **{change: values[change]}))
    is_void(store, campaign_id)


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        (Policy(approve_messages=0, cap_messages=1, cap_days=7), "the day's spending limit"),
        (Policy(approve_messages=0, spend_day=2_000_00, cap_messages=1, cap_days=7), "the day's spending limit"),
        (Policy(approve_messages=0, spend_day=1_000_00), "the frequency cap"),
        (Policy(approve_messages=0, spend_day=1_000_00, cap_messages=2, cap_days=7), "the frequency cap"),
    ],
)
def test_looser_limits_of_the_account_void_it_and_tighter_ones_do_not(store: Store, rules: Policy, words: str) -> None:
    campaign_id = waiting(store)
    policy.save(store, AZIZA, 1, Policy(approve_messages=0, spend_day=1_000_00, cap_messages=1, cap_days=7), ZONE)
    approval.approve(store, DILDORA, campaign_id)
    campaigns.pause(store, BEK, campaign_id)
    policy.save(store, AZIZA, 1, Policy(approve_messages=0, spend_day=900_00, cap_messages=1, cap_days=9), ZONE)
    campaigns.resume(store, BEK, campaign_id)
    assert campaigns.get(store, campaign_id).state == C.RUNNING
    campaigns.pause(store, BEK, campaign_id)
    policy.save(store, AZIZA, 1, rules, ZONE)
    campaigns.resume(store, BEK, campaign_id)
    is_void(store, campaign_id, words)


def test_an_approval_of_an_older_version_is_asked_for_again(store: Store) -> None:
    campaign_id = approved(store, sending=later(store))
    put(store, campaign_id, approved_terms=None)
    turn(store, now_of(store) + HOUR + 1)
    is_void(store, campaign_id, "the program's version")


def test_what_has_not_changed_is_sent_at_its_time_and_resumed(store: Store) -> None:
    campaign_id = approved(store, sending=later(store))
    campaigns.pause(store, BEK, campaign_id)
    campaigns.resume(store, BEK, campaign_id)
    turn(store, now_of(store) + HOUR + 1)
    assert campaigns.get(store, campaign_id).state == C.RUNNING
    assert len(Engine(store).claim()) == 1


def test_quiet_hours_hold_an_approved_campaign_only_for_their_time(store: Store) -> None:
    campaign_id = approved(store)
    policy.save(store, AZIZA, 1, Policy((QuietHours(tuple(range(7)), "00:00", "23:00"),), approve_messages=0), ZONE)
    now = now_of(store)
    midnight = now - (now + int(timedelta(hours=5).total_seconds() * 1000)) % (24 * HOUR)
    turn(store, midnight + HOUR)
    assert campaigns.get(store, campaign_id).code == "quiet-hours"
    turn(store, midnight + 23 * HOUR + 1)
    assert campaigns.get(store, campaign_id).state == C.RUNNING


# -------------------------------------------------------------------------------------------------- while it is decided


def test_a_price_that_rose_while_it_waited_is_not_approved_unseen(store: Store) -> None:
    campaign_id = waiting(store)
    price(store, SOM * 100)
    refused("changed-meanwhile", lambda: approval.approve(store, DILDORA, campaign_id))
    refused("not-counted", lambda: approval.approve(store, DILDORA, campaign_id))
    do_all(store)
    campaign = campaigns.get(store, campaign_id)
    assert (campaign.state, campaign.cost, campaign.approved_at) == (C.AWAITING_APPROVAL, 28_500_00, None)
    approval.approve(store, DILDORA, campaign_id)
    assert campaigns.get(store, campaign_id).state == C.RUNNING


def test_an_old_dialog_approves_nothing_else(store: Store) -> None:
    campaign_id = waiting(store)
    seen = approval.terms_fingerprint(store, campaign_id)
    approval.withdraw(store, BEK, campaign_id)
    draft_terms = Draft.of(campaigns.get(store, campaign_id))
    campaigns.change(store, BEK, campaign_id, replace(draft_terms, text="Boshqa matn"))
    campaigns.prepare(store, campaign_id)
    campaigns.start(store, BEK, campaign_id)
    refused("changed-meanwhile", lambda: approval.approve(store, DILDORA, campaign_id, seen))
    assert campaigns.get(store, campaign_id).state == C.AWAITING_APPROVAL
    approval.approve(store, DILDORA, campaign_id, approval.terms_fingerprint(store, campaign_id))
    assert campaigns.get(store, campaign_id).state == C.RUNNING


@pytest.mark.parametrize("how", ["refuse", "withdraw"])
def test_what_was_partly_sent_never_becomes_a_draft(store: Store, how: str) -> None:
    """A draft that is changed throws its messages away, and with them the record of what was sent."""
    campaign_id = approved(store, 3, chunk_size=1)
    Engine(store).send(want=1)
    campaigns.pause(store, BEK, campaign_id)
    put(store, campaign_id, text="Boshqa")
    campaigns.resume(store, BEK, campaign_id)
    is_void(store, campaign_id, "the text")
    if how == "refuse":
        approval.refuse(store, DILDORA, campaign_id, "no")
    else:
        approval.withdraw(store, BEK, campaign_id)
    campaign = campaigns.get(store, campaign_id)
    assert campaign.state == C.PAUSED
    assert campaign.why_words == ("Sent back by Dildora: no" if how == "refuse" else "Paused by Bek.")
    refused("wrong-state", lambda: campaigns.change(store, BEK, campaign_id, replace(Draft.of(campaign), text="x")))
    campaigns.resume(store, BEK, campaign_id)
    assert campaigns.get(store, campaign_id).state == C.AWAITING_APPROVAL
    assert campaigns.figures(store, campaign_id).total == 3


@pytest.mark.parametrize("rule", ["new", "changed"])
def test_uncertain_messages_of_a_finished_campaign_are_sent_again_only_with_the_approval_that_the_rules_require(
    store: Store, rule: str
) -> None:
    campaign_id = approved(store) if rule == "changed" else running(store, settings=settings_for(price=SOM))
    Engine(store).send(LOST)
    assert campaigns.get(store, campaign_id).state == C.FINISHED
    if rule == "changed":
        price(store, SOM + 5)
    else:
        policy.save(store, AZIZA, 1, Policy(approve_messages=0), ZONE)
    resolve(store, BEK, campaign_id, Resolution.AGAIN)
    assert campaigns.get(store, campaign_id).state == C.AWAITING_APPROVAL
    assert Engine(store).claim() == []
    approval.approve(store, DILDORA, campaign_id)
    [claimed] = Engine(store).send()
    assert len(claimed.messages) == 3
    assert campaigns.get(store, campaign_id).state == C.FINISHED


def test_uncertain_messages_are_sent_again_at_once_where_the_approval_is_valid(store: Store) -> None:
    campaign_id = approved(store)
    Engine(store).send(LOST)
    resolve(store, BEK, campaign_id, Resolution.AGAIN)
    assert len(Engine(store).send()) == 1
    assert campaigns.get(store, campaign_id).state == C.FINISHED


# ---------------------------------------------------------------------------------------------------------- the authors


@pytest.fixture
def team(store: Store) -> dict[str, Actor]:
    """Two managers and an administrator who may approve."""
    users.create_first_administrator(store, AZIZA.name, PASSWORD)
    return {
        name: users.create(store, AZIZA, name, PASSWORD, role).actor
        for name, role in {"Dildora": Role.MANAGER, "Sardor": Role.ADMINISTRATOR, "Bek": Role.MARKETER}.items()
    }


def authored(store: Store, part: str, author: Actor) -> int:
    """A campaign that Bek asked for and to which another made one part."""
    campaign_id = waiting(store)
    put(store, campaign_id, created_by="Bek")
    with store.writing() as session:
        session.execute(sa.text("UPDATE recipient_list SET created_by = 'Bek'"))
        session.execute(sa.text("UPDATE audit SET actor = 'Bek'"))
        if part == "list":
            session.execute(sa.text("UPDATE recipient_list SET created_by = :name"), {"name": author.name})
    if part == "asked":
        put(store, campaign_id, started_by=author.name)
    elif part == "text":
        put(store, campaign_id, created_by=author.name)
    elif part == "prices":
        price_rules.add(store, author, SOM, 1)
    elif part == "limits":
        policy.save(store, author, 1, Policy(approve_messages=0), ZONE)
    return campaign_id


@pytest.mark.parametrize("part", ["asked", "text", "list", "prices", "limits"])
def test_no_author_approves_where_somebody_else_could(store: Store, team: dict[str, Actor], part: str) -> None:
    campaign_id = authored(store, part, team["Sardor"])
    assert approval.why_another_must(store, team["Sardor"], campaigns.get(store, campaign_id)) is not None
    refused("own-campaign", lambda: approval.approve(store, team["Sardor"], campaign_id))
    same_person = Actor("sardor (getsms)", Role.ADMINISTRATOR)
    refused("own-campaign", lambda: approval.approve(store, same_person, campaign_id))
    approval.approve(store, team["Dildora"], campaign_id)
    assert campaigns.get(store, campaign_id).state == C.RUNNING


@pytest.mark.parametrize("part", ["asked", "text", "list", "prices", "limits"])
def test_an_author_approves_where_nobody_else_could(store: Store, team: dict[str, Actor], part: str) -> None:
    campaign_id = authored(store, part, team["Sardor"])
    for user in users.all_users(store):
        if user.name in ("Aziza", "Dildora"):
            users.disable(store, team["Sardor"], user.id)
    assert approval.why_another_must(store, team["Sardor"], campaigns.get(store, campaign_id)) is None
    approval.approve(store, team["Sardor"], campaign_id)
    assert campaigns.get(store, campaign_id).state == C.RUNNING


def test_where_all_are_authors_another_than_who_asked_approves(store: Store, team: dict[str, Actor]) -> None:
    campaign_id = authored(store, "asked", team["Sardor"])
    users.disable(store, team["Sardor"], next(user.id for user in users.all_users(store) if user.name == "Aziza"))
    put(store, campaign_id, created_by="Dildora")
    refused("own-campaign", lambda: approval.approve(store, team["Sardor"], campaign_id))
    approval.approve(store, team["Dildora"], campaign_id)
    assert campaigns.get(store, campaign_id).approved_by == "Dildora"


def test_who_removes_a_price_is_an_author(store: Store, team: dict[str, Actor]) -> None:
    price(store, SOM)
    campaign_id = authored(store, "none", team["Sardor"])
    price_rules.remove(store, team["Sardor"], price_rules.all_rules(store)[0].id or 0)
    refused("own-campaign", lambda: approval.approve(store, team["Sardor"], campaign_id))
