"""The heat map of Analytics: a cell for each weekday and local hour."""

from collections.abc import Sequence

import pandas as pd

from pages.ui.shared.chart_figure import ChartFigure
from pages.ui.shared.charts import Theme, canvas, too_few
from pages.ui.shared.percent_axis import percent_ticks
from pages.ui.shared.session import _
from pages.ui.shared.widgets import number, percent

FADED = 0.25  # the opacity of a cell with too few messages
_EVERY_THIRD_HOUR = {"tickvals": [f"{hour:02d}" for hour in range(0, 24, 3)], "tickangle": 0}
"""On a phone Plotly would turn 24 labels upright, and 12 would touch each other."""
LEAST_SHADE = 0.95  # so that cells of 99 % and 100 % do not look like night and day


class _Cells:
    """The rates and the texts of the cells of a week, by weekday and hour."""

    def __init__(self) -> None:
        self.rates: list[list[float | None]] = [[None] * 24 for _day in range(7)]
        self.texts = [[""] * 24 for _day in range(7)]

    def fill(self, day: int, hour: int, rate: float, text: str) -> None:
        """Set one cell."""
        self.rates[day][hour], self.texts[day][hour] = rate, text

    def flat(self) -> list[tuple[int, int, str]]:
        """Return the cells that are set: weekday, hour, text."""
        return [(day, hour, text) for day, row in enumerate(self.texts) for hour, text in enumerate(row) if text]


def hours_and_weekdays(frame: pd.DataFrame, theme: Theme, weekdays: Sequence[str]) -> ChartFigure:
    """A cell for each weekday and local hour: the rate as shade; the messages with a final status on hover. A cell
    with too few of them is faded."""
    figure = canvas(theme, _("Delivery rate by weekday and local hour of sending: darker is better"), 380)
    if theme.dark:
        figure.update_layout(title={"text": _("Delivery rate by weekday and local hour of sending: lighter is better")})
    rated = frame[frame["settled"] > 0]
    is_sparse = too_few(rated)
    hover_sentences = [
        f"{percent(rate)} ({percent(low)} – {percent(high)})<br>" + _("of {n} messages").format(n=number(settled))
        for rate, low, high, settled in zip(*(rated[name] for name in ("rate", "low", "high", "settled")), strict=True)
    ]
    hours = [f"{hour:02d}" for hour in range(24)]
    shade, faded = _Cells(), _Cells()
    for day, hour, value, hover_text, sparse in zip(
        rated["weekday"], rated["hour"], rated["rate"], hover_sentences, is_sparse, strict=True
    ):
        (faded if sparse else shade).fill(day, hour, value, hover_text)
    lowest = min([value for row in shade.rates for value in row if value is not None] + [LEAST_SHADE])
    look = {
        "x": hours, "y": list(weekdays), "xgap": 2, "ygap": 2, "zmax": 1, "zmin": lowest,
        "colorscale": [[0, theme.veil("link", 0.12)], [1, theme["link"]]],
        "hovertemplate": "<b>%{y}, %{x}:00</b><br>%{text}<extra></extra>",
    }  # fmt: skip
    figure.add_heatmap(
        **look, z=shade.rates, text=shade.texts,
        colorbar={"thickness": 10, "outlinewidth": 0, "tickfont": {"color": theme["faint"]},
                  **percent_ticks(lowest, 1)},
    )  # fmt: skip
    few = [[text and f"{text}<br>{_('too few messages')}" for text in row] for row in faded.texts]
    figure.add_heatmap(**look, z=faded.rates, text=few, opacity=FADED, showscale=False)
    _add_marks(figure, frame, hours, weekdays, [*shade.flat(), *faded.flat()])
    figure.update_layout(
        margin={"r": 90, "b": 48},
        xaxis={"type": "category", "title": {"text": _("Hour")}, "showgrid": False, **_EVERY_THIRD_HOUR},
        yaxis={"type": "category", "autorange": "reversed", "showgrid": False},
    )
    return figure


def _add_marks(
    figure: ChartFigure,
    frame: pd.DataFrame,
    hours: Sequence[str],
    weekdays: Sequence[str],
    cells: Sequence[tuple[int, int, str]],
) -> None:
    """Lay an invisible mark over each cell: Plotly selects no cell of a heat map. The last `customdata` of a mark is
    its row of the frame."""
    rows = {(day, hour): row for row, (day, hour) in enumerate(zip(frame["weekday"], frame["hour"], strict=True))}
    figure.add_scatter(
        x=[hours[hour] for _day, hour, _text in cells], y=[weekdays[day] for day, _hour, _text in cells],
        mode="markers", marker={"symbol": "square", "size": 26, "opacity": 0}, showlegend=False,
        selected={"marker": {"opacity": 0}}, unselected={"marker": {"opacity": 0}},
        customdata=[[text, rows[day, hour]] for day, hour, text in cells],
        hovertemplate="<b>%{y}, %{x}:00</b><br>%{customdata[0]}<extra></extra>",
    )  # fmt: skip
