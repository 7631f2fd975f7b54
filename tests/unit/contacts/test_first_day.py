"""The first day on which a condition chooses a recipient: examples, then random conditions tried day by day."""

from datetime import date, timedelta
from typing import Any as AnyValue

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from getsms_core.contacts import conditions
from getsms_core.contacts.conditions import All, Any, Birthday, Compare, Condition, Not, Operator, parse
from getsms_core.contacts.selection import choose, first_day
from getsms_core.contacts.validation import CheckedList, check_list
from getsms_core.spreadsheet import Sheet
from tests.effort import times

TODAY = date(2026, 12, 1)
BORN = ["05.12.1990", "29.02.1992", "31.12.1980", "", "keyin aytadi"]


def a_list(born: list[str]) -> CheckedList:
    rows = {"phone": [f"99890123{n:04d}" for n in range(len(born))], "born": born,
            "city": [("A", "B")[n % 2] for n in range(len(born))]}  # fmt: skip
    numbers = np.arange(2, len(born) + 2, dtype=np.int32)
    return check_list(Sheet(pa.table(rows), numbers, None, [], "utf-8", ",", header_row=1), phone_column="phone")


@pytest.mark.parametrize(
    ("condition", "day"),
    [
        ("born birthday within 0 days", date(2026, 12, 5)),
        ("born birthday within 3 days", date(2026, 12, 2)),
        ("born birthday within 4 days", TODAY),
        ("born birthday within 0 days and city = B", date(2027, 2, 28)),
        ("born birthday within 0 days and city = C", None),
        ("not (born birthday within 366 days) and city = A", TODAY),
        ("not (born birthday within 300 days) and born = '31.12.1980'", date(2027, 1, 1)),
        ("city = B", TODAY),
    ],
)
def test_the_first_day_is_the_one_on_which_somebody_is_chosen(condition: str, day: date | None) -> None:
    assert first_day(a_list(BORN), parse(condition), TODAY, 365) == day


def test_no_later_day_than_asked_for_is_found() -> None:
    condition = parse("born birthday within 0 days")
    assert first_day(a_list(BORN), condition, TODAY, 4) == date(2026, 12, 5)
    assert first_day(a_list(BORN), condition, TODAY, 3) is None


LEAVES = st.one_of(
    st.integers(0, 366).map(lambda days: Birthday("born", days)),
    st.sampled_from("ABC").map(lambda city: Compare("city", Operator.IS, city)),
)
CONDITIONS = st.recursive(
    LEAVES,
    lambda parts: st.one_of(
        parts.map(Not),
        st.lists(parts, min_size=2, max_size=3).map(lambda nodes: All(tuple(nodes))),
        st.lists(parts, min_size=2, max_size=3).map(lambda nodes: Any(tuple(nodes))),
    ),
    max_leaves=5,
)


@given(CONDITIONS, st.lists(st.sampled_from([*BORN, "01.12.2000", "30.11.2000"]), min_size=1, max_size=4))
@settings(max_examples=times(15), deadline=None)
def test_it_finds_what_a_look_at_each_day_finds(condition: Condition, born: list[str]) -> None:
    checked, days = a_list(born), [TODAY + timedelta(n) for n in range(40)]
    expected = next((day for day in days if len(choose(checked, condition, today=day).recipients)), None)
    assert first_day(checked, condition, TODAY, 39) == expected


def test_a_year_is_looked_through_for_the_few_who_may_be_chosen_only(monkeypatch: pytest.MonkeyPatch) -> None:
    rows_read: list[int] = []
    evaluate = conditions.evaluate

    def counted(tree: Condition, table: pa.Table, **named: AnyValue) -> conditions.Selection:
        rows_read.append(table.num_rows)
        return evaluate(tree, table, **named)

    monkeypatch.setattr(conditions, "evaluate", counted)
    checked = a_list([*BORN[3:] * 500, "04.12.1990"])
    assert first_day(checked, parse("born birthday within 0 days"), TODAY, 365) == date(2026, 12, 4)
    assert rows_read == [1001, 1, 1, 1, 1]
