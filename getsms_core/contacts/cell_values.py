"""The values of a column: cells that `=` of a condition takes for equal are one value."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from getsms_core.contacts.conditions.keys import keys


@dataclass(frozen=True)
class Value:
    """A value of a column as most of its cells write it, and the number of recipients who have it."""

    value: str
    recipients: int


@dataclass(frozen=True)
class Cells:
    """A column as its different cells: `texts` and their `keys`, and the index of each row's cell in them (`codes`).
    A language column of a million rows has a handful of cells, so its keys cost nothing."""

    texts: pa.Array
    keys: pa.Array
    codes: npt.NDArray[np.int32]

    @classmethod
    def of(cls, column: pa.ChunkedArray | pa.Array) -> "Cells":
        """Return the cells of a column of texts; null counts as empty."""
        coded = pc.fill_null(_one_array(column).cast(pa.string()), "").dictionary_encode()
        if isinstance(coded, pa.ChunkedArray):
            coded = coded.combine_chunks()
        return cls(coded.dictionary, keys(coded.dictionary), coded.indices.to_numpy(zero_copy_only=False))

    def counted(self) -> tuple[list[Value], int]:
        """The values, first the most frequent, and the number of rows with an empty cell."""
        rows = np.bincount(self.codes, minlength=len(self.texts))
        by_key = self.keys.dictionary_encode()
        of_key = by_key.indices.to_numpy(zero_copy_only=False)
        totals = np.bincount(of_key, weights=rows, minlength=len(by_key.dictionary)).astype(np.int64)
        # Of the spellings of one key the most frequent, then the first, comes last: it is the one that stays.
        spelling = np.zeros(len(totals), np.int64)
        order = np.lexsort((-np.arange(len(rows)), rows))
        spelling[of_key[order]] = order
        names, empty, values = by_key.dictionary.to_pylist(), 0, list[Value]()
        for place in np.argsort(-totals, kind="stable").tolist():
            if names[place]:
                values.append(Value(self.texts[int(spelling[place])].as_py().strip(), int(totals[place])))
            else:
                empty = int(totals[place])
        return values, empty

    def grouped(self) -> tuple[npt.NDArray[np.int32], list[str]]:
        """The value of each row, 0 where its cell is empty; and the values from 1, first the most frequent."""
        values = [value.value for value in self.counted()[0]]
        numbers = pc.index_in(self.keys, value_set=keys(pa.array(values, pa.string())))
        of_text = pc.add(pc.fill_null(numbers, -1), 1).to_numpy(zero_copy_only=False).astype(np.int32)
        return of_text[self.codes], values


def value_ids(values: Sequence[str]) -> list[int]:
    """Return the id of each value, the same for values that are alike: a hash of 63 bits, never 0."""
    hashes = (hashlib.blake2b(key.encode(), digest_size=8).digest() for key in keys_of(values))
    return [int.from_bytes(digest) >> 1 or 1 for digest in hashes]


def keys_of(values: Sequence[str]) -> list[str]:
    """Return the key of each value, the same for values that are alike."""
    return [str(key) for key in keys(pa.array(values, pa.string())).to_pylist()]


def _one_array(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    joined = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    return pa.concat_arrays(joined.chunks) if isinstance(joined, pa.ChunkedArray) else joined
