"""Numbers, shares and instants of a table as the reader's language writes them. Streamlit's own formats follow the
browser, whose language may be another one; a table stays sortable by its values, because only what it shows is text."""

from collections.abc import Callable, Collection
from typing import Any

import pandas as pd

from getsms_core.base import formatting
from getsms_core.base.i18n import set_language
from pages.ui.shared.session import language

MOST_CELLS = 5_000
"""Larger tables are formatted by the browser: 10,000 campaigns would take a second here, 5,000 cells take 50 ms."""


def moment_format() -> str:
    """How a `DatetimeColumn` writes what `styled` does not format: as `formatting.moment`."""
    return "D MMM YYYY, HH:mm" if language() == "en" else "DD.MM.YYYY HH:mm"


def styled(table: pd.DataFrame, shares: Collection[str], bars: Collection[str] = ()) -> Any:
    """Return a table for `st.dataframe` whose numbers and instants are formatted; `shares` are the columns of shares,
    `bars` those that are drawn as bars. A large one, or one with two columns of a name, is returned as it is."""
    if table.size > MOST_CELLS or not table.columns.is_unique:
        return table
    set_language(language())
    formats: dict[Any, str | Callable[[object], str] | None] = {}
    for column in table.columns:
        if column in bars:
            continue
        if column in shares:
            formats[column] = _share
        elif pd.api.types.is_bool_dtype(table[column]):
            continue
        elif pd.api.types.is_numeric_dtype(table[column]):
            formats[column] = _number
        elif pd.api.types.is_datetime64_any_dtype(table[column]):
            formats[column] = _instant
    return table.style.format(formats, na_rep=formatting.NOTHING)


def _share(value: Any) -> str:
    return formatting.NOTHING if pd.isna(value) else formatting.percent(float(value))


def _number(value: Any) -> str:
    return formatting.NOTHING if pd.isna(value) else formatting.number(value)


def _instant(value: Any) -> str:
    if pd.isna(value):
        return formatting.NOTHING
    is_day = value == value.normalize()
    return formatting.day(value) if is_day else formatting.moment(value, seconds=bool(value.second))
