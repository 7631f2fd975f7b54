"""Find the header row and name the columns."""

import re
import unicodedata
from itertools import compress

import pyarrow as pa

from getsms_core.base.names import shorten
from getsms_core.phone import Outcome, check
from getsms_core.spreadsheet.header_words import header_weight, is_only_header_words
from getsms_core.spreadsheet.model import OWN_COLUMN, column_letters

_MAX_ROWS_SEARCHED = 40  # rows with anything in them; titles and notes above a list are shorter than this
_SAMPLE_NUMBER = re.compile(
    r"[^\W\d_]\s*[(\[][^\d]*\d|[^\W\d_]+[\s_]+[^\W\d_]+"
)  # "Telefon (998…", "Telefon raqami 998…"
# Letters of the two alphabets that look the same, and the kinds of apostrophe.
_SAME_LOOK = (
    str.maketrans(dict(zip("АВЕКМНОРСТХУІЈЅаеорсухіјѕ", "ABEKMHOPCTXYIJSaeopcyxijs", strict=True)))
    | str.maketrans(dict.fromkeys("ʻʼ’‘`´", "'"))
    | {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)}
)
_WHOLE_NUMBER = re.compile(r"(?<![\d.])(?:998[ -]?)?\(?\d{2}\)?[ -]?\d{3}[ -]?\d{2}[ -]?\d{2}(?![\d.])")
_BRACKETED_NUMBER = re.compile(r"[^\W\d_]\s*[(\[][^\d]*\d")
_NAME_AFTER_EQUALS = re.compile(r"=[^\W\d_]+(?: [^\W\d_]+)*")  # a name, no formula
_Row = tuple[str | None, ...]
_DATE = r"(?:\d{1,2}[./-]\d{1,2}[./-]\d{4}|\d{4}[./-]\d{1,2}[./-]\d{1,2})(?:[ T]\d{1,2}:\d\d(?::\d\d)?)?"
_DATES = re.compile(rf"\s*{_DATE}(?:\s*[-–—]\s*{_DATE})?\s*")  # a period has as many digits as a number
_NO_VALUE = {Outcome.ERROR_VALUE, Outcome.FORMULA}
_NO_PHONE = {Outcome.EMPTY, Outcome.NOT_A_NUMBER, Outcome.TOO_SHORT, *_NO_VALUE}


def find_header_row(table: pa.Table) -> int | None:
    """The position of the row that names the columns, or None where the first row is a recipient already.

    A header is above the first row with anything like a phone number, and is the fullest row there; a title over
    merged cells has fewer. A row with a bare number in the phone column is a recipient with a bad number."""
    rows: list[_Row] = list(
        zip(*(column.slice(0, _MAX_ROWS_SEARCHED).to_pylist() for column in table.columns), strict=True)
    )
    first = next((index for index, row in enumerate(rows) if any(map(_looks_like_phone, row))), len(rows))
    if first < len(rows) and _names_its_column(rows, first):
        first += 1
    filled = [sum(bool(cell and cell.strip()) for cell in row) for row in rows]
    title_row = _below_a_number_in_a_title(rows, filled, first)
    if title_row is not None:
        return title_row
    phones = [_looks_like_phone(cell) for cell in rows[first]] if first < len(rows) else []
    candidates = [
        index
        for index in range(first)
        if not _lacks_a_phone(rows, filled, index, first)
        and not any(map(_without_value, rows[index]))
        and not _is_named_recipient(rows[index])
        and not any(_is_bare_number(cell) for cell in compress(rows[index], phones))
    ]
    if not candidates:
        return None
    names_a_phone = {index: any(_header_weight(cell) == 2 for cell in rows[index]) for index in candidates}
    max_filled = max(filled[index] for index in candidates)
    return max(
        candidates, key=lambda index: (names_a_phone[index] and filled[index] * 2 >= max_filled, filled[index], -index)
    )


def _lacks_a_phone(rows: list[_Row], filled: list[int], index: int, first: int) -> bool:
    """Whether a row above the first phone is a recipient without one: as full as that row but for the phone."""
    if first >= len(rows) or filled[index] < 2 or filled[index] < filled[first] - 1:
        return False
    phones = [place for place, cell in enumerate(rows[first]) if _looks_like_phone(cell)]
    return bool(phones) and not any(str(rows[index][place] or "").strip() for place in phones)


def _names_its_column(rows: list[_Row], row_index: int) -> bool:
    """Whether a row with something like a phone in it is a header: "Telefon (+998901234567)", where the cells below are
    numbers without words, or a plain "Telefon" above numbers beside a number in another column."""
    below = rows[row_index + 1 :]
    for column, cell in enumerate(rows[row_index]):
        cells_below = [row[column] for row in below if row[column] and str(row[column]).strip()]
        if not cell or not header_weight(cell):
            continue
        if not any(map(_looks_like_phone, cells_below)):
            if below and _SAMPLE_NUMBER.search(cell) and _looks_like_phone(cell):
                return True
            continue
        if is_only_header_words(cell) and not any(letter.isdigit() for letter in cell):
            return True
        alone = len(rows[row_index]) == 1 and not _BRACKETED_NUMBER.search(cell)  # "tel: 90 123 45 67" in a column
        if (
            _looks_like_phone(cell)
            and not alone
            and not any(header_weight(str(cell_below)) for cell_below in cells_below)
        ):
            return True
    return False


def _below_a_number_in_a_title(rows: list[_Row], filled: list[int], first: int) -> int | None:
    """The row that names a column of mobile numbers below it, where what looks like a phone above it is the taxpayer's
    number or the shop's telephone in a title."""
    mobile = [[bool(cell) and check(str(cell)).number is not None for cell in row] for row in rows[first:]]
    for row_index in range(first + 1, len(rows)):
        above, below = mobile[: row_index - first], mobile[row_index - first + 1 :]
        title_widths = [filled[first + place] for place, row in enumerate(above) if any(row)]
        if (
            any(map(_looks_like_phone, rows[row_index]))
            or len(title_widths) > 1
            or max(title_widths, default=0) >= filled[row_index]
        ):
            continue
        for column, cell in enumerate(rows[row_index]):
            if _header_weight(cell) and any(row[column] for row in below) and not any(row[column] for row in above):
                return row_index
    return None


def _header_weight(cell: str | None) -> float:
    return header_weight(cell or "") if len(cell or "") < 40 else 0


def _looks_like_phone(cell: str | None) -> bool:
    return bool(cell) and not _DATES.fullmatch(str(cell)) and check(str(cell)).outcome not in _NO_PHONE


def _without_value(cell: str | None) -> bool:
    return bool(cell) and not _NAME_AFTER_EQUALS.fullmatch(str(cell)) and check(str(cell)).outcome in _NO_VALUE


def _is_named_recipient(row: _Row) -> bool:
    """Whether a row names no column and has a number beside words in a cell: "Ali 90 123 45 67" is a recipient."""
    return any(cell and _WHOLE_NUMBER.search(cell) for cell in row) and not any(
        header_weight(cell or "") for cell in row
    )


def _is_bare_number(cell: str | None) -> bool:
    return any(letter.isdigit() for letter in cell or "") and not any(letter.isalpha() for letter in cell or "")


def column_names(cells: list[str | None], indexes: list[int]) -> list[str]:
    """A name for each column, each once: the header's cell, else the letter; a second "Ism" becomes "Ism 2". A name is
    composed (NFC) and has no invisible characters, so that it is found however it is typed."""
    names: list[str] = []
    for cell, index in zip(cells, indexes, strict=True):
        text = "" if _without_value(cell) else cell or ""
        name = base_name = shorten("column", visible(text)) or column_letters(index)
        suffix = 2
        while name in names:
            name, suffix = f"{base_name} {suffix}", suffix + 1
        names.append(name)
    return names


def visible(text: str) -> str:
    """What is seen of a header: composed characters, single spaces, nothing invisible."""
    composed = unicodedata.normalize("NFC", text)
    shown = "".join(" " if letter.isspace() else letter for letter in composed if not _is_invisible(letter))
    return re.sub(" +", " ", shown).strip()


def similar_columns(cells: list[str | None], indexes: list[int]) -> dict[str, str] | None:
    """The name and the letters of two columns whose headers look the same and are written differently; None where there
    are none. Headers written exactly the same are told apart by a number."""
    seen: dict[str, tuple[str, int]] = {}
    for cell, index in zip(cells, indexes, strict=True):
        written = (cell or "").strip()
        look = visible(written).translate(_SAME_LOOK)
        if not look or written.startswith(OWN_COLUMN):
            continue
        other = seen.setdefault(look, (written, index))
        if other[0] != written:
            return {"name": visible(written), "first": column_letters(other[1]), "second": column_letters(index)}
    return None


def _is_invisible(letter: str) -> bool:
    return (
        (unicodedata.category(letter) in ("Cf", "Cc") and not letter.isspace())
        or letter in "\u034f\u115f\u1160\u3164"
        or "\ufe00" <= letter <= "\ufe0f"
    )
