"""An axis of shares whose ticks are in the reader's language: Plotly writes "80%" in every language, Russian "80 %"."""

from math import ceil, floor
from typing import Any

from getsms_core.base.formatting import percent_of_tick
from pages.ui.shared.widgets import locale

_STEPS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
_MOST_TICKS = 6  # as many as there is room for on a phone
_NEARLY = 1e-9  # 0.3 / 0.1 is a little less than 3


def percent_ticks(low: float, high: float, *, signed: bool = False) -> dict[str, Any]:
    """Return `tickvals` and `ticktext` for an axis from `low` to `high`, which users cannot zoom."""
    locale()  # sets the language of this session
    step = next((step for step in _STEPS if (high - low) / step < _MOST_TICKS), max(1.0, ceil((high - low) / 5)))
    values = [round(place * step, 4) for place in range(ceil(low / step - _NEARLY), floor(high / step + _NEARLY) + 1)]
    decimals = 0 if step >= 0.01 else 1
    return {"tickvals": values, "ticktext": [percent_of_tick(value, decimals, signed=signed) for value in values]}


def percent_axis(low: float, high: float, *, signed: bool = False) -> dict[str, Any]:
    """Return the range of an axis of shares, and its ticks."""
    return {"range": [low, high], **percent_ticks(low, high, signed=signed)}
