"""Mobile numbers of Uzbekistan: any notation of a number → `998XXXXXXXXX` as an integer, or a rejection code.

Validity, kind and range come from phonenumbers' own metadata (`ranges`); there is no list of prefixes here.
`check` parses one cell, `check_column` gives the same result for a million cells at once.
"""

from getsms_core.phone.masked_cell import mask_cell, mask_cells, mask_text, mask_texts, may_hold_numbers, numbers_in
from getsms_core.phone.outcome import CODES, OUTCOMES, Outcome, message, messages
from getsms_core.phone.parser import UNCALCULATED, Checked, check, is_error_value, split_numbers
from getsms_core.phone.ranges import range_names, range_of
from getsms_core.phone.vectorised import CheckedColumn, check_column

RANGES: list[str]  # the names `range_of` points into: "other", then the metadata's carriers, sorted

__all__ = [
    "CODES",
    "OUTCOMES",
    "RANGES",
    "UNCALCULATED",
    "Checked",
    "CheckedColumn",
    "Outcome",
    "check",
    "check_column",
    "is_error_value",
    "mask_cell",
    "mask_cells",
    "mask_text",
    "mask_texts",
    "may_hold_numbers",
    "message",
    "messages",
    "numbers_in",
    "range_of",
    "split_numbers",
]


def __getattr__(name: str) -> list[str]:
    if name == "RANGES":  # at its first use: the metadata of all the world's carriers is not for those who only check
        globals()[name] = range_names()
        return range_names()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
