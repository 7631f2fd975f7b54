"""Which row names the columns, and how the columns are called."""

import re

import pyarrow as pa

from getsms_core.phone import Outcome, check
from getsms_core.sheet.guess import header_weight
from getsms_core.sheet.model import letters

_LOOKED_AT = 40  # rows with anything in them; titles and notes above a list are shorter than this
_NO_PHONE = {Outcome.EMPTY, Outcome.NOT_A_NUMBER, Outcome.TOO_SHORT}


def header_of(table: pa.Table) -> int | None:
    """The position of the row that names the columns, or None where the first row is a recipient already.

    A header stands above the first row with anything like a phone number, and is the fullest row there; a title over
    merged cells has fewer."""
    rows = list(zip(*(column.slice(0, _LOOKED_AT).to_pylist() for column in table.columns), strict=True))
    first = next((at for at, row in enumerate(rows) if any(map(_like_a_phone, row))), len(rows))
    if first == 0:
        return None
    filled = [sum(bool(cell and cell.strip()) for cell in row) for row in rows[:first]]
    named = [any(header_weight(cell or "") == 2 and len(cell or "") < 40 for cell in row) for row in rows[:first]]
    wide = max(filled)
    return max(range(first), key=lambda at: (named[at] and filled[at] * 2 >= wide, filled[at], -at))


def _like_a_phone(cell: str | None) -> bool:
    return bool(cell) and check(str(cell)).outcome not in _NO_PHONE


def names(cells: list[str | None], indexes: list[int]) -> list[str]:
    """A name for each column, each once: the header's cell, else the letter; a second "Ism" becomes "Ism 2"."""
    found: list[str] = []
    for cell, index in zip(cells, indexes, strict=True):
        name = wanted = re.sub(r"\s+", " ", cell or "").strip() or letters(index)
        again = 2
        while name in found:
            name, again = f"{wanted} {again}", again + 1
        found.append(name)
    return found
