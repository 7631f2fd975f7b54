"""Where a phone number is: the numbers of each campaign's messages and of each list's rows, sorted, in small blocks.

A look-up reads one block a campaign and one a list. An index on the messages table would slow down every insert and
update of a message; decision 18 has the measurements.
"""

import itertools
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core.base.codes import Erasure
from getsms_core.base.states import Preparation
from getsms_core.base.work_states import ListState
from getsms_core.db import bulk
from getsms_core.db.column_types import arrow_rows
from getsms_core.db.engine import Store
from getsms_core.db.models import SPAN, Campaign, ListNumbers, Message, MessageNumbers, RecipientList, table

Numbers = npt.NDArray[np.int64]
BLOCK = 200
"""Numbers in a block: 1,600 bytes, which PostgreSQL stores within the row and does not compress."""
_BASE = 998_000_000_000  # a number is stored as its distance, in 32 bits


class Index(NamedTuple):
    """One of the two indexes: its table, the column of the owner's id there, the owner's table, and which owners have
    numbers and no index yet: those of before the index."""

    blocks: sa.Table
    owner_id: "sa.Column[Any]"
    owner: sa.Table
    missing: "sa.ColumnElement[bool]"


MESSAGES = Index(
    table(MessageNumbers),
    table(MessageNumbers).c.campaign_id,
    table(Campaign),
    sa.and_(
        col(Campaign.prepared) == Preparation.READY,
        col(Campaign.numbers_indexed).is_(False),
        col(Campaign.erasing) != Erasure.DONE,
    ),
)
LISTS = Index(
    table(ListNumbers),
    table(ListNumbers).c.list_id,
    table(RecipientList),
    sa.and_(col(RecipientList.state) == ListState.READY, col(RecipientList.numbers_indexed).is_(False)),
)


class Places(NamedTuple):
    """Where a number is: its places by the id of the owner, and the owners that have no index yet."""

    by_owner: dict[int, list[int]]
    unindexed: list[int]


class Block(NamedTuple):
    """The numbers of a block in ascending order, from `first` on, and their places."""

    first: int
    data: bytes


def pack(phones: Numbers, places: Numbers) -> list[Block]:
    """Return numbers and the place of each (1 to 2**32 - 1: a message within its campaign, or a row of a list) as
    blocks. Called before the transaction that writes them. Numbers that are 0 have no place."""
    known = phones != 0
    # One sort of both in 64 bits: 9 ms a million, where a stable argsort takes 120.
    keys = np.sort(((phones[known] - _BASE).astype(np.uint64) << np.uint64(32)) | places[known].astype(np.uint64))
    distances, sorted_places = (keys >> np.uint64(32)).astype("<u4"), keys.astype("<u4")
    return [
        Block(int(distances[start]) + _BASE, distances[start:end].tobytes() + sorted_places[start:end].tobytes())
        for start, end in _cuts(distances)
    ]


def _cuts(distances: "npt.NDArray[np.uint32]") -> Iterator[tuple[int, int]]:
    """Yield where each block begins and ends: about `BLOCK` numbers, and all places of one number in one block."""
    changes = np.flatnonzero(np.diff(distances)) + 1
    next_changes = np.searchsorted(changes, np.arange(BLOCK, len(distances), BLOCK))
    starts = np.unique(changes[next_changes[next_changes < len(changes)]])
    bounds = [*([0] if len(distances) else []), *starts.tolist(), len(distances)]
    yield from itertools.pairwise(bounds)


def rows(index: Index, owner_id: int, blocks: list[Block]) -> pa.Table:
    """Return the blocks of a campaign or a list as rows for `bulk.ingest`."""
    model = MessageNumbers if index is MESSAGES else ListNumbers
    values = {
        index.owner_id.name: np.full(len(blocks), owner_id),
        "first": [block.first for block in blocks],
        "data": [block.data for block in blocks],
    }
    return arrow_rows(model, values)


def ingest(store: Store, index: Index, owner_id: int, blocks: list[Block]) -> None:
    """Write the blocks of an owner that has none; they are used once the owner's row says that it is indexed."""
    if blocks:
        bulk.ingest(store, index.blocks.name, rows(index, owner_id, blocks))


def write(session: Session, index: Index, owner_id: int, blocks: list[Block]) -> None:
    """Write the blocks of an owner that has none, within a transaction."""
    if blocks:
        session.connection().execute(sa.insert(index.blocks), rows(index, owner_id, blocks).to_pylist())


def delete(session: Session, index: Index, owner_id: int) -> None:
    """Delete the blocks of an owner."""
    session.execute(sa.delete(index.blocks).where(index.owner_id == owner_id))


def find(session: Session, index: Index, phone: int) -> dict[int, list[int]]:
    """Return the places of a number by the id of the owner, of those that are indexed."""
    return look_up(session, phone, index)[0].by_owner


def look_up(session: Session, phone: int, *indexes: Index) -> list[Places]:
    """Return the places of a number in each of these indexes, with one statement.

    The database leaves out the blocks that cannot hold the number: beside 91 campaigns and 100 lists it would transfer
    300 KB for a look-up."""
    in_block = sa.func.instr if session.get_bind().dialect.name == "sqlite" else sa.func.pg_catalog.position
    pattern = sa.literal((phone - _BASE).to_bytes(4, "little", signed=True), sa.LargeBinary)
    parts = [_candidates(number, index, phone) for number, index in enumerate(indexes)]
    candidates = sa.union_all(*parts).subquery()
    query = sa.select(candidates).where(sa.or_(~candidates.c.numbers_indexed, in_block(candidates.c.data, pattern) > 0))
    places_of_indexes = [Places({}, []) for _ in indexes]
    for number, owner_id, is_indexed, data in session.connection().execute(query):
        if not is_indexed:
            places_of_indexes[number].unindexed.append(int(owner_id))
        elif places := _places(data, phone):
            places_of_indexes[number].by_owner[int(owner_id)] = places
    return [Places(places.by_owner, sorted(places.unindexed)) for places in places_of_indexes]


def _candidates(number: int, index: Index, phone: int) -> "sa.Select[Any]":
    """Select each owner with the one block that may hold a number."""
    owner, blocks = index.owner, index.blocks
    block = (
        sa.select(blocks.c.data)
        .where(index.owner_id == owner.c.id, blocks.c.first <= phone)
        .order_by(blocks.c.first.desc())
        .limit(1)
        .scalar_subquery()
    )
    data = sa.case((owner.c.numbers_indexed, block)).label("data")
    return sa.select(sa.literal(number).label("number"), owner.c.id, owner.c.numbers_indexed, data).where(
        sa.or_(owner.c.numbers_indexed, index.missing)
    )


def forget(session: Session, index: Index, owner_id: int, phone: int) -> None:
    """Remove a number from the blocks of an owner."""
    blocks = index.blocks
    where = (index.owner_id == owner_id, blocks.c.first <= phone)
    query = sa.select(blocks.c.first, blocks.c.data).where(*where).order_by(blocks.c.first.desc()).limit(1)
    block = session.execute(query.with_for_update()).first()
    if block is None:
        return
    distances, places = _unpack(block.data)
    others = distances != phone - _BASE
    session.execute(sa.delete(blocks).where(index.owner_id == owner_id, blocks.c.first == block.first))
    left = pack(distances[others].astype(np.int64) + _BASE, places[others].astype(np.int64))
    write(session, index, owner_id, left)


def _unpack(data: bytes) -> "tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint32]]":
    count = len(data) // 8
    return np.frombuffer(data, "<u4", count), np.frombuffer(data, "<u4", count, 4 * count)


def _places(data: bytes, phone: int) -> list[int]:
    distances, places = _unpack(data)
    start, end = np.searchsorted(distances, [phone - _BASE, phone - _BASE + 1])
    return [int(place) for place in places[start:end]]


# ------------------------------------------------------------------------------------------------------------- messages


def unindexed_campaigns(session: Session) -> list[int]:
    """Return the campaigns that have messages with numbers and are not indexed: those of before the index."""
    query = sa.select(col(Campaign.id)).where(MESSAGES.missing)
    return [int(campaign_id or 0) for campaign_id in session.scalars(query.order_by(col(Campaign.id)))]


def message_ids(session: Session, phone: int, found: Places | None = None) -> list[int]:
    """Return the ids of all messages to a number, newest campaign first; campaigns without an index are searched.
    `found` is what `look_up` returned, if it was called."""
    by_campaign, unindexed = found or look_up(session, phone, MESSAGES)[0]
    ids = [campaign_id * SPAN + place for campaign_id, places in by_campaign.items() for place in places]
    for campaign_id in unindexed:
        span = col(Message.id).between(campaign_id * SPAN, (campaign_id + 1) * SPAN - 1)
        ids += session.scalars(sa.select(col(Message.id)).where(span, col(Message.phone) == phone))
    return sorted(ids, reverse=True)


def index_campaign(store: Store, campaign_id: int) -> None:
    """Index the messages of a prepared campaign that is not indexed. A second call does nothing."""
    span = col(Message.id).between(campaign_id * SPAN, (campaign_id + 1) * SPAN - 1)
    with store.reading() as session:
        message_rows = (
            session.connection().execute(sa.select(col(Message.id), col(Message.phone)).where(span)).fetchall()
        )
    numbers = np.array(message_rows, np.int64).reshape(-1, 2)
    blocks = pack(numbers[:, 1], numbers[:, 0] - campaign_id * SPAN)
    with store.writing() as session:
        campaign = session.get(Campaign, campaign_id, with_for_update=True)
        if campaign is None or campaign.numbers_indexed or campaign.prepared != Preparation.READY:
            return
        delete(session, MESSAGES, campaign_id)
        write(session, MESSAGES, campaign_id, blocks)
        campaign.numbers_indexed = True
