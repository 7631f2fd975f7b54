"""The encoding of a text file: BOM, then strict UTF-8, then a guess among those that are used in Uzbekistan."""

import codecs
import re
from collections.abc import Iterator
from itertools import islice

from getsms_core.spreadsheet.file_type import UnreadableFile
from getsms_core.spreadsheet.utf16 import detect_without_bom

_BOMS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
# charset-normalizer, held to these, was wrong on 10 of 300 short lists of names where this is wrong on one.
_GUESSED = ["cp1251", "utf-8", "cp866", "koi8_r"]  # of equals the first
_RARE_ENCODINGS = ["mac_cyrillic", "iso8859_5"]
"""Taken only where much speaks for them. The Mac's small letters but я are where cp1251 has them."""
_SAMPLE = 1 << 16
_PIECE = 1 << 22
_AHEAD = 4.0
_DAMAGED = "\ufffd"
_CYRILLIC_WORD = re.compile("[\u0400-\u052f]+")
_APOSTROPHES = frozenset("’‘ʻʼ´")
_QUOTES = frozenset("«»“”„")
_SIGNS = frozenset("№–—…•\xa0·°©®™€\u2009\u200b\u2060\ufeff")
_LATIN_BEYOND = frozenset("çğışöüñâêîôûéèáíóúäÇĞİŞÖÜÑÂÊÎÔÛÉÈÁÍÓÚÄ")
_FOREIGN = frozenset("ЂЃѓЉЊЌЋЏђљњќћџЈјЄєІіЇїҐґЅѕ")  # of Serbian and Ukrainian, beside our own in cp1251
_COMMON, _RARE = frozenset("оеаинтсрвлОЕАИНТСРВЛ"), frozenset("ъщэфцюяъЪЩЭФЦЮЯ")


def detect_encoding(content: bytes) -> str:
    """The name of the encoding, for `bytes.decode`."""
    for bom, name in _BOMS.items():
        if content.startswith(bom):
            return name
    if wide := detect_without_bom(content[:_SAMPLE]):
        return wide
    return "utf-8" if _is_utf8(content) else _guess(content)


def _is_utf8(content: bytes) -> bool:
    if content.isascii():
        return True
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for start in range(0, len(content), _PIECE):
            decoder.decode(content[start : start + _PIECE])
        decoder.decode(b"", True)
    except UnicodeDecodeError:
        return False
    return True


def _guess(content: bytes) -> str:
    """Lines with letters beyond ASCII decide; a price list may have its first name after many kilobytes. UTF-8 with a
    few damaged characters competes as well."""
    return most_plausible(content, _GUESSED)


def most_plausible(content: bytes, names: list[str]) -> str:
    """The encoding among `names` in which the content reads most like a list from Uzbekistan, or a rare one; of
    equals the first."""
    lines = (line for line in content[: 64 * _SAMPLE].splitlines() if not line.isascii())
    sample = b"\n".join(islice(lines, 2_000))[:_SAMPLE]
    scores = {name: _plausibility(_decoded(sample, name), name == "utf-8") for name in [*names, *_RARE_ENCODINGS]}
    best = max(names, key=lambda name: scores[name])
    rare = max(_RARE_ENCODINGS, key=lambda name: scores[name])
    return rare if scores[rare] > max(scores[best] + _AHEAD, 0) else best


def _decoded(sample: bytes, name: str) -> str:
    text = sample.decode(name, "replace")
    # 0xFF is a damaged byte more often than the no-break space of cp866, which DOS programs do not write.
    return text.replace("\xa0", "█") if name == "cp866" else text


def _plausibility(text: str, as_utf8: bool) -> float:
    """Return how plausible a text is for lists from Uzbekistan.

    Cyrillic words count for an encoding; inverted case, frames, rare letters and above all a Cyrillic letter inside a
    Latin word count against it, for Uzbek in Latin letters has nothing beyond ASCII but ’ ‘ « » – №. Bytes that are
    valid UTF-8 hardly ever come by chance."""
    padded = f" {text} "
    score = sum(
        _sign_score(before, letter, after)
        for before, letter, after in zip(padded, padded[1:], padded[2:], strict=False)
        if not letter.isascii() and not _is_cyrillic(letter)
    )
    score += sum(
        _word_score(padded[word.start() - 1], word[0], padded[word.end()]) for word in _CYRILLIC_WORD.finditer(padded)
    )
    if as_utf8:
        score += 2 * sum(not letter.isascii() and letter != _DAMAGED for letter in text)
    return score


def _sign_score(before: str, letter: str, after: str) -> float:
    if letter == _DAMAGED:
        return -0.5 if before == _DAMAGED else -3
    if letter in _APOSTROPHES:
        return 1 if before.isalpha() else 0
    if letter in _QUOTES:
        return -4 if before.isalnum() and after.isalnum() else 0
    if letter in _SIGNS:
        return -3 if before.isalpha() and after.isalpha() else 0
    beside_latin = _is_latin(before) or _is_latin(after)
    if letter.isalpha():
        return 1 if letter in _LATIN_BEYOND and beside_latin else -2
    return -6 if beside_latin else -3


def _word_score(before: str, word: str, after: str) -> float:
    """For a run of Cyrillic letters and what is around it."""
    if _is_latin(before) or _is_latin(after):
        return -6
    score = -3.0 if word[0] in "ъьЪЬ" else 0.0
    for left, letter in zip(" " + word, word, strict=False):
        if letter in _FOREIGN:
            score -= 3
            continue
        if letter.isupper() and left.islower():
            score -= 2
        elif left.isupper() or (letter.islower() and left.islower()):
            score += 1
        score += 1 if letter in _COMMON else -0.5 if letter in _RARE else 0
    return score if len(word) > 2 else min(score, -1.0)  # two letters come by chance


def _is_latin(letter: str) -> bool:
    return letter.isalpha() and letter.isascii()


def _is_cyrillic(letter: str) -> bool:
    return "\u0400" <= letter < "\u0530"


def to_utf8(content: bytes, encoding: str, given: bool) -> bytes:
    """The text as UTF-8 without BOM and NUL bytes. An encoding that the user chose must fit to the last byte."""
    if encoding in ("utf-8", "utf-8-sig") and b"\0" not in content and _is_utf8(content):
        return content.removeprefix(codecs.BOM_UTF8)
    try:
        "".encode(encoding)  # refuses what is a codec but no encoding, such as zlib
        return b"".join(_pieces(content, encoding, "strict" if given else "replace"))
    except (UnicodeError, LookupError):
        raise UnreadableFile("wrong-encoding", encoding=encoding) from None


def _pieces(content: bytes, encoding: str, errors: str) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding)(errors)
    for start in range(0, len(content), _PIECE):
        end = start + _PIECE
        yield decoder.decode(content[start:end], end >= len(content)).replace("\0", "").encode("utf-8", "replace")
