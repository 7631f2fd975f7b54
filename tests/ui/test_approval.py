"""A campaign that waits for approval, as each person meets it."""

from decimal import Decimal
from zoneinfo import ZoneInfo

from streamlit.testing.v1 import AppTest

from getsms_core.accounts import gateway_account, policy
from getsms_core.accounts.policy import SENT_BACK, Policy
from getsms_core.base.permissions import Actor, Role
from getsms_core.base.states import CampaignState
from getsms_core.billing import price_rules
from getsms_core.campaigns import approval
from getsms_core.campaigns import service as campaigns
from getsms_core.db.engine import Store
from tests.conftest import PageFactory, SettingsFactory
from tests.engine_support import AZIZA, running, settings_for
from tests.factories import make_campaign, make_messages
from tests.job_support import do_all
from tests.ui.test_campaigns import one, said

BEK = Actor("Bek", Role.MARKETER)


def waiting_for_real(store: Store) -> int:
    """Three messages of 95 so'm that Bek asked for, with chunks that can be sent."""
    campaign_id = running(store, 3, settings=settings_for(price=Decimal(95)), state=CampaignState.DRAFT)
    policy.save(store, AZIZA, 1, Policy(approve_messages=0), ZoneInfo("Asia/Tashkent"))
    campaigns.start(store, BEK, campaign_id)
    return campaign_id


def waiting(store: Store) -> int:
    campaign_id = make_campaign(store, "Bahor", "awaiting approval", prepared="ready", messages=3, parts=3, cost=28500,
                         started_by="Bek")  # fmt: skip
    make_messages(store, campaign_id, {"queued": 3})
    return campaign_id


def keys(page: AppTest) -> set[str]:
    return {str(element.key) for element in page.button}


def test_a_manager_reads_what_it_is_and_approves_it_after_one_question(
    open_page: PageFactory, sqlite_store: Store
) -> None:
    campaign_id = waiting(sqlite_store)
    page = one(open_page, campaign_id, role=Role.MANAGER)
    assert not page.exception
    assert "Awaiting approval" in said(page)
    assert "Requested by Bek" in said(page)
    page.button(key="approve-ask").click().run()
    assert "It has 3 recipients. Once approved, it is sent at once." in said(page)
    assert campaigns.get(sqlite_store, campaign_id).state == CampaignState.AWAITING_APPROVAL
    page.button(key="approve-really").click().run()
    assert not page.exception
    assert campaigns.get(sqlite_store, campaign_id).state == CampaignState.RUNNING
    assert "Approved." in said(page)


def test_it_is_sent_back_with_a_reason_that_the_marketer_reads(open_page: PageFactory, sqlite_store: Store) -> None:
    campaign_id = waiting(sqlite_store)
    page = one(open_page, campaign_id, role=Role.MANAGER)
    page.button(key="refuse-ask").click().run()
    page.button(key="refuse-really").click().run()
    assert "Say what needs to change" in page.error[0].value
    page.button(key="refuse-ask").click().run()
    page.text_area(key="refuse-reason").set_value("Wrong price")
    page.button(key="refuse-really").click().run()
    assert campaigns.get(sqlite_store, campaign_id).code == SENT_BACK
    page = one(open_page, campaign_id, role=Role.MARKETER)
    assert "Wrong price" in page.warning[0].value
    assert "campaign-edit" in keys(page)


def test_the_question_before_it_is_sent_back_can_be_left(open_page: PageFactory, sqlite_store: Store) -> None:
    campaign_id = waiting(sqlite_store)
    page = one(open_page, campaign_id, role=Role.MANAGER)
    page.button(key="refuse-ask").click().run()
    page.button(key="refuse-not-yet").click().run()
    assert not page.exception
    assert "refuse-really" not in keys(page)
    assert campaigns.get(sqlite_store, campaign_id).state == CampaignState.AWAITING_APPROVAL


def test_a_marketer_may_only_take_it_back(open_page: PageFactory, sqlite_store: Store) -> None:
    campaign_id = waiting(sqlite_store)
    page = one(open_page, campaign_id, role=Role.MARKETER)
    assert not {"approve-ask", "refuse-ask"} & keys(page)
    page.button(key="withdraw").click().run()
    assert campaigns.get(sqlite_store, campaign_id).state == CampaignState.DRAFT


def test_an_analyst_decides_nothing(open_page: PageFactory, sqlite_store: Store) -> None:
    page = one(open_page, waiting(sqlite_store), role=Role.ANALYST)
    assert not page.exception
    assert not {"approve-ask", "refuse-ask", "withdraw"} & keys(page)


def test_the_overview_leads_to_what_waits(open_page: PageFactory, sqlite_store: Store) -> None:
    waiting(sqlite_store)
    page = open_page("overview.py", Role.MANAGER).run()
    assert not page.exception
    assert "waits for approval: 3 messages" in said(page)


def test_the_limits_are_set_in_the_settings(
    open_page: PageFactory, sqlite_store: Store, settings: SettingsFactory
) -> None:
    page = open_page("settings.py")
    page.query_params["view"] = "rules"
    page.run()
    page.text_input(key="rules-approve").set_value("10 000")
    page.text_input(key="rules-approve-cost").set_value("500 000,50")
    page.button(key="rules-go").click().run()
    assert not page.exception
    account = gateway_account.account_id(sqlite_store, settings())
    with sqlite_store.reading() as session:
        rules = policy.get(session, account)
    assert (rules.approve_messages, rules.approve_cost) == (10_000, 50_000_050)
    page.text_input(key="rules-approve").set_value("many")
    page.button(key="rules-go").click().run()
    assert "as a number" in page.error[0].value
    with sqlite_store.reading() as session:
        assert policy.get(session, account) == rules


def test_a_dialog_that_was_open_while_the_price_rose_approves_nothing(
    open_page: PageFactory, sqlite_store: Store
) -> None:
    campaign_id = waiting_for_real(sqlite_store)
    page = one(open_page, campaign_id, role=Role.MANAGER)
    page.button(key="approve-ask").click().run()
    assert page.button(key="approve-really").label == "Approve 3 SMS for 285\u00a0so'm"
    price_rules.add(sqlite_store, AZIZA, Decimal(9500), 1)
    page.button(key="approve-really").click().run()
    assert "It has changed since you opened it" in page.error[0].value
    assert "Its messages are being counted" in said(page)
    assert "approve-ask" not in keys(page)
    do_all(sqlite_store)
    page.run()
    page.button(key="approve-ask").click().run()
    assert page.button(key="approve-really").label == "Approve 3 SMS for 28,500\u00a0so'm"
    page.button(key="approve-really").click().run()
    assert campaigns.get(sqlite_store, campaign_id).state == CampaignState.RUNNING


def test_a_campaign_whose_approval_no_longer_holds_says_why(open_page: PageFactory, sqlite_store: Store) -> None:
    campaign_id = waiting_for_real(sqlite_store)
    approval.approve(sqlite_store, Actor("Dildora", Role.MANAGER), campaign_id)
    campaigns.pause(sqlite_store, BEK, campaign_id)
    price_rules.add(sqlite_store, AZIZA, Decimal(9500), 1)
    page = one(open_page, campaign_id, role=Role.MARKETER)
    page.button(key="campaign-resume").click().run()
    assert not page.exception
    assert "It was approved at 285\u00a0so'm, and would now cost 28,500\u00a0so'm." in page.warning[0].value
    assert "Awaiting approval" in said(page)


def test_who_set_the_prices_is_offered_no_approval(open_page: PageFactory, sqlite_store: Store) -> None:
    campaign_id = waiting_for_real(sqlite_store)
    page = one(open_page, campaign_id, role=Role.MANAGER)  # makes the manager who could approve
    assert "approve-ask" in keys(page)
    price_rules.add(sqlite_store, AZIZA, Decimal(95), 1)
    page = one(open_page, campaign_id)
    assert {"approve-ask", "refuse-ask"} & keys(page) == {"refuse-ask"}
    assert "yourself. Another manager or administrator must approve it." in said(page)
