"""Times of day and durations as a number format shows them, with its own signs and words: 9:05, 26:05, 9 soat 05."""

import re
from datetime import datetime

_PIECE = re.compile(
    r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|\[(?P<elapsed>h+|m+|s+)\]|(?P<hidden>[_*].|\[[^\]]*\])|(?P<noon>AM/PM|A/P)'
    r"|(?P<token>h+|m+|s+|y+|d+)|(?P<fraction>(?<=s)[.,]0+)|(?P<end>;)|(?P<sign>.)",
    re.I | re.S,
)
Parts = tuple[tuple[str, str], ...]
"""What a format is made of, in order: ("text", a sign or a word) or the name of a field with the token that asks for
it, such as ("h", "hh"); "elapsed h" counts all hours and not those of the day; "noon" is AM or PM."""


def parts(code: str) -> Parts:
    """The parts of the first section of a format's code. Its fields of dates are left out."""
    found: list[tuple[str, str]] = []
    for match in _PIECE.finditer(code):
        kind, text = match.lastgroup or "", match[match.lastgroup or 0]
        if kind == "end":
            break
        if kind == "token":
            found.append((text[0].lower(), text.lower()))
        elif kind == "elapsed":
            found.append((f"elapsed {text[0].lower()}", text.lower()))
        elif kind == "noon":
            found.append(("noon", text))
        elif kind not in ("hidden", "fraction"):
            found.append(("text", text))
    return tuple(part for part in found if part[0] not in ("y", "d"))


def colons(tokens: list[str]) -> Parts:
    """The parts of a clock with these tokens, such as h and min, and colons between them."""
    found: list[tuple[str, str]] = []
    for token in tokens:
        found += [("text", ":"), (token[0], token)] if found else [(token[0], token)]
    return tuple(found)


def time_of_day(moment: datetime, shown: Parts) -> str:
    """The time of a moment."""
    has_noon = any(kind == "noon" for kind, _ in shown)
    hour = (moment.hour % 12 or 12) if has_noon else moment.hour
    fields = {"h": hour, "m": moment.minute, "s": moment.second}
    texts = []
    for kind, token in shown:
        if kind == "noon":
            texts.append("AM" if moment.hour < 12 else "PM")
        else:
            texts.append(_field(fields[kind], kind, token, lead=kind == "h") if kind in fields else token)
    return "".join(texts).strip()


def duration(seconds: int, shown: Parts) -> str:
    """Return seconds as a format shows them; the field in brackets takes all that the fields behind it leave."""
    fields = {"h": seconds // 3_600, "m": seconds // 60 % 60, "s": seconds % 60}
    whole = {"elapsed h": seconds // 3_600, "elapsed m": seconds // 60, "elapsed s": seconds}
    texts = []
    for kind, token in shown:
        if kind in whole:
            texts.append(f"{whole[kind]:0{len(token)}}")
        else:
            texts.append(_field(fields[kind], kind, token, lead=False) if kind in fields else token)
    return "".join(texts).strip()


def _field(value: int, kind: str, token: str, *, lead: bool) -> str:
    """Hours as wide as their token; minutes and seconds with two digits, as a clock shows them."""
    return f"{value:0{min(len(token), 2)}}" if lead or kind == "h" else f"{value:02}"
