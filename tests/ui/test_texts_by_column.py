"""Texts by column in the wizard and on the campaign's page."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import col

from getsms_core.base.permissions import Actor
from getsms_core.campaigns import service as campaigns
from getsms_core.campaigns.service import Draft
from getsms_core.db.engine import Store
from getsms_core.db.models import Campaign
from getsms_core.messages.variants import Variant
from tests.conftest import PageFactory, SettingsFactory
from tests.engine_support import Engine, messages_of, running
from tests.ui.test_campaigns import one
from tests.ui.test_new_campaign import Wizard, html, said, texts

ROWS = (
    "Ism;Telefon;Til\nAziza;998901234567;uz\nBek;998901234568;UZ\nLola;998901234569;ru\nAnn;998901234570;en\n"
    "Kim;998901234571;*kaa*\n"
)
UZ, RU = Variant("Salom {Ism}", value="uz"), Variant("Привет {Ism}", value="ru")


@pytest.fixture
def wizard(
    open_page: PageFactory, sqlite_store: Store, actor: Actor, settings: SettingsFactory, tmp_path: Path
) -> Wizard:
    return Wizard(open_page, sqlite_store, actor, settings(), tmp_path)


def by_column(wizard: Wizard, *by_value: Variant, column: str = "Til") -> int:
    campaign_id = wizard.draft("Hello {Ism}", ROWS)
    wizard.checked(campaign_id)
    content = Draft.of(campaigns.get(wizard.store, campaign_id))
    campaigns.change(wizard.store, wizard.actor, campaign_id, replace(content, text_column=column, variants=by_value))
    return campaign_id


def content(wizard: Wizard, made: int) -> tuple[str, tuple[Variant, ...]]:
    draft = Draft.of(campaigns.get(wizard.store, made))
    return draft.text_column, draft.variants


def test_a_column_and_its_values_are_chosen_and_each_text_must_be_written(wizard: Wizard) -> None:
    campaign_id = wizard.draft("Hello {Ism}", ROWS)
    page = wizard.at(campaign_id, "text")
    page.segmented_control(key=f"text-kind-{campaign_id}").set_value("column").run()
    assert not page.exception
    assert page.button(key="wizard-on").disabled
    page.selectbox(key=f"text-column-{campaign_id}").set_value("Til").run()
    values = page.multiselect(key=f"text-values-{campaign_id}-Til")
    assert values.options == ["uz · 2", "ru · 1", "en · 1", "*kaa* · 1"]
    values.set_value(["uz", "ru"]).run()
    assert not page.exception
    assert content(wizard, campaign_id) == ("Til", (Variant("", value="uz"), Variant("", value="ru")))
    assert "The text for uz is empty. Write it, or remove the value." in said(page)
    assert page.button(key="wizard-on").disabled
    page.multiselect(key=f"text-values-{campaign_id}-Til").set_value(["ru"]).run()
    assert content(wizard, campaign_id) == ("Til", (Variant("", value="ru"),))


def test_another_kind_takes_the_texts_away_and_the_earlier_one_brings_them_back(wizard: Wizard) -> None:
    campaign_id = by_column(wizard, UZ, RU)
    page = wizard.at(campaign_id, "text")
    page.segmented_control(key=f"text-kind-{campaign_id}").set_value("one").run()
    assert content(wizard, campaign_id) == ("", ())
    page.segmented_control(key=f"text-kind-{campaign_id}").set_value("ab").run()
    assert content(wizard, campaign_id) == ("", (Variant("Hello {Ism}", 50),))
    page.segmented_control(key=f"text-kind-{campaign_id}").set_value("column").run()
    assert content(wizard, campaign_id) == ("Til", (UZ, RU))
    assert not page.exception
    assert not page.button(key="wizard-on").disabled


def test_the_text_step_counts_the_values_without_a_text_and_prices_all_texts(wizard: Wizard) -> None:
    campaign_id = by_column(wizard, UZ, RU, Variant("Salem", value="kz"))
    page = wizard.at(campaign_id, "text")
    assert not page.exception
    shown = said(page)
    assert "The fallback text goes to 2 recipients with 2 other values (en, \\*kaa\\*)." in shown
    assert "No recipient has the value kz in the column Til" in shown
    assert "**Text for uz** · 2 recipients" in shown
    assert "2 recipients, 2 SMS" in shown
    assert page.metric[-5].value == "5"
    assert not page.button(key="wizard-on").disabled


def test_a_column_that_the_list_does_not_have_is_named_and_can_be_replaced(wizard: Wizard) -> None:
    campaign_id = by_column(wizard, UZ, column="Tili")
    page = wizard.at(campaign_id, "text")
    assert not page.exception
    assert "The list has no column Tili to choose the text by." in said(page)
    assert page.button(key="wizard-on").disabled
    page.selectbox(key=f"text-column-{campaign_id}").set_value("Til").run()
    assert content(wizard, campaign_id) == ("Til", ())
    assert "The list has no column" not in said(page)


def test_preview_summary_and_test_have_each_text(wizard: Wizard) -> None:
    campaign_id = by_column(wizard, UZ, RU)
    page = wizard.at(campaign_id, "preview")
    page.segmented_control(key=f"preview-which-{campaign_id}").set_value("text").run()
    for text, message in ((0, "Hello Ann"), (1, "Salom Aziza"), (2, "Привет Lola")):
        page.selectbox(key=f"preview-text-{campaign_id}").set_value(text).run()
        assert not page.exception
        assert message in html(page)
    page = wizard.at(campaign_id, "send", framed=True)
    assert not page.exception
    assert "2 recipients, 2 SMS" in texts(page)
    page.selectbox(key=f"test-text-{campaign_id}").set_value(2).run()
    assert page.text_input(key=f"test-row-{campaign_id}-2").value == "4"
    page.text_input(key="test-phone").set_value("907654321")
    page.button(key="test-send").click().run()
    assert not page.exception
    with wizard.store.reading() as session:
        test = session.scalar(sa.select(Campaign).where(col(Campaign.is_test)))
    assert test is not None
    assert test.text == "Привет {Ism}"


def test_page_and_messages_agree_row_by_row(wizard: Wizard) -> None:
    campaign_id = by_column(wizard, UZ, RU)
    campaigns.prepare(wizard.store, campaign_id)
    for message in messages_of(wizard.store, campaign_id):
        page = wizard.at(campaign_id, "preview")
        page.segmented_control(key=f"preview-which-{campaign_id}").set_value("row").run()
        page.text_input(key=f"preview-row-{campaign_id}").set_value(str(message.row)).run()
        assert message.text in html(page)


def test_the_results_stand_side_by_side_without_a_verdict(open_page: PageFactory, sqlite_store: Store) -> None:
    further: dict[str, Any] = {"variants": (Variant("Salom", value="*uz*"),), "text_column": "til"}
    campaign_id = running(sqlite_store, 3, text="Hello", fields={"til": ["*uz*", "*uz*", "en"]}, **further)
    Engine(sqlite_store).send()
    page = one(open_page, campaign_id, "variants")
    assert not page.exception
    assert list(page.dataframe[0].value["Text"]) == ["*uz*", "Fallback text"]
    assert list(page.dataframe[0].value["Sent"]) == [2, 1]
    assert "Share" not in page.dataframe[0].value
    assert "The column til decided who got which text." in said(page)
    assert "Text for \\*uz\\*" in [expander.label for expander in page.expander]
    assert not [text for text in page.markdown if "science" in str(text.value)]
