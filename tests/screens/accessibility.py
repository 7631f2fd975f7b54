"""What axe finds on a page, without what Streamlit alone can mend."""

from typing import NamedTuple

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

SERIOUS = ("serious", "critical")
STREAMLITS_OWN: dict[str, tuple[str, ...]] = {}
"""Rule → selectors of elements of Streamlit 1.67 that break it and that no setting changes."""


class Violation(NamedTuple):
    """A rule of axe, how bad it is, the elements that break it, and what axe says of the first."""

    rule: str
    impact: str
    elements: tuple[str, ...]
    summary: str


def violations(page: Page) -> list[Violation]:
    """Return the serious and critical violations of WCAG 2 A and AA on a page as it stands."""
    options = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"], "resultTypes": ["violations"]}
    result = Axe().run(page, options=options).response
    found = []
    for violation in result["violations"]:
        if violation["impact"] not in SERIOUS and violation["id"] != "heading-order":
            continue
        nodes = [node for node in violation["nodes"] if not _is_streamlits(violation["id"], node)]
        if nodes:
            elements = tuple(" ".join(map(str, node["target"])) for node in nodes)
            found.append(Violation(violation["id"], violation["impact"], elements, nodes[0].get("failureSummary", "")))
    return found


def _is_streamlits(rule: str, node: dict[str, object]) -> bool:
    return any(part in str(node["html"]) for part in STREAMLITS_OWN.get(rule, ()))
