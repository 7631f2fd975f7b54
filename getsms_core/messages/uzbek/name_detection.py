"""Find the names and the English words of a text in Uzbek Latin, which stay Latin in Cyrillic."""

import re
from collections.abc import Callable, Collection

from getsms_core.messages.uzbek import names
from getsms_core.messages.uzbek.lexicon import SUFFIXES
from getsms_core.messages.uzbek.tokens import MARKS, TOKEN

_NAME_GAP = re.compile(r"[ -](?:\d+[ -])?|\d+ ?")  # what may stand between two words of one name: "iPhone 15 Pro"


def own_word_spans(text: str, keep: Collection[str], to_latin: Callable[[str], str]) -> list[tuple[int, int]]:
    """Return where the words of `keep` stand: as whole words, or with an Uzbek suffix after them. The kinds of
    apostrophe and the number of spaces do not matter."""
    if not any(map(str.strip, keep)):
        return []
    words = "|".join(_own_word(word) for word in sorted(keep, key=len, reverse=True) if word.strip())
    spans = []
    for match in re.finditer(rf"(?<!\w)(?:{words})(?=(\w*))", text, re.IGNORECASE):
        suffix = match[1].lower()
        if SUFFIXES.fullmatch(suffix if suffix.isascii() else to_latin(suffix)):
            spans.append(match.span())
    return spans


def _own_word(word: str) -> str:
    pattern = re.sub(f"[{MARKS}]", f"[{MARKS}]", re.escape(" ".join(word.split())))
    return pattern.replace("\\ ", r"\s+")


def name_lengths(
    text: str, own_spans: Collection[tuple[int, int]], is_foreign: Callable[[str], bool]
) -> dict[int, int]:
    """Return the words of a Latin text that are names or English: position of the word to the length of the name,
    after which a suffix may follow. A word such as Super or Park belongs to the name beside it."""
    tokens = list(TOKEN.finditer(text))
    lengths = [_name_length(match[0]) if match["word"] else 0 for match in tokens]
    is_code = [bool(match["kept"]) and match[0][0].isupper() for match in tokens]
    beside = [
        bool(match["word"]) and (match[0].casefold() in names.NAMES_BESIDE_A_NAME and match[0][0].isupper())
        for match in tokens
    ]
    joining = [bool(match["word"]) and match[0].casefold() in names.JOINING for match in tokens]

    def anchors(index: int) -> bool:
        return 0 <= index < len(tokens) and (
            lengths[index] == len(tokens[index][0])
            or is_code[index]
            or any(start <= tokens[index].start() < end for start, end in own_spans)
            or (bool(tokens[index]["word"]) and is_foreign(tokens[index][0]))
        )

    def near(left: int, right: int) -> bool:
        return (
            left >= 0
            and right < len(tokens)
            and bool(_NAME_GAP.fullmatch(text, tokens[left].end(), tokens[right].start()))
        )

    changed, order = True, list(range(len(tokens)))
    while changed:
        changed = False
        for index in order:
            if lengths[index] or not (beside[index] or joining[index]):
                continue
            if (near(index - 1, index) and anchors(index - 1)) or (near(index, index + 1) and anchors(index + 1)):
                lengths[index], changed = len(tokens[index][0]), True
        order.reverse()  # "in the on … Sale" is found from its end: in one direction alone, a pass for each word
    return {match.start(): length for match, length in zip(tokens, lengths, strict=True) if length}


def _name_length(word: str) -> int:
    """Return how many letters of a Latin word are a name or English: all, those before a suffix, or 0."""
    lower = word.casefold()
    in_capitals = word.isupper() and len(word) > 3 and lower in names.ORDINARY_IN_UZBEK
    if word in names.NAMES or in_capitals or lower in names.ENGLISH:
        return len(word)
    known = names.NAMES_ANY_CASE if word[0].isupper() else names.NAMES_IN_SMALL_LETTERS
    if lower in known:
        return len(word)
    if word.isascii() and word.isalpha():
        for end in range(len(word) - 2, 3, -1):
            if lower[:end] in known and SUFFIXES.fullmatch(lower, end):
                return end
    return 0
