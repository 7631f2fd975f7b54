"""The rows of the condition editor: what they mean, and that a condition comes back from them as it was."""

import pytest

from getsms_core.contacts.conditions import ConditionError, parse, to_text
from pages.ui.contacts.condition_rows import Group, Groups, Row, from_tree, pasted_values, to_tree
from tests.each_case import each_case


@each_case(
    "text",
    [
        "a = 1",
        "a = '' and b != ''",
        "a = 1 or b < 5 or c >= 31.12.2026",
        "a contains x and not b contains y and a starts z",
        "a = 1 and (b = 2 or c = 3)",
        "(a = 1 or b = 2) and (c = 3 or d = 4) and e = 5",
        "a = 1 and b = 2 or c = 3 and d = 4",
        "not (a = 1 and b = 2)",
        "a = 1 and not (b = 2 or c = 3)",
        "a birthday within 7 days or not b in (1, 2, 'x y')",
        "not a = 1",
    ],
)
def test_a_condition_comes_back_from_its_rows(text: str) -> None:
    tree = parse(text)
    groups = from_tree(tree)
    assert groups is not None
    again = to_tree(groups)
    assert again is not None
    assert to_text(again) == text


@pytest.mark.parametrize("text", ["a = 1 and (b = 2 or c = 3 and d = 4)", "not (a = 1 and not (b = 2 or c = 3))"])
def test_a_deeper_condition_is_left_to_the_text(text: str) -> None:
    assert from_tree(parse(text)) is None


def test_rows_without_a_value_count_for_nothing() -> None:
    rows = (Row("a", "is"), Row("b", "in", " ,;"), Row("c", "more", " "))
    assert to_tree(Groups((Group(rows),))) is None
    tree = to_tree(Groups((Group((*rows, Row("d", "empty"))), Group(rows))))
    assert tree == parse("d = ''")


def test_a_value_that_cannot_be_used_is_refused() -> None:
    for row in (Row("a", "more", "x"), Row("a", "birthday", "soon"), Row("a", "birthday", "900")):
        with pytest.raises(ConditionError):
            to_tree(Groups((Group((row,)),)))


def test_a_pasted_list_has_a_value_a_line_or_between_separators() -> None:
    assert pasted_values("a\r\n b \n\na") == ("a", "b")
    assert pasted_values("a\n\u200b\n\ufeffb\n\u00ad") == ("a", "\ufeffb"), "what shows nothing is no value"
    assert pasted_values("a, b; c\td") == ("a", "b", "c", "d")
    assert pasted_values("Toshkent, Chilonzor\nFargʻona") == ("Toshkent, Chilonzor", "Fargʻona")
