"""Replace typographic characters that force UCS-2 by GSM-7 equivalents that read the same.

One curly apostrophe in "oʻ" makes the whole SMS UCS-2: 70 characters for 160. Word processors, phones and well-meant
Uzbek spelling put them in. Letters and emoji are never replaced, such as Cyrillic or ş: a replacement must look the
same.

What can travel in GSM-7 is in 3GPP TS 23.038, 6.2.1 (`encoding.BASIC`, `encoding.EXTENSION`).
"""

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from getsms_core.messages.encoding import code_points, expensive_characters, measure, text_blocks

_JOINER = "\u200d"  # removed, unless it joins emoji: a family must stay one emoji
_EMOJI_SELECTOR = (
    "\ufe0f"  # makes the character before it an emoji: removed after a replaced bullet, kept after a heart
)
_BULLETS = "•‣◦∙▪▫●■◆⁃►▸"

REPLACEMENTS: dict[str, str] = {
    **dict.fromkeys("ʻʼ‘’‛′`´‚‹›ʹʽʾʿˈˊˋ‵＇ꞌꞋ΄՚᾽᾿῾｀", "'"),
    **dict.fromkeys("«»“”„‟″‶ʺˮ〝〞＂❝❞", '"'),
    **dict.fromkeys("–—‑−‐‒―﹣－─", "-"),
    **dict.fromkeys(_BULLETS + "·", "-"),
    "…": "...",
    "‥": "..",
    "№": "N",
    "×": "x",
    "→": "->",
    **dict(zip("ﬀﬁﬂ", ("ff", "fi", "fl"), strict=True)),  # one letter each in texts copied from a PDF
    **dict.fromkeys("⁄∕", "/"),
    **dict.fromkeys("\t\v\u00a0\u1680\u202f\u205f\u3000", " "),
    **{chr(space): " " for space in range(0x2000, 0x200B)},
    **dict.fromkeys("\u0085\u2028\u2029", "\n"),
    **dict.fromkeys("\u00ad\u034f\u180e\u200b\u200c\u200d\u200e\u200f\ufeff\ufe0f", ""),
    **{chr(mark): "" for mark in (*range(0x202A, 0x202F), *range(0x2060, 0x206A))},
}  # no replacement is longer than its character in UTF-8: `replace_in_column` works in place

LENGTHENED = frozenset(before for before, after in REPLACEMENTS.items() if len(after) > len(before))
_BEFORE = re.compile(f"[{re.escape(''.join(REPLACEMENTS))}]")
_JOINS_NOTHING = re.compile(_JOINER + "(?![\u2000-\u2fff\U00010000-\U0010ffff])")  # symbols and emoji follow
_WITH_BULLET = re.compile(f"(?<=[{_BULLETS}]){_EMOJI_SELECTOR}")
_FIELD_NAME = re.compile(r"\{\{|\}\}|(\{[^{}|]*)(?=[|}])")  # doubled braces are literal and begin no field
_ALWAYS = "".join(before for before in REPLACEMENTS if before not in (_JOINER, _EMOJI_SELECTOR))
_REPLACEABLE = re.compile(f"[{re.escape(_ALWAYS)}]|{_JOINS_NOTHING.pattern}|{_WITH_BULLET.pattern}")


_MARK = re.compile("[\u0300-\u036f]")


def composed(text: str) -> str:
    """Return a text whose letters with combining marks are one character each where Unicode has one (NFC): й copied
    from a PDF as и and a breve reads the same and takes two units, and o with a diaeresis is ö only then."""
    return unicodedata.normalize("NFC", text) if _MARK.search(text) else text


@dataclass(frozen=True, slots=True)
class Change:
    """One character replaced: its `position` counted in characters from 0 in the text as it was."""

    position: int
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Replaced:
    """The text after replacement and every change in order; without changes the text is the original."""

    text: str
    changes: list[Change]


def replace_in_text(text: str, only: Collection[str] | None = None) -> str:
    """Return the text after replacement, without the list of changes. `only` limits it to these characters."""
    characters = set(_BEFORE.findall(text))
    if only is not None:
        characters &= set(only)
    if _EMOJI_SELECTOR in characters:
        text = _WITH_BULLET.sub("", text)
    if _JOINER in characters:
        text = _JOINS_NOTHING.sub("", text)
    for character in characters - {_JOINER, _EMOJI_SELECTOR}:
        text = text.replace(character, REPLACEMENTS[character])
    return text


def replace_expensive(text: str, only: Collection[str] | None = None) -> Replaced:
    """The text with all (or `only` these) typographic characters replaced, and what was changed where."""
    changes = [
        Change(match.start(), match[0], REPLACEMENTS[match[0]])
        for match in _REPLACEABLE.finditer(text)
        if only is None or match[0] in only
    ]
    return Replaced(replace_in_text(text, only), changes)


def replaceable(text: str) -> set[str]:
    """Return the characters of a text that `replace_expensive` replaces; a joiner inside an emoji is not included."""
    return {match[0] for match in _REPLACEABLE.finditer(text)}


def worth_replacing(text: str) -> set[str]:
    """Return `replaceable` without replacements that only make the text longer: in a text that stays Unicode because of
    its letters, "..." for "…" saves nothing and may cost one more SMS; and 54 of "…" are one SMS, as "..." two."""
    characters = replaceable(text)
    if not characters & LENGTHENED:
        return characters
    replaced_text = replace_in_text(text, characters)
    is_dearer = expensive_characters(replaced_text) or measure(replaced_text).parts > measure(text).parts
    return characters - LENGTHENED if is_dearer else characters


def report(text: str) -> dict[str, Any]:
    """The command line's answer for one text: encoding, units, parts, the expensive characters, the text after
    replacement and its parts, which are never more, in this order. Nothing but strings, integers and a list of strings.
    The names of merge fields are measured as they are and never replaced: they must match the list's columns."""
    size = measure(text)
    expensive_list = expensive_characters(text) if size.encoding == "UCS-2" else []
    replaced_text = _replace_outside_names(text) if expensive_list else text
    if measure(replaced_text).parts > size.parts:
        replaced_text = _replace_outside_names(text, replaceable(text) - LENGTHENED)
    if measure(replaced_text).parts > size.parts:  # a letter that Unicode decomposes, and nothing to gain
        replaced_text = text
    return {
        "encoding": size.encoding.value,
        "units": size.units,
        "parts": size.parts,
        "expensive": expensive_list,
        "mended": replaced_text,
        "mended_parts": size.parts if replaced_text == text else measure(replaced_text).parts,
    }


def _replace_outside_names(text: str, only: Collection[str] | None = None) -> str:
    """`replace_in_text` of the `composed` text except in the names of merge fields. Unlike
    `template_text.replace_in_template` it accepts malformed texts."""
    if "{" not in text:
        return replace_in_text(composed(text), only)
    output, position = [], 0
    for field_name in _FIELD_NAME.finditer(text):
        if field_name[1]:
            output += [replace_in_text(composed(text[position : field_name.start()]), only), field_name[1]]
            position = field_name.end()
    return "".join([*output, replace_in_text(composed(text[position:]), only)])


# ---- columns

_ONE_BYTE, _LEAD = 1, 2
_FLAGS = bytearray(256)
for _character in REPLACEMENTS:
    _FLAGS[_character.encode()[0]] = _LEAD if ord(_character) > 0x7F else _ONE_BYTE
_AFTERS = sorted(set(REPLACEMENTS.values()))
_KEEP = 255
_AFTER = np.full(0x10000, _KEEP, np.uint8)  # code point → index into _AFTERS
for _character, _after in REPLACEMENTS.items():
    _AFTER[ord(_character)] = _AFTERS.index(_after)


def replace_in_column(
    texts: pa.Array | pa.ChunkedArray, only: Collection[str] | None = None
) -> pa.Array | pa.ChunkedArray:
    """`replace_in_text` for each row of a column of strings; a null stays null. Chunked comes back chunked, as strings.

    Returns the same column if nothing is replaced."""
    after = _AFTER
    if only is not None:
        after = np.full_like(_AFTER, _KEEP)
        code_points_to_replace = [ord(character) for character in only if character in REPLACEMENTS]
        after[code_points_to_replace] = _AFTER[code_points_to_replace]
    blocks, changed = [], False
    for block, offsets, data in text_blocks(texts):
        replaced_block = _replace_in_block(offsets, data, after)
        changed = changed or replaced_block is not None
        blocks.append(block.cast(pa.string()) if replaced_block is None else replaced_block)
    if not changed:
        return texts
    replaced_column: pa.ChunkedArray = pa.chunked_array(blocks, pa.string())
    if texts.null_count:
        replaced_column = pc.if_else(pc.is_valid(texts), replaced_column, pa.scalar(None, pa.string()))
    if isinstance(texts, pa.ChunkedArray):
        return replaced_column
    return pa.concat_arrays(replaced_column.chunks) if isinstance(replaced_column, pa.ChunkedArray) else replaced_column


def changed_rows(texts: pa.ChunkedArray, max_rows: int) -> list[int]:
    """Return the indexes of the first `max_rows` rows that the replacement changes."""
    changed = pc.not_equal(texts, replace_in_column(texts))
    rows: list[int] = np.flatnonzero(pc.fill_null(changed, False).to_numpy())[:max_rows].tolist()
    return rows


def _replace_in_block(offsets: npt.NDArray[np.int64], data: bytes, after: npt.NDArray[np.uint8]) -> pa.Array | None:
    """Return a block's texts after replacement, or None if nothing is replaced."""
    flags = np.frombuffer(data.translate(bytes(_FLAGS)), np.uint8)
    if not flags.any():
        return None
    raw = np.frombuffer(data, np.uint8)
    singles, leads = np.flatnonzero(flags == _ONE_BYTE), np.flatnonzero(flags == _LEAD)
    points = code_points(raw, leads)
    is_replaced = after[points] != _KEEP
    is_replaced[points == ord(_JOINER)] &= ~_joining(raw, leads[points == ord(_JOINER)], offsets)
    is_replaced[points == ord(_EMOJI_SELECTOR)] &= _behind_bullet(leads, points, offsets)
    starts = np.concatenate([singles, leads[is_replaced]])
    points = np.concatenate([raw[singles].astype(np.int64), points[is_replaced]])
    kinds = after[points]
    starts, points, kinds = (column[kinds != _KEEP] for column in (starts, points, kinds))
    if not len(starts):
        return None
    out = raw.copy()
    lengths = 1 + (points > 0x7F) + (points > 0x7FF)
    removed_positions = [np.zeros(0, np.intp)]
    for kind in np.unique(kinds):
        replacement = _AFTERS[kind].encode()
        positions, long = starts[kinds == kind], lengths[kinds == kind]
        for index, byte in enumerate(replacement):
            out[positions + index] = byte
        removed_positions += [positions[long > index] + index for index in range(len(replacement), 3)]
    removed = np.sort(np.concatenate(removed_positions))
    is_kept = np.ones(len(out), np.bool_)
    is_kept[removed] = False
    ends = (offsets - np.searchsorted(removed, offsets)).astype(np.int32)
    buffers = [None, pa.py_buffer(ends), pa.py_buffer(out[is_kept])]
    return pa.Array.from_buffers(pa.string(), len(offsets) - 1, buffers)


def _joining(
    raw: npt.NDArray[np.uint8], joiners: npt.NDArray[np.intp], offsets: npt.NDArray[np.int64]
) -> npt.NDArray[np.bool_]:
    """Whether a symbol or an emoji (lead byte 0xE2, or 0xF0 and more) of the same row follows each joiner."""
    behind = joiners + 3
    ended = offsets[np.searchsorted(offsets, behind)] == behind
    lead = raw[np.minimum(behind, len(raw) - 1)]
    joining: npt.NDArray[np.bool_] = ~ended & ((lead == 0xE2) | (lead >= 0xF0))
    return joining


def _behind_bullet(
    leads: npt.NDArray[np.intp], points: npt.NDArray[np.int64], offsets: npt.NDArray[np.int64]
) -> npt.NDArray[np.bool_]:
    """Return whether a bullet, three bytes long, precedes each `_EMOJI_SELECTOR` in the same row."""
    looks = leads[points == ord(_EMOJI_SELECTOR)]
    first = offsets[np.minimum(np.searchsorted(offsets, looks), len(offsets) - 1)] == looks
    bullets = leads[np.isin(points, [ord(bullet) for bullet in _BULLETS])]
    behind: npt.NDArray[np.bool_] = np.isin(looks - 3, bullets) & ~first
    return behind
