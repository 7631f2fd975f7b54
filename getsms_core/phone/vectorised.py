"""Check a million cells at once: `parser.classify_digits` in numpy on Arrow's own bytes.

What is digits, spaces, dashes, brackets, one leading + or a trailing ".0" is decided here (0.1 µs a row); every other
row goes to the exact parser, once for each distinct text. A property test compares the two row by row.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from getsms_core.phone import ranges
from getsms_core.phone.outcome import CODES, Outcome
from getsms_core.phone.parser import MAX_CELL_LENGTH, check

Bytes = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]
_DIGIT, _FORMAT, _PLUS, _OTHER = 0, 1, 2, 3
_CLASS = np.full(256, _OTHER, np.uint8)
_CLASS[[ord(digit) for digit in "0123456789"]] = _DIGIT
# A no-break space is C2 A0 in UTF-8. Beside ASCII alone these bytes can form nothing else, so each counts by itself.
_CLASS[[*b" \t-()", 0xC2, 0xA0]] = _FORMAT
_CLASS[ord("+")] = _PLUS
_CLASS_TABLE = _CLASS.tobytes()
_BLOCK = 1 << 16  # rows at a time: the work arrays stay in the cache, a quarter of the time
# What the exact parser may find to be a date or a place in a list, of the cells that are decided here.
_GAP, _DAY, _YEAR = r"[-\s\x{a0}]+", "[0-9]{1,2}", "(?:19|20)[0-9]{2}"
_PLACE = r"^[\s\x{a0}]*[0-9]{1,3}\)[\s\x{a0}]"
_CONTRACT = (
    rf"^[\s\x{{a0}}]*(?:{_YEAR}{_GAP}[0-9]|[0-9]{{5}}{_GAP}{_YEAR}|[0-9]{{7}}-[0-9]{{2}}[\s\x{{a0}}]*$"
    rf"|{_DAY}-{_DAY}-[0-9]{{2}}[\s\x{{a0}}])"
)
_DATE = rf"(?:^|[^0-9])(?:{_DAY}{_GAP}{_DAY}{_GAP}{_YEAR}|{_YEAR}{_GAP}{_DAY}{_GAP}{_DAY})(?:[^0-9]|$)"
_UNLIKE_PHONE = f"{_PLACE}|{_CONTRACT}|{_DATE}"
_SLOW = 255  # no outcome yet: for the exact parser


class CheckedColumn(NamedTuple):
    """Aligned with the cells: `numbers` int64 (998XXXXXXXXX, 0 where refused), `outcomes` uint8 codes into OUTCOMES."""

    numbers: npt.NDArray[np.int64]
    outcomes: Bytes


def check_column(values: pa.ChunkedArray | pa.Array) -> CheckedColumn:
    """Return the result of `check` for each cell; a null is an empty cell. Never raises."""
    chunks = values.chunks if isinstance(values, pa.ChunkedArray) else [values]
    blocks = [chunk.slice(start, _BLOCK) for chunk in chunks for start in range(0, len(chunk), _BLOCK)]
    checked_chunks = [_chunk(block) for block in blocks]
    if len(checked_chunks) == 1:
        return checked_chunks[0]
    return CheckedColumn(
        np.concatenate([np.empty(0, np.int64), *(chunk.numbers for chunk in checked_chunks)]),
        np.concatenate([np.empty(0, np.uint8), *(chunk.outcomes for chunk in checked_chunks)]),
    )


def _chunk(values: pa.Array) -> CheckedColumn:
    values = values.cast(pa.string())
    if values.null_count:
        values = pc.fill_null(values, "")
    scanned = _scan(values)
    _leave_unusual(values, scanned)
    numbers, outcomes = _decide(scanned)
    slow_rows = np.flatnonzero(outcomes == _SLOW)
    if len(slow_rows):
        texts = values.take(pa.array(slow_rows)).dictionary_encode()
        results = [check(text) for text in texts.dictionary.to_pylist()]
        text_indexes = texts.indices.to_numpy()
        numbers[slow_rows] = np.array([result.number or 0 for result in results], np.int64)[text_indexes]
        outcomes[slow_rows] = np.array([CODES[result.outcome] for result in results], np.uint8)[text_indexes]
    return CheckedColumn(numbers, outcomes)


class _Scanned(NamedTuple):
    """Per cell: its bytes, its digits (`first`, `end` into `digits`, values 0-9), and what else it is made of."""

    lengths: npt.NDArray[np.int32]
    digits: Bytes
    first: npt.NDArray[np.int32]
    end: npt.NDArray[np.int32]
    plus: Mask
    decimal: Mask
    slow: Mask


def _scan(values: pa.Array) -> _Scanned:
    rows = len(values)
    _, offset_buffer, data_buffer = values.buffers()
    offsets = np.frombuffer(offset_buffer, np.int32)[values.offset : values.offset + rows + 1]
    data = np.frombuffer(data_buffer or b"", np.uint8)[offsets[0] : offsets[-1]]
    offsets = offsets - offsets[0]
    starts, ends = offsets[:-1], offsets[1:]
    classes = np.frombuffer(data.tobytes().translate(_CLASS_TABLE), np.uint8)
    plus, slow, decimal = (np.zeros(rows, np.bool_) for _ in range(3))
    is_digit = classes == _DIGIT
    if is_digit.all():
        digits, first, end = data, starts, ends
    else:
        digits_before = np.zeros(len(data) + 1, np.int32)
        np.cumsum(is_digit, out=digits_before[1:])
        digits, first, end = data[is_digit], digits_before[starts], digits_before[ends]
        positions = np.flatnonzero(classes == _PLUS)
        position_rows = np.searchsorted(offsets, positions, "right") - 1
        plus[position_rows] = True
        slow[position_rows[positions != starts[position_rows]]] = True  # a + inside is not formatting
        positions = np.flatnonzero(classes == _OTHER)
        position_rows = np.searchsorted(offsets, positions, "right") - 1
        # 998901234567.0 and nothing else in the cell: the last two characters go
        second = data[np.minimum(positions + 1, len(data) - 1)]
        is_point = (ends[position_rows] - positions == 2) & (data[positions] == ord(".")) & (second == ord("0"))
        is_point &= (end - first == ends - starts - 1)[position_rows] & ((end - first)[position_rows] >= 8)
        decimal[position_rows[is_point]] = True
        slow[position_rows[~is_point]] = True
        end = end - decimal
    return _Scanned(ends - starts, np.append(digits, np.full(16, 48, np.uint8)) - 48, first, end, plus, decimal, slow)


def _leave_unusual(values: pa.Array, cells: _Scanned) -> None:
    """Leave cells that may hold a date, such as 20-12-2026 5, or a place in a list to the exact parser."""
    count = cells.end - cells.first
    has_signs = cells.lengths > count
    if not has_signs.any():
        return
    formatted = np.flatnonzero(has_signs & ~cells.slow & ~cells.plus & (count >= 9))
    first = cells.first[formatted]
    abroad = (cells.digits[first] == 9) & (cells.digits[first + 1] == 9) & (cells.digits[first + 2] == 8)
    formatted = formatted[~abroad | (count[formatted] == 9)]  # with its country code it is a phone however it is cut
    if len(formatted):
        texts = values if len(formatted) == len(values) else values.take(pa.array(formatted))
        unusual = pc.match_substring_regex(texts, _UNLIKE_PHONE).to_numpy(zero_copy_only=False)
        cells.slow[formatted[unusual]] = True


def _decide(cells: _Scanned) -> tuple[npt.NDArray[np.int64], Bytes]:
    digits, first, plus = cells.digits, cells.first, cells.plus
    cells.slow[cells.lengths > MAX_CELL_LENGTH] = True
    count = cells.end - first
    outcomes = np.full(len(count), _SLOW, np.uint8)
    first_digit = digits[first]
    has_country_code = (first_digit == 9) & (digits[first + 1] == 9) & (digits[first + 2] == 8)
    unsigned = ~cells.slow & ~plus
    signed = ~cells.slow & plus & (first_digit != 0)

    def set_outcome(rows: Mask, outcome: Outcome) -> None:
        outcomes[rows] = CODES[outcome]

    set_outcome(~cells.slow & (count == 0), Outcome.EMPTY)
    set_outcome(unsigned & (count > 0) & (count < 9), Outcome.TOO_SHORT)
    set_outcome(unsigned & has_country_code & ((count == 10) | (count == 11)), Outcome.TOO_SHORT)
    set_outcome(signed & (count > 0) & (count < np.where(has_country_code, 12, 7)), Outcome.TOO_SHORT)
    set_outcome(signed & ~has_country_code & (count >= 7) & (count < 18), Outcome.FOREIGN)
    set_outcome(unsigned & (count == 11) & (first_digit == 7), Outcome.FOREIGN)
    set_outcome(
        unsigned & ~has_country_code & (count == 10) & (first_digit != 8) & (first_digit != 0), Outcome.TOO_LONG
    )

    # Candidates: the last nine digits decide. The outcome is kept if they are a mobile number.
    set_outcome((unsigned | signed) & has_country_code & (count == 12), Outcome.REPAIRED_FORMAT)
    set_outcome(unsigned & has_country_code & (count == 12) & (cells.lengths == 12), Outcome.AS_IS)
    set_outcome(unsigned & (count == 9), Outcome.REPAIRED_NATIONAL)
    set_outcome(unsigned & (count == 10) & (first_digit == 8), Outcome.REPAIRED_TRUNK_8)
    set_outcome(unsigned & (count == 10) & (first_digit == 0), Outcome.REPAIRED_TRUNK_0)
    abroad = np.flatnonzero(unsigned & (count == 14) & (first_digit == 0))
    for place, digit in enumerate((0, 9, 9, 8), 1):
        abroad = abroad[digits[first[abroad] + place] == digit]
    outcomes[abroad] = CODES[Outcome.REPAIRED_00]

    candidates = np.flatnonzero(outcomes < CODES[Outcome.EMPTY])
    candidate_ends = cells.end[candidates]
    national = np.zeros(len(candidates), np.int32)
    for place in range(9, 0, -1):
        national *= 10
        national += digits[candidate_ends - place]
    kind = ranges.kinds()[national // 10_000]
    mobile = kind == ranges.MOBILE
    numbers = np.zeros(len(count), np.int64)
    numbers[candidates[mobile]] = national[mobile] + np.int64(ranges.COUNTRY * 10**9)
    refusals = np.where(kind == ranges.FIXED, CODES[Outcome.LANDLINE], CODES[Outcome.UNASSIGNED_RANGE]).astype(np.uint8)
    outcomes[candidates[~mobile]] = refusals[~mobile]
    outcomes[cells.decimal & (numbers > 0)] = CODES[Outcome.REPAIRED_FLOAT]
    return numbers, outcomes
