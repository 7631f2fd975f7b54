"""Charts: a frame of the reports → a Figure, in one house style for light and dark.

A state has a shape and a pattern besides its colour, so that charts can be read in grey and in print. Waiting and
uncertain messages are drawn separately; a cohort that is not final is hollow.
Categories are categories: "+998…" is never a number.
Builders are pure (theme and words are arguments or come from the context); `drill_down.show` puts one on a page.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, TypeVar

import pandas as pd
from babel.numbers import get_decimal_symbol, get_group_symbol

from getsms_core.base.states import COUNTED
from getsms_core.reports import OUTCOME_LABELS, wilson
from pages.ui.shared.chart_figure import ChartFigure
from pages.ui.shared.percent_axis import percent_axis
from pages.ui.shared.session import _, language
from pages.ui.shared.style import DARK, LIGHT, LOOKS
from pages.ui.shared.widgets import locale, number, percent

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif"
STACK = ["delivered", "undelivered", "expired", "waiting", COUNTED, "uncertain"]
PATTERNS = {"delivered": "", "undelivered": "/", "expired": "x", "accepted": ".", "uncertain": "+", "rejected": "\\",
            "cancelled": "-", "queued": "|", "waiting": ".", COUNTED: "|"}  # fmt: skip
_COLOURS = {"gray": "grey", "orange": "amber"}
_ACCEPTED = {"waiting": "blue", COUNTED: "grey"}  # the two sorts of accepted messages
MOST_BARS = 20
WIDE = 0.2  # a cell with a wider interval is faded
HOUR_MS = 3_600_000
STEPS = {
    "hour": HOUR_MS,
    "day": 24 * HOUR_MS,
    "week": 168 * HOUR_MS,
    "month": 720 * HOUR_MS,
}  # ms; a month is about that
FEW = 6
FEWEST_STEPPED = 6  # below it Plotly draws ticks at half messages
T = TypeVar("T")


@dataclass(frozen=True)
class Theme:
    """The palette that a chart is drawn with."""

    dark: bool = False

    def __getitem__(self, name: str) -> str:
        return (DARK if self.dark else LIGHT)[name]

    def state(self, state: str) -> str:
        """Return the colour of a message state, of `waiting` or of `counted`."""
        colour = _ACCEPTED.get(state) or LOOKS[state].colour
        return self[_COLOURS.get(colour, colour)]

    def veil(self, name: str, share: float) -> str:
        """Return a colour with this opacity."""
        red, green, blue = (int(self[name][i : i + 2], 16) for i in (1, 3, 5))
        return f"rgba({red},{green},{blue},{share})"


def canvas(theme: Theme, title: str, height: int = 360, **layout: Any) -> ChartFigure:
    """An empty figure in the house style."""
    axis = {"gridcolor": theme.veil("border", 0.7), "linecolor": theme["border"], "zeroline": False, "automargin": True,
            "tickfont": {"color": theme["faint"], "size": 12}, "title": {"font": {"color": theme["faint"], "size": 12}},
            "fixedrange": True}  # fmt: skip
    style = {
        "title": {"text": title, "x": 0, "xanchor": "left", "xref": "container", "y": 0.98, "yanchor": "top",
                  "font": {"size": 15, "color": theme["text"]}, "automargin": True},
        "font": {"family": FONT, "size": 13, "color": theme["text"]},
        "paper_bgcolor": "rgba(0,0,0,0)", "plot_bgcolor": "rgba(0,0,0,0)", "height": height, "bargap": 0.25,
        "margin": {"l": 4, "r": 8, "t": 48, "b": 4, "pad": 4},
        "xaxis": axis, "yaxis": axis, "hovermode": "closest",
        "hoverlabel": {"bgcolor": theme["panel"], "bordercolor": theme["border"], "font": {"color": theme["text"]}},
        "legend": {"orientation": "h", "x": 0, "y": 0, "yanchor": "bottom", "yref": "container", "traceorder": "normal",
                   "maxheight": 1, "font": {"color": theme["text"], "size": 12}},  # by default half, with a scroll bar
        "separators": get_decimal_symbol(locale()) + get_group_symbol(locale()),
    }  # fmt: skip
    return ChartFigure(**style).update_layout(**layout)


def rate_over_time(frame: pd.DataFrame, theme: Theme, by: str, height: int = 460) -> ChartFigure:
    """The delivery rate with its interval above, all messages by state below; `by` is "hour", "day", "week", "month".
    Cohorts that are not final are hollow."""
    delivered, settled = int(frame["delivered"].sum()), int(frame["settled"].sum())
    titles = {
        "hour": _("Delivery rate by hour: {rate} of {n} messages with a final status"),
        "day": _("Delivery rate by day: {rate} of {n} messages with a final status"),
        "week": _("Delivery rate by week: {rate} of {n} messages with a final status"),
        "month": _("Delivery rate by month: {rate} of {n} messages with a final status"),
    }
    title = titles[by].format(rate=percent(delivered / settled if settled else None), n=number(settled))
    if not settled:
        title = _("No receipt has come yet: the delivery rate is drawn as they come")
    figure = canvas(theme, title, height, barmode="stack", hovermode="x unified")
    local_times = _clock(frame["at"])
    has_rate = frame["rate"].notna()
    rated, when = frame[has_rate], [moment for moment, good in zip(local_times, has_rate, strict=True) if good]
    _draw_rate(figure, rated, when, theme, by, [row for row, good in enumerate(has_rate) if good])
    for state in STACK:
        if frame[state].any():
            marks = [[mark_of(state, row, len(frame))] for row in range(len(frame))]
            figure.add_bar(x=local_times, y=frame[state], name=_(OUTCOME_LABELS[state]), yaxis="y2",
                           marker=paint(theme, state), customdata=marks,
                           width=0.75 * STEPS[by], hovertemplate="%{y:,}")  # fmt: skip
    _lay_out_rate(figure, rated, local_times, by, float(frame[STACK].sum(axis="columns").max()))
    return figure


MARKS = ("settled", *STACK)
"""What the points and the bars of `rate_over_time` count."""


def mark_of(name: str, row: int, rows: int) -> int:
    """Return the number of a mark of `rate_over_time`, the last value of its `customdata`: first the points of all
    rows, then the bars state by state."""
    return MARKS.index(name) * rows + row


def _runs(when: Sequence[str], by: str) -> Iterator[tuple[int, int]]:
    """Yield where runs of neighbouring hours, days, weeks or months begin and end: a line over days without messages
    would show rates that nobody measured."""
    longest = pd.Timedelta(1.5 * STEPS[by], "ms")
    first = 0
    for i in range(1, len(when) + 1):
        if i == len(when) or pd.Timestamp(when[i]) - pd.Timestamp(when[i - 1]) > longest:
            yield first, i
            first = i


def _broken(values: Sequence[T], runs: Sequence[tuple[int, int]]) -> list[T | None]:
    """Return the values of the runs with None between them, where Plotly breaks a line."""
    broken: list[T | None] = []
    for first, end in runs:
        broken += [None] if broken else []
        broken += values[first:end]
    return broken


def _draw_rate(
    figure: ChartFigure, rated: pd.DataFrame, when: list[str], theme: Theme, by: str, rows: Sequence[int]
) -> None:
    """Draw the line of the rate with its interval; `when` are the local times of the rows, `rows` their places in the
    frame."""
    runs = list(_runs(when, by))
    _draw_band(figure, rated, when, theme, runs)
    hover_rows = [
        [
            percent(rate),
            percent(low),
            percent(high),
            _("possible while messages wait") if waits else "" if final else _("not yet final"),
            row,
        ]
        for rate, low, high, final, waits, row in zip(
            *(rated[n] for n in ("rate", "low", "high", "final", "waiting")), rows, strict=True
        )
    ]
    is_sparse = len(rated) <= FEW  # a band between few points is hardly seen, and a single point has none
    figure.add_scatter(
        x=_broken(when, runs), y=_broken(rated["rate"].tolist(), runs), mode="lines+markers",
        name=_("Delivery rate"), customdata=_broken(hover_rows, runs), connectgaps=False,
        error_y=_interval_of_points(rated, theme, runs, is_sparse),
        line={"color": theme["link"], "width": 2.5}, cliponaxis=False,
        marker=points(theme, _broken(rated["final"].tolist(), runs), 8),
        hovertemplate="%{customdata[0]} (%{customdata[1]} – %{customdata[2]}) %{customdata[3]}<extra></extra>",
    )  # fmt: skip
    if not rated["final"].all():
        hollow = points(theme, [False], 8)
        figure.add_scatter(x=[None], y=[None], mode="markers", name=_("Not yet final"), marker=hollow)


def _draw_band(
    figure: ChartFigure, rated: pd.DataFrame, when: list[str], theme: Theme, runs: Sequence[tuple[int, int]]
) -> None:
    """Draw the intervals of all runs as one trace, whose gaps divide it into areas: Plotly reads all its defaults for
    each trace, and a year of campaigns has dozens of runs. A point alone has no area."""
    x: list[str | None] = []
    y: list[float | None] = []
    for first, end in runs:
        if end - first > 1:
            gap = [None] if x else []
            part, times = rated[first:end], when[first:end]
            x += [*gap, *times, *times[::-1]]
            y += [*gap, *part["high"], *part["low"][::-1]]
    if x:
        figure.add_scatter(
            x=x, y=y, fill="toself", mode="none", fillcolor=theme.veil("link", 0.14), hoverinfo="skip",
            name=_("Interval"), showlegend=False,
        )  # fmt: skip


def _interval_of_points(
    rated: pd.DataFrame, theme: Theme, runs: Sequence[tuple[int, int]], everywhere: bool
) -> dict[str, Any] | None:
    """The intervals as lines: of all points, or of those alone between gaps, which have no band; None for no point."""
    alone = {first for first, end in runs if end - first == 1}
    if not everywhere and not alone:
        return None
    # Points on the edge are drawn whole, and so would be a line that is longer than the axis: over the bars below it.
    drawn = rated.assign(low=rated["low"].clip(lower=_lowest_rate_shown(rated)))
    lines = interval(drawn, theme, runs)
    if not everywhere:
        keep = _broken([i in alone for i in range(len(rated))], runs)
        for side in ("array", "arrayminus"):
            lines[side] = [value if shown else None for value, shown in zip(lines[side], keep, strict=True)]
    return lines


def _lowest_rate_shown(rated: pd.DataFrame) -> float:
    """Return where the axis of the rate begins, a share."""
    if rated.empty:
        return 0.0
    sure = rated[~too_few(rated)]  # an interval as wide as the chart would flatten all others
    least = min(rated["rate"].min(), (rated if sure.empty else sure)["low"].min())
    return max(0.0, float(least) - 0.02)


def _lay_out_rate(figure: ChartFigure, rated: pd.DataFrame, local_times: list[str], by: str, most: float) -> None:
    """Set the axes: the rate in the upper half, messages in the lower one, at most `most` in a bar."""
    axis = figure.design["yaxis"]
    years = len({moment[:4] for moment in local_times}) > 1
    short, full = day_formats()
    ticks = {"hour": f"%H:%M\n{short}", "month": "%m.%Y"}.get(by, f"{short}\n%Y" if years else short)
    hover = f"{full} %H:%M" if by == "hour" else full
    rates = percent_axis(_lowest_rate_shown(rated), 1.005)
    figure.update_layout(
        yaxis={"domain": [0.5, 1], **rates, "title": {"text": _("Delivery rate")}},
        yaxis2={**axis, "title": {**axis["title"], "text": _("Messages")}, "domain": [0, 0.42], **count_axis(most),
                "rangemode": "tozero"},
        xaxis={"type": "date", "anchor": "y2", "tickformat": ticks, "hoverformat": hover,
               "title": {"text": _("Local time")}},
    )  # fmt: skip
    if 0 < len(local_times) <= FEW:
        # Without a range the axis would zoom in on the points and repeat the same day.
        around = pd.Timedelta(STEPS[by], "ms")
        first, last = pd.Timestamp(local_times[0]) - around, pd.Timestamp(local_times[-1]) + around
        edges = [f"{first:%Y-%m-%d %H:%M}", f"{last:%Y-%m-%d %H:%M}"]
        figure.update_layout(xaxis={"tickvals": local_times, "range": edges})


def day_formats() -> tuple[str, str]:
    """How a chart writes a day without and with its year, as `formatting.day`: "30 Nov 2026", "30.11.2026"."""
    return ("%-d %b", "%-d %b %Y") if language() == "en" else ("%d.%m", "%d.%m.%Y")


def _clock(times: "pd.Series[Any]") -> list[str]:
    """Local times without their zone: the browser would otherwise move them to its own."""
    return [str(moment) for moment in times.dt.tz_localize(None).dt.strftime("%Y-%m-%d %H:%M")]


def band() -> str:
    """What the band and the lines of a rate mean."""
    return _("The line or band around a rate is its 95% interval; while messages wait for receipts, it runs "
             "from “all of them fail” to “all of them arrive”.")  # fmt: skip


def interval(frame: pd.DataFrame, theme: Theme, runs: Sequence[tuple[int, int]] = ()) -> dict[str, Any]:
    """The interval of each rate, or its bounds while messages wait, as a line with two ends; `runs` as `_broken`."""
    above, below = (frame["high"] - frame["rate"]).tolist(), (frame["rate"] - frame["low"]).tolist()
    if runs:
        above, below = _broken(above, runs), _broken(below, runs)
    return {"type": "data", "array": above, "arrayminus": below,
            "color": theme.veil("link", 0.6), "thickness": 2, "width": 5}  # fmt: skip


def points(theme: Theme, final: Iterable[bool | None], size: int) -> dict[str, Any]:
    """Points of rates: full where the rate is final, else hollow."""
    colours = [theme["link"] if is_final else theme["background"] for is_final in final]
    return {"size": size, "color": colours, "line": {"color": theme["link"], "width": 2}}


def hatch(theme: Theme, shape: str) -> dict[str, Any]:
    """A pattern over a bar's colour; without "overlay" the colour would be the pattern's alone."""
    return {"shape": shape, "fillmode": "overlay", "fgcolor": theme["background"], "size": 6, "solidity": 0.3}


def paint(theme: Theme, state: str) -> dict[str, Any]:
    """How bars of a state are filled."""
    return {
        "color": theme.state(state),
        "pattern": hatch(theme, PATTERNS.get(state, "")),
        "line": {"width": 0},
    }


def rates(frame: pd.DataFrame, theme: Theme, names: Sequence[str], title: str) -> ChartFigure:
    """The delivery rate of each of `names` (a row each) as a point with its interval, and beside the name n, its
    messages with a final status; hollow: not yet final. Those with most messages are drawn, best on top by the low end
    of the interval: 3 of 3 says little. The last `customdata` of a point is its row of the frame."""
    drawn = frame.assign(label=list(names), row=range(len(frame)))
    drawn = drawn[drawn["rate"].notna()].sort_values("settled", kind="stable").tail(MOST_BARS).sort_values("row")
    labels = zip(distinct(drawn["label"].tolist()), drawn["settled"], strict=True)
    drawn["label"] = [f"{name}  ·  n = {number(n)}" for name, n in labels]
    drawn = drawn.sort_values("low", kind="stable")
    sentence = _("{delivered} of {settled} delivered; {waiting} waiting, {uncertain} uncertain")
    counted = [drawn[name].map(number).tolist() for name in ("delivered", "settled", "waiting", "uncertain")]
    hover_sentences = [
        sentence.format(delivered=delivered, settled=settled, waiting=waiting, uncertain=uncertain)
        for delivered, settled, waiting, uncertain in zip(*counted, strict=True)
    ]
    rate_texts = [drawn[name].map(percent).tolist() for name in ("rate", "low", "high")]
    hover_rows = list(zip(*rate_texts, hover_sentences, drawn["row"].tolist(), strict=True))
    figure = canvas(theme, title, max(200, 130 + 30 * len(drawn)))
    figure.add_scatter(
        x=drawn["rate"], y=drawn["label"], mode="markers", showlegend=False,
        error_x=interval(drawn, theme),
        marker=points(theme, drawn["final"], 11), customdata=hover_rows, cliponaxis=False,
        hovertemplate="<b>%{y}</b><br>%{customdata[0]} (%{customdata[1]} – %{customdata[2]})<br>"
        "%{customdata[3]}<extra></extra>",
    )  # fmt: skip
    low = float(drawn["low"].min()) if len(drawn) else 0.0
    figure.update_layout(
        xaxis={**percent_axis(max(0.0, low - 0.03), 1.01), "title": {"text": _("Delivery rate, with its interval")}},
        yaxis={"type": "category", "showgrid": True},
    )  # fmt: skip
    return figure


def count_axis(most: float) -> dict[str, Any]:
    """An axis of messages up to `most`, without ticks between two messages."""
    return {"tickformat": ",", **({"tickmode": "linear", "dtick": 1} if most < FEWEST_STEPPED else {})}


def distinct(names: Sequence[str]) -> list[str]:
    """Short names for an axis, no two alike: equal ones would be drawn on one line. Plotly reads tags in them."""
    last_numbers: dict[str, int] = {}
    for name in names:
        short = label = escape(name if len(name) <= 28 else name[:27] + "…", quote=False)
        while label in last_numbers:
            last_numbers[short] += 1
            label = f"{short} ({last_numbers[short]})"
        last_numbers[label] = 1
    return list(last_numbers)


def too_few(frame: pd.DataFrame) -> "pd.Series[bool]":
    """Which rows have a rate that says little: messages without a final status can move it far, or there are too few
    with one, whose 95 % interval is as wide."""
    widths = [high - low for low, high in map(_confidence, frame["delivered"], frame["settled"])]
    return (frame["high"] - frame["low"] > WIDE) | (pd.Series(widths, frame.index, dtype=float) > WIDE)


def _confidence(delivered: int, settled: int) -> tuple[float, float]:
    low, high = wilson(int(delivered), int(settled))
    return (0.0, 1.0) if low is None or high is None else (low, high)


def bars(
    names: Sequence[str], values: Sequence[float], theme: Theme, title: str, unit: str, states: Sequence[str] = ()
) -> ChartFigure:
    """Horizontal bars from top to bottom with their values written on them; `states` paints each as a message state.
    The `customdata` of a bar is its place."""
    figure = canvas(theme, title, 110 + 40 * len(names))
    looks = [paint(theme, state) for state in states] or [{"color": theme["link"]}] * len(names)
    for row, (name, value, look) in enumerate(zip(distinct(names), values, looks, strict=True)):
        figure.add_bar(
            x=[value], y=[name], orientation="h", marker=look, showlegend=False, text=[number(value)],
            customdata=[[row]],
            textposition="outside", cliponaxis=False, hovertemplate="%{y}: %{x:,}<extra></extra>",
        )  # fmt: skip
    largest = max(values, default=1) or 1
    figure.update_layout(
        xaxis={"title": {"text": unit}, **count_axis(largest), "range": [0, largest * 1.18]},
        yaxis={"type": "category", "autorange": "reversed", "showgrid": False},
    )
    return figure
