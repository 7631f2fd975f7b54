"""The outcome of a row: a code for scripts, its family, and the message for users.

accepted   as-is                      the cell held exactly 998XXXXXXXXX
repaired   repaired-…                 the number is certain, the cell was changed; listed with before and after
rejected   empty, landline, …         no SMS can be sent to this cell; the message tells what to do
duplicate, opted-out                  a valid number that is excluded on purpose
"""

import re
from enum import StrEnum
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from getsms_core.base.i18n import N_, _

Family = Literal["accepted", "repaired", "rejected", "duplicate", "opted-out"]
MAX_SHOWN_CHARACTERS = 60  # characters of a cell that a sentence quotes


class Outcome(StrEnum):
    """Why a row is accepted or not. The order is the code in `OUTCOMES`, kept in stored lists: append only."""

    AS_IS = "as-is"
    REPAIRED_FORMAT = "repaired-format"
    REPAIRED_NATIONAL = "repaired-national"
    REPAIRED_TRUNK_8 = "repaired-trunk-8"
    REPAIRED_TRUNK_0 = "repaired-trunk-0"
    REPAIRED_00 = "repaired-00"
    REPAIRED_FLOAT = "repaired-float"
    REPAIRED_LETTERS = "repaired-letters"
    REPAIRED_DIGITS = "repaired-digits"
    REPAIRED_LABEL = "repaired-label"
    REPAIRED_ONE_OF_TWO = "repaired-one-of-two"
    EMPTY = "empty"
    NOT_A_NUMBER = "not-a-number"
    DIGITS_LOST = "digits-lost"
    TWO_NUMBERS = "two-numbers"
    LANDLINE = "landline"
    FOREIGN = "foreign"
    UNASSIGNED_RANGE = "unassigned-range"
    TOO_SHORT = "too-short"
    TOO_LONG = "too-long"
    EXTENSION = "extension"
    DUPLICATE = "duplicate"
    OPTED_OUT = "opted-out"
    ERROR_VALUE = "error-value"
    FORMULA = "formula-without-value"
    REPAIRED_TWICE = "repaired-twice"
    REPAIRED_COUNTRY_TWICE = "repaired-country-twice"

    @property
    def family(self) -> Family:
        """The count that a row of this outcome adds to; repaired rows are among the accepted."""
        if self is Outcome.AS_IS:
            return "accepted"
        if self.startswith("repaired-"):
            return "repaired"
        if self is Outcome.DUPLICATE:
            return "duplicate"
        return "opted-out" if self is Outcome.OPTED_OUT else "rejected"

    @property
    def code(self) -> int:
        """The index of this outcome in `OUTCOMES`."""
        return CODES[self]


OUTCOMES: list[Outcome] = list(Outcome)
CODES: dict[Outcome, int] = {outcome: code for code, outcome in enumerate(OUTCOMES)}

_SENTENCES: dict[Outcome, str] = {
    Outcome.AS_IS: N_("{number} is accepted as written."),
    Outcome.REPAIRED_FORMAT: N_("“{value}” was read as {number}: spaces and signs were removed."),
    Outcome.REPAIRED_NATIONAL: N_("“{value}” was read as {number}: the country code 998 was put in front."),
    Outcome.REPAIRED_TRUNK_8: N_("“{value}” was read as {number}: the old long-distance 8 became 998."),
    Outcome.REPAIRED_TRUNK_0: N_("“{value}” was read as {number}: the leading 0 became 998."),
    Outcome.REPAIRED_00: N_("“{value}” was read as {number}: the international dialling prefix was removed."),
    Outcome.REPAIRED_FLOAT: N_("“{value}” was read as {number}: the spreadsheet had made a decimal number of it."),
    Outcome.REPAIRED_LETTERS: N_(
        "“{value}” was read as {number}: letters that look like digits were replaced. Check it."
    ),
    Outcome.REPAIRED_DIGITS: N_("“{value}” was read as {number}: digits of another script were replaced."),
    Outcome.REPAIRED_LABEL: N_("“{value}” was read as {number}: the word beside the number was removed."),
    Outcome.REPAIRED_ONE_OF_TWO: N_("“{value}” holds several numbers; {number} was taken."),
    Outcome.REPAIRED_TWICE: N_("“{value}” holds one number twice; {number} was taken once."),
    Outcome.REPAIRED_COUNTRY_TWICE: N_("“{value}” was read as {number}: the country code 998 was written twice."),
    Outcome.EMPTY: N_("There is no phone number in this row. Fill it in, or delete the row."),
    Outcome.NOT_A_NUMBER: N_("“{value}” is not a phone number. Write it as 998901234567."),
    Outcome.DIGITS_LOST: N_(
        "“{value}” has lost its last digits: the spreadsheet rounded the number, and they are not in this file. In the "
        "original, select the column, choose Format Cells → Number with 0 decimal places (or Text), and save it again."
    ),
    Outcome.TWO_NUMBERS: N_(
        "“{value}” holds more than one number. Keep one of them, or choose to take the first or both when checking."
    ),
    Outcome.LANDLINE: N_("“{value}” is a landline, not a mobile number: it cannot receive an SMS."),
    Outcome.FOREIGN: N_("“{value}” is not a number of Uzbekistan (country code 998); this gateway cannot reach it."),
    Outcome.UNASSIGNED_RANGE: N_(
        "“{value}” does not belong to any operator: no number in Uzbekistan begins this way. Check for a typing error."
    ),
    Outcome.TOO_SHORT: N_("“{value}” has too few digits: a number has nine after 998."),
    Outcome.TOO_LONG: N_("“{value}” has too many digits: a number has nine after 998."),
    Outcome.EXTENSION: N_("“{value}” has an extension: a number behind a switchboard cannot receive an SMS."),
    Outcome.DUPLICATE: N_("“{value}” is the same number as in row {row}; it gets one message only."),
    Outcome.OPTED_OUT: N_("“{value}” asked not to receive messages and is left out."),
    Outcome.ERROR_VALUE: N_(
        "“{value}” is an error of the spreadsheet, not a phone number. Correct the formula, or write the number in its "
        "place."
    ),
    Outcome.FORMULA: N_(
        "The formula “{value}” has no stored value in this file. Open the file in a spreadsheet program, save it again "
        "and upload the new file."
    ),
}


_WORDS_BESIDE = N_(
    "“{value}” has words beside the digits, so it is not certain that they are a phone number. If they are, leave only "
    "the number in this cell and move the words to another column."
)
_DIGITS = r"(?:[0-9][ ()\-]*){9}"
"""As many digits as a number has."""


def message(outcome: Outcome, value: str, number: int | None = None, row: int | None = None) -> str:
    """Return the message for users, in the language of this context.

    `value` is the original cell, `number` the parsed number, `row` the other row of a duplicate."""
    shown_value = value if len(value) <= MAX_SHOWN_CHARACTERS else value[: MAX_SHOWN_CHARACTERS - 1] + "…"
    sentence = _SENTENCES[outcome]
    if outcome is Outcome.NOT_A_NUMBER and re.search(_DIGITS, value) and any(map(str.isalpha, value)):
        sentence = _WORDS_BESIDE
    return _(sentence).format(value=shown_value, number=number or "", row=row or "")


def messages(
    outcome: Outcome, values: pa.Array, numbers: npt.NDArray[np.int64], rows: npt.NDArray[np.int32]
) -> pa.Array:
    """Return `message` for many rows with one outcome: strings aligned with `values`."""
    values = pc.fill_null(values, "")
    sentences = _worded(_SENTENCES[outcome], values, numbers, rows)
    if outcome is not Outcome.NOT_A_NUMBER:
        return sentences
    beside = pc.and_(pc.match_substring_regex(values, _DIGITS), pc.match_substring_regex(values, r"\p{L}"))
    return pc.if_else(beside, _worded(_WORDS_BESIDE, values, numbers, rows), sentences)


def _worded(sentence: str, values: pa.Array, numbers: npt.NDArray[np.int64], rows: npt.NDArray[np.int32]) -> pa.Array:
    mark = "\x00"
    template = _(sentence).format(value=f"{mark}v{mark}", number=f"{mark}n{mark}", row=f"{mark}r{mark}")
    shortened = pc.if_else(
        pc.less_equal(pc.utf8_length(values), MAX_SHOWN_CHARACTERS),
        values,
        pc.binary_join_element_wise(pc.utf8_slice_codeunits(values, 0, MAX_SHOWN_CHARACTERS - 1), "…", ""),
    )
    parts: list[pa.Array | str] = []
    for part in template.split(mark):
        if part == "v":
            parts.append(shortened)
        elif part in ("n", "r"):
            row_values = pa.array(numbers if part == "n" else rows)
            parts.append(pc.if_else(pc.equal(row_values, 0), "", row_values.cast(pa.string())))
        else:
            parts.append(part)
    if all(isinstance(part, str) for part in parts):
        return pa.array([template] * len(values), pa.string())
    return pc.binary_join_element_wise(*parts, "")
