"""From a bar, slice or cell of a chart to the messages behind it: by a click, by a select box beneath the chart, which
the keyboard reaches too, or by a cell of its table."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from pages.ui.shared import chart_display, choices, later
from pages.ui.shared.chart_display import Drawn
from pages.ui.shared.session import _
from pages.ui.shared.widgets import number

MOST_OPTIONS = 300
Parameters = Mapping[str, Sequence[str]]
"""Parameters of an address; one without values is removed from it."""
_OF_CAMPAIGN: Parameters = dict.fromkeys(("state", "range", "sent", "search", "reason", "column", "value"), ())
"""The filters of the message table of a campaign."""


@dataclass(frozen=True)
class Target:
    """A set of messages: its name in the select box, the filters of the message table as parameters of the address, and
    the number of messages as the chart shows it, where it shows one."""

    label: str
    filters: Parameters
    messages: int | None = None

    @classmethod
    def of(
        cls,
        label: str,
        *,
        state: str = "",
        number_range: str = "",
        sent: tuple[int, int] | None = None,
        reason: str = "",
    ) -> "Target":
        """Return the target of these filters of a campaign's message table; `sent` is UTC ms."""
        bounds = f"{sent[0]}-{sent[1]}" if sent else ""
        filters = {"state": state, "range": number_range, "sent": bounds, "reason": reason}
        return cls(label, {name: (value,) for name, value in filters.items() if value})


def campaign_table(campaign_id: int) -> Parameters:
    """Return the address of the message table of a campaign, without filters."""
    return {**_OF_CAMPAIGN, "id": (str(campaign_id),), "view": ("messages",)}


Cell = Callable[[int, str], Target | None]
"""Returns the target of a cell of a chart's table, by row and column of its frame."""


def show(
    drawn: Drawn,
    name: str,
    base: Parameters,
    targets: Sequence[Target | None],
    cell: Cell | None = None,
    page: str | None = None,
) -> None:
    """Show a chart whose marks have an index of `targets` as the last value of `customdata`, with its table. A click on
    a mark, a choice in the select box or a `cell` of the table opens its messages at the address `base` of this page,
    or of `page`. Only inside a fragment or page that calls `follow` first."""
    key = f"chart-{name}"

    def clicked() -> None:
        points = st.session_state.get(key, {}).get("selection", {}).get("points", [])
        indexes = (_index(point.get("customdata")) for point in points)
        index = next((index for index in indexes if index is not None and 0 <= index < len(targets)), None)
        target = None if index is None else targets[index]
        if target is not None:
            open_target(base, target, page)

    def cell_chosen(row: int, column: str) -> None:
        target = cell(row, column) if cell else None
        if target is not None:
            open_target(base, target, page)

    chart_display.show_figure(drawn, name, on_select=clicked)
    choice(name, base, targets, page)
    _table(drawn, name, cell_chosen if cell else None)


@later.fragment()
def _table(drawn: Drawn, name: str, on_cell: Callable[[int, str], None] | None) -> None:
    """Show the table of a chart. It is a fragment, so that opening it does not draw the page's charts again."""
    follow()
    chart_display.show_table(drawn, name, on_cell=on_cell)


def choice(name: str, base: Parameters, targets: Sequence[Target | None], page: str | None = None) -> None:
    """Show the select box that opens the messages of one of `targets`, without those that have none. Beyond
    `MOST_OPTIONS` a field finds the others by their names."""
    key = f"open-{name}"
    offered = [target for target in targets if target is not None and target.messages != 0]

    def chosen() -> None:
        index = choices.value(key)
        if isinstance(index, int) and index < len(offered):
            st.session_state[key] = None
            open_target(base, offered[index], page)

    matching = list(range(len(offered)))
    if len(offered) > MOST_OPTIONS:
        part = st.text_input(
            _("Find among all {n}").format(n=number(len(offered))), key=f"find-{name}", width=420,
            placeholder=_("part of the name"),
        ).strip().casefold()  # fmt: skip
        matching = [index for index in matching if part in offered[index].label.casefold()]
        if len(matching) > MOST_OPTIONS:
            sentence = _("The first {n} of {all} are offered below. Write a part of the name to find the others.")
            st.caption(sentence.format(n=number(MOST_OPTIONS), all=number(len(matching))))
    choices.selectbox(
        _("Open the messages of"),
        matching[:MOST_OPTIONS],
        key=key,
        index=None,
        format_func=lambda index: f"{index + 1}. {offered[index].label}",
        placeholder=_("Choose, or click on the chart"),
        on_change=chosen,
        width=420,
    )


def _index(customdata: Any) -> int | None:
    """Return the index of a mark's target; Streamlit gives an array as a list or as a mapping."""
    values = list(customdata.values()) if isinstance(customdata, Mapping) else customdata
    last = values[-1] if isinstance(values, (list, tuple)) and values else values
    return last if isinstance(last, int) else None


def open_target(base: Parameters, target: Target, page: str | None = None) -> None:
    """Have `follow` open these messages, on `page` where it is another one; for the callback of a widget."""
    st.session_state["drill-down"] = (page, {**base, **target.filters})


def follow() -> None:
    """Open the messages that a click or a choice has asked for, by drawing this page or another one with their
    address."""
    page, wanted = st.session_state.pop("drill-down", (None, None))
    if wanted is None:
        return
    if page is not None:
        for name in wanted:  # a field of that name on this page would keep its value there
            st.session_state.pop(name, None)
        st.switch_page(page, query_params={name: list(values) for name, values in wanted.items() if values})
    address: dict[str, Sequence[str]] = {name: st.query_params.get_all(name) for name in st.query_params}
    chosen = {name: list(values) for name, values in {**address, **wanted}.items() if values}
    st.query_params.from_dict(chosen)  # at once: one step for the browser's way back
    st.rerun()
