"""Pages in a real browser under their own Content-Security-Policy: nothing of theirs is blocked, and nothing of anybody
else runs."""

import re

from playwright.sync_api import Page, expect

from getsms_core.campaigns import service as campaigns
from getsms_core.contacts import lists
from tests.browser.in_place import count_runs, open_in_place, wait_for_rest
from tests.conftest import poll
from tests.integration.users.gate_server import PASSWORD, Server

SLOW = 60_000  # ms
PAGES = (
    *("", "campaigns", "campaigns?id=1", "lists", "templates", "jobs", "analytics?period=all", "reports", "glossary"),
    *("settings", "audit", "account"),
)


def _blocked(page: Page) -> list[str]:
    blocked: list[str] = page.evaluate("window.blocked")
    return blocked


def test_every_page_runs_under_its_policy_and_no_foreign_script_does(page: Page, server: Server) -> None:
    assert "<img" in campaigns.get(server.store, 1).name
    expect.set_options(timeout=SLOW)
    page.set_default_timeout(SLOW)
    page.add_init_script(
        "window.blocked = []; document.addEventListener('securitypolicyviolation', "
        "e => window.blocked.push(`${e.effectiveDirective} ${e.blockedURI} ${e.sample}`));"
    )
    count_runs(page)
    page.goto(f"{server.url}/sign-in")
    page.locator("input[name=name]").fill("Aziza")
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("input[name=password]").press("Enter")
    page.wait_for_url(f"{server.url}/")
    expect(page.locator("h1").first).to_be_visible()
    wait_for_rest(page)
    for path in PAGES:  # in one document: they have one policy, as the next test shows
        open_in_place(page, f"/{path}")
        expect(page.locator("h1").first).to_be_visible()
        if path.startswith("analytics"):
            expect(page.locator(".js-plotly-plot").first).to_be_visible()
        assert _blocked(page) == [], path
    assert page.evaluate("document.documentElement.lang") == "en", "the frame's own script ran"

    open_in_place(page, "/new_campaign")
    page.get_by_role("button", name="Use the sample list").click()
    page.wait_for_url("**campaign=*")
    lists.check_uploaded_list(server.store, max(stored.id or 0 for stored in lists.all_lists(server.store)))
    draft = re.findall(r"campaign=(\d+)", page.url)[0]
    open_in_place(page, f"/new_campaign?campaign={draft}&step=text")
    expect(page.get_by_placeholder("Write the text here")).to_be_visible()
    assert _blocked(page) == []

    page.evaluate(
        "() => { const s = document.createElement('script'); s.textContent = 'window.ran = 1'; document.body.append(s);"
        " const i = document.createElement('div'); i.innerHTML = '<img src=x onerror=\"window.ran = 1\">';"
        " document.body.append(i); setTimeout("
        "() => { try { eval('window.ran = 1') } catch (refused) { window.refused = refused.name } }) }"
    )
    poll(lambda: len(_blocked(page)) >= 3, what="something foreign was not blocked")
    assert page.evaluate("[window.ran, window.refused]") == [None, "EvalError"]


def test_every_page_has_the_same_policy(server: Server) -> None:
    browser = server.sign_in()
    answers = [browser.get(f"{server.url}/{path}") for path in PAGES]
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.headers["content-security-policy"] for answer in answers}) == 1
