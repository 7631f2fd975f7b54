"""The margins of charts. Widths were measured in Chromium with Noto Sans at 12 px."""

import pytest

from pages.ui.shared import chart_margins
from pages.ui.shared.chart_figure import ChartFigure
from pages.ui.shared.charts import Theme, canvas


def figure(**layout: object) -> ChartFigure:
    drawn = canvas(Theme(), "Title", 300, **layout)
    drawn.add_bar(x=["2026-11-01", "2026-11-02"], y=[400, 500], name="Delivered")
    return drawn


def margin(drawn: ChartFigure) -> dict[str, int]:
    chart_margins.fit(drawn)
    return dict(drawn.design["margin"])


@pytest.mark.parametrize(
    ("label", "measured"),
    [("100%", 31), ("1,000,000", 55), ("Uzbektelecom  ·  n = 124,197", 161), ("Без значения  ·  n = 989 951", 160),
     ("Загружено строк", 100), ("Воскресенье", 76), ("Wednesday", 66), ("В отчёте о доставке", 117)],
)  # fmt: skip
def test_a_label_is_as_wide_as_it_is_drawn_or_little_wider(label: str, measured: int) -> None:
    assert measured <= chart_margins.width(label) <= measured * 1.04


def test_the_names_of_lying_bars_fit_to_the_left_of_them() -> None:
    lying = figure(yaxis={"type": "category"})
    lying.traces[0] |= {"orientation": "h", "x": [400, 500], "y": ["Uzbektelecom", "Beeline &amp;<br>others"]}
    assert 96 <= margin(lying)["l"] <= 106  # Chromium needed 96


def test_numbers_have_room_for_the_sum_of_bars_upon_each_other() -> None:
    alone, stacked = figure(), figure(barmode="stack")
    for drawn in (alone, stacked):
        drawn.add_bar(x=["2026-11-01", "2026-11-02"], y=[400, 500], name="Expired")
    assert margin(stacked)["l"] - margin(alone)["l"] == chart_margins.width("1,000") - chart_margins.width("500")


def test_an_axis_on_the_right_or_without_labels_takes_no_room_on_the_left() -> None:
    right = figure(yaxis={"type": "category", "showticklabels": False}, yaxis2={"side": "right"})
    right.add_scatter(x=["2026-11-01"], y=[10**9], yaxis="y2")
    assert margin(right)["l"] < 20


def test_titles_lines_of_ticks_and_the_legend_have_room_below() -> None:
    plain = margin(figure())["b"]
    assert margin(figure(xaxis={"title": {"text": "Local time"}}))["b"] == plain + 12
    assert margin(figure(xaxis={"tickformat": "%H:%M\n%d.%m"}))["b"] == plain + 16
    with_legend, long_legend = figure(), figure()
    with_legend.add_bar(x=["2026-11-01"], y=[1], name="Expired")
    for n in range(8):
        long_legend.add_bar(x=["2026-11-01"], y=[1], name=f"Uzbektelecom · n = {n}14,257")
    assert margin(with_legend)["b"] == plain + 29
    assert margin(long_legend)["b"] == plain + 29 + 2 * 19


def test_a_wider_margin_stays_and_the_longest_name_leaves_room_for_the_chart_on_a_phone() -> None:
    assert margin(figure(margin={"b": 300}))["b"] == 300
    long = figure(yaxis={"type": "category"})
    long.traces[0]["y"] = ["W" * 60, "M"]
    assert margin(long)["l"] == 250


def test_a_title_that_a_phone_would_cut_has_two_lines_and_room_for_them() -> None:
    short, long = figure(xaxis={"title": {"text": "Сообщения"}}), figure(yaxis={"type": "category"})
    long.traces[0]["y"] = ["Navroʻz chegirmasi 1", "M"]
    long.update_layout(xaxis={"title": {"text": "Начислено больше или меньше прогноза"}})
    short_bottom = margin(short)["b"]
    assert margin(long)["b"] == short_bottom + 16
    assert short.design["xaxis"]["title"]["text"] == "Сообщения"
    assert long.design["xaxis"]["title"]["text"] == "Начислено больше<br>или меньше прогноза"
