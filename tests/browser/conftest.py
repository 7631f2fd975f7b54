"""What the tests in a browser share."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page


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
