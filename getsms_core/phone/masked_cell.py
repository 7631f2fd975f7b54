"""Cells of a list or an upload, for users who may not see whole numbers: one cell, or a column at once."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from getsms_core.base.masking import STARS, mask_own_number, mask_phone, with_ascii_digits
from getsms_core.phone import ranges
from getsms_core.phone.outcome import OUTCOMES, Outcome
from getsms_core.phone.parser import LIKE_DIGITS, check
from getsms_core.phone.vectorised import check_column

_GAP = r"[\W_]{0,3}"
_NUMBER = re.compile(
    rf"(?<!\d)(?:00)?(?P<whole>998(?:{_GAP}\d){{9}})(?!\d)"
    rf"|\+{_GAP}(?P<abroad>\d(?:{_GAP}\d){{7,14}})(?!\d)"
    rf"|(?<!\d)(?:[08]{_GAP})?(?P<local>\d(?:{_GAP}\d){{8}})(?!\d)",
    re.ASCII,
)
_DATE = re.compile(r"\d{1,2}[./-]\d{1,2}[./-](?:19|20)\d\d|(?:19|20)\d\d[./-]\d{1,2}[./-]\d{1,2}", re.ASCII)
_NUMBERS_REFUSED = {Outcome.LANDLINE, Outcome.FOREIGN, Outcome.TWO_NUMBERS, Outcome.EXTENSION}
"""Outcomes of a cell that holds a number to which no SMS can be sent, or more than one."""
_LETTERS = "".join(map(chr, LIKE_DIGITS))
_NINE_DIGITS = "(?:[0-9][^0-9]{0,5}){8}[0-9]"
_FROM_ABROAD = "[+][^0-9]{0,3}(?:[0-9][^0-9]{0,3}){7}[0-9]"
_SEVEN_DIGITS = "(?:[0-9][^0-9]{0,5}){6}[0-9]"
_LETTERS_FOR_DIGITS = f"[0-9][{_LETTERS}]|[{_LETTERS}][0-9]"
# As RE2 reads them. Each takes 0.2 s for a million cells; joined to one expression, or with `\\p{Nd}` in a repetition,
# they take a hundred times as long.
_ONLY_A_DATE = (
    r"^\s*(?:\d{1,2}[./-]\d{1,2}[./-](?:19|20)\d\d|(?:19|20)\d\d[./-]\d{1,2}[./-]\d{1,2})"
    r"(?:[ T]\d{1,2}:\d\d(?::\d\d(?:[.]\d{1,6})?)?)?\s*$"
)


def mask_cell(text: str, own_phone: int = 0) -> str:
    """Return a cell without a whole number: one that is a number in any notation (90 123-45-67) is masked, in a longer
    text every number of Uzbekistan, with or without its country code, every one from abroad with a + before it, and the
    recipient's `own_phone` inside any digits."""
    checked = check(text)
    return mask_phone(checked.number) if checked.number else _mask_inside(text, own_phone, checked.outcome)


def numbers_in(texts: Iterable[str]) -> frozenset[str]:
    """Return the last nine digits of every number that these texts hold, as `mask_text` compares them."""
    return frozenset(number[-9:] for text in texts for _place, number in _numbers(with_ascii_digits(text)))


def mask_text(text: str, own_phone: int, kept: frozenset[str] = frozenset()) -> str:
    """Return a merged text of a message without whole numbers, the recipient's own in any digits, except those of
    `kept` (`numbers_in` the texts of the campaign): a number to call stays readable, one from the list does not."""
    return _mask_numbers_inside(mask_own_number(text, own_phone), kept)


def mask_texts(texts: pa.Array, own_phones: Sequence[int], templates: Sequence[str]) -> pa.Array:
    """Return the result of `mask_text` for a column of merged texts of these texts of a campaign."""
    searched = texts
    for template in templates:
        for (start, end), _number in _numbers(with_ascii_digits(template)):
            searched = pc.replace_substring(searched, template[start:end], " x ")
    suspects = may_hold_numbers(searched)
    places = np.flatnonzero(suspects)
    if not len(places):
        return texts
    kept = numbers_in(templates)
    owned = np.asarray(own_phones, np.int64)[places].tolist()
    chosen = texts.take(pa.array(places)).to_pylist()
    masked = [mask_text(text, own_phone, kept) for text, own_phone in zip(chosen, owned, strict=True)]
    return pc.replace_with_mask(texts, pa.array(suspects), pa.array(masked, pa.string()))


def may_hold_numbers(cells: pa.Array) -> npt.NDArray[np.bool_]:
    """Return which texts of a column may hold a phone number in any notation; False is certain."""

    def having(pattern: str) -> pa.Array:
        return pc.match_substring_regex(cells, pattern)

    suspects = pc.or_(having(_NINE_DIGITS), having(_FROM_ABROAD))
    suspects = pc.or_(suspects, pc.and_(having(_SEVEN_DIGITS), having(_LETTERS_FOR_DIGITS)))
    suspects = pc.or_(suspects, having(_digits_of_other_scripts()))
    suspects = pc.fill_null(pc.and_not(suspects, having(_ONLY_A_DATE)), False)
    return np.asarray(suspects.to_numpy(zero_copy_only=False), np.bool_)


@cache
def _digits_of_other_scripts() -> str:
    """Return a class of all digits but 0 to 9 (20 ms)."""
    zeros = (code for code in range(128, 0x20000) if unicodedata.decimal(chr(code), -1) == 0)
    return "[" + "".join(f"{chr(zero)}-{chr(zero + 9)}" for zero in zeros) + "]"


def mask_cells(cells: pa.Array, own_phones: Sequence[int] | None = None) -> pa.Array:
    """Return the result of `mask_cell` for each cell of a column of texts, with the recipients' phones where they are
    given. A million numbers take a second, a cell with other words beside its digits 30 µs."""
    suspects = may_hold_numbers(cells)
    places = np.flatnonzero(suspects)
    if not len(places):
        return cells
    texts = cells.take(pa.array(places))
    numbers, outcomes = check_column(texts)
    masked = _mask_numbers(numbers)
    others = np.flatnonzero(numbers == 0)
    if len(others):
        owned = (
            np.asarray(own_phones, np.int64)[places[others]].tolist() if own_phones is not None else [0] * len(others)
        )
        refusals = (OUTCOMES[code] for code in outcomes[others])
        words = map(_mask_inside, texts.take(pa.array(others)).to_pylist(), owned, refusals)
        masked = pc.replace_with_mask(masked, pa.array(numbers == 0), pa.array(words, pa.string()))
    return pc.replace_with_mask(cells, pa.array(suspects), masked)


def _mask_numbers(numbers: npt.NDArray[np.int64]) -> pa.Array:
    digits = pa.array(numbers).cast(pa.string())
    first, last = pc.utf8_slice_codeunits(digits, 0, 5), pc.utf8_slice_codeunits(digits, 10, 12)
    return pc.binary_join_element_wise(first, pa.scalar(STARS), last, "")


def _mask_inside(text: str, own_phone: int, outcome: Outcome) -> str:
    masked = mask_text(text, own_phone)
    if masked == text and outcome in _NUMBERS_REFUSED:
        return _middle_hidden(re.sub(r"\D", "", with_ascii_digits(text)))
    return masked


def _mask_numbers_inside(text: str, kept: frozenset[str]) -> str:
    """Mask numbers with and without the country code, landlines too, and those from abroad that begin with a +; dates
    and other digits stay."""
    digits = with_ascii_digits(text)
    if sum(map(str.isdigit, digits)) < 8:
        return text
    pieces, position = [], 0
    for (start, end), number in _numbers(digits):
        if number[-9:] not in kept:
            pieces += [text[position:start], _middle_hidden(number)]
            position = end
    return "".join(pieces) + text[position:]


def _numbers(digits: str) -> Iterator[tuple[tuple[int, int], str]]:
    """Yield the places of the numbers in a text with digits 0 to 9, and their digits."""
    start = 0
    while match := _NUMBER.search(digits, start):
        kind = match.lastgroup or ""
        number = re.sub(r"\D", "", match[kind])
        if kind == "local" and not _is_local_number(match[kind], number):
            start = match.start() + 1
            continue
        yield match.span(kind), number
        start = match.end()


def _is_local_number(written: str, national: str) -> bool:
    return ranges.kind_of(int(national)) != ranges.UNASSIGNED and not _DATE.match(written)


def _middle_hidden(digits: str) -> str:
    """12 345 67 89 → 12*****89: as much stays readable as of a number that is masked with its country code."""
    return f"{digits[: max(2, len(digits) - 7)]}{STARS}{digits[-2:]}"
