"""Numbers, shares and instants of a table as the reader's language writes them. Streamlit's own formats follow the
browser, whose language may be another one; a table stays sortable by its values, because only what it shows is text."""

from collections.abc import Callable, Collection
from functools import partial
from typing import Any

import pandas as pd
from babel.dates import format_date, format_time

from getsms_core.base import formatting
from pages.ui.shared.widgets import locale

MOST_CELLS = 5_000
"""Larger tables are formatted by the browser: 10,000 campaigns would take a second here, 5,000 cells take 50 ms."""


def styled(table: pd.DataFrame, shares: Collection[str]) -> Any:
    """Return a table for `st.dataframe` whose numbers and instants are formatted; `shares` are the columns of shares.
    A large one, or one with two columns of a name, is returned as it is."""
    if table.size > MOST_CELLS or not table.columns.is_unique:
        return table
    where = locale()
    formats: dict[Any, str | Callable[[object], str] | None] = {}
    for column in table.columns:
        if column in shares:
            formats[column] = _share
        elif pd.api.types.is_bool_dtype(table[column]):
            continue
        elif pd.api.types.is_numeric_dtype(table[column]):
            formats[column] = _number
        elif pd.api.types.is_datetime64_any_dtype(table[column]):
            formats[column] = partial(_instant, where=where)
    return table.style.format(formats, na_rep=formatting.NOTHING)


def _share(value: Any) -> str:
    return formatting.NOTHING if pd.isna(value) else formatting.percent(float(value))


def _number(value: Any) -> str:
    return formatting.NOTHING if pd.isna(value) else formatting.number(value)


def _instant(value: Any, where: str) -> str:
    if pd.isna(value):
        return formatting.NOTHING
    day = format_date(value, "medium", locale=where)
    if value == value.normalize():
        return str(day)
    return f"{day}, {format_time(value, 'HH:mm:ss' if value.second else 'HH:mm', locale=where)}"
