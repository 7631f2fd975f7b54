"""A column says what the walker says of each cell, and ranges are named as phonenumbers names them."""

import numpy as np
import phonenumbers.carrier
import pyarrow as pa
from hypothesis import example, given, settings
from hypothesis import strategies as st

from getsms_core import phone
from getsms_core.phone import OUTCOMES, Outcome, ranges
from tests.each_case import each_case

prefixes, rests = (
    ["998", "+998", "00998", "8", "0", "90", "71", "12"],
    ["1234567", "123-45-67", ".0", ".", "-", "7", "ё"],
)
pieces = st.sampled_from([*prefixes, *rests, "+", " ", "\u00a0"])
cells = st.one_of(
    st.lists(pieces, max_size=6).map("".join),
    st.text(alphabet="0123456789 +-().", max_size=26),
    st.text(max_size=12),
    st.none(),
)


@settings(deadline=None)  # the first example compiles the metadata
@given(st.lists(cells, max_size=12))
@example(["+99", "8", "998901234567.0", "", "+998901234567.0", "8 90 123 45 67", "\u00a0", "0" * 14, "00998901234567"])
@example(["20-12-2026 5", "9 01 2026 12", "2026-12-31 5", "99 8-12-2026", "998 20 1 12 2026", "20\t12\u00a02026 5"])
@example(
    ["2025-99082", "2026 99 082", "91794-2026", "9287663-59", "20-5-26 18-30", "1) 90 123 45 67", "998) 901234567"]
)
@example(["1.0", "12345678.0", "9.0\u00a0", "", None])
def test_a_column_agrees_with_the_walker_row_by_row(column: list[str | None]) -> None:
    checked = phone.check_column(pa.array(column, pa.string()))
    result = [
        (int(number) or None, OUTCOMES[code]) for number, code in zip(checked.numbers, checked.outcomes, strict=True)
    ]
    assert result == [tuple(phone.check(cell or "")) for cell in column]


def test_an_empty_column_is_checked_too() -> None:
    assert len(phone.check_column(pa.array([], pa.string())).numbers) == 0
    assert len(phone.check_column(pa.chunked_array([], pa.string())).outcomes) == 0


def test_slices_chunks_and_large_strings_are_the_same_column() -> None:
    column = pa.array(["x", "998901234567", None, "90 123 45 67", "yo'q"])
    chunked = pa.chunked_array([column.slice(1, 2), column.slice(3).cast(pa.large_string()).cast(pa.string())])
    checked = phone.check_column(chunked)
    assert checked.numbers.tolist() == [998901234567, 0, 998901234567, 0]
    assert checked.numbers.dtype == np.int64
    assert checked.outcomes.dtype == np.uint8
    assert phone.check_column(column.cast(pa.large_string())).numbers.tolist() == [0, *checked.numbers]


@each_case("outcome", OUTCOMES)
def test_many_sentences_are_worded_as_one_is(outcome: Outcome) -> None:
    values = ["90 123 45 67", "", "{value}", "x" * 100, "n", "901234567 Али"]
    numbers, rows = np.array([998901234567, 0, 0, 0, 0, 0]), np.array([7, 0, 0, 0, 9, 0], np.int32)
    sentences = phone.messages(outcome, pa.array(values), numbers, rows).to_pylist()
    assert sentences == [
        phone.message(outcome, v, int(n), int(r)) for v, n, r in zip(values, numbers, rows, strict=True)
    ]


def test_numbers_fall_into_the_ranges_that_phonenumbers_names() -> None:
    prefixes = np.arange(10_000, 100_000, 7)
    ranges = phone.range_of(998 * 10**9 + prefixes * 10_000 + 1234)
    for prefix, code in zip(prefixes.tolist(), ranges, strict=True):
        number = phonenumbers.PhoneNumber(country_code=998, national_number=prefix * 10_000 + 1234)
        assert phone.RANGES[code] == (phonenumbers.carrier.name_for_valid_number(number, "en") or "other")


def test_what_is_no_number_has_no_range() -> None:
    assert phone.range_of(np.array([0, -5, 79001234567, 998901234567])).tolist()[:3] == [0, 0, 0]
    assert phone.RANGES[0] == "other"
    assert phone.RANGES[1:] == sorted(phone.RANGES[1:])


def test_a_release_of_the_metadata_moves_no_stored_number_to_another_range() -> None:
    """Messages and roll-ups keep the place of a range in this list. Where a new release brings another list, a
    migration of what is stored comes with it, and this test changes."""
    assert phone.RANGES == ["other", "Beeline", "HUMANS", "MobiUZ", "Perfectum", "Ucell", "Uzbektelecom"]


def test_the_metadata_still_says_everything_in_five_digits() -> None:
    """If a release of phonenumbers looks at a sixth digit, the table no longer holds, and this fails."""
    digits = np.random.default_rng(1).integers(0, 10_000, 2_000)
    for prefix, tail in zip(range(20_000, 100_000, 40), digits, strict=True):
        national = phonenumbers.PhoneNumber(country_code=998, national_number=prefix * 10_000 + int(tail))
        kind = phonenumbers.number_type(national)
        result = ranges.kind_of(prefix * 10_000)
        assert (kind == phonenumbers.PhoneNumberType.UNKNOWN) == (result == ranges.UNASSIGNED)


def test_an_endless_cell_is_refused_in_no_time() -> None:
    endless = [
        " " * 10**6,
        "1" + " " * 10**6 + "1",
        "998901234567" + " " * 500,
        "9" * 10**6,
        "9 " * 10**5,
        "tel " * 10**5,
    ]
    checked = phone.check_column(pa.array(endless))
    assert [OUTCOMES[code] for code in checked.outcomes] == [phone.check(cell).outcome for cell in endless]
    assert checked.numbers.tolist() == [0, 0, 998901234567, 0, 0, 0]
