"""The charts of cost."""

import pandas as pd
import plotly.graph_objects as go

from pages.ui.shared.charts import Theme, canvas, distinct, hatch
from pages.ui.shared.session import _
from pages.ui.shared.widgets import money, number, percent

MOST_COSTS = 12


def cost(frame: pd.DataFrame, theme: Theme, title: str) -> go.Figure:
    """Planned, submitted and billed cost per campaign in so'm, most expensive on top."""
    drawn = frame.head(MOST_COSTS)
    figure = canvas(theme, title, 140 + 52 * len(drawn), barmode="group")
    for column, name, shape, colour in (
        ("planned_cost", _("Planned"), "/", "grey"),
        ("sent_cost", _("Submitted"), "", "link"),
        ("billed_cost", _("Billed by receipts"), ".", "amber"),
    ):
        figure.add_bar(
            x=drawn[column] / 100, y=distinct(drawn["name"].tolist()), name=name, orientation="h",
            marker={"color": theme[colour], "pattern": hatch(theme, shape)},
            customdata=[money(int(value)) for value in drawn[column]],
            hovertemplate="<b>%{y}</b><br>" + name + ": %{customdata}<extra></extra>",
        )  # fmt: skip
    figure.update_layout(
        xaxis={"title": {"text": _("so'm")}, "tickformat": ",", "rangemode": "tozero"},
        yaxis={"type": "category", "autorange": "reversed", "showgrid": False},
    )
    return figure


def per_delivered(frame: pd.DataFrame, theme: Theme, title: str) -> go.Figure:
    """The cost of one delivered message per campaign in so'm, the most expensive on top; n, the delivered messages, is
    beside the name."""
    drawn = frame[frame["per_delivered"].notna()].head(MOST_COSTS).sort_values("per_delivered", ascending=False)
    names = zip(distinct(drawn["name"].tolist()), drawn["delivered"], strict=True)
    figure = canvas(theme, title, 130 + 34 * len(drawn))
    figure.add_bar(
        x=drawn["per_delivered"] / 100, y=[f"{name}  ·  n = {number(n)}" for name, n in names], orientation="h",
        marker={"color": theme["link"]}, text=[money(round(value)) for value in drawn["per_delivered"]],
        textposition="auto", hovertemplate="<b>%{y}</b><br>%{text}<extra></extra>", showlegend=False,
    )  # fmt: skip
    figure.update_layout(
        xaxis={"title": {"text": _("So'm for one delivered")}, "tickformat": ",", "rangemode": "tozero"},
        yaxis={"type": "category", "autorange": "reversed", "showgrid": False},
    )
    return figure


def billed_against_predicted(frame: pd.DataFrame, theme: Theme, title: str) -> go.Figure:
    """How far the billed cost of each campaign is from what was predicted for the same messages, as a share; 0 is the
    prediction. The largest difference is on top."""
    known = frame[frame["expected_cost"] > 0]
    share = (known["billed_cost"] - known["expected_cost"]) / known["expected_cost"]
    drawn = known.assign(share=share, size=share.abs()).sort_values("size", ascending=False).head(MOST_COSTS)
    figure = canvas(theme, title, 130 + 34 * len(drawn))
    hover = [
        _("predicted {predicted}, billed {billed}").format(predicted=money(int(planned)), billed=money(int(billed)))
        for planned, billed in zip(drawn["expected_cost"], drawn["billed_cost"], strict=True)
    ]
    figure.add_bar(
        x=drawn["share"], y=distinct(drawn["name"].tolist()), orientation="h", customdata=hover, showlegend=False,
        marker={"color": [theme["amber" if value > 0 else "link"] for value in drawn["share"]]},
        text=[f"{'+' if value > 0 else '−' if value < 0 else ''}{percent(abs(value))}" for value in drawn["share"]],
        textposition="outside", cliponaxis=False, hovertemplate="<b>%{y}</b><br>%{customdata}<extra></extra>",
    )  # fmt: skip
    widest = max(0.02, float(drawn["size"].max()) * 1.3 if len(drawn) else 0.02)
    figure.update_layout(
        xaxis={"title": {"text": _("Billed above or below the prediction")}, "tickformat": "+.0%",
               "range": [-widest, widest], "zeroline": True, "zerolinecolor": theme["faint"]},
        yaxis={"type": "category", "autorange": "reversed", "showgrid": False},
    )  # fmt: skip
    return figure
