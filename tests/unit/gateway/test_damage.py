"""Answers that are broken inside: JSON, texts and ids."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from getsms_core.gateway import Accepted, Item, Missing
from getsms_core.gateway.damage import (
    canonical_id,
    clean_text,
    echo_matches,
    elements_of,
    parse_id,
    parse_json,
    recipient_digits,
)
from getsms_core.gateway.matching import match_verdicts
from tests.each_case import each_case

WHOLE = {"text": "Salom", "request_id": 7}


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b'[{"text": "Sal\xd0"}]', "Sal\ufffd"),
        (b'[{"text": "Sal\nom"}]', "Sal\nom"),
        (b'[{"text": "Sal\x00om"}]', "Sal\0om"),
        (b'[{"text": "Sal\\ud800"}]', "Sal\ud800"),
        (b'[{"text": "Sal\\\'om \\x"}]', "Sal'om x"),
        (b'\xef\xbb\xbf \r\n[{"text": "Salom"}]\x00\x00', "Salom"),
        (b'[{"text": "A \\\\ B\\n\xff"}]', "A \\ B\n\ufffd"),
    ],
)
def test_broken_json_is_read_as_far_as_it_can_be(body: bytes, text: str) -> None:
    assert parse_json(body) == [{"text": text}]


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>\x00\xff", b'[{"text": "Sal', b"[" * 100_000, b'["\\q",' + b"[" * 100_000, b"{]", b"\xff\xfe"],
    ids=lambda body: repr(body[:20]),
)
def test_what_is_not_json_is_said_to_be_none(body: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whatever its words
        parse_json(body)


def test_an_id_of_22_digits_keeps_its_digits() -> None:
    value = parse_json(b'[{"request_id": 1234567890123456789012, "message_id": 12}]')
    assert value == [{"request_id": "1234567890123456789012", "message_id": 12}]


@each_case(
    "value",
    ["None", "null", "NULL", " none ", "", "  ", -1, "-1", 1.5, "1.5", True, False, None, 0, "0", "000", [], {}, "nan",
     float("nan"), float("inf"), 1.2e22, "1e22", "7" * 101, "\0", "undefined", "Array"],
)  # fmt: skip
def test_what_is_not_an_id_is_not_taken_for_one(value: object) -> None:
    assert parse_id(value) == ""
    element = {"recipient": 998901234567, "text": "Salom", "request_id": value, "message_id": 1}
    assert match_verdicts([Item(998901234567, "Salom")], [element]) == ([Missing()], 0)


@pytest.mark.parametrize(
    ("value", "text"),
    [(7, "7"), ("007", "007"), ("7\0", "7"), (7.0, "7"), ("52480252.0", "52480252"), ("ab-7", "ab-7"), (" 7 ", "7"),
     ("1234567890123456789012", "1234567890123456789012")],
)  # fmt: skip
def test_an_id_is_kept_as_it_came(value: object, text: str) -> None:
    assert parse_id(value) == text


def test_ids_and_recipients_are_compared_without_leading_zeros() -> None:
    assert canonical_id("00052480252") == canonical_id("52480252")
    assert canonical_id("ab-0") == "ab-0"
    assert (
        recipient_digits("+998 90 123-45-67")
        == recipient_digits("00998901234567")
        == recipient_digits(998901234567)
        == "998901234567"
    )


@pytest.mark.parametrize(
    ("echo", "text", "fitting"),
    [
        ("Salom", "Salom", True),
        ("A &amp;amp; B", "A & B", True),
        ("Salom, do\ufffdst", "Salom, do‘st", True),
        ("Sal", "Salom dunyo", True),
        ("dunyo", "Salom dunyo", True),
        ("Салом", "Salom", False),
        ("Салом".encode().decode("latin-1"), "Салом", True),
        ("Xayr", "Salom", False),
        ("????", "Салом", False),
    ],
)
def test_a_damaged_text_fits_what_it_was(echo: str, text: str, fitting: bool) -> None:
    assert echo_matches(echo, text) is fitting


def test_two_elements_of_a_long_message_are_one_message() -> None:
    item = Item(998901234567, "Salom dunyo")
    halves = [{"recipient": item.phone, "text": text, "request_id": 7, "message_id": n}
              for n, text in enumerate(("Salom", "dunyo"), 1)]  # fmt: skip
    assert match_verdicts([item], halves) == ([Accepted("7", "1")], 1)


def test_an_object_with_numbers_for_keys_is_a_list() -> None:
    assert elements_of({"10": "c", "2": "b", "0": "a"}) == ["a", "b", "c"]
    assert elements_of({"0": 1, "error": 1}) is None
    assert elements_of({}) is None


@given(st.text(), st.integers(0, 50))
def test_a_cleaned_text_can_be_kept_by_both_databases(text: str, limit: int) -> None:
    cleaned = clean_text(text, limit)
    assert len(cleaned) <= limit
    assert "\0" not in cleaned
    cleaned.encode("utf-8")


@given(st.binary(max_size=300))
def test_no_bytes_raise_anything_but_a_value_error(body: bytes) -> None:
    with contextlib.suppress(ValueError):
        parse_json(body)
