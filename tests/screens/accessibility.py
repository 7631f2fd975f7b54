"""What axe finds on a page, without what Streamlit alone can mend."""

from importlib.resources import files
from typing import Any, NamedTuple

from playwright.sync_api import Page

SERIOUS = ("serious", "critical")
STREAMLITS_OWN = {"list": "[data-testid=stSidebarNav]", "listitem": "[data-testid=stSidebarNav]"}
"""Rule → the part of Streamlit 1.67 that breaks it, and that no setting changes: the list of the navigation has its
sections between the list and the items."""


_RUN = """async ([options, ownParts]) => {
  const {violations} = await axe.run('html', options)
  for (const violation of violations) {
    const part = ownParts[violation.id]
    const isOwn = node => part && document.querySelector(node.target[0])?.closest(part)
    violation.nodes = violation.nodes.filter(node => !isOwn(node))
  }
  return violations.filter(violation => violation.nodes.length > 0)
}"""


class Violation(NamedTuple):
    """A rule of axe, how bad it is, the elements that break it, and what axe says of the first."""

    rule: str
    impact: str
    elements: tuple[str, ...]
    summary: str


def violations(page: Page) -> list[Violation]:
    """Return the serious and critical violations of WCAG 2.1 A and AA on a page as it stands, and headings that are out
    of order."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8"))
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]
    # Without the elements that pass, axe takes two thirds of the time.
    options = {"runOnly": tags, "resultTypes": ["violations"]}
    broken_rules: list[dict[str, Any]] = page.evaluate(_RUN, [options, STREAMLITS_OWN])
    return [
        Violation(
            violation["id"],
            violation["impact"],
            tuple(" ".join(map(str, node["target"])) for node in violation["nodes"]),
            violation["nodes"][0].get("failureSummary", ""),
        )
        for violation in broken_rules
        if violation["impact"] in SERIOUS or violation["id"] == "heading-order"
    ]
