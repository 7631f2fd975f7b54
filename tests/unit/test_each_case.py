"""`each_case` runs every row of a table, and reports each that fails by its values."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import pytest

from getsms_core.base import i18n
from tests.each_case import each_case


class Reported:
    """pytest's subtests, of which only the failed ones are asked for."""

    def __init__(self) -> None:
        self.failed: list[tuple[dict[str, Any], str]] = []

    @contextmanager
    def test(self, **values: Any) -> Iterator[None]:
        try:
            yield
        except AssertionError as error:
            self.failed.append((values, str(error)))


def test_each_row_runs_in_english_and_each_that_fails_is_reported_with_its_values(tmp_path: Any) -> None:
    ran = []

    @each_case(("cell", "number"), [("a", 1), ("b", 2), ("c", 3)])
    def odd(folder: Any, cell: str, number: int) -> None:
        ran.append((folder, cell, i18n.language()))
        i18n.set_language("ru")
        if number != 2:
            raise AssertionError(f"{cell} is wrong")

    reported = Reported()
    odd(subtests=cast("pytest.Subtests", reported), folder=tmp_path)
    assert ran == [(tmp_path, cell, "en") for cell in "abc"]
    assert reported.failed == [
        ({"cell": "a", "number": 1}, "a is wrong"),
        ({"cell": "c", "number": 3}, "c is wrong"),
    ]


@each_case("fields", [("a", "b"), ("c",)])
def test_one_name_takes_each_value_as_it_is(fields: tuple[str, ...], tmp_path: Any) -> None:
    assert isinstance(fields, tuple)
    assert tmp_path.is_dir()


def test_a_table_without_rows_and_a_row_of_another_length_are_refused() -> None:
    with pytest.raises(ValueError, match="no cases for cell"):
        each_case("cell", [])
    with pytest.raises(ValueError, match="shorter"):
        each_case(("cell", "number"), [("a",)])
