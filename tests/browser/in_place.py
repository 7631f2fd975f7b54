"""Pages that are opened without a new load of Streamlit's front end, which takes a second of CPU."""

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import poll

_COUNT_RUNS = """
window.scriptRuns = 0;
new MutationObserver(changes => {
  window.scriptRuns += changes.filter(change => change.target.dataset.testScriptState === 'running').length;
}).observe(document, {subtree: true, attributes: true, attributeFilter: ['data-test-script-state']});
"""
_GO_BACK_TO = "address => { history.pushState(null, '', address); dispatchEvent(new PopStateEvent('popstate')) }"
_IS_CURRENT = """address => {
  const links = [...document.querySelectorAll('[data-testid=stSidebarNav] a')]
  const link = links.find(link => new URL(link.href).pathname === new URL(address, location).pathname)
  return !link || link.getAttribute('aria-current') === 'page'
}"""
"""Whether the navigation shows the page of this address as the open one, which it does from the begin of its run on."""
_PATIENCE = 10  # seconds


def count_runs(page: Page) -> None:
    """Let `window.scriptRuns` of every page that is loaded from now on be the number of runs of its script."""
    page.add_init_script(_COUNT_RUNS)


def open_in_place(page: Page, address: str) -> None:
    """Open an address of the app in its open page, as the browser's button Back does, and wait for the end of its run.
    `count_runs` was called before the page was loaded."""
    at_rest = page.locator("[data-test-script-state=notRunning]")
    expect(at_rest).to_be_visible()
    runs = page.evaluate("window.scriptRuns")

    def has_run() -> bool:
        return bool(page.evaluate("window.scriptRuns") > runs and page.evaluate(_IS_CURRENT, address))

    def went() -> bool:
        """Go again where the run of a timer that began just then took the place of the page's."""
        page.evaluate(_GO_BACK_TO, address)
        try:
            poll(has_run, seconds=_PATIENCE)
        except pytest.fail.Exception:
            return False
        return True

    poll(went, seconds=60, what=f"no script ran for {address}")
    expect(at_rest).to_be_visible()
