"""The charts of cost."""

import pandas as pd

from pages.ui.shared.chart_figure import ChartFigure
from pages.ui.shared.charts import Theme, canvas, distinct, hatch
from pages.ui.shared.percent_axis import percent_axis
from pages.ui.shared.session import _
from pages.ui.shared.widgets import money, number, percent

MOST_COSTS = 12
COSTS = ("planned_cost", "sent_cost", "billed_cost")


def cost(frame: pd.DataFrame, theme: Theme, title: str) -> ChartFigure:
    """Planned, submitted and billed cost per campaign in so'm, most expensive on top. The last `customdata` of a bar is
    its place in `COSTS` times the rows of the frame, plus its row."""
    drawn = frame.head(MOST_COSTS)
    figure = canvas(theme, title, 140 + 52 * len(drawn), barmode="group")
    looks = ((_("Planned"), "/", "grey"), (_("Submitted"), "", "link"), (_("Billed by receipts"), ".", "amber"))
    for place, (column, (name, shape, colour)) in enumerate(zip(COSTS, looks, strict=True)):
        figure.add_bar(
            x=drawn[column] / 100, y=distinct(drawn["name"].tolist()), name=name, orientation="h",
            marker={"color": theme[colour], "pattern": hatch(theme, shape)},
            customdata=[[money(int(value)), place * len(frame) + row] for row, value in enumerate(drawn[column])],
            hovertemplate="<b>%{y}</b><br>" + name + ": %{customdata[0]}<extra></extra>",
        )  # fmt: skip
    return _with_money_axis(figure, _("so'm"))


def per_delivered(frame: pd.DataFrame, theme: Theme, title: str) -> ChartFigure:
    """The cost of one delivered message per campaign in so'm, the most expensive on top; n, the delivered messages, is
    beside the name. The `customdata` of a bar is its row of the frame."""
    numbered = frame.assign(row=range(len(frame)))
    drawn = numbered[frame["per_delivered"].notna()].head(MOST_COSTS).sort_values("per_delivered", ascending=False)
    names = zip(distinct(drawn["name"].tolist()), drawn["delivered"], strict=True)
    figure = canvas(theme, title, 130 + 34 * len(drawn))
    figure.add_bar(
        x=drawn["per_delivered"] / 100, y=[f"{name}  ·  n = {number(n)}" for name, n in names], orientation="h",
        marker={"color": theme["link"]}, text=[money(round(value)) for value in drawn["per_delivered"]],
        textposition="auto", insidetextfont={"color": theme["background"]},
        hovertemplate="<b>%{y}</b><br>%{text}<extra></extra>", showlegend=False,
        customdata=[[row] for row in drawn["row"].tolist()],
    )  # fmt: skip
    return _with_money_axis(figure, _("So'm for one delivered"))


def _with_money_axis(figure: ChartFigure, title: str) -> ChartFigure:
    return figure.update_layout(
        xaxis={"title": {"text": title}, "tickformat": ",", "rangemode": "tozero"},
        yaxis={"type": "category", "autorange": "reversed", "showgrid": False},
    )


def billed_against_predicted(frame: pd.DataFrame, theme: Theme, title: str) -> ChartFigure:
    """How far the billed cost of each campaign is from what was predicted for the same messages, as a share; 0 is the
    prediction. The largest difference is on top. The last `customdata` of a bar is its row of the frame."""
    known = frame.assign(row=range(len(frame)))[frame["expected_cost"] > 0]
    share = (known["billed_cost"] - known["expected_cost"]) / known["expected_cost"]
    drawn = known.assign(share=share, size=share.abs()).sort_values("size", ascending=False).head(MOST_COSTS)
    figure = canvas(theme, title, 130 + 34 * len(drawn))
    sentence = _("predicted {predicted}, billed {billed}")
    hover = [
        [sentence.format(predicted=money(int(planned)), billed=money(int(billed))), row]
        for planned, billed, row in zip(
            drawn["expected_cost"], drawn["billed_cost"], drawn["row"].tolist(), strict=True
        )
    ]
    widest = max(0.02, float(drawn["size"].max()) * 1.3 if len(drawn) else 0.02)
    # Outside a long bar below 0, its share covers the name on the axis; inside a short one there is no room.
    figure.add_bar(
        x=drawn["share"], y=distinct(drawn["name"].tolist()), orientation="h", customdata=hover, showlegend=False,
        marker={"color": [theme["amber" if value > 0 else "link"] for value in drawn["share"]]},
        text=[f"{'+' if value > 0 else '−' if value < 0 else ''}{percent(abs(value))}" for value in drawn["share"]],
        textposition=["inside" if size > widest / 2 else "outside" for size in drawn["size"]], textangle=0,
        insidetextanchor="middle", insidetextfont={"color": theme["background"]}, cliponaxis=False,
        hovertemplate="<b>%{y}</b><br>%{customdata[0]}<extra></extra>",
    )  # fmt: skip
    figure.update_layout(
        xaxis={"title": {"text": _("Billed above or below the prediction")}, 
               **percent_axis(-widest, widest, signed=True), "zeroline": True, "zerolinecolor": theme["faint"]},
        yaxis={"type": "category", "autorange": "reversed", "showgrid": False},
    )  # fmt: skip
    return figure
