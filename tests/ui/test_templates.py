"""The templates page: writing, asking, judging by role, and a campaign begun with an approved text."""

import pytest
from streamlit.testing.v1 import AppTest

from getsms_core.base.permissions import Actor, Role
from getsms_core.campaigns import service as campaigns
from getsms_core.campaigns import templates
from getsms_core.campaigns.templates import Wording
from getsms_core.db.engine import Store
from tests.conftest import PageFactory

MALIKA, BOTIR = Actor("Malika", Role.MARKETER), Actor("Botir", Role.MANAGER)
TEXT = "Hurmatli {ism|mijoz}! Buyurtmangiz yo'lda."


def _keys(page: AppTest) -> set[str]:
    return {button.key for button in page.button if button.key}


def _said(page: AppTest) -> str:
    return "\n".join(text.value for text in [*page.markdown, *page.caption])


def _saved(store: Store, state: str = "draft", name: str = "Buyurtma") -> int:
    template_id = templates.create(store, MALIKA, Wording(name, TEXT))
    if state != "draft":
        templates.submit(store, MALIKA, template_id)
    if state == "approved":
        templates.approve(store, BOTIR, template_id)
    if state == "refused":
        templates.refuse(store, BOTIR, template_id, "Narxi *qani*?")
    return template_id


def _click(page: AppTest, key: str) -> AppTest:
    return page.button(key=key).click().run()


def test_an_empty_page_says_what_a_template_is_and_begins_one(open_page: PageFactory, sqlite_store: Store) -> None:
    page = _click(open_page("templates.py", Role.MARKETER).run(), "template-new")
    assert not page.exception
    page.text_input(key="template-0-name").set_value("Buyurtma")
    page.text_area(key="template-0-text").set_value("Salom {")
    page = _click(page, "template-save")
    assert "no closing brace" in page.error[0].value
    assert templates.latest(sqlite_store) == []
    page.text_area(key="template-0-text").set_value(TEXT)
    page = _click(page, "template-save")
    assert not page.exception
    template = templates.latest(sqlite_store)[0]
    assert (template.name, template.text, template.state, template.version) == ("Buyurtma", TEXT, "draft", 1)


@pytest.mark.parametrize(
    ("role", "state", "keys"),
    [
        (Role.MARKETER, "draft", {"template-new", "submit-1", "edit-1", "discard-1"}),
        (Role.MARKETER, "submitted", {"template-new"}),
        (Role.MARKETER, "approved", {"template-new", "use-1", "version-1"}),
        (Role.MARKETER, "refused", {"template-new", "version-1"}),
        (Role.MANAGER, "draft", set()),
        (Role.MANAGER, "submitted", {"approve-1", "refuse-1"}),
        (Role.MANAGER, "approved", set()),
        (Role.ANALYST, "submitted", set()),
        (Role.ADMINISTRATOR, "submitted", {"template-new", "approve-1", "refuse-1"}),
    ],
)
def test_each_role_finds_what_it_may_do(
    open_page: PageFactory, sqlite_store: Store, role: Role, state: str, keys: set[str]
) -> None:
    _saved(sqlite_store, state)
    page = open_page("templates.py", role).run()
    assert not page.exception
    assert _keys(page) == keys


def test_a_draft_is_edited_and_submitted(open_page: PageFactory, sqlite_store: Store) -> None:
    template_id = _saved(sqlite_store)
    page = _click(open_page("templates.py", Role.MARKETER).run(), f"edit-{template_id}")
    page.text_area(key=f"template-{template_id}-text").set_value("Boshqa")
    page = _click(page, "template-save")
    assert templates.get(sqlite_store, template_id).text == "Boshqa"
    page = _click(page, f"submit-{template_id}")
    assert templates.get(sqlite_store, template_id).state == "submitted"
    assert "Submitted for approval" in page.success[0].value


def test_an_expensive_character_is_replaced_before_the_text_is_frozen(
    open_page: PageFactory, sqlite_store: Store
) -> None:
    text = "Hurmatli {gʻoya|yoʻq}! Toʻlov № 5"
    template_id = templates.create(sqlite_store, MALIKA, Wording("Eslatma", text))
    page = open_page("templates.py", Role.MARKETER).run()
    assert '<del title="">№</del><ins>N</ins>' in "".join(element.value for element in page.html)
    page = _click(page, f"mend-{template_id}")
    assert not page.exception
    assert templates.get(sqlite_store, template_id).text == "Hurmatli {gʻoya|yo'q}! To'lov N 5"
    assert f"mend-{template_id}" not in _keys(page)


def test_a_frozen_text_is_not_offered_for_replacement(open_page: PageFactory, sqlite_store: Store) -> None:
    template_id = templates.create(sqlite_store, MALIKA, Wording("Eslatma", "Toʻlov"))
    templates.submit(sqlite_store, MALIKA, template_id)
    assert _keys(open_page("templates.py", Role.MARKETER).run()) == {"template-new"}


def test_a_click_on_what_somebody_else_moved_is_refused_in_words(open_page: PageFactory, sqlite_store: Store) -> None:
    template_id = _saved(sqlite_store, "submitted")
    page = open_page("templates.py", Role.MANAGER).run()
    templates.refuse(sqlite_store, Actor("Other", Role.MANAGER), template_id, "no")
    page = _click(page, f"approve-{template_id}")
    assert not page.exception
    assert "Refused" in page.error[0].value
    assert templates.get(sqlite_store, template_id).state == "refused"


def test_a_refusal_needs_a_reason_which_its_writer_reads(open_page: PageFactory, sqlite_store: Store) -> None:
    template_id = _saved(sqlite_store, "submitted")
    page = _click(open_page("templates.py", Role.MANAGER).run(), f"refuse-{template_id}")
    page = _click(page, "template-refuse")
    assert "Give a reason" in page.error[0].value
    page.text_area(key=f"template-{template_id}-reason").set_value("Narxi <b>qani</b>?")
    page = _click(page, "template-refuse")
    assert templates.get(sqlite_store, template_id).reason == "Narxi <b>qani</b>?"
    page = open_page("templates.py", Role.MARKETER).run()
    assert r"Narxi \<b\>qani\</b\>?" in _said(page)


def test_a_new_version_begins_with_the_old_text_and_the_old_stays(open_page: PageFactory, sqlite_store: Store) -> None:
    template_id = _saved(sqlite_store, "approved")
    page = _click(open_page("templates.py", Role.MARKETER).run(), f"version-{template_id}")
    assert not page.exception
    assert page.text_area(key=f"template-{template_id + 1}-text").value == TEXT
    assert [template.state for template in templates.versions(sqlite_store, "Buyurtma")] == ["draft", "approved"]
    page = open_page("templates.py", Role.MARKETER).run()
    assert "Version 1 is approved" in _said(page)
    assert _keys(page) >= {f"use-{template_id}", f"submit-{template_id + 1}"}


def test_an_approved_text_begins_a_campaign(open_page: PageFactory, sqlite_store: Store) -> None:
    template_id = _saved(sqlite_store, "approved")
    page = open_page("templates.py", Role.MARKETER).run()
    page.button(key=f"use-{template_id}").click().run()
    campaign = campaigns.get(sqlite_store, 1)
    assert (campaign.name, campaign.text, campaign.template_id, campaign.list_id) == (
        "Buyurtma",
        TEXT,
        template_id,
        None,
    )


def test_a_manager_sees_first_what_waits(open_page: PageFactory, sqlite_store: Store) -> None:
    _saved(sqlite_store, "approved", "Bir")
    waits = _saved(sqlite_store, "submitted", "Ikki")
    page = open_page("templates.py", Role.MANAGER).run()
    assert _keys(page) == {f"approve-{waits}", f"refuse-{waits}"}
    assert "Ikki" in _said(page)
    assert "Bir" not in _said(page)


@pytest.mark.parametrize("language", ["uz", "ru"])
def test_it_opens_in_every_language(open_page: PageFactory, sqlite_store: Store, language: str) -> None:
    _saved(sqlite_store, "submitted")
    page = open_page("templates.py", Role.MANAGER, language).run()
    assert not page.exception


def test_the_form_does_not_overwrite_what_another_user_saved(open_page: PageFactory, sqlite_store: Store) -> None:
    template_id = _saved(sqlite_store)
    page = _click(open_page("templates.py", Role.MARKETER).run(), "edit-1")
    templates.change(sqlite_store, MALIKA, template_id, "Hers", "service", "uz")
    page.text_area(key="template-1-text").set_value("Mine")
    page = _click(page, "template-save")
    assert not page.exception
    assert templates.get(sqlite_store, template_id).text == "Hers"
    assert "has changed this draft of the template" in page.error[0].value
