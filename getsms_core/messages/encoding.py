"""How many SMS a text costs: GSM-7 or UCS-2, units and parts, for one text and for a column of a million.

Source of the facts: 3GPP TS 23.038 (GSM 03.38), the default alphabet of 6.2.1 and its extension table of 6.2.1.1,
without national tables; 3GPP TS 23.040, 9.2.3.24.1 for the six octets of header in every part of a long message.

    GSM-7   160 septets in one SMS, 153 in each part of a longer one; an extension character is an escape and a septet
    UCS-2    70 UTF-16 units in one SMS, 67 in each part of a longer one; an emoji is a surrogate pair

A pair of either kind is never split between two parts, so a part may end one unit early and `ceil(units / 153)` is
wrong."""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from getsms_core.base.codes import Encoding as Encoding

BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)  # 127 characters; the 128th code is the escape to the extension table
EXTENSION = "\f^{}\\[~]|€"  # two septets each; \f is the table's page break


@dataclass(frozen=True, slots=True)
class Measure:
    """One text's size: `units` are septets in GSM-7 and UTF-16 units in UCS-2, `parts` the SMS that are billed."""

    encoding: Encoding
    units: int
    parts: int


@dataclass(frozen=True, slots=True)
class Measures:
    """A column's sizes, one element a row: whether it is GSM-7 (bool), its units (int32) and its parts (int32)."""

    gsm7: npt.NDArray[np.bool_]
    units: npt.NDArray[np.int32]
    parts: npt.NDArray[np.int32]


SINGLE_SMS_UNITS = {Encoding.GSM7: 160, Encoding.UCS2: 70}  # units in a single SMS
PART_UNITS = {Encoding.GSM7: 153, Encoding.UCS2: 67}  # units in each part of a longer one
MAX_PARTS = 255  # the header numbers them in one octet

_GSM7 = frozenset(BASIC + EXTENSION)
_EXPENSIVE = re.compile(f"[^{re.escape(BASIC + EXTENSION)}]")
_EXTENDED = re.compile(f"[{re.escape(EXTENSION)}]")
_ASTRAL = re.compile("[\U00010000-\U0010ffff]")


def _layout(text: str) -> tuple[Encoding, int, re.Pattern[str]]:
    """The encoding, the units and the pattern of the characters that take two of them."""
    gsm7 = _EXPENSIVE.search(text) is None
    wide = _EXTENDED if gsm7 else _ASTRAL
    return Encoding.GSM7 if gsm7 else Encoding.UCS2, len(text) + len(wide.findall(text)), wide


def measure(text: str) -> Measure:
    """The encoding, units and parts of one text. The empty text has 0 units and 1 part: sent, it is billed as an SMS
    (sms-segments-calculator returns 1 as well)."""
    encoding, units, wide = _layout(text)
    if units <= SINGLE_SMS_UNITS[encoding]:
        return Measure(encoding, units, 1)
    part_units = PART_UNITS[encoding]
    fewest = -(-units // part_units)
    most = 1 - (-(units - part_units) // (part_units - 1))  # if every part but the last ended one unit early
    if units == len(text) or fewest == most:
        return Measure(encoding, units, fewest)
    return Measure(encoding, units, len(_borders(text, wide, part_units)))


def _borders(text: str, wide: re.Pattern[str], part_units: int) -> list[int]:
    """The index after the last character of each part of a text that is longer than one SMS."""
    ends = list(accumulate(2 if wide.match(character) else 1 for character in text))  # units up to and with each one
    borders: list[int] = []
    units_before = 0
    while not borders or borders[-1] < len(text):
        borders.append(bisect_right(ends, units_before + part_units))
        units_before = ends[borders[-1] - 1]
    return borders


def split_into_parts(text: str) -> list[str]:
    """The text of each part, as a phone would receive it; joined they are the text. [""] for the empty text."""
    encoding, units, wide = _layout(text)
    if units <= SINGLE_SMS_UNITS[encoding]:
        return [text]
    borders = _borders(text, wide, PART_UNITS[encoding])
    return [text[start:end] for start, end in zip([0, *borders], borders, strict=False)]


def expensive_characters(text: str) -> list[str]:
    """The distinct characters that force UCS-2, in order of first appearance; [] for a GSM-7 text."""
    return [character for character in dict.fromkeys(text) if character not in _GSM7]


# ---- columns: one table look-up a byte of UTF-8, then one reduction a row

_EXT, _ASK, _UCS, _FOUR = 1, 2, 4, 8  # extension; lead byte that may be GSM-7; surely not GSM-7; surrogate pair


def _flag(byte: int) -> int:
    if byte < 0x80:
        return _EXT if chr(byte) in EXTENSION else 0 if chr(byte) in BASIC else _UCS
    if byte < 0xC0:
        return 0  # a continuation byte; its lead byte decides
    if byte in _GSM_LEADS:
        return _ASK
    return _UCS | _FOUR if byte >= 0xF0 else _UCS


_GSM_LEADS = {character.encode()[0] for character in BASIC + EXTENSION if ord(character) > 0x7F}
_FLAGS = bytes(map(_flag, range(256)))
_BEYOND_ASCII = np.zeros(0x10000, np.uint8)  # by code point; read only for characters that begin with one of _GSM_LEADS
_BEYOND_ASCII[:] = _UCS
_BEYOND_ASCII[[ord(character) for character in BASIC if ord(character) > 0x7F]] = 0
_BEYOND_ASCII[ord("€")] = _EXT
_BLOCK = 1 << 16  # rows at a time: the work arrays stay in the cache and in tens of megabytes


def text_blocks(texts: pa.Array | pa.ChunkedArray) -> Iterator[tuple[pa.Array, npt.NDArray[np.int64], bytes]]:
    """The column in blocks of at most 65,536 rows: the block (nulls as empty texts), its n + 1 offsets counted from 0
    and its UTF-8 bytes. Any string-like type is taken."""
    for chunk in texts.chunks if isinstance(texts, pa.ChunkedArray) else [texts]:
        if not (pa.types.is_string(chunk.type) or pa.types.is_large_string(chunk.type)):
            chunk = chunk.cast(pa.string())
        for start in range(0, len(chunk), _BLOCK):
            block = chunk.slice(start, _BLOCK)
            if block.null_count:
                block = pc.fill_null(block, "")
            width: Any = np.int64 if pa.types.is_large_string(block.type) else np.int32
            offsets = np.frombuffer(block.buffers()[1], width)[block.offset : block.offset + len(block) + 1]
            data = block.buffers()[2]
            yield (
                block,
                (offsets - offsets[0]).astype(np.int64),
                data[offsets[0] : offsets[-1]].to_pybytes() if data is not None else b"",
            )


def any_flag(flags: npt.NDArray[np.uint8], offsets: npt.NDArray[np.int64]) -> npt.NDArray[np.uint8]:
    """The bitwise or of each row's byte flags, 0 for an empty row; n flags for n + 1 offsets."""
    row_flags = np.zeros(len(offsets) - 1, np.uint8)
    filled = offsets[1:] > offsets[:-1]
    if len(flags):
        row_flags[filled] = np.bitwise_or.reduceat(flags, offsets[:-1][filled])
    return row_flags


def count_in_rows(positions: npt.NDArray[np.intp], offsets: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """How many of the sorted byte positions lie in each row; n counts for n + 1 offsets."""
    counts: npt.NDArray[np.int64] = np.diff(np.searchsorted(positions, offsets))
    return counts


def code_points(data: npt.NDArray[np.uint8], leads: npt.NDArray[np.intp]) -> npt.NDArray[np.int64]:
    """The code points of the characters of two bytes and more that begin at the given positions of valid UTF-8."""
    first, second = data[leads].astype(np.int64), data[leads + 1].astype(np.int64) & 0x3F
    points = (first & 0x1F) << 6 | second
    long = first >= 0xE0
    third = data[leads[long] + 2].astype(np.int64) & 0x3F
    points[long] = (first[long] & 0x0F) << 12 | second[long] << 6 | third
    longest = first >= 0xF0
    if longest.any():
        fourth = data[leads[longest] + 3].astype(np.int64) & 0x3F
        points[longest] = (first[longest] & 0x07) << 18 | points[longest] % 0x1000 << 6 | fourth
    return points


def measure_column(texts: pa.Array | pa.ChunkedArray) -> Measures:
    """`measure` for each row of a column of strings (a null is an empty text), equal to it row by row.

    Walks exactly only the rows whose number of parts depends on where their pairs lie: about one in 150 of the long
    rows that have pairs at all."""
    results = [_measure_block(*block) for block in text_blocks(texts)]
    if not results:
        return Measures(np.zeros(0, np.bool_), np.zeros(0, np.int32), np.zeros(0, np.int32))
    gsm7, units, parts = (np.concatenate(column) for column in zip(*results, strict=True))
    return Measures(gsm7, units, parts)


def _measure_block(
    block: pa.Array, offsets: npt.NDArray[np.int64], data: bytes
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    flags = np.frombuffer(bytearray(data.translate(_FLAGS)), np.uint8)
    row_flags = any_flag(flags, offsets)
    if (row_flags & (_ASK | _UCS) == _ASK).any():
        uncertain_leads = np.flatnonzero(flags & _ASK != 0)  # on bool: ten times as fast as on uint8
        flags[uncertain_leads] = _BEYOND_ASCII[code_points(np.frombuffer(data, np.uint8), uncertain_leads)]
        row_flags = any_flag(flags, offsets)
    gsm7 = row_flags & _UCS == 0
    pairs = np.zeros(len(block), np.int64)
    for flag, rows in ((_EXT, gsm7), (_FOUR, ~gsm7)):
        if (row_flags[rows] & flag).any():
            pairs += np.where(rows, count_in_rows(np.flatnonzero(flags & flag != 0), offsets), 0)
    units = pc.utf8_length(block).to_numpy(zero_copy_only=False).astype(np.int64) + pairs

    single_units = np.where(gsm7, SINGLE_SMS_UNITS[Encoding.GSM7], SINGLE_SMS_UNITS[Encoding.UCS2])
    part_units = np.where(gsm7, PART_UNITS[Encoding.GSM7], PART_UNITS[Encoding.UCS2])
    parts = np.where(units <= single_units, 1, -(-units // part_units))
    max_parts = 1 - (-(units - part_units) // (part_units - 1))
    for row in np.flatnonzero((units > single_units) & (pairs > 0) & (max_parts > parts)):
        parts[row] = measure(block[row].as_py()).parts
    return gsm7, units.astype(np.int32), parts.astype(np.int32)
