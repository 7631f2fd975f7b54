"""From a mark or a cell of Analytics to the messages behind it, at an address that shows the same to everyone."""

import time

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from getsms_core.base.permissions import Role
from getsms_core.billing.reconciliation import Sums
from getsms_core.db.engine import Store
from getsms_core.reports import Grain
from getsms_core.reports.rollup_queries import frame
from pages.ui.shared import analytics_targets, widgets
from tests.conftest import PageFactory
from tests.factories import make_campaign, make_messages

NOW = time.time_ns() // 1_000_000


@pytest.fixture
def campaigns(sqlite_store: Store) -> tuple[int, int]:
    """Two campaigns of an hour ago."""
    first, second = (make_campaign(sqlite_store, name, started_at=NOW - 3_600_000) for name in ("Bahor", "Yoz"))
    make_messages(sqlite_store, first, {"delivered": 60, "undelivered": 7}, left_at=NOW - 3_600_000)
    make_messages(sqlite_store, second, {"delivered": 30, "expired": 4}, left_at=NOW - 3_600_000)
    return first, second


def _open(open_page: PageFactory, role: Role = Role.ANALYST, **query: str) -> AppTest:
    page = open_page("analytics.py", role)
    page.query_params.update(query)
    return page.run()


def _choose(page: AppTest, name: str, words: str) -> None:
    box = page.selectbox(key=f"open-{name}")
    box.set_value(next(option for option in box.options if words in option)).run()
    assert not page.exception


def _query(page: AppTest) -> dict[str, list[str]]:
    return {name: [value] if isinstance(value, str) else list(value) for name, value in page.query_params.items()}


def _words(page: AppTest) -> str:
    return " ".join(item.value for kind in ("markdown", "caption", "info", "error") for item in getattr(page, kind))


@pytest.mark.parametrize(
    ("view", "chart", "mark", "messages", "parameters"),
    [
        ("time", "rate-by-day", "Not delivered", 7, {"state": "undelivered"}),
        ("campaigns", "by-campaign", "Yoz", 34, {"state": "settled", "campaign": "2"}),
        ("hours", "by-hour-and-weekday", "With a final status", 101, {"state": "settled"}),
        ("funnel", "funnel", "Delivered", 90, {"state": "delivered"}),
        ("funnel", "reasons", "gives no reason", 11, {"reason": "not-stated"}),
        ("arrival", "time-to-delivery", ": 90", 90, {}),
        ("cost", "cost-per-delivered", "Bahor", 60, {"state": "delivered", "campaign": "1"}),
    ],
)
def test_a_mark_opens_its_messages_and_its_address_shows_them_to_others(
    open_page: PageFactory, campaigns: tuple[int, int], view: str, chart: str, mark: str, messages: int,
    parameters: dict[str, str],
) -> None:  # fmt: skip
    page = _open(open_page, view=view)
    _choose(page, chart, mark)
    query = _query(page)
    assert query["view"] == ["messages"]
    assert {name: query[name] for name in parameters} == {name: [value] for name, value in parameters.items()}
    assert f"**{messages} messages**" in _words(page)
    other = open_page("analytics.py", Role.MANAGER)
    for name, values in query.items():
        other.query_params[name] = values
    other.run()
    assert not other.exception
    assert f"**{messages} messages**" in _words(other)
    assert len(other.dataframe[0].value) == min(50, messages)
    assert page.dataframe[0].value["Campaign"].tolist() == other.dataframe[0].value["Campaign"].tolist()


def test_a_comparison_opens_all_messages_of_its_campaign_whatever_the_period(
    open_page: PageFactory, sqlite_store: Store, campaigns: tuple[int, int]
) -> None:
    old = make_campaign(sqlite_store, "Eski", started_at=NOW - 90 * 86_400_000, finished_at=NOW - 89 * 86_400_000)
    make_messages(sqlite_store, old, {"delivered": 9, "undelivered": 1}, left_at=NOW - 90 * 86_400_000)
    page = open_page("analytics.py", Role.ANALYST)
    page.query_params.update({"view": "compare", "period": "7"})
    page.query_params["with"] = [str(campaigns[0]), str(old)]
    page.run()
    _choose(page, "compare", "Eski")
    query = _query(page)
    assert (query["period"], query["campaign"], query["tests"]) == (["all"], [str(old)], ["1"])
    assert "**10 messages**" in _words(page)


def test_another_section_shows_all_messages_of_the_filter_again(
    open_page: PageFactory, campaigns: tuple[int, int]
) -> None:
    page = _open(open_page, view="time")
    _choose(page, "rate-by-day", "Expired")
    assert "**4 messages**" in _words(page)
    page.button(key="slice-all").click().run()
    assert "**101 messages**" in _words(page)
    assert not {"state", "sent"} & set(page.query_params)
    page = _open(open_page, view="messages", state="expired", hour="3")
    page.button_group(key="view").set_value("campaigns").run()
    assert not {"state", "hour"} & set(page.query_params)


@pytest.mark.parametrize(
    "query",
    [{"sent": "x"}, {"sent": "9-1"}, {"hour": "24"}, {"weekday": "7"}, {"delay": "1-"}, {"part_of": "nothing"},
     {"part_of": "column:Yoʻq", "part": "A"}, {"part_of": "day", "part": "yesterday"}, {"sent": "1-9999999999999999"}],
)  # fmt: skip
def test_an_address_that_cannot_be_read_shows_no_messages(
    open_page: PageFactory, campaigns: tuple[int, int], query: dict[str, str]
) -> None:
    page = _open(open_page, **{"view": "messages", **query})  # type: ignore[arg-type]
    assert not page.exception
    assert len(page.error) == 1
    assert not page.dataframe
    page.button(key="slice-all").click().run()
    assert "**101 messages**" in _words(page)


def test_a_row_shows_its_receipts_and_numbers_are_hidden_from_an_analyst(
    open_page: PageFactory, campaigns: tuple[int, int]
) -> None:
    hidden = _open(open_page, view="messages").dataframe[0].value["Number"]
    shown = _open(open_page, Role.ADMINISTRATOR, view="messages").dataframe[0].value["Number"]
    assert hidden.str.contains(r"\*").all()
    assert shown.str.fullmatch(r"998\d{9}").all()


@pytest.mark.parametrize(
    ("language", "grain", "label"),
    [
        ("en", Grain.DAY, "1 Mar 2026"),
        ("ru", Grain.DAY, "01.03.2026"),
        ("en", Grain.WEEK, "1 Mar 2026 – 7 Mar 2026"),
        ("uz", Grain.WEEK, "01.03.2026 – 07.03.2026"),
        ("en", Grain.HOUR, "1 Mar 2026, 00:00"),
        ("en", Grain.MONTH, "03.2026"),
    ],
)
def test_marks_are_named_by_days_as_the_charts_write_them(
    open_page: PageFactory, monkeypatch: pytest.MonkeyPatch, language: str, grain: Grain, label: str
) -> None:
    open_page("analytics.py")
    monkeypatch.setattr(widgets, "language", lambda: language)
    times = frame(["at"], {(pd.Timestamp("2026-03-01", tz="Asia/Tashkent"),): Sums(messages={"delivered": 5})})
    _targets, [row] = analytics_targets.of_times(times, grain)
    assert row.label == label
