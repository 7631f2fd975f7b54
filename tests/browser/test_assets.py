"""The browser parses every script and style sheet of the pages without an error."""

import base64
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.conftest import ROOT

SCRIPTS = sorted((ROOT / "pages").rglob("*.js"))
STYLE_SHEETS = sorted((ROOT / "pages").rglob("*.css"))


def test_the_pages_have_scripts_and_style_sheets() -> None:
    assert SCRIPTS
    assert STYLE_SHEETS


@pytest.mark.parametrize("file", SCRIPTS, ids=lambda file: file.name)
def test_every_script_compiles(blank_page: Page, file: Path) -> None:
    source = file.read_text("utf-8")
    if "export " in source:
        encoded = base64.b64encode(source.encode()).decode()
        blank_page.evaluate(f"import('data:text/javascript;base64,{encoded}').then(() => null)")
    else:
        blank_page.evaluate("(source) => { new Function(source) }", source)


@pytest.mark.parametrize("file", STYLE_SHEETS, ids=lambda file: file.name)
def test_the_browser_drops_no_rule_of_a_style_sheet(blank_page: Page, file: Path) -> None:
    text = file.read_text("utf-8")
    rules = blank_page.evaluate(
        """(text) => {
          const sheet = new CSSStyleSheet()
          sheet.replaceSync(text)
          const count = (rules) => [...rules].reduce((sum, rule) => sum + 1 + count(rule.cssRules ?? []), 0)
          return count(sheet.cssRules)
        }""",
        text,
    )
    assert text.count("{") == text.count("}") == rules
