"""From a bar, slice or cell of a chart to the messages behind it: by a click, or by a select box beneath the chart,
which the keyboard reaches too."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from pages.ui.shared import chart_display, choices
from pages.ui.shared.chart_display import Drawn
from pages.ui.shared.session import _

PARAMETERS = ("state", "range", "sent", "search", "reason")
MOST_OPTIONS = 300


@dataclass(frozen=True)
class Target:
    """A set of messages: its name in the select box, and the filters of the message table as parameters of the
    address."""

    label: str
    filters: Mapping[str, str]

    @classmethod
    def of(
        cls, label: str, *, state: str = "", number_range: str = "", sent: tuple[int, int] | None = None
    ) -> "Target":
        """Return the target of these filters; `sent` is UTC ms."""
        filters = {"state": state, "range": number_range, "sent": f"{sent[0]}-{sent[1]}" if sent else ""}
        return cls(label, {name: value for name, value in filters.items() if value})


def show(drawn: Drawn, name: str, campaign_id: int, targets: Sequence[Target]) -> None:
    """Show a chart whose marks have an index of `targets` as `customdata[0]`, with its table; a click on a mark or a
    choice in the select box opens its messages. Only inside a fragment or page that calls `follow` first."""
    key = f"chart-{name}"

    def clicked() -> None:
        points = st.session_state.get(key, {}).get("selection", {}).get("points", [])
        indexes = (_index(point.get("customdata")) for point in points)
        index = next((index for index in indexes if index is not None and 0 <= index < len(targets)), None)
        if index is not None:
            _remember(campaign_id, targets[index])

    chart_display.show_drawn(drawn, name, on_select=clicked, beneath=lambda: choice(name, campaign_id, targets))


def choice(name: str, campaign_id: int, targets: Sequence[Target]) -> None:
    """Show the select box that opens the messages of one of `targets`."""
    key = f"open-{name}"
    offered = targets[:MOST_OPTIONS]

    def chosen() -> None:
        index = choices.value(key)
        if isinstance(index, int) and index < len(offered):
            st.session_state[key] = None
            _remember(campaign_id, offered[index])

    choices.selectbox(
        _("Open the messages of"),
        list(range(len(offered))),
        key=key,
        index=None,
        format_func=lambda index: f"{index + 1}. {offered[index].label}",
        placeholder=_("Choose, or click on the chart"),
        on_change=chosen,
        width=420,
    )


def _index(customdata: Any) -> int | None:
    first = customdata[0] if isinstance(customdata, (list, tuple)) and customdata else customdata
    return first if isinstance(first, int) else None


def _remember(campaign_id: int, target: Target) -> None:
    st.session_state["drill-down"] = campaign_id, dict(target.filters)


def open_cell(campaign_id: int, target: Target) -> None:
    """Have `follow` open these messages; for the callback of a table's cell."""
    _remember(campaign_id, target)


def follow() -> None:
    """Open the messages that a click or a choice has asked for, by drawing the page again with their address."""
    wanted = st.session_state.pop("drill-down", None)
    if wanted is None:
        return
    campaign_id, filters = wanted
    for name in PARAMETERS:
        st.query_params.pop(name, None)
    st.query_params.update({"id": str(campaign_id), "view": "messages", **filters})
    st.rerun()
