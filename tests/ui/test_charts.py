"""Charts: what they say, in both themes, and that a phone's digits are never a quantity."""

import time
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import plotly.graph_objects as go
import pytest

from getsms_core.base import i18n
from getsms_core.base.i18n import using_language
from getsms_core.billing.reconciliation import Sums
from getsms_core.reports import STATES
from getsms_core.reports.rollup_queries import frame
from pages.ui.shared import arrival_chart, charts, cost_charts, reason_charts, table_formats, week_chart
from pages.ui.shared.chart_display import for_display, prepared
from pages.ui.shared.charts import Theme
from pages.ui.shared.widgets import percent

THEMES = [Theme(dark=False), Theme(dark=True)]
MIXED = {"delivered": 90, "undelivered": 5, "expired": 3, "accepted": 7, "uncertain": 2}


def by_name(*names: str, **counts: int) -> pd.DataFrame:
    """A frame as the reports make it, a row a name."""
    return frame(["name"], {(name,): Sums(messages=dict(counts or MIXED)) for name in names}, money=True)


def over_days(n: int) -> pd.DataFrame:
    """A frame of n days; something waits on the last."""
    days = [pd.Timestamp(f"2026-03-{day:02d}", tz=ZoneInfo("Asia/Tashkent")) for day in range(1, n + 1)]
    sums = {(day,): Sums(messages=MIXED | {"accepted": 7 if day == days[-1] else 0}) for day in days}
    table = frame(["at"], sums, money=True)
    return table.astype({"at": pd.DatetimeTZDtype("ms", ZoneInfo("Asia/Tashkent"))})


def two_messages(state: str, others: pd.DataFrame) -> pd.DataFrame:
    """The first of the days with two messages alone."""
    return frame(["at"], {(others["at"][0],): Sums(messages={state: 2})}).astype({"at": others["at"].dtype})


def traces(figure: go.Figure) -> dict[str, Any]:
    """The traces by their names."""
    return {trace.name: trace for trace in figure.data if trace.name}


@pytest.mark.parametrize("theme", THEMES)
def test_the_rate_over_time_shows_what_waits_and_is_uncertain_apart(theme: Theme) -> None:
    figure = charts.rate_over_time(over_days(4), theme, "day")
    shown = traces(figure)
    assert "91.8%" in figure.layout.title.text
    assert {"Delivered", "Not delivered", "Expired", "Waiting for receipt", "Uncertain"} <= set(shown)
    shapes = [shown[name].marker.pattern.shape for name in ("Delivered", "Not delivered", "Expired", "Uncertain")]
    assert len(set(shapes)) == 4
    assert figure.layout.yaxis.title.text
    assert figure.layout.yaxis2.title.text
    assert figure.layout.xaxis.title.text == "Local time"


def test_times_are_written_as_the_wall_clock_has_them() -> None:
    figure = charts.rate_over_time(over_days(2), THEMES[0], "day")
    assert list(traces(figure)["Delivered"].x) == ["2026-03-01 00:00", "2026-03-02 00:00"]


def test_a_single_day_is_named_once_and_fills_no_more_than_its_day() -> None:
    axis = charts.rate_over_time(over_days(1), THEMES[0], "day").layout.xaxis
    assert list(axis.tickvals) == ["2026-03-01 00:00"]
    assert list(axis.range) == ["2026-02-28 00:00", "2026-03-02 00:00"]
    assert charts.rate_over_time(over_days(30), THEMES[0], "day").layout.xaxis.tickvals is None


def test_a_single_day_carries_its_interval_though_a_band_needs_two() -> None:
    table = over_days(1)
    rate = traces(charts.rate_over_time(table, THEMES[0], "day"))["Delivery rate"]
    assert rate.error_y.array[0] == pytest.approx(table["high"][0] - table["rate"][0])
    assert rate.error_y.arrayminus[0] == pytest.approx(table["rate"][0] - table["low"][0])
    assert not traces(charts.rate_over_time(over_days(30), THEMES[0], "day"))["Delivery rate"].error_y.array


def test_a_day_of_two_messages_does_not_press_the_others_flat() -> None:
    table = over_days(8)
    few = two_messages("delivered", table)
    axis = charts.rate_over_time(pd.concat([few, table[1:]]), THEMES[0], "day").layout.yaxis
    assert few["low"][0] < 0.4
    assert axis.range[0] == pytest.approx(table["low"][1] - 0.02)


def test_an_interval_that_is_longer_than_the_axis_ends_there_and_not_in_the_bars() -> None:
    table = over_days(3)
    figure = charts.rate_over_time(pd.concat([two_messages("delivered", table), table[1:]]), THEMES[0], "day")
    rate = traces(figure)["Delivery rate"]
    assert rate.y[0] - rate.error_y.arrayminus[0] == pytest.approx(figure.layout.yaxis.range[0])
    assert rate.customdata[0][1] == percent(two_messages("delivered", table)["low"][0])


def test_a_bad_day_of_two_messages_is_drawn_all_the_same() -> None:
    table = over_days(8)
    few = two_messages("expired", table)
    assert charts.rate_over_time(pd.concat([few, table[1:]]), THEMES[0], "day").layout.yaxis.range[0] == 0


def test_days_of_two_years_are_told_apart() -> None:
    table = over_days(8)
    assert "%Y" not in charts.rate_over_time(table, THEMES[0], "day").layout.xaxis.tickformat
    earlier = table.assign(at=table["at"] - pd.DateOffset(years=1))
    assert "%Y" in charts.rate_over_time(pd.concat([earlier, table]), THEMES[0], "day").layout.xaxis.tickformat


def test_a_cohort_that_is_not_final_is_hollow() -> None:
    rate = traces(charts.rate_over_time(over_days(3), THEMES[0], "day"))["Delivery rate"]
    colours = list(rate.marker.color)
    assert colours[0] == colours[1] == THEMES[0]["link"]
    assert colours[2] == THEMES[0]["background"]
    assert rate.customdata[2][3] == "possible while messages wait"


def test_days_without_a_final_status_have_no_rate_and_no_band() -> None:
    waits = frame(["at"], {(pd.Timestamp("2026-03-01", tz="Asia/Tashkent"),): Sums(messages={"accepted": 4})})
    shown = traces(charts.rate_over_time(waits, THEMES[0], "day"))
    assert not shown["Delivery rate"].x
    assert list(shown["Waiting for receipt"].y) == [4]


def named(figure: go.Figure) -> list[str]:
    """The names of a chart's rows, without the n beside them."""
    return [label.partition("  ·  n = ")[0] for label in figure.data[0].y]


def test_names_that_look_like_numbers_stay_names() -> None:
    names = ["+998901234567", "998901234567", "3"]
    figure = charts.rates(by_name(*names), THEMES[0], names, "t")
    assert figure.layout.yaxis.type == "category"
    assert sorted(named(figure)) == ["+998901234567", "3", "998901234567"]
    assert charts.bars(["1", "2"], [3, 4], THEMES[0], "t", "u").layout.yaxis.type == "category"


def test_campaigns_of_one_name_are_two_lines() -> None:
    assert charts.distinct(["Bonus", "Bonus", "Bonus (2)"]) == ["Bonus", "Bonus (2)", "Bonus (2) (2)"]
    assert len(charts.distinct(["x" * 40])[0]) == 28


def test_thousands_of_campaigns_of_one_name_are_named_at_once() -> None:
    names = ["Kunlik aksiya"] * 3000
    begun = time.process_time()
    assert charts.distinct(names)[-1] == "Kunlik aksiya (3000)"
    figure = charts.rates(by_name(*map(str, range(3000))), THEMES[0], names, "t")
    assert time.process_time() - begun < 5  # each name was compared with all before it, for each of their numbers
    assert sorted(named(figure)) == sorted(charts.distinct(names[: charts.MOST_BARS]))


def test_rates_carry_their_interval_and_leave_out_what_has_none() -> None:
    table = pd.concat([by_name("A"), by_name("B", accepted=3)])
    figure = charts.rates(table, THEMES[0], ["A", "B"], "t")
    assert list(figure.data[0].y) == ["A  ·  n = 98"]
    low, high = table["low"].iloc[0], table["high"].iloc[0]
    rate = table["rate"].iloc[0]
    assert figure.data[0].error_x.array[0] == pytest.approx(high - rate)
    assert figure.data[0].error_x.arrayminus[0] == pytest.approx(rate - low)


def test_a_few_lucky_messages_do_not_come_before_many_good_ones() -> None:
    table = pd.concat([by_name("lucky", delivered=3), by_name("good", delivered=950, undelivered=50)])
    figure = charts.rates(table, THEMES[0], ["lucky", "good"], "t")
    assert named(figure) == ["lucky", "good"]  # the last one is on top


def test_of_more_campaigns_than_can_be_drawn_the_largest_are_and_the_worst_is_not_hidden() -> None:
    names = [f"small {n}" for n in range(30)]
    table = pd.concat([by_name(*names, delivered=9, undelivered=1), by_name("bad", delivered=500, undelivered=500)])
    figure = charts.rates(table, THEMES[0], [*names, "bad"], "t")
    assert len(figure.data[0].y) == charts.MOST_BARS
    assert named(figure)[0] == "bad"


def test_a_name_with_a_tag_in_it_is_written_as_it_stands() -> None:
    names = ['<a href="https://example.uz">Yoz</a>', "Narx < 50 & 20%"]
    figure = charts.rates(by_name(*names), THEMES[0], names, "t")
    assert set(named(figure)) == {'&lt;a href="https://example.uz…', "Narx &lt; 50 &amp; 20%"}


def test_a_point_at_the_edge_is_drawn_whole() -> None:
    figure = charts.rates(by_name("A", undelivered=8), THEMES[0], ["A"], "t")
    assert figure.data[0].cliponaxis is False
    assert traces(charts.rate_over_time(over_days(1), THEMES[0], "day"))["Delivery rate"].cliponaxis is False


def test_an_empty_frame_is_an_empty_chart() -> None:
    assert len(charts.rates(by_name("A").iloc[:0], THEMES[0], [], "t").data[0].x) == 0
    assert cost_charts.cost(by_name("A").iloc[:0], THEMES[0], "t").data
    assert charts.bars([], [], THEMES[0], "t", "u").data == ()


@pytest.mark.parametrize("theme", THEMES)
def test_the_heat_map_puts_each_hour_in_its_place(theme: Theme) -> None:
    table = frame(["weekday", "hour"], {(2, 9): Sums(messages=MIXED), (6, 23): Sums(messages={"accepted": 1})})
    figure = week_chart.hours_and_weekdays(table, theme, ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"])
    cells = figure.data[0].z
    assert cells[2][9] == pytest.approx(90 / 98)
    assert sum(value is not None for row in cells for value in row) == 1
    assert ("lighter" if theme.dark else "darker") in figure.layout.title.text
    assert figure.layout.xaxis.tickvals == ("00", "03", "06", "09", "12", "15", "18", "21")


def test_an_hour_with_a_single_message_is_faded_and_does_not_stretch_the_scale() -> None:
    sums = {(0, 5): {"undelivered": 4}, (1, 5): {"delivered": 1}, (2, 9): MIXED, (2, 10): {"delivered": 990}}
    table = frame(["weekday", "hour"], {key: Sums(messages=dict(states)) for key, states in sums.items()})
    shaded, faded, marks = week_chart.hours_and_weekdays(
        table, THEMES[0], ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"]
    ).data
    assert [sum(value is not None for value in row) for row in shaded.z] == [0, 0, 2, 0, 0, 0, 0]
    assert (shaded.zmin, shaded.zmax) == (pytest.approx(90 / 98), 1)
    assert [(day, hour) for day in range(7) for hour in range(24) if faded.z[day][hour] is not None] == [(0, 5), (1, 5)]
    assert faded.opacity == week_chart.FADED
    assert (faded.zmin, faded.zmax) == (shaded.zmin, shaded.zmax)
    assert "of 1 messages" in faded.text[1][5]
    assert "too few messages" in faded.text[1][5]
    # A mark over each cell opens its messages: Plotly selects no cell of a heat map.
    assert sorted(zip(marks.y, marks.x, [row for *_text, row in marks.customdata], strict=True)) == [
        ("Mo", "05", 0), ("Tu", "05", 1), ("We", "09", 2), ("We", "10", 3)]  # fmt: skip


def test_the_time_to_delivery_is_whole() -> None:
    distribution = pd.DataFrame(
        {"from_seconds": [0.0, 7.0, 50.0], "to_seconds": [1.0, 8.0, 55.0], "share": [0.5, 0.3, 0.2]}
    )
    figure = arrival_chart.time_to_delivery(distribution, THEMES[0], 1.0, 52.0)
    shown = traces(figure)
    assert list(shown["Arrived in this time"].y) == [0.5, 0.3, 0.0, 0.2]
    assert list(shown["Arrived by then"].y)[-1] == pytest.approx(1)
    times = [label.replace("\N{NO-BREAK SPACE}", " ") for label in shown["Arrived by then"].x]
    assert times == ["≤ 5 s", "≤ 10 s", "≤ 30 s", "≤ 1 min"]


def test_every_state_has_a_colour_and_most_a_pattern_of_their_own() -> None:
    for theme in THEMES:
        looks = {state: charts.paint(theme, state) for state in STATES}
        assert all(look["color"].startswith("#") for look in looks.values())
    shapes = [charts.PATTERNS[state] for state in charts.STACK]
    assert len(set(shapes)) == len(shapes)


def test_no_chart_fetches_anything_from_outside() -> None:
    figure = charts.rate_over_time(over_days(3), THEMES[0], "day")
    assert "http" not in figure.to_json()


def test_messages_counted_as_sent_have_a_band_of_their_own_and_are_not_waiting() -> None:
    messages = {"delivered": 90, "accepted": 7, "counted": 4}
    cohort = frame(["at"], {(pd.Timestamp("2026-03-01", tz="Asia/Tashkent"),): Sums(messages=messages)})
    assert (cohort["waiting"][0], cohort["counted"][0]) == (3, 4)
    shown = traces(charts.rate_over_time(cohort, THEMES[0], "day"))
    assert list(shown["Waiting for receipt"].y) == [3]
    assert list(shown["Counted as sent"].y) == [4]
    table = for_display(cohort.drop(columns="at"))
    assert (table["Waiting for receipt"][0], table["Counted as sent"][0]) == (3, 4)


def test_where_every_accepted_message_was_counted_as_sent_none_waits_and_the_cohort_is_final() -> None:
    messages = {"delivered": 90, "accepted": 4, "counted": 4}
    cohort = frame(["at"], {(pd.Timestamp("2026-03-01", tz="Asia/Tashkent"),): Sums(messages=messages)})
    shown = traces(charts.rate_over_time(cohort, THEMES[0], "day"))
    assert "Waiting for receipt" not in shown
    assert "Not yet final" not in shown
    assert "Waiting for receipt" not in for_display(cohort.drop(columns="at"))


def test_no_line_crosses_days_without_messages() -> None:
    month = over_days(30)
    table = pd.concat([month[:10], month[14:15], month[20:]])
    shown = charts.rate_over_time(table, THEMES[0], "day")
    rate = traces(shown)["Delivery rate"]
    gaps = [i for i, value in enumerate(rate.y) if value is None]
    assert gaps == [10, 12]
    assert len(rate.customdata) == len(rate.x) == len(rate.marker.color) == len(table) + 2
    assert [i for i, value in enumerate(rate.error_y.array) if value is not None] == [11]  # alone, without a band
    [band] = [trace for trace in shown.data if trace.type == "scatter" and trace.fill == "toself"]
    assert [i for i, value in enumerate(band.y) if value is None] == [20]  # two areas of ten days
    assert [i for i, value in enumerate(band.x) if value is None] == [20]
    assert len(band.x) == len(band.y) == 41
    whole = traces(charts.rate_over_time(month, THEMES[0], "day"))["Delivery rate"]
    assert None not in list(whole.y)
    few = traces(charts.rate_over_time(pd.concat([month[:2], month[9:10]]), THEMES[0], "day"))["Delivery rate"]
    assert [value is None for value in few.error_y.array] == [False, False, True, False]


def test_the_arrivals_of_ranges_have_their_n_and_end_at_all() -> None:
    table = pd.DataFrame(
        [("Ucell", 200, 5.0, 0.4), ("Ucell", 200, 80.0, 1.0), ("other", 3, 0.0, 1.0)],
        columns=["range", "n", "seconds", "arrived"],
    )
    lines = arrival_chart.arrivals_by_range(table, THEMES[0]).data
    assert [line.name for line in lines] == ["Ucell · n = 200", "Other · n = 3"]
    assert [line.y[-1] for line in lines] == [1.0, 1.0]
    assert lines[1].x[0] > 0  # a logarithm has no zero


def test_a_range_whose_messages_all_took_the_same_time_has_a_line_whose_point_opens_them() -> None:
    table = pd.DataFrame([("Ucell", 9, 1.04, 1.0), ("Beeline", 4, 1.04, 1.0)],
                         columns=["range", "n", "seconds", "arrived"])  # fmt: skip
    lines = arrival_chart.arrivals_by_range(table, THEMES[0]).data
    assert [(list(line.x), list(line.y)) for line in lines] == [([0.5, 1.04], [0, 1])] * 2
    assert [[row for [row] in line.customdata] for line in lines] == [[-1, 0], [-1, 1]]


def test_cost_for_one_delivered_and_the_billed_against_the_predicted() -> None:
    table = pd.DataFrame(
        {"name": ["A", "B", "C"], "delivered": [10, 5, 0], "per_delivered": [9_500.0, 19_000.0, float("nan")],
         "expected_cost": [100, 1_000, 0], "billed_cost": [150, 900, 0]}
    )  # fmt: skip
    figure = cost_charts.per_delivered(table, THEMES[0], "t")
    assert list(figure.data[0].y) == ["B  ·  n = 5", "A  ·  n = 10"]
    assert list(figure.data[0].x) == [190.0, 95.0]
    figure = cost_charts.billed_against_predicted(table, THEMES[0], "t")
    assert list(figure.data[0].y) == ["A", "B"]
    assert list(figure.data[0].text) == ["+50.0%", "−10.0%"]
    assert list(figure.data[0].textposition) == ["inside", "outside"]  # beside the longest it covered a name on a phone


@pytest.mark.parametrize(
    ("language", "shown"), [("en", "1,234,567"), ("ru", "1\xa0234\xa0567"), ("uz", "1\xa0234\xa0567")]
)
def test_tables_write_numbers_and_dates_as_the_reader_does(
    language: str, shown: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = pd.DataFrame({"Sent": [1_234_567], "Rate": [0.5], "At": [pd.Timestamp("2026-03-20 12:00")], "A": ["x"]})
    monkeypatch.setattr(table_formats, "language", i18n.language)
    with using_language(language):
        cells = table_formats.styled(table, {"Rate"})._translate(True, True)["body"][0]
    texts = [cell["display_value"] for cell in cells if cell["type"] == "td"]
    assert texts[0] == shown
    assert texts[1] == {"en": "50.0%", "ru": "50,0\xa0%", "uz": "50,0%"}[language]
    assert texts[2] == {"en": "20 Mar 2026, 12:00"}.get(language, "20.03.2026 12:00")
    assert texts[3] == "x"
    large = pd.DataFrame({"n": range(table_formats.MOST_CELLS + 1)})
    assert table_formats.styled(large, set()) is large


def test_a_chart_says_whether_its_data_is_new_and_has_the_mode_of_clicks_that_streamlit_gives_it() -> None:
    drawn = [prepared(charts.rates(by_name(name), THEMES[0], [name], "t"), by_name(name)) for name in ("A", "A", "B")]
    layouts = [chart.figure.to_dict()["layout"] for chart in drawn]
    revisions = [layout["datarevision"] for layout in layouts]
    assert revisions[0] == revisions[1] != revisions[2]
    for layout in layouts:
        modes = [layout[name] for name in ("clickmode", "dragmode", "hovermode")]
        assert modes == ["event+select", "pan", "closest"]
        assert "template" not in layout  # its copy is another object, which Plotly takes for a change of everything


def test_an_axis_of_a_few_messages_has_no_ticks_between_two() -> None:
    assert charts.bars(["A", "B"], [3, 1], THEMES[0], "t", "u").layout.xaxis.dtick == 1
    assert charts.bars(["A", "B"], [300, 1], THEMES[0], "t", "u").layout.xaxis.dtick is None
    assert charts.rate_over_time(two_messages("expired", over_days(1)), THEMES[0], "day").layout.yaxis2.dtick == 1
    assert charts.rate_over_time(over_days(4), THEMES[0], "day").layout.yaxis2.dtick is None
    assert reason_charts.bars(["A"], [3], THEMES[0], "t").layout.xaxis.dtick == 1
    assert reason_charts.bars(["A"], [30], THEMES[0], "t").layout.xaxis.dtick is None
