"""Which element of an answer speaks of which message."""

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from getsms_core.gateway import Accepted, Item, Missing, Rejected
from getsms_core.gateway.damage import parse_id
from getsms_core.gateway.matching import error_number, match_verdicts
from tests.each_case import each_case

A, B = Item(998901234567, "Salom"), Item(998901234568, "Salom")


def element(item: Item, message_id: object = 1, request_id: object = 7, **more: object) -> dict[str, Any]:
    return {"recipient": item.phone, "text": item.text, "message_id": message_id, "request_id": request_id, **more}


REFUSED = {"error": 1, "error_no": 300, "error_text": "is NOT a phone number"}

CASES = [
    ("in order", [A, B], [element(A, 1), element(B, 2)], [Accepted("7", "1"), Accepted("7", "2")], 0),
    ("out of order", [A, B], [element(B, 2), element(A, 1)], [Accepted("7", "1"), Accepted("7", "2")], 0),
    ("one is missing", [A, B], [element(B, 2)], [Missing(), Accepted("7", "2")], 0),
    ("recipient as text with a plus", [A], [element(A) | {"recipient": "+998 90 123-45-67"}], [Accepted("7", "1")], 0),
    ("ids as text", [A], [element(A, "m1", " 52480252 ")], [Accepted("52480252", "m1")], 0),
    ("trimmed and with other line ends", [Item(A.phone, " a\r\nb ")], [element(Item(A.phone, "a\nb"))],
     [Accepted("7", "1")], 0),
    ("another text is not this message", [A], [element(Item(A.phone, "Xayr"))], [Missing()], 1),
    ("no text: the recipient decides", [A], [{"recipient": A.phone, "request_id": 7}], [Accepted("7", "")], 0),
    ("no request id and no error", [A], [{"recipient": A.phone, "text": A.text}], [Missing()], 0),
    ("request id null", [A], [element(A, 1, None)], [Missing()], 0),
    ("refused number", [A, B], [element(A, **REFUSED), element(B, 2)],
     [Rejected(300, "is NOT a phone number"), Accepted("7", "2")], 0),
    ("refused number, its words under text", [A], [element(A, error=1, error_no="300") | {"text": "is NOT"}],
     [Rejected(300, "is NOT")], 0),
    ("error 103 on one of two", [A, B], [element(A, error=1, error_no=103, error_text="Limit is over"), element(B)],
     [Missing(103, "Limit is over"), Accepted("7", "1")], 0),
    ("one element answered twice counts once", [A, A], [element(A), element(A)], [Accepted("7", "1"), Missing()], 1),
    ("two messages alike, two ids", [A, A], [element(A, 1), element(A, 2)],
     [Accepted("7", "1"), Accepted("7", "2")], 0),
    ("foreign elements are counted", [A], [element(B), element(A), "oops", None], [Accepted("7", "1")], 3),
    ("taken and refused at once counts as taken", [A], [element(A, **REFUSED), element(A)], [Accepted("7", "1")], 1),
    ("no answer at all", [A, B], [], [Missing(), Missing()], 0),
]  # fmt: skip


@pytest.mark.parametrize(
    ("items", "elements", "verdicts", "foreign"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
def test_an_element_is_matched(items: list[Item], elements: list[Any], verdicts: list[Any], foreign: int) -> None:
    assert match_verdicts(items, elements) == (verdicts, foreign)


@each_case(
    ("value", "number"),
    [({}, None), ({"error": 0}, None), ({"error": "0"}, None), ({"error": False}, None), ({"error": 1}, 0),
     ({"error": 1, "error_no": 101}, 101), ({"error": "1", "error_no": "101"}, 101), ({"error_no": 101}, 101),
     ({"error": 1, "error_no": "many"}, 0), ({"error": 0, "error_no": 0}, None),
     ({"error": True, "error_no": 101.0}, 101), ({"error": None, "error_no": 101}, 101),
     ({"error": 0, "error_no": 101}, 0), ({"error": "0", "error_no": "200"}, 0), ({"error": False, "error_no": 300}, 0),
     ({"error": 0, "error_no": "0"}, None), ({"error": 0, "error_no": ""}, None)],
)  # fmt: skip
def test_an_error_number_is_read_as_number_or_text(value: dict[str, object], number: int | None) -> None:
    assert error_number(value) == number


@pytest.mark.parametrize(
    ("value", "text"), [(1, "1"), ("1", "1"), (1.0, "1"), (None, ""), (0, ""), (True, ""), ([1], "")]
)
def test_an_id_is_compared_as_text(value: object, text: str) -> None:
    assert parse_id(value) == text


items_ = st.lists(
    st.builds(Item, st.integers(998900000000, 998900000003), st.sampled_from(["Salom", "Xayr", "a\nb", "Ж"])),
    min_size=1, max_size=30,
)  # fmt: skip


@given(items=items_, seed=st.integers())
def test_a_shuffled_answer_with_repeats_and_foreign_elements_gives_every_message_its_own_id(
    items: list[Item], seed: int
) -> None:
    dice = random.Random(seed)
    elements = [element(item, number) for number, item in enumerate(items, 1)]
    answer = elements + dice.choices(elements, k=5) + [element(Item(998777777777, "x"), 99)] * 3
    dice.shuffle(answer)
    verdicts, foreign = match_verdicts(items, answer)
    assert foreign == 8
    for item, verdict in zip(items, verdicts, strict=True):
        assert isinstance(verdict, Accepted)
        assert elements[int(verdict.message_id) - 1]["recipient"] == item.phone
        assert elements[int(verdict.message_id) - 1]["text"] == item.text
    assert len(set(verdicts)) == len(items)


@given(items=items_, seed=st.integers(), keep=st.integers(0, 30))
def test_a_short_answer_leaves_exactly_the_rest_missing(items: list[Item], seed: int, keep: int) -> None:
    elements = [element(item, number) for number, item in enumerate(items, 1)]
    random.Random(seed).shuffle(elements)
    verdicts, foreign = match_verdicts(items, elements[:keep])
    assert sum(isinstance(verdict, Accepted) for verdict in verdicts) == min(keep, len(items))
    assert verdicts.count(Missing()) == len(items) - min(keep, len(items))
    assert foreign == 0


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["recipient", "text", "request_id", "error", "error_no"]), inner, max_size=5)
    ),
    max_leaves=8,
)


@given(items=items_, answer=st.lists(json_like, max_size=8))
def test_no_answer_whatever_raises_or_accepts_more_than_it_names(items: list[Item], answer: list[object]) -> None:
    verdicts, foreign = match_verdicts(items, answer)
    assert len(verdicts) == len(items)
    assert sum(isinstance(verdict, Accepted) for verdict in verdicts) + foreign <= len(answer)
