"""The charts of the time to delivery: of all messages, and of number ranges beside each other."""

from itertools import pairwise
from typing import Any

import pandas as pd

from getsms_core.reports import range_in_words
from pages.ui.shared.chart_figure import ChartFigure
from pages.ui.shared.charts import Theme, canvas, paint
from pages.ui.shared.percent_axis import percent_axis
from pages.ui.shared.session import _
from pages.ui.shared.widgets import duration, number, percent

MOST_RANGES = 8
_DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot", "solid", "dash")
_COLOURS = ("link", "amber", "violet", "blue", "red", "green", "grey", "text")
_LEAST = 0.5  # seconds; a logarithmic scale has no 0
_TICKS = (1, 3, 10, 30, 60, 300, 900, 3600, 21600, 86400)  # seconds

EDGES = [0, 5, 10, 30, 60, 300, 900, 3600, 21600, float("inf")]  # seconds


def short(seconds: float) -> str:
    """A round time in one unit."""
    if seconds < 60:
        return _("{n} s").format(n=number(seconds))
    if seconds < 3600:
        return _("{n} min").format(n=number(seconds // 60))
    return _("{n} h").format(n=number(seconds // 3600))


def steps() -> list[str]:
    """Return the names of the bars of the time to delivery."""
    return [f"> {short(low)}" if high == EDGES[-1] else f"≤ {short(high)}" for low, high in pairwise(EDGES)]


def step_of(distribution: pd.DataFrame) -> "pd.Series[Any]":
    """Return the bar of each row of the distribution of the time to delivery, as a category of `steps`."""
    middle = (distribution["from_seconds"] + distribution["to_seconds"]) / 2
    return pd.cut(middle, EDGES, labels=steps())


def time_to_delivery(distribution: pd.DataFrame, theme: Theme, median: float | None, p95: float | None) -> ChartFigure:
    """The share of delivered messages by how long they took, and the share that had arrived by then. The `customdata`
    of a bar is its place among `steps`."""
    labels = steps()
    sums = distribution.groupby(step_of(distribution), observed=False)["share"].sum()
    sums = sums[: max(3, int(sums.to_numpy().nonzero()[0].max(initial=0)) + 1)]
    labels = labels[: len(sums)]
    title = _("Half of the delivered messages arrived within {median}, 95% within {p95}").format(
        median=duration(median), p95=duration(p95)
    )
    figure = canvas(theme, title, 360)
    figure.add_bar(
        x=labels, y=sums.tolist(), name=_("Arrived in this time"), marker=paint(theme, "delivered"),
        text=[percent(share) for share in sums], textposition="auto", textangle=0, insidetextanchor="middle",
        insidetextfont={"color": theme["background"]}, hoverinfo="none",
        customdata=[[place] for place in range(len(labels))],
    )  # fmt: skip
    figure.add_scatter(
        x=labels, y=sums.cumsum().tolist(), name=_("Arrived by then"), mode="lines+markers",
        line={"color": theme["link"], "dash": "dot", "width": 2}, marker={"symbol": "diamond", "size": 8},
        text=[percent(share) for share in sums.cumsum()], hovertemplate="%{x}: %{text}<extra></extra>",
    )  # fmt: skip
    figure.update_layout(
        xaxis={"type": "category", "title": {"text": _("Time from submission to delivery")}},
        yaxis={**percent_axis(0, 1.12), "title": {"text": _("Share of delivered messages")}},
    )
    return figure


def arrivals_by_range(frame: pd.DataFrame, theme: Theme) -> ChartFigure:
    """Return a line for each range: the share of its delivered messages that had arrived by then. It begins with none,
    so that a range whose messages all took the same time has a line too. The time is on a logarithmic scale; n is
    beside the name. The `customdata` of a point is its row of the frame."""
    figure = canvas(theme, _("Share of the delivered messages that arrived within a time, by number range"), 400)
    numbered = frame.assign(row=range(len(frame)))
    for i, (code, rows) in enumerate(numbered.groupby("range", sort=False)):
        if i == MOST_RANGES:
            break
        name = f"{range_in_words(str(code))} · n = {number(int(rows['n'].iloc[0]))}"
        hover = [f"{short(round(at) or 1)}: {percent(share)}" for at, share in zip(rows["seconds"], rows["arrived"],
                                                                                    strict=True)]  # fmt: skip
        figure.add_scatter(
            x=[_LEAST, *(max(at, _LEAST) for at in rows["seconds"])], y=[0.0, *rows["arrived"]], name=name,
            mode="lines", text=["", *hover], customdata=[[-1], *([row] for row in rows["row"])],
            line={"color": theme[_COLOURS[i]], "dash": _DASHES[i], "width": 2.2, "shape": "hv"},
            hovertemplate="%{text}<extra>%{fullData.name}</extra>",
        )  # fmt: skip
    least, most = float(frame["seconds"].min()), float(frame["seconds"].max())
    ticks = [at for at in _TICKS if least / 3 <= at <= most * 3]
    figure.update_layout(
        xaxis={"type": "log", "title": {"text": _("Time from submission to delivery")}, "tickvals": ticks,
               "ticktext": [short(at) for at in ticks]},
        yaxis={**percent_axis(0, 1.02), "title": {"text": _("Share of delivered messages")}},
    )  # fmt: skip
    return figure
