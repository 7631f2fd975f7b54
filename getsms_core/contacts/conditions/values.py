"""Numbers and dates as cells and values have them, read by rules that allow one reading only.

**Numbers.** Digits with an optional sign; thousands grouped in threes by spaces, apostrophes, points or commas; a
decimal point or comma. Where one point or comma comes before exactly three digits and after one to three ("500.000",
"1,234") it may be either: such a cell is not a number, such a value is refused. A currency (so'm, sum, сум, сўм, UZS)
or a percent sign may follow: 15% is the number 15. A whole part of more than 15 digits is an identifier (a card, an
account) and not a number: a double would confuse two of them.

**Dates.** Day.month.year, year-month-day, day/month/year and the same with the other separators; the year has four
digits and the order is never guessed ("12/31/2026" is not a date). A time behind the date is ignored.
**Birthdays** may also lack the year or have two digits of it.
"""

import re
from collections.abc import Callable
from datetime import date
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from getsms_core.contacts.conditions.errors import condition_error, problem_of, shortened
from getsms_core.contacts.conditions.keys import characters, key

Floats = npt.NDArray[np.float64]
Booleans = npt.NDArray[np.bool_]

_UNIT = r"\s*(?:so'm|sum|сум|сўм|uzs|%)\.?$"
_UNIT_LETTERS = frozenset("mмz%")  # each unit has one of them
_PLAIN = r"^[+-]?[0-9]{1,15}(?:\.[0-9]+)?$"
_AMBIGUOUS = r"^[+-]?[1-9][0-9]{0,2}[.,][0-9]{3}$"
_COMMA = r"^[+-]?[0-9]{1,15},[0-9]+$"
_GROUPED = (  # the sign that groups, and what may follow the groups
    (" ", r"^[+-]?[1-9][0-9]{0,2}(?: [0-9]{3}){1,4}(?:[.,][0-9]+)?$"),
    ("'", r"^[+-]?[1-9][0-9]{0,2}(?:'[0-9]{3}){1,4}(?:[.,][0-9]+)?$"),
    (",", r"^[+-]?[1-9][0-9]{0,2}(?:(?:,[0-9]{3}){2,4}|(?:,[0-9]{3}){1,4}\.[0-9]+)$"),
    (".", r"^[+-]?[1-9][0-9]{0,2}(?:(?:\.[0-9]{3}){2,4}|(?:\.[0-9]{3}){1,4},[0-9]+)$"),
)
_DATE = re.compile(
    r"(?:(?P<d>\d{1,2})(?P<s>[./-])(?P<m>\d{1,2})(?P=s)(?P<y>\d{4})"
    r"|(?P<y2>\d{4})(?P<s2>[./-])(?P<m2>\d{1,2})(?P=s2)(?P<d2>\d{1,2}))\.?",
    re.ASCII,
)
_DAY_MONTH = re.compile(r"(\d{1,2})([./-])(\d{1,2})(?:\2\d{2})?\.?", re.ASCII)
_TIME = r"(?:(?:t|,? )\s*[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]+)?)?(?:\s*(?:z|[+-][0-9]{2}:?[0-9]{2}|[ap]m))?)$"
_LIKE_DATE = r"^[0-9]{1,4}[./-][0-9]{1,2}(?:[./-][0-9]{1,4})?\.?$"


def numbers(cells: pa.Array) -> Floats:
    """The number in each cell, NaN where there is none. The cells are keys (`keys.keys`) without nulls."""
    result = np.full(len(cells), np.nan)
    digits = pc.and_(pc.ascii_is_decimal(cells), pc.less_equal(pc.binary_length(cells), 15))
    whole = digits.to_numpy(zero_copy_only=False)  # 10 ms a million where a regular expression takes 60
    _fill(result, whole, cells)
    other_positions = np.flatnonzero(~whole)
    if len(other_positions) == len(cells):
        return _other_numbers(cells)
    if len(other_positions):
        result[other_positions] = _other_numbers(cells.take(pa.array(other_positions)))
    return result


def _other_numbers(cells: pa.Array) -> Floats:
    """The numbers of cells that are not digits alone. Passes over the column (60-170 ms a million) are made only for
    characters that occur in it."""
    result = np.full(len(cells), np.nan)
    present = characters(cells)
    if present & _UNIT_LETTERS:
        cells = pc.replace_substring_regex(cells, _UNIT, "")
    if "−" in present:
        cells = pc.replace_substring(cells, "−", "-")
    if present & (_UNIT_LETTERS | {".", "+", "-", "−"}):
        _fill(result, _matches(cells, _PLAIN), cells)
    if "," in present:
        _fill(result, _matches(cells, _COMMA), pc.replace_substring(cells, ",", "."))
    for mark, pattern in _GROUPED:
        if mark in present:
            joined = pc.replace_substring(cells, mark, "")
            _fill(
                result, _matches(cells, pattern), pc.replace_substring(joined, ",", ".") if "," in present else joined
            )
    if present & {",", "."}:
        result[_matches(cells, _AMBIGUOUS)] = np.nan
    return result


def _fill(result: Floats, chosen: Booleans, texts: pa.Array) -> None:
    if chosen.any():
        digits = pc.ascii_ltrim(texts.filter(pa.array(chosen)), characters="+")  # the cast takes no plus sign
        result[chosen] = digits.cast(pa.float64()).to_numpy(zero_copy_only=False)


def _matches(cells: pa.Array, pattern: str) -> Booleans:
    result: Booleans = pc.match_substring_regex(cells, pattern).to_numpy(zero_copy_only=False)
    return result


def identifiers(cells: pa.Array) -> Booleans:
    """Which keys begin with a zero that no number would have ("007"): `=` compares them as text only."""
    return _matches(cells, r"^[+-]?0[0-9]")


def days(cells: pa.Array) -> Floats:
    """The date in each cell as days since 1970, NaN where there is none. The cells are keys without nulls."""
    return _on_dates(cells, _day_number)


def value_days(texts: pa.Array) -> Floats:
    """The dates of values: `days`, but a value with a time means that text and not the whole day."""
    day_numbers = days(texts)
    day_numbers[pc.match_substring(texts, ":").to_numpy(zero_copy_only=False)] = np.nan
    return day_numbers


def day_number(day: date) -> int:
    """A date as days since 1970."""
    return day.toordinal() - _EPOCH


def month_days(cells: pa.Array) -> Floats:
    """The anniversary in each cell as month × 100 + day, NaN where there is none. The cells are keys without nulls."""
    return _on_dates(cells, _month_day)


def _on_dates(cells: pa.Array, read: Callable[[str], float]) -> Floats:
    """`read` applied to the cells that look like a date. There are few different dates however many cells: Python
    reads each once."""
    result = np.full(len(cells), np.nan)
    if pc.any(pc.match_substring(cells, ":")).as_py():
        cells = pc.utf8_trim_whitespace(pc.replace_substring_regex(cells, _TIME, ""))
    likely = np.flatnonzero(_matches(cells, _LIKE_DATE))
    if len(likely):
        coded = cells.take(pa.array(likely)).dictionary_encode()
        values = np.array([read(text) for text in coded.dictionary.to_pylist()], np.float64)
        result[likely] = values[coded.indices.to_numpy()]
    return result


def _day_number(text: str) -> float:
    day = _date(text)
    return float("nan") if day is None else day_number(day)


def _month_day(text: str) -> float:
    day = _date(text)
    if day is None and (short := _DAY_MONTH.fullmatch(text)):
        try:
            day = date(2000, int(short[3]), int(short[1]))  # a leap year: the 29th of February exists
        except ValueError:
            day = None
    return float("nan") if day is None else day.month * 100 + day.day


_EPOCH = date(1970, 1, 1).toordinal()


def _date(text: str) -> date | None:
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    parts = match.group("y", "m", "d") if match["y"] else match.group("y2", "m2", "d2")
    try:
        return date(*map(int, parts))
    except ValueError:
        return None


def number_of(text: str) -> float | None:
    """The number that a value is, or None."""
    value = float(numbers(pa.array([key(text)], pa.string()))[0])
    return None if np.isnan(value) else value


def date_of(text: str) -> date | None:
    """The date that a value is, or None. A value with a time is not a date."""
    return _date(key(text))


@lru_cache(maxsize=1024)
def _ordering(text: str) -> float | date | None:
    day = date_of(text)
    return number_of(text) if day is None else day


def ordering_value(text: str, position: int | None = None) -> float | date:
    """What an ordering (`<`, `<=`, `>`, `>=`) compares with. Raises `ConditionError` (bad-condition-value)."""
    try:
        value = _ordering(text)
    except UnicodeEncodeError:
        value = None
    if value is not None:
        return value
    shown = shortened(text)
    if _is_ambiguous(text):
        plain = text.strip().translate({ord(","): None, ord("."): None})
        small = text.strip().replace(",", ".")
        problem = problem_of("ambiguous-value", value=shown, large=plain, small=small)
    else:
        problem = problem_of("unordered-value", value=shown)
    raise condition_error("bad-condition-value", problem, position)


def _is_ambiguous(text: str) -> bool:
    return re.fullmatch(_AMBIGUOUS.strip("^$"), text.strip()) is not None
