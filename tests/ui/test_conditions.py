"""Who of a list gets it, chosen on the pages: row by row, as text, by a segment, with the count after each change."""

import re
from dataclasses import replace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from getsms_core.base.permissions import Actor, Role
from getsms_core.base.settings import Settings
from getsms_core.campaigns import service as campaigns
from getsms_core.contacts import list_columns, lists, segments
from getsms_core.contacts.conditions import parse, to_json, to_text
from getsms_core.contacts.lists import Options
from getsms_core.db.engine import Store
from tests.conftest import PageFactory, SettingsFactory
from tests.engine_support import campaign_of

ROWS = (
    "Ism;Telefon;Shahar;Yosh\n"
    "Ali;901234501;Fargʻona;25\nVali;901234502;farg'ona;-\nLola;901234503;Toshkent;40\nNodira;901234504;;19\n"
)


class Wizard:
    """Opens the List step of a draft and the page of a list."""

    def __init__(self, open_page: PageFactory, store: Store, actor: Actor, settings: Settings) -> None:
        self._open, self.store, self.actor = open_page, store, actor
        parts = lists.iter_parts(ROWS.encode())
        self.list_id = lists.upload(store, actor, "Mijozlar", "list.csv", parts, Options(phone_column="Telefon"))
        lists.check_uploaded_list(store, self.list_id)
        draft = campaigns.Draft("Sale", "Salom {Ism}", self.list_id)
        self.campaign_id = campaigns.create(store, actor, settings, draft)

    def open(self) -> AppTest:
        page = self._open("new_campaign.py")
        page.query_params["campaign"] = str(self.campaign_id)
        page.query_params["step"] = "list"
        return page.run()

    def open_list(self) -> AppTest:
        page = self._open("lists.py")
        page.query_params["view"] = "lists"
        page.query_params["list"] = str(self.list_id)
        return page.run()

    @property
    def condition(self) -> str:
        return campaign_of(self.store, self.campaign_id).condition


@pytest.fixture
def wizard(open_page: PageFactory, sqlite_store: Store, actor: Actor, settings: SettingsFactory) -> Wizard:
    return Wizard(open_page, sqlite_store, actor, settings())


def widget(page: AppTest, kind: str, name: str, at: int = 0) -> Any:
    """The widget of a kind in the editor: keys are condition-SCOPE-TURN-NAME-ID."""
    pattern = re.compile(rf"condition-(wizard|list)-[0-9]+-[0-9]+-{name}(-[0-9]+)?")
    return [element for element in page.get(kind) if pattern.fullmatch(str(element.key))][at]


def shown(page: AppTest) -> str:
    """Every text on the page."""
    kinds = (page.header, page.markdown, page.caption, page.error, page.success)
    return "\n".join(str(element.value) for kind in kinds for element in kind).replace("\\", "")


def chosen_names(page: AppTest) -> list[str]:
    """The names in the table of the first chosen rows."""
    return list(page.dataframe[-1].value["Ism"])


def test_a_condition_that_cannot_be_used_is_named_and_the_last_good_one_stays(wizard: Wizard) -> None:
    page = wizard.open()
    widget(page, "segmented_control", "mode").set_value("text").run()
    widget(page, "text_area", "text").set_value("Shahar = Toshkent").run()
    assert wizard.condition == to_json(parse("Shahar = Toshkent"))
    widget(page, "text_area", "text").set_value("Shahr = Toshkent").run()
    assert not page.exception
    assert "at character 1: there is no column “Shahr”" in shown(page)
    assert page.button(key="wizard-on").disabled
    assert wizard.condition == to_json(parse("Shahar = Toshkent"))
    widget(page, "text_area", "text").set_value("").run()
    assert wizard.condition == ""
    assert "4 of 4 recipients are chosen" in shown(page)


def test_each_change_of_a_row_shows_the_count_and_the_rows_and_is_kept_with_the_draft(wizard: Wizard) -> None:
    page = wizard.open()
    assert "4 of 4 recipients are chosen" in shown(page)
    widget(page, "selectbox", "column").set_value("Shahar").run()
    assert wizard.condition == ""
    widget(page, "text_input", "value").set_value("FARG'ONA").run()
    assert "2 of 4 recipients are chosen" in shown(page)
    assert chosen_names(page) == ["Ali", "Vali"]
    widget(page, "button", "add").click().run()
    widget(page, "selectbox", "column", 1).set_value("Yosh").run()
    widget(page, "selectbox", "operator", 1).set_value("at-least").run()
    widget(page, "text_input", "value", 1).set_value("20").run()
    assert not page.exception
    assert chosen_names(page) == ["Ali"]
    assert "1 cell of “Yosh” is not a number" in shown(page)
    assert wizard.condition == to_json(parse("Shahar = FARG'ONA and Yosh >= 20"))
    widget(page, "button", "remove", 0).click().run()
    assert wizard.condition == to_json(parse("Yosh >= 20"))
    campaigns.prepare(wizard.store, wizard.campaign_id)
    assert campaign_of(wizard.store, wizard.campaign_id).messages == 2


def test_a_condition_of_the_draft_is_shown_again_in_groups(wizard: Wizard) -> None:
    where = "(Shahar = Toshkent or Shahar = '') and not (Yosh > 30 and Ism = lola)"
    draft = replace(campaigns.Draft.of(campaign_of(wizard.store, wizard.campaign_id)), condition=to_json(parse(where)))
    campaigns.change(wizard.store, wizard.actor, wizard.campaign_id, draft)
    page = wizard.open()
    assert chosen_names(page) == ["Nodira"]
    widget(page, "segmented_control", "mode").set_value("text").run()
    assert widget(page, "text_area", "text").value == where
    page.query_params["step"] = "check"
    page.run()
    assert not page.exception
    assert "1 number will get the SMS" in shown(page)
    assert "The condition does not choose 3 good numbers." in shown(page)


def test_a_segment_is_saved_on_one_list_and_used_on_another_page(wizard: Wizard) -> None:
    page = wizard.open()
    widget(page, "segmented_control", "mode").set_value("text").run()
    widget(page, "text_area", "text").set_value("Yosh >= 20 and not Shahar = ''").run()
    widget(page, "text_input", "segment-name").set_value("Adults").run()
    widget(page, "button", "segment-save").click().run()
    assert "The segment is saved." in shown(page)
    [segment] = segments.all_segments(wizard.store)
    assert to_text(segments.condition_of(segment)) == "Yosh >= 20 and not Shahar = ''"
    page = wizard.open_list()
    widget(page, "selectbox", "segment").set_value("Adults").run()
    assert not page.exception
    assert "2 of 4 recipients are chosen" in shown(page)
    widget(page, "text_input", "new-name").set_value("Grown-up").run()
    widget(page, "button", "keep").click().run()
    newest = lists.all_lists(wizard.store)[0]
    assert (newest.name, newest.counts.accepted) == ("Grown-up", 2)
    assert "The chosen rows are kept as a list of their own." in shown(page)


def test_pasted_values_choose_the_phones_however_they_are_written(wizard: Wizard) -> None:
    page = wizard.open_list()
    widget(page, "selectbox", "column").set_value("Telefon").run()
    widget(page, "selectbox", "operator").set_value("in").run()
    widget(page, "text_area", "value").set_value("+998 90 123-45-01\n90 123 45 04\n12").run()
    assert chosen_names(page) == ["Ali", "Nodira"]


def test_the_page_of_a_campaign_says_whom_it_goes_to(open_page: PageFactory, wizard: Wizard) -> None:
    before = campaigns.Draft.of(campaign_of(wizard.store, wizard.campaign_id))
    draft = replace(before, condition=to_json(parse("Shahar = Toshkent")))
    campaigns.change(wizard.store, wizard.actor, wizard.campaign_id, draft)
    campaigns.start(wizard.store, wizard.actor, wizard.campaign_id)
    campaigns.prepare(wizard.store, wizard.campaign_id)
    page = open_page("campaigns.py")
    page.query_params["id"] = str(wizard.campaign_id)
    page.run()
    assert not page.exception
    assert "Only recipients for whom this holds: “Shahar” is “Toshkent”. 3 recipients of the list" in shown(page)
    assert "because its text is empty" not in shown(page)


def test_who_sees_masked_numbers_sees_none_in_a_condition(open_page: PageFactory, wizard: Wizard) -> None:
    before = campaigns.Draft.of(campaign_of(wizard.store, wizard.campaign_id))
    condition = "telefon in (998901234501, 998901234504) or not Telefon starts 99890 or Ism = Ali or Shahar = Toshkent"
    condition += " or Shahar = '90 765-43-21'"
    draft = replace(before, condition=to_json(parse(condition)))
    campaigns.change(wizard.store, wizard.actor, wizard.campaign_id, draft)
    list_columns.describe(wizard.store, wizard.actor, int(before.list_id or 0), personal=["Ism"])
    for role, seen in ((Role.ANALYST, False), (Role.MANAGER, False), (Role.MARKETER, True)):
        page = open_page("campaigns.py", role)
        page.query_params["id"] = str(wizard.campaign_id)
        page.run()
        assert not page.exception
        assert "“Shahar” is “Toshkent”" in shown(page)
        assert ("998901234501" in shown(page)) == seen
        assert ("99890" in shown(page)) == seen
        assert ("90 765-43-21" in shown(page)) == seen
        assert ("“Ism” is “Ali”" in shown(page)) == seen
        assert ("“telefon” is one of 2 values: *****" in shown(page)) != seen
