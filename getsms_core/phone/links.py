"""Numbers in the links and ids of messengers, and the pictures that people put beside a number.

A link holds the number with its country code: wa.me/998901234567, t.me/+998901234567, viber://chat?number=%2B998…,
998901234567@s.whatsapp.net. An invitation, a group or a name in such a link is not a number.
"""

import re
import unicodedata
from html import unescape
from urllib.parse import unquote

_PATH_LINK = re.compile(
    r"(?:(?:https?|sgnl):[/][/])?(?:www\.|api\.|m\.)?"
    r"(?:wa\.me|t\.me|telegram\.(?:me|dog)|viber\.click|imo\.(?:im|me)|signal\.me/#p|web\.whatsapp\.com|whatsapp\.com/send|"
    r"chats?\.viber\.com|v\.me)/+(?:c/|p/|number/)?(.*)",
    re.I,
)
_QUERY_LINK = re.compile(
    r"(?:(?:https?:)?[/][/])?(?:www\.|api\.|web\.|m\.)?(?:[a-z][a-z.+-]*:[/]*|[a-z]+\.[a-z]{2,4}/)"
    r"[a-z./#]*\?(?:.*&)?(?:phone|number|p|to|phonenumber|phone_number|tel)=([^&#]*)(?:[&#].*)?",
    re.I | re.S,
)
_MESSENGER_SCHEME = re.compile(
    r"(?:whatsapp|viber|tg|telegram|imo|skype|callto|tel|sms|smsto|mms|mmsto|facetime(?:-audio)?|sip|sgnl|signal|intent):"
    r"/{0,3}(?:call|send|add|chat|msg|user|contact)?/*(.*)",
    re.I | re.S,
)
_INSTANT_ID = re.compile(
    r"(\+?\d[\d -]*)(?:[.:]\d{1,3}){0,2}\s*@\s*(s\.whatsapp\.net|c\.us|whatsapp\.net|wa|viber|telegram)", re.I
)
_OTHER_ID = re.compile(r"[\d.:_-]+\s*@\s*[a-z][\w.-]*", re.I)  # a group, a list, a hidden id, an address
_CONTEXT = re.compile(r";\s*phone-context=\+?998\s*$", re.I)
_NUMBER_ALONE = re.compile(r"\+?[\d\s().-]+")
_LINE_BREAK = re.compile(r"<br\s*/?>|</(?:p|div|li)>", re.I)
_TAG = re.compile(r"</?(?:a|b|i|u|p|li|ul|div|em|font|span|small|strong)(?:\s[^<>]*)?>", re.I)
_TARGET = re.compile(r"<a\s[^<>]*?href\s*=\s*([\"']?)(tel:[^\"'<>\s]+|https?://wa\.me/[^\"'<>\s]+)\1", re.I)
NOT_A_NUMBER = "?"
"""What `from_link` returns for a link to something else."""


def from_link(text: str) -> str | None:
    """What stands for the number in a link or an id, percent signs decoded; None where the text is neither. "?" where
    the link leads to something else than a number."""
    text = text.strip(" <>()")
    if instant := _INSTANT_ID.fullmatch(text):
        return instant[1]
    if _OTHER_ID.fullmatch(text):
        return NOT_A_NUMBER
    if path := _PATH_LINK.fullmatch(text):
        inner = path[1]
        if "?" in inner.split("#")[0] and (query := _QUERY_LINK.fullmatch(text)):
            inner = query[1]
        return _number(re.split(r"[/?#&]", unquote(inner).strip("/ "))[0])
    if "://" in text or "?" in text:
        if query := _QUERY_LINK.fullmatch(text):
            return _number(unquote(query[1].replace("+", "%2B")))
        if (scheme := _MESSENGER_SCHEME.fullmatch(text)) and (number := re.split(r"[?#&/]", unquote(scheme[1]))[0]):
            return _number(number)
        if "://" in text:
            return NOT_A_NUMBER
    return None


def _number(text: str) -> str:
    return text.strip() if _NUMBER_ALONE.fullmatch(text.strip()) else NOT_A_NUMBER


def without_markup(text: str) -> str:
    """The text of a cell that holds HTML, as a browser shows it; other texts as they are."""
    text = unescape(text)
    if "<" not in text:
        return text
    return _TAG.sub("", _LINE_BREAK.sub("\n", text))


def markup_numbers(text: str) -> list[str]:
    """What a cell of HTML shows and where its links lead, if it has any link to a number; else nothing."""
    targets = [target for _, target in _TARGET.findall(text)] if "<" in text else []
    shown = without_markup(text)
    return [*targets, shown] if targets and "<" not in shown else []


def without_pictures(text: str) -> str:
    """The text without emoji, flags and arrows at its ends, and without the surroundings of "tel:" links."""
    text = _CONTEXT.sub("", text)
    start, end = 0, len(text)
    while start < end and _is_picture(text[start]):
        start += 1
    while end > start and _is_picture(text[end - 1]):
        end -= 1
    return text[start:end]


def flag_of(text: str) -> str:
    """The country of the first flag in a text, such as "UZ"; empty without one."""
    letters = [letter for letter in text if "🇦" <= letter <= "🇿"]
    return "".join(chr(ord(letter) - ord("🇦") + ord("A")) for letter in letters[:2]) if len(letters) > 1 else ""


def _is_picture(letter: str) -> bool:
    return letter.isspace() or (
        unicodedata.category(letter) in ("So", "Sk", "Sm", "Co", "Mn") and letter not in "+<>=|~"
    )
