"""The body of a call and the dates of an answer."""

from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from getsms_core.base.reasons.gateway import SENTENCES as CODE_MESSAGES
from getsms_core.gateway import describe_code
from getsms_core.gateway.form import encode_form, quote_bytes
from getsms_core.gateway.response import parse_date
from tests.each_case import each_case

TASHKENT = ZoneInfo("Asia/Tashkent")


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_comes_out_of_the_form_as_it_went_in(text: str) -> None:
    assert parse_qs("data=" + quote_bytes(text.encode()).decode("ascii"), keep_blank_values=True)["data"] == [text]


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), st.text(max_size=9, alphabet="a&=+ %яў"))
def test_the_form_holds_json_as_text(text: str, password: str) -> None:
    fields = parse_qs(encode_form({"password": password}, [{"text": text}]).decode("ascii"), keep_blank_values=True)
    assert fields["password"] == [password]
    assert orjson.loads(fields["data"][0]) == [{"text": text}]


def test_half_a_character_is_refused_before_anything_is_sent() -> None:
    with pytest.raises(ValueError, match="surrogate"):
        encode_form({}, [{"text": "\ud83d"}])


@pytest.mark.parametrize(
    ("said", "instant_ms"),
    [
        ("2018-07-08 10:40:52", 1531028452000),
        ("2018-07-08T10:40:52+05:00", 1531028452000),
        ("1531028452", 1531028452000),
        ("", None),
        ("0000-00-00 00:00:00", None),
        ("soon", None),
    ],
)
def test_a_date_without_a_zone_is_taken_as_tashkent_time(said: str, instant_ms: int | None) -> None:
    assert parse_date(said, TASHKENT) == instant_ms


@each_case("code", sorted(CODE_MESSAGES))
def test_every_code_has_whole_sentences_for_people(code: str) -> None:
    sentence = describe_code(code, "HTTP 500")
    assert sentence[0].isupper()
    assert "{" not in sentence
    assert sentence.endswith((".", "?", "!")) or "HTTP 500" in sentence


def test_the_refused_ip_address_is_worded_with_what_to_do() -> None:
    assert describe_code("ip-not-registered", "HTTP 403") == (
        "The gateway refused this computer's IP address (HTTP 403). "
        "Ask GETSMS support to register it, then resume. "
        "The messages of this request were not sent; they are in the queue."
    )


def test_a_code_from_a_newer_version_is_shown_as_it_is() -> None:
    assert describe_code("brand-new", "some detail") == "brand-new: some detail"
