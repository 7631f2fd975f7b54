"""The exact parser of one cell: every notation of a number that occurs in real lists.

Agrees with phonenumbers (region UZ) wherever it accepts a number, and also accepts what it rejects: the old trunk forms
"8 90 …" and "0 90 …", floats, letters for digits, words beside the number, two numbers in one cell.
"""

import re
import unicodedata
from functools import cache, lru_cache
from typing import NamedTuple

from getsms_core.phone import ranges
from getsms_core.phone.labels import is_telegram_id, strip_label
from getsms_core.phone.links import NOT_A_NUMBER, flag_of, from_link, markup_numbers, without_markup, without_pictures
from getsms_core.phone.other_values import is_another_value
from getsms_core.phone.outcome import Outcome


class Checked(NamedTuple):
    """`number` is 998XXXXXXXXX, or None where `outcome` is a refusal."""

    number: int | None
    outcome: Outcome


UNCALCULATED = "=\u2060"  # how the reader of workbooks begins the text of a formula that has no stored value
NATIONAL_DIGITS = 9  # digits after 998
MAX_CELL_LENGTH = 300  # characters; a longer cell is not a number, and the expressions below take quadratic time on it
# What programs write for an empty cell, case folded, without what `_plain` takes off both ends.
_NOTHING = {
    *("nan", "none", "null", "n/a", "\\n", "(null)", "(none)", "(na)", "nat", "nil", "undefined"),
}
_ERROR = re.compile(
    r"#(?:n/a|ref!|value!|div/0!|name\?|null!|num!|getting_data|spill!|calc!|field!|blocked!|connect!|unknown!|busy!"
    r"|н/д|ссылка!|знач!|дел/0!|имя\?|пусто!|число!)|(?:err:|#err)\d{3}",
    re.I,
)
# ="998901234567" is how a program keeps a number a text.
_TEXT_FORMULA = re.compile(r'=\s*(?:["“”„«][^"“”„«»]*["“”»]|\+?\d[\d ]*)')
_EXPONENT = re.compile(r"\+?(\d)(?:[.,](\d*))?[eе]\+?(\d{1,3})|\+?(\d{2,3})[.,](\d+)[eе]\+(\d{1,3})", re.I)
_FLOAT = re.compile(r"(\+?\d{7,})[.,](\d+)")
_THOUSANDS = re.compile(r"\d{1,3}(?:([,.' ])\d{3})(?:\1\d{3})+((?!\1)[.,]0{1,6})?")
_NO_DIGITS = re.compile("[^0-9]+")
_EXTENSION = re.compile(
    r"(.*\d)\W*(?:ext|extn|extension|доб|доп|вн|ичк|ички|ichki|qo.?shimcha|[қк]ўшимча|x|#)\W*\d{1,7}\W*", re.I
)
_AND = "va|yoki|hamda|и|или|либо|ва|ёки|ҳамда|and|or"
_BETWEEN = re.compile(rf"\s*(?:[,;/|\\\n&]|\s(?:{_AND})\s)\s*", re.I)
_LONE_ZERO = re.compile(r"\d[.,·]0$")  # the tail of a float; read as a digit it would give another person's number
# An operator's code and a number cut by slashes: 90/111-00-40.
_SLASHED = re.compile(
    r"((?:\+?998|8|0)?[ /\\-]?\(?\d{2}\)?) ?[/\\]{1,2} ?"
    r"(\d{3}[-. /\\]?\d{2}[-. /\\]?\d{2}|\d{2}[-. ]\d{2}[-. ]\d{3}|\d{2}[-. ]\d{3}[-. ]\d{2})"
)
# A number that is whole by itself, whatever is around it.
_WHOLE = re.compile(r"(?<![\d+])(?:\+?998[ -]?|8[ -]?|0)?\(?\d{2}\)?[ -]?\d{3}[ -]?\d{2}[ -]?\d{2}(?!\d)")
_NUMBERING = re.compile(r"(?:^|(?<=[\s,;]))[1-9][.)]\s*(?=[+(\d])")  # 1) 90 123 45 67 2) 91 123 45 67
_PLACE_IN_LIST = re.compile(r"\d{1,3}[.)]\s+(?=[+(\d])")  # 1. 90 123 45 67
_CODE_APART = re.compile(r"\+?\(?998\)?[ .()-]*\+[ (]*(?=\d)")  # +998 +998 90 123 45 67, +998+901234567
# What separates numbers, where a slash without spaces may cut one number.
_BETWEEN_SLASHED = re.compile(rf"\s*[,;|\n&]\s*|\s+[/\\]\s+|\s(?:{_AND})\s", re.I)
_LINK_BEHIND_LABEL = re.compile(r"[^\W\d_]+\s*:?\s+(?=https?://)")
_BRACKETED = re.compile(r"\([^\W\d_][^()]*\)")  # (tel: 90 123 45 67)
_PLUS_INSIDE = re.compile(r"(?<=\d)[^\d+]*(?=\+)")
LIKE_DIGITS = str.maketrans({**dict.fromkeys("OoОоΟο", "0"), **dict.fromkeys("lIiІіӀ", "1")})
"""Letters that are typed for digits, for `str.translate`."""
_QUOTES = "\"'`’‘ʼʻ“”„‟«»‹›″′"
_EDGES = f" \n{_QUOTES}=_*:;,№~·!"
_FORMAT = " -().+·"
_GROUPS = 8  # in which one number is written at most: 8 10 998 90 123 45 67


def check(value: str) -> Checked:
    """The number in a cell and what was done to find it, or a rejection. Never raises, for any text."""
    if len(value) == 12 and value.isascii() and value.isdigit() and value.startswith("998"):
        number, outcome = classify_digits(value, False)
        return Checked(number, Outcome.AS_IS if number else outcome)
    if special := _special(value):
        return Checked(None, special)
    if "<" in value or "&" in value:
        if len({check(number).number for number in markup_numbers(value)} - {None}) > 1:
            return Checked(None, Outcome.TWO_NUMBERS)
        value = without_markup(value)
    text, foreign_digits = _plain(value)
    if not any(map(str.isalnum, text)) or text.casefold() in _NOTHING:
        return Checked(None, Outcome.EMPTY)
    if len(text) > MAX_CELL_LENGTH:
        return Checked(None, Outcome.NOT_A_NUMBER if any(map(str.isalpha, text)) else Outcome.TOO_LONG)
    result = _parse_with_surroundings(text)
    if foreign_digits and result.number:
        return Checked(result.number, Outcome.REPAIRED_DIGITS)
    return result


def _parse_with_surroundings(text: str) -> Checked:
    """The number of a cell that may be the link of a messenger, or have a picture or a flag beside it."""
    if text.isascii() and not any(map(str.isalpha, text)):
        return _parse(text)
    linked = from_link(text)
    if _BRACKETED.fullmatch(text) and linked is None:
        return _with_outcome(_parse_with_surroundings(text[1:-1].strip(_EDGES)), Outcome.REPAIRED_LABEL)
    if label := _LINK_BEHIND_LABEL.match(text):
        return _with_outcome(_parse_with_surroundings(text[label.end() :]), Outcome.REPAIRED_LABEL)
    if linked == NOT_A_NUMBER:  # perhaps several links, or a link beside its number
        return _same_number(re.split(r"[,;\s]+", text)) or Checked(None, Outcome.NOT_A_NUMBER)
    if linked is not None:
        return _with_outcome(_international(linked), Outcome.REPAIRED_LABEL)
    bare = without_pictures(text).strip(_EDGES)
    if bare == text:
        return _parse(text)
    if not any(map(str.isalnum, bare)):
        return Checked(None, Outcome.EMPTY)
    result = _with_outcome(_parse_with_surroundings(bare), Outcome.REPAIRED_LABEL)
    national = "998" not in _digits(bare)[:5]
    if result.number and national and flag_of(text) not in ("", "UZ"):
        return Checked(None, Outcome.FOREIGN)
    return result


def _international(text: str) -> Checked:
    """The number of a link, which always has its country code; a + in front is optional there."""
    if len(_split(text)) > 1:
        return Checked(None, Outcome.TWO_NUMBERS)
    return _single(text if text.lstrip(" (").startswith("+") or _digits(text).startswith("00") else f"+{text}")


def _special(value: str) -> Outcome | None:
    """The refusal for a cell that holds an error of a spreadsheet, or a formula instead of its value."""
    if value.startswith(UNCALCULATED):
        return Outcome.FORMULA
    text = value.strip()
    if text.startswith("=") and text.strip("=") and not text.startswith("==") and not _TEXT_FORMULA.fullmatch(text):
        return Outcome.FORMULA
    return Outcome.ERROR_VALUE if text[:1] in ("#", "E", "e") and _ERROR.fullmatch(text) else None


def is_error_value(cell: str) -> bool:
    """Whether a cell of any column holds an error of a spreadsheet, such as #N/A."""
    return _special(cell) is Outcome.ERROR_VALUE


def split_numbers(value: str) -> list[str]:
    """The parts of a cell that holds several numbers, in their order; one part where it holds one."""
    return _split(strip_label(_plain(without_markup(value))[0]))


def classify_digits(digits: str, plus: bool) -> Checked:
    """Pure digits, with or without a + in front, as a number. `vectorised` does the same on arrays."""
    count = len(digits)
    if plus and digits.startswith("0"):
        return classify_digits(digits, False)
    if digits.startswith("998") and (plus or count > NATIONAL_DIGITS):
        if count == 12:
            return _national(digits[3:], Outcome.REPAIRED_FORMAT)
        if count == 13 and digits[3] == "0":  # +998 (0) 90 …
            return _national(digits[4:], Outcome.REPAIRED_TRUNK_0)
        if count == 15 and digits.startswith("998998"):
            return _national(digits[6:], Outcome.REPAIRED_COUNTRY_TWICE)
        return Checked(None, Outcome.TOO_SHORT if count < 12 else Outcome.TOO_LONG)
    if plus:
        return Checked(None, Outcome.TOO_SHORT if count < 7 else Outcome.FOREIGN)
    if count < NATIONAL_DIGITS:
        return Checked(None, Outcome.TOO_SHORT)
    if count == NATIONAL_DIGITS:
        return _national(digits, Outcome.REPAIRED_NATIONAL)
    if count == 10 and digits[0] in "80":
        trunk = Outcome.REPAIRED_TRUNK_8 if digits[0] == "8" else Outcome.REPAIRED_TRUNK_0
        return _national(digits[1:], trunk)
    if digits.startswith("0998") and count == 13:
        return _national(digits[4:], Outcome.REPAIRED_TRUNK_0)
    if digits.startswith("00998"):
        if count == 14:
            return _national(digits[5:], Outcome.REPAIRED_00)
        return Checked(None, Outcome.TOO_SHORT if count < 14 else Outcome.TOO_LONG)
    if digits.startswith("810998") and count == 15:  # the way abroad from the countries around
        return _national(digits[6:], Outcome.REPAIRED_00)
    return Checked(None, _foreign_or_too_long(digits))


def _foreign_or_too_long(digits: str) -> Outcome:
    """Decide whether ten or more digits that are not a number of Uzbekistan are foreign or too long."""
    count = len(digits)
    if count == 10 or count > 17:
        return Outcome.TOO_LONG
    if count == 12 or (count == 11 and digits[0] == "7") or digits.startswith("00"):
        return Outcome.FOREIGN
    abroad = "7" + digits[1:] if count == 11 and digits[0] == "8" else digits  # Russia and Kazakhstan dial 8 at home
    return Outcome.FOREIGN if _valid_abroad(abroad) else Outcome.TOO_LONG


@lru_cache(100_000)
def _valid_abroad(digits: str) -> bool:
    import phonenumbers

    try:
        return phonenumbers.is_valid_number(phonenumbers.parse("+" + digits, None))
    except phonenumbers.NumberParseException:
        return False


def _national(digits: str, accepted: Outcome) -> Checked:
    kind = ranges.kind_of(int(digits))
    if kind == ranges.MOBILE:
        return Checked(int(f"{ranges.COUNTRY}{digits}"), accepted)
    return Checked(None, Outcome.LANDLINE if kind == ranges.FIXED else Outcome.UNASSIGNED_RANGE)


_SAME_AS = {
    **dict.fromkeys("（[{<【［｛〔", "("),
    **dict.fromkeys("）]}>】］｝〕", ")"),
    **dict.fromkeys("·•∙⋅‧・･·", "·"),
    **dict.fromkeys("．․˙", "."),
    **dict.fromkeys("、，", ","),
    "；": ";",
    "｜": "|",
    **dict.fromkeys("／⁄∕", "/"),
    **dict.fromkeys("＋﹢", "+"),
    **dict.fromkeys("：﹕", ":"),
    **dict.fromkeys("\ufe0e\ufe0f\u20e3", ""),  # an emoji's style; the frame of a keycap
}


@cache
def _plain_letter(letter: str) -> str:
    """A character as ASCII where it is a digit, a space, a dash or a bracket of any script; else itself."""
    category = unicodedata.category(letter)
    if category == "Nd":
        return str(unicodedata.decimal(letter))
    if letter in "\r\n\v\f\x85\u2028\u2029":
        return "\n"
    if category in ("Zs", "Cc"):
        return " "
    if category == "Cf":  # invisible direction marks, as in copied contacts
        return ""
    if category == "Pd" or letter == "−":
        return "-"
    return _SAME_AS.get(letter, letter)


def _plain(value: str) -> tuple[str, bool]:
    """The cell without what surrounds the text (spaces, quotes, ="…"), and whether digits of another script were in."""
    text = "".join(map(_plain_letter, value))
    foreign = not value.isascii() and any(letter.isdecimal() and letter > "9" for letter in value)
    return text.strip(_EDGES), foreign


def _parse(text: str) -> Checked:
    exponent = _EXPONENT.fullmatch(text)
    if exponent:
        return _from_exponent(exponent)
    decimal = _FLOAT.fullmatch(text)
    if decimal and len(decimal[2]) < 7:  # with seven or more it may be a second number
        if decimal[2].strip("0"):
            return Checked(None, Outcome.NOT_A_NUMBER)
        return _with_outcome(classify_digits(decimal[1].lstrip("+"), text.startswith("+")), Outcome.REPAIRED_FLOAT)
    digits = _digits(text)
    if len(digits) >= 2 * NATIONAL_DIGITS and len(parts := _whole_numbers(text)) > 1:
        return _same_number(parts) or Checked(None, Outcome.TWO_NUMBERS)
    place = None if digits.startswith("998") else _PLACE_IN_LIST.match(text)
    if place and (number := _parse(text[place.end() :]).number):
        return Checked(number, Outcome.REPAIRED_LABEL)
    if is_another_value(text, digits):
        return Checked(None, Outcome.NOT_A_NUMBER)
    thousands = _THOUSANDS.fullmatch(text)
    if thousands and thousands[2]:
        if not digits.startswith("998"):  # 901 234 567,00 is an amount
            return Checked(None, Outcome.NOT_A_NUMBER)
        return _with_outcome(classify_digits(_digits(text[: thousands.start(2)]), False), Outcome.REPAIRED_FLOAT)
    if thousands and thousands[1] != " ":
        return classify_digits(digits, False)
    if is_telegram_id(text):
        return Checked(None, Outcome.NOT_A_NUMBER)
    bare = strip_label(text)
    if bare != text and bare:
        return _with_outcome(_parse_with_surroundings(bare), Outcome.REPAIRED_LABEL)
    if "+" in text and (apart := _CODE_APART.match(text)) and digits.startswith("998"):
        rest = _digits(text[apart.end() :])
        return _with_outcome(classify_digits(rest.removeprefix("998"), False), Outcome.REPAIRED_COUNTRY_TWICE)
    extension = _EXTENSION.fullmatch(text)
    if extension and len(_digits(extension[1])) >= 7:
        return Checked(None, Outcome.EXTENSION)
    if slashed := _slashed(text):
        return _single(slashed)
    parts = _split(text)
    if len(parts) > 1:
        return _same_number(parts) or Checked(None, Outcome.TWO_NUMBERS)
    return _single(parts[0])


def _slashed(text: str) -> str | None:
    """A number that slashes cut, with hyphens in their place; None for other texts."""
    match = _SLASHED.fullmatch(text.strip(" .()"))
    return re.sub(r"[/\\]+", "-", "-".join(match.groups())) if match else None


def _same_number(parts: list[str]) -> Checked | None:
    """The number that every part of a cell holds; None where they differ or one of them is none."""
    if len(parts) < 2:
        return None
    numbers = {check(part).number for part in parts}
    number = numbers.pop()
    return Checked(number, Outcome.REPAIRED_TWICE) if number and not numbers else None


def _from_exponent(match: re.Match[str]) -> Checked:
    """9.98901234567E+11 still holds every digit; 9.98901E+11 was rounded, and any guess would reach a stranger."""
    whole, decimals, power = match.groups()[:3] if match[1] else match.groups()[3:]
    mantissa, exponent = whole + (decimals or ""), int(power) + len(whole) - 1
    if len(mantissa.rstrip("0")) > exponent + 1 or exponent > 20:
        return Checked(None, Outcome.NOT_A_NUMBER)
    if len(mantissa) < exponent + 1:
        return Checked(None, Outcome.DIGITS_LOST)
    return _with_outcome(classify_digits(mantissa[: exponent + 1], False), Outcome.REPAIRED_FLOAT)


def _with_outcome(result: Checked, outcome: Outcome) -> Checked:
    return Checked(result.number, outcome) if result.number else result


def _digits(text: str) -> str:
    return _NO_DIGITS.sub("", text)


def _split(text: str) -> list[str]:
    """The cell cut into its numbers: several only where at least one part is long enough to be a number."""
    if len(whole := _whole_numbers(text)) > 1:
        return whole
    cuts = _BETWEEN.split(text)
    if "/" in text or "\\" in text:
        pieces = _BETWEEN_SLASHED.split(text)
        cuts = [cut for piece in pieces for cut in ([_slashed(piece)] if _slashed(piece) else _BETWEEN.split(piece))]
    parts = [part for cut in cuts for part in _PLUS_INSIDE.split(cut) if part.strip(_FORMAT)]
    numbers = [part for part in parts if len(_digits(part)) >= 7]
    if len(numbers) > 1 or (numbers and any(_digits(part) for part in parts if part not in numbers)):
        return [part for part in parts if _digits(part)]
    digits = _digits(text)
    if len(digits) < 2 * NATIONAL_DIGITS or not numbers:
        return [text]
    apart = _split_at_spaces(text)
    if len(apart) > 1:
        return apart
    glued = [digits[:12], digits[12:]]
    if len(digits) == 2 * NATIONAL_DIGITS and digits.isdecimal() and digits[:NATIONAL_DIGITS] * 2 == text:
        return [text[:NATIONAL_DIGITS], text[NATIONAL_DIGITS:]]
    if len(digits) == 24 and all(half.startswith("998") and _single(half).number for half in glued):
        return glued
    return [text]


def _whole_numbers(text: str) -> list[str]:
    """The numbers of a text that is nothing but whole numbers, numbering and signs between them; else nothing."""
    text = _NUMBERING.sub(" ", text) if text[:1] == "1" else text
    numbers = [match[0] for match in _WHOLE.finditer(text)]
    if len(numbers) < 2 or any(map(str.isalnum, _WHOLE.sub(" ", text))):
        return []
    return numbers if all(map(_is_complete_number, numbers)) else []


def _split_at_spaces(text: str) -> list[str]:
    """A row of numbers with nothing but spaces or brackets between them, cut where each is whole; else nothing."""
    groups = [group for group in re.split(r"\s+|(?=\()", text) if group]
    numbers: list[str] = []
    start = 0
    while start < len(groups):
        ends = range(min(len(groups), start + _GROUPS), start, -1)
        end = next((to for to in ends if _is_complete_number(" ".join(groups[start:to]))), None)
        if end is None:
            return []
        numbers.append(" ".join(groups[start:end]))
        start = end
    return numbers


def _is_complete_number(text: str) -> bool:
    result = _single(text)
    return bool(result.number) or result.outcome is Outcome.LANDLINE


def _single(text: str) -> Checked:
    """Parse one number with any separators between its digits."""
    repaired = None
    if any(map(str.isalpha, text)):
        translated = text.translate(LIKE_DIGITS)
        if len(_digits(text)) < 7 or any(map(str.isalpha, translated)):
            return Checked(None, Outcome.NOT_A_NUMBER)
        text, repaired = translated, Outcome.REPAIRED_LETTERS
    stripped = text.strip(f" \n{_QUOTES}=_*:;,")
    digits = _digits(stripped)
    plus = stripped.lstrip(" -().").startswith("+")
    if not digits or set(stripped) - set(f"0123456789 -().+·,/\\|;&\n_*:={_QUOTES}"):
        return Checked(None, Outcome.NOT_A_NUMBER)
    if re.search(r"\d[^\d]*\+[^\d]*\d", stripped):
        return Checked(None, Outcome.NOT_A_NUMBER)
    result = classify_digits(digits, plus)
    if result.number and _LONE_ZERO.search(stripped):
        return Checked(None, Outcome.NOT_A_NUMBER)
    return _with_outcome(result, repaired) if repaired else result
