"""Cells of a list without whole numbers, in the notations that people use, one by one and a column at once."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from getsms_core.phone import mask_cell, mask_cells

MASKED = {
    "90 123-45-67": "99890*****67",
    "9O1234567": "99890*****67",
    "тел: 901234567": "99890*****67",
    "Ali 90 123 45 67, Vali 71 200-00-00": "Ali 90*****67, Vali 71*****00",
    "12 90 123 45 67": "12 90*****67",
    "8 90 123 45 67 Ali": "8 90*****67 Ali",
    "８ ９０ １２３ ４５ ６７ ака": "８ 90*****67 ака",
    "901234567/917654321": "90*****67/91*****21",
    "71 200 00 00": "71*****00",
    "+7 916 123-45-67": "+7916*****67",
    "79161234567": "7916*****67",
    "call +44 20 7946 0958 now": "call +44207*****58 now",
    "998901234567 998917654321": "99890*****67 99891*****21",
}
KEPT = [
    *("", "VIP", "20.12.2026 9:00", "2026-12-31 9:00", "12.05.2026 14:30", "STIR 301234567", "8600 1234 5678 9012"),
    *("1234567890", "Mijoz 123456, koʻcha 12-uy", "20 of 100"),
]


@pytest.mark.parametrize("column", [list(MASKED), [*KEPT, *MASKED, *KEPT], KEPT], ids=["numbers", "both", "others"])
def test_a_column_and_its_cells_are_masked_alike(column: list[str]) -> None:
    expected = [MASKED.get(text, text) for text in column]
    assert [mask_cell(text) for text in column] == expected
    assert mask_cells(pa.array(column, pa.string())).to_pylist() == expected


def test_the_own_number_is_masked_inside_longer_digits_and_empty_cells_stay() -> None:
    cells = pa.array(["Kod 9989012345674321", None, "VIP"], pa.string())
    assert mask_cells(cells, [998901234567, 1, 1]).to_pylist() == ["Kod 99890*****674321", None, "VIP"]
    assert mask_cell("Kod 9989012345674321", 998901234567) == "Kod 99890*****674321"


GAPS = st.sampled_from(["", " ", "-", ".", " - ", "\u00a0", ") "])


@given(
    number=st.integers(90_000_0000, 91_999_9999).map(str),
    gaps=st.lists(GAPS, min_size=4, max_size=4),
    around=st.tuples(st.sampled_from(["", "Ali ", "Тел: ", "12 ", "№1, "]), st.sampled_from(["", " aka", ", 18:00"])),
)
def test_no_words_and_no_signs_between_its_digits_save_a_local_number(
    number: str, gaps: list[str], around: tuple[str, str]
) -> None:
    groups = [number[:2], number[2:5], number[5:7], number[7:]]
    written = "".join(group + gap for group, gap in zip(groups, [*gaps[:3], ""], strict=True))
    cell = around[0] + written + around[1]
    shown = mask_cell(cell)
    assert number[2:7] not in "".join(filter(str.isdigit, shown))
    assert mask_cells(pa.array([cell])).to_pylist() == [shown]
