"""One cell at a time: refusals first, then repairs, then what is left as it stands."""

import phonenumbers
from hypothesis import example, given, settings
from hypothesis import strategies as st

from getsms_core import phone
from getsms_core.base.i18n import using_language
from getsms_core.phone import OUTCOMES, Outcome
from tests.each_case import each_case

GOOD = 998901234567


@each_case(
    ("cell", "outcome"),
    [
        ("", Outcome.EMPTY),
        (" \u00a0\t", Outcome.EMPTY),
        ("-", Outcome.EMPTY),
        ("#N/A", Outcome.ERROR_VALUE),
        (" #Н/Д ", Outcome.ERROR_VALUE),
        ("#DIV/0!", Outcome.ERROR_VALUE),
        ("Err:502", Outcome.ERROR_VALUE),
        ("=B2&C2", Outcome.FORMULA),
        ('="99890"&B2', Outcome.FORMULA),
        ("=90123456*7", Outcome.FORMULA),
        ("=901234567-1", Outcome.FORMULA),
        ("=(998901234567)", Outcome.FORMULA),
        ("nan", Outcome.EMPTY),
        ("yo'q", Outcome.NOT_A_NUMBER),
        ("Ali 2", Outcome.NOT_A_NUMBER),
        ("901234567, Ali", Outcome.NOT_A_NUMBER),
        ("99890+1234567", Outcome.TWO_NUMBERS),
        ("998901234567.5", Outcome.NOT_A_NUMBER),
        ("1e400", Outcome.NOT_A_NUMBER),
        ("88-006-9631.0", Outcome.NOT_A_NUMBER),  # not the 8 00 696-31-0 that its float's 0 would make of it
        ("998 90 123 45 6.0", Outcome.NOT_A_NUMBER),
        ("-877196803.0", Outcome.NOT_A_NUMBER),
        ("²²²½", Outcome.NOT_A_NUMBER),
        ("9.98901E+11", Outcome.DIGITS_LOST),
        ("9,98901E+11", Outcome.DIGITS_LOST),
        ("9.989012345E11", Outcome.DIGITS_LOST),
        ("901234567, 911234567", Outcome.TWO_NUMBERS),
        ("901234567/911234567", Outcome.TWO_NUMBERS),
        ("901234567\n911234567", Outcome.TWO_NUMBERS),
        ("901234567 va 911234567", Outcome.TWO_NUMBERS),
        ("90 123-45-67 и 91 123-45-67", Outcome.TWO_NUMBERS),
        ("998901234567 998911234567", Outcome.TWO_NUMBERS),
        ("901234567 911234567 931234567", Outcome.TWO_NUMBERS),
        ("90 123 45 67 91 123 45 67 +998 93 123 45 67", Outcome.TWO_NUMBERS),
        ("901234567 711234567", Outcome.TWO_NUMBERS),
        ("901234567(71 123 45 67)", Outcome.TWO_NUMBERS),
        ("9.98901E+011", Outcome.DIGITS_LOST),
        ("+998901234567+998911234567", Outcome.TWO_NUMBERS),
        ("998901234567998911234567", Outcome.TWO_NUMBERS),
        ("901234567/68", Outcome.TWO_NUMBERS),
        ("71 123 45 67", Outcome.LANDLINE),
        ("+998 71 123-45-67", Outcome.LANDLINE),
        ("8 71 123 45 67", Outcome.LANDLINE),
        ("998781234567", Outcome.LANDLINE),
        ("+7 900 123-45-67", Outcome.FOREIGN),
        ("79001234567", Outcome.FOREIGN),  # Russia without a +
        ("89001234567", Outcome.FOREIGN),  # Russia as dialled at home
        ("+901234567", Outcome.FOREIGN),
        ("380501234567", Outcome.FOREIGN),
        ("0079001234567", Outcome.FOREIGN),
        ("998121234567", Outcome.UNASSIGNED_RANGE),
        ("121234567", Outcome.UNASSIGNED_RANGE),
        ("12345", Outcome.TOO_SHORT),
        ("+99890123456", Outcome.TOO_SHORT),
        ("99890123456", Outcome.TOO_SHORT),
        ("9012345678", Outcome.TOO_LONG),
        ("9989012345678", Outcome.TOO_LONG),
        ("9" * 5000, Outcome.TOO_LONG),
        ("90 123 45 67 ext 5", Outcome.EXTENSION),
        ("90 123 45 67 доб. 5", Outcome.EXTENSION),
        ("+998901234567#12", Outcome.EXTENSION),
    ],
)
def test_it_refuses_by_name(cell: str, outcome: Outcome) -> None:
    assert phone.check(cell) == (None, outcome)
    assert outcome.family == "rejected"


@each_case(
    ("cell", "outcome"),
    [
        ("+998901234567", Outcome.REPAIRED_FORMAT),
        ("+998 (90) 123-45-67", Outcome.REPAIRED_FORMAT),
        ("998\u00a090\u00a0123\u00a045\u00a067", Outcome.REPAIRED_FORMAT),
        ("'998901234567", Outcome.REPAIRED_FORMAT),
        ('="998901234567"', Outcome.REPAIRED_FORMAT),
        ("998901234567;", Outcome.REPAIRED_FORMAT),
        ("998,901,234,567", Outcome.REPAIRED_FORMAT),
        ("\u202a+998 90 123 45 67\u202c", Outcome.REPAIRED_FORMAT),
        ("+998–90–123–45–67", Outcome.REPAIRED_FORMAT),
        ("901234567", Outcome.REPAIRED_NATIONAL),
        ("90.123.45.67", Outcome.REPAIRED_NATIONAL),
        ("8 90 123 45 67", Outcome.REPAIRED_TRUNK_8),
        ("0901234567", Outcome.REPAIRED_TRUNK_0),
        ("+998 (0) 90 123 45 67", Outcome.REPAIRED_TRUNK_0),
        ("00998901234567", Outcome.REPAIRED_00),
        ("8 10 998 90 123 45 67", Outcome.REPAIRED_00),
        ("998901234567.0", Outcome.REPAIRED_FLOAT),
        ("901234567,00", Outcome.REPAIRED_FLOAT),
        ("998 901 234 567,00", Outcome.REPAIRED_FLOAT),
        ("998\u00a0901\u00a0234\u00a0567,0", Outcome.REPAIRED_FLOAT),
        ("998,901,234,567.00", Outcome.REPAIRED_FLOAT),
        ("[998] 90 123-45-67", Outcome.REPAIRED_FORMAT),
        ("№ 998901234567", Outcome.REPAIRED_FORMAT),
        ("9.98901234567E+11", Outcome.REPAIRED_FLOAT),
        ("9989O1234567", Outcome.REPAIRED_LETTERS),
        ("99890l234567", Outcome.REPAIRED_LETTERS),
        ("９９８９０１２３４５６７", Outcome.REPAIRED_DIGITS),
        ("٩٩٨٩٠١٢٣٤٥٦٧", Outcome.REPAIRED_DIGITS),
        ("tel: 90 123 45 67", Outcome.REPAIRED_LABEL),
        ("моб. +998901234567", Outcome.REPAIRED_LABEL),
        ("901234567 (тел)", Outcome.REPAIRED_LABEL),
    ],
)
def test_it_repairs_with_notice(cell: str, outcome: Outcome) -> None:
    assert phone.check(cell) == (GOOD, outcome)
    assert outcome.family == "repaired"


def test_a_bare_international_number_is_accepted_as_it_stands() -> None:
    assert phone.check("998901234567") == (GOOD, Outcome.AS_IS)


def test_every_five_digit_prefix_is_judged_as_phonenumbers_judges_it() -> None:
    mobile = {phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE}
    wrong = []
    for prefix in range(100_000):
        cell = f"998{prefix:05d}1234"
        reference = phonenumbers.PhoneNumber(country_code=998, national_number=int(cell[3:]))
        # A leading zero would need its own field there; no number of Uzbekistan has one.
        kind = phonenumbers.number_type(reference) if prefix >= 10_000 else phonenumbers.PhoneNumberType.UNKNOWN
        result = phone.check(cell).outcome
        if kind in mobile:
            expected = Outcome.AS_IS
        elif kind == phonenumbers.PhoneNumberType.UNKNOWN:
            expected = Outcome.UNASSIGNED_RANGE
        else:
            expected = Outcome.LANDLINE
        if result is not expected:
            wrong.append((cell, result, expected))
    assert not wrong


@settings(deadline=None)  # the first example compiles the metadata
@given(st.from_regex(r"\A(\+?998)?[ -]?\(?[0-9]{2}\)?[ -]?[0-9]{3}[ -]?[0-9]{2}[ -]?[0-9]{2}\Z"))
@example("008900000")
def test_it_agrees_with_phonenumbers_on_ordinary_writing(cell: str) -> None:
    try:
        reference = phonenumbers.parse(cell, "UZ")
    except phonenumbers.NumberParseException:  # 00 and a country that there is not
        assert phone.check(cell).number is None
        return
    mobile = phonenumbers.number_type(reference) in (
        phonenumbers.PhoneNumberType.MOBILE,
        phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE,
    )
    assert phone.check(cell).number == (int(f"998{reference.national_number}") if mobile else None)


@settings(deadline=None)  # the first example compiles the metadata
@given(st.text(alphabet="0123456789+-(). 9", max_size=20))
def test_what_it_accepts_is_a_valid_mobile_number(cell: str) -> None:
    number = phone.check(cell).number
    if number:
        assert phonenumbers.is_valid_number(phonenumbers.parse(f"+{number}", None))


@settings(deadline=None)  # the first example compiles the metadata
@given(st.text(max_size=40))
def test_any_text_gets_an_outcome_and_a_sentence(cell: str) -> None:
    number, outcome = phone.check(cell)
    assert (number is None) == (outcome.family == "rejected")
    assert "{" not in phone.message(outcome, "x", number)


def test_two_numbers_in_a_cell_come_apart_in_their_order() -> None:
    assert phone.split_numbers("tel: 901234567, 911234567") == ["901234567", "911234567"]
    assert phone.split_numbers("998901234567 998911234567") == ["998901234567", "998911234567"]
    assert phone.split_numbers("90 123 45 67 71 123 45 67 931234567") == ["90 123 45 67", "71 123 45 67", "931234567"]
    assert phone.split_numbers("901234567") == ["901234567"]


def test_every_outcome_has_a_sentence_that_names_the_cell_or_the_row() -> None:
    for outcome in OUTCOMES:
        sentence = phone.message(outcome, "CELL", GOOD, 7)
        assert "CELL" in sentence or str(GOOD) in sentence or "row" in sentence, outcome


def test_lost_digits_come_with_advice_for_the_spreadsheet() -> None:
    assert "Format Cells" in phone.message(Outcome.DIGITS_LOST, "9.98901E+11")


def test_a_long_cell_is_quoted_in_short() -> None:
    assert len(phone.message(Outcome.TOO_LONG, "9" * 5000)) < 200


def test_a_brace_in_a_cell_is_only_text() -> None:
    with using_language("uz"):
        assert "{number}" in phone.message(Outcome.NOT_A_NUMBER, "{number}")
