"""The text of a cell whose type the spreadsheet reader cannot convert: a raw number, a duration, or the name of an
error.

The reader turns a number under a date or time format into a date. A phone number (day 998,901,234,567) is not a date,
and the cell would read as empty. The reader reports each such cell with its raw value; this module converts it to text.
"""

import re
from datetime import date

_DATE_NUMBER = re.compile(r"DateTime\(ExcelDateTime \{ value: ([-\d.e+]+)")
_DURATION = re.compile(r'DurationIso\("PT(\d+)H(\d+)M([\d.,]+)S"\)')
_ERROR = re.compile(r"Error\((\w+)\)")
_ERROR_NAMES = {
    "Div0": "#DIV/0!",
    "NA": "#N/A",
    "Name": "#NAME?",
    "Null": "#NULL!",
    "Num": "#NUM!",
    "Ref": "#REF!",
    "Value": "#VALUE!",
    "GettingData": "#GETTING_DATA",
}
_FAR_DATE = re.compile(r"[+]?(\d{5,})-(\d\d)-(\d\d)(?:[T ].*)?")
_LAST_DAY = 2_958_465  # 9999-12-31, the last date that a spreadsheet knows
_YEARS = 400  # the calendar repeats
_DAYS = 146_097  # in 400 years
_DAY_ZERO = date(1899, 12, 30).toordinal()


def raw_value_text(detail: str) -> str:
    """The text for a cell that the reader reports as unconvertible; `detail` is the reader's own report of it."""
    if number := _DATE_NUMBER.search(detail):
        return _number(float(number[1]))
    if duration := _DURATION.search(detail):
        hours, minutes, seconds = int(duration[1]), int(duration[2]), float(duration[3].replace(",", "."))
        days = hours / 24
        return _number(days) if days > _LAST_DAY else f"{hours:02}:{minutes:02}:{int(seconds):02}"
    if error := _ERROR.search(detail):
        return _ERROR_NAMES.get(error[1], "#VALUE!")
    quoted = re.search(r'\("(.*)"\)', detail)
    return quoted[1] if quoted else detail.partition("but got ")[2].strip("'") or detail


def day_number(text: str) -> str:
    """A date beyond the year 9999 as the number of its day: only a number under a date format reads so."""
    far = _FAR_DATE.fullmatch(text)
    if not far:
        return text
    cycles, year = divmod(int(far[1]), _YEARS)
    try:
        within = date(year or _YEARS, int(far[2]), int(far[3])).toordinal()
    except ValueError:
        return text
    days = (cycles if year else cycles - 1) * _DAYS + within - _DAY_ZERO
    return str(days)


def _number(value: float) -> str:
    return str(int(value)) if value.is_integer() else repr(value)
