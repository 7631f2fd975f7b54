"""Uzbek between its scripts: Cyrillic, today's Latin, the reformed Latin and Latin with ASCII apostrophes.

    cyrillic   Ўзбекистон, маъно, шаҳар, чой, ғалаба
    latin      Oʻzbekiston, maʼno, shahar, choy, gʻalaba   ʻ is U+02BB, ʼ is U+02BC
    reformed   Özbekiston, maʼno, şahar, çoy, ğalaba
    ascii      O'zbekiston, ma'no, shahar, choy, g'alaba   the only one that is always GSM-7

Sources: the Latin alphabet of 2 September 1993 as amended on 6 May 1995; the spelling rules of 24 August 1995 (ц is ts
after a vowel and s elsewhere, е is ye at the start and after vowels, ь is dropped, с and ҳ that meet are sʼh, no ʼ
after oʻ); the table of the UNGEGN Working Group on Romanization Systems (report 2.2, 2003). No reform is law yet and
the drafts differ: ş and ğ are in most, ч is ç (2021) or c (2023), ў is ö, ō (2021) or õ (2023). Written are ş ç ö ğ;
ō õ ŏ ḡ ǧ are read as well, c for ч is not. Of these only ö and Ç are GSM-7.

Ours, and not a library: see docs/architecture.md for what was measured.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from getsms_core.base.i18n import _
from getsms_core.messages.uzbek import lexicon
from getsms_core.messages.uzbek.lexicon import ABBREVIATION, LATIN_STEMS, MISSPELT, SUFFIXES
from getsms_core.messages.uzbek.look_alikes import in_one_script, mended
from getsms_core.messages.uzbek.name_detection import name_lengths, own_word_spans
from getsms_core.messages.uzbek.name_spelling import looks_english
from getsms_core.messages.uzbek.russian_detection import is_borrowable, looks_russian, russian_sentences
from getsms_core.messages.uzbek.tokens import BEFORE_A_LATIN_C, BEFORE_A_UNIT, FUEL, LIKE_A_CODE, MARKS, TOKEN


class Script(StrEnum):
    """The ways to write Uzbek; see the module's table."""

    CYRILLIC = "cyrillic"
    LATIN = "latin"
    REFORMED = "reformed"
    ASCII = "ascii"


@dataclass(frozen=True, slots=True)
class ConversionWarning:
    """A word or sentence that the user should check: its `position` in the original text, counted in characters from 0,
    the original word, and the reason."""

    position: int
    word: str
    reason: str


@dataclass(frozen=True, slots=True)
class Converted:
    """The converted text and the warnings about it, in order."""

    text: str
    warnings: list[ConversionWarning]


_CYRILLIC, _LATIN = re.compile("[\u0400-\u04ff]"), re.compile("[A-Za-zÀ-ɏḡḠ]")
_REFORMED = re.compile("[öōõŏğḡǧşçÖŌÕŎĞḠǦŞÇ]")
_FOREIGN = (
    re.compile(  # in canonical Latin: letters and pairs of letters that Uzbek does not use, y where it does not occur
        "[wW]|[cC](?![hH])|[^\u0000-\u007fʻʼ]|(?i:(?<=[bcdfgjklmnpqrstvxz])y(?![aeiou]))|(?<=[a-z])[A-Z]"
        "|(?i:ph|gh|eu|ive$|ee(?!str)|(?<![kz])oo|[aeiou]tions?$|ought|eigh)"
    )
)
_ROMAN = re.compile("(?=.)X{0,3}(?:IX|IV|V?I{0,3})")  # IIV is the ministry of the interior and no number
_ROMAN_IN_CYRILLIC = re.compile("(?=.*[IVXІХ].)[IVXІХ]{2,}")  # Cyrillic Х and І are typed for X and I: ХХI, ХІХ
_ABBREVIATION = re.compile("(?:Sh|Ch|Ya|Yu|Yo|[A-Z]ʻ?){2,}|[A-Z]ʻ?[a-z]{1,3}[A-Z]{2,}|OʻzR|[OG]ʻ[a-z]+[A-Z][A-Za-z]*")
"""MChJ, YaTT; OʻzMU, ToshDTU. A suffix may follow: MChJga."""
_NAME_AND_SUFFIX = re.compile(
    f"([A-Za-z]{{2,}})([{MARKS}]?)([а-яўқғҳ]+|(?<=[{MARKS}])[А-ЯЎҚҒҲ]+)"
)  # Telegramда, Click'да
_WORD_BEHIND, _WORD_BEFORE = re.compile(r"[^\w\n]*([^\W\d_]{2,})"), re.compile(r"([^\W\d_]{2,})[^\w\n]*$")
_INITIAL = re.compile(r"\.\s?[A-Z]")
_BEFORE_A_LABEL = re.compile('\\d-[«“"]?$')  # 5-V, 5-«V» sinf


def detect(text: str) -> Script | None:
    """The script that most letters of the text are in; None without letters. Addresses, merge fields and codes are not
    counted, nor are Russian sentences beside Latin. Latin without any special letter is `ASCII`."""
    words = " ".join(match["word"] for match in TOKEN.finditer(text) if match["word"])
    cyrillic, latin = len(_CYRILLIC.findall(words)), len(_LATIN.findall(words))
    if cyrillic > latin > 0 and (russian := russian_sentences(text).certain):
        outside = " ".join(
            match["word"]
            for match in TOKEN.finditer(text)
            if match["word"] and not any(start <= match.start() < end for start, end in russian)
        )
        if _LATIN.search(outside):
            cyrillic, latin, words = len(_CYRILLIC.findall(outside)), len(_LATIN.findall(outside)), outside
    if cyrillic or latin:
        if cyrillic > latin:
            return Script.CYRILLIC
        if _REFORMED.search(words):
            return Script.REFORMED
        return Script.LATIN if re.search(f"[{MARKS.replace(chr(39), '')}]", words) else Script.ASCII
    return None


def convert(
    text: str, to: Script, *, source: Script | None = None, keep_russian: bool = True, keep: Collection[str] = ()
) -> Converted:
    """The text in another script.

    `{fields}`, web and mail addresses, @handles, #tags, numbers and codes stay as they are; so do the words and groups
    of words of `keep` (own brands, in any case; a suffix after them is converted) and, in a Cyrillic text, Latin words.
    Russian is not converted and is reported in the warnings; with `keep_russian=False` it is converted and reported.
    `source` is the script of the text where `detect` would be wrong."""
    source = source or detect(text)
    own_spans = own_word_spans(text, keep, _from_cyrillic)
    russian, unsure = russian_sentences(text)
    warnings = [ConversionWarning(start, text[start:end], _russian_reason(keep_russian)) for start, end in russian]
    warnings += [ConversionWarning(start, text[start:end], _russian_reason(was_kept=False)) for start, end in unsure]
    in_names = (
        name_lengths(text, own_spans, lambda word: bool(_FOREIGN.search(_read(word, reformed=False))))
        if source is not Script.CYRILLIC
        else {}
    )

    def suffix_of(suffix: str) -> str:
        mark = suffix[0] if suffix[0] in MARKS else ""  # Cargo'dan
        return mark + _convert_word(suffix[len(mark) :], to, source, initial=False)[0]

    def word(match: re.Match[str]) -> str:
        before = match[0]
        if match["kept"]:
            if to is Script.CYRILLIC and FUEL.fullmatch(before):
                return before.replace("AI", "АИ")
            if to is Script.CYRILLIC and LIKE_A_CODE.fullmatch(before):
                warnings.append(ConversionWarning(match.start(), before, _name_reason()))
            return before
        if before in "CС" and BEFORE_A_LATIN_C.search(text, max(0, match.start() - 9), match.start()):
            return before if to is Script.CYRILLIC else "C"
        if before in ("В", "С") and to is not Script.CYRILLIC and text[match.end() : match.end() + 1].isdigit():
            warnings.append(ConversionWarning(match.start(), before, _maybe_name_reason()))
            return "B" if before == "В" else "C"  # level B2, vitamin C1
        own = next((end for start, end in own_spans if start <= match.start() < end), None) if own_spans else None
        if own is not None:
            return before if match.end() <= own else text[match.start() : own] + suffix_of(text[own : match.end()])
        if (length := in_names.get(match.start())) and (to is Script.CYRILLIC or not _CYRILLIC.search(before)):
            name, suffix = before[:length], before[length:]
            if to is Script.CYRILLIC:
                warnings.append(ConversionWarning(match.start(), before, _name_reason()))
            return name + suffix_of(suffix) if suffix else name
        tail = ""
        if before[-1] in "'‘’`" and text[match.start() - 1 : match.start()] in [*"'‘’`"]:
            before, tail = before[:-1], before[-1]  # 'video': the second mark closes a quotation
        initial = len(before) == 1 and bool(
            (before == "V" and BEFORE_A_UNIT.search(text, max(0, match.start() - 2), match.start()))
            or _INITIAL.match(text, match.end())
            or _BEFORE_A_LABEL.search(text[max(0, match.start() - 3) : match.start()])
        )
        if behind := _MARKED_SUFFIX.search(before):
            before, tail = before[: behind.start()], behind[0][0] + suffix_of(behind[0][1:]) + tail
        after, reason = _convert_word(mended(before), to, source, initial)
        if len(before) == 1 < len(after) and before.isupper() and _among_capitals(text, match):
            after = after.upper()
        if to is not Script.CYRILLIC and _CYRILLIC.search(before):
            in_sentence = any(start <= match.start() < end for start, end in russian)
            if in_sentence or looks_russian(before):
                kept = keep_russian and (in_sentence or not is_borrowable(before))
                after, reason = before if kept else after, None if in_sentence else _russian_reason(kept)
        reason = reason or (_maybe_name_reason() if match.start() in in_names and to is Script.CYRILLIC else None)
        if reason is not None:
            warnings.append(ConversionWarning(match.start(), before, reason))
        return after + tail

    if to is Script.CYRILLIC:
        warnings.clear()  # Russian in Cyrillic is where it belongs
    converted = TOKEN.sub(word, text)
    return Converted(converted, sorted(warnings, key=lambda warning: warning.position))


_MARKED_SUFFIX = re.compile(  # Samarqand'da, OTM'lar, Ali'ning; not ma'no, va'da
    f"(?:(?<=[bdfhjklmnpqrstvxyz])|(?<=[A-Z][A-Z])|(?<=[A-Za-z{MARKS}][A-Za-z][aeiu])"
    "|(?<=[aeiu][a-z]o)(?=['’`´])|(?<=[aeiu][a-z][a-z]o)(?=['’`´]))"  # Zuhro'ning; ʻ is always the letter ў
    f"[{MARKS}](?:da|dan|ga|ni|ning|lar|dagi|gacha)$"
)


def _among_capitals(text: str, letter: re.Match[str]) -> bool:
    """Return whether the word after a single capital (before it, if it is the last) is in capitals: Ш. in «Ш.
    РАШИДОВ»."""
    near = _WORD_BEHIND.match(text, letter.end()) or _WORD_BEFORE.search(
        text[max(0, letter.start() - 60) : letter.start()]
    )
    return near is not None and near[1].isupper()


def _convert_word(word: str, to: Script, source: Script | None, initial: bool) -> tuple[str, str | None]:
    """Return the word in the other script and the reason to check it, if any. An `initial` is not a Roman numeral."""
    if _ROMAN_IN_CYRILLIC.fullmatch(word) and _ROMAN.fullmatch(roman := word.translate(_TO_ROMAN)):
        return (word if to is Script.CYRILLIC else roman), None
    cyrillic, latin = _CYRILLIC.search(word), _LATIN.search(word)
    if cyrillic and latin:
        name = _NAME_AND_SUFFIX.fullmatch(word)
        if name and SUFFIXES.fullmatch(_from_cyrillic(name[3]).lower()):
            return word if to is Script.CYRILLIC else name[1] + name[2] + _write(_from_cyrillic(name[3]), to), None
        meant = in_one_script(word, source is not Script.CYRILLIC)
        if meant == word:
            return word, _("This word mixes Cyrillic and Latin letters and was left as it is.")
        return _convert_word(meant, to, source, initial)[0], _(
            "This word mixes Cyrillic and Latin letters that look alike. Check how it is written."
        )
    if cyrillic:
        return (word, None) if to is Script.CYRILLIC else (_write(_from_cyrillic(word), to), None)
    if source is Script.CYRILLIC or not latin:
        return word, None
    canonical = _read(word, source is Script.REFORMED)
    abbreviation = _is_abbreviation(canonical)
    if to is not Script.CYRILLIC:
        return (word if _FOREIGN.search(canonical) and not abbreviation else _write(canonical, to)), None
    if _ROMAN.fullmatch(word) and not initial:
        return word, None
    if _FOREIGN.search(canonical) and not abbreviation and canonical.lower() not in _STEMS:
        return word, _("This word looks foreign and was left as it is.")
    written = _to_cyrillic(canonical)
    if lexicon.UNSURE_TS.search(canonical) and "ц" not in written.lower():
        return written, _("The letters ts can be тс or ц here; тс was written.")
    if looks_english(canonical):
        return written, _maybe_name_reason()
    return written, None


def _is_abbreviation(latin: str) -> bool:
    """Return whether a word is an abbreviation that is not in capitals alone, or one with a suffix: MChJ, OTMlar."""
    head = _ABBREVIATION.match(latin)
    return head is not None and not latin.isupper() and bool(SUFFIXES.fullmatch(latin, head.end()))


_TO_ROMAN = str.maketrans("ІХ", "IX")


# ---- between the Latin scripts


def _read(word: str, reformed: bool) -> str:
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


def _write(canonical: str, to: Script) -> str:
    if to is Script.ASCII:
        return re.sub("[ʻʼ]", "'", canonical)
    if to is Script.REFORMED:
        return _DIGRAPH.sub(lambda match: _TO_REFORMED[match[0].lower()][match[0][0].isupper()], canonical)
    return canonical


_DIGRAPH = re.compile("oʻ|gʻ|sh|ch|(?<=s)ʼ(?=h)", re.IGNORECASE)
_TO_REFORMED = {"oʻ": "öÖ", "gʻ": "ğĞ", "sh": "şŞ", "ch": "çÇ", "ʼ": ("", "")}


def _cased(letters: str, word: str, index: int) -> str:
    """Several letters for the one at `at`: SH in SHAHAR, Sh in Shahar and in an initial alone."""
    if not word[index].isupper():
        return letters
    if word[index - 1 : index].isupper():
        return letters.upper()  # АҚШда: an abbreviation with a suffix
    neighbours = [c for c in word[index + 1 :] + word[:index][::-1] if c.isupper() or c.islower()]
    return letters.upper() if neighbours and neighbours[0].isupper() else letters.capitalize()


# ---- Cyrillic and canonical Latin

_PLAIN = dict(zip("абвгджзийклмнопрстуфхэқҳы", "abvgdjziyklmnoprstufxeqhi", strict=True))
_PLAIN |= {"ё": "yo", "ю": "yu", "я": "ya", "ч": "ch", "ш": "sh", "щ": "sh", "ў": "oʻ", "ғ": "gʻ"}
_VOWELS = "аеёиоуэюяўы"


def _from_cyrillic(word: str) -> str:
    lower = word.lower()
    head = ABBREVIATION.match(word)
    if head and SUFFIXES.fullmatch(suffix := _letters(word, head.end())):
        return "".join(_letters(letter, 0).capitalize() for letter in head[0]) + suffix
    for stem, latin in _CYRILLIC_STEMS.get(lower[:2], ()):
        if lower.startswith(stem):
            written = latin.upper() if word[: len(stem)].isupper() else latin
            written = latin.capitalize() if word[0].isupper() and not word[1:].isupper() else written
            return written + _letters(word, len(stem))
    return _letters(word, 0)


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


def _to_cyrillic(latin: str) -> str:
    if whole := lexicon.WHOLE_WORDS.get(latin):
        return whole
    lower = latin.lower()
    for stem, cyrillic in _STEMS_BY_BEGINNING.get(lower[:2], ()):
        if lower.startswith(stem) and SUFFIXES.fullmatch(lower, len(stem)):
            head = latin[: len(stem)]
            if cyrillic[0].isupper() and not (head.isupper() if cyrillic.isupper() else head[0].isupper()):
                continue
            if lower != stem:
                cyrillic = cyrillic.removesuffix("ь")  # октябрь, but октябрда
            return _in_case_of(head, cyrillic) + _sounds(latin, len(stem))
    for beginning, cyrillic in _BEGINNINGS.get(lower[:2], ()):
        if lower.startswith(beginning):
            return _in_case_of(latin[: len(beginning)], cyrillic) + _sounds(latin, len(beginning))
    if compound := lexicon.COMPOUND.match(latin):
        return _sounds(compound[0], 0) + _to_cyrillic(latin[compound.end() :])
    return _sounds(latin, 0)


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
            cyrillic = "э" if not before or (before != "i" and _is_vowel(lower, index - 1)) else "е"
        elif sound == "ye":
            is_plain = not before or before == "ʼ" or _is_vowel(lower, index - 1)
            cyrillic = "е" if is_plain else "ъе" if lower[:index] in _PREFIXES else "ье"
        elif (sound == "ts" and lexicon.TS_IS_ONE_LETTER.match(lower, index)) or (
            sound == "s" and _is_ts_after_a_consonant(lower, index)
        ):
            cyrillic = "ц"
        elif sound == "l" and lower.startswith("n", match.end()) and lexicon.SOFT_L.match(lower, index):
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


_SION = re.compile("(?<=[nkpb])siya|(?<=[kpb])sion|(?<=stan)sion")


def _is_ts_after_a_consonant(lower: str, index: int) -> bool:
    """Return whether an s is ц: aksiya, infeksion, distansion; not pensioner."""
    return lower[index + 1 : index + 2] == "i" and _SION.match(lower, index) is not None


_PREFIXES = ("ob", "sub", "ad", "kon", "in", "s", "raz", "pod", "trans")
_STEMS = LATIN_STEMS | MISSPELT


def _by_beginning(stems: dict[str, str]) -> dict[str, list[tuple[str, str]]]:
    """Return the stems with what each becomes, in order, by their first two letters."""
    grouped: dict[str, list[tuple[str, str]]] = {}
    for stem, written in stems.items():
        grouped.setdefault(stem[:2], []).append((stem, written))
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


def _name_reason() -> str:
    return _("This looks like a name or an English word and was left as it is.")


def _maybe_name_reason() -> str:
    return _("This word may be a name or English. Check how it is written.")


def _russian_reason(was_kept: bool) -> str:
    return (
        _("This looks Russian and was left as it is.")
        if was_kept
        else _("This looks Russian. Check how it is written.")
    )
