"""A sample of what `make browser-matrix` walks in whole: axe finds nothing serious on these pages."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.screens.accessibility import violations
from tests.screens.scene import Scene, scene, show, sign_in


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with scene(tmp_path_factory.mktemp("accessibility")) as running:
        yield running


@pytest.mark.parametrize(("language", "theme"), [("ru", "light"), ("uz", "dark")])
def test_axe_finds_nothing_serious(shown: Scene, browser: Browser, language: str, theme: str) -> None:
    context = browser.new_context(color_scheme="dark" if theme == "dark" else "light")
    page = sign_in(context, shown.server)
    found = {}
    for screen in shown.screens:
        if screen.name in ("overview", "draft", "campaign", "analytics", "settings"):
            show(page, shown.server, screen, language)
            if broken := violations(page):
                found[screen.name] = broken
    context.close()
    assert found == {}
