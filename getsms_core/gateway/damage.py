"""Tolerant readers of the gateway's JSON, texts and ids. Pure: no I/O.

Seen at gateways of this kind: NUL and torn UTF-8 in any text, raw line breaks inside JSON strings, lone surrogates,
HTML-escaped texts, an object with the keys "0", "1" … for a list, ids of 22 digits, "None" and "null" for an id.
"""

import json
import re
from html import unescape
from typing import Any

import orjson

TEXT_LIMIT = 10_000  # characters of an echoed text, more than any SMS has
ID_LIMIT = 100  # characters; a longer value is not an id
_NOT_IDS = frozenset({"", "none", "null", "nil", "nan", "undefined", "false", "true", "array", "inf", "infinity"})
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_WHOLE = re.compile(r"(\d+)\.0*")
_LONG_NUMBER = re.compile(rb"\d{19}")  # orjson reads a number beyond 64 bits as a float, which loses digits
_ESCAPE = re.compile(r'\\(["\\/bfnrt]|u[0-9a-fA-F]{4})|\\')
_SURROGATE = re.compile("[\ud800-\udfff]")
_CONTROLS = dict.fromkeys((*range(9), 11, 12, *range(14, 32), *range(127, 160), 65279))
_EXACT_FLOAT = 2**53


def parse_json(body: bytes) -> object:
    """Return the JSON value of a body; integers of 19 digits and more are returned as text. Raises `ValueError`.

    Strict JSON is read by orjson. Otherwise invalid bytes become U+FFFD, and raw control characters and wrong escapes
    inside strings are allowed."""
    if not _LONG_NUMBER.search(body):
        try:
            return orjson.loads(body.lstrip(b"\xef\xbb\xbf \t\r\n"))
        except ValueError:
            pass
    text = body.decode("utf-8", "replace").strip("\ufeff \t\r\n\0")
    try:
        try:
            return _LENIENT.decode(text)
        except ValueError:
            return _LENIENT.decode(_ESCAPE.sub(lambda escape: escape[0] if escape[1] else "", text))
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _integer(digits: str) -> int | str:
    return int(digits) if len(digits) < 19 else digits


_LENIENT = json.JSONDecoder(strict=False, parse_int=_integer)


def elements_of(value: object) -> list[Any] | None:
    """Return the elements of an answer: a list, or an object whose keys are all numbers, as PHP writes a list with
    gaps. `None` for other values."""
    if isinstance(value, list):
        return value
    if isinstance(value, dict) and value and all(key.isascii() and key.isdigit() for key in value):
        return [value[key] for key in sorted(value, key=lambda key: (len(key), key))]
    return None


def with_plain_keys(element: Any) -> Any:
    """Return an element of an answer with keys without white space: the manual prints "request_id " once. Only an
    object without the key request_id is changed."""
    if isinstance(element, dict) and "request_id" not in element:
        return {key.strip(): value for key, value in element.items()}
    return element


def scalar_text(value: object) -> str:
    """Return a JSON number or text as text; empty for null, true, false, lists and objects. An exact integer as a float
    loses its fraction."""
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, bool | list | dict):
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT_FLOAT:
        return str(int(value))
    return str(value)


def clean_text(text: str, limit: int = TEXT_LIMIT) -> str:
    """Return a text that both databases can store: one line of at most `limit` characters without control characters;
    lone surrogates become U+FFFD."""
    text = text[:limit]
    if text.isprintable():
        return text
    return " ".join(_SURROGATE.sub("\ufffd", text).translate(_CONTROLS).split())


def parse_id(value: object) -> str:
    """Return an id as text with all its digits and leading zeros. Empty for other values: null, true, "None", "null",
    0, a negative number, a fraction, a float that has lost digits, more than 100 characters."""
    if type(value) is int:
        return str(value) if value > 0 else ""
    text = scalar_text(value)
    if not (text.isascii() and text.isdigit()):
        text = clean_text(text, ID_LIMIT * 2).strip()
        if integer := _WHOLE.fullmatch(text):
            text = integer[1]
        elif _NUMBER.fullmatch(text) and not (text.isascii() and text.isdigit()):
            return ""
    if len(text) > ID_LIMIT or text.lower() in _NOT_IDS or not text.strip("0"):
        return ""
    return text


def canonical_id(identity: str) -> str:
    """Return an id for comparison: without the zeros that some answers add."""
    return identity.lstrip("0") if identity.isdigit() else identity


def recipient_digits(value: object) -> str:
    """Return a recipient for comparison: only its digits, without leading zeros."""
    return "".join(c for c in scalar_text(value) if c in "0123456789").lstrip("0")


def normalize_text(text: str) -> str:
    """Return a text for comparison: the gateway may trim it and change its line ends."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def letters_and_digits(text: str) -> str:
    """Return the letters and digits of a text in lower case, HTML escapes resolved: what survives damage."""
    return "".join(c for c in unescape(unescape(text)).casefold() if c.isalnum())


def echo_matches(echo: str, text: str) -> bool:
    """Whether `echo` may be `text`, damaged or cut, or a part of it: its letters occur in `text` in the same order. An
    echo without letters matches nothing."""
    if normalize_text(echo) == normalize_text(text):
        return True
    text_letters = letters_and_digits(text)
    return any(_in_order(letters_and_digits(candidate), text_letters) for candidate in (echo, _redecode_utf8(echo)))


def _in_order(letters: str, text_letters: str) -> bool:
    remaining = iter(text_letters)
    return bool(letters) and all(letter in remaining for letter in letters)


def _redecode_utf8(echo: str) -> str:
    """Return the text decoded again if UTF-8 was read as Latin-1 in transit, else the text unchanged."""
    try:
        return echo.encode("latin-1").decode("utf-8", "replace")
    except UnicodeEncodeError:
        return echo
