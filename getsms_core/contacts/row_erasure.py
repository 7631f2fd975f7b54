"""Erasing the rows of one number from a stored list: the one change that a ready list may see.

A row keeps its place and its row number, so that nothing that counts rows moves. What it held is gone, and it has the
outcome "opted-out": whoever is erased is opted out of everything.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core.base.masking import mask_own_number
from getsms_core.contacts import blocks, set_algebra, storage
from getsms_core.contacts.facts import ListFacts
from getsms_core.db import number_index
from getsms_core.db.models import ListBlock, ListFile, RecipientList
from getsms_core.phone import CODES, OUTCOMES, Outcome

ERASED_VALUE = "–"
"""What an erased cell shows; an empty one would be an empty cell of the file."""
_COUNTS = {"accepted": ("accepted",), "repaired": ("accepted", "repaired"), "duplicate": ("duplicates",)}
"""Outcome family → the counts of the list that lose a row."""


def erase(session: Session, row: RecipientList, phone: int, places: Sequence[int]) -> int:
    """Erase the rows of a number at these places (from 1) of a ready list, the uploaded file of the list, which holds
    them too, and the number in the index. Returns how many rows were erased. `row` is locked."""
    list_id, erased = int(row.id or 0), Counter[str]()
    query = sa.select(col(ListBlock.number), col(ListBlock.rows)).where(col(ListBlock.list_id) == list_id)
    start = 0
    for number, size in session.execute(query.order_by(col(ListBlock.number))).all():
        within = [place - 1 - start for place in places if start < place <= start + size]
        if within:
            erased += _erase_in_block(session, row, number, phone, np.array(within))
        start += size
    counts = row.counts.to_stored()
    for family, n in erased.items():
        for name in _COUNTS.get(family, ()):
            counts[name] -= n
        counts["opted_out"] += n if family in _COUNTS else 0
    facts = ListFacts.from_stored(row.facts)
    row.facts = replace(facts, erased_rows=(facts.erased_rows or 0) + erased.total()).to_stored()
    row.stored_counts = counts
    number_index.forget(session, number_index.LISTS, list_id, phone)
    session.execute(sa.delete(ListFile).where(col(ListFile.list_id) == list_id))
    return erased.total()


def _erase_in_block(
    session: Session, row: RecipientList, number: int, phone: int, within: npt.NDArray[np.int64]
) -> Counter[str]:
    """Erase rows of one block; returns how many had an outcome of each family. Of a cell with two numbers, which is two
    rows, the other row keeps its own number alone."""
    key = (col(ListBlock.list_id) == row.id, col(ListBlock.number) == number)
    table = blocks.unpack(session.execute(sa.select(col(ListBlock.data)).where(*key)).scalar_one()).combine_chunks()
    phones = table["phone"].fill_null(0).to_numpy()
    within = within[phones[within] == phone]
    if not len(within):
        return Counter()
    mask = np.zeros(table.num_rows, np.bool_)
    mask[within] = True
    outcomes = storage.outcomes_of(table["outcome"]).indices.to_numpy().astype(np.uint8)
    families = Counter(OUTCOMES[code].family for code in outcomes[within])
    outcomes[within] = CODES[Outcome.OPTED_OUT]
    shared = _cells_that_quote(table, mask, phone)
    cells_with_phones = ("value", storage.FIELD + ListFacts.from_stored(row.facts).phone_column)
    columns: dict[str, pa.Array] = {}
    for name in table.column_names:
        column = table[name].combine_chunks()
        if name == "phone":
            column = pc.if_else(pa.array(mask), pa.scalar(None, pa.int64()), column)
        elif name == "outcome":
            column = set_algebra.outcome_array(outcomes)
        elif name not in ("row", "other"):
            column = pc.if_else(pa.array(mask), ERASED_VALUE if name == "value" else "", column)
            if name in cells_with_phones and shared.any():
                column = pc.if_else(pa.array(shared), pa.array(phones).cast(pa.string()), column)
        columns[name] = column
    [block] = blocks.pack(pa.table(columns))
    session.execute(sa.update(ListBlock).where(*key).values(data=block.data))
    return families


def _cells_that_quote(table: pa.Table, erased: npt.NDArray[np.bool_], phone: int) -> npt.NDArray[np.bool_]:
    """Return which other rows with a number were made of the same cells as the `erased` ones, which quote `phone`."""
    rows, phones = table["row"].to_numpy(), table["phone"].fill_null(0).to_numpy()
    shared: npt.NDArray[np.bool_] = np.isin(rows, rows[erased]) & ~erased & (phones > 0)
    for place in np.flatnonzero(shared).tolist():
        value = table["value"][place].as_py() or ""
        shared[place] = mask_own_number(value, phone) != value
    return shared
