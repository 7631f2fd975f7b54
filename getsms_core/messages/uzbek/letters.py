"""The letters of Uzbek: between Cyrillic and today's Latin with ʻ and ʼ, the canonical spelling, word by word."""

import re

from getsms_core.messages.uzbek import lexicon
from getsms_core.messages.uzbek.lexicon import ABBREVIATION, LATIN_STEMS, MISSPELT, SUFFIXES
from getsms_core.messages.uzbek.tokens import MARKS


def read(word: str, reformed: bool) -> str:
    """Any Latin spelling as today's Latin with ʻ and ʼ."""
    if not reformed and word.isascii() and word.isalpha():
        return word
    if reformed:
        word = re.sub("(s)(?=h)", r"\1ʼ", word, flags=re.IGNORECASE)  # s and h, for the digraph would be ş
    word = re.sub("[öōõŏÖŌÕŎ]", lambda match: "oʻ" if match[0].islower() else "Oʻ", word)
    word = re.sub("[ğḡǧĞḠǦ]", lambda match: "gʻ" if match[0].islower() else "Gʻ", word)
    word = re.sub("[şçŞÇ]", lambda match: _cased("sh" if match[0] in "şŞ" else "ch", word, match.start()), word)
    word = re.sub(f"([oOgG])[{MARKS}]", r"\1ʻ", word)
    return re.sub(f"(?<![oOgG])[{MARKS}]|(?<=[ʻ])[{MARKS}]", "ʼ", word)


def _cased(letters: str, word: str, index: int) -> str:
    """Several letters for the one at `index`: SH in SHAHAR, Sh in Shahar and in an initial alone."""
    if not word[index].isupper():
        return letters
    if word[index - 1 : index].isupper():
        return letters.upper()  # АҚШда: an abbreviation with a suffix
    neighbours = [c for c in word[index + 1 :] + word[:index][::-1] if c.isupper() or c.islower()]
    return letters.upper() if neighbours and neighbours[0].isupper() else letters.capitalize()


_PLAIN = dict(zip("абвгджзийклмнопрстуфхэқҳы", "abvgdjziyklmnoprstufxeqhi", strict=True))
_PLAIN |= {"ё": "yo", "ю": "yu", "я": "ya", "ч": "ch", "ш": "sh", "щ": "sh", "ў": "oʻ", "ғ": "gʻ"}
_VOWELS = "аеёиоуэюяўы"


def from_cyrillic(word: str) -> str:
    """Return a Cyrillic word in today's Latin with ʻ and ʼ."""
    lower = word.lower()
    head = ABBREVIATION.match(word)
    if head and SUFFIXES.fullmatch(suffix := _letters(word, head.end())):
        return "".join(_letters(letter, 0).capitalize() for letter in head[0]) + suffix
    if (mixed := _MIXED_ABBREVIATION.match(word)) and SUFFIXES.fullmatch(suffix := _letters(word, mixed.end())):
        return _letters(mixed[1], 0) + "".join(_letters(letter, 0).capitalize() for letter in mixed[2]) + suffix
    for stem, latin in _CYRILLIC_STEMS.get(lower[:3], ()):
        if lower.startswith(stem):
            written = latin.upper() if word[: len(stem)].isupper() else latin
            written = latin.capitalize() if word[0].isupper() and not word[1:].isupper() else written
            return written + _letters(word, len(stem))
    return _letters(word, 0)


_MIXED_ABBREVIATION = re.compile("([А-ЯЎҚҒҲ][а-яўқғҳ]{1,3})([А-ЯЁЎҚҒҲ]{2,})")  # ТошДШУ: ToshDShU


def _letters(word: str, start: int) -> str:
    lower = word.lower()
    written: list[str] = []
    for index in range(start, len(word)):
        letter, before, following = lower[index], lower[index - 1 : index], lower[index + 1 : index + 2]
        if letter == "е":
            latin = "ye" if not before or before in _VOWELS + "ъь" else "e"
        elif letter == "ц":
            latin = "" if before == "ц" else "ts" if before and before in _VOWELS else "s"
        elif letter == "ж" and before == "д" and lexicon.DJ_IS_J.match(lower, max(0, index - 2)):
            latin, written[-1] = "", "J" if written[-1] == "D" else "j"
        elif letter == "ъ":
            # dropped after ў and in объект, kept in маъюс
            latin = "" if before == "ў" or (following and following in "еёюя" and before not in [*_VOWELS]) else "ʼ"
        elif letter == "ь":
            latin = "y" if following and following in "ои" else ""
        elif letter == "ҳ" and before == "с":
            latin = "ʼh"
        else:
            latin = _PLAIN.get(letter, word[index])
        written.append(_cased(latin, word, index) if len(latin) > 1 and latin[0].isalpha() and letter != "ў" else latin)
        if word[index].isupper() and (len(latin) == 1 or latin in ("oʻ", "gʻ", "ʼh")):
            written[-1] = latin.upper()
    return "".join(written)


_SOUNDS = re.compile("yoʻ|sʼh|oʻ|gʻ|sh|ch|yo|yu|ya|ye|ts(?!h)|.", re.IGNORECASE)
_LETTERS = {latin: cyrillic for cyrillic, latin in _PLAIN.items() if cyrillic not in "эыщ"}
_LETTERS |= {"yoʻ": "йў", "sʼh": "сҳ", "ts": "тс", "ʼ": "ъ", "ʻ": "ъ", "e": "е"}


def to_cyrillic(latin: str) -> str:
    """Return a word in today's Latin with ʻ and ʼ, as `read` returns it, in Cyrillic."""
    if whole := lexicon.WHOLE_WORDS.get(latin):
        return whole
    lower = latin.lower()
    for stem, cyrillic in _STEMS_BY_BEGINNING.get(lower[:3], ()):
        if lower.startswith(stem) and SUFFIXES.fullmatch(lower, len(stem)):
            head = latin[: len(stem)]
            if cyrillic[0].isupper() and not (head.isupper() if cyrillic.isupper() else head[0].isupper()):
                continue
            if lower != stem:
                cyrillic = cyrillic.removesuffix("ь")  # октябрь, but октябрда
            return _in_case_of(head, cyrillic) + _sounds(latin, len(stem))
    for beginning, cyrillic in _BEGINNINGS.get(lower[:3], ()):
        if lower.startswith(beginning):
            return _in_case_of(latin[: len(beginning)], cyrillic) + _sounds(latin, len(beginning))
    if compound := lexicon.COMPOUND.match(latin):
        return _sounds(compound[0], 0) + to_cyrillic(latin[compound.end() :])
    return _sounds(latin, 0)


def has_borrowed_stem(lower: str) -> bool:
    """Return whether a word in small letters of today's Latin is one of `lexicon.LATIN_STEMS`, with or without a
    suffix."""
    return any(
        lower.startswith(stem) and SUFFIXES.fullmatch(lower, len(stem))
        for stem, _ in _STEMS_BY_BEGINNING.get(lower[:3], ())
    )


def _in_case_of(latin: str, cyrillic: str) -> str:
    """Return the Cyrillic with the capitals of the Latin."""
    if latin.isupper():
        return cyrillic.upper()
    return cyrillic.capitalize() if latin[0].isupper() else cyrillic


def _sounds(latin: str, start: int) -> str:
    lower, written = latin.lower(), ""
    for match in _SOUNDS.finditer(latin, start):
        letters, index = match[0], match.start()
        sound = letters.lower()
        before = lower[index - 1 : index] if index else ""
        if sound == "e":  # е after i: klient, the way it is often written
            begins = not before or (letters == "E" and latin[index - 1].islower())  # OʻzEkspo
            cyrillic = "э" if begins or (before != "i" and _is_vowel(lower, index - 1)) else "е"
        elif sound == "ye":
            is_plain = not before or before == "ʼ" or _is_vowel(lower, index - 1)
            cyrillic = "е" if is_plain else "ъе" if lower[:index] in _PREFIXES else "ье"
        elif (sound == "ts" and lexicon.TS_IS_ONE_LETTER.match(lower, index)) or (
            sound == "s" and lower.startswith("i", index + 1) and _SION.match(lower, index)
        ):
            cyrillic = "ц"
        elif sound == "l" and lower[index + 1 : index + 2] in _BEHIND_SOFT_L and lexicon.SOFT_L.match(lower, index):
            cyrillic = "ль"
        else:
            cyrillic = _LETTERS.get(sound, letters)
        if letters == sound and letters != "ʼ":
            written += cyrillic
            continue
        capital = letters[0].isupper() or (
            letters == "ʼ" and latin[index - 1 : index].isupper() and latin[index + 1 :].isupper()
        )
        several = cyrillic.upper() if letters[1:].isupper() else cyrillic.capitalize()
        written += (several if len(cyrillic) > 1 else cyrillic.upper()) if capital else cyrillic
    return written


def _is_vowel(lower: str, index: int) -> bool:
    return lower[index] in "aeiouʻ" and lower[index - 1 : index + 1] != "gʻ"


_BEHIND_SOFT_L = ("n", "s", "")
_SION = re.compile("(?<=[nkpb])siya|(?<=[kpb])sion|(?<=stan)sion")
"""An s that is ц: aksiya, infeksion, stansion; not pensioner."""
_PREFIXES = ("ob", "sub", "ad", "kon", "in", "s", "raz", "pod", "trans")
_STEMS = LATIN_STEMS | MISSPELT


def _by_beginning(stems: dict[str, str]) -> dict[str, list[tuple[str, str]]]:
    """Return the stems with what each becomes, in order, by their first three letters."""
    grouped: dict[str, list[tuple[str, str]]] = {}
    for stem, written in stems.items():
        grouped.setdefault(stem[:3], []).append((stem, written))
    return grouped


_STEMS_BY_BEGINNING = _by_beginning(_STEMS)
_BEGINNINGS = _by_beginning(lexicon.BEGINNINGS)
_CYRILLIC_STEMS = _by_beginning(
    {
        cyrillic.lower().rstrip("ь"): latin
        for latin, cyrillic in LATIN_STEMS.items()
        if _letters(cyrillic.lower(), 0) != latin
    }
)
