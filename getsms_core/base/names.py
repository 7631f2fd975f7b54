"""Names and short texts that users type: one table with the limits, and one function that cleans a value or refuses it.

Harmless faults are cleaned: outer and repeated spaces, line breaks in a name, invisible characters and marks that turn
the direction of writing. What would change the meaning, or nobody could have typed, is refused with a sentence.
"""

import unicodedata
from dataclasses import dataclass
from pathlib import PurePosixPath, PureWindowsPath

from getsms_core.base.errors import DomainError
from getsms_core.base.i18n import N_, _

JOINER = "\u200d"
"""Joins emoji; kept where it does so, removed elsewhere."""
_MOST_MARKS = 3  # combining marks on one letter; more of them cover the lines above and below
_FILLERS = "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0"
"""Letters and marks without a glyph, beside the categories of spaces and formats."""


@dataclass(frozen=True)
class Limit:
    """`length`: characters at most; `code`: of every refusal, "" for one code a fault; `lines`: line breaks stay;
    `optional`: may be empty; `strict`: what is invisible is refused, not removed; `extra`: characters besides letters
    and digits, None for any."""

    label: str
    length: int
    code: str = ""
    lines: bool = False
    optional: bool = False
    strict: bool = False
    extra: str | None = None


LIMITS = {
    "campaign": Limit(N_("The campaign's name"), 200),
    "list": Limit(N_("The list's name"), 200),
    "tag": Limit(N_("A tag"), 40, code="bad-tag"),
    "template": Limit(N_("The template's name"), 80, code="template-name", strict=True),
    "segment": Limit(N_("The segment's name"), 80),
    "user": Limit(N_("The user's name"), 60, code="name", strict=True),
    "report": Limit(N_("The report's name"), 80, code="bad-plan"),
    "title": Limit(N_("The title"), 200, optional=True),
    "sender": Limit(N_("The sender name"), 20, code="bad-sender", optional=True, strict=True, extra=" .,-_+&!'/()#*@:"),
    "column": Limit(N_("The column's name"), 200),
    "value": Limit(N_("The value"), 200),
    "comment": Limit(N_("The comment"), 500, optional=True),
    "reason": Limit(N_("The reason"), 500, optional=True),
    "source": Limit(N_("The source"), 80, optional=True),
    "search": Limit(N_("The search"), 200, optional=True),
    "text": Limit(N_("The text"), 50_000, code="long-text", lines=True, optional=True),
}
"""The kinds of names and texts. Lengths are generous: they bound what a page, a file or an e-mail must show. A text is
refused as too long for a phone (255 parts, 39,015 characters) elsewhere, with what it would take."""


def clean(kind: str, value: str) -> str:
    """Return a name or text without its harmless faults; "" where it is blank and the kind is optional.

    Raises `DomainError` with the kind's code, else "bad-characters", "empty-name" or "long-name"; "not-utf8" for half
    a character."""
    limit = LIMITS[kind]
    if len(value) > 20 * limit.length:  # before anything is done with a megabyte
        raise _too_long(limit)
    _refuse_impossible(limit, value)
    if limit.lines:
        return check(kind, value)
    cleaned = unicodedata.normalize("NFC", value)
    cleaned = _without_marks(" ".join(without_invisible(" ".join(cleaned.split())).split()))
    if not has_visible(cleaned):
        if not limit.optional:
            raise DomainError(limit.code or "empty-name", _("{what} is empty. Write one.").format(what=_(limit.label)))
        return ""
    if len(cleaned) > limit.length:
        raise _too_long(limit)
    if limit.extra is not None and (wrong := _foreign(cleaned, limit.extra)):
        words = _("{what} cannot contain {character}. Use letters, digits, spaces and {extra}.")
        extra = " ".join(limit.extra.replace(" ", ""))
        raise DomainError(limit.code, words.format(what=_(limit.label), character=wrong, extra=extra))
    return cleaned


def check(kind: str, value: str) -> str:
    """Return a text as it is, where it is neither too long nor holds half a character; what it shows is its own affair.

    Raises `DomainError` as `clean` does."""
    if len(value) > LIMITS[kind].length:
        raise _too_long(LIMITS[kind])
    _refuse_impossible(LIMITS[kind], value)
    return value


def shorten(kind: str, value: str) -> str:
    """Return a name that the program made of others, such as “Copy of …”, cleaned and cut to the limit of its kind
    instead of refused; "" where nothing visible is left."""
    length = LIMITS[kind].length
    cleaned = printable(value[: 20 * length])
    return cleaned if len(cleaned) <= length else cleaned[: length - 1].rstrip() + "…"


def file_name(value: str, length: int = 200) -> str:
    """Return the name of a file that somebody uploads, without folders and without what cannot be shown; a long one
    is cut before its suffix."""
    name = printable(PureWindowsPath(PurePosixPath(value[-4_000:]).name).name)
    if len(name) <= length:
        return name
    suffix = PurePosixPath(name).suffix[:12]
    return name[: length - len(suffix) - 1] + "…" + suffix


def printable(value: str) -> str:
    """Return a text as one line without controls, invisible characters, direction marks and halves of characters."""
    spaced = " ".join(unicodedata.normalize("NFC", value).split())
    shown = "".join(letter for letter in spaced if unicodedata.category(letter) not in ("Cc", "Cs"))
    cleaned = _without_marks(" ".join(without_invisible(shown).split()))
    return cleaned if has_visible(cleaned) else ""


def without_invisible(value: str) -> str:
    """Return a text without characters of the category Cf (zero width, direction, tags) and without line and paragraph
    separators; a joiner between two symbols stays, so that families and flags keep their emoji."""
    if value.isascii():
        return value
    return "".join(
        letter
        for place, letter in enumerate(value)
        if unicodedata.category(letter) not in ("Cf", "Zl", "Zp") or (letter == JOINER and _joins(value, place))
    )


def has_visible(value: str) -> bool:
    """Return whether any character of a text has a glyph."""
    return any(
        letter not in _FILLERS and unicodedata.category(letter)[0] not in "ZCM" for letter in value
    )  # fmt: skip


def _joins(value: str, place: int) -> bool:
    around = value[max(0, place - 1) : place] + value[place + 1 : place + 2]
    return len(around) == 2 and all(unicodedata.category(letter) in ("So", "Sk", "Mn") for letter in around)


def _without_marks(value: str) -> str:
    """Return a text with at most `_MOST_MARKS` combining marks on a letter."""
    if value.isascii():
        return value
    letters, marks = [], 0
    for letter in value:
        marks = marks + 1 if unicodedata.category(letter) in ("Mn", "Me") else 0
        if marks <= _MOST_MARKS:
            letters.append(letter)
    return "".join(letters)


def _refuse_impossible(limit: Limit, value: str) -> None:
    for letter in value if not value.isprintable() else "":
        category = unicodedata.category(letter)
        if category == "Cs":
            words = _("{what} contains half a character, as a damaged file has it. Type it again.")
            raise DomainError("not-utf8", words.format(what=_(limit.label)))
        if limit.strict and (category == "Cf" or (limit.extra is not None and category[0] in "CZ" and letter != " ")):
            words = _("{what} contains a line break or a character that cannot be shown. Type it again.")
        elif category == "Cc" and not letter.isspace() and not limit.lines:
            words = _("{what} contains a control character. Type it again.")
        else:
            continue
        raise DomainError(limit.code or "bad-characters", words.format(what=_(limit.label)))


def _foreign(value: str, extra: str) -> str:
    return next((letter for letter in value if not (letter.isalnum() or letter in extra)), "")


def _too_long(limit: Limit) -> DomainError:
    words = _("{what} has at most {n} characters. Shorten it.").format(what=_(limit.label), n=limit.length)
    return DomainError(limit.code or "long-name", words)
