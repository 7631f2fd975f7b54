"""The blocks of an index of numbers: whatever numbers there are, each is where it was put."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from getsms_core.db import number_index
from getsms_core.db.number_index import BLOCK

numbers = st.integers(998_000_000_000, 998_999_999_999)
columns = st.lists(st.one_of(numbers, st.just(0), st.sampled_from([998_901_234_567, 998_901_234_568])), max_size=3000)


def find(blocks: list[number_index.Block], phone: int) -> list[int]:
    """As the query does: the last block that begins at or before the number."""
    candidates = [block for block in blocks if block.first <= phone]
    return number_index._places(candidates[-1].data, phone) if candidates else []


@given(columns, numbers)
def test_each_number_has_its_places_and_another_number_has_none(phones: list[int], other: int) -> None:
    blocks = number_index.pack(np.array(phones, np.int64), np.arange(1, len(phones) + 1))
    assert [block.first for block in blocks] == sorted({block.first for block in blocks})
    for phone in {*phones, other} - {0}:
        assert find(blocks, phone) == [place for place, number in enumerate(phones, 1) if number == phone]


def test_a_block_has_a_bounded_size_unless_one_number_fills_it() -> None:
    phones = np.repeat(998_900_000_000 + np.arange(4 * BLOCK), 2)
    blocks = number_index.pack(phones, np.arange(1, len(phones) + 1))
    assert max(len(block.data) // 8 for block in blocks) <= BLOCK + 2
    same = number_index.pack(np.full(3 * BLOCK, 998_900_000_000), np.arange(1, 3 * BLOCK + 1))
    assert [len(block.data) // 8 for block in same] == [3 * BLOCK]
    assert number_index.pack(np.empty(0, np.int64), np.empty(0, np.int64)) == []
