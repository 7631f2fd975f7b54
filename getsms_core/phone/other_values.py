"""What has as many digits as a phone number and is none: dates, times, amounts, decimals, addresses, versions.

Read as digits alone, each would be the number of a stranger. A notation that people use for phones as well, such as
90.123.45.67, is left to the parser.
"""

import re

_AMOUNT = re.compile(r"[+-]?\d{1,3}(?:([ ,.'])\d{3})(?:\1\d{3})*(?!\1)[.,](?!0+$)\d{1,3}")
_POINT = re.compile(r"[+-]?(\d+)([.,])(\d+)")
_DAY = r"(?:\d{1,2}[./-]\d{1,2}[./-](?:\d{4}|\d{2})|\d{4}[./-]\d{1,2}[./-]\d{1,2})"
_TIME = r"\d{1,2}:\d{2}(?::\d{2})?"
_TIME_OF_DAY = re.compile(r"\d:\d")
_OCTET = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
_ADDRESS = re.compile(rf"(?!\d\d\.\d{{3}}\.\d\d\.\d\d$){_OCTET}(?:\.{_OCTET}){{3}}(?:/\d{{1,2}})?")
_MOMENT = re.compile(rf"{_DAY}[ T,]*{_TIME}|{_TIME}[ ,]+{_DAY}|{_DAY}(?: *- *| ){_DAY}")
_CUT = r"(?: ?[./-] ?| +)"
_YEAR = r"(?:19|20)\d\d"
_FULL_DATE = re.compile(
    rf"(?<!\d)(?:(\d{{1,2}}){_CUT}(\d{{1,2}}){_CUT}{_YEAR}|{_YEAR}{_CUT}(\d{{1,2}}){_CUT}(\d{{1,2}}))(?!\d)"
)
_SHORT_DATE = re.compile(r"(?:^|(?<=[ ,]))(\d{1,2})([./])(\d{1,2})\2\d\d(?=[ ,]|$)")
_DOTTED = re.compile(r"\d+(?:\.\d+){2,}")
# The digits between the points of a number without its country code.
_PHONE_CUTS = {(2, 3, 2, 2), (2, 3, 4), (2, 2, 3, 2), (2, 2, 2, 3), (5, 2, 2), (3, 3, 3), (2, 5, 2)}
_LONGEST = 9  # digits of a number without its country code


def is_another_value(text: str, digits: str) -> bool:
    """Whether a text without letters is something else than a phone; `digits` are its digits."""
    bare = text.strip("()")
    return (
        any(form.fullmatch(bare) for form in (_MOMENT, _AMOUNT, _ADDRESS))
        or (":" in text and _TIME_OF_DAY.search(text) is not None)
        or _is_decimal(bare)
        or _is_version(bare)
        or _holds_date(text, digits)
    )


def _is_decimal(text: str) -> bool:
    """Whether a text is digits with one point where no phone number is cut: 90.1234567 is a coordinate as often as a
    phone, 998.901234567 is a phone. A comma may separate two numbers."""
    match = _POINT.fullmatch(text)
    if match is None or not match[3].strip("0"):
        return False
    lengths = len(match[1]), len(match[3])
    return max(lengths) < _LONGEST - 2 if match[2] == "," else lengths not in ((3, 9), (5, 7))


def _is_version(text: str) -> bool:
    """Whether points cut a text where they cut no phone number: 99.0.4844.51."""
    if text.count(".") < 2 or not _DOTTED.fullmatch(text) or text.startswith("998"):
        return False
    parts = text.split(".")
    if parts[0] in ("0", "8"):  # the old way to dial
        parts = parts[1:]
    return tuple(map(len, parts)) not in _PHONE_CUTS


def _holds_date(text: str, digits: str) -> bool:
    """Whether a date is in a text that has enough digits for a phone: 20.12.2026 5, 9/01/2026 12. A number with its
    country code is a phone however it is cut; shorter texts are too short for one anyway."""
    count = len(digits)
    if count < _LONGEST or text.startswith("+") or (digits.startswith("998") and count > _LONGEST):
        return False
    if "19" in text or "20" in text:
        for match in _FULL_DATE.finditer(text):
            first, second = (int(part) for part in match.groups() if part)
            if 1 <= min(first, second) <= 12 and max(first, second) <= 31:
                return True
    if " " not in text and "," not in text:
        return False
    return any(1 <= int(day) <= 31 and 1 <= int(month) <= 12 for day, _, month in _SHORT_DATE.findall(text))
