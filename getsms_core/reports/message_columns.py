"""The list's columns, the text and the response beside the messages of a campaign's table, and messages by a value."""

from collections import OrderedDict
from collections.abc import Sequence
from itertools import islice
from threading import Lock

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa
from sqlmodel import col

from getsms_core import phone
from getsms_core.base.codes import Erasure
from getsms_core.base.errors import NotAllowed
from getsms_core.base.masking import STARS
from getsms_core.base.permissions import Actor, Permission
from getsms_core.base.work_states import ListState
from getsms_core.contacts import list_columns
from getsms_core.contacts.conditions.keys import key, keys
from getsms_core.contacts.facts import ListFacts
from getsms_core.contacts.list_columns import PREFIX, ListColumns
from getsms_core.db.engine import Store
from getsms_core.db.models import Campaign, Message, RecipientList, Response
from getsms_core.db.response_versions import published
from getsms_core.messages import variants

TEXT_COLUMNS = ("variant", "language", "response")
"""Columns beside those of the list: the letter of an A/B test's text, the value of a text by column, yes or no."""

Cells = dict[str, str | None]
_KEPT = 4
_read: OrderedDict[tuple[object, ...], ListColumns] = OrderedDict()
_lock = Lock()


def columns(store: Store, actor: Actor, campaign_id: int) -> list[str]:
    """Return the columns of a campaign's list, as `column:NAME`, without those that are hidden from this user."""
    actor.must(Permission.READ)
    row = _list_of(store, campaign_id)
    if row is None:
        return []
    hidden = set() if actor.may(Permission.SEE_PHONES) else set(row.personal_columns)
    return [PREFIX + name for name in list_columns.names(ListFacts.from_stored(row.facts)) if name not in hidden]


def values(store: Store, actor: Actor, campaign_id: int, column: str, most: int = 200) -> list[str]:
    """Return the most frequent values of a column of a campaign's list, for a filter; without phone numbers for users
    who may not see them. Raises `DomainError`: "no-such-column", "hidden-column"."""
    actor.must(Permission.READ)
    joined, name = _column(store, actor, campaign_id, column)
    if joined is None:
        return []
    counts = pc.value_counts(pc.fill_null(joined.table[name].combine_chunks(), ""))
    ordered = sorted(counts.to_pylist(), key=lambda count: -count["counts"])
    shown = (count["values"] for count in ordered if count["values"].strip())
    if not actor.may(Permission.SEE_PHONES):
        shown = (text for text in shown if phone.mask_cell(text) == text)
    return list(islice(shown, most))


def rows_with(store: Store, actor: Actor, campaign_id: int, column: str, value: str) -> npt.NDArray[np.int32]:
    """Return the row numbers of a campaign's list, ascending, whose cell has a value as `=` compares. For users who may
    not see phones the masked cells are compared: they find what breakdowns call 99890*****67, and cannot try whole
    numbers. Raises `DomainError` as `values`."""
    actor.must(Permission.READ)
    joined, name = _column(store, actor, campaign_id, column)
    if joined is None:
        return np.empty(0, np.int32)
    coded = pc.fill_null(joined.table[name].combine_chunks(), "").dictionary_encode()
    if isinstance(coded, pa.ChunkedArray):
        coded = coded.combine_chunks()
    different = coded.dictionary if actor.may(Permission.SEE_PHONES) else phone.mask_cells(coded.dictionary)
    alike = pc.equal(keys(different), key(value)).to_numpy(zero_copy_only=False)
    wanted = alike[coded.indices.to_numpy(zero_copy_only=False)] if len(alike) else np.zeros(0, np.bool_)
    rows = np.flatnonzero(joined.places >= 0)
    return np.asarray(rows[wanted[joined.places[rows]]], np.int32)


def cells(
    store: Store, actor: Actor, campaign_id: int, chosen: Sequence[str], message_ids: Sequence[int]
) -> dict[int, Cells]:
    """Return the cells of these columns (`column:NAME`, TEXT_COLUMNS) for messages of a campaign, by their ids; None
    where there is none. Personal ones are hidden from users who may not see phones."""
    actor.must(Permission.READ)
    if not chosen or not message_ids:
        return {}
    query = sa.select(col(Message.id), col(Message.row), col(Message.variant), col(Message.phone)).where(
        col(Message.id).in_(message_ids)
    )
    with store.reading() as session:
        rows = session.execute(query).all()
        campaign = session.get(Campaign, campaign_id)
        responses = sa.select(col(Response.message_id)).where(
            col(Response.message_id).in_(message_ids), published(Response)
        )
        responded = set(session.scalars(responses) if "response" in chosen else ())
    if campaign is None:
        return {}
    numbers = pa.array([row.row for row in rows], pa.int64())
    phones = [int(row.phone) for row in rows]
    by_column = {
        name: _of_list(store, actor, campaign, name, numbers, phones) for name in chosen if name not in TEXT_COLUMNS
    }
    names = _names_of_texts(campaign)
    cells_by_message: dict[int, Cells] = {}
    for i, row in enumerate(rows):
        texts = {kind: of_kind[row.variant] if of_kind and row.variant is not None else None
                 for kind, of_kind in names.items()}  # fmt: skip
        texts["response"] = "yes" if row.id in responded else "no"
        cells_by_message[row.id] = {name: texts[name] if name in texts else by_column[name][i] for name in chosen}
    return cells_by_message


def _names_of_texts(campaign: Campaign) -> dict[str, list[str | None]]:
    further = variants.from_stored(campaign.variants)
    by_column = bool(campaign.text_column)
    letters: list[str | None] = [] if by_column or not further else list(variants.LETTERS[: len(further) + 1])
    by_value: list[str | None] = ["", *(variant.value for variant in further)] if by_column else []
    return {"variant": letters, "language": by_value}


def _of_list(
    store: Store, actor: Actor, campaign: Campaign, column: str, rows: pa.Array, phones: Sequence[int]
) -> list[str | None]:
    row = _list_of(store, int(campaign.id or 0))
    nothing: list[str | None] = [None] * len(rows)
    if row is None:
        return nothing
    name = list_columns.find(ListFacts.from_stored(row.facts), column.removeprefix(PREFIX))
    joined = _cached(store, row, (name,))
    personal = list_columns.is_personal(row, name)
    if joined is None or (personal and campaign.erasing == Erasure.DONE):
        return nothing
    taken: list[str | None] = joined.take(name, rows).to_pylist()
    if actor.may(Permission.SEE_PHONES):
        return taken
    if personal:
        return [cell and STARS for cell in taken]
    return [cell and phone.mask_cell(cell, own_phone) for cell, own_phone in zip(taken, phones, strict=True)]


def _column(store: Store, actor: Actor, campaign_id: int, column: str) -> tuple[ListColumns | None, str]:
    row = _list_of(store, campaign_id)
    if row is None:
        return None, ""
    name = list_columns.find(ListFacts.from_stored(row.facts), column.removeprefix(PREFIX))
    if list_columns.is_personal(row, name) and not actor.may(Permission.SEE_PHONES):
        raise NotAllowed.of("hidden-column", column=name)
    return _cached(store, row, (name,)), name


def _list_of(store: Store, campaign_id: int) -> RecipientList | None:
    with store.reading() as session:
        list_id = session.scalar(sa.select(col(Campaign.list_id)).where(col(Campaign.id) == campaign_id))
        return session.get(RecipientList, list_id) if list_id is not None else None


def _cached(store: Store, row: RecipientList, names: tuple[str, ...]) -> ListColumns | None:
    """Read columns of a list; the last few stay in memory. A ready list changes only where a number is erased, and a
    restored database may have another list under the same id."""
    if row.ready_at is None or row.state != ListState.READY:
        return None
    erased_rows = ListFacts.from_stored(row.facts).erased_rows
    cache_key = (str(store.engine.url), row.id, row.sha256, row.created_at, row.ready_at, erased_rows, names)
    with _lock:
        if cache_key in _read:
            _read.move_to_end(cache_key)
            return _read[cache_key]
    joined = list_columns.read(store, int(row.id or 0), names)
    if joined is not None:
        with _lock:
            _read[cache_key] = joined
            while len(_read) > _KEPT:
                _read.popitem(last=False)
    return joined
