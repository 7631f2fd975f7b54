"""Mask the middle of phone numbers, in columns and in texts, for users who may not see full numbers."""

import re
import unicodedata

_SEPARATORS = r"[\W_]{0,3}"
"""What people put between the digits of a number: spaces, dashes, points, brackets, invisible characters."""
_UZBEK_NUMBER = re.compile(
    rf"(?<!\d)((?:\+|00)?998){_SEPARATORS}(\d){_SEPARATORS}(\d){_SEPARATORS}(?:\d{_SEPARATORS}){{5}}(\d){_SEPARATORS}(\d)(?!\d)",
    re.ASCII,
)
STARS = "*****"


def mask_phone(phone: int) -> str:
    """998901234567 → "99890*****67"; "" for an erased number."""
    digits = str(phone)
    return f"{digits[:5]}{STARS}{digits[-2:]}" if phone else ""


def mask_all_numbers(text: str) -> str:
    """Return a text of the gateway with every number of Uzbekistan masked."""
    digits = with_ascii_digits(text)
    if "998" not in re.sub(r"\D", "", digits):
        return text
    return _replaced(text, digits, _UZBEK_NUMBER, rf"\1\2\3{STARS}\4\5")


def mask_own_number(text: str, phone: int) -> str:
    """Mask the recipient's own number in a message's text, in any notation; other numbers stay readable."""
    local = str(phone)[-9:]
    digits = with_ascii_digits(text)
    if not phone or local not in re.sub(r"\D", "", digits):
        return text
    notation = re.compile(rf"(?:\+?998{_SEPARATORS})?{_SEPARATORS.join(local)}", re.ASCII)
    return _replaced(text, digits, notation, mask_phone(phone))


def mask_details(value: object) -> object:
    """Return the details of an audit entry, values of any JSON type, with every number of Uzbekistan masked."""
    if isinstance(value, str):
        return mask_all_numbers(value)
    if isinstance(value, dict):
        return {key: mask_details(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [mask_details(inner) for inner in value]
    return mask_phone(value) if isinstance(value, int) and 998 * 10**9 <= value < 999 * 10**9 else value


def with_ascii_digits(text: str) -> str:
    """Return a text of the same length in which the digits of every script are 0 to 9."""
    if text.isascii():
        return text
    return "".join(str(unicodedata.decimal(letter)) if letter.isdecimal() else letter for letter in text)


def _replaced(text: str, digits: str, pattern: re.Pattern[str], mask: str) -> str:
    """Replace what `pattern` finds in `digits` at the same places of `text`."""
    pieces, position = [], 0
    for match in pattern.finditer(digits):
        pieces += [text[position : match.start()], match.expand(mask)]
        position = match.end()
    return "".join(pieces) + text[position:]
