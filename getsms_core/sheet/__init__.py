"""Any list people have, as a table of text: read in a child process, so that no file can take the program down.

read ─▶ child process: kinds → books (XLSX, XLS, XLSB, ODS) | pages (HTML) | texts (CSV, TSV, TXT) ─▶ Arrow file
     ◀─ headers: which row names the columns; guess: which column holds the phone numbers
"""

from getsms_core.sheet.guess import guess_phone_column
from getsms_core.sheet.limits import LIMITS, Limits
from getsms_core.sheet.model import OWN_COLUMN, Sheet
from getsms_core.sheet.reader import read

__all__ = ["LIMITS", "OWN_COLUMN", "Limits", "Sheet", "guess_phone_column", "read"]
