"""What Streamlit brings itself, in the user's language: the calendar, the uploader, its dialog of a lost connection."""

import re
import time
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from playwright.sync_api import BrowserContext, Page, Response, expect

from getsms_core.campaigns import templates
from getsms_core.campaigns.templates import Wording
from pages.ui.shared import style
from tests.browser.in_place import count_runs, open_in_language, open_in_place, wait_for_rest
from tests.factories import make_campaign, make_messages
from tests.integration.users.gate_server import Server
from tests.screens.scene import sign_in

SAME_AS_STREAMLITS = ("Search", "Remove the rest", "Select all", "Today")
SLOW = 60_000  # ms; two cores may be busy with other tests
KEEP_SOCKET = """
const Original = window.WebSocket;
window.WebSocket = class extends Original { constructor(...all) { super(...all); window.lastSocket = this } };
"""


@pytest.fixture(scope="module")
def administrators_page(server: Server, context: BrowserContext) -> Iterator[Page]:
    """A page of an administrator, and a template that is named as a word of Streamlit."""
    templates.create(server.store, server.administrator, Wording("Select all", "Salom", "service", "uz"))
    context.clear_cookies()
    page = sign_in(context, server)
    page.add_init_script(KEEP_SOCKET)
    count_runs(page)
    yield page
    page.close()


@pytest.fixture
def signed_in(administrators_page: Page) -> Iterator[Page]:
    """The page of an administrator, which all tests share: in a new browser the first load takes three times as long.
    A test leaves no chosen theme."""
    expect.set_options(timeout=SLOW)
    yield administrators_page
    administrators_page.evaluate("localStorage.clear()")


def test_campaigns_that_are_called_as_streamlits_words_keep_their_names(server: Server, signed_in: Page) -> None:
    for n, name in enumerate(SAME_AS_STREAMLITS):
        started_at = int(time.time() * 1000) - (n + 1) * 3_600_000
        campaign_id = make_campaign(server.store, name, text=name, started_at=started_at)
        make_messages(server.store, campaign_id, {"delivered": 5, "undelivered": 1}, left_at=started_at)
    signed_in.goto(f"{server.url}/campaigns?lang=ru")
    campaigns = signed_in.locator(".st-key-campaigns-by-name").get_by_role("combobox")
    expect(campaigns).to_be_visible(timeout=SLOW)
    table = signed_in.get_by_test_id("stDataFrame").locator("canvas").first
    for name in SAME_AS_STREAMLITS:
        expect(table.get_by_text(name, exact=True).first).to_be_attached(timeout=SLOW)
    campaigns.focus()
    campaigns.press("ArrowDown")
    for name in SAME_AS_STREAMLITS:
        expect(signed_in.get_by_role("option", name=name, exact=True)).to_be_attached(timeout=SLOW)

    open_in_place(signed_in, f"/analytics?view=campaigns&campaign={campaign_id}")
    several = signed_in.get_by_test_id("stMultiSelect").filter(has=signed_in.locator("[data-tag]")).first
    expect(several.locator("[data-tag]")).to_have_text("Today", timeout=SLOW)
    expect(several.locator("[data-tag]")).to_have_attribute("aria-label", "Today")
    several.get_by_role("combobox").click()
    choices = signed_in.get_by_test_id("stMultiSelectDropdown").get_by_role("option")
    expect(choices.filter(has_text="Выбрать все")).to_have_count(1, timeout=SLOW)  # Streamlit's own
    expect(choices.filter(has_text="Select all")).to_have_count(1)  # the campaign

    open_in_place(signed_in, f"/campaigns?id={campaign_id}")
    signed_in.get_by_text("Текст", exact=True).first.click(timeout=SLOW)
    expect(signed_in.get_by_test_id("stText").first).to_have_text("Today", timeout=SLOW)


def test_a_name_on_the_overview_opens_its_campaign_without_loading_the_page_again(
    server: Server, signed_in: Page
) -> None:
    started_at = int(time.time() * 1000) - 60_000
    campaign_id = make_campaign(server.store, "Navroʻz", started_at=started_at)
    make_messages(server.store, campaign_id, {"delivered": 5}, left_at=started_at)
    signed_in.goto(f"{server.url}/?lang=en")
    link = signed_in.locator(".last-campaigns").get_by_role("link", name="Navroʻz", exact=True)
    expect(link).to_be_visible(timeout=SLOW)
    wait_for_rest(signed_in)
    signed_in.evaluate("window.isSamePage = true")
    link.click()
    expect(signed_in.get_by_role("heading", level=1)).to_contain_text("Navroʻz", timeout=SLOW)
    assert signed_in.url.endswith(f"/campaigns?id={campaign_id}")
    assert signed_in.evaluate("window.isSamePage")
    signed_in.go_back()
    expect(link).to_be_visible(timeout=SLOW)
    assert signed_in.evaluate("window.isSamePage")


def test_streamlits_words_follow_the_language_and_users_words_stay(server: Server, signed_in: Page) -> None:
    failures: list[str] = []

    def note_failure(response: Response) -> None:
        if response.status >= 400:
            failures.append(response.url)

    signed_in.on("response", note_failure)
    signed_in.on("console", lambda line: failures.append(line.text) if line.type == "error" else None)
    signed_in.goto(f"{server.url}/new_campaign?lang=uz")
    uploader = signed_in.get_by_test_id("stFileUploaderDropzone").first
    expect(uploader).to_contain_text("Fayl hajmi 200\u00a0MB gacha", timeout=SLOW)
    expect(uploader).to_contain_text("Fayl tanlash")

    wait_for_rest(signed_in)
    languages = signed_in.locator(".st-key-lang").get_by_role("combobox")
    languages.focus()
    languages.press("ArrowDown")
    signed_in.get_by_role("option", name="Русский").click()
    expect(uploader).to_contain_text("Файл до 200\u00a0МБ", timeout=SLOW)
    expect(signed_in.get_by_test_id("stSidebar").get_by_alt_text("Логотип")).not_to_have_count(0)
    open_in_place(signed_in, "/templates")
    expect(signed_in.get_by_test_id("stMain").get_by_text("Select all").first).to_be_visible(timeout=SLOW)
    open_in_place(signed_in, "/audit")
    signed_in.get_by_test_id("stDateInput").first.get_by_role("button").first.click(timeout=SLOW)
    expect(signed_in.get_by_role("dialog").locator("th").first).to_have_text("Пн")

    signed_in.goto(f"{server.url}/audit?lang=uz")
    expect(signed_in.get_by_role("button", name="Ochish", exact=True).first).to_be_attached(timeout=SLOW)  # of a select
    signed_in.get_by_test_id("stDateInput").first.get_by_role("button").first.click(timeout=SLOW)
    calendar = signed_in.get_by_role("dialog")
    expect(calendar.locator("th").first).to_have_text("Du")
    expect(calendar).to_contain_text("Dekabr")
    assert "Monday" not in (calendar.inner_html())
    announced = re.compile(r"\b(?:November|December|selected|available|month|year|Choose)\b")
    labels = calendar.locator("[aria-label]").evaluate_all("elements => elements.map(element => element.ariaLabel)")
    assert not announced.search(" ".join([*labels, calendar.inner_text()]))
    live = signed_in.locator("[data-live-announcer]").all_text_contents()
    assert not announced.search(" ".join(live))
    assert failures == []
    signed_in.remove_listener("response", note_failure)  # or Playwright reports each file of every later load


def test_a_day_that_cannot_be_chosen_is_explained_beside_its_field(server: Server, signed_in: Page) -> None:
    open_in_language(signed_in, server.url, "analytics?period=own", "uz")
    field = signed_in.get_by_test_id("stDateInput")
    future = date.today() + timedelta(days=2)  # in Tashkent tomorrow may have begun
    field.get_by_role("spinbutton").nth(3).click(timeout=SLOW)
    signed_in.keyboard.type(f"{future:%d%m%Y}")
    sentence = field.get_by_role("alert")
    expect(sentence).to_contain_text("Bu sanani tanlab boʻlmaydi", timeout=SLOW)
    box = sentence.bounding_box()
    assert box is not None
    assert box["height"] > 10, "only screen readers got the sentence"


def test_a_lost_connection_is_explained_in_the_users_language(server: Server, signed_in: Page) -> None:
    open_in_language(signed_in, server.url, "glossary", "uz")
    signed_in.wait_for_selector("[data-testid=stApp][data-test-connection-state=CONNECTED]")
    signed_in.route("**/_stcore/**", lambda route: route.abort())
    signed_in.evaluate("lastSocket.close()")
    dialog = signed_in.get_by_role("dialog")
    expect(dialog).to_contain_text("Dastur javob bermayapti", timeout=SLOW)
    assert "Streamlit" not in dialog.inner_text()
    signed_in.unroute_all()
    # Streamlit doubles the time between its attempts, up to a minute.
    signed_in.wait_for_selector("[data-testid=stApp][data-test-connection-state=CONNECTED]", timeout=5 * SLOW)
    expect(dialog).to_have_count(0, timeout=SLOW)


def test_an_outcome_is_seen_on_a_phone_without_scrolling_and_read_by_screen_readers(
    server: Server, signed_in: Page
) -> None:
    before = signed_in.viewport_size
    signed_in.set_viewport_size({"width": 390, "height": 600})
    try:
        for language, words in (("uz", "Tanlovingiz saqlandi."), ("ru", "Ваш выбор сохранён."), ("en", "is saved.")):
            open_in_language(signed_in, server.url, "notices?view=choices", language)
            save = signed_in.locator(".st-key-notice-save button")
            save.wait_for(timeout=SLOW)
            wait_for_rest(signed_in)
            save.evaluate("button => button.scrollIntoView({block: 'end'})")
            expect(signed_in.get_by_role("heading", level=1)).not_to_be_in_viewport()
            save.click(timeout=SLOW)
            toast = signed_in.get_by_test_id("stToastText").filter(has_text=words)
            expect(toast).to_be_in_viewport(ratio=1, timeout=SLOW)
            expect(signed_in.get_by_role("alert").filter(has_text=words)).to_have_count(1)
    finally:
        signed_in.set_viewport_size(before or {"width": 1280, "height": 720})


def test_a_chosen_theme_stays_in_this_browser(server: Server, signed_in: Page) -> None:
    app = signed_in.get_by_test_id("stApp")
    light, dark = (
        "rgb({}, {}, {})".format(*bytes.fromhex(colours["background"][1:])) for colours in (style.LIGHT, style.DARK)
    )
    open_in_language(signed_in, server.url, "glossary", "en")
    expect(app).to_have_css("background-color", light, timeout=SLOW)
    signed_in.get_by_role("button", name="Aziza").click()
    with signed_in.expect_event("load"):
        signed_in.get_by_test_id("stPopoverBody").get_by_text("Dark").click()
    expect(app).to_have_css("background-color", dark, timeout=SLOW)
    signed_in.goto(f"{server.url}/audit")
    expect(app).to_have_css("background-color", dark, timeout=SLOW)
