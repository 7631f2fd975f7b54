"""Analytics: every view of every cut, and an address that shows the same to everyone."""

import json
import time
from datetime import date
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

import plotly.graph_objects as go
import pytest

from getsms_core import reports
from getsms_core.base.permissions import Role
from getsms_core.db.engine import Store
from getsms_core.db.models import Template
from getsms_core.exports import table_csv
from getsms_core.reports import Filter
from pages.ui.analytics import breakdowns
from pages.ui.shared import chart_display
from tests.conftest import PageFactory
from tests.each_case import each_case
from tests.factories import make_campaign, make_messages, with_history
from tests.ui.folded_tables import open_tables

NOW = time.time_ns() // 1_000_000
TASHKENT = ZoneInfo("Asia/Tashkent")
VIEWS = ["time", "campaigns", "ranges", "hours", "arrival", "funnel", "cost", "compare"]


HISTORY = {"days": 14, "campaigns": 5, "messages": 120, "now": NOW}
"""A fortnight up to now."""


@each_case("view", VIEWS)
def test_every_view_is_drawn_from_its_address(open_page: PageFactory, history: Store, view: str) -> None:
    page = open_page("analytics.py", Role.ANALYST)
    page.query_params["view"] = view
    page.query_params["with"] = ["1", "2"]
    page.run()
    assert not page.exception
    assert page.session_state["view"] == view
    charts = page.get("plotly_chart")
    assert len(charts) == {"ranges": 2, "arrival": 2, "funnel": 4, "cost": 3}.get(view, 1)
    for chart in charts:
        go.Figure(json.loads(chart.proto.spec))  # Plotly refuses a property or a value that it does not know
    assert not page.get("download_button")
    open_tables(page)
    assert not page.exception
    assert len(page.get("download_button")) == len(charts)


@each_case("view", VIEWS)
def test_every_view_of_nothing_says_so(open_page: PageFactory, view: str) -> None:
    page = open_page("analytics.py")
    page.query_params["view"] = view
    page.run()
    assert not page.exception
    assert len(page.info) == 1


def test_the_page_shows_the_figures_of_the_reports(open_page: PageFactory, history: Store) -> None:
    page = open_page("analytics.py").run()
    figures = reports.total(history, reports.last_days(30, TASHKENT, NOW), TASHKENT).figures
    shown = {metric.label: metric.value for metric in page.metric}
    assert shown["Sent"] == f"{figures.sent:,}"
    assert shown["Delivered"] == f"{figures.delivered:,}"
    assert shown["Delivery rate"] == f"{figures.rate:.1%}"
    assert shown["Waiting"] == f"{figures.waiting:,}"
    assert shown["Uncertain"] == f"{figures.uncertain:,}"


def test_an_address_shows_the_same_cut_in_every_language(open_page: PageFactory, history: Store) -> None:
    question = Filter(campaigns=(2,), ranges=("Ucell",), senders=("Korzinka",))
    shown = []
    for language in ("en", "ru"):
        page = open_page("analytics.py", Role.ANALYST, language)
        for name, values in question.to_query().items():
            page.query_params[name] = values
        page.run()
        assert not page.exception
        assert page.multiselect(key="campaign").value == ["2"]
        assert page.session_state["period"] == "all"  # a link that names a campaign means all of it
        shown.append(page.metric[0].value)
    assert shown[0] == shown[1].replace("\xa0", ",")


def test_days_in_the_address_are_the_period(open_page: PageFactory, history: Store) -> None:
    page = open_page("analytics.py")
    page.query_params["from"] = "2020-01-01"
    page.query_params["to"] = "2020-01-31"
    page.run()
    assert not page.exception
    assert page.session_state["period"] == "own"
    assert page.metric[0].value == "0"


def test_a_filter_goes_into_the_address(open_page: PageFactory, history: Store) -> None:
    page = open_page("analytics.py").run()
    page.selectbox(key="period").select("7").run()
    page.multiselect(key="range").select("Ucell").run()
    assert not page.exception
    assert page.query_params["period"] == "7"
    assert page.query_params["range"] == "Ucell"


@each_case(
    "query", [{"view": "x"}, {"period": "x"}, {"campaign": "x"}, {"from": "x"}, {"grain": "x"}, {"range": "Nokia"}]
)
def test_an_address_that_makes_no_sense_shows_the_usual(
    open_page: PageFactory, history: Store, query: dict[str, str]
) -> None:
    page = open_page("analytics.py")
    for name, value in query.items():
        page.query_params[name] = value
    page.run()
    assert not page.exception
    assert page.metric


def test_tests_are_left_out_unless_asked_for(open_page: PageFactory, sqlite_store: Store) -> None:
    campaign = make_campaign(sqlite_store, is_test=True, started_at=NOW - 1000)
    make_messages(sqlite_store, campaign, {"delivered": 3}, left_at=NOW - 1000)
    page = open_page("analytics.py").run()
    assert page.metric[0].value == "0"
    page.toggle(key="tests").set_value(True).run()
    assert page.metric[0].value == "3"


def test_the_comparison_says_in_words_whether_campaigns_differ(open_page: PageFactory, sqlite_store: Store) -> None:
    for delivered in (900, 850, 899):
        campaign_id = make_campaign(sqlite_store, f"Kampaniya {delivered}", started_at=NOW - 1000)
        make_messages(
            sqlite_store, campaign_id, {"delivered": delivered, "undelivered": 1000 - delivered}, left_at=NOW - 1000
        )
    page = open_page("analytics.py")
    page.query_params["view"] = "compare"
    page.query_params["with"] = ["1", "2", "3"]
    page.run()
    words = "\n".join(text.value for text in page.markdown)
    assert "Compared with **Kampaniya 900**: 0 of 2 were delivered better, 1 worse." in words
    table = page.dataframe[-1].value
    assert table["Compared with the first"].tolist() == [
        "the others are compared with it", "worse", "no clear difference"
    ]  # fmt: skip
    assert table["Difference of the rate"].tolist()[1:] == pytest.approx([-0.05, -0.001])


def test_twelve_campaigns_are_compared_in_one_sentence_and_the_title_counts_what_is_drawn(
    open_page: PageFactory, sqlite_store: Store
) -> None:
    for n in range(13):
        campaign_id = make_campaign(sqlite_store, f"No {n}", started_at=NOW - 1000)
        make_messages(sqlite_store, campaign_id, {"accepted": 5} if n == 1 else {"delivered": 20}, left_at=NOW - 1000)
    page = open_page("analytics.py")
    page.query_params["view"], page.query_params["campaign"] = "compare", [str(n) for n in range(1, 14)]
    page.run()
    assert not page.exception
    assert "The filter has 13 campaigns; the first 12 of them are compared." in page.info[0].value
    words = [text.value for text in page.markdown]
    assert len([text for text in words if "**No 0**" in text]) == 1
    assert "Delivery rate of 11 campaigns, best on top" in words  # one has no receipt yet and is not drawn
    assert page.multiselect(key="with").proto.max_selections == 12


def test_the_address_of_a_view_opens_the_same_view(open_page: PageFactory, sqlite_store: Store) -> None:
    with_history(sqlite_store, days=10, campaigns=3, messages=50)
    page = open_page("analytics.py", Role.ANALYST)
    wanted = {"period": "own", "from": "2026-03-01", "to": "2026-03-20", "range": "Ucell", "view": "ranges"}
    for name, value in wanted.items():
        page.query_params[name] = value
    page.run()
    assert not page.exception
    query = parse_qs(page.code[0].value.partition("?")[2])
    assert query == {name: [value] for name, value in wanted.items()}
    again = open_page("analytics.py", Role.MANAGER)
    for name, values in query.items():
        again.query_params[name] = values
    again.run()
    assert [metric.value for metric in again.metric] == [metric.value for metric in page.metric]
    assert again.segmented_control(key="view").value == "ranges"


def test_templates_are_compared_where_any_was_used(open_page: PageFactory, sqlite_store: Store) -> None:
    with sqlite_store.writing() as session:
        template = Template(name="Bayram", text="Salom", version=1, created_at=1, created_by="A")
        session.add(template)
        session.flush()
        template_id = template.id
    make_messages(
        sqlite_store, make_campaign(sqlite_store, template_id=template_id), {"delivered": 3, "undelivered": 1}
    )
    make_messages(sqlite_store, make_campaign(sqlite_store), {"delivered": 2})
    frame = reports.by_template(sqlite_store, Filter(), TASHKENT)
    assert list(zip(frame["template"], frame["sent"], strict=True)) == [("Bayram", 4), ("", 2)]
    page = open_page("analytics.py", Role.ANALYST)
    page.query_params["period"], page.query_params["view"] = "all", "ranges"
    page.run()
    assert not page.exception
    assert len(page.get("plotly_chart")) == 3


def test_the_tables_behind_the_charts_name_what_has_no_name_as_the_charts_do(
    open_page: PageFactory, sqlite_store: Store
) -> None:
    with sqlite_store.writing() as session:
        template = Template(name="Bayram", text="Salom", version=1, created_at=1, created_by="A")
        session.add(template)
        session.flush()
        template_id = template.id
    make_messages(sqlite_store, make_campaign(sqlite_store, template_id=template_id), {"delivered": 1})
    abroad = [7_901_234_567]
    make_messages(sqlite_store, make_campaign(sqlite_store, sender=""), {"expired": 1}, phones=abroad)
    page = open_page("analytics.py", Role.ANALYST, "uz")
    page.query_params["period"], page.query_params["view"] = "all", "ranges"
    for name in ("by-range", "by-sender", "by-template"):
        page.session_state[f"table-{name}"] = True
    page.run()
    assert not page.exception
    heads = [(frame.value.columns[0], set(frame.value.iloc[:, 0])) for frame in page.dataframe]
    assert [head for head, _rows in heads] == ["Raqamlar diapazoni", "Yuboruvchi nomi", "Shablon"]
    assert [rows & {"Boshqa", "Qisqa raqam", "Oʻz matni"} for _head, rows in heads] == [
        {"Boshqa"}, {"Qisqa raqam"}, {"Oʻz matni"}
    ]  # fmt: skip


def test_every_column_of_every_table_has_a_heading(history: Store) -> None:
    frames = [
        reports.rate_over_time(history, Filter(), TASHKENT, reports.Grain.DAY),
        *(
            cut(history, Filter(), TASHKENT)
            for cut in (reports.by_campaign, reports.by_range, reports.by_sender, reports.by_template, reports.cost,
                        reports.by_hour_and_weekday, reports.reasons, reports.funnel)
        ),
        reports.compare(history, [1, 2], TASHKENT),
        reports.time_to_delivery(history, Filter(), TASHKENT).distribution,
    ]  # fmt: skip
    assert {column for frame in frames for column in frame.columns} <= set(chart_display.HEADINGS)


def test_what_a_chart_leaves_out_is_said_beneath_it(open_page: PageFactory, sqlite_store: Store) -> None:
    for n in range(22):
        make_messages(sqlite_store, make_campaign(sqlite_store, f"No {n}"), {"delivered": 20})
    make_messages(sqlite_store, make_campaign(sqlite_store, "Noaniq"), {"uncertain": 3})
    page = open_page("analytics.py", Role.ANALYST)
    page.query_params["period"], page.query_params["view"] = "all", "campaigns"
    page.run()
    words = "\n".join(caption.value for caption in page.caption)
    assert "The chart shows the 20 with most messages; the table has all 23." in words
    assert "1 without a final status appears only in the table." in words
    page.query_params["view"] = "cost"
    page.run()
    assert "The chart shows the 12 most expensive; the table has all 23." in "\n".join(
        caption.value for caption in page.caption
    )


def test_a_campaign_of_which_all_is_uncertain_is_no_empty_cut(open_page: PageFactory, sqlite_store: Store) -> None:
    make_messages(sqlite_store, make_campaign(sqlite_store, "Noaniq"), {"uncertain": 3})
    page = open_page("analytics.py", Role.ANALYST)
    page.query_params["period"], page.query_params["view"] = "all", "campaigns"
    page.run()
    assert not page.info
    assert "Noaniq" in open_tables(page).dataframe[0].value.to_string()
    page.query_params["view"] = "funnel"
    page.run()
    words = "\n".join(text.value for text in page.markdown)
    sentence = (
        "So far 0.0% of the uploaded rows were delivered; 3 messages are still undecided, so that it can become 100%"
    )
    assert sentence in words
    assert "3 uncertain messages may have arrived and are not among the reasons." in [
        caption.value for caption in page.caption
    ]


def test_campaigns_are_not_compared_while_many_messages_wait(open_page: PageFactory, sqlite_store: Store) -> None:
    for states in ({"delivered": 900, "undelivered": 100}, {"delivered": 400, "undelivered": 1, "accepted": 500}):
        campaign_id = make_campaign(sqlite_store, "**Bonus** [x](https://example.uz)", started_at=NOW - 1000)
        make_messages(sqlite_store, campaign_id, states, left_at=NOW - 1000)
    page = open_page("analytics.py", Role.ANALYST)
    page.query_params["view"], page.query_params["with"] = "compare", ["1", "2"]
    page.run()
    words = "\n".join(text.value for text in page.markdown)
    assert "can’t be compared yet: messages without a final status can change the result" in words
    assert r"\*\*Bonus\*\* \[x\]" in words  # a name is no markdown
    low, high = page.dataframe[-1].value[["Difference, at least", "Difference, at most"]].iloc[1]
    assert low < 0 < high  # the waiting half can still turn it round


def test_the_download_says_when_a_campaign_began_by_the_local_clock(sqlite_store: Store) -> None:
    make_messages(sqlite_store, make_campaign(sqlite_store, started_at=1_773_990_000_000), {"delivered": 1})
    make_messages(sqlite_store, make_campaign(sqlite_store, started_at=None, state="draft"), {"queued": 1})
    frame = reports.by_campaign(sqlite_store, Filter(), TASHKENT)
    rows = table_csv(chart_display.for_file(frame)).decode("utf-8-sig").splitlines()
    at = rows[0].split(",").index('"started_at"')
    assert [row.split(",")[at] for row in rows[1:]] == ["", '"2026-03-20T12:00:00+05:00"']


@each_case("query", [{"campaign": "999"}, {"sender": "Nobody"}, {"campaign": ["1", "999"], "sender": "X"}])
def test_an_address_to_what_is_not_there_does_not_show_everything(
    open_page: PageFactory, history: Store, query: dict[str, str | list[str]]
) -> None:
    page = open_page("analytics.py", Role.ANALYST)
    for name, value in query.items():
        page.query_params[name] = value
    page.run()
    assert not page.exception
    assert page.metric[0].value == "0"


def test_a_campaign_stays_chosen_when_the_period_moves_away_from_it(open_page: PageFactory, history: Store) -> None:
    page = open_page("analytics.py", Role.ANALYST)
    page.query_params["campaign"] = "1"
    page.run()
    assert page.metric[0].value != "0"
    page.query_params["from"], page.query_params["to"] = "2020-01-01", "2020-01-31"
    page.query_params["period"] = "own"
    page.run()
    assert page.multiselect(key="campaign").value == ["1"]
    assert page.multiselect(key="campaign").options[-1] == "Navroʻz chegirmasi 1"
    assert page.metric[0].value == "0"


@each_case("query", [{"campaign": "x"}, {"range": "Nokia"}, {"campaign": "9" * 20}])
def test_a_filter_that_cannot_be_read_is_said(open_page: PageFactory, history: Store, query: dict[str, str]) -> None:
    page = open_page("analytics.py", Role.ANALYST)
    for name, value in query.items():
        page.query_params[name] = value
    page.run()
    assert not page.exception
    assert "is not valid" in page.warning[0].value


@each_case(
    ("query", "days"),
    [
        ({"from": "2026-03-10", "to": "2026-03-01"}, (date(2026, 3, 1), date(2026, 3, 10))),
        ({"from": "0001-01-01", "to": "2001-01-01"}, (date(2000, 1, 1), date(2001, 1, 1))),
        ({"from": "2026-03-10", "to": "9999-12-31"}, (date(2026, 3, 10), reports.local_day(NOW, TASHKENT))),
        ({"to": "2020-01-31"}, (date(2020, 1, 31), date(2020, 1, 31))),
    ],
)
def test_days_that_cannot_be_asked_for_become_days_that_can(
    open_page: PageFactory, history: Store, query: dict[str, str], days: tuple[date, date]
) -> None:
    page = open_page("analytics.py", Role.ANALYST)
    for name, value in query.items():
        page.query_params[name] = value
    page.run()
    assert not page.exception
    assert page.session_state["days"] == days


@each_case(
    ("query", "said"),
    [
        ({"view": "profit"}, "view=profit"),
        ({"period": "365"}, "period=365"),
        ({"from": "1 December"}, "from=1 December"),
        ({"from": "2999-01-01"}, "from=2999-01-01"),
        ({"from": "2026-03-01", "to": "2026-02-30"}, "to=2026-02-30"),
        ({"grain": "year"}, "grain=year"),
        ({"view": "by", "by": "column:Shahar"}, "by=column:Shahar"),
        ({"view": "compare", "with": ["1", "x"]}, "with=x"),
        ({"view": "compare", "with": ["1", "9" * 5000]}, "with=999"),
        ({"view": "compare", "with": ["1", "99"]}, "with=99"),
    ],
)  # fmt: skip
def test_what_an_address_asks_for_and_cannot_have_is_said(
    open_page: PageFactory, history: Store, query: dict[str, str | list[str]], said: str
) -> None:
    page = open_page("analytics.py", Role.ANALYST)
    for name, value in query.items():
        page.query_params[name] = value
    page.run()
    assert not page.exception
    [warning] = page.warning
    assert f"The address contains {said}" in warning.value.replace("\u2060", "").replace("\\", "")


def test_more_campaigns_to_compare_than_can_be_are_said(open_page: PageFactory, sqlite_store: Store) -> None:
    for n in range(14):
        make_messages(sqlite_store, make_campaign(sqlite_store, f"No {n}", started_at=NOW - 1000), {"delivered": 20})
    page = open_page("analytics.py", Role.ANALYST)
    page.query_params["view"], page.query_params["with"] = "compare", [str(n) for n in range(14, 0, -1)]
    page.run()
    assert not page.exception
    assert page.info[0].value == "The address names 14 campaigns; the first 12 of them are compared."
    assert page.multiselect(key="with").value == [str(n) for n in range(14, 2, -1)]


def test_the_rare_values_of_a_breakdown_have_the_interval_of_their_sum_and_are_not_best_by_having_none(
    open_page: PageFactory, sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(breakdowns, "SHOWN", 2)
    outcomes = ({"delivered": 50, "undelivered": 1}, {"undelivered": 9}, {"delivered": 1, "accepted": 7})
    for n, states in enumerate(outcomes):
        make_messages(sqlite_store, make_campaign(sqlite_store, sender=f"Korzinka {n}"), states)
    page = open_page("analytics.py", Role.ANALYST)
    page.query_params.update({"period": "all", "view": "by", "by": "sender"})
    open_tables(page.run())
    assert not page.exception
    table = page.dataframe[0].value.set_index("Value")
    others = table.loc["All other values"]
    assert (others["Sent"], others["Waiting for receipt"], bool(others["Final"])) == (17, 7, False)
    assert (others["Rate, at least"], others["Rate, at most"]) == (1 / 17, 8 / 17)
    [drawn, *_rest] = json.loads(page.get("plotly_chart")[0].proto.spec)["data"]
    assert [name.partition("  ·")[0] for name in drawn["y"]] == ["All other values", "Korzinka 0"]
