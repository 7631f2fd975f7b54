"""The list's columns on the pages: breakdowns, the table of messages, files, what a list and a draft say of them."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from getsms_core.base.permissions import Role
from getsms_core.campaigns import service as campaigns
from getsms_core.campaigns.service import Draft
from getsms_core.contacts import list_columns, lists
from getsms_core.db.engine import Store
from tests.conftest import PageFactory
from tests.engine_support import AZIZA, campaign_of, checked_list, phones, running, settings_for
from tests.ui.folded_tables import open_tables

CITIES = ["Toshkent", "Samarqand", "Toshkent", ""]
NAMES = ["Ali", "Vali", "Gani", "Olim"]


@pytest.fixture
def campaign(sqlite_store: Store) -> int:
    """A campaign of four messages, counted by city, to a list with a personal column."""
    campaign_id = running(sqlite_store, 4, fields={"Shahar": CITIES, "Ism": NAMES}, cuts=("Shahar",))
    list_columns.describe(
        sqlite_store, AZIZA, int(campaign_of(sqlite_store, campaign_id).list_id or 0), personal=["Ism"]
    )
    return campaign_id


def test_analytics_breaks_down_by_a_column_and_hides_personal_ones(open_page: PageFactory, campaign: int) -> None:
    for role, hidden in ((Role.ADMINISTRATOR, False), (Role.MANAGER, True)):
        page = open_page("analytics.py", role)
        page.query_params["view"] = "by"
        page.query_params["period"] = "all"
        page.run()
        assert not page.exception
        box = page.selectbox(key="by")
        assert box.value == "column:Shahar"
        assert ("Ism" in box.options) is not hidden
        shown = open_tables(page).dataframe[0].value
        assert dict(zip(shown["Value"], shown["Sent"], strict=True)) == {"Toshkent": 0, "Samarqand": 0, "Empty cell": 0}
        for by in ("list", "author", "category", "variant", "range", "sender", "day"):
            box.set_value(by).run()
            assert not page.exception, by


def test_the_table_of_messages_shows_the_chosen_columns_and_remembers_them(
    open_page: PageFactory, campaign: int
) -> None:
    for run in range(2):
        page = open_page("campaigns.py", Role.ADMINISTRATOR)
        page.query_params["id"] = str(campaign)
        page.query_params["view"] = "messages"
        page.run()
        assert not page.exception
        columns = page.multiselect(key=f"messages-columns-{campaign}")
        if run == 0:
            columns.set_value(["column:Shahar", "response"]).run()
        table = next(frame.value for frame in page.dataframe if "Shahar" in frame.value)
        assert table["Shahar"].tolist() == CITIES
        assert table["Response"].tolist() == ["no"] * 4
    page.selectbox(key=f"messages-column-{campaign}").set_value("column:Shahar").run()
    page.selectbox(key=f"messages-value-{campaign}-column:Shahar").set_value("Toshkent").run()
    assert not page.exception
    table = next(frame.value for frame in page.dataframe if "Shahar" in frame.value)
    assert table["Row"].tolist() == [2, 4]


def test_a_shared_link_opens_the_messages_of_a_column_and_never_more(open_page: PageFactory, campaign: int) -> None:
    def opened(role: Role, **address: str) -> AppTest:
        page = open_page("campaigns.py", role)
        for name, value in {"id": str(campaign), "view": "messages", **address}.items():
            page.query_params[name] = value
        return page.run()

    page = opened(Role.ADMINISTRATOR)
    page.selectbox(key=f"messages-column-{campaign}").set_value("column:Shahar").run()
    assert page.query_params["column"] == "column:Shahar"
    page.selectbox(key=f"messages-value-{campaign}-column:Shahar").set_value("Samarqand").run()
    address = {name: str(page.query_params[name]) for name in ("column", "value")}
    page.selectbox(key=f"messages-column-{campaign}").set_value("column:Ism").run()
    assert "value" not in page.query_params  # it belonged to the other column
    assert len(page.dataframe[0].value) == 4
    shared = opened(Role.MANAGER, **address)
    assert not shared.exception
    assert shared.dataframe[0].value["Row"].tolist() == [3]
    assert opened(Role.MANAGER, column="column:Shahar", value="Xiva").info  # nobody
    for wrong in ({"column": "column:Ism", "value": "Ali"}, {"column": "column:Yoq", "value": "a"}):
        refused = opened(Role.MANAGER, **wrong)
        assert refused.error
        assert not refused.dataframe
        refused.button(key="messages-all").click().run()
        assert len(refused.dataframe[0].value) == 4


def test_a_draft_is_counted_by_columns_that_fit_and_others_are_refused(
    open_page: PageFactory, sqlite_store: Store
) -> None:
    too_many = [f"{i}" for i in range(201)]
    list_id = checked_list(sqlite_store, phones(201), Shahar=["Toshkent", *["Buxoro"] * 200], Mijoz=too_many)
    campaign_id = campaigns.create(sqlite_store, AZIZA, settings_for(), Draft("Qoralama", "Salom", list_id))
    page = open_page("new_campaign.py", Role.ADMINISTRATOR)
    page.query_params["campaign"], page.query_params["step"] = str(campaign_id), "check"
    page.run()
    assert not page.exception
    key = f"wizard-cuts-{campaign_id}-{list_id}"
    page.multiselect(key=key).set_value(["Shahar"]).run()
    assert campaign_of(sqlite_store, campaign_id).cuts == ["Shahar"]
    page.multiselect(key=key).set_value(["Shahar", "Mijoz"]).run()
    assert any("201" in error.value for error in page.error)
    assert campaign_of(sqlite_store, campaign_id).cuts == ["Shahar"]
    page.selectbox(key=f"list-key-{list_id}").set_value("Mijoz").run()
    assert lists.get(sqlite_store, list_id).key_column == "Mijoz"


def test_the_check_says_which_columns_became_personal_because_of_their_phones(
    open_page: PageFactory, sqlite_store: Store, tmp_path: Path
) -> None:
    path = tmp_path / "mijozlar.csv"
    path.write_text("Telefon;Kuryer *tel*\n998901234567;90 765-43-21\n", "utf-8")
    list_id = lists.add_file(sqlite_store, AZIZA, path, "Mijozlar", lists.Options())
    campaign_id = campaigns.create(sqlite_store, AZIZA, settings_for(), Draft("Qoralama", "Salom", list_id))
    page = open_page("new_campaign.py", Role.ADMINISTRATOR)
    page.query_params["campaign"], page.query_params["step"] = str(campaign_id), "check"
    page.run()
    assert not page.exception
    said = [caption.value for caption in page.caption if "Columns with phone numbers" in caption.value]
    assert len(said) == 1
    assert "tel" in said[0]
    page.multiselect(key=f"list-personal-{list_id}").set_value([]).run()
    assert not any("Columns with phone numbers" in caption.value for caption in page.caption)
