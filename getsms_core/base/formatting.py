"""Numbers, money, shares and dates as the language of this context writes them."""

from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal, format_percent

from getsms_core.base.i18n import _, language

NOTHING = "–"
MINUS = "−"
"""Babel and Python write a hyphen, which is shorter than the plus sign and may end a line."""
_LOCALES = {"en": "en_GB", "uz": "uz_Latn_UZ", "ru": "ru_RU"}


def locale() -> str:
    """The locale of this context, for Babel."""
    return _LOCALES[language()]


def number(n: float) -> str:
    """1234567 → "1,234,567" or "1 234 567"."""
    return _with_minus(format_decimal(n, locale=locale())) if n % 1 else _whole(int(n), locale())


def tenths(n: float) -> str:
    """96 → "96.0" or "96,0"; 1519.6 → "1,519.6" or "1 519,6"."""
    return _with_minus(format_decimal(n, "#,##0.0", locale=locale()))


def signed_tenths(n: float) -> str:
    """1.25 → "+1.2", -39.9 → "−39.9": a change, with its sign."""
    return _with_minus(format_decimal(n, "+#,##0.0;-#,##0.0", locale=locale()))


def money(tiyin: int) -> str:
    """123450000 → "1 234 500 so'm"; tiyin are shown where there are any."""
    return _("{amount} so'm").format(amount=_som(tiyin, locale()))


def percent(share: float | None) -> str:
    """0.9731 → "97.3%", in Russian "97,3 %"; None, which is "nothing to take a share of", → "–". What is not all is
    never written as all, and what is something never as nothing: 0.99999 → ">99.9%", 0.00001 → "<0.1%"."""
    if share is None:
        return NOTHING
    shown_share = min(max(share, 0.001), 0.999) if 0 < share < 1 else share
    mark = "<" if 0 < share < 0.001 else ">" if 0.999 < share < 1 else ""
    return mark + _percent(shown_share, "0.0" if share < 1 else "0")


def percent_of_tick(share: float, decimals: int = 0, *, signed: bool = False) -> str:
    """A tick of an axis: 0.8 → "80%", in Russian "80 %"; `signed`: "+5%"."""
    text = _percent(share, f"0.{'0' * decimals}" if decimals else "0")
    return f"+{text}" if signed and share > 0 else text


def day(local_day: date) -> str:
    """A local day: 30 Nov 2026 in English, 30.11.2026 in Uzbek and Russian."""
    return _day(local_day.year, local_day.month, local_day.day, locale())


def moment(local: datetime, seconds: bool = False) -> str:
    """A local date and time: "30 Nov 2026, 09:05" in English, "30.11.2026 09:05" in Uzbek and Russian."""
    separator = ", " if language() == "en" else " "
    return f"{day(local)}{separator}{local:{'%H:%M:%S' if seconds else '%H:%M'}}"


# Babel takes 0.1 ms for a number or a day, and the cells of a table repeat few of them.


@lru_cache(4096)
def _whole(n: int, locale: str) -> str:
    return _with_minus(format_decimal(n, locale=locale))


@lru_cache(1024)
def _day(year: int, month: int, day: int, locale: str) -> str:
    pattern = "medium" if locale == _LOCALES["en"] else "dd.MM.yyyy"
    return str(format_date(date(year, month, day), pattern, locale=locale))


@lru_cache(4096)
def _som(tiyin: int, locale: str) -> str:
    amount = Decimal(tiyin) / 100
    pattern = "#,##0" if amount == amount.to_integral_value() else "#,##0.00"
    return _with_minus(format_decimal(amount, pattern, locale=locale))


@lru_cache(4096)
def _percent_in(share: float, digits: str, locale: str) -> str:
    pattern = Locale.parse(locale).percent_formats[None].pattern.replace("#,##0", digits)  # "0.0 %" in Russian
    return _with_minus(format_percent(share, pattern, locale=locale))


def _percent(share: float, digits: str) -> str:
    return _percent_in(share, digits, locale())


def _with_minus(text: str) -> str:
    return text.replace("-", MINUS)
