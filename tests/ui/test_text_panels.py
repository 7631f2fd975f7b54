"""The panels about a text: templates, scripts, checks, predicted against billed."""

import time

import pytest
from streamlit.testing.v1 import AppTest

from getsms_core import campaigns, templates
from getsms_core.actor import Actor, Role
from getsms_core.campaigns import Draft
from getsms_core.store.engine import Store
from getsms_core.templates import Wording
from tests.conftest import PageFactory
from tests.engine_support import checked_list, phones, settings_for
from tests.factories import make_campaign

AZIZA = Actor("Aziza", Role.ADMINISTRATOR)
CYRILLIC = "Ҳурматли {ism|мижоз}! Ўзбекистон бўйлаб чегирма. " + "Келинг! " * 10
TEXT = "Hurmatli {ism|mijoz}! Buyurtmangiz yo'lda."
SCRIPTS = ("cyrillic", "latin", "reformed", "ascii")


def _draft(store: Store, text: str, **draft: object) -> int:
    listed = checked_list(store, phones(3), ism=["Aziza", "", "Bobur"])
    return campaigns.create(store, AZIZA, settings_for(), Draft("Aksiya", text, listed, **draft))  # type: ignore[arg-type]


def _step(open_page: PageFactory, campaign_id: int, **overrides: str) -> AppTest:
    page = open_page("new_campaign.py", Role.ADMINISTRATOR, "en", **overrides)
    page.query_params["campaign"] = str(campaign_id)
    page.query_params["step"] = "text"
    return page.run()


def _said(page: AppTest) -> str:
    return "\n".join(one.value for one in [*page.markdown, *page.caption, *page.warning, *page.error])


def _approved(store: Store, text: str = TEXT, category: str = "service") -> int:
    made = templates.create(store, AZIZA, Wording("Buyurtma", text, category))
    templates.submit(store, AZIZA, made)
    templates.approve(store, AZIZA, made)
    return made


# ------------------------------------------------------------------------------------------------------------- scripts


def test_a_text_without_letters_has_no_scripts(open_page: PageFactory, sqlite_store: Store) -> None:
    made = _draft(sqlite_store, "12345 !")
    page = _step(open_page, made)
    assert not page.exception
    assert [one for one in page.toggle if one.key == f"scripts-{made}"] == []


def test_the_scripts_stand_side_by_side_and_one_click_takes_one(open_page: PageFactory, sqlite_store: Store) -> None:
    made = _draft(sqlite_store, CYRILLIC)
    page = _step(open_page, made)
    page.toggle(key=f"scripts-{made}").set_value(True).run()
    assert not page.exception
    buttons = {script: page.button(key=f"script-take-{script}") for script in SCRIPTS}
    assert [script for script, button in buttons.items() if button.disabled] == ["cyrillic"]
    # Cyrillic: 3 people x 2 parts; ASCII Latin: one part each
    assert "saves 285 so'm" in buttons["ascii"].label
    assert "6 SMS for 570 so'm" in _said(page)
    assert "3 SMS for 285 so'm" in _said(page)
    page = buttons["ascii"].click().run()
    assert not page.exception
    taken = campaigns.get(sqlite_store, made).text
    assert taken.startswith("Hurmatli {ism|mijoz}! O'zbekiston bo'ylab chegirma.")
    page = page.button(key="script-undo").click().run()
    assert campaigns.get(sqlite_store, made).text == CYRILLIC


def test_what_should_be_looked_at_in_a_script_is_named(open_page: PageFactory, sqlite_store: Store) -> None:
    made = _draft(sqlite_store, "Салом! Скидка 50% для всех наших клиентов. Ўзбекистон")
    page = _step(open_page, made)
    page.toggle(key=f"scripts-{made}").set_value(True).run()
    assert "This looks Russian and was left as it is." in _said(page)


# -------------------------------------------------------------------------------------------------------------- checks


def test_a_text_with_nothing_wrong_is_left_alone(open_page: PageFactory, sqlite_store: Store) -> None:
    page = _step(open_page, _draft(sqlite_store, TEXT), opt_out_hint="STOP 1234")
    assert not page.exception
    assert not page.warning


def test_advertising_without_the_opt_out_words_is_remarked(open_page: PageFactory, sqlite_store: Store) -> None:
    made = _draft(sqlite_store, TEXT, category="advertising")
    assert not _step(open_page, made).warning
    assert "STOP 1234" in _step(open_page, made, opt_out_hint="STOP 1234").warning[0].value


def test_a_remark_shows_its_place(open_page: PageFactory, sqlite_store: Store) -> None:
    page = _step(open_page, _draft(sqlite_store, "Bugun bizda katta  aksiya: bit.ly/abc, keling hammangiz"))
    assert r"bizda katta␣␣aksiya" in _said(page)
    assert "hides where the link leads" in _said(page)


def test_the_same_text_to_the_same_list_is_remarked(open_page: PageFactory, sqlite_store: Store) -> None:
    made = _draft(sqlite_store, TEXT)
    listed = campaigns.get(sqlite_store, made).list_id
    assert "Do they need it twice?" not in _said(_step(open_page, made))
    now = int(time.time() * 1000)
    make_campaign(sqlite_store, "Kecha", list_id=listed, text=TEXT, started_at=now - 20 * 3_600_000)
    page = _step(open_page, made)
    assert "**Kecha**" in _said(page)
    assert "Do they need it twice?" in _said(page)


# ----------------------------------------------------------------------------------------------------------- templates


def test_a_campaign_begins_with_an_approved_template(open_page: PageFactory, sqlite_store: Store) -> None:
    saved = _approved(sqlite_store, category="advertising")
    made = _draft(sqlite_store, "")
    page = _step(open_page, made)
    page.selectbox(key=f"template-{made}").select(saved).run()
    assert not page.exception
    found = campaigns.get(sqlite_store, made)
    assert (found.text, found.category, found.template_id) == (TEXT, "advertising", saved)
    assert page.selectbox(key=f"draft-category-{made}").value == "advertising"
    assert "Built on the template **Buyurtma**, version 1" in _said(page)
    assert not page.error


def test_a_text_that_is_not_the_approved_one_is_said_before_it_is_sent(
    open_page: PageFactory, sqlite_store: Store
) -> None:
    saved = _approved(sqlite_store)
    made = _draft(sqlite_store, TEXT + " Yana!", template_id=saved)
    page = _step(open_page, made)
    assert "3 messages are not the approved text" in page.error[0].value
    assert page.code[0].value == "Hurmatli Aziza! Buyurtmangiz yo'lda. Yana!"
    page = page.button(key="template-back").click().run()
    assert not page.error
    assert campaigns.get(sqlite_store, made).text == TEXT


def test_a_template_can_be_let_go(open_page: PageFactory, sqlite_store: Store) -> None:
    made = _draft(sqlite_store, TEXT + " Yana!", template_id=_approved(sqlite_store))
    page = _step(open_page, made).button(key="template-drop").click().run()
    assert not page.error
    assert campaigns.get(sqlite_store, made).template_id is None


@pytest.mark.parametrize("language", ["uz", "ru"])
def test_the_panels_open_in_every_language(open_page: PageFactory, sqlite_store: Store, language: str) -> None:
    made = _draft(sqlite_store, CYRILLIC, template_id=_approved(sqlite_store))
    page = open_page("new_campaign.py", language=language)
    page.query_params["campaign"], page.query_params["step"] = str(made), "text"
    page.run()
    page.toggle(key=f"scripts-{made}").set_value(True).run()
    assert not page.exception
