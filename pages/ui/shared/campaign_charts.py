"""The charts of one campaign: its messages by state, its sending over time, its number ranges. Each mark has as first
`customdata` the index of its target, the messages behind it."""

from collections.abc import Sequence

import pandas as pd

from getsms_core.base.states import COUNTED
from getsms_core.reports import OUTCOME_LABELS, Step, Timeline, range_in_words
from pages.ui.shared.chart_figure import ChartFigure
from pages.ui.shared.charts import STACK, Theme, canvas, count_axis, day_formats, distinct, paint, rate_over_time
from pages.ui.shared.drill_down import Target
from pages.ui.shared.session import _
from pages.ui.shared.widgets import moment, number, percent

STATES = ["delivered", "undelivered", "expired", "rejected", "waiting", COUNTED, "uncertain", "sending", "queued",
          "cancelled"]  # fmt: skip
_LINE = 19
"""The height of a line of a legend, px. On a phone each state has a line."""


def by_state(counts: dict[str, int], theme: Theme) -> tuple[ChartFigure, pd.DataFrame, list[Target]]:
    """Return one bar whose slices are the messages by state; its table; its targets."""
    states = [state for state in STATES if counts.get(state)]
    total = sum(counts[state] for state in states)
    title = _("{n} messages by state").format(n=number(total))
    figure = canvas(theme, title, _height(210, len(states)), barmode="stack")
    targets = []
    for i, state in enumerate(states):
        label = _(OUTCOME_LABELS[state])
        targets.append(Target.of(f"{label}: {number(counts[state])}", state=state))
        share = percent(counts[state] / total)
        figure.add_bar(
            x=[counts[state]], y=[""], orientation="h", name=label, marker=paint(theme, state), customdata=[[i]],
            hovertemplate=f"{label}: %{{x:,}} ({share})<extra></extra>",
        )  # fmt: skip
    figure.update_layout(
        xaxis={**count_axis(total), "title": {"text": _("Messages")}, "range": [0, total or 1]},
        yaxis={"type": "category", "showticklabels": False},
    )
    table = pd.DataFrame({"state": states, "messages": [counts[state] for state in states]})
    return figure, table, targets


def _height(usual: int, states: int) -> int:
    """Return the height, px, of a chart whose legend names so many states. On a phone more than three lines would leave
    the bars no room."""
    return usual + _LINE * max(0, states - 3)


def by_range(frame: pd.DataFrame, theme: Theme) -> tuple[ChartFigure, list[Target]]:
    """Return the progress of each number range: its messages by state, in a bar each; and the targets."""
    names = [range_in_words(name) for name in frame["range"]]
    shown = distinct(names)
    states = [state for state in STATES if state in frame and frame[state].any()]
    height = _height(130 + 34 * len(frame), len(states))
    figure = canvas(theme, _("Progress by number range"), height, barmode="stack")
    targets: list[Target] = []
    most = float(frame[states].sum(axis="columns").max())
    for state in states:
        counts = frame[state].tolist()
        label = _(OUTCOME_LABELS[state])
        indexes = []
        for code, name, n in zip(frame["range"], names, counts, strict=True):
            indexes.append([len(targets)])
            targets.append(Target.of(f"{name}, {label}: {number(n)}", state=state, number_range=code))
        figure.add_bar(
            x=counts, y=shown, orientation="h", name=label, marker=paint(theme, state), customdata=indexes,
            hovertemplate="<b>%{y}</b><br>" + label + ": %{x:,}<extra></extra>",
        )  # fmt: skip
    figure.update_layout(
        xaxis={**count_axis(most), "title": {"text": _("Messages")}},
        yaxis={"type": "category", "autorange": "reversed", "showgrid": False},
    )
    return figure, targets


def over_time(timeline: Timeline, theme: Theme) -> tuple[ChartFigure, list[Target]]:
    """Return the sending of a campaign by second, minute, hour or day, and the targets. Hours and days have their
    delivery rate above; shorter ones the messages delivered so far as a line."""
    frame = timeline.frame
    targets: list[Target] = []
    seconds = timeline.step is Step.SECOND
    begins = [moment(begin, seconds=seconds) for begin in frame["begin"]]
    if timeline.rates is not None:
        figure = rate_over_time(timeline.rates, theme, timeline.step.value)
        figure.update_layout(hovermode="closest")  # a click selects the one bar that it shows
        for trace in figure.traces:
            if trace["type"] == "bar":
                trace["hovertemplate"] = "%{x}: %{y:,}"
                state = next(name for name in STACK if _(OUTCOME_LABELS[name]) == trace["name"])
                trace["customdata"] = _indexes(frame, state, begins, targets)
        return figure, targets
    titles = {
        Step.SECOND: _("{n} messages sent, by second"),
        Step.MINUTE: _("{n} messages sent, by minute"),
    }
    title = titles[timeline.step].format(n=number(int(frame["sent"].sum())))
    figure = canvas(theme, title, 400, barmode="stack", hovermode="closest")
    times = [str(at) for at in frame["at"].dt.tz_localize(None).dt.strftime("%Y-%m-%d %H:%M:%S")]
    width = 0.85 * (1_000 if seconds else 60_000)
    for state in STACK if timeline.has_states else ("sent",):
        if not frame[state].any():
            continue
        label = _(OUTCOME_LABELS[state]) if state != "sent" else _("Sent")
        marker = paint(theme, state) if state != "sent" else {"color": theme["link"]}
        figure.add_bar(x=times, y=frame[state], name=label, marker=marker, width=width,
                       customdata=_indexes(frame, state, begins, targets), hovertemplate="%{x}: %{y:,}")  # fmt: skip
    if timeline.has_arrivals:
        figure.add_scatter(
            x=times, y=frame["delivered_so_far"], name=_("Delivered so far"), mode="lines", yaxis="y2",
            line={"color": theme["text"], "width": 2, "shape": "hv"}, hovertemplate="%{x}: %{y:,}",
        )  # fmt: skip
    _lay_out(figure, frame, seconds, timeline.has_arrivals)
    return figure, targets


def _indexes(frame: pd.DataFrame, state: str, begins: Sequence[str], targets: list[Target]) -> list[list[int]]:
    """Return the index of each row's target for this state, and append those that have messages."""
    label = _(OUTCOME_LABELS[state]) if state != "sent" else _("Sent")
    indexes = []
    for begin, end, name, n in zip(frame["begin"], frame["end"], begins, frame[state], strict=True):
        indexes.append([len(targets)] if n else [-1])
        if n:
            code = "" if state == "sent" else state
            targets.append(Target.of(f"{name}, {label}: {number(int(n))}", state=code, sent=(int(begin), int(end))))
    return indexes


def _lay_out(figure: ChartFigure, frame: pd.DataFrame, seconds: bool, has_line: bool) -> None:
    axis, (short, full) = figure.design["yaxis"], day_formats()
    ms = 1_000 if seconds else 60_000
    least = 12 * ms  # a sending of one second would be one bar as wide as the chart
    first, last = int(frame["begin"].iloc[0]), int(frame["end"].iloc[-1])
    zone = frame["at"].dt.tz
    edges = [
        pd.Timestamp(at, unit="ms", tz="UTC").tz_convert(zone).tz_localize(None)
        for at in (first - ms, max(last + ms, first + least))
    ]
    figure.update_layout(
        margin={"l": 56, "r": 56 if has_line else 12},
        xaxis={
            "type": "date",
            "range": [f"{edge:%Y-%m-%d %H:%M:%S}" for edge in edges],
            "tickformat": "%H:%M:%S" if seconds else f"%H:%M\n{short}",
            "hoverformat": "%H:%M:%S" if seconds else f"{full} %H:%M",
            "title": {"text": _("Local time")},
        },
        yaxis={**count_axis(frame["sent"].max()), "rangemode": "tozero", "title": {"text": _("Messages sent")}},
    )
    if has_line:
        figure.update_layout(
            yaxis2={
                **axis,
                "overlaying": "y",
                "side": "right",
                "showgrid": False,
                "rangemode": "tozero",
                "tickmode": "auto",
                "nticks": 6,
                **count_axis(frame["delivered_so_far"].max()),
                "title": {**axis["title"], "text": _("Delivered so far")},
            }
        )
