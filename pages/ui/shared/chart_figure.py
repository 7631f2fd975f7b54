"""A figure for Plotly as plain dicts.

Plotly's own class checks, wraps and copies each property: 20 to 30 ms of CPU a chart. Tests let it check all.
"""

from collections.abc import Mapping
from typing import Any
from zlib import crc32

import pandas as pd
import plotly.graph_objects as go
from plotly.basedatatypes import BaseFigure


class ChartFigure(BaseFigure):  # type: ignore[misc]  # Streamlit checks a dict by making Plotly's figure of it
    """Traces and a layout, as Plotly's documentation names their properties; None = not set."""

    def __init__(self, **layout: Any) -> None:
        self._traces: list[dict[str, Any]] = []
        self._design: dict[str, Any] = {}
        self.update_layout(**layout)

    @property
    def traces(self) -> list[dict[str, Any]]:
        """The traces, which may be changed."""
        return self._traces

    @property
    def design(self) -> Mapping[str, Any]:
        """The layout."""
        return self._design

    def add_bar(self, **properties: Any) -> None:
        """Add a trace of bars."""
        self._add("bar", properties)

    def add_scatter(self, **properties: Any) -> None:
        """Add a trace of points or lines."""
        self._add("scatter", properties)

    def add_heatmap(self, **properties: Any) -> None:
        """Add a trace of cells."""
        self._add("heatmap", properties)

    def _add(self, kind: str, properties: Mapping[str, Any]) -> None:
        self._traces.append(_merged({"type": kind}, properties))

    def update_layout(self, **changes: Any) -> "ChartFigure":
        """Change the layout: a mapping changes the properties that it names, None unsets one. Returns the figure."""
        self._design = _merged(self._design, changes)
        return self

    def revision(self) -> int:
        """Return a number that changes with the traces, for `datarevision` of the layout."""
        return crc32(repr(self._traces).encode())

    def to_dict(self) -> dict[str, Any]:
        """Return the figure as it is sent to the browser. Without Streamlit's template, whose colours it does not use:
        with one, Plotly draws a chart twice (`revision`)."""
        return {"data": self._traces, "layout": self._design}

    @property
    def data(self) -> Any:
        """The traces as Plotly's objects, checked and copied at each call."""
        return go.Figure(self.to_dict()).data

    @property
    def layout(self) -> Any:
        """The layout as Plotly's object, checked and copied at each call."""
        return go.Figure(self.to_dict()).layout


def _merged(old: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy of `old` with the changes."""
    merged = dict(old)
    for name, value in changes.items():
        if value is None:
            merged.pop(name, None)
        elif isinstance(value, Mapping):
            merged[name] = _merged(merged.get(name) or {}, value)
        else:
            merged[name] = value.tolist() if isinstance(value, pd.Series) else value
    return merged
