"""Mask the middle of phone numbers, in columns and in texts, for users who may not see full numbers."""

import re

_UZBEK_NUMBER = re.compile(r"(?<!\d)(\+?998)[\s\-()]*(\d{2})[\s\-()]*(?:\d[\s\-()]*){5}(\d{2})(?!\d)")
_SEPARATORS = r"[\s\-()]*"
STARS = "*****"


def mask_phone(phone: int) -> str:
    """998901234567 → "99890*****67"; "" for an erased number."""
    digits = str(phone)
    return f"{digits[:5]}{STARS}{digits[-2:]}" if phone else ""


def mask_all_numbers(text: str) -> str:
    """Return a text of the gateway with every number of Uzbekistan masked."""
    return _UZBEK_NUMBER.sub(rf"\1\2{STARS}\3", text) if "998" in text else text


def mask_own_number(text: str, phone: int) -> str:
    """Mask the recipient's own number in a message's text, in any notation; other numbers stay readable."""
    digits = str(phone)
    local = digits[-9:]
    if not phone or local not in re.sub(r"\D", "", text):
        return text
    return re.sub(rf"(?:\+?998{_SEPARATORS})?{_SEPARATORS.join(local)}(?!\d)", mask_phone(phone), text)
