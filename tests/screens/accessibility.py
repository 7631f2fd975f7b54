"""What axe finds on a page, without what Streamlit alone can mend."""

from importlib.resources import files
from typing import NamedTuple

from playwright.sync_api import Page

SERIOUS = ("serious", "critical")
STREAMLITS_OWN: dict[str, tuple[str, ...]] = {
    # The navigation of the sidebar: its list has sections between the list and the items.
    "list": ("stSidebarNavItems",),
    "listitem": ("stSidebarNavLink",),
}
"""Rule → what the HTML of an element of Streamlit 1.67 contains that breaks it and that no setting changes."""


class Violation(NamedTuple):
    """A rule of axe, how bad it is, the elements that break it, and what axe says of the first."""

    rule: str
    impact: str
    elements: tuple[str, ...]
    summary: str


def violations(page: Page) -> list[Violation]:
    """Return the serious and critical violations of WCAG 2 A and AA on a page as it stands."""
    options = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"], "resultTypes": ["violations"]}
    page.evaluate(files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8"))
    result = page.evaluate("(options) => axe.run(document, options)", options)
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
