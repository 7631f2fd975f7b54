"""Which lists hold a number, and at which rows; a list from before the index is read."""

import numpy as np
import sqlalchemy as sa
from sqlmodel import col

from getsms_core.base.work_states import ListState
from getsms_core.contacts import storage
from getsms_core.db import number_index
from getsms_core.db.engine import Store
from getsms_core.db.models import RecipientList


def unindexed(store: Store) -> list[int]:
    """Return the ready lists that are not indexed: those of before the index."""
    query = sa.select(col(RecipientList.id)).where(number_index.LISTS.missing)
    with store.reading() as session:
        return [int(list_id or 0) for list_id in session.scalars(query.order_by(col(RecipientList.id)))]


def rows_with(store: Store, phone: int, found: number_index.Places | None = None) -> dict[int, list[int]]:
    """Return the places (from 1) of the rows with a number, whatever their outcome, by the id of the list. `found` is
    what the index returned, if it was asked."""
    if found is None:
        with store.reading() as session:
            found = number_index.look_up(session, phone, number_index.LISTS)[0]
    places_by_list = dict(found.by_owner)
    for list_id in found.unindexed:
        places = np.flatnonzero(_phones(store, list_id) == phone) + 1
        if len(places):
            places_by_list[list_id] = [int(place) for place in places]
    return dict(sorted(places_by_list.items()))


def index(store: Store, list_id: int) -> None:
    """Index the rows of a ready list that is not indexed. A second call does nothing."""
    phones = _phones(store, list_id)
    numbers = number_index.pack(phones, np.arange(1, len(phones) + 1))
    with store.writing() as session:
        row = storage.get_row(session, list_id, lock=True)
        if row.numbers_indexed or row.state != ListState.READY:
            return
        number_index.delete(session, number_index.LISTS, list_id)
        number_index.write(session, number_index.LISTS, list_id, numbers)
        row.numbers_indexed = True


def _phones(store: Store, list_id: int) -> number_index.Numbers:
    column = storage.load(store, list_id, ["phone"])["phone"].fill_null(0)
    phones: number_index.Numbers = column.to_numpy().astype(np.int64)
    return phones
