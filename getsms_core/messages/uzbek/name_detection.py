"""Find the names and the English words of a text in Uzbek Latin, which stay Latin in Cyrillic."""

import re
from collections.abc import Callable, Collection

from getsms_core.messages.uzbek import letter_pairs, names
from getsms_core.messages.uzbek.lexicon import SUFFIXES
from getsms_core.messages.uzbek.name_spelling import (
    BEFORE_A_NAME,
    MAYBE_FOREIGN,
    NAMED_BEFORE_A_HEAD,
    UZBEK_WORDS,
    is_unknown,
    looks_english,
    names_by_spelling,
)
from getsms_core.messages.uzbek.tokens import MARKS, TOKEN

_NAME_GAP = re.compile(r"[ -](?:\d+%?[ -])?|\d+ ?| & ")  # what may stand between two words of one name: "iPhone 15 Pro"
_MARKED_SUFFIX = re.compile(f"(?<=.)[{MARKS}]([A-Za-z]+)$")


def own_word_spans(text: str, keep: Collection[str], to_latin: Callable[[str], str]) -> list[tuple[int, int]]:
    """Return where the words of `keep` stand: as whole words, or with an Uzbek suffix after them. The kinds of
    apostrophe and the number of spaces do not matter."""
    if not any(map(str.strip, keep)):
        return []
    words = "|".join(_own_word(word) for word in sorted(keep, key=len, reverse=True) if word.strip())
    spans = []
    for match in re.finditer(rf"(?<!\w)(?:{words})(?=(\w*))", text, re.IGNORECASE):
        last, suffix = (part if part.isascii() else to_latin(part) for part in (match[0][-1], match[1]))
        if SUFFIXES.fullmatch((last + suffix).lower(), len(last)):  # some depend on the letter before: Bankka
            spans.append(match.span())
    return spans


def _own_word(word: str) -> str:
    pattern = re.sub(f"[{MARKS}]", f"[{MARKS}]", re.escape(" ".join(word.split())))
    return pattern.replace("\\ ", r"\s+")


def name_lengths(
    text: str, own_spans: Collection[tuple[int, int]], is_foreign: Callable[[str], bool]
) -> dict[int, int]:
    """Return the words of a Latin text that are names or English: position of the word to the length of the name,
    after which a suffix may follow; 0 for a word that may be a name. A word such as Super or Park belongs to the name
    beside it."""
    return _Names(text, own_spans, is_foreign).all_lengths()


class _Names:
    """The words of one Latin text, and how much of each is a name so far."""

    def __init__(self, text: str, own_spans: Collection[tuple[int, int]], is_foreign: Callable[[str], bool]) -> None:
        self.text, self.own_spans, self.is_foreign = text, own_spans, is_foreign
        self.tokens = tokens = list(TOKEN.finditer(text))
        self.words = [match["word"] or "" for match in tokens]
        self.stems = [_without_marked_suffix(word) for word in self.words]
        self.lengths = [_name_length(stem) if stem else 0 for stem in self.stems]
        ends = {place: name.end() for name in names.OF_SEVERAL_WORDS.finditer(text) for place in range(*name.span())}
        for index, match in enumerate(tokens):
            if match["word"] and (end := ends.get(match.start())):
                self.lengths[index] = min(len(match[0]), end - match.start())
        self.is_code = [bool(match["kept"]) and match[0][0].isupper() for match in tokens]
        self.has_hyphens = "-" in text
        by_spelling = names_by_spelling(text, tokens, self.stems, self.lengths)
        self.unsure = {tokens[index].start(): 0 for index, length in by_spelling.items() if not length}
        for index, length in by_spelling.items():
            self.lengths[index] = length
        for index in _in_english_sentences(text, tokens, self.lengths, is_foreign):
            self.lengths[index] = len(self.words[index])

    def all_lengths(self) -> dict[int, int]:
        """Let names grow over the words beside them until none grows; return what `name_lengths` returns."""
        # How much of a word belongs to a name beside it.
        has_names = any(self.lengths)
        beside = [
            _length_beside(stem)
            or (len(stem) if stem.casefold() in names.JOINING or (has_names and looks_english(stem)) else 0)
            for stem in self.stems
        ]
        order = [
            index
            for index, word in enumerate(self.words)
            if not self.lengths[index] and (self.has_hyphens or word[:1].isupper() or beside[index])
        ]
        changed = True
        while changed:
            changed = False
            for index in order:
                if self.lengths[index]:
                    continue
                if self._belongs_to_a_name(index):
                    self.lengths[index], changed = len(self.stems[index]), True
                if beside[index] and self._stands_beside_a_name(index):
                    self.lengths[index], changed = beside[index], True
            order.reverse()  # "in the on … Sale" is found from its end: in one direction alone, a pass for each word
        pairs = zip(self.tokens, self.lengths, strict=True)
        return self.unsure | {match.start(): length for match, length in pairs if length}

    def _anchors(self, index: int) -> bool:
        """Whether a word is a name as a whole, so that its neighbours may belong to it."""
        if not 0 <= index < len(self.tokens):
            return False
        token = self.tokens[index]
        return bool(
            self.lengths[index] == len(token[0])
            or self.is_code[index]
            or (self.own_spans and any(start <= token.start() < end for start, end in self.own_spans))
            or (token["word"] and self.is_foreign(token[0]))
        )

    def _near(self, left: int, right: int) -> bool:
        """Whether nothing stands between two words that ends a name."""
        if left < 0 or right >= len(self.tokens):
            return False
        return bool(_NAME_GAP.fullmatch(self.text, self.tokens[left].end(), self.tokens[right].start()))

    def _stands_beside_a_name(self, index: int) -> bool:
        return (self._near(index - 1, index) and self._anchors(index - 1)) or (
            self._near(index, index + 1) and self._anchors(index + 1)
        )

    def _is_headed(self, index: int) -> bool:
        """Whether the next word makes this one a name: Murad Buildings."""
        head, is_within = self.stems[index + 1].casefold(), index > 0 and self.words[index - 1][:1].islower()
        is_word_too = head in names.NAMES_BESIDE_A_NAME and not is_within
        if head in names.HEADS_OF_NAMES:
            is_name = is_unknown(self.stems[index], 0 if is_word_too else -100)
        elif self._anchors(index + 1):
            is_name = is_unknown(self.stems[index], BEFORE_A_NAME if is_within else MAYBE_FOREIGN)
        elif is_word_too:
            is_name = False
        else:
            return False
        if not is_name and not is_within and is_unknown(self.stems[index], NAMED_BEFORE_A_HEAD):
            self.unsure.setdefault(self.tokens[index].start(), 0)  # Trust Bank begins a sentence
        return is_name

    def _continues(self, index: int) -> bool:
        """Whether a word goes on with the name before it: Lexus RX, Uzum Tezkor'dan."""
        word = self.words[index]
        if len(word) <= 3 and word.isupper():
            return word not in names.UZBEK_ABBREVIATIONS and not self.words[index - 1].isupper()
        return len(self.stems[index]) < len(word) or is_unknown(self.stems[index], BEFORE_A_NAME)

    def _belongs_to_a_name(self, index: int) -> bool:
        words, following = self.words, index + 1
        if self._begins_a_compound(index):
            return True
        if not words[index][:1].isupper():
            return False
        has_capital_next = following < len(words) and words[following][:1].isupper()
        if has_capital_next and self._near(index, following) and self._is_headed(index):
            return True
        if index == 0 or not self.tokens[index - 1][0][0].isupper():
            return False
        return self._near(index - 1, index) and self._anchors(index - 1) and self._continues(index)

    def _begins_a_compound(self, index: int) -> bool:
        """Whether a hyphen joins a word to a name: test-drive."""
        following = index + 1
        return (
            self.has_hyphens
            and following < len(self.tokens)
            and self.text[self.tokens[index].end() : self.tokens[following].start()] == "-"
            and self._anchors(following)
            and letter_pairs.foreign(self.stems[index]) >= MAYBE_FOREIGN
        )


def _without_marked_suffix(word: str) -> str:
    """Return a word without the suffix that follows it after a mark: Payme of Payme'ga."""
    behind = _MARKED_SUFFIX.search(word)
    if not behind or (
        behind.start() < 4 and word[behind.start() - 1] in "oOgG" and not _CASE.fullmatch(behind[1])
    ):  # so'm and lo'li are words, Go'da is not
        return word
    return word[: behind.start()] if SUFFIXES.fullmatch(behind[1].lower()) else word


_CASE = re.compile("da|dan|ga|ni|ning|dagi|gacha", re.IGNORECASE)


def _length_beside(word: str) -> int:
    """Return how many letters of a capitalised word are a name beside another one: Market of Marketdan; 0 if none."""
    lower = word.casefold()
    if not word[:1].isupper():
        return 0
    if lower in names.NAMES_BESIDE_A_NAME:
        return len(word)
    if lower[:3] in _BEGINNINGS_BESIDE and lower.isascii():
        for end in range(len(word) - 2, 2, -1):
            if lower[:end] in names.NAMES_BESIDE_A_NAME and SUFFIXES.fullmatch(lower, end):
                return len(word) if lower.endswith("ing") else end  # Digital Marketing
    return 0


_BEGINNINGS_BESIDE = frozenset(name[:3] for name in names.NAMES_BESIDE_A_NAME if len(name) >= 3)
_ENDS_A_SENTENCE = re.compile(r"[.!?;\n](?:\s|$)|\n")
_UZBEK = re.compile(
    UZBEK_WORDS + "|[og][ʻʼ‘’'`´′‛]|^x|q(?!u)|(?<=...)(?:lar|ning|dan|imiz|ingiz|gacha|moqda|asi|iladi|adi|iga)$",
    re.IGNORECASE,
)


def _in_english_sentences(
    text: str, tokens: list[re.Match[str]], lengths: list[int], is_foreign: Callable[[str], bool]
) -> set[int]:
    """Return the tokens of the sentences that are English: with one of the words that no English sentence lacks, as
    many English words as others, and no sign of Uzbek."""
    found: set[int] = set()
    if not any(match[0].casefold() in names.ENGLISH_ALONE for match in tokens):
        return found
    first = 0
    for index in range(len(tokens)):
        last = index + 1 == len(tokens)
        if not last and not _ENDS_A_SENTENCE.search(text, tokens[index].end(), tokens[index + 1].start() + 1):
            continue
        sentence = [number for number in range(first, index + 1) if tokens[number]["word"]]
        first = index + 1
        words = [tokens[number][0] for number in sentence]
        folded = [word.casefold() for word in words]
        others = [
            word
            for number, word in zip(sentence, folded, strict=True)
            if not (
                word in names.JOINING or word in names.ENGLISH_ALONE or lengths[number] == len(word) or is_foreign(word)
            )
        ]
        if (
            len(words) - len(others) >= max(2, len(others))
            and any(word in names.ENGLISH_ALONE for word in folded)
            and not any(map(_UZBEK.search, others))
        ):
            found.update(sentence)
    return found


_CAPITALS = re.compile("[A-Z]{2,}(?=[a-z]{2})")
_WITH_A_MARK = re.compile("^[A-Z].+['’]s$|^[LD]['’][A-Z]")  # Domino's, L'Oreal


def _name_length(word: str) -> int:
    """Return how many letters of a Latin word are a name or English: all, those before a suffix, or 0."""
    lower = word.casefold()
    in_capitals = word.isupper() and len(word) > 3 and lower in names.ORDINARY_IN_UZBEK
    if word in names.NAMES or in_capitals or lower in names.ENGLISH or _WITH_A_MARK.search(word):
        return len(word)
    known = names.NAMES_ANY_CASE if word[0].isupper() else names.NAMES_IN_SMALL_LETTERS
    if lower in known:
        return len(word)
    if word.isascii() and word.isalpha():
        if (head := _CAPITALS.match(word)) and head[0] in names.NAMES and SUFFIXES.fullmatch(lower, head.end()):
            return head.end()  # OLXda
        for end in range(len(word) - 2, 3, -1):
            if lower[:end] in known and SUFFIXES.fullmatch(lower, end) and not _MAKES_A_WORD.match(lower, end):
                return end
    return 0


_MAKES_A_WORD = re.compile("lik|chi|ng|soz|lash|roq|mi$")
"""A suffix that is not written behind a name: Uzumchilik and Osonlik are words of Uzbek."""
