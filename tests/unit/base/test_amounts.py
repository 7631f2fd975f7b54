"""Numbers and money as people type them: a table of what is understood and what is refused, by language."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from getsms_core.base import amounts
from getsms_core.base.errors import DomainError
from getsms_core.base.i18n import LANGUAGES, using_language
from tests.each_case import each_case

LANGUAGE = list(LANGUAGES)


def read(text: str, language: str) -> str:
    """The so'm that a text means, or the code of its refusal."""
    with using_language(language):
        try:
            return f"{Decimal(amounts.parse_money(text)) / 100:f}"
        except DomainError as refusal:
            return refusal.code


@pytest.mark.parametrize("language", LANGUAGE)
@each_case(
    ("text", "expected"),
    [
        ("-5", "negative-number"),
        ("−500 000", "negative-number"),
        ("NaN", "bad-number"),
        ("Infinity", "bad-number"),
        ("1e5", "bad-number"),
        ("1_000", "bad-number"),
        ("٥٠٠", "bad-number"),
        ("５００", "bad-number"),
        ("5 mln", "bad-number"),
        ("500k", "bad-number"),
        ("", "bad-number"),
        ("so'm", "bad-number"),
        (".5", "bad-number"),
        ("5.", "bad-number"),
        ("+5", "bad-number"),
        ("12 34", "bad-number"),
        ("1,000,00", "bad-number"),
        ("1,00,000", "bad-number"),
        ("1 000,000.00", "bad-number"),
        ("1 000'000", "bad-number"),
        ("0 500", "bad-number"),
        ("500.000", "ambiguous-number"),
        ("95.500", "ambiguous-number"),
        ("1.000", "ambiguous-number"),
        ("1 000,000", "too-many-places"),
        ("95.505", "ambiguous-number"),
        ("1234.567", "too-many-places"),
        ("0.5000", "too-many-places"),
        ("9999999999999", "number-too-large"),
        ("500000", "500000"),
        (" 500 000 ", "500000"),
        ("\u200e500\u00a0000\u202c", "500000"),
        ("\ufeff95,50 so\u2019m\u200b", "95.5"),
        ("500\u00a0000", "500000"),
        ("500\u202f000", "500000"),
        ("500'000", "500000"),
        ("500’000,50", "500000.5"),
        ("1,234,567", "1234567"),
        ("1.234.567", "1234567"),
        ("1,234.56", "1234.56"),
        ("1.234,56", "1234.56"),
        ("95.50", "95.5"),
        ("95,50", "95.5"),
        ("0,5", "0.5"),
        ("0", "0"),
        ("007", "7"),
        ("500 000 so'm", "500000"),
        ("500 000 soʻm", "500000"),
        ("500 000 сум", "500000"),
        ("999999999999", "999999999999"),
    ],
)
def test_an_amount_means_the_same_in_every_language_or_is_refused(text: str, expected: str, language: str) -> None:
    assert read(text, language) == expected


@pytest.mark.parametrize("text", ["500,000", "1,000", "95,500"])
def test_a_comma_before_three_digits_groups_in_english_and_is_ambiguous_elsewhere(text: str) -> None:
    assert read(text, "en") == text.replace(",", "")
    assert [read(text, language) for language in ("uz", "ru")] == ["ambiguous-number"] * 2


@pytest.mark.parametrize(
    ("language", "expected"),
    [("uz", ("1\u00a0234", "1,234", "1234")), ("ru", ("1\u00a0234", "1,234", "1234"))],
)
def test_an_ambiguous_number_is_refused_with_both_readings(language: str, expected: tuple[str, ...]) -> None:
    with using_language(language), pytest.raises(DomainError) as refusal:
        amounts.parse_money("1,234")
    assert all(reading in refusal.value.message for reading in ("1,234", *expected))


def test_a_whole_number_has_no_places() -> None:
    with using_language("uz"):
        assert amounts.parse_whole_number("10 000") == 10_000
        for text, code in (("10,5", "not-whole"), ("10,000", "ambiguous-number"), ("-1", "negative-number")):
            with pytest.raises(DomainError) as refusal:
                amounts.parse_whole_number(text)
            assert refusal.value.code == code


@given(st.integers(0, 10**13), st.sampled_from(LANGUAGE), st.sampled_from(LANGUAGE))
def test_what_is_put_into_a_field_is_read_as_the_same_after_a_switch_of_the_language(
    tiyin: int, language: str, then: str
) -> None:
    with using_language(language):
        text = amounts.format_for_input(tiyin)
    with using_language(then):
        assert amounts.parse_money(text) == tiyin


@pytest.mark.parametrize("language", LANGUAGE)
@each_case(
    ("text", "expected"),
    [
        *(("1", 1), (" 1000 ", 1_000), ("1 000", 1_000), ("1\u00a0000", 1_000), ("1'000", 1_000), ("007", 7)),
        *(("0", "out-of-bounds"), ("1001", "out-of-bounds"), ("", "out-of-bounds"), ("  ", "out-of-bounds")),
        *(("1,5", "not-whole"), ("1.5", "not-whole"), ("7,0", "not-whole"), ("-1", "negative-number")),
        *(("1.000", "ambiguous-number"), ("9999999999999", "number-too-large"), ("1e2", "bad-number")),
        *(("٣", "bad-number"), ("3 kun", "bad-number"), ("½", "bad-number"), ("1\x00", "bad-number")),
    ],
)
def test_a_bounded_number_is_understood_or_refused_with_a_sentence(
    language: str, text: str, expected: int | str
) -> None:
    with using_language(language):
        try:
            result: int | str = amounts.parse_within(text, 1, 1_000)
        except DomainError as refusal:
            result = refusal.code
    assert result == expected


def test_the_sentence_for_what_is_out_of_bounds_names_the_bounds() -> None:
    with using_language("en"):
        for text in ("0", "2,000", "1.5", "", "-3", "9999999999999"):
            with pytest.raises(DomainError) as refusal:
                amounts.parse_within(text, 1, 1_000)
            assert "from 1 to 1,000" in refusal.value.message


@given(st.text("0123456789,. '-\u00a0e", max_size=12), st.sampled_from(LANGUAGE))
def test_no_text_is_read_as_other_digits_than_it_has(text: str, language: str) -> None:
    with using_language(language):
        try:
            tiyin = amounts.parse_money(text)
        except DomainError:
            return
    digits = "".join(letter for letter in text if letter.isdigit()).lstrip("0")
    assert f"{tiyin:d}".strip("0") == digits.strip("0")
