"""A campaign that waits for approval, as each person meets it."""

from streamlit.testing.v1 import AppTest

from getsms_core import accounts, campaigns, policy
from getsms_core.actor import Role
from getsms_core.policy import SENT_BACK
from getsms_core.statuses import CampaignState
from getsms_core.store.engine import Store
from tests.conftest import PageFactory, SettingsFactory
from tests.factories import make_campaign, make_messages
from tests.ui.test_campaigns import one, said


def waiting(store: Store) -> int:
    made = make_campaign(store, "Bahor", "awaiting approval", prepared="ready", messages=3, parts=3, cost=28500,
                         started_by="Bek")  # fmt: skip
    make_messages(store, made, {"queued": 3})
    return made


def keys(page: AppTest) -> set[str]:
    return {str(each.key) for each in page.button}


def test_a_manager_reads_what_it_is_and_approves_it_after_one_question(
    open_page: PageFactory, sqlite_store: Store
) -> None:
    made = waiting(sqlite_store)
    page = one(open_page, made, role=Role.MANAGER)
    assert not page.exception
    assert "It waits for approval" in said(page)
    assert "Bek asked for it" in said(page)
    page.button(key="approve-ask").click().run()
    assert "It goes to 3 people at once." in said(page)
    assert campaigns.get(sqlite_store, made).state == CampaignState.AWAITING_APPROVAL
    page.button(key="approve-really").click().run()
    assert not page.exception
    assert campaigns.get(sqlite_store, made).state == CampaignState.RUNNING
    assert "Approved." in said(page)


def test_it_is_sent_back_with_a_reason_that_the_marketer_reads(open_page: PageFactory, sqlite_store: Store) -> None:
    made = waiting(sqlite_store)
    page = one(open_page, made, role=Role.MANAGER)
    page.button(key="refuse-ask").click().run()
    page.button(key="refuse-really").click().run()
    assert "Write why" in page.error[0].value
    page.button(key="refuse-ask").click().run()
    page.text_area(key="refuse-reason").set_value("Wrong price")
    page.button(key="refuse-really").click().run()
    assert campaigns.get(sqlite_store, made).code == SENT_BACK
    page = one(open_page, made, role=Role.MARKETER)
    assert "Wrong price" in page.warning[0].value
    assert "campaign-edit" in keys(page)


def test_a_marketer_may_only_take_it_back(open_page: PageFactory, sqlite_store: Store) -> None:
    made = waiting(sqlite_store)
    page = one(open_page, made, role=Role.MARKETER)
    assert not {"approve-ask", "refuse-ask"} & keys(page)
    page.button(key="withdraw").click().run()
    assert campaigns.get(sqlite_store, made).state == CampaignState.DRAFT


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
    account = accounts.account_id(sqlite_store, settings())
    with sqlite_store.reading() as session:
        found = policy.get(session, account)
    assert (found.approve_messages, found.approve_cost) == (10_000, 50_000_050)
    page.text_input(key="rules-approve").set_value("many")
    page.button(key="rules-go").click().run()
    assert "as a number" in page.error[0].value
    with sqlite_store.reading() as session:
        assert policy.get(session, account) == found
