"""Read any list as a table of text, in a child process, so that no file can crash the program.

read ─▶ child process: file_type → workbook (XLSX, …) | html_table (HTML) | csv_text (CSV, TSV, TXT) ─▶ Arrow file
     ◀─ headers: which row names the columns; phone_column: which column holds the phone numbers

The names below are imported at their first use: the child needs none of them, and after `begin` it reads while
the rest is still being imported.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from getsms_core.spreadsheet.limits import LIMITS, Limits
    from getsms_core.spreadsheet.model import OWN_COLUMN, Sheet
    from getsms_core.spreadsheet.phone_column import PhoneColumns, guess_phone_column, phone_columns, with_phones
    from getsms_core.spreadsheet.reader import read
    from getsms_core.spreadsheet.subprocess_reader import Reading, begin

__all__ = [
    "LIMITS",
    "OWN_COLUMN",
    "Limits",
    "PhoneColumns",
    "Reading",
    "Sheet",
    "begin",
    "guess_phone_column",
    "phone_columns",
    "read",
    "with_phones",
]
_HOMES = {
    "LIMITS": "limits",
    "OWN_COLUMN": "model",
    "Limits": "limits",
    "PhoneColumns": "phone_column",
    "Reading": "subprocess_reader",
    "Sheet": "model",
    "begin": "subprocess_reader",
    "guess_phone_column": "phone_column",
    "phone_columns": "phone_column",
    "read": "reader",
    "with_phones": "phone_column",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    member = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = member
    return member
