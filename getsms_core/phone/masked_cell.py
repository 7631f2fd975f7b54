"""A cell of a list or an upload, for users who may not see whole numbers."""

from getsms_core.base.masking import mask_all_numbers, mask_phone
from getsms_core.phone.parser import check


def mask_cell(text: str) -> str:
    """Return a cell without a whole number: one that is a number in any notation (90 123-45-67) is masked, in a longer
    text every number of Uzbekistan with its country code."""
    number = check(text).number
    return mask_phone(number) if number else mask_all_numbers(text)
