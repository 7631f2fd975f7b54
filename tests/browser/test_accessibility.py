"""A sample of what `make browser-matrix` walks in whole: axe finds nothing serious on these pages; and a campaign that
is made by keyboard alone."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from getsms_core.campaigns import service as campaigns
from tests.browser.in_place import count_runs, open_in_language, open_in_place, wait_for_rest
from tests.screens.accessibility import violations
from tests.screens.scene import SLOW, Scene, idle_worker, show, sign_in, wait_until_drawn

_FOCUS = """target => {
  const shown = node => {
    const style = getComputedStyle(node)
    return (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== 'none'
  }
  const problem = element => {
    if (element === document.body || element.shadowRoot || element.closest('canvas')) return ''
    const [bar, place] = ['.st-key-wizard-bar', element].map(one => one.closest ? one : document.querySelector(one))
      .map(one => one && one.getBoundingClientRect())
    const name = element.getAttribute('aria-label') || element.innerText || element.tagName
    if (bar && !element.closest('.st-key-wizard-bar, [data-testid=stSidebar]') && place.height < 300
        && place.bottom > bar.top) return `${name} is under the bar`
    for (let i = 0; i < 4 && element; i++, element = element.parentElement) if (shown(element)) return ''
    return `${name} has no visible focus`
  }
  return [problem(document.activeElement), target === target.getRootNode().activeElement, target.isConnected]
}"""
"""What is wrong with the focus of the element that has it, "" for nothing; whether that is the target; and whether the
target is still in the page. The editor's shadow tree has a style of its own; a table draws its focus on a canvas."""
_BEGIN_AT_THE_TOP = "document.body.tabIndex = -1; document.body.focus(); document.body.removeAttribute('tabindex')"
"""Let Tab go to the first element of the page, as in a new document."""
_TWO_STEPS = """
window.mixedSteps = false
new MutationObserver(() => {
  window.mixedSteps ||= document.querySelectorAll('[class*="st-key-wizard-step-"]').length > 1
}).observe(document, {subtree: true, childList: true})
"""


@pytest.fixture(scope="module")
def shown(furnished: Scene) -> Iterator[Scene]:
    """The shared app while a worker seems to run: without one every page has a warning more."""
    with idle_worker(furnished.server.store, 1):
        yield furnished


@pytest.fixture(scope="module")
def administrators_page(shown: Scene, context: BrowserContext) -> Iterator[Page]:
    context.clear_cookies()
    page = sign_in(context, shown.server)
    page.add_init_script(_TWO_STEPS)
    count_runs(page)
    yield page
    page.close()


@pytest.fixture
def page(administrators_page: Page) -> Page:
    """The page of an administrator, which all tests share: in a new browser the first load takes three times as long.
    The theme is light, the window as Playwright's."""
    administrators_page.emulate_media(color_scheme="light")
    administrators_page.set_viewport_size({"width": 1280, "height": 720})
    expect.set_options(timeout=SLOW)
    return administrators_page


@pytest.mark.parametrize(("language", "theme"), [("uz", "dark"), ("ru", "light")])
def test_axe_finds_nothing_serious(shown: Scene, page: Page, language: str, theme: str) -> None:
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    show(page, shown.server, shown.screens[0], language)
    violations_found = {}
    for screen in shown.screens:
        if screen.name in ("overview", "draft-text", "campaign", "analytics-time", "settings-gateway", "help"):
            open_in_place(page, f"/{screen.address}")
            wait_until_drawn(page, language)
            if broken := violations(page):
                violations_found[screen.name] = broken
    assert violations_found == {}


def test_no_table_offers_streamlits_download_and_the_week_clips_no_words(shown: Scene, page: Page) -> None:
    page.set_viewport_size({"width": 1280, "height": 900})
    screens = {screen.name: screen for screen in shown.screens}
    for name in ("campaigns", "audit"):  # a file of Streamlit's has formulas as they are, and no entry in the audit log
        open_in_language(page, shown.server.url, screens[name].address, "ru")
        wait_until_drawn(page, "ru")
        toolbar = page.locator(
            "[data-testid=stElementContainer]:has([data-testid=stDataFrame]) .stElementToolbar"
        ).first
        page.get_by_test_id("stDataFrame").first.hover()
        expect(toolbar.locator("[aria-label^='Поиск']")).to_be_visible(timeout=SLOW)
        expect(toolbar.locator("[aria-label*='CSV']")).to_be_hidden()
    open_in_place(page, "/?calendar=week")
    expect(page.locator(".calendar a").first).to_be_visible(timeout=SLOW)
    clipped = "links => links.filter(link => link.scrollWidth > link.clientWidth).map(link => link.innerText)"
    assert page.locator(".calendar a").evaluate_all(clipped) == []


def test_a_primary_button_is_not_black_with_the_focus(shown: Scene, page: Page) -> None:
    show(page, shown.server, next(screen for screen in shown.screens if screen.name == "campaigns"), "en")
    button = page.get_by_role("button", name="New campaign")
    page.keyboard.press("Tab")  # a focus that a script sets after a key is shown as one of the keyboard
    button.focus()
    expect(button).to_have_css("background-color", "rgb({}, {}, {})".format(*bytes.fromhex("0b4747")))


def focus(page: Page, target: Locator) -> None:
    """Press Tab until the target has the focus; each element on the way shows that it has it."""
    expect(target).to_be_visible()
    expect(target).to_be_enabled()
    wait_for_rest(page)
    element = target.element_handle()  # looking for it by its name after each key costs more than the key
    for _press in range(150):
        page.keyboard.press("Tab")
        problem, is_reached, is_there = page.evaluate(_FOCUS, element)
        assert problem == ""
        if not is_there:
            element = target.element_handle()
            is_reached = page.evaluate(_FOCUS, element)[1]
        if is_reached:
            return
    raise AssertionError(f"Tab does not reach {target}")


def press(page: Page, name: str) -> None:
    """Go to a button by Tab and press it by Enter."""
    focus(page, page.get_by_role("button", name=name))
    page.keyboard.press("Enter")


def test_a_campaign_is_made_and_started_by_keyboard_alone(shown: Scene, page: Page) -> None:
    page.goto(f"{shown.server.url}/new_campaign?lang=en")
    focus(page, page.get_by_role("combobox", name="Or choose a saved list"))
    page.keyboard.type("Mijozlar")
    expect(page.get_by_role("option").first).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Choose another list")).to_be_visible()
    press(page, "Next: Check")
    expect(page.get_by_role("heading", name="2 numbers will get the SMS")).to_be_visible()
    press(page, "Next: Text")
    editor = page.get_by_placeholder("Write the text here")
    focus(page, editor)
    page.keyboard.type("Salom {Ism}!")
    press(page, "Next: Preview")
    expect(page.get_by_text("Salom Ali!").first).to_be_visible()
    press(page, "Next: Send")
    press(page, "Send 2 SMS")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    focus(page, dialog.get_by_role("button", name="Send 2 SMS"))
    assert not page.evaluate("window.mixedSteps")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="All campaigns").first).to_be_visible()
    expect(page.get_by_role("heading", name="Mijozlar")).to_be_visible()


def test_a_campaign_is_opened_and_a_row_of_its_table_is_read_by_keyboard_alone(shown: Scene, page: Page) -> None:
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(f"{shown.server.url}/campaigns?lang=en")
    focus(page, page.get_by_role("combobox", name="Open a campaign"))
    page.keyboard.type("Hafta")
    expect(page.get_by_role("option")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Hafta oxiri")).to_be_visible()

    open_in_place(page, f"{page.url.removeprefix(shown.server.url)}&view=messages")
    page.evaluate(_BEGIN_AT_THE_TOP)
    table = page.get_by_test_id("stDataFrame").locator("canvas[tabindex='0']")
    focus(page, table)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Shift+Space")
    expect(page.get_by_text("Choose a row to read its receipts.")).to_have_count(0)
    expect(page.get_by_role("button", name="All about this number")).to_be_visible()


def test_arrow_keys_move_in_the_table_of_campaigns_and_a_click_on_a_name_opens_one(shown: Scene, page: Page) -> None:
    """While a cell could be chosen, the first arrow key chose one, and the page was gone (WCAG 3.2.1)."""
    page.set_viewport_size({"width": 1280, "height": 1000})
    open_in_language(page, shown.server.url, "campaigns", "en")
    table = page.get_by_test_id("stDataFrame").first
    wait_for_rest(page)
    place = table.bounding_box()
    assert place is not None
    assert place["y"] + 100 < 1000  # in the window
    first_row = place["y"] + 38 + 18
    page.mouse.click(place["x"] + 300, first_row)  # its state
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Shift+Space")
    expect(page.locator(".st-key-campaigns-open button")).to_be_visible()  # for the row that was chosen
    assert "id=" not in page.url
    wait_for_rest(page)
    place = table.bounding_box()  # the buttons for the chosen row may have moved it
    assert place is not None
    page.mouse.move(place["x"] + 75, place["y"] + 38 + 18)
    page.mouse.click(place["x"] + 75, place["y"] + 38 + 18)
    expect(page).to_have_url(re.compile(r"[?&]id=\d+"))
    opened = campaigns.get(shown.server.store, int(re.findall(r"id=(\d+)", page.url)[0]))
    expect(page.get_by_role("heading", name=opened.name, exact=True)).to_be_visible()
