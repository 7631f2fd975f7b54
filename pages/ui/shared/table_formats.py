"""Numbers, shares, money and instants of a table as the reader's language writes them. Streamlit's own formats follow
the browser, whose language may be another one; a table stays sortable by its values, because only what it shows is
text."""

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import pandas as pd

from getsms_core.base import formatting
from getsms_core.base.i18n import set_language
from pages.ui.shared.session import _, language
from pages.ui.shared.widgets import duration, local, money

MOST_CELLS = 5_000
"""Larger tables are formatted by the browser: 10,000 campaigns would take a second here, 5,000 cells take 50 ms."""


Formats = dict[Any, str | Callable[[Any], str] | None]
"""How the cells of each column are written, as pandas takes it."""


class Kind(NamedTuple):
    """What a column holds: the value that it is sorted by, from what the program has, and the text of such a value."""

    value: Callable[[Any], Any]
    text: Callable[[Any], str]


def _wall_clock(ms: int) -> pd.Timestamp:
    return pd.Timestamp(local(ms).replace(tzinfo=None))


SHARE = Kind(float, formatting.percent)
"""A share: 0.973 is shown as "97.3%"."""
WHOLE_SHARE = Kind(float, formatting.percent_of_tick)
"""A share of whole percents: 0.34 is shown as "34%"."""
MONEY = Kind(lambda tiyin: tiyin / 100, lambda som: money(round(som * 100)))
"""Tiyin, shown as so'm."""
MULTIPLE = Kind(float, lambda times: f"{formatting.tenths(times)}×")
"""How many times as much: "2.5×"."""
MOMENT = Kind(_wall_clock, formatting.moment)
"""An instant (UTC ms), shown as local date and time to the minute."""
SECOND = Kind(_wall_clock, partial(formatting.moment, seconds=True))
"""An instant (UTC ms), shown to the second."""
DAY = Kind(lambda ms: _wall_clock(ms).normalize(), formatting.day)
"""An instant (UTC ms), shown as its local day."""
DURATION = Kind(float, duration)
"""Seconds, shown as "1 min 35 s"."""


def moment_format() -> str:
    """How a `DatetimeColumn` writes what `styled` does not format: as `formatting.moment`."""
    return "D MMM YYYY, HH:mm" if language() == "en" else "DD.MM.YYYY HH:mm"


def whole_percent_format() -> str:
    """How a `ProgressColumn` from 0 to 100 writes its number."""
    return "%d\u00a0%%" if language() == "ru" else "%d%%"


def of_rows(rows: Sequence[Mapping[str, object]], kinds: Mapping[str, Kind]) -> Any:
    """Return rows for `st.dataframe`, with the headings as keys. Columns of `kinds` and of numbers keep their values,
    by which a click on the heading sorts; None and absent cells are shown as "–"."""
    set_language(language())
    headings = list(dict.fromkeys(heading for row in rows for heading in row))
    columns = {heading: [row.get(heading) for row in rows] for heading in headings}
    for heading, kind in kinds.items():
        values = columns.get(heading, [])
        columns[heading] = [math.nan if value is None else kind.value(value) for value in values]
    table = pd.DataFrame({heading: columns[heading] for heading in headings})
    formats: Formats = {heading: _text_or_nothing(kinds[heading].text) for heading in headings if heading in kinds}
    formats |= {heading: _number for heading in headings if heading not in kinds and _is_number(table[heading])}
    return table.style.format(formats, na_rep=formatting.NOTHING)


def heading_unlike(name: str, taken: Collection[str]) -> str:
    """Return the heading of a list's column: its name, marked where it is one of those `taken`."""
    while name in taken:
        name = f"{name} ({_('List')})"
    return name


def beside_list(own: Mapping[str, Sequence[object]], of_list: pd.DataFrame) -> pd.DataFrame:
    """Return columns of the program, by their headings, and those of a list behind them. One of the list that is called
    as one of the program's, such as "Row", is marked: no table can have two columns of a name."""
    taken, names = set(own), []
    for name in map(str, of_list.columns):
        names.append(heading_unlike(name, taken))
        taken.add(names[-1])
    return pd.concat([pd.DataFrame(own), of_list.set_axis(names, axis="columns")], axis="columns")


def styled(
    table: pd.DataFrame, shares: Collection[str], bars: Collection[str] = (), moments: Collection[str] = ()
) -> Any:
    """Return a table for `st.dataframe` whose numbers and instants are formatted; `shares` are the columns of shares,
    `bars` those that are drawn as bars, `moments` those of instants that are never days. A large one, or one with two
    columns of a name, is returned as it is."""
    if table.size > MOST_CELLS or not table.columns.is_unique:
        return table
    set_language(language())
    formats: Formats = {}
    for column in table.columns:
        if column in bars:
            continue
        if column in shares:
            formats[column] = _text_or_nothing(lambda share: formatting.percent(float(share)))
        elif _is_number(table[column]):
            formats[column] = _number
        elif pd.api.types.is_datetime64_any_dtype(table[column]):
            formats[column] = _text_or_nothing(_instants(table[column], column not in moments))
    return table.style.format(formats, na_rep=formatting.NOTHING)


def _is_number(column: "pd.Series[Any]") -> bool:
    return pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)


def _text_or_nothing(text: Callable[[Any], str]) -> Callable[[Any], str]:
    return lambda value: formatting.NOTHING if pd.isna(value) else text(value)


def _number(value: Any) -> str:
    return formatting.NOTHING if pd.isna(value) else formatting.number(value)


def _instants(column: "pd.Series[Any]", may_be_days: bool) -> Callable[[Any], str]:
    """Return how the instants of a column are written: as days where all are midnights, with seconds where one has
    seconds. All cells of a column are alike: in a table by hour, midnight is an hour."""
    instants = column.dropna()
    if may_be_days and (instants == instants.dt.normalize()).all():
        return formatting.day
    return partial(formatting.moment, seconds=bool(instants.dt.second.any()))
