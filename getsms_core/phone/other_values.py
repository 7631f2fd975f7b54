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
_SHORT_DATE = re.compile(r"(?:^|(?<=[ ,]))(\d{1,2})([./])(\d{1,2})\2\d\d(?=[ ,/]|$)|^(\d{1,2})-(\d{1,2})-\d\d(?= )")
_MONTH = re.compile(rf"(?<!\d)(?:0?[1-9]|1[0-2])[./-]{_YEAR}(?!\d)")
_DOTTED = re.compile(r"\d+(?:\.\d+){2,}")
# A year and a number, as of a contract; so'm and tiyin.
_NUMBERED = re.compile(rf"{_YEAR}(?:[/-]| +)\d.*|\d{{5}}(?:[/-]| +){_YEAR}|\d{{7}}-\d\d")
_GROUP = re.compile(r"\d+")
_CUTTING = re.compile(r"\d ?[./*\\] ?\d")
# The digits between the signs of a number without its country code.
_PHONE_CUTS = {
    *((2, 3, 2, 2), (2, 3, 4), (2, 2, 3, 2), (2, 2, 2, 3), (2, 4, 3), (2, 5, 2), (3, 2, 2, 2)),
    *((5, 2, 2), (3, 3, 3), (2, 7), (9,)),
}
_LONGEST = 9  # digits of a number without its country code


def is_another_value(text: str, digits: str) -> bool:
    """Whether a text without letters is something else than a phone; `digits` are its digits."""
    bare = text.strip("()")
    return (
        any(form.fullmatch(bare) for form in (_MOMENT, _AMOUNT, _ADDRESS))
        or (":" in text and _TIME_OF_DAY.search(text) is not None)
        or _is_decimal(bare)
        or _is_version(bare)
        or _holds_other_digits(text, digits)
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
    return not _is_cut_as_a_phone(text)


def _is_cut_as_a_phone(text: str) -> bool:
    """Whether the digits of a text are in groups as people write a number without its country code."""
    groups = _GROUP.findall(text)
    if len(groups) > 1 and groups[0] in ("0", "8"):  # the old way to dial
        groups = groups[1:]
    elif len(groups) > 1 and len(groups[0]) == 3 and groups[0][0] in "08":
        groups[0] = groups[0][1:]
    cuts = tuple(map(len, groups))
    return cuts in _PHONE_CUTS and not ("*" in text and cuts == (3, 3, 3))


def _holds_other_digits(text: str, digits: str) -> bool:
    """Whether a text that has enough digits for a phone holds a date (20.12.2026 5, 9/01/2026 12), the number of a
    contract (12345/2026) or digits that signs cut as in no phone (33/28/51394). A number with its country code is a
    phone however it is cut; shorter texts are too short for one anyway."""
    count = len(digits)
    if count < _LONGEST or text.startswith("+") or (digits.startswith("998") and count > _LONGEST):
        return False
    if "19" in text or "20" in text:
        if (count == _LONGEST and _NUMBERED.fullmatch(text)) or any(map(_is_date, _FULL_DATE.finditer(text))):
            return True
        if ("." in text or "/" in text) and _MONTH.search(text):
            return True
    elif count == _LONGEST and "-" in text and _NUMBERED.fullmatch(text):
        return True
    if any(map(_is_date, _SHORT_DATE.finditer(text))):
        return True
    return count <= _LONGEST + 1 and bool(_CUTTING.search(text)) and not _is_cut_as_a_phone(text)


def _is_date(match: re.Match[str]) -> bool:
    first, second = (int(part) for part in match.groups() if part and part.isdecimal())
    return 1 <= min(first, second) <= 12 and max(first, second) <= 31
