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
from getsms_core.messages.uzbek import lexicon, names
from getsms_core.messages.uzbek.letters import from_cyrillic, read, to_cyrillic
from getsms_core.messages.uzbek.lexicon import LATIN_STEMS, MISSPELT, SUFFIXES
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
_UZBEK_LETTER = re.compile(f"[oOgG][{MARKS}]|[sS][{MARKS}][hH]")
_FOREIGN = (
    re.compile(  # in canonical Latin: letters and pairs of letters that Uzbek does not use, y where it does not occur
        "[wW]|[cC](?![hH])|[^\u0000-\u007fʻʼ]|(?i:(?<=[bcdfgjklmnpqrstvxz])y(?![aeiou]))|(?<=[a-z])[A-Z]"
        "|(?i:ph|gh|eu|ive$|ee(?!str)|(?<![kz])oo(?!ʻ|rgan)|[aeiou]tions?$|ought|eigh)"
    )
)
_ROMAN = re.compile("(?=.)X{0,3}(?:IX|IV|V?I{0,3})")  # IIV is the ministry of the interior and no number
_ROMAN_IN_CYRILLIC = re.compile("(?=.*[IVXІХ].)[IVXІХ]{2,}")  # Cyrillic Х and І are typed for X and I: ХХI, ХІХ
_ABBREVIATION = re.compile(
    "(?:Sh|Ch|Ya|Yu|Yo|[A-Z]ʻ?){2,}|[A-Z]ʻ?[a-z]{1,3}(?:Sh|Ch|Ya|Yu|Yo|[A-Z]){2,}|OʻzR|[OG]ʻ[a-z]+[A-Z][A-Za-z]*"
)
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
    conversion = _Conversion(text, to, source or detect(text), keep_russian, keep)
    converted = TOKEN.sub(conversion.token, text)
    return Converted(converted, sorted(conversion.warnings, key=lambda warning: warning.position))


class _Conversion:
    """One text on its way to another script: what is known of it, and the warnings so far."""

    def __init__(self, text: str, to: Script, source: Script | None, keep_russian: bool, keep: Collection[str]) -> None:
        self.text, self.to, self.source, self.keep_russian = text, to, source, keep_russian
        self.own_spans = own_word_spans(text, keep, from_cyrillic)
        self.russian, unsure = russian_sentences(text)
        self.in_names = {} if source is Script.CYRILLIC else name_lengths(text, self.own_spans, _is_foreign)
        self.warnings: list[ConversionWarning] = []
        if to is not Script.CYRILLIC:  # Russian in Cyrillic is where it belongs
            for start, end in self.russian:
                self.warn(start, text[start:end], _russian_reason(keep_russian))
            for start, end in unsure:
                self.warn(start, text[start:end], _russian_reason(was_kept=False))

    def warn(self, position: int, word: str, reason: str) -> None:
        self.warnings.append(ConversionWarning(position, word, reason))

    def token(self, match: re.Match[str]) -> str:
        """Return what a match of `TOKEN` becomes."""
        if match["kept"]:
            return self._kept(match)
        if len(match[0]) == 1 and (letter := self._letter(match)) is not None:
            return letter
        if (name := self._name(match)) is not None:
            return name
        return self._word(match)

    def _kept(self, match: re.Match[str]) -> str:
        """Return what is the same in every script, but for codes of abbreviations."""
        if self.to is Script.CYRILLIC and FUEL.fullmatch(match[0]):
            return match[0].replace("AI", "АИ")
        if self.to is Script.CYRILLIC and LIKE_A_CODE.fullmatch(match[0]):
            self.warn(match.start(), match[0], _name_reason())
        return match[0]

    def _letter(self, match: re.Match[str]) -> str | None:
        """Return a Cyrillic letter typed for a Latin one: 38 °С, level В2, vitamin С1; None for anything else."""
        letter = match[0]
        if letter in "CС" and BEFORE_A_LATIN_C.search(self.text, max(0, match.start() - 9), match.start()):
            return letter if self.to is Script.CYRILLIC else "C"
        if (
            letter in ("В", "С")
            and self.to is not Script.CYRILLIC
            and self.text[match.end() : match.end() + 1].isdigit()
        ):
            self.warn(match.start(), letter, _maybe_name_reason())
            return "B" if letter == "В" else "C"
        if letter == "e" and self.to is Script.CYRILLIC and self.text[: match.start()].endswith("u."):
            return "е"  # 100 u.e.
        return None

    def _name(self, match: re.Match[str]) -> str | None:
        """Return an own word or a name, with its suffix in the other script; None for anything else."""
        word, start = match[0], match.start()
        for own_start, own_end in self.own_spans:
            if own_start <= start < own_end:
                kept = own_end - start
                return word if kept >= len(word) else word[:kept] + self._suffix(word[kept:])
        length = self.in_names.get(start)
        if not length or (self.to is not Script.CYRILLIC and _CYRILLIC.search(word)):
            return None
        if self.to is not Script.CYRILLIC and length == len(word) and self._has_an_uzbek_letter(word):
            return None
        if self.to is Script.CYRILLIC:
            self.warn(start, word, _name_reason())
        return word if length == len(word) else word[:length] + self._suffix(word[length:])

    def _has_an_uzbek_letter(self, word: str) -> bool:
        """Return whether a word that is spelt like a name has oʻ, gʻ or sʼh: Dupoʻ, but not Mövenpick in a text that is
        not in the reformed Latin."""
        return bool(_UZBEK_LETTER.search(word) or (self.source is Script.REFORMED and _REFORMED.search(word)))

    def _suffix(self, suffix: str) -> str:
        mark = suffix[0] if suffix[0] in MARKS else ""  # Cargo'dan
        return mark + _convert_word(suffix[len(mark) :], self.to, self.source, initial=False)[0]

    def _word(self, match: re.Match[str]) -> str:
        word, tail = match[0], ""
        if word[-1] in "'‘’`" and self.text[match.start() - 1 : match.start()] in [*"'‘’`"]:
            word, tail = word[:-1], word[-1]  # 'video': the second mark closes a quotation
        initial = len(word) == 1 and self._is_initial(match)
        if behind := _MARKED_SUFFIX.search(word):
            word, tail = word[: behind.start()], behind[0][0] + self._suffix(behind[0][1:]) + tail
        after, reason = _convert_word(mended(word), self.to, self.source, initial)
        if len(word) == 1 < len(after) and word.isupper() and _among_capitals(self.text, match):
            after = after.upper()
        if self.to is not Script.CYRILLIC and _CYRILLIC.search(word):
            in_sentence = any(start <= match.start() < end for start, end in self.russian)
            if in_sentence or (len(word) > 1 and looks_russian(word)):
                kept = self.keep_russian and (in_sentence or not is_borrowable(word))
                after, reason = word if kept else after, None if in_sentence else _russian_reason(kept)
        if reason is None and self.to is Script.CYRILLIC and match.start() in self.in_names:
            reason = _maybe_name_reason()
        if reason is not None:
            self.warn(match.start(), word, reason)
        return after + tail

    def _is_initial(self, match: re.Match[str]) -> bool:
        """Return whether a single letter is not a Roman numeral: 220 V, V. Karimov, 5-V sinf."""
        text, start = self.text, match.start()
        return bool(
            (match[0] == "V" and BEFORE_A_UNIT.search(text, max(0, start - 2), start))
            or _INITIAL.match(text, match.end())
            or _BEFORE_A_LABEL.search(text[max(0, start - 3) : start])
        )


def _is_foreign(word: str) -> bool:
    return word not in names.UZBEK_ABBREVIATIONS and bool(_FOREIGN.search(read(word, reformed=False)))


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
        if name and SUFFIXES.fullmatch(from_cyrillic(name[3]).lower()):
            return word if to is Script.CYRILLIC else name[1] + name[2] + _write(from_cyrillic(name[3]), to), None
        meant = in_one_script(word, source is not Script.CYRILLIC)
        if meant == word:
            return word, _("This word mixes Cyrillic and Latin letters and was left as it is.")
        return _convert_word(meant, to, source, initial)[0], _(
            "This word mixes Cyrillic and Latin letters that look alike. Check how it is written."
        )
    if cyrillic:
        return (word, None) if to is Script.CYRILLIC else (_write(from_cyrillic(word), to), None)
    if source is Script.CYRILLIC or not latin:
        return word, None
    canonical = read(word, source is Script.REFORMED)
    abbreviation = _is_abbreviation(canonical)
    if to is not Script.CYRILLIC:
        return (word if _FOREIGN.search(canonical) and not abbreviation else _write(canonical, to)), None
    if _ROMAN.fullmatch(word) and not initial:
        return word, None
    if (
        _FOREIGN.search(canonical)
        and not abbreviation
        and canonical not in names.UZBEK_ABBREVIATIONS
        and not _is_listed(canonical.lower())
    ):
        return word, _("This word looks foreign and was left as it is.")
    written = to_cyrillic(canonical)
    if lexicon.UNSURE_TS.search(canonical) and "ц" not in written.lower():
        return written, _("The letters ts can be тс or ц here; тс was written.")
    if looks_english(canonical):
        return written, _maybe_name_reason()
    return written, None


def _is_listed(lower: str) -> bool:
    return lower in LATIN_STEMS or lower in MISSPELT


def _is_abbreviation(latin: str) -> bool:
    """Return whether a word is an abbreviation that is not in capitals alone, or one with a suffix: MChJ, OTMlar."""
    head = _ABBREVIATION.match(latin)
    return head is not None and not latin.isupper() and bool(SUFFIXES.fullmatch(latin, head.end()))


_TO_ROMAN = str.maketrans("ІХ", "IX")


def _write(canonical: str, to: Script) -> str:
    if to is Script.ASCII:
        return re.sub("[ʻʼ]", "'", canonical)
    if to is Script.REFORMED:
        return _DIGRAPH.sub(lambda match: _TO_REFORMED[match[0].lower()][match[0][0].isupper()], canonical)
    return canonical


_DIGRAPH = re.compile("oʻ|gʻ|sh|ch|(?<=s)ʼ(?=h)", re.IGNORECASE)
_TO_REFORMED = {"oʻ": "öÖ", "gʻ": "ğĞ", "sh": "şŞ", "ch": "çÇ", "ʼ": ("", "")}


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
