"""The words of receipts as codes: what is known, what is kept as it is, and what says nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from getsms_core.base.failure_reasons import (
    LOST,
    MAX_LENGTH,
    WORDS,
    code_of,
    code_shown,
    in_words,
    remark_in_words,
    stored_code,
)
from getsms_core.base.i18n import using_language
from getsms_core.base.states import status_in_words
from tests.each_case import each_case


@each_case(
    ("words", "code"),
    [
        ("Absent subscriber", "absent-subscriber"),
        ("AbsentSubscriber", "absent-subscriber"),
        ("ABSENT_SUBSCRIBER (27)", "absent-subscriber"),
        ("Абонент недоступен", "absent-subscriber"),
        ("Validity period is over", "validity-over"),
        ("is NOT a phone number", "not-a-phone-number"),
        ("Subscriber is blocked", "blocked"),
        ("Unblocked route, HLR timeout", "Unblocked route, HLR timeout"),  # a word inside another word is not the word
        ("HLR  timeout\n17", "HLR timeout 17"),
        ("No answer from 998901234567", "No answer from …"),
        ("OK", ""),
        ("UNDELIV", ""),
        ("Не доставлено", ""),
        ("", ""),
    ],
)
def test_known_words_have_a_code_and_unknown_ones_are_kept(words: str, code: str) -> None:
    assert code_of(words) == code


def test_every_code_has_a_sentence_in_each_language_that_is_not_a_state() -> None:
    for code in WORDS:
        sentences = []
        for language in ("en", "uz", "ru"):
            with using_language(language):
                sentences.append(in_words(code))
        assert all(sentences), code
        assert not {sentence.casefold() for sentence in sentences} & {state.value for state in LOST}


@given(st.text(max_size=400))
def test_a_stored_reason_has_one_code_however_often_it_is_read(words: str) -> None:
    code = code_of(words)
    assert len(code) <= MAX_LENGTH
    assert stored_code(code) == code


def test_a_missing_reason_is_named_by_what_became_of_the_message() -> None:
    assert code_shown("", "undelivered") == "not-stated"
    assert code_shown("", "cancelled") == "campaign-cancelled"
    assert code_shown("blocked", "cancelled") == "blocked"


@pytest.mark.parametrize(
    ("description", "shown"),
    [
        ("Absent Subscriber", "Телефон был выключен или вне зоны действия сети."),
        ("delivered", ""),
        ("Odd words of a gateway", "Odd words of a gateway"),
    ],
)
def test_the_words_of_a_receipt_are_shown_in_the_language_of_the_reader(description: str, shown: str) -> None:
    with using_language("ru"):
        assert remark_in_words(description) == shown


def test_a_status_of_the_gateway_is_shown_as_our_state_and_an_unknown_one_as_it_is() -> None:
    with using_language("ru"):
        assert [status_in_words(word) for word in ("DELIVRD", "undeliverable", "odd")] == [
            "Доставлено",
            "Не доставлено",
            "odd",
        ]
