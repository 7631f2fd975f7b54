"""The encoding of a text file: BOM, then strict UTF-8, then a guess among those that people here really use."""

import codecs
from collections.abc import Iterator
from itertools import islice

from getsms_core.sheet.kinds import Unreadable
from getsms_core.sheet.utf16 import unmarked

_BOMS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
# charset-normalizer, held to these, was wrong on 10 of 300 short lists of names where this is wrong on one.
_GUESSED = ["cp1251", "cp866", "koi8_r"]
_SAMPLE = 1 << 16
_PIECE = 1 << 22
_COMMON, _RARE = frozenset("оеаинтсрвлОЕАИНТСРВЛ"), frozenset("ъщэфцюяъЪЩЭФЦЮЯ")


def encoding_of(content: bytes) -> str:
    """The name of the encoding, for `bytes.decode`."""
    for bom, name in _BOMS.items():
        if content.startswith(bom):
            return name
    if wide := unmarked(content[:_SAMPLE]):
        return wide
    if _is_utf8(content):
        return "utf-8"
    lenient = content[: 1 << 20].decode("utf-8", "replace")
    broken, beyond = lenient.count("\ufffd"), sum(not letter.isascii() for letter in lenient)
    if beyond > 20 * broken:  # one torn character in a file of good ones
        return "utf-8"
    return _guess(content)


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
    """Lines with letters beyond ASCII decide; a price list may have its first name after many kilobytes."""
    telling = (line for line in content[: 64 * _SAMPLE].splitlines() if not line.isascii())
    sample = b"\n".join(islice(telling, 2_000))[:_SAMPLE]
    return max(_GUESSED, key=lambda name: _plausible(sample.decode(name, "replace")))


def _plausible(text: str) -> float:
    """How much a text looks like Cyrillic words: the wrong table gives iNVERTED case, frames and rare letters."""
    score, before = 0.0, " "
    for letter in text:
        if not letter.isascii():
            if not letter.isalpha():
                score -= 3
            elif letter.isupper() and before.islower():
                score -= 2
            elif before.isupper() or (letter.islower() and before.islower()):
                score += 1
            if letter in _COMMON:
                score += 1
            elif letter in _RARE:
                score -= 0.5
        before = letter
    return score


def utf8(content: bytes, encoding: str, given: bool) -> bytes:
    """The text as UTF-8 without BOM and NUL bytes. An encoding given by a person must fit to the last byte."""
    if encoding in ("utf-8", "utf-8-sig") and b"\0" not in content and _is_utf8(content):
        return content.removeprefix(codecs.BOM_UTF8)
    try:
        "".encode(encoding)  # refuses what is a codec but no encoding, such as zlib
        return b"".join(_pieces(content, encoding, "strict" if given else "replace"))
    except (UnicodeError, LookupError):
        raise Unreadable("wrong-encoding", encoding=encoding) from None


def _pieces(content: bytes, encoding: str, errors: str) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding)(errors)
    for start in range(0, len(content), _PIECE):
        end = start + _PIECE
        yield decoder.decode(content[start:end], end >= len(content)).replace("\0", "").encode("utf-8", "replace")
