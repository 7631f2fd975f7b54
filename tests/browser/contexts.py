"""Browsers for the tests, each with cookies and a cache of its own."""

from typing import Any

from playwright.sync_api import Browser, BrowserContext

_STILL = """
const still = new CSSStyleSheet()
still.replaceSync('*, *::before, *::after { animation: none !important; transition: none !important }')
document.adoptedStyleSheets = [...document.adoptedStyleSheets, still]
"""


def new_context(browser: Browser, **options: Any) -> BrowserContext:
    """A browser that draws no animations: on two cores their frames compete with what the test waits for. `options`
    are those of Playwright's `new_context`."""
    context = browser.new_context(**options)
    context.add_init_script(_STILL)
    return context
