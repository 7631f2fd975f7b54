"""The practice gateway's pure parts: faults, dice, fates, forms."""

from urllib.parse import urlencode

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from getsms_core.gateway.form import encode_form
from getsms_core.sandbox.delivery import FIXED_FATES, RANGE_PROFILES, fate, gateway_date, status_at
from getsms_core.sandbox.faults import FAULTS, Dice, is_known_fault, parse_faults, validate_faults
from getsms_core.sandbox.form import parse_fields
from tests.each_case import each_case

WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


def test_faults_are_read_with_their_probabilities() -> None:
    text = "reset-after:0.02, http-500-before:0.01,403:0.1,error-103,status-drip:0.5,status-403:0.2"
    with pytest.raises(ValueError, match="more than 1"):
        parse_faults(text)
    assert parse_faults(text.replace("error-103", "error-103:0.1")) == {
        "reset-after": 0.02,
        "http-500-before": 0.01,
        "http-403": 0.1,
        "error-103": 0.1,
        "status-drip": 0.5,
        "status-http-403": 0.2,
    }
    assert parse_faults("") == {}


@pytest.mark.parametrize(
    "text", ["reset", "reset-after:often", "drip:1.5", "drip:-1", "http-500-later", "error-1", "drip:nan"]
)
def test_a_fault_that_cannot_be_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"fault|probability"):
        parse_faults(text)


def test_every_fault_that_is_listed_is_known_for_both_calls() -> None:
    assert all(is_known_fault(name) and is_known_fault(f"status-{name}") for name in FAULTS)


def test_the_dice_fall_the_same_for_the_same_seed_and_as_often_as_asked() -> None:
    faults = validate_faults({"drip": 0.1, "html": 0.3, "status-html": 1.0})
    first, second = ([dice.fault(faults, status=False) for _ in range(4000)] for dice in (Dice(5), Dice(5)))
    assert first == second
    assert 300 < first.count("drip") < 500
    assert 1000 < first.count("html") < 1400
    assert Dice(1).fault(faults, status=True) == "html"


def test_what_becomes_of_a_message_depends_on_seed_number_and_text_alone() -> None:
    assert fate("998901234567", "Salom", 1) == fate("998901234567", "Salom", 1)
    fates = {fate("998901234567", f"Salom {n}", seed) for n in range(50) for seed in (1, 2)}
    assert len(fates) == 100


@each_case("digits", sorted(RANGE_PROFILES))
def test_each_number_range_fails_as_often_as_it_says(digits: str) -> None:
    words = [fate(f"998{digits}{number:07}", "Salom", 3).word for number in range(4000)]
    its = RANGE_PROFILES[digits]
    for word, share in (("undelivered", its.undelivered), ("expired", its.expired)):
        assert words.count(word) / 4000 == pytest.approx(share, abs=0.015)


def test_a_message_goes_from_accepted_to_sent_to_delivered() -> None:
    text = next(f"Salom {n}" for n in range(99) if fate("998901234567", f"Salom {n}", 1).word == "delivered")
    its = fate("998901234567", text, 1)
    assert its.done is not None

    def at(seconds: float, speed: float = 1.0) -> tuple[str, bool, bool]:
        sentence = status_at("998901234567", text, 1, speed, 1531028400000, 1531028400000 + round(seconds * 1000))
        return sentence.status, bool(sentence.date_sent), bool(sentence.date_delivered)

    assert at(0) == ("accepted", False, False)
    assert at((its.sent + its.done) / 2) == ("sent", True, False)
    assert at(its.done + 1) == ("delivered", True, True)
    assert at(its.done / 10 + 1, speed=10) == ("delivered", True, True)
    assert at(0, speed=0) == ("delivered", True, True)


def test_dates_are_written_in_tashkent_time() -> None:
    assert gateway_date(1531028452000) == "2018-07-08 10:40:52"


def test_magic_numbers_are_valid_mobiles_that_no_real_list_holds_by_chance() -> None:
    assert all(998900000000 < number < 998900000100 for number in FIXED_FATES)
    assert len(set(FIXED_FATES.values())) == len(FIXED_FATES)


@given(st.dictionaries(WORDS, WORDS, max_size=5))
def test_any_form_is_read_as_it_was_written(pairs: dict[str, str]) -> None:
    for body in (urlencode(pairs), urlencode(pairs, quote_via=lambda text, *_: _lower(text))):
        assert parse_fields(body.encode(), json=False) == (pairs or {"": ""})


def _lower(text: str) -> str:
    """Every byte escaped, in small letters."""
    return "".join(f"%{byte:02x}" for byte in text.encode())


@given(
    st.lists(
        st.fixed_dictionaries({"text": st.text(st.characters(exclude_categories=["Cs"]), max_size=200)}),
        min_size=1,
        max_size=5,
    )
)
def test_the_client_s_form_is_read_as_it_was_written(data: list[dict[str, str]]) -> None:
    body = encode_form({"login": "a&b", "password": "=%"}, data)
    fields = parse_fields(body, json=False)
    assert (fields["login"], fields["password"]) == ("a&b", "=%")
    assert orjson.loads(str(fields["data"])) == data


def test_a_json_body_is_read_whatever_its_label() -> None:
    assert parse_fields(b' {"login": "a", "data": [1]}', json=False) == {"login": "a", "data": [1]}
    assert parse_fields(b"[1]", json=True) == {}
    assert parse_fields(b"{", json=True) == {}
