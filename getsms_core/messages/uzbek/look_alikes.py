"""Letters of both alphabets that look alike: typed on the wrong keyboard, they are seen by programs alone."""

import re
import unicodedata

from getsms_core.messages.uzbek.tokens import MARKS

LATIN = "aceopxyijsABCEHIJKMOPSTXY"
CYRILLIC = "асеорхуіјѕАВСЕНІЈКМОРЅТХУ"
_TO_LATIN, _TO_CYRILLIC = str.maketrans(CYRILLIC, LATIN), str.maketrans(LATIN, CYRILLIC)
_LATIN_LETTER, _CYRILLIC_LETTER = re.compile("[A-Za-z]"), re.compile("[\u0400-\u04ff]")


def in_one_script(word: str, prefer_latin: bool) -> str:
    """Return a word of mixed letters in the script that it was meant in: the one that has a letter without a twin in
    the other, where all letters of the other have one. Where all letters have one, `prefer_latin` decides; where both
    scripts have a letter without one, the word is returned unchanged."""
    latin, cyrillic = word.translate(_TO_LATIN), word.translate(_TO_CYRILLIC)
    is_latin, is_cyrillic = not _CYRILLIC_LETTER.search(latin), not _LATIN_LETTER.search(cyrillic)
    if is_latin and is_cyrillic:
        return latin if prefer_latin else cyrillic
    return latin if is_latin else cyrillic if is_cyrillic else word


def mended(word: str) -> str:
    """Return the word with the letters that keyboards produce for Uzbek ones: ӯ (Tajik) for ў, and letters with a
    combining mark; a letter and an apostrophe for ў and ғ."""
    composed = unicodedata.normalize("NFC", word) if not word.isascii() else word
    if not _CYRILLIC_LETTER.search(composed):
        return composed
    typed = composed.translate(_TYPED_FOR)
    return typed if _ANY_LATIN.search(typed) else _CYRILLIC_AND_MARK.sub(lambda pair: _TYPED_PAIRS[pair[0][0]], typed)


_ANY_LATIN = re.compile("[A-Za-zÀ-ɏḡḠ]")
_CYRILLIC_AND_MARK = re.compile(f"[ОоГг][{MARKS}]")
_TYPED_PAIRS = {"О": "Ў", "о": "ў", "Г": "Ғ", "г": "ғ"}
_TYPED_FOR = str.maketrans("ӯӮӷӶҝҜӽӼ", "ўЎғҒқҚҳҲ")
