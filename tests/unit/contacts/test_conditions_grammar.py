"""The text of a condition: what it means, and how each mistake is named with its place."""

import json
import time

import pytest

from getsms_core.base import reasons
from getsms_core.base.i18n import using_language
from getsms_core.contacts.conditions import (
    All,
    Any,
    Birthday,
    Columns,
    Compare,
    ConditionError,
    In,
    Not,
    Operator,
    from_json,
    parse,
    to_json,
    to_text,
)
from tests.each_case import each_case

COLUMNS = Columns(["Ism", "Shahar", "Yosh", "Summa", "Tugʻilgan kun", "ISM familiya", "in", "Sana", "sana"])


def compare(column: str, operator: str, value: str) -> Compare:
    return Compare(column, Operator(operator), value)


@each_case(
    ("text", "tree"),
    [
        ("Shahar = Toshkent", compare("Shahar", "=", "Toshkent")),
        ("Shahar=Toshkent", compare("Shahar", "=", "Toshkent")),
        ("Shahar = Farg'ona", compare("Shahar", "=", "Farg'ona")),
        ("Shahar = 'Farg''ona shahri'", compare("Shahar", "=", "Farg'ona shahri")),
        ("Shahar = ''", compare("Shahar", "=", "")),
        ("Shahar = ''''", compare("Shahar", "=", "'")),
        ("Shahar is not Toshkent", compare("Shahar", "!=", "Toshkent")),
        ("Shahar IS EMPTY", compare("Shahar", "=", "")),
        ("Shahar is not empty", compare("Shahar", "!=", "")),
        ("Shahar = empty", compare("Shahar", "=", "empty")),
        ("Yosh>=25", compare("Yosh", ">=", "25")),
        ("Yosh ≥ 25", compare("Yosh", ">=", "25")),
        ("Yosh <> 25", compare("Yosh", "!=", "25")),
        ("Summa < '500 000'", compare("Summa", "<", "500 000")),
        ("Sana >= 31.12.2026", compare("Sana", ">=", "31.12.2026")),
        ("Sana < 2026-12-31", compare("Sana", "<", "2026-12-31")),
        ("Ism contains ali", compare("Ism", "contains", "ali")),
        ("Ism not contains ali", Not(compare("Ism", "contains", "ali"))),
        ("Ism STARTS ali", compare("Ism", "starts", "ali")),
        ("Ism starts with ali", compare("Ism", "starts", "ali")),
        ("Ism starts with", compare("Ism", "starts", "with")),
        ("Ism starts with with", compare("Ism", "starts", "with")),
        ("Ism in (a, 'b c', d,)", In("Ism", ("a", "b c", "d"))),
        ("Ism not in (a)", Not(In("Ism", ("a",)))),
        ("in in (in, is)", In("in", ("in", "is"))),
        ("\"tug'ilgan KUN\" birthday within 7 days", Birthday("Tugʻilgan kun", 7)),
        ("\"Tug`ilgan kun\" Birthday Within 1 day", Birthday("Tugʻilgan kun", 1)),
        ("\"Tug‘ilgan\u00a0kun\" birthday within 0", Birthday("Tugʻilgan kun", 0)),
        ("yosh = 1\n\tAND\u00a0yosh = 2", All((compare("Yosh", "=", "1"), compare("Yosh", "=", "2")))),
    ],
)  # fmt: skip
def test_a_text_means_this_tree(text: str, tree: object) -> None:
    assert parse(text, COLUMNS) == tree


def test_not_binds_tighter_than_and_and_and_tighter_than_or() -> None:
    a, b, c = (compare("Ism", "=", name) for name in "abc")
    assert parse("Ism = a or Ism = b and not Ism = c") == Any((a, All((b, Not(c)))))
    assert parse("(Ism = a or Ism = b) and Ism = c") == All((Any((a, b)), c))
    assert parse("not (Ism = a and Ism = b)") == Not(All((a, b)))
    assert parse("Ism = a and (Ism = b and Ism = c)") == All((a, b, c))


@each_case(
    ("text", "position", "words"),
    [
        ("", 1, "expected a column"),
        ("   ", 4, "expected a column"),
        ("Ism", 4, "expected an operator"),
        ("Ism =", 6, "expected a value"),
        ("Ism = and", 7, "'single quotes'"),
        ("Ism = Ali Vali", 11, "'single quotes'"),
        ("Ism familiya = x", 5, '"double quotes"'),
        ("'Ism' = x", 1, '"double quotes"'),
        ('Ism = "x"', 7, "'single quotes'"),
        ("Ism = 'x", 7, "not closed"),
        ('"Ism = x', 1, "not closed"),
        ("Ism = “Ali”", 7, "'single quotes'"),
        ("Ism = ‘Ali’", 7, "'single quotes'"),
        ("(Ism = x", 9, "“)”"),
        ("Ism = x)", 8, "not opened"),
        ("()", 2, "expected a column"),
        ("Ism = x or", 11, "expected a column"),
        ("Ism = x or and Ism = y", 12, "expected a column"),
        ("Summa > 1,5", 10, "with a comma"),
        ("Summa > abc", 9, "neither a number"),
        ("Summa > ''", 9, "neither a number"),
        ("Summa > 31.02.2026", 9, "neither a number"),
        ("Summa > 500.000", 9, "500000 or 500.000"),
        ("Summa > '1,234'", 9, "1234 or 1.234"),
        ("Ism in ()", 9, "expected a value"),
        ("Ism in a", 8, "expected"),
        ("Ism in (a b)", 11, "list of values"),
        ("Ism in (a, 'b' c)", 16, "list of values"),
        ("Ism in (a", 10, "the text ends"),
        ("Ism in (a,", 11, "the text ends"),
        ("Ism in (a, 'b", 12, "not closed"),
        ("Ism in (a, “b”)", 12, "'single quotes'"),
        ('Ism in (a, "b")', 12, "expected a value"),
        ("Ism in (,)", 9, "expected a value"),
        ("Ism in (a,,b)", 11, "expected a value"),
        ("Ism contains ''", 14, "every cell"),
        ("Ism contains '\u200b'", 14, "every cell"),
        ("Ism starts ' '", 12, "every cell"),
        ("Ism birthday within x", 21, "number of days"),
        ("Ism birthday within 1000", 21, "number of days"),
        ("Ism birthday within 367", 21, "0 to 366"),
        ("Yosh = 1 and Ism ! x", 18, "expected an operator"),
        ("a\0 = 1", 2, "NUL"),
        ("Ism = 'a\ud800'", 9, "damaged"),
        ("Ism = x; drop", 10, "expected and"),
        ("Foo = 1", 1, "no column “Foo”"),
        ("Yosh = 1 and not (\"Foo\" = 1)", 19, "no column “Foo”"),
        ("SANA = 1", 1, "several columns"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_place_and_the_columns(text: str, position: int, words: str) -> None:
    with pytest.raises(ConditionError) as refused:
        parse(text, COLUMNS)
    assert refused.value.position == position
    assert f"character {position}:" in refused.value.message
    assert words in refused.value.message
    assert "The columns are: Ism, Shahar, Yosh" in refused.value.message
    assert "\n" not in refused.value.message
    assert len(refused.value.message) < 600


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("(" * 10_000 + "Ism = x" + ")" * 10_000, 101),
        ("not " * 10_000 + "Ism = x", 401),
        ("not (" * 10_000, 251),
        (" and ".join(["Ism = x"] * 100_000), 200 * 12 + 5),
        (f"Ism in ({','.join('x' * 300_000)})", 10 + 2 * 200_000),
        ("Ism = 'x" + " " * 1_000_000, 7),
        ("x" * 5_000_000, 4_000_001),
        ("'" * 1_000_001, 1),
        (")" * 1_000_000, 1),
        ("Ism" + " is" * 300_000, 11),
    ],
    ids=["parentheses", "nots", "both", "conditions", "values", "open quote", "one word", "quotes", "closing", "is"],
)
def test_a_hostile_text_is_refused_with_its_place_in_bounded_time(text: str, position: int) -> None:
    began = time.process_time()
    with pytest.raises(ConditionError) as refused:
        parse(text, COLUMNS)
    assert refused.value.position == position
    assert time.process_time() - began < 3


def test_a_hundred_groups_and_a_list_of_a_hundred_thousand_values_are_read() -> None:
    deep = parse("(" * 100 + "Ism = x" + ")" * 100)
    assert deep == compare("Ism", "=", "x")
    nested = "Ism = x"
    for n in range(50):
        nested = f"not (Ism = {n} and {nested})"
    assert parse(to_text(parse(nested))) == parse(nested)
    assert from_json(to_json(parse(nested))) == parse(nested)
    numbers = tuple(str(998900000000 + n) for n in range(100_000))
    assert parse(f"Ism in ({', '.join(numbers)})") == In("Ism", numbers)


def test_a_name_is_looked_up_exactly_before_it_is_looked_up_loosely() -> None:
    columns = Columns(["Sana", "sana", "Ғишт\u200b", "Cafe\u0301", " Oʻlcham  (sm) "])
    assert columns.find("sana") == "sana"
    assert columns.find("ғишт") == "Ғишт\u200b"
    assert columns.find("café") == "Cafe\u0301"
    assert columns.find("o'lcham (sm)") == " Oʻlcham  (sm) "
    with pytest.raises(ConditionError, match="several columns: Sana, sana") as refused:
        columns.find("SANA")
    assert refused.value.code == "ambiguous-column"


@each_case(
    "text",
    [
        "", "null", "[]", "5", '"x"', "{}", '{"all": []}', '{"all": 5}', '{"column": "a"}', '{"not": null}',
        '{"column": "a", "operator": "like", "value": "x"}', '{"column": "a", "operator": "<", "value": "x"}',
        '{"column": "a", "operator": "=", "value": 5}', '{"column": "a", "in": []}', '{"column": "a", "in": "ab"}',
        '{"column": "a", "birthday_within": true}', '{"column": "a", "birthday_within": -1}',
        '{"column": "a\\u0000", "operator": "=", "value": ""}', '{"column": "\\ud800", "operator": "=", "value": ""}',
        '{"not": ' * 300 + '{"column": "a", "in": ["x"]}' + "}" * 300, "[" * 100_000,
    ],
)  # fmt: skip
def test_anything_else_than_a_stored_tree_is_refused(text: str) -> None:
    with pytest.raises(ConditionError):
        from_json(text)


def test_an_error_is_stored_as_facts_and_worded_in_the_language_of_its_reader() -> None:
    columns = Columns(["ism", "summa", *(f"c{number}" for number in range(120))])
    for text, russian in [
        ("summa >", "Ошибка в условии, символ 8: ожидалось значение, но текст кончается."),
        ("yosh = 5", "Ошибка в условии, символ 1:"),
    ]:
        with pytest.raises(ConditionError) as refused:
            parse(text, columns)
        stored = json.loads(json.dumps(reasons.stored(refused.value.reason)))
        with using_language("ru"):
            assert refused.value.message.startswith(russian)
            assert reasons.worded(stored) == refused.value.message
        assert refused.value.message.endswith("c97 … and 22 more.")
