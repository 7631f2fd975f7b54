"""Shares as people read them: what is not all never looks like all."""

from datetime import datetime

import pytest

from getsms_core.base import formatting
from getsms_core.base.formatting import day, moment, percent
from getsms_core.base.i18n import using_language
from getsms_core.reports import wilson


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (None, "–"),
        (0, "0.0%"),
        (1 / 1_000_000, "<0.1%"),
        (0.001, "0.1%"),
        (0.9731, "97.3%"),
        (0.999, "99.9%"),
        (999_999 / 1_000_000, ">99.9%"),
        (1, "100%"),
    ],
)
def test_a_share_is_rounded_but_never_to_all_or_to_nothing(share: float | None, said: str) -> None:
    assert percent(share) == said
    with using_language("ru"):
        assert percent(share).replace("\xa0", "") == said.replace(".", ",")


@pytest.mark.parametrize("trials", [1, 10, 37, 1_000_000])
def test_an_interval_that_ends_at_an_edge_ends_there_exactly(trials: int) -> None:
    assert wilson(0, trials)[0] == 0.0
    assert wilson(trials, trials)[1] == 1.0


@pytest.mark.parametrize(
    ("language", "shown_day", "shown_moment"),
    [
        ("en", "5 Nov 2026", "5 Nov 2026, 09:05"),
        ("uz", "05.11.2026", "05.11.2026 09:05"),
        ("ru", "05.11.2026", "05.11.2026 09:05"),
    ],
)
def test_a_date_is_written_as_the_language_does(language: str, shown_day: str, shown_moment: str) -> None:
    local = datetime(2026, 11, 5, 9, 5, 59)
    with using_language(language):
        assert (day(local), moment(local)) == (shown_day, shown_moment)
        assert moment(local, seconds=True) == f"{shown_moment}:59"


@pytest.mark.parametrize(("language", "shown"), [("en", "1,519.6"), ("uz", "1\xa0519,6"), ("ru", "1\xa0519,6")])
def test_tenths_of_thousands_have_a_separator(language: str, shown: str) -> None:
    with using_language(language):
        assert (formatting.tenths(1519.6), formatting.signed_tenths(1519.6)) == (shown, f"+{shown}")


@pytest.mark.parametrize(("language", "shown"), [("en", "−39.9"), ("uz", "−39,9"), ("ru", "−39,9")])
def test_a_negative_number_has_a_minus_sign_and_a_change_its_sign(language: str, shown: str) -> None:
    with using_language(language):
        assert formatting.tenths(-39.9) == formatting.signed_tenths(-39.9) == shown
        assert formatting.signed_tenths(39.9) == "+" + shown[1:]
        for text in (formatting.number(-1234), formatting.money(-123400), formatting.percent(-0.399)):
            assert text[0] == formatting.MINUS
            assert "-" not in text
