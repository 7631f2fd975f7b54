"""The values of a campaign's cut columns as one number a message: digits of a mixed radix, the first column lowest.

One integer column of the message table carries any choice of columns, so that a change of a message moves the roll-ups
of all of them without reading its list."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

MAX_CODE = 2**31 - 1
"""What the column `cut` of a message can hold on PostgreSQL."""


def combine(values: Sequence[npt.NDArray[np.int32]], sizes: Sequence[int]) -> npt.NDArray[np.int32]:
    """Return the number of each row: `values` are the digits, one array a column, each below its size."""
    codes = np.zeros(len(values[0]), np.int64)
    for digits, size in zip(reversed(values), reversed(sizes), strict=True):
        codes = codes * size + digits
    return codes.astype(np.int32)


def split(code: int, sizes: Sequence[int]) -> list[int]:
    """Return the value of each column."""
    digits = []
    for size in sizes:
        code, digit = divmod(code, size)
        digits.append(digit)
    return digits


def fits(sizes: Sequence[int]) -> bool:
    """Return whether every combination of values has a code."""
    product = 1
    for size in sizes:
        product *= size
    return product - 1 <= MAX_CODE
