"""Clicks on pages whose runs `tests.bench.bench_pages` measures: sections, filters, orders, pages of a table, what is
folded, the language."""

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Locator, Page, TimeoutError

from tests.conftest import poll

Find = Callable[[Page], Locator]
"""Returns what is to be clicked; opens its menu before, where it is in one."""


@dataclass(frozen=True)
class Step:
    """A click on the page at `path`, and what undoes it; `{largest}` in the path is the id of a campaign."""

    name: str
    path: str
    click: Find
    undo: Find


def _press(selector: str) -> Find:
    return lambda page: page.locator(selector).first


def _section(name: str, key: str = "view") -> Find:
    return lambda page: page.locator(f".st-key-{key}").get_by_text(name, exact=True)


def _option(key: str, name: str) -> Find:
    def find(page: Page) -> Locator:
        option = page.get_by_role("option", name=name, exact=True)

        def open_() -> bool:
            page.locator(f".st-key-{key}").get_by_role("combobox").click()
            try:
                option.wait_for(timeout=3_000)
            except TimeoutError:  # a run that ended just then has closed the menu
                page.keyboard.press("Escape")
                return False
            return True

        poll(open_, seconds=30, what=f"{key} does not offer {name}")
        return option

    return find


_ANALYTICS = "analytics?period=all"
_CAMPAIGN = "campaigns?id={largest}"
_MESSAGES = f"{_CAMPAIGN}&view=messages"
STEPS = (
    *(Step(f"Analytics, {name}", _ANALYTICS, _section(name), _section("Over time"))
      for name in ("Campaigns", "Numbers, senders, templates", "Breakdowns", "Hours", "Speed", "Losses", "Cost",
                   "Compare", "Messages")),
    Step("Analytics, Over time", f"{_ANALYTICS}&view=campaigns", _section("Over time"), _section("Campaigns")),
    Step("Analytics, by week", _ANALYTICS, _section("Week", "grain"), _section("Day", "grain")),
    Step("Analytics, with tests", _ANALYTICS, _press(".st-key-tests label"), _press(".st-key-tests label")),
    Step("Analytics, 30 days", _ANALYTICS, _option("period", "30 days"), _option("period", "All time")),
    Step("Analytics, the table of a chart", _ANALYTICS, _press(".st-key-table-rate-by-day summary"),
         _press(".st-key-table-rate-by-day summary")),
    Step("All campaigns, a state", "campaigns", _option("status", "Finished"), _option("status", "all")),
    Step("All campaigns, by name", "campaigns", _option("sort", "Name"), _option("sort", "Newest")),
    *(Step(f"one campaign, {name}", _CAMPAIGN, _section(name), _section("Delivery"))
      for name in ("Messages", "Submissions", "Files")),
    Step("one campaign, Delivery", f"{_CAMPAIGN}&view=log", _section("Delivery"), _section("Submissions")),
    Step("messages, the next page", _MESSAGES, _press("[class*=st-key-messages-][class*=-on] button"),
         _press("[class*=st-key-messages-][class*=-back] button")),
    Step("messages, a state", _MESSAGES, _option("state", "Delivered"), _option("state", "all")),
    Step("Lists, Opt-outs", "lists", _section("Opt-outs"), _section("Lists")),
    *(Step(f"Settings, {name}", "settings", _section(name), _section("Gateway"))
      for name in ("Rules", "Prices", "E-mail", "Users")),
    Step("Audit log, a user", "audit", _option("who", "Aziza"), _option("who", "all")),
    Step("Overview, in Russian", "", _option("lang", "Русский"), _option("lang", "English")),
    Step("Analytics, in Russian", _ANALYTICS, _option("lang", "Русский"), _option("lang", "English")),
)  # fmt: skip
