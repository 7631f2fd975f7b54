"""Which rows a condition chooses: examples a person would expect, then random trees against a row-by-row evaluator."""

import re
import unicodedata
from datetime import date, timedelta
from typing import Any as AnyValue

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from getsms_core.contacts.conditions import (
    All,
    Any,
    Birthday,
    Columns,
    Compare,
    Condition,
    ConditionError,
    In,
    Not,
    Operator,
    PhoneColumn,
    Unreadable,
    all_of,
    any_of,
    evaluate,
    from_json,
    parse,
    to_json,
    to_text,
)
from tests.each_case import each_case
from tests.effort import times

TODAY = date(2026, 11, 29)


def chosen(text: str, *cells: str | None, today: date = TODAY) -> list[str | None]:
    """The cells of a column "a" that a condition chooses."""
    table = pa.table({"a": pa.array(cells, pa.string())})
    mask = evaluate(parse(text), table, today=today).mask
    return [cell for cell, taken in zip(cells, mask, strict=True) if taken]


def test_equality_ignores_case_outer_spaces_and_the_kind_of_apostrophe_space_and_letter() -> None:
    same = ["Fargʻona", "FARG'ONA", " farg‘ona ", "Farg`ona", "Fargʼona\u00a0", "\u200bFarg’ona", "Farg´ona"]
    other = ["Fargona", "Farg'ona shahri", "", None, "Фарғона"]
    assert chosen("a = Farg'ona", *same, *other) == same
    assert chosen("a != Fargʻona", *same, *other) == other
    assert chosen("a = 'Café'", "Cafe\u0301", "café", "cafe") == ["Cafe\u0301", "café"]
    assert chosen("a = 'Toshkent sh.'", "Toshkent\u00a0sh.", "toshkent sh.", "Toshkent  sh.") == [
        "Toshkent\u00a0sh.", "toshkent sh."
    ]  # fmt: skip
    assert chosen("a = елка", "ёлка", "Елка", "ЕЛКА") == ["Елка", "ЕЛКА"]


def test_an_empty_value_means_an_empty_cell() -> None:
    cells = ["", None, "  ", "\u00a0\u200b", "x", "-"]
    assert chosen("a = ''", *cells) == cells[:4]
    assert chosen("a is empty", *cells) == cells[:4]
    assert chosen("a != ''", *cells) == cells[4:]
    assert chosen("a in ('', x)", *cells) == cells[:5]


def test_contains_and_starts_compare_the_same_way() -> None:
    cells = ["Alisher Oʻktamov", " o'ktam", "OʻKTAM", "Ali", None]
    assert chosen("a contains o'ktam", *cells) == cells[:3]
    assert chosen("a starts O'k", *cells) == cells[1:3]
    assert chosen("a contains ' o''k'", *cells) == cells[:1]
    assert chosen("a not contains ali", *cells) == [" o'ktam", "OʻKTAM", None]


@each_case(
    ("cell", "value"),
    [
        ("500000", 500000), ("500 000", 500000), ("500\u00a0000", 500000), ("500'000", 500000), ("500’000", 500000),
        ("1 234,5", 1234.5), ("1 234.5", 1234.5), ("1,234.5", 1234.5), ("1.234,5", 1234.5), ("1,234,567", 1234567),
        ("1.234.567", 1234567), ("12,5", 12.5), ("12.5", 12.5), ("0.125", 0.125), ("0,125", 0.125),
        ("1234.567", 1234.567),
        ("-5", -5), ("−5", -5), ("+7", 7), ("007", 7), ("25.0", 25), ("150 000 so'm", 150000), ("150000 сум", 150000),
        ("15%", 15), ("12,5 %", 12.5),
        ("150 000 soʻm.", 150000), ("95,50 UZS", 95.5), (" 7 ", 7), ("123456789012345", 123456789012345),
    ],
)  # fmt: skip
def test_a_cell_is_this_number(cell: str, value: float) -> None:
    exact = np.format_float_positional(value, trim="-")
    exact = exact + "0" if re.fullmatch(r"-?\d{1,3}\.\d{3}", exact) else exact
    assert chosen(f"a >= {exact} and a <= {exact}", cell) == [cell]


@each_case(
    "cell",
    ["500.000", "1,234", "500.000 so'm", "1,23,456", "1 23", "12 34 56", "1e5", "5E+05", "inf", "nan", "NaN", "0x10",
     "1234567890123456", "8600 1234 5678 9012", "abc", "5 kg", "٣", "1_000", "--5", "5-", ".", "so'm",
     "31.12.2026", "90/111", "1 234 567 890 123 456"],
)  # fmt: skip
def test_a_cell_that_is_not_a_number_never_matches_a_comparison_of_numbers(cell: str) -> None:
    table = pa.table({"a": [cell]})
    selection = evaluate(parse("a < 0 or a >= 0"), table, today=TODAY)
    assert not selection.mask.any()
    assert selection.unreadable == (Unreadable("a", "number", 1),)
    assert chosen("not (a < 0 or a >= 0)", cell) == [cell]


def test_empty_cells_are_not_counted_as_unreadable() -> None:
    table = pa.table(
        {"a": ["5", "", None, "abc", " ", "abc", "1.500"], "b": ["31.12.2026", "x", "", "31.02.2026"] + [""] * 3}
    )
    selection = evaluate(parse("a > 1 and a < 7 and (b >= 2026-01-01 or b birthday within 5)"), table, today=TODAY)
    assert selection.unreadable == (Unreadable("a", "number", 3), Unreadable("b", "date", 2))


def test_equality_compares_numbers_as_numbers_and_identifiers_as_text() -> None:
    cells = ["25", "25.0", "25,00", " 25 ", "025", "25 yosh", "+25"]
    assert chosen("a = 25", *cells) == ["25", "25.0", "25,00", " 25 ", "+25"]
    assert chosen("a = 025", *cells) == ["025"]
    assert chosen("a in (25, '25 yosh')", *cells) == [cell for cell in cells if cell != "025"]
    assert chosen("a = 500000", "500 000", "500000", "500.000", "500 000 so'm") == ["500 000", "500000", "500 000 so'm"]
    assert chosen("a = '500.000'", "500.000", "500000", "500") == ["500.000"]
    assert chosen("a = 8600123456789012", "8600123456789012", "8600123456789013") == ["8600123456789012"]
    assert chosen("a = 0", "0", "-0", "0.00", "", "00") == ["0", "-0", "0.00"]


@each_case(
    "cell",
    ["31.12.2026", "2026-12-31", "31/12/2026", "31-12-2026", "2026/12/31", "2026.12.31", "31.12.2026 18:30",
     "2026-12-31 00:00:00", "2026-12-31T18:30:00Z", "2026-12-31T18:30:00.000+05:00", " 31.12.2026 ", "31.12.2026, 9:05",
     "31.12.2026.", "31.12.2026 06:30 PM"],
)  # fmt: skip
def test_a_cell_is_this_day(cell: str) -> None:
    assert chosen("a >= 31.12.2026 and a <= 2026-12-31", cell) == [cell]
    assert chosen("a = 31/12/2026", cell) == [cell]
    assert chosen("a > 31.12.2026 or a < 31.12.2026 or a != 31.12.2026", cell) == []


@pytest.mark.parametrize(
    "cell", ["12/31/2026", "31.02.2026", "29.02.2026", "31.12.26", "31.12", "46387", "2026", "0.0.0000"]
)
def test_a_cell_that_is_not_a_date_never_matches_a_comparison_of_dates(cell: str) -> None:
    assert chosen("a < 01.01.2000 or a >= 01.01.2000", cell) == []


def test_days_of_one_digit_and_leap_days_are_read() -> None:
    assert chosen("a = 2024-02-29", "29.2.2024", "29.02.2024", "2024-2-29", "01.03.2024") == [
        "29.2.2024", "29.02.2024", "2024-2-29"
    ]  # fmt: skip


def test_a_birthday_is_looked_for_from_today_on_and_over_new_year() -> None:
    cells = ["29.11.1990", "1985-12-05", "06/12/2001", "07.12.1990", "28.11.1990", "05.12", "05.12.85", "x", "", None]
    assert chosen("a birthday within 6 days", *cells) == ["29.11.1990", "1985-12-05", "05.12", "05.12.85"]
    assert chosen("a birthday within 0 days", *cells) == ["29.11.1990"]
    over = ["31.12.1990", "01.01.1990", "02.01.1990", "30.12.1990", "03.01.1990"]
    assert chosen("a birthday within 3 days", *over, today=date(2026, 12, 30)) == over[:4]
    assert chosen("a birthday within 366 days", *over) == over


def test_a_birthday_on_29_february_is_on_28_february_in_a_year_without_one() -> None:
    cells = ["29.02.2000", "28.02.1990", "01.03.1990"]
    assert chosen("a birthday within 0", *cells, today=date(2027, 2, 28)) == ["29.02.2000", "28.02.1990"]
    assert chosen("a birthday within 0", *cells, today=date(2027, 3, 1)) == ["01.03.1990"]
    assert chosen("a birthday within 0", *cells, today=date(2028, 2, 28)) == ["28.02.1990"]
    assert chosen("a birthday within 0", *cells, today=date(2028, 2, 29)) == ["29.02.2000"]
    assert chosen("a birthday within 365", *cells, today=date(2027, 3, 1)) == cells
    assert chosen("a birthday within 5", *cells, today=date(2028, 2, 26)) == cells


def test_conditions_on_the_phone_column_compare_numbers_however_written() -> None:
    cells = ["90 123-45-67", "+998901234568", "998911234567", "12", ""]
    table = pa.table({"Telefon": cells})
    phones = PhoneColumn("Telefon", np.array([998901234567, 998901234568, 998911234567, 0, 0]))

    def rows(text: str) -> list[bool]:
        return evaluate(parse(text), table, today=TODAY, phones=phones).mask.tolist()  # type: ignore[no-any-return]

    assert rows("Telefon = 901234567") == [True, False, False, False, False]
    assert rows("Telefon in ('+998 (90) 123-45-68', 998911234567, abc)") == [False, True, True, False, False]
    assert rows("Telefon != 901234567") == [False, True, True, True, True]
    assert rows("Telefon starts 90") == [True, True, False, False, False]
    assert rows("Telefon starts +99891") == [False, False, True, False, False]
    assert rows("Telefon contains '123-45-68'") == [False, True, False, False, False]


def test_an_unknown_column_is_refused_before_anything_is_read() -> None:
    with pytest.raises(ConditionError, match="no column “b”"):
        evaluate(parse("a = 1 or b = 2"), pa.table({"a": ["1"]}), today=TODAY)


def test_an_empty_list_and_a_list_in_blocks_are_evaluated() -> None:
    empty = pa.table({"a": pa.array([], pa.string())})
    assert evaluate(parse("a = 1 or a > 5 or a birthday within 5"), empty, today=TODAY).rows == 0
    blocks = pa.concat_tables([pa.table({"a": ["x", None]}), pa.table({"a": ["X"]}), empty])
    assert evaluate(parse("a = x"), blocks, today=TODAY).mask.tolist() == [True, False, True]


# ------------------------------------------------------------------------ random tables and trees, one row at a time


def naive_key(text: str | None) -> str:
    text = unicodedata.normalize("NFC", text or "")
    text = re.sub("[’‘ʻʼ`´]", "'", text).replace("\u200b", "").replace("\u00a0", " ")
    return text.lower().strip()


def naive_number(text: str) -> float | None:
    text = re.sub(r"\s*(so'm|sum|сум)$", "", text)
    if re.fullmatch(r"[+-]?[1-9]\d{0,2}[.,]\d{3}", text):
        return None
    for mark in " ',.":
        other = "[.,]" if mark in " '" else {",": r"\.", ".": ","}[mark]
        if match := re.fullmatch(rf"([+-]?[1-9]\d{{0,2}}(?:{re.escape(mark)}\d{{3}})+)(?:{other}(\d+))?", text):
            text = match[1].replace(mark, "") + "." + (match[2] or "0")
            break
    text = text.replace(",", ".")
    if not re.fullmatch(r"[+-]?\d+(\.\d+)?", text) or len(text.lstrip("+-").split(".")[0]) > 15:
        return None
    return float(text)


def naive_date(text: str) -> date | None:
    text = re.sub(r" \d\d:\d\d(:\d\d)?$", "", text)
    for pattern, order in (
        (r"(\d{1,2})([./-])(\d{1,2})\2(\d{4})", (4, 3, 1)), (r"(\d{4})([./-])(\d{1,2})\2(\d{1,2})", (1, 3, 4))
    ):  # fmt: skip
        if match := re.fullmatch(pattern, text):
            try:
                return date(*(int(match[place]) for place in order))
            except ValueError:
                return None
    return None


def naive_equal(cell: str, value: str) -> bool:
    if cell == value:
        return True
    numbers = naive_number(cell), naive_number(value)
    zero = re.compile(r"[+-]?0\d")
    if None not in numbers and not zero.match(cell) and not zero.match(value) and numbers[0] == numbers[1]:
        return True
    dates = naive_date(cell), None if ":" in value else naive_date(value)
    return dates[0] is not None and dates[0] == dates[1]


def naive(tree: Condition, row: dict[str, str | None]) -> bool:
    if isinstance(tree, All):
        return all(naive(part, row) for part in tree.parts)
    if isinstance(tree, Any):
        return any(naive(part, row) for part in tree.parts)
    if isinstance(tree, Not):
        return not naive(tree.part, row)
    cell = naive_key(row[tree.column])
    if isinstance(tree, In):
        return any(naive_equal(cell, naive_key(value)) for value in tree.values)
    if isinstance(tree, Birthday):
        day = naive_date(cell)
        return day is not None and any(
            (day.month, day.day) == (later.month, later.day)
            or ((day.month, day.day, later.month, later.day) == (2, 29, 2, 28) and (later + timedelta(1)).month == 3)
            for later in (TODAY + timedelta(n) for n in range(tree.days + 1))
        )
    value = naive_key(tree.value)
    if tree.operator in (Operator.IS, Operator.IS_NOT):
        return naive_equal(cell, value) == (tree.operator == Operator.IS)
    if tree.operator == Operator.CONTAINS:
        return unpadded(tree.value) in cell
    if tree.operator == Operator.STARTS:
        return cell.startswith(value)
    of: AnyValue = naive_date if naive_date(value) else naive_number
    left, right = of(cell), of(value)
    return left is not None and {
        Operator.LESS: left < right, Operator.AT_MOST: left <= right,
        Operator.MORE: left > right, Operator.AT_LEAST: left >= right,
    }[tree.operator]  # fmt: skip


def unpadded(text: str) -> str:
    """The key of a value that a cell contains: its outer spaces count."""
    return naive_key(f"|{text}|")[1:-1]


texts = st.text(alphabet="aAoʻ'‘`’ \u00a0\u200bёЕеİñn\u0303and()\",=!<5.,-0", max_size=6)
number_texts = st.from_regex(
    r"\A[+-]?(0|[1-9][0-9]{0,2}|0[0-9]|[0-9]{1,17})([ '.,][0-9]{3}){0,3}([.,][0-9]{1,4})?( so'm| сум)?\Z"
)
date_texts = st.builds(
    lambda day, form, time: day.strftime(form) + time,
    st.dates(date(1990, 1, 1), date(2030, 12, 31)) | st.sampled_from([date(2000, 2, 29), date(2026, 12, 31), TODAY]),
    st.sampled_from(["%d.%m.%Y", "%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%Y.%m.%d"]),
    st.sampled_from(["", " 18:30", " 00:00:00"]),
)
common = st.sampled_from(["Fargʻona", "farg'ona", "5", "5.0", "25", "05", "29.02.2000", "500 000", "500000", "", "x"])
values = (texts | number_texts | date_texts | common).filter(lambda text: "İ" not in text)
column_names = st.sampled_from(["a", "b c", "Oʻz", "and", 'q"q', "in"])
orders = [operator for operator in Operator if operator.orders]
ordered_values = (number_texts | st.dates(date(1990, 1, 1), date(2030, 1, 1)).map(str) | common).filter(
    lambda text: naive_number(naive_key(text)) is not None or (naive_date(naive_key(text)) and ":" not in text)
)
leaves = st.one_of(
    st.builds(Compare, column_names, st.sampled_from([Operator.IS, Operator.IS_NOT]), values),
    st.builds(Compare, column_names, st.just(Operator.CONTAINS), values.filter(unpadded)),
    st.builds(Compare, column_names, st.just(Operator.STARTS), values.filter(naive_key)),
    st.builds(Compare, column_names, st.sampled_from(orders), ordered_values),
    st.builds(In, column_names, st.lists(values, min_size=1, max_size=5).map(tuple)),
    st.builds(Birthday, column_names, st.integers(0, 366)),
)
trees: st.SearchStrategy[Condition] = st.recursive(
    leaves,
    lambda parts: st.one_of(
        st.builds(all_of, st.lists(parts, min_size=2, max_size=3)),
        st.builds(any_of, st.lists(parts, min_size=2, max_size=3)),
        st.builds(Not, parts),
    ),
    max_leaves=8,
)
rows_of_cells = st.lists(
    st.fixed_dictionaries({name: st.none() | values for name in ("a", "b c", "Oʻz", "and", 'q"q', "in")}), max_size=12
)


@settings(max_examples=times(50), deadline=None)
@given(trees, rows_of_cells, st.booleans())
def test_the_mask_is_that_of_a_row_by_row_evaluator(
    tree: Condition, rows: list[dict[str, str | None]], repeated: bool
) -> None:
    rows = rows * 20 if repeated else rows  # few different values are compared another way
    schema = pa.schema([(name, pa.string()) for name in ("a", "b c", "Oʻz", "and", 'q"q', "in")])
    table = pa.Table.from_pylist(rows, schema)
    assert evaluate(tree, table, today=TODAY).mask.tolist() == [naive(tree, row) for row in rows]


@settings(max_examples=times(50), deadline=None)
@given(trees)
def test_a_tree_is_read_back_from_its_text_and_from_its_json(tree: Condition) -> None:
    columns = Columns(["a", "b c", "Oʻz", "and", 'q"q', "in"])
    assert parse(to_text(tree), columns) == tree
    assert from_json(to_json(tree)) == tree


@settings(max_examples=times(50), deadline=None)
@given(st.text(alphabet="abc 'and\"or()not=!<>,in\n\0\ud800“5", max_size=40) | st.text(max_size=20))
def test_any_text_is_a_tree_or_one_sentence_with_a_place_in_it(text: str) -> None:
    assert problem_of(text) is None or PROBLEM.fullmatch(problem_of(text) or "")


PROBLEM = re.compile(r"(The condition is wrong at character [0-9]+: )[^\n]+ The columns are: a, b\.")


def problem_of(text: str) -> str | None:
    """The sentence about a text; None where it is a condition."""
    try:
        parse(text, Columns(["a", "b"]))
    except ConditionError as error:
        in_text = 1 <= (error.position or 0) <= len(text) + 1
        return error.message if in_text and error.message.isprintable() else "not one sentence with a place"
    return None
