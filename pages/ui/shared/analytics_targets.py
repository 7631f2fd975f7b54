"""The messages behind the marks and the rows of a chart, as parts of the filter of Analytics."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import log2
from typing import Any

import pandas as pd
import streamlit as st

from getsms_core.base.i18n import N_
from getsms_core.base.states import COUNTED, LABELS
from getsms_core.reports import OUTCOME_LABELS, Grain, Slice, range_in_words, whole_hours
from pages.ui.shared import arrival_chart, charts, drill_down
from pages.ui.shared.chart_display import prepared
from pages.ui.shared.cost_charts import COSTS
from pages.ui.shared.drill_down import Parameters, Target
from pages.ui.shared.reason_charts import ReasonMark
from pages.ui.shared.session import _
from pages.ui.shared.widgets import day, moment, number

PAGE = "analytics.py"
TABLE: Parameters = {**Slice().to_query(), "view": ("messages",)}
"""The address of the messages of the filter, without a further one."""
STATE_LABELS: Mapping[str, str] = {
    **OUTCOME_LABELS,
    "sent": N_("Sent"),
    "settled": N_("With a final status"),
    "unsubmitted": N_("Queued"),
    "lost": N_("Did not arrive"),
    "billed": N_("With billed parts"),
    "responded": N_("With a response"),
}
_COLUMN_STATES = {**{state: state for state in LABELS}, "sent": "sent", "settled": "settled", "waiting": "waiting",
                  COUNTED: COUNTED, "queued": "unsubmitted", "responses": "responded"}  # fmt: skip
"""The columns of tables that count messages, and the states of these."""
EVERYTHING: Parameters = dict.fromkeys(("from", "to", "campaign", "range", "sender"), ()) | {
    "period": ("all",),
    "tests": ("1",),
}


_ALL = Slice()


def forget_slice() -> None:
    """Remove the slice from the address: another section shows all messages of the filter."""
    for name in TABLE:
        if name != "view":
            st.query_params.pop(name, None)


@dataclass(frozen=True)
class Row:
    """The messages of a row of a table: its name, the slice, and the filters of the page that it changes."""

    label: str
    wanted: Slice = _ALL
    filters: Parameters = field(default_factory=dict)

    def target(self, state: str = "", messages: int | None = None) -> Target:
        """Return the target of its messages in a state; `messages` is their number where the page shows it."""
        label = f"{self.label}, {_(STATE_LABELS[state])}" if state else self.label
        if messages is not None:
            label += f": {number(messages)}"
        slice_of_state = replace(self.wanted, state=state) if state else self.wanted
        narrowed = {name: values for name, values in slice_of_state.to_query().items() if values}
        return Target(label, {**self.filters, **narrowed}, messages)


def show(
    figure: Any,
    frame: pd.DataFrame,
    name: str,
    targets: Sequence[Target | None],
    rows: Sequence[Row | None],
    **options: bool,
) -> None:
    """Show a chart whose marks open `targets`, with its table, whose cells open the messages of their row."""
    drill_down.show(prepared(figure, frame), name, TABLE, targets, cells(frame, rows, **options))


def cells(frame: pd.DataFrame, rows: Sequence[Row | None], *, in_flight: bool = False) -> drill_down.Cell:
    """Return what opens a cell of a table: in a column that counts messages these, in another one all of the row. With
    `in_flight` the messages in a request have a column of their own."""

    def cell(row: int, column: str) -> Target | None:
        of_row = rows[row] if row < len(rows) else None
        if of_row is None:
            return None
        state = "queued" if column == "queued" and in_flight else _COLUMN_STATES.get(column, "")
        return of_row.target(state, int(frame[column].iloc[row]) if state or column == "messages" else None)

    return cell


def settled(frame: pd.DataFrame, rows: Sequence[Row]) -> list[Target]:
    """Return the targets of points that show a rate: the messages with a final status."""
    return [row.target("settled", int(n)) for row, n in zip(rows, frame["settled"], strict=False)]


def of_times(frame: pd.DataFrame, grain: Grain) -> tuple[list[Target], list[Row]]:
    """Return the targets of `charts.rate_over_time` and the rows of its table."""
    rows = []
    for at in frame["at"]:
        rows.append(Row(_name_of_time(at, grain), Slice(sent=_span(at, grain))))
    counts = {name: frame[name] for name in charts.MARKS}
    targets = [row.target(name, int(n)) for name in charts.MARKS for row, n in zip(rows, counts[name], strict=True)]
    return targets, rows


def _span(at: pd.Timestamp, grain: Grain) -> tuple[int, int]:
    steps: Mapping[Grain, Any] = {
        Grain.HOUR: pd.Timedelta(hours=1), Grain.DAY: pd.DateOffset(days=1), Grain.WEEK: pd.DateOffset(days=7),
        Grain.MONTH: pd.DateOffset(months=1),
    }  # fmt: skip
    return whole_hours(_ms(at), _ms(at + steps[grain]))


def _ms(at: pd.Timestamp) -> int:
    return int(at.timestamp() * 1000)


def _name_of_time(at: pd.Timestamp, grain: Grain) -> str:
    if grain is Grain.HOUR:
        return moment(_ms(at))
    if grain is Grain.MONTH:
        return f"{at:%m.%Y}"
    return day(_ms(at)) if grain is Grain.DAY else f"{day(_ms(at))} – {day(_ms(at + pd.DateOffset(days=6)))}"


def of_filter(names: Sequence[str], parameter: str, codes: Sequence[Hashable]) -> list[Row]:
    """Return the rows of a table by campaign, number range or sender name: a filter of the page itself."""
    return [Row(name, filters={parameter: (str(code),)}) for name, code in zip(names, codes, strict=True)]


def of_parts(names: Sequence[str], by: str, values: Sequence[str | None]) -> list[Row]:
    """Return the rows of a breakdown."""
    if by in ("range", "sender"):
        return of_filter(names, by, values)
    return [Row(name, Slice(by=by, value=value)) for name, value in zip(names, values, strict=True)]


def of_cells_of_week(frame: pd.DataFrame, weekdays: Sequence[str]) -> list[Row]:
    """Return the rows of the table by weekday and hour."""
    return [
        Row(f"{weekdays[day]}, {hour:02d}:00", Slice(weekday=int(day), hour=int(hour)))
        for day, hour in zip(frame["weekday"], frame["hour"], strict=True)
    ]


def of_arrival(distribution: pd.DataFrame) -> tuple[list[Target | None], list[Row]]:
    """Return the targets of `arrival_chart.time_to_delivery` and the rows of its table."""
    buckets = [_bucket(seconds) for seconds in distribution["to_seconds"]]
    rows = [
        Row(f"{low:.1f}–{high:.1f} s", Slice(delay=(bucket, bucket)))
        for low, high, bucket in zip(distribution["from_seconds"], distribution["to_seconds"], buckets, strict=True)
    ]
    step = arrival_chart.step_of(distribution)
    targets: list[Target | None] = []
    for name in arrival_chart.steps():
        chosen = [i for i, of_row in enumerate(step) if of_row == name]
        if not chosen:
            targets.append(None)
            continue
        messages = int(distribution["messages"].iloc[chosen].sum())
        targets.append(Row(name, Slice(delay=(buckets[chosen[0]], buckets[chosen[-1]]))).target("", messages))
    return targets, rows


def of_arrival_by_range(frame: pd.DataFrame) -> list[Row]:
    """Return the rows of the table of arrivals by number range."""
    return [
        Row(f"{range_in_words(str(code))}, ≤ {seconds:.1f} s", Slice(delay=(0, _bucket(seconds))),
            {"range": (str(code),)})
        for code, seconds in zip(frame["range"], frame["seconds"], strict=True)
    ]  # fmt: skip


def _bucket(upper_seconds: float) -> int:
    """Return the bucket of the time to delivery that ends there."""
    return round(log2(upper_seconds) * 8 - 0.5)


def of_stages(funnel: pd.DataFrame, names: Sequence[str]) -> tuple[list[Target | None], list[Row | None]]:
    """Return the targets of the bars of the funnel and the rows of its table. Uploaded rows are not messages."""
    states = {"accepted": "", "handed-over": "sent", "delivered": "delivered"}
    rows = [
        Row(name, Slice(state=states[stage])) if stage in states else None
        for name, stage in zip(names, funnel["stage"], strict=True)
    ]
    targets = [row.target("", int(n)) if row else None for row, n in zip(rows, funnel["rows"], strict=True)]
    return targets, rows


def of_reasons(frame: pd.DataFrame) -> list[Row]:
    """Return the rows of the table of reasons, by state, reason and number range."""
    columns = zip(*(frame[name] for name in ("state", "code", "reason", "range")), strict=True)
    return [
        Row(f"{reason}, {range_in_words(code_of_range)}", Slice(state=state, reasons=(code,)),
            {"range": (code_of_range,)})
        for state, code, reason, code_of_range in columns
    ]  # fmt: skip


def of_reason_marks(marks: Sequence[ReasonMark], grain: Grain | None = None) -> list[Target]:
    """Return the targets of bars of reasons over time, by `grain`, or by number range."""
    targets = []
    for mark in marks:
        if grain is None:
            label, wanted = range_in_words(str(mark.over)), Slice(reasons=mark.codes)
            filters: Parameters = {"range": (str(mark.over),)}
        else:
            label, filters = _name_of_time(mark.over, grain), {}
            wanted = Slice(reasons=mark.codes, sent=_span(mark.over, grain))
        targets.append(Row(f"{label}, {mark.words}", wanted, filters).target("", mark.messages))
    return targets


def of_reasons_over_time(frame: pd.DataFrame, grain: Grain) -> list[Row]:
    """Return the rows of the table of reasons over time."""
    columns = zip(*(frame[name] for name in ("at", "code", "reason")), strict=True)
    return [
        Row(f"{_name_of_time(at, grain)}, {reason}", Slice(reasons=(code,), sent=_span(at, grain)))
        for at, code, reason in columns
    ]


def of_costs(rows: Sequence[Row]) -> list[Target]:
    """Return the targets of `cost_charts.cost`: the messages that were planned, submitted, billed."""
    states = {"planned_cost": "", "sent_cost": "sent", "billed_cost": "billed"}
    return [row.target(states[cost]) for cost in COSTS for row in rows]
