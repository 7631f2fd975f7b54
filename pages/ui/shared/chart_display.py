"""Show a chart on a page, with its table and the table as a file."""

from collections.abc import Callable, Mapping
from functools import partial
from itertools import count
from typing import Any, NamedTuple

import pandas as pd
import streamlit as st

from getsms_core.base.i18n import N_
from getsms_core.base.kinds import EXCLUDED_LABELS
from getsms_core.base.permissions import Actor, Permission
from getsms_core.base.states import COUNTED, LABELS
from getsms_core.exports import table_csv
from getsms_core.reports import OUTCOME_LABELS
from pages.ui.shared import chart_margins, later, live
from pages.ui.shared.chart_figure import ChartFigure
from pages.ui.shared.charts import Theme
from pages.ui.shared.session import _, language
from pages.ui.shared.table_formats import styled
from pages.ui.shared.widgets import expander, local, number

CONFIG = {"displaylogo": False, "displayModeBar": False, "responsive": True}
SHARED_SECONDS = 60.0
MOST_SHARED = 200
"""Messages of shared tables that are kept, some ten to fifty KB each, and for how long."""
HEADINGS: Mapping[str, str] = {
    **OUTCOME_LABELS,
    "at": N_("Begins"),
    "campaign": N_("Number"),
    "name": N_("Campaign"),
    "sender": N_("Sender name"),
    "status": N_("Status"),
    "started_at": N_("Started"),
    "value": N_("Value"),
    "responses": N_("Responses"),
    "range": N_("Number range"),
    "template": N_("Template"),
    "weekday": N_("Weekday"),
    "hour": N_("Hour"),
    "day": N_("Day"),
    "n": N_("Delivered messages"),
    "seconds": N_("Within, s"),
    "delivered_so_far": N_("Delivered so far"),
    "sent": N_("Sent"),
    "settled": N_("With a final status"),
    "rate": N_("Delivery rate"),
    "low": N_("Rate, at least"),
    "high": N_("Rate, at most"),
    "final": N_("Final"),
    "parts": N_("SMS parts"),
    "planned_cost": N_("Planned, so'm"),
    "sent_cost": N_("Submitted, so'm"),
    "billed_parts": N_("Billed parts"),
    "billed_cost": N_("Billed, so'm"),
    "per_delivered": N_("So'm for one delivered"),
    "expected_cost": N_("Planned for what receipts name, so'm"),
    "median": N_("Median time, s"),
    "p95": N_("95% within, s"),
    "p_value": N_("Chance of no difference"),
    "difference": N_("Difference of the rate"),
    "difference_low": N_("Difference, at least"),
    "difference_high": N_("Difference, at most"),
    "verdict": N_("Compared with the first"),
    "stage": N_("Stage"),
    "rows": N_("Rows"),
    "share": N_("Share"),
    "lost": N_("Lost here"),
    "why": N_("What became of them"),
    "state": N_("State"),
    "code": N_("Code"),
    "reason": N_("Reason"),
    "messages": N_("Messages"),
    "from_seconds": N_("From, s"),
    "to_seconds": N_("To, s"),
    "arrived": N_("Arrived by then"),
}
SHARES = {
    *("rate", "low", "high", "share", "arrived", "p_value"),
    *("difference", "difference_low", "difference_high"),
}
MONEY = {"planned_cost", "sent_cost", "billed_cost", "per_delivered", "expected_cost"}
SECONDS = {"seconds", "median", "p95", "from_seconds", "to_seconds"}
STATES = {"state", "status"}
UNNAMED = {
    "range": ("other", N_("Other")),
    "sender": ("", N_("Short number")),
    "template": ("", N_("A text of its own")),
}
"""How a column marks rows without a name, and the words for them."""


def theme() -> Theme:
    """The palette of this browser's theme."""
    return Theme(st.context.theme.type == "dark")


class Drawn(NamedTuple):
    """A chart ready to be shown: its title apart, and the frame behind it."""

    title: str
    figure: ChartFigure
    frame: pd.DataFrame
    number: int | None = None
    """The number under which Streamlit's message of the table is kept, for a chart drawn once for many viewers."""


_numbers = count(1)


def prepared(figure: ChartFigure, frame: pd.DataFrame, *, shared: bool = False) -> Drawn:
    """Take the title out of a figure: a chart's own title would be cut off on a phone. `shared` = it is for all viewers
    with this theme and language."""
    title = str(figure.design["title"]["text"])
    figure.update_layout(title=None, margin={"t": 0}, height=figure.design["height"] - 40)
    chart_margins.fit(figure)
    # Streamlit gives Plotly each chart twice, the second time copied and with this mode of clicks. Without the revision
    # Plotly takes the copy for other data and draws it again: a fifth of its CPU over the charts of Analytics.
    figure.update_layout(clickmode="event+select", dragmode="pan", datarevision=figure.revision())
    return Drawn(title, figure, frame, next(_numbers) if shared else None)


def shared(draw: Callable[[pd.DataFrame, Theme], ChartFigure], frame: pd.DataFrame, name: str, seconds: float) -> Drawn:
    """Return the chart of a `frame` of `live.read`: figure and table are made once for all viewers with the same theme
    and language."""
    colours = theme()
    key = ("chart", name, colours, language(), id(frame))  # the value holds the frame, so that no other gets its id
    return live.read(key, lambda _store: prepared(draw(frame, colours), frame, shared=True), seconds)


def show_figure(drawn: Drawn, name: str, *, on_select: Callable[[], None]) -> None:
    """Show a figure below its title; `name` ("rate-by-day") is its key. `on_select` runs when a mark is clicked on."""
    st.markdown(drawn.title)
    st.plotly_chart(drawn.figure, key=f"chart-{name}", config=CONFIG, theme=None, alt=drawn.title, on_select=on_select,
                    selection_mode="points")  # fmt: skip


def show_table(drawn: Drawn, name: str, *, on_cell: Callable[[int, str], None] | None = None) -> None:
    """Show the table behind a figure and the table as CSV, folded: they are made once a reader opens them. `name` is
    key and file name; `on_cell` runs with the row and the column of the frame whose cell is chosen."""
    folded = expander(_("Table and download"), f"table-{name}", ":material/table:")
    if not folded.open:
        return
    with folded:
        if on_cell is not None:
            st.caption(_("Choose a cell to open its messages."))
            _rows(drawn.frame, name, **_selecting_cells(drawn.frame, f"frame-{name}", on_cell))
        elif drawn.number is not None:
            _shared_rows(drawn.number, name, drawn)
        else:
            _rows(drawn.frame, name)
        _download(drawn.frame, name)


def _selecting_cells(frame: pd.DataFrame, key: str, on_cell: Callable[[int, str], None] | None) -> dict[str, Any]:
    """Return the options of a table that calls `on_cell` when a cell is chosen, by a click or by Enter."""
    if on_cell is None:
        return {}
    columns = {_(HEADINGS[column]): column for column in frame.columns}

    def chosen() -> None:
        for row, heading in st.session_state.get(key, {}).get("selection", {}).get("cells", []):
            if row < len(frame) and heading in columns:
                on_cell(row, columns[heading])

    return {"on_select": chosen, "selection_mode": "single-cell"}


def table(frame: pd.DataFrame, name: str, **options: Any) -> None:
    """Show a formatted frame, and its download with plain numbers."""
    _rows(frame, name, **options)
    _download(frame, name)


# Streamlit keeps the message that this sends to the browser, and sends it to the next viewer: a table of formatted
# cells takes 8 ms, its message 0.3. It has no state of a session: clicks and downloads are apart.


@st.cache_data(ttl=SHARED_SECONDS, max_entries=MOST_SHARED, show_spinner=False)
def _shared_rows(number: int, name: str, _drawn: Drawn) -> None:
    _rows(_drawn.frame, name)


def _rows(frame: pd.DataFrame, name: str, **options: Any) -> None:
    shares = {_(HEADINGS[column]) for column in SHARES & set(frame.columns)}
    numbers = set(frame.select_dtypes("number").columns) - {"campaign", "started_at"}
    config = {
        _(HEADINGS[column]): st.column_config.NumberColumn(format="percent" if column in SHARES else "localized")
        for column in numbers
    }
    shown = styled(for_display(frame), shares, moments={_(HEADINGS["started_at"])})
    st.dataframe(shown, hide_index=True, key=f"frame-{name}", column_config=config, placeholder="–", **options)


def _download(frame: pd.DataFrame, name: str) -> None:
    st.download_button(
        _("Download as CSV"),
        data=later.download(Permission.READ, partial(_csv, frame), "figures"), file_name=f"{name}.csv",
        mime="text/csv", key=f"csv-{name}", icon=":material/download:", on_click="ignore",
    )  # fmt: skip


def _csv(frame: pd.DataFrame, _user: Actor) -> bytes:
    return table_csv(for_file(frame))


def for_file(frame: pd.DataFrame) -> pd.DataFrame:
    """A frame for a file: the columns' codes, money in so'm, local times."""
    table = frame.assign(**{column: frame[column] / 100 for column in frame.columns if column in MONEY})
    if "started_at" in table:
        table["started_at"] = [None if pd.isna(instant) else local(int(instant)) for instant in table["started_at"]]
    return table


def for_display(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame for display: translated headings and states, money in so'm, local times, no empty states."""
    empty = {column for column in (*LABELS, COUNTED) if column in frame.columns and frame[column].eq(0).all()}
    if {"waiting", "accepted"} <= set(frame.columns):  # those accepted are the waiting and the counted
        empty |= {"accepted"} | ({"waiting"} if frame["waiting"].eq(0).all() else set())
    table = for_file(frame).drop(columns=sorted(empty))
    for column in STATES & set(table.columns):
        table[column] = [_(OUTCOME_LABELS[state]) for state in table[column]]
    for column in UNNAMED.keys() & set(table.columns):
        code, name = UNNAMED[column]
        table[column] = table[column].replace(code, _(name))
    table = table.round(dict.fromkeys(SECONDS, 1) | {"per_delivered": 2})
    if "started_at" in table:
        table["started_at"] = [
            None if pd.isna(instant) else instant.replace(tzinfo=None) for instant in table["started_at"]
        ]
    if "at" in table:
        table["at"] = table["at"].dt.tz_localize(None)
    if "why" in table:
        labels = {**OUTCOME_LABELS, **OUTCOMES}
        table["why"] = [
            ", ".join(f"{_(labels[k])} {number(n)}" for k, n in reasons.items()) for reasons in table["why"]
        ]
    return table.rename(columns={column: _(HEADINGS[column]) for column in table.columns})


OUTCOMES: Mapping[str, str] = {
    "duplicates": N_("Duplicates"),
    "opted_out": N_("Opted out"),
    **EXCLUDED_LABELS,
}
