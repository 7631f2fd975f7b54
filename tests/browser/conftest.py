"""What the tests in a browser share."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from getsms_core.users import service as users
from tests.browser.contexts import new_context
from tests.factories import make_campaign, with_history
from tests.integration.users.gate_server import PASSWORD, UVICORN, Server, start


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
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """An app without a worker, with campaigns and the administrator Aziza, for tests that mind no data of others. To
    start one and open its first page takes three seconds of CPU."""
    with start(tmp_path_factory.mktemp("shared"), UVICORN) as running:
        users.create_first_administrator(running.store, "Aziza", PASSWORD)
        make_campaign(running.store, "<img src=x onerror=alert(1)>")
        with_history(running.store, days=10, campaigns=3)
        yield running


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
