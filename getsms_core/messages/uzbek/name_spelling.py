"""Find names that no list has by how they are spelt and where their capitals stand."""

import re
from collections.abc import Sequence

from getsms_core.messages.uzbek import letter_pairs, letters, names
from getsms_core.messages.uzbek.lexicon import SUFFIXES
from getsms_core.messages.uzbek.tokens import MARKS

SURELY_FOREIGN, MAYBE_FOREIGN, BEFORE_A_NAME, MAYBE_IN_A_LIST, NAMED_BEFORE_A_HEAD = 4, 2, -3, -5, -12
"""Scores of `letter_pairs.foreign` from which a word with a capital within a sentence is a name, from which it may be
one, those for a word before or after another name: "Zara va Mango", and the one from which a first word is named before
a word such as Bank: "Trust Bank". Measured: of 125 brands that are in no list
52 score from 4 and 70 from 2; of the names of people and places in Uzbek sentences a tenth does from 2, and
`names.PEOPLE_AND_PLACES` has those."""
MAYBE_WITHIN_A_SENTENCE = -3
"""From this score a word with a capital within a sentence is named, and written in Cyrillic. Measured against 2: of 48
brands that are spelt like Uzbek, in no list, 34 are named instead of 14; of 1,336 lines without a Latin name 38 have
a warning."""
UZBEK_WORDS = (
    "^(?:va|uchun|bilan|bu|siz|sizga|sizning|biz|bizda|bizning|har|bir|yangi|katta|faqat|bugun|soat|kun|kuni|yil|ham|yoki"
    "|barcha|eng|hech|bor|kerak|bepul|olib|hoziroq|mijoz|hurmatli)$"
)
UZBEK_WORD = re.compile(
    UZBEK_WORDS + "|.*(?:imiz|ingiz|lar|lari|gi)$|(?:endi|hozir|ertaga|kecha|toshkent|sizni|bizni)$", re.IGNORECASE
)

_NOT_FOREIGN = -100.0
_MARKED_WORD = re.compile(f"[{MARKS}]")  # Raʼno, Gʻafur
SUFFIX_OF_NAME = re.compile("(?<=....)(?:lar)?(?:ning|dagi|dan|gacha|da|ga|ni)$")
_UZBEK_NAME = re.compile(
    "(?<=..)(?:jon|bek|xon|oy|[oe]va?|vich|vna|obod|kent|yor|dod|iddin|ulla|gul|noza|nisa|boy|tepa|iston|[lnrtv]sk|skiy|skaya)$"
)
_ENDS_A_SENTENCE = re.compile("[.!?:\\n]")
_WITHIN_A_SENTENCE = re.compile('[,:]? [«“"]?')


_UNUSUAL = re.compile(
    "(?<=[bdfghjklmnpqrstvxz])e$|ou(?!tb|ming|ter|si)|^kn|[ao]ys$|th|kh|[aeiou]{3}|ai[lr]|ain$|ers$|ium$", re.IGNORECASE
)
"""How English words are written and hardly any word of Uzbek: Magne, Boulevard, Knopf."""
_NOT_ENGLISH = re.compile(
    "mavze|kafe|kofe|kupe|shosse|rezyume|turne|klishe|pyure|tire|kashne|karate|(?:sath|shou|tailand).*"
    "|(?:prem|pod|simpoz|prezid|konsil|op|atr|solar|akvar|planetar|terrar)ium.*|(?:pr|ser|dis|epiz)ays?",
    re.IGNORECASE,
)


def looks_english(word: str) -> bool:
    """Return whether a word is written like English: it is named, and left as it is with a capital."""
    return len(word) > 3 and bool(_UNUSUAL.search(word)) and not _NOT_ENGLISH.fullmatch(word.lower())


def names_by_spelling(
    text: str, tokens: Sequence[re.Match[str]], stems: Sequence[str], lengths: Sequence[int]
) -> dict[int, int]:
    """Return the words that are names by their spelling: index of the token to the length of the name, 0 where it may
    be one. `lengths` are those of the names that are known."""
    found = _names_at_the_start(text, tokens, stems, lengths)
    has_quotes = "«" in text or "“" in text or '"' in text
    for index, stem in enumerate(stems):
        if not stem[:1].isupper():
            continue
        previous = _previous_in_list(text, tokens, stems, index)
        if lengths[index]:
            if previous is not None and not lengths[previous] and is_unknown(stems[previous], MAYBE_IN_A_LIST):
                is_name = is_unknown(stems[previous], BEFORE_A_NAME)
                found[previous] = found.get(previous) or (len(stems[previous]) if is_name else 0)
            continue
        if not stem[1:].islower():
            if _may_be_foreign_abbreviation(stem, stems[max(0, index - 1) : index + 2]):
                found[index] = 0
            continue
        follows_name = previous is not None and (lengths[previous] or found.get(previous)) == len(stems[previous])
        is_marked = follows_name or _is_marked(text, tokens, index)
        is_quoted = has_quotes and _is_quoted(text, tokens[index].start())
        is_english = looks_english(stem)
        if not is_marked and not is_quoted and not is_english:
            continue
        score, length = _score(stem)
        if score > _NOT_FOREIGN and _is_borrowed(stem):
            found[index] = 0  # Leypsig, Delta: a word or a name
            continue
        if is_english and score > _NOT_FOREIGN:
            found[index] = length
            continue
        surely = MAYBE_IN_A_LIST if follows_name and not UZBEK_WORD.match(stem) else SURELY_FOREIGN
        if score >= surely and is_marked and not is_quoted:
            found[index] = length
            if not (previous is None or lengths[previous] or found.get(previous)) and is_unknown(
                stems[previous], BEFORE_A_NAME
            ):
                found[previous] = len(stems[previous])
            continue
        least = MAYBE_WITHIN_A_SENTENCE if not (_MARKED_WORD.search(stem) or is_quoted) else MAYBE_FOREIGN
        if score >= (least if previous is None else MAYBE_IN_A_LIST):
            found[index] = 0
    return found


BUSINESS = re.compile(
    "(?:doʻkon|kompaniya|klinika|ilova|platforma|brend|restoran|kafe|market|bank|karta|sayt|zavod|fabrika|mahsulot|marka|mehmonxona"
    "|universitet|akademiya|maktab|kurs|dorixona|apteka|studiya|salon|tarmogʻ|supermarket|gipermarket|boutique|servis|kredit"
    "|abonent|tarif|tort|pitsa|kiyim|telefon|smartfon|noutbuk|televizor|avtomobil|mashina|kanal|bot|kosmetika|krossovka|krem)"
    "(?:lar)?s?[iy](?:ni|da|dan|ga|ning|dagi)?"
)
"""A kind of business or of goods with the ending of what belongs to the word before it: a name often stands there."""


def _names_at_the_start(
    text: str, tokens: Sequence[re.Match[str]], stems: Sequence[str], lengths: Sequence[int]
) -> dict[int, int]:
    """Return the first words of sentences that are or may be names, though a capital tells nothing there. A word before
    "do'koni" needs to be less unlike Uzbek than another, and none is one that Uzbek has borrowed.
    Measured: of 48 brands in no list, half of them words of Romance languages, 24 are noticed; of 985 words of Uzbek
    that begin a sentence, none."""
    found = {}
    for index, stem in enumerate(stems[:-1]):
        if lengths[index] or not (stem[:1].isupper() and stem[1:].islower()):
            continue
        if index and not (
            tokens[index - 1][0][0] == "{"  # «{ism}, Verano'da chegirma»
            or _ENDS_A_SENTENCE.search(text, tokens[index - 1].end(), tokens[index].start())
        ):
            continue
        following = tokens[index + 1]["word"] or "A"
        if not following[0].islower() or text[tokens[index].end() : tokens[index + 1].start()] != " ":
            continue
        score, length = _score(stem)
        has_marked_suffix = bool(_SUFFIX_BEHIND_A_MARK.fullmatch(tokens[index][0], len(stem) - 1))
        if score < (MAYBE_IN_A_LIST if has_marked_suffix else 0):
            continue
        is_before_business = bool(BUSINESS.fullmatch(_MARK.sub("ʻ", following)))
        if score < SURELY_FOREIGN and not (has_marked_suffix or is_before_business):
            continue
        if not (UZBEK_WORD.match(stem) or _is_borrowed(stem) or _BORROWED_KINDS.fullmatch(stem.lower())):
            least = MAYBE_FOREIGN if is_before_business else 0 if has_marked_suffix else SURELY_FOREIGN
            found[index] = length if score >= least else 0
    return found


def _is_borrowed(word: str) -> bool:
    """Return whether a word is one that Uzbek has borrowed, or one that is spelt so, with or without a suffix."""
    lower = letters.read(word, reformed=False).lower()
    return letters.has_borrowed_stem(lower) or any(
        lower[:end] in _BORROWED_WORDS and SUFFIXES.fullmatch(lower, end) for end in range(len(lower), 2, -1)
    )


def is_unknown(word: str, least_score: float) -> bool:
    """Return whether a word with a capital can be a name, or part of the name beside it: Murad of Murad Buildings."""
    return (
        word[1:].islower()
        and not UZBEK_WORD.match(word)
        and (least_score < MAYBE_IN_A_LIST or word.casefold() not in names.PEOPLE_AND_PLACES)
        and not SUFFIX_OF_NAME.search(word)
        and letter_pairs.foreign(word) >= least_score
    )


def _is_marked(text: str, tokens: Sequence[re.Match[str]], index: int) -> bool:
    """Return whether a capitalised word is within a sentence: after a word in small letters, or after the first word
    and before one in small letters, since in headings all words have capitals."""
    if not index or not _WITHIN_A_SENTENCE.fullmatch(text, tokens[index - 1].end(), tokens[index].start()):
        return False
    if tokens[index - 1][0][0] == "{":
        return False  # «{ism}, Polis oling»: a word behind a field begins a sentence
    if (tokens[index - 1]["word"] or "A")[0].islower():
        return True
    is_first = index == 1 or bool(_ENDS_A_SENTENCE.search(text, tokens[index - 2].end(), tokens[index - 1].start()))
    return is_first and index + 1 < len(tokens) and (tokens[index + 1]["word"] or "A")[0].islower()


def _previous_in_list(text: str, tokens: Sequence[re.Match[str]], stems: Sequence[str], index: int) -> int | None:
    """Return the index of the capitalised word before "va" or a comma: what follows may be the next name of a list."""
    if index and text[tokens[index - 1].end() : tokens[index].start()] == ", ":
        previous = index - 1
    elif index > 1 and stems[index - 1] == "va":
        previous = index - 2
    else:
        return None
    return previous if stems[previous][:1].isupper() else None


def _is_quoted(text: str, position: int) -> bool:
    before = text[max(0, position - 40) : position]
    return before[-1:] == '"' or max(map(before.rfind, "«“")) > max(map(before.rfind, "»”\n"))


def _score(word: str) -> tuple[float, int]:
    """Return how little a name is spelt as in Uzbek, and its length before a suffix."""
    suffix = SUFFIX_OF_NAME.search(word)
    length = suffix.start() if suffix else len(word)
    if _UZBEK_NAME.search(word, 0, length) or word[:length].casefold() in names.PEOPLE_AND_PLACES:
        return _NOT_FOREIGN, length
    return letter_pairs.foreign(word[:length]), length


def _may_be_foreign_abbreviation(word: str, with_neighbours: Sequence[str]) -> bool:
    """Return whether a word in capitals among others may be English: STEM; not one that Uzbek abbreviates: OTM."""
    return (
        3 <= len(word) <= 4
        and word.isupper()
        and word.isascii()
        and word not in names.UZBEK_ABBREVIATIONS
        and not _ROMAN.fullmatch(word)
        and sum(neighbour.isupper() for neighbour in with_neighbours) == 1
        and (not _VOWEL.search(word) or letter_pairs.foreign(word) > 0)
    )


_SUFFIX_BEHIND_A_MARK = re.compile(
    f"(?:[^oOgG][{MARKS}]|(?<=....)o['’`´])(?:lar|(?:lar)?(?:ning|niki|dagi|gacha|dan|da|ga|ni))"
)
_MARK = re.compile(f"(?<=[oOgG])[{MARKS}]")
_BORROWED_WORDS = names.words_in("borrowed_words.txt")
_BORROWED_KINDS = re.compile(
    "(?:.*(?:log|logiya|siya|ion|ment|tor|ner|izm|ist|ent|ant|ura|metr|graf|gramma|yer|port|terapiya|teka|grafiya|skop"
    "|drom|fon|itet|ssor|test|kurs|servis|ped|atr|evt|inar|eyf|emont|ikat|naft|rama|ika|stan)"
    "|(?:avto|elektro|mikro|bio|geo|gidro|tele|foto|video|aero|be|ped|med|ixt)[a-zʻʼ]+)" + SUFFIXES.pattern
)
"""Kinds of words that Uzbek has borrowed, with its endings: they are spelt like names."""
_VOWEL, _ROMAN = re.compile("[AEIOU]"), re.compile("[IVXLC]+")
