"""The tokens of a condition's text, and the limits that keep a hostile text from costing time or recursion."""

import re
from collections.abc import Iterator

from lark import Token
from lark.lexer import Lexer

from getsms_core.base import reasons
from getsms_core.base.reasons import Reason
from getsms_core.contacts.conditions.errors import condition_error, problem_of, shortened
from getsms_core.contacts.conditions.tree import (
    MAX_CONDITIONS,
    MAX_DEPTH,
    MAX_VALUES,
    Operator,
    too_deep,
    too_many_conditions,
    too_many_values,
)

MAX_TEXT = 4_000_000
"""Characters of a text: room for the most values that a list may have."""
OPERATORS = {"==": "=", "<>": "!=", "≠": "!=", "≤": "<=", "≥": ">="}
RESERVED = ("and", "or", "not")
KEYWORDS = (
    *RESERVED, "in", "is", "empty", "contains", "starts", "with", "birthday", "within", "day", "days"
)  # fmt: skip
CURLY_QUOTES = "“”„«»‘’`´"
"""Quotes as word processors and chats make them. A word never begins with one: it would be taken as a part of the value
and match nothing."""
WORD = re.compile(rf"(?!['\"{CURLY_QUOTES}])(?:[^\s()=<>≠≤≥,\"!\ufeff\u200b]|!(?!=))+")
"""A name or a value without quotes. An apostrophe within it is a letter: Farg'ona."""
_SPACES = re.compile(r"[\s\ufeff\u200b]*")
_ITEM = re.compile(
    rf"""[\s\ufeff\u200b]*(?:'((?:[^']|'')*)'|({WORD.pattern}))[\s\ufeff\u200b]*(?:,[\s\ufeff\u200b]*(\))?|(\)))"""
)
"""A value of a list up to its comma or to the end of the list, with or without a comma before it."""
_TOKEN = re.compile(
    rf"""(?P<SPACE>[\s\ufeff\u200b]+)
    |(?P<LPAR>\()|(?P<RPAR>\))|(?P<COMMA>,)
    |(?P<COMPARE><=|>=|<>|!=|==|[=<>≠≤≥])
    |'(?P<STRING>(?:[^']|'')*)'
    |"(?P<COLUMN>(?:[^"]|"")*)"
    |(?P<WORD>{WORD.pattern})""",
    re.VERBOSE,
)


class ConditionLexer(Lexer):
    """Splits the text for Lark. Every token's `start_pos` is its place from 0; a word that is a keyword has the
    keyword as its type."""

    def __init__(self, lexer_conf: object) -> None:
        """Lark passes its configuration, which is not needed."""

    def lex(self, data: str) -> Iterator[Token]:  # type: ignore[override]  # Lark passes a text to a custom lexer
        """Yield the tokens. Raises `ConditionError`."""
        _check_characters(data)
        limits = _Limits()
        position, previous = 0, ""
        while position < len(data):
            match = _TOKEN.match(data, position)
            if match is None:
                raise _unreadable(data, position)
            kind, end = match.lastgroup or "", match.end()
            if kind == "LPAR" and previous == "IN":
                token, end = _values(data, position, limits)
                yield token
            elif kind != "SPACE":
                token = _token(kind, match[kind], position, end)
                limits.count(token)
                yield token
            previous = previous if kind == "SPACE" else token.type
            position = end


def _token(kind: str, text: str, start: int, end: int) -> Token:
    if kind == "STRING":
        text = text.replace("''", "'")
    elif kind == "COLUMN":
        text = text.replace('""', '"')
    elif kind == "WORD" and (keyword := text.lower()) in KEYWORDS:
        kind = "DAYS" if keyword == "day" else keyword.upper()
    elif kind == "COMPARE":
        text = OPERATORS.get(text, text)
    return Token(kind, text, start_pos=start, end_pos=end)


def _values(text: str, start: int, limits: "_Limits") -> tuple[Token, int]:
    """The list in parentheses at `start` as one token, whose value is the tuple of its values; and where it ends. Lark
    takes 60 µs a token, and a pasted list has thousands."""
    values: list[str] = []
    position, closed = start + 1, False
    while not closed:
        match = _ITEM.match(text, position)
        if match is None:
            raise _unreadable_item(text, position)
        quoted, word = match.group(1, 2)
        limits.count_value(match.end())
        values.append(word if quoted is None else quoted.replace("''", "'"))
        closed, position = bool(match[3] or match[4]), match.end()
    token = Token("VALUES", "(", start_pos=start, end_pos=position)
    token.value = tuple(values)
    return token, position


def _unreadable_item(text: str, position: int) -> Exception:
    """What is wrong in a list of values behind `position`."""
    position = _SPACES.match(text, position).end()  # type: ignore[union-attr]  # it matches nothing at least
    match = _TOKEN.match(text, position)
    if match is None and position < len(text):
        return _unreadable(text, position)
    if match is None or match.lastgroup not in ("STRING", "WORD"):
        case = "value"
    else:
        position = _SPACES.match(text, match.end()).end()  # type: ignore[union-attr]
        match = _TOKEN.match(text, position)
        if match is None and position < len(text):
            return _unreadable(text, position)
        case = "in-list"
    problem = problem_of(case, found=what_is_found(match and match[0]))
    return condition_error("bad-condition", problem, position + 1)


def what_is_found(word: str | None) -> Reason:
    """What stands where something else was expected; None for the end of the text."""
    return reasons.reason("found", case="end") if word is None else reasons.reason("found", word=shortened(word))


class _Limits:
    """Counts groups, conditions and values while the text is read, so that the error has the place of the first one
    that is too many."""

    def __init__(self) -> None:
        self._around: list[int] = []  # the `not`s before each open group
        self._depth = self._nots = self._conditions = self._values = 0

    def count(self, token: Token) -> None:
        at = (token.start_pos or 0) + 1
        if token.type == "NOT":
            self._nots += 1
        elif token.type == "LPAR":
            self._around.append(self._nots)
            self._depth += self._nots + 1
            self._nots = 0
        elif token.type == "RPAR":
            self._depth -= self._around.pop() + 1 if self._around else 0
        else:
            self._nots = 0
        if token.type in ("COMPARE", "CONTAINS", "STARTS", "IN", "IS", "BIRTHDAY"):
            self._conditions += 1
        if self._depth + self._nots > MAX_DEPTH:
            raise condition_error("bad-condition", too_deep(), at)
        if self._conditions > MAX_CONDITIONS:
            raise condition_error("bad-condition", too_many_conditions(), at)

    def count_value(self, at: int) -> None:
        self._values += 1
        if self._values > MAX_VALUES:
            raise condition_error("bad-condition", too_many_values(), at)


def _check_characters(text: str) -> None:
    if len(text) > MAX_TEXT:
        raise condition_error("bad-condition", problem_of("too-long", most=MAX_TEXT), MAX_TEXT + 1)
    if (at := text.find("\0")) >= 0:
        raise condition_error("bad-condition", problem_of("nul"), at + 1)
    if not text.isascii() and (half := re.search("[\ud800-\udfff]", text)):
        raise condition_error("bad-condition", problem_of("surrogate"), half.start() + 1)


def _unreadable(text: str, position: int) -> Exception:
    if text[position] == "'":
        problem = problem_of("single-quote")
    elif text[position] == '"':
        problem = problem_of("double-quote")
    elif text[position] in CURLY_QUOTES:
        problem = problem_of("curly-quote", quote=text[position])
    else:
        problem = problem_of("unexpected", word=shortened(text[position]))
    return condition_error("bad-condition", problem, position + 1)


def quoted_column(name: str) -> str:
    """A column as a text names it: in double quotes unless it is a plain word."""
    return name if _is_plain(name) else '"' + name.replace('"', '""') + '"'


def quoted_value(value: str) -> str:
    """A value as a text writes it: in single quotes unless it is a plain word."""
    return value if _is_plain(value) else "'" + value.replace("'", "''") + "'"


def _is_plain(text: str) -> bool:
    return WORD.fullmatch(text) is not None and text.lower() not in KEYWORDS


assert {operator.value for operator in Operator} >= set(OPERATORS.values())
