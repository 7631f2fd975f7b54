"""The page of a campaign of several texts."""

from getsms_core import reports
from getsms_core.base.permissions import Role
from getsms_core.db.engine import Store
from getsms_core.messages.variants import Variant
from tests.conftest import PageFactory
from tests.engine_support import Engine, messages_of, running
from tests.ui.test_campaigns import one, said


def sent(store: Store) -> int:
    campaign_id = running(store, 120, variants=(Variant("Xayr", 50),))
    Engine(store).send(want=2)
    return campaign_id


def test_the_texts_stand_side_by_side_with_what_can_be_said(open_page: PageFactory, sqlite_store: Store) -> None:
    page = one(open_page, sent(sqlite_store), "variants")
    assert not page.exception
    assert "Too early to say" in said(page)
    assert list(page.dataframe[0].value["Text"]) == ["A", "B"]
    assert list(page.dataframe[0].value["Sent"]) == [60, 60]


def test_who_responded_is_typed_and_counted(open_page: PageFactory, sqlite_store: Store) -> None:
    campaign_id = sent(sqlite_store)
    phones = [message.phone for message in messages_of(sqlite_store, campaign_id)][:3]
    page = one(open_page, campaign_id, "variants")
    page.text_area(key="responses-typed").set_value("\n".join(map(str, [*phones, 998977777777])))
    page.button(key="responses-go").click().run()
    assert not page.exception
    assert "3 recipients responded. 1 number is not a recipient of this campaign." in said(page)
    results = reports.experiment(sqlite_store, campaign_id)
    assert results
    assert sum(row.responses for row in results.rows) == 3
    page.button(key="responses-go").click().run()
    assert "no phone number" in page.error[0].value


def test_an_analyst_compares_and_changes_nothing(open_page: PageFactory, sqlite_store: Store) -> None:
    page = one(open_page, sent(sqlite_store), "variants", Role.ANALYST)
    assert not page.exception
    assert not [element for element in page.button if element.key == "responses-go"]


def test_a_campaign_of_one_text_has_no_such_view(open_page: PageFactory, sqlite_store: Store) -> None:
    page = one(open_page, running(sqlite_store, 3))
    assert "variants" not in page.segmented_control(key="view").options
