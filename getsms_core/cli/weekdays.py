"""Weekdays as people type them: 1 to 7, English, Uzbek or Russian names, whole or short."""

import click

from getsms_core.base.i18n import _

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
"""The names in JSON, Monday first."""
_NAMES = (
    ("1", "mon", "monday", "du", "dush", "dushanba", "пн", "пон", "понедельник"),
    ("2", "tue", "tues", "tuesday", "se", "sesh", "seshanba", "вт", "вторник"),
    ("3", "wed", "wednesday", "cho", "chor", "chorshanba", "ср", "среда"),
    ("4", "thu", "thur", "thurs", "thursday", "pa", "pay", "payshanba", "чт", "четверг"),
    ("5", "fri", "friday", "ju", "jum", "juma", "пт", "пятница"),
    ("6", "sat", "saturday", "sha", "shan", "shanba", "сб", "суббота"),
    ("7", "sun", "sunday", "yak", "yaksh", "yakshanba", "вс", "воскресенье"),
)
_NUMBERS = {name: number for number, names in enumerate(_NAMES) for name in names}


def day_number(text: str) -> int:
    """Return 0 for Monday to 6 for Sunday. Raises ValueError for what is not a weekday."""
    name = text.strip().rstrip(".").casefold()
    if name not in _NUMBERS:
        raise ValueError(text)
    return _NUMBERS[name]


def day_numbers(text: str) -> tuple[int, ...]:
    """Return the days of a list such as "1-5", "mon,wed-fri" or "sat-mon", ascending, 0 for Monday. A range whose end
    comes before its begin goes over the weekend. Raises ValueError."""
    days: set[int] = set()
    for part in text.split(","):
        first, dash, last = part.partition("-")
        begin = day_number(first)
        end = day_number(last) if dash else begin
        days |= {(begin + ahead) % 7 for ahead in range((end - begin) % 7 + 1)}
    return tuple(sorted(days))


class Weekday(click.ParamType[str]):
    """An option's weekday; its value is the English name, as in JSON."""

    name = "day"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The English name, or wrong usage."""
        try:
            return DAYS[day_number(value)]
        except ValueError:
            self.fail(_("{value!r} is not a weekday. Write 1 to 7 (1 = Monday), mon or monday.").format(value=value))
