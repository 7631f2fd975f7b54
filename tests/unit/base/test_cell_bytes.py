"""Looks at the bytes of a column agree with a look at each cell."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from getsms_core.base import cell_bytes

CELLS = st.lists(st.one_of(st.none(), st.text(max_size=4), st.sampled_from(["", " ", "-", "Ali", "\ufffd"])))


TEXT = pa.string()


def sliced(cells: list[str | None], kind: pa.DataType = TEXT) -> pa.ChunkedArray:
    """The cells in two chunks that begin within longer arrays, as a filtered list has them."""
    padded = [pa.array(["-\ufffd", *part, "-\ufffd"], kind).slice(1, len(part)) for part in (cells[:2], cells[2:])]
    return pa.chunked_array(padded, kind)


@given(CELLS)
def test_the_first_byte_of_each_cell_is_read_whatever_the_chunks(cells: list[str | None]) -> None:
    expected = [cell.encode()[0] if cell else 0 for cell in cells]
    for kind in (pa.string(), pa.large_string()):
        assert cell_bytes.first_bytes(sliced(cells, kind)).tolist() == expected


@given(CELLS)
def test_a_text_that_a_cell_holds_is_never_missed(cells: list[str | None]) -> None:
    for text in ("-", "\ufffd", "Ali"):
        if any(text in cell for cell in cells if cell):
            assert cell_bytes.may_hold(sliced(cells), text)


def test_a_text_outside_the_slice_does_not_count() -> None:
    assert not cell_bytes.may_hold(sliced(["Ali", "Vali"]), "-")
    assert cell_bytes.is_ascii(sliced(["Ali", "Vali"]))


@given(CELLS)
def test_ascii_is_told_from_other_characters(cells: list[str | None]) -> None:
    assert cell_bytes.is_ascii(sliced(cells)) == all(cell.isascii() for cell in cells if cell)


def test_a_null_has_no_first_byte_even_if_bytes_are_behind_it() -> None:
    buffers = [pa.py_buffer(bytes([0b10])), pa.py_buffer(np.array([0, 3, 6], np.int32)), pa.py_buffer(b"abcdef")]
    column = pa.Array.from_buffers(pa.string(), 2, buffers)
    assert column.to_pylist() == [None, "def"]
    assert cell_bytes.first_bytes(column).tolist() == [0, ord("d")]


@pytest.mark.parametrize("column", [pa.array([], pa.string()), pa.chunked_array([], pa.string()), pa.nulls(2)])
def test_a_column_without_texts_holds_none(column: pa.Array | pa.ChunkedArray) -> None:
    assert cell_bytes.first_bytes(column).tolist() == [0] * len(column)
    assert not cell_bytes.may_hold(column, "-")
    assert cell_bytes.is_ascii(column)
