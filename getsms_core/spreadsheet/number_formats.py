"""Number formats of spreadsheets: the text that a cell shows for a stored number.

Dates are written as they are read here, 31.12.2026 18:30, whatever the order in the format: Excel itself shows the
formats that most files have in the order of the computer, not of the file. Percents (`percents`), times, leading zeros
and fixed decimals follow the format. Every other format shows the number as stored, and so does a value that may be a
phone.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cache, lru_cache

from getsms_core.spreadsheet import percents, times

_LAST_DAY = 2_958_465  # 9999-12-31
_MAX_SHOWN = 10_000_000  # greater numbers may be phones
_DAY_ZERO = datetime(1899, 12, 30)
_DAY_ZERO_1904 = datetime(1904, 1, 1)
_LITERAL = re.compile(r'"[^"]*"|\\.|[_*].|\[(?!(?:h+|m+|s+)\])[^\]]*\]', re.I)
_ELAPSED = re.compile(r"\[(?:h+|m+|s+)\]", re.I)
BUILT_IN = {
    9: "0%",
    10: "0.00%",
    14: "dd.mm.yyyy",
    15: "d.mmm.yyyy",
    16: "d.mmm",
    17: "mmm.yyyy",
    18: "h:mm AM/PM",
    19: "h:mm:ss AM/PM",
    20: "h:mm",
    21: "h:mm:ss",
    22: "dd.mm.yyyy h:mm",
    2: "0.00",
    45: "mm:ss",
    46: "[h]:mm:ss",
    47: "mm:ss.0",
    **dict.fromkeys((*range(27, 37), *range(50, 59)), "dd.mm.yyyy"),
}
"""Formats by their numbers; a file does not spell these out."""


@dataclass(frozen=True)
class NumberFormat:
    """What a format shows: `kind` is percent, date, time, elapsed, zeros or decimals; `pattern` the tokens of a date,
    `clock` the parts of a time, `places` the digits after the point, or all digits of a number with leading zeros;
    `sections` are those of a percent."""

    kind: str
    pattern: tuple[str, ...] = ()
    places: int = 0
    sections: tuple[percents.Section, ...] = ()
    clock: times.Parts = ()


@cache
def parse(code: str) -> NumberFormat | None:
    """The format of a code such as "dd.mm.yyyy hh:mm"; None for one that shows a number as it is stored."""
    section = _LITERAL.sub("", code).split(";")[0].strip()
    if not section or section.lower() in ("general", "@", "standard"):
        return None
    if "%" in section:
        return NumberFormat("percent", sections=percents.sections(code))
    if _ELAPSED.search(section):
        return NumberFormat("elapsed", clock=times.parts(code))
    section = re.sub(r"(?<=s)[.,]0+", "", section, flags=re.I)
    if re.search(r"[ymdhs]", section, re.I) and not re.search(r"[#?]|0{3}", section):
        return _date_format(section.lower(), code)
    if re.fullmatch(r"0{2,}", section):
        return NumberFormat("zeros", places=len(section))
    if fixed := re.fullmatch(r"0\.(0+)", section):
        return NumberFormat("decimals", places=len(fixed[1]))
    return None


def _date_format(section: str, code: str) -> NumberFormat | None:
    section = section.replace("am/pm", "").replace("a/p", "")
    tokens = re.findall(r"y+|m+|d+|h+|s+", section)
    pattern: list[str] = []
    for place, part in enumerate(tokens):
        near_hours = place > 0 and tokens[place - 1][0] == "h"
        near_seconds = place + 1 < len(tokens) and tokens[place + 1][0] == "s"
        pattern.append("min" if part in ("m", "mm") and (near_hours or near_seconds) else part)
    if any(part[0] in "yd" or (part[0] == "m" and part != "min") for part in pattern):
        return NumberFormat("date", tuple(pattern))
    return NumberFormat("time", tuple(pattern), clock=times.parts(code)) if pattern else None


@lru_cache(65_536)  # dates and percents of a list repeat
def show(value: float, number_format: NumberFormat, from_1904: bool = False) -> str | None:
    """The text of a number under a format; None where it is shown as it is stored."""
    kind = number_format.kind
    if kind in ("percent", "zeros", "decimals"):
        if abs(value) >= _MAX_SHOWN:
            return None
        return percents.show(value, number_format.sections) if kind == "percent" else _number(value, number_format)
    if value < 0:
        return str(int(value)) if value.is_integer() else repr(value)  # Excel shows ####
    if value > _LAST_DAY:
        return None
    if kind == "elapsed":
        return times.duration(round(value * 86_400), number_format.clock)
    if value < 1 and not from_1904 and kind == "date" and not any(token[0] == "h" for token in number_format.pattern):
        return "00.01.1900"  # a zero that a formula gave for an empty cell, as Excel shows it
    moment = (_DAY_ZERO_1904 if from_1904 else _DAY_ZERO) + timedelta(seconds=round(value * 86_400))
    if value < 61 and value >= 1 and not from_1904:
        moment += timedelta(days=1)  # Excel counts a 29 February 1900
    if kind == "time":
        return times.time_of_day(moment, number_format.clock)
    if value < 1 and not from_1904:
        fields = [field for field in number_format.pattern if field[0] in "hs" or field == "min"]
        return times.time_of_day(moment, times.colons(fields))
    return _date(moment, number_format.pattern)


def _number(value: float, number_format: NumberFormat) -> str:
    places = 0 if number_format.kind == "zeros" else number_format.places
    rounded = Decimal(repr(value)).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    text = format(abs(rounded), "f")
    if number_format.kind == "zeros":
        text = text.zfill(number_format.places)
    return ("-" if rounded < 0 else "") + text


def _date(moment: datetime, pattern: tuple[str, ...]) -> str:
    days = {part[0] for part in pattern if part[0] in "yd" or (part[0] == "m" and part != "min")}
    full = {"y", "m", "d"}
    text = ".".join(
        part for name, part in (("d", f"{moment:%d}"), ("m", f"{moment:%m}"), ("y", f"{moment.year:04}"))
        if name in (days or full)
    )  # fmt: skip
    return text + (clock(moment) if any(token[0] == "h" for token in pattern) else "")


def boolean(value: bool) -> str:
    """A Boolean as English Excel shows it."""
    return "TRUE" if value else "FALSE"


def clock(moment: datetime) -> str:
    """The time after a date: nothing at midnight, seconds only where there are any."""
    if not (moment.hour or moment.minute or moment.second):
        return ""
    return f" {moment:%H:%M}" + (f":{moment:%S}" if moment.second else "")


def iso_date(text: str) -> str | None:
    """A date as the formats of spreadsheets store it in XML (2026-12-31T18:30:00.000) as it is shown; None for other
    texts."""
    match = re.fullmatch(r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(?:[.,]\d+)?Z?)?", text)
    if not match:
        return None
    try:
        moment = datetime.fromisoformat(f"{match[1]}T{match[2] or '00:00:00'}")
    except ValueError:
        return None
    if moment.date() in (_DAY_ZERO.date(), datetime(1899, 12, 31).date()):
        return f"{moment:%H:%M}" + (f":{moment:%S}" if moment.second else "")
    return f"{moment:%d.%m}.{moment.year:04}" + clock(moment)
