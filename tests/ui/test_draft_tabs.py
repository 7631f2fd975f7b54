"""One draft in two tabs, and what was typed after a reload."""

from streamlit.testing.v1 import AppTest

from getsms_core.base.permissions import Actor
from getsms_core.campaigns import draft_input
from getsms_core.campaigns import service as campaigns
from getsms_core.campaigns.service import Draft
from getsms_core.db.engine import Store
from tests.conftest import PageFactory, SettingsFactory
from tests.engine_support import checked_list, phones


def open_draft(open_page: PageFactory, store: Store, step: str, language: str = "en") -> AppTest:
    page = open_page("new_campaign.py")
    page.session_state["_language"] = language
    page.query_params.update({"campaign": "1", "step": step})
    page.run()
    assert not page.exception
    return page


def make_draft(store: Store, actor: Actor, settings: SettingsFactory, text: str = "Salom") -> int:
    return campaigns.create(store, actor, settings(), Draft("Sale", text, checked_list(store, phones(3))))


def words(page: AppTest) -> str:
    kinds = (page.markdown, page.caption, page.error, page.warning, page.info, page.text)
    return "\n".join(str(item.value) for kind in kinds for item in kind)


def test_a_change_in_another_tab_is_shown_and_said(
    open_page: PageFactory, sqlite_store: Store, actor: Actor, settings: SettingsFactory
) -> None:
    make_draft(sqlite_store, actor, settings)
    first, second = (open_draft(open_page, sqlite_store, "text") for _tab in range(2))
    first.text_input(key="draft-name-1").set_value("Spring").run()
    first.text_input(key="draft-sender-1").set_value("Shop").run()
    assert "another tab" not in words(first)
    second.run()
    assert "the name, the sender name in another tab or browser" in words(second)
    assert second.text_input(key="draft-name-1").value == "Spring"
    second.run()
    assert "another tab" not in words(second)


def test_the_second_tab_is_asked_before_it_overwrites_the_first(
    open_page: PageFactory, sqlite_store: Store, actor: Actor, settings: SettingsFactory
) -> None:
    campaign_id = make_draft(sqlite_store, actor, settings)
    first, second = (open_draft(open_page, sqlite_store, "text") for _tab in range(2))
    first.text_input(key="draft-name-1").set_value("Spring").run()
    second.text_input(key="draft-name-1").set_value("Autumn").run()
    assert campaigns.get(sqlite_store, campaign_id).name == "Spring"
    assert "it would overwrite that" in words(second)
    second.text_input(key="draft-name-1").set_value("Autumn sale").run()  # typing on does not overwrite it either
    assert campaigns.get(sqlite_store, campaign_id).name == "Spring"
    second.button(key="draft-keep-mine").click().run()
    assert not second.exception
    assert campaigns.get(sqlite_store, campaign_id).name == "Autumn sale"
    assert "another tab" not in words(second)
    first.text_input(key="draft-name-1").set_value("Summer").run()
    first.button(key="draft-load-newer").click().run()
    assert campaigns.get(sqlite_store, campaign_id).name == "Autumn sale"
    assert first.text_input(key="draft-name-1").value == "Autumn sale"


def test_a_text_typed_over_another_waits_for_a_choice_after_a_reload_too(
    open_page: PageFactory, sqlite_store: Store, actor: Actor, settings: SettingsFactory
) -> None:
    campaign_id = make_draft(sqlite_store, actor, settings, "The newer text")
    open_draft(open_page, sqlite_store, "text").text_input(key="draft-sender-1").set_value("Shop").run()
    draft_input.keep(sqlite_store, actor, campaign_id, {"draft-text-1": {"text": "Mine", "over": "The older text"}})
    page = open_draft(open_page, sqlite_store, "text")
    assert not page.exception
    assert {"The newer text", "Mine"} <= {item.value for item in page.text}
    page.button(key="draft-keep-mine").click().run()
    assert campaigns.get(sqlite_store, campaign_id).text == "Mine"
    assert draft_input.kept(sqlite_store, actor, campaign_id) == {}


def test_a_text_that_cannot_be_saved_yet_survives_a_reload(
    open_page: PageFactory, sqlite_store: Store, actor: Actor, settings: SettingsFactory
) -> None:
    campaign_id = make_draft(sqlite_store, actor, settings)
    draft_input.keep(sqlite_store, actor, campaign_id, {"draft-text-1": {"text": "Salom {nam", "over": "Salom"}})
    page = open_draft(open_page, sqlite_store, "text")
    assert page.session_state["draft-text-1-unsaved"] == "Salom {nam"
    assert not [item for item in page.button if item.key == "draft-keep-mine"]
    assert page.error


def test_what_is_chosen_in_the_send_step_survives_a_reload(
    open_page: PageFactory, sqlite_store: Store, actor: Actor, settings: SettingsFactory
) -> None:
    make_draft(sqlite_store, actor, settings)
    page = open_draft(open_page, sqlite_store, "send")
    page.text_input(key="test-phone").set_value("90 123 45 67").run()
    page.text_input(key="send-limit-1").set_value("500000").run()
    page.button_group(key="send-when-1").set_value("later").run()
    chosen = page.session_state["send-time-1"]
    page = open_draft(open_page, sqlite_store, "send", "uz")
    assert page.text_input(key="test-phone").value == "90 123 45 67"
    assert page.text_input(key="send-limit-1").value == "500000"
    assert page.session_state["send-time-1"] == chosen
    assert not page.exception
