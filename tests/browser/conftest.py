"""What the tests in a browser share."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.contexts import new_context
from tests.factories import make_campaign
from tests.integration.users.gate_server import UVICORN, Server, start
from tests.screens.scene import Scene, furnish


@pytest.fixture(scope="session")
def _shared_page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page()
    yield page
    page.close()


@pytest.fixture
def blank_page(_shared_page: Page) -> Page:
    """An empty page, for scripts and style sheets that need no app. All tests share it: a page of a test's own takes
    0.4 s of CPU."""
    _shared_page.goto("about:blank")
    return _shared_page


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """An app without a worker and with something on every page; the name of campaign 1 is HTML. All tests share it but
    those of the whole program: the start of one costs three seconds of CPU, and so does its first load in a browser,
    which keeps the compiled scripts of an app by their addresses."""
    folder = tmp_path_factory.mktemp("shared")
    with start(folder, UVICORN) as running:
        make_campaign(running.store, "<img src=x onerror=alert(1)>")
        yield furnish(running, folder)


@pytest.fixture(scope="session")
def server(furnished: Scene) -> Server:
    """The shared app, with the administrator Aziza, for tests that mind no data of others."""
    return furnished.server


@pytest.fixture(scope="session")
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser that tests share: the first load of an app in a new one takes three times as long. All apps of this
    machine have one set of cookies there."""
    shared = new_context(browser)
    yield shared
    shared.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """An empty page in the shared browser, where nobody is signed in."""
    context.clear_cookies()
    page = context.new_page()
    yield page
    page.close()
