"""Pages that are opened without a new load of Streamlit's front end, which takes a second of CPU."""

from playwright.sync_api import Page, TimeoutError

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
_HAS_RUN = f"([runs, address]) => window.scriptRuns > runs && ({_IS_CURRENT})(address)"
_PATIENCE = 10_000  # ms


def count_runs(page: Page) -> None:
    """Let `window.scriptRuns` of every page that is loaded from now on be the number of runs of its script."""
    page.add_init_script(_COUNT_RUNS)


def wait_for_rest(page: Page) -> None:
    """Wait for the end of the script's run, as long as the page waits for anything. `expect(...).to_be_visible()` reads
    the whole page for a message each time that it finds nothing: 0.05 s of CPU for a page of the app."""
    page.locator("[data-test-script-state=notRunning]").wait_for()


def open_in_language(page: Page, app: str, address: str, language: str) -> None:
    """Open an address of the app at the URL `app`: in place where its open page speaks this language already."""
    if page.url.startswith(app):
        wait_for_rest(page)
        if page.locator(f"html[lang={language}]").count():
            open_in_place(page, f"/{address}")
            return
    joint = "&" if "?" in address else "?"
    page.goto(f"{app}/{address}{joint}lang={language}")


def open_in_place(page: Page, address: str) -> None:
    """Open an address of the app in its open page, as the browser's button Back does, and wait for the end of its run.
    `count_runs` was called before the page was loaded."""
    wait_for_rest(page)
    runs = page.evaluate("window.scriptRuns")

    def went() -> bool:
        """Go again where the run of a timer that began just then took the place of the page's."""
        page.evaluate(_GO_BACK_TO, address)
        try:
            page.wait_for_function(_HAS_RUN, arg=[runs, address], polling=100, timeout=_PATIENCE)
        except TimeoutError:
            return False
        return True

    poll(went, seconds=60, what=f"no script ran for {address}")
    wait_for_rest(page)
