"""Parse numbers and money as users type them, by the language of this context; reject what could mean two numbers.

Babel's `parse_decimal(strict=True)` reads "1,000" as 1 in Uzbek and Russian, where the comma is the decimal sign, and a
limit of "500,000" became 500 so'm. So here a comma or a point before exactly three digits groups thousands only where
the language groups with it; elsewhere the number is rejected and the message gives both readings. Before fewer or more
digits either is the decimal sign, since it cannot group. Spaces and apostrophes only group."""

import re
from decimal import Decimal

from babel.numbers import format_decimal, get_group_symbol

from getsms_core.base.errors import DomainError
from getsms_core.base.formatting import locale
from getsms_core.base.i18n import _

MAX_INTEGER_DIGITS = 12  # before the decimal sign: a thousand billion so'm, which fits into every column as tiyin
_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")  # copied along from other programs
_SPACES = re.compile("[ \u00a0\u2007\u2009\u202f]")
_APOSTROPHES = re.compile("['’‘ʼʻ`´]")
_UNIT = re.compile(r"\s*(?:so['’‘ʼʻ`´]?m|sum|сум|сўм|uzs)\.?$", re.IGNORECASE)
_ALLOWED = re.compile("[0-9 '.,]*[0-9]")
_GROUPED = {mark: re.compile(rf"[1-9][0-9]{{0,2}}(?:{re.escape(mark)}[0-9]{{3}})+") for mark in " '.,"}
_PLAIN = re.compile("[0-9]+")


def parse_whole_number(text: str) -> int:
    """Parse a whole number from 0.

    Raises `DomainError`: "bad-number", "negative-number", "ambiguous-number", "number-too-large", "not-whole"."""
    typed = _visible(text)
    value, places = _parse(typed, typed)
    if places:
        raise DomainError("not-whole", _("“{typed}” is not a whole number.").format(typed=typed))
    return int(value)


def parse_decimal(text: str) -> Decimal:
    """Parse a number from 0 with any digits after the decimal sign.

    Raises `DomainError`: "bad-number", "negative-number", "ambiguous-number", "number-too-large"."""
    typed = _visible(text)
    return _parse(typed, typed)[0]


def parse_within(text: str, low: int, high: int) -> int:
    """Parse a whole number from `low` to `high`.

    Raises `DomainError`: "out-of-bounds", and those of `parse_whole_number`."""
    bounds = _("Write a whole number from {low} to {high}.").format(
        low=_example(Decimal(low)), high=_example(Decimal(high))
    )
    if not _visible(text):
        raise DomainError("out-of-bounds", bounds)
    try:
        number = parse_whole_number(text)
    except DomainError as refusal:
        if refusal.code not in ("not-whole", "number-too-large", "negative-number"):
            raise
        raise DomainError(refusal.code, f"“{_visible(text)}”: {bounds}") from None
    if not low <= number <= high:
        raise DomainError("out-of-bounds", f"“{_visible(text)}”: {bounds}")
    return number


def parse_money(text: str) -> int:
    """Parse an amount in so'm, with or without the currency after it, and return tiyin.

    Raises `DomainError`: "bad-number", "negative-number", "ambiguous-number", "number-too-large", "too-many-places"."""
    typed = _visible(text)
    value, places = _parse(_UNIT.sub("", typed), typed)
    if places > 2:
        sentence = _("“{typed}” has more than two digits after the decimal sign. Write it like {example}.")
        raise DomainError("too-many-places", sentence.format(typed=typed, example=_example(Decimal("95.50"))))
    return int(value * 100)


def format_for_input(tiyin: int) -> str:
    """Format an amount for a text field, so that `parse_money` returns the same amount in every language, because the
    language may change while the field is open: 50000000 → "500 000"."""
    text = _example(Decimal(tiyin) / 100)
    return text.replace(",", " ") if get_group_symbol(locale()) == "," else text


def _visible(text: str) -> str:
    return _INVISIBLE.sub("", text).strip()


def _parse(text: str, typed: str) -> tuple[Decimal, int]:
    """Return the number in `text` and how many digits it has after the decimal sign; errors quote `typed`."""
    if text[:1] in ("-", "−", "–") and _ALLOWED.fullmatch(_normalise(text[1:]).strip()):
        raise DomainError("negative-number", _("“{typed}” is below zero. Write a number from 0.").format(typed=typed))
    number = _normalise(text)
    if not _ALLOWED.fullmatch(number):
        raise _unreadable(typed)
    integer, fraction = _split(number, typed)
    digits = integer.lstrip("0") or "0"
    if len(digits) > MAX_INTEGER_DIGITS:
        raise DomainError("number-too-large", _("“{typed}” is too large.").format(typed=typed))
    return Decimal(f"{digits}.{fraction or 0}"), len(fraction)


def _normalise(typed: str) -> str:
    return _APOSTROPHES.sub("'", _SPACES.sub(" ", typed))


def _split(number: str, typed: str) -> tuple[str, str]:
    """The digits before and after the decimal sign."""
    marks = [mark for mark in ",." if mark in number]
    if not marks:
        return _integer(number, typed), ""
    if len(marks) == 2:  # the last sign is the decimal sign
        decimal = max(marks, key=number.rindex)
    elif number.count(marks[0]) > 1:
        return _integer(number, typed), ""
    else:
        decimal = marks[0]
        if _GROUPED[decimal].fullmatch(number):
            if decimal == get_group_symbol(locale()):
                return _integer(number, typed), ""
            raise _ambiguous(number, decimal, typed)
    before, _sign, after = number.rpartition(decimal)
    if not _PLAIN.fullmatch(after):
        raise _unreadable(typed)
    return _integer(before, typed), after


def _integer(number: str, typed: str) -> str:
    """The digits of a number that is plain or grouped by one sign in threes."""
    if _PLAIN.fullmatch(number):
        return number
    for mark, grouped in _GROUPED.items():
        if grouped.fullmatch(number):
            return number.replace(mark, "")
    raise _unreadable(typed)


def _ambiguous(number: str, mark: str, typed: str) -> DomainError:
    large, small = Decimal(number.replace(mark, "")), Decimal(number.replace(mark, "."))
    sentence = _("“{typed}” can mean {large} or {small}. Write {large_plain} or {small}.")
    small_text = str(format_decimal(small, "#,##0.###", locale=locale()))
    return DomainError(
        "ambiguous-number",
        sentence.format(typed=typed, large=_example(large), small=small_text, large_plain=f"{large:f}"),
    )


def _unreadable(typed: str) -> DomainError:
    sentence = _("“{typed}” cannot be read as a number. Write it like {example} or {small}.")
    return DomainError(
        "bad-number", sentence.format(typed=typed, example=_example(Decimal(500_000)), small=_example(Decimal("95.50")))
    )


def _example(amount: Decimal) -> str:
    whole_number = amount == amount.to_integral_value()
    return str(format_decimal(amount, "#,##0" if whole_number else "#,##0.00", locale=locale()))
