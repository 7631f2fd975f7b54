"""Whole numbers never reach those who need none, wherever they are quoted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from getsms_core.base.masking import mask_all_numbers, mask_own_number, mask_phone
from tests.each_case import each_case

PHONE = 998901234567


@each_case(
    "written",
    [
        "998901234567",
        "+998901234567",
        "+998 90 123 45 67",
        "998-90-123-45-67",
        "+998 (90) 123-45-67",
        "90 123 45 67",
        "90.123.45.67",
        "+998/90/123/45/67",
        "90_123_45_67",
        "(90)\u00a0123\u201345\u201367",
        "9\u200b0123\u200b4567",
        "９９８９０１２３４５６７",
        "٩٠١٢٣٤٥٦٧",
    ],
)
def test_the_own_number_is_masked_however_it_is_written(written: str) -> None:
    shown = mask_own_number(f"Raqamingiz {written}, kod 4321", PHONE)
    assert "123" not in shown.replace("4321", "")
    assert "kod 4321" in shown
    assert mask_phone(PHONE) in shown


def test_the_own_number_is_masked_with_digits_behind_it() -> None:
    assert mask_own_number("Kod 9989012345674321", PHONE) == "Kod 99890*****674321"


def test_a_number_to_call_stays_readable() -> None:
    text = "Savollar: +998 71 200 00 00, STOP 1234, 2026-03-21"
    assert mask_own_number(text, PHONE) == text


@pytest.mark.parametrize(
    "said",
    [
        "998901234567 is not a phone",
        "bad: +998 90 123 45 67.",
        "[998901234567,998911234568]",
        "998.90.123.45.67",
        "00998901234567",
    ],
)
def test_numbers_in_the_gateways_words_are_masked(said: str) -> None:
    shown = mask_all_numbers(said)
    assert "1234567" not in shown.replace(" ", "")
    assert "1234568" not in shown
    assert "*****" in shown


def test_other_digits_in_the_gateways_words_stay() -> None:
    for text in ("error 300", "1234567890123456", "99890123", "20 of 100", ""):
        assert mask_all_numbers(text) == text


@given(st.integers(998_000_000_000, 998_999_999_999), st.text(max_size=30), st.text(max_size=30))
def test_no_text_around_it_saves_a_number(phone: int, before: str, after: str) -> None:
    if (before[-1:] + "x").isdigit() or after[:1].isdigit():
        return
    shown = mask_own_number(f"{before} {phone} {after}", phone)
    assert str(phone) not in shown


def test_an_erased_number_is_nothing() -> None:
    assert mask_phone(0) == ""
    assert mask_own_number("Salom 0", 0) == "Salom 0"
