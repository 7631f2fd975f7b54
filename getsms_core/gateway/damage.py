"""Reading what the gateway wrote, whatever is broken in it: JSON, texts and ids. Pure: no I/O.

Seen at gateways of this kind: NUL and torn UTF-8 in any text, raw line breaks inside JSON strings, lone surrogates,
HTML-escaped texts, an object with the keys "0", "1" … for a list, ids of 22 digits, "None" and "null" for an id.
"""

import json
import re
from html import unescape
from typing import Any

import orjson

TEXT_LIMIT = 10_000  # characters of an echoed text; the longest SMS has 39,000 bytes in no network
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
    """The JSON value of a body; raises `ValueError` where there is none. Integers of 19 digits and more come as text.

    Strict JSON takes the fast way. Otherwise torn bytes become U+FFFD, raw control characters and wrong escapes inside
    strings are allowed."""
    if not _LONG_NUMBER.search(body):
        try:
            return orjson.loads(body.lstrip(b"\xef\xbb\xbf \t\r\n"))
        except ValueError:
            pass
    text = body.decode("utf-8", "replace").strip("\ufeff \t\r\n\0")
    try:
        return _LENIENT.decode(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    except ValueError:
        return _LENIENT.decode(_ESCAPE.sub(lambda escape: escape[0] if escape[1] else "", text))


def _integer(digits: str) -> int | str:
    return int(digits) if len(digits) < 19 else digits


_LENIENT = json.JSONDecoder(strict=False, parse_int=_integer)


def elements_of(value: object) -> list[Any] | None:
    """The elements of an answer: a list, or an object whose keys are all numbers, as PHP writes a list with gaps.
    `None` for everything else."""
    if isinstance(value, list):
        return value
    if isinstance(value, dict) and value and all(key.isascii() and key.isdigit() for key in value):
        return [value[key] for key in sorted(value, key=lambda key: (len(key), key))]
    return None


def scalar_text(value: object) -> str:
    """A JSON number or text as text; empty for null, true, false, lists and objects. A float that is whole and exact
    is written without its fraction."""
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, bool | list | dict):
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT_FLOAT:
        return str(int(value))
    return str(value)


def clean_text(text: str, limit: int = TEXT_LIMIT) -> str:
    """A text that both databases can keep: one line of at most `limit` characters without control characters; lone
    surrogates become U+FFFD."""
    text = text[:limit]
    if text.isprintable():
        return text
    return " ".join(_SURROGATE.sub("\ufffd", text).translate(_CONTROLS).split())


def parse_id(value: object) -> str:
    """An id as text, all of its digits and leading zeros kept. Empty for what is not an id: null, true, "None", "null",
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
    """An id as compared: some answers pad it with zeros and others do not."""
    return identity.lstrip("0") if identity.isdigit() else identity


def recipient_digits(value: object) -> str:
    """A recipient as compared: its digits alone, without leading zeros."""
    return "".join(c for c in scalar_text(value) if c in "0123456789").lstrip("0")


def normalize_text(text: str) -> str:
    """A text as compared: the gateway may trim it and may change its line ends."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def letters_and_digits(text: str) -> str:
    """What is left of a text under any damage: its letters and digits, in lower case, HTML escapes resolved."""
    return "".join(c for c in unescape(unescape(text)).casefold() if c.isalnum())


def echo_matches(echo: str, text: str) -> bool:
    """Whether `echo` may be `text`, damaged or cut, or a part of it: its letters are letters of `text` in their order.
    An echo without a letter says nothing and fits nothing."""
    if normalize_text(echo) == normalize_text(text):
        return True
    text_letters = letters_and_digits(text)
    return any(_in_order(letters_and_digits(candidate), text_letters) for candidate in (echo, _redecode_utf8(echo)))


def _in_order(letters: str, text_letters: str) -> bool:
    remaining = iter(text_letters)
    return bool(letters) and all(letter in remaining for letter in letters)


def _redecode_utf8(echo: str) -> str:
    """UTF-8 that was read as Latin-1 on its way, read again; the text as it is where it was not."""
    try:
        return echo.encode("latin-1").decode("utf-8", "replace")
    except UnicodeEncodeError:
        return echo
