"""Rows of stored lists: to blocks and from blocks."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core.base.errors import DomainError, NotFound
from getsms_core.base.work_states import ListState
from getsms_core.contacts import blocks, set_algebra
from getsms_core.contacts.facts import ListFacts
from getsms_core.contacts.validation import CheckedList
from getsms_core.db import number_index
from getsms_core.db.engine import Store
from getsms_core.db.models import ListBlock, ListFile, ListNumbers, RecipientList
from getsms_core.phone import OUTCOMES

ROW_COLUMNS = ("row", "value", "phone", "outcome", "other")
FIELD = "field:"  # prefix of the file's columns in a block, so that a column called "row" does not clash


def get(store: Store, list_id: int) -> RecipientList:
    """Return the list's row. Raises `DomainError` ("no-such-list")."""
    with store.reading() as session:
        return get_row(session, list_id)


def get_row(session: Session, list_id: int, *, lock: bool = False) -> RecipientList:
    """Return the list's row in this session. Raises `DomainError` ("no-such-list")."""
    row = session.get(RecipientList, list_id, with_for_update=lock or None)
    if row is None:
        raise NotFound.of("no-such-list", id=list_id)
    return row


@dataclass(frozen=True)
class PackedRows:
    """The rows of a list as blocks, and where in the list each number is."""

    blocks: list[blocks.Block]
    numbers: list[number_index.Block]


def pack(checked: CheckedList) -> PackedRows:
    """Return a checked list as what is stored of it."""
    table = checked.rows.append_column("other", pa.array(checked.other_rows, pa.int32()))
    for name in checked.fields.column_names:
        table = table.append_column(FIELD + name, checked.fields[name])
    phones = set_algebra.numbers_of(checked)
    return PackedRows(blocks.pack(table), number_index.pack(phones, np.arange(1, len(phones) + 1)))


def write(session: Session, list_id: int, rows: PackedRows) -> None:
    """Replace the rows of a list, and where its numbers are."""
    blocks.write(session, list_id, rows.blocks)
    number_index.delete(session, number_index.LISTS, list_id)
    number_index.write(session, number_index.LISTS, list_id, rows.numbers)


def delete(session: Session, list_id: int) -> None:
    """Delete the rows and the file of a list."""
    for model in (ListBlock, ListFile, ListNumbers):
        session.execute(sa.delete(model).where(col(model.list_id) == list_id))


def load(store: Store, list_id: int, columns: list[str] | None = None) -> pa.Table:
    """Return every row of a ready list: row, value, phone (null when refused), outcome, other (of a duplicate, the row
    that counts, else 0), and the file's columns as `field:NAME`."""
    rows = blocks.read(store, list_id, columns)
    if rows is None:
        if get(store, list_id).state == ListState.ERASED:
            raise DomainError.of("list-erased", id=list_id)
        raise DomainError.of("list-not-ready", id=list_id)
    return rows


def checked(store: Store, list_id: int) -> CheckedList:
    """Return a ready list as checked. Raises `DomainError`: no-such-list, list-not-ready."""
    row, table = get(store, list_id), load(store, list_id).combine_chunks()
    facts = ListFacts.from_stored(row.facts)
    fields = [name for name in table.column_names if name.startswith(FIELD)]
    return CheckedList(
        rows=table.select(["row", "value", "phone"]).append_column("outcome", outcomes_of(table["outcome"])),
        fields=pa.table({name.removeprefix(FIELD): table[name] for name in fields}),
        phone_column=facts.phone_column,
        columns=list(facts.columns),
        counts=row.counts,
        other_rows=table["other"].to_numpy(),
        header_row=facts.header_row,
    )


def outcomes_of(column: pa.ChunkedArray) -> pa.Array:
    """Return the outcomes with the codes of this version: a list may be older than the newest outcome."""
    outcomes = column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)
    names = [str(outcome) for outcome in OUTCOMES]
    if outcomes.dictionary.to_pylist() == names:
        return outcomes
    code = np.array([names.index(name) for name in outcomes.dictionary.to_pylist()], np.uint8)
    return set_algebra.outcome_array(code[outcomes.indices.to_numpy()])


def accepted(store: Store, list_id: int) -> pa.Table:
    """Return the recipients of a list in the order of the file: row, phone and the file's own columns by their
    names."""
    return checked(store, list_id).accepted()


def rows_with_outcomes(
    store: Store, list_id: int, outcomes: Iterable[str], *, offset: int = 0, limit: int = 100
) -> pa.Table:
    """Return one page of the rows with one of these outcomes: row, value, phone, outcome, other."""
    table = load(store, list_id, list(ROW_COLUMNS))
    chosen = table.filter(pc.is_in(table["outcome"], value_set=pa.array(list(outcomes), pa.string())))
    return chosen.slice(offset, limit)
