"""The choice of exclusions in the check, and the list of people on a campaign's page."""

from typing import Any

from streamlit.testing.v1 import AppTest

from getsms_core.base.permissions import Role
from getsms_core.campaigns import service as campaigns
from getsms_core.campaigns.exclusions import Exclusions
from getsms_core.contacts import lists
from getsms_core.db.engine import Store
from tests.conftest import PageFactory, SettingsFactory
from tests.engine_support import AZIZA, campaign_of, checked_list, phones
from tests.factories import make_campaign, make_list, make_messages


def said(page: AppTest) -> str:
    kinds = (page.header, page.caption, page.error, page.success)
    return "\n".join(str(element.value) for kind in kinds for element in kind)


def test_the_check_excludes_a_list_and_shows_how_many_it_leaves_out(
    open_page: PageFactory, sqlite_store: Store, settings: SettingsFactory
) -> None:
    other, own = checked_list(sqlite_store, phones(2)), checked_list(sqlite_store, phones(5))
    campaign_id = campaigns.create(sqlite_store, AZIZA, settings(), campaigns.Draft("Sale", "Salom", own))
    page: Any = open_page("new_campaign.py")
    page.query_params["campaign"], page.query_params["step"] = str(campaign_id), "check"
    page.run()
    assert not page.exception
    assert "5 numbers will get the SMS" in said(page)
    page.multiselect(key=f"exclude-lists-{campaign_id}").select(other).run()
    assert not page.exception
    stored = Exclusions.from_stored(campaign_of(sqlite_store, campaign_id).exclusions)
    assert stored == Exclusions(lists=(other,))
    assert "3 numbers will get the SMS" in said(page)
    assert "In an excluded list: 2" in said(page)
    sent = make_campaign(sqlite_store, "Sent", list_id=other)
    page.run()
    page.multiselect(key=f"exclude-lists-{campaign_id}").unselect(other).run()
    page.multiselect(key=f"exclude-new-since-{campaign_id}").select(sent).run()
    assert not page.exception
    assert Exclusions.from_stored(campaign_of(sqlite_store, campaign_id).exclusions) == Exclusions(new_since=(sent,))
    assert "Got an excluded campaign, or not new since one: 2" in said(page)
    page.text_input(key=f"exclude-days-{campaign_id}").set_value("7").run()
    assert campaign_of(sqlite_store, campaign_id).exclusions["days"] == 7
    for unreadable in ("1,5", "3651", "1.000", ""):
        page.text_input(key=f"exclude-days-{campaign_id}").set_value(unreadable).run()
        assert not page.exception
        assert campaign_of(sqlite_store, campaign_id).exclusions["days"] == 7
        assert page.button(key="wizard-on").disabled
    page.text_input(key=f"exclude-days-{campaign_id}").set_value("0").run()
    assert campaign_of(sqlite_store, campaign_id).exclusions["days"] is None
    assert not page.button(key="wizard-on").disabled


def test_a_campaign_page_makes_a_list_of_those_not_reached(open_page: PageFactory, sqlite_store: Store) -> None:
    campaign_id = make_campaign(sqlite_store, "Bahor")
    make_messages(sqlite_store, campaign_id, {"delivered": 2, "undelivered": 2, "uncertain": 1})
    page = open_page("frame.py")
    page.run().switch_page("campaigns.py")
    page.query_params["id"], page.query_params["view"] = str(campaign_id), "messages"
    page.run()
    for _double_click in range(2):
        page.button(key=f"people-{campaign_id}-go").click().run()
        assert not page.exception
    [new] = lists.all_lists(sqlite_store)
    assert (new.counts.accepted, new.name) == (2, "Bahor")
    assert "A list of 2 recipients is made." in said(page)


def test_an_analyst_makes_no_list(open_page: PageFactory, sqlite_store: Store) -> None:
    campaign_id = make_campaign(sqlite_store, "Bahor", list_id=make_list(sqlite_store, 2))
    make_messages(sqlite_store, campaign_id, {"undelivered": 2})
    page = open_page("campaigns.py", Role.ANALYST)
    page.query_params["id"], page.query_params["view"] = str(campaign_id), "messages"
    page.run()
    assert not page.exception
    assert not [element for element in page.button if str(element.key).startswith("people-")]
