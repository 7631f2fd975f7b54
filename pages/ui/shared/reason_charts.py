"""Charts of why messages did not arrive: over time and by number range."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from textwrap import wrap
from typing import Any

import pandas as pd

from getsms_core import reports
from getsms_core.reports import Grain
from pages.ui.shared.chart_figure import ChartFigure
from pages.ui.shared.charts import Theme, canvas, count_axis, day_formats
from pages.ui.shared.session import _
from pages.ui.shared.widgets import number

LINE = 26
"""Characters of one line of a reason beside its bar."""
MOST_REASONS = 5
"""Reasons with a colour of their own; the others are drawn together."""
_COLOURS = ("link", "amber", "red", "blue", "green", "grey")
_PATTERNS = ("", "/", "x", ".", "\\", "-")


def bars(words: Sequence[str], values: Sequence[int], theme: Theme, title: str) -> ChartFigure:
    """Lying bars, a reason each, with their values; a long reason is broken into lines, because on a phone it would be
    cut off. The last `customdata` of a bar is its place."""
    names = ["<br>".join(escape(line, quote=False) for line in wrap(text, LINE) or [""]) for text in words]
    lines = sum(name.count("<br>") for name in names)
    figure = canvas(theme, title, 110 + 40 * len(names) + 14 * lines)
    figure.add_bar(
        x=list(values), y=names, orientation="h", marker={"color": theme["link"]}, showlegend=False,
        text=[number(value) for value in values], textposition="outside", cliponaxis=False,
        customdata=[[text, place] for place, text in enumerate(words)],
        hovertemplate="%{customdata[0]}: %{x:,}<extra></extra>",
    )  # fmt: skip
    figure.update_layout(
        xaxis={
            "title": {"text": _("Messages")},
            **count_axis(max(values, default=1)),
            "range": [0, max(values, default=1) * 1.18],
        },
        yaxis={"type": "category", "autorange": "reversed", "showgrid": False},
    )
    return figure


@dataclass(frozen=True)
class ReasonMark:
    """A bar: its reasons by their codes and in words, what it is drawn over (`at` or a number range), its messages."""

    codes: tuple[str, ...]
    words: str
    over: Any
    messages: int


def over_time(frame: pd.DataFrame, theme: Theme, grain: Grain) -> tuple[ChartFigure, list[ReasonMark]]:
    """Stacked bars of messages that did not arrive, by the hour or day of sending; and what the bars are, whose
    `customdata` is their place among them."""
    shown = frame.assign(reason=_with_others(frame))
    codes = _codes(shown)
    marks: list[ReasonMark] = []
    figure = canvas(theme, _("Messages that did not arrive, by reason and time of sending"), 380)
    sums = shown.groupby(["reason", "at"], sort=False)["messages"].sum()
    form = day_formats()[1] + (" %H:%M" if grain is Grain.HOUR else "")
    for i, reason in enumerate(dict.fromkeys(_with_others(frame.sort_values("messages", ascending=False)))):
        of_reason = sums[reason].sort_index()
        places = range(len(marks), len(marks) + len(of_reason))
        marks += [ReasonMark(codes[reason], reason, at, int(n)) for at, n in of_reason.items()]
        figure.add_bar(
            x=[f"{at:%Y-%m-%d %H:%M}" for at in of_reason.index], y=of_reason.tolist(), name=reason,
            customdata=[[place] for place in places],
            marker=_look(theme, i), hovertemplate=f"%{{x|{form}}}<br>%{{y:,}}<extra>%{{fullData.name}}</extra>",
        )  # fmt: skip
    figure.update_layout(
        barmode="stack",
        xaxis={"type": "date", "tickformat": form},
        yaxis={
            "title": {"text": _("Messages")},
            **count_axis(frame.groupby("at")["messages"].sum().max()),
            "rangemode": "tozero",
        },
        margin={"b": 70},
    )
    return figure, marks


def by_range(frame: pd.DataFrame, theme: Theme) -> tuple[ChartFigure, list[ReasonMark]]:
    """Lying stacked bars of messages that did not arrive, a bar for each number range; and what the bars are, whose
    `customdata` is their place among them."""
    shown = frame.assign(reason=_with_others(frame))
    codes = _codes(shown)
    marks: list[ReasonMark] = []
    ranges = shown.groupby("range", sort=False)["messages"].sum().sort_values(ascending=False)
    sums = shown.groupby(["reason", "range"], sort=False)["messages"].sum()
    figure = canvas(theme, _("Why messages did not arrive, by number range"), 150 + 34 * len(ranges))
    names = [reports.range_in_words(str(name)) for name in ranges.index]
    for i, reason in enumerate(dict.fromkeys(shown["reason"])):
        values = [int(sums.get((reason, name), 0)) for name in ranges.index]
        places = range(len(marks), len(marks) + len(values))
        marks += [ReasonMark(codes[reason], reason, name, n) for name, n in zip(ranges.index, values, strict=True)]
        figure.add_bar(
            x=values, y=names, orientation="h", name=reason, marker=_look(theme, i),
            customdata=[[place] for place in places],
            hovertemplate="%{y}: %{x:,}<extra>%{fullData.name}</extra>",
        )  # fmt: skip
    figure.update_layout(
        barmode="stack",
        xaxis={"title": {"text": _("Messages")}, **count_axis(ranges.max())},
        yaxis={"type": "category", "autorange": "reversed", "showgrid": False},
        margin={"b": 90},
    )
    return figure, marks


def _codes(shown: pd.DataFrame) -> dict[str, tuple[str, ...]]:
    return {str(reason): tuple(sorted(set(rows["code"]))) for reason, rows in shown.groupby("reason", sort=False)}


def _with_others(frame: pd.DataFrame) -> list[str]:
    """Return the reason of each row, the rare ones under one name."""
    sums = frame.groupby("reason")["messages"].sum().sort_values(ascending=False)
    named = set(sums.index[:MOST_REASONS])
    rare = len(sums) - len(named)
    others = _("{n} other reasons").format(n=number(rare))
    return [str(reason) if reason in named or rare == 0 else others for reason in frame["reason"]]


def _look(theme: Theme, i: int) -> dict[str, object]:
    shape = {"shape": _PATTERNS[i], "fillmode": "overlay", "fgcolor": theme["background"], "size": 6, "solidity": 0.3}
    return {"color": theme[_COLOURS[i]], "pattern": shape, "line": {"width": 0}}
