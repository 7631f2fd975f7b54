"""Text fields for money and counts: the input is read by the user's language, and its meaning is shown."""

from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from getsms_core.base import amounts
from getsms_core.base.errors import DomainError
from getsms_core.base.i18n import set_language
from pages.ui.shared import widgets
from pages.ui.shared.plain_text import plain
from pages.ui.shared.session import language

# A browser's number field drops a comma or takes it for a decimal sign, by its own language: "500,000" became 500.


MAX_CHARACTERS = 30
NO_MEANING = "\u00a0"  # the line stays: see `_shown`


def money_field(place: DeltaGenerator, label: str, value: str = "", *, empty: str, **options: Any) -> None:
    """A field for an amount in so'm with what it means below; `empty`, in the field, says what no amount means."""
    _shown(place, place.text_input(label, value, placeholder=empty, **options), is_money=True)


def count_field(place: DeltaGenerator, label: str, value: str = "", *, empty: str, **options: Any) -> None:
    """The same for a whole number."""
    _shown(place, place.text_input(label, value, placeholder=empty, **options), is_money=False)


def bounded_field(place: DeltaGenerator, label: str, value: int, *, low: int, high: int, **options: Any) -> int | None:
    """A field for a whole number from `low` to `high` with what it means below. Returns the number; None for what is
    not one, which a sentence below the field says."""
    # Plain digits: "1,000" would be another number, or none, after a switch of the language.
    text = str(place.text_input(label, str(value), max_chars=MAX_CHARACTERS, **options) or "")
    set_language(language())
    number, meaning = None, ""
    try:
        number = amounts.parse_within(text, low, high)
        shown = widgets.number(number)
        meaning = plain("= " + shown) if shown != text.strip() else NO_MEANING
    except DomainError as refusal:
        meaning = f":red[{plain(refusal.message)}]"
    place.caption(meaning)
    return number


def bounded(key: str, low: int, high: int) -> int:
    """The number in the `bounded_field` with this key. Raises `DomainError`, see `amounts.parse_within`."""
    set_language(language())
    return amounts.parse_within(str(st.session_state.get(key) or ""), low, high)


def money(key: str) -> int | None:
    """The tiyin in the field with this key; None where it is empty. Raises `DomainError`, see `amounts.parse_money`."""
    set_language(language())
    typed = str(st.session_state.get(key) or "").strip()
    return amounts.parse_money(typed) if typed else None


def count(key: str) -> int | None:
    """The whole number in the field with this key; None where it is empty. Raises `DomainError`, see
    `amounts.parse_whole_number`."""
    set_language(language())
    typed = str(st.session_state.get(key) or "").strip()
    return amounts.parse_whole_number(typed) if typed else None


def of_money(tiyin: int | None) -> str:
    """An amount as the field shows it; "" for None."""
    set_language(language())
    return "" if tiyin is None else amounts.format_for_input(tiyin)


def of_count(n: int | None) -> str:
    """A whole number as the field shows it; "" for None."""
    return "" if n is None else widgets.number(n)


def _shown(place: DeltaGenerator, typed: str | None, *, is_money: bool) -> None:
    """The line below is always there: one that appears would move the button while it is clicked."""
    set_language(language())
    text = (typed or "").strip()
    try:
        if not text:
            meaning = NO_MEANING
        elif is_money:
            meaning = plain("= " + widgets.money(amounts.parse_money(text)))
        else:
            meaning = plain("= " + widgets.number(amounts.parse_whole_number(text)))
    except DomainError as refusal:
        meaning = f":red[{plain(refusal.message)}]"
    place.caption(meaning)
