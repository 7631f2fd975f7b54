"""The columns of a kept list beside the messages of a campaign, joined by the row of the file; and which column holds
the client's own key, and which ones are personal."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core.audit import log as audit
from getsms_core.base.errors import DomainError
from getsms_core.base.permissions import Actor, Permission
from getsms_core.base.work_states import ListState
from getsms_core.contacts import blocks
from getsms_core.contacts.conditions import Columns, ConditionError
from getsms_core.contacts.conditions.errors import listed, shortened
from getsms_core.contacts.facts import ListFacts
from getsms_core.contacts.storage import FIELD, get_row
from getsms_core.db.engine import Store
from getsms_core.db.models import Campaign, RecipientList
from getsms_core.messages.merge_fields import key as name_key

_NUMBERED = re.compile(r" \d+$")
PREFIX = "column:"
"""A column of the list is called `column:NAME` wherever it is beside columns of the program."""


@dataclass(frozen=True)
class ListColumns:
    """Columns of a kept list: `table` has their texts by name, one row for each row of the list; `places` has the place
    in it of each row number of the file, -1 where the list has no such row."""

    table: pa.Table
    places: npt.NDArray[np.int32]

    def take(self, name: str, rows: pa.Array) -> pa.Array:
        """Return the cell of one column for each row number; null where the list has no such row or column."""
        if name not in self.table.column_names:
            return pa.nulls(len(rows), pa.string())
        taken = self.table[name].take(self._places(rows))
        return taken.combine_chunks() if isinstance(taken, pa.ChunkedArray) else taken

    def among(self, rows: pa.Array, wanted: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
        """Return for each row number whether `wanted`, a mask over the list's rows, holds for it."""
        places = self.places_of(rows)
        return np.where(places >= 0, wanted[places], False) if len(wanted) else np.zeros(len(rows), np.bool_)

    def _places(self, rows: pa.Array) -> pa.Array:
        places = self.places_of(rows)
        return pa.array(places, mask=places < 0)

    def places_of(self, rows: pa.Array) -> npt.NDArray[np.int32]:
        """Return the place in `table` of each row number, -1 where the list has no such row."""
        numbers = rows.to_numpy(zero_copy_only=False)
        if not len(self.places):
            return np.full(len(numbers), -1, np.int32)
        inside = (numbers >= 0) & (numbers < len(self.places))
        return np.where(inside, self.places[np.where(inside, numbers, 0)], -1)


def names(facts: ListFacts) -> tuple[str, ...]:
    """Return the columns of a list that results can carry, as the file calls them: all but that with the phones."""
    return tuple(name for name in facts.columns if name != facts.phone_column)


def read(store: Store, list_id: int, chosen: Sequence[str]) -> ListColumns | None:
    """Return columns of a list by their exact names, those that it has; None where its rows are deleted or erased."""
    with store.reading() as session:
        row = session.get(RecipientList, list_id)
    if row is None or row.state != ListState.READY:
        return None
    known = names(ListFacts.from_stored(row.facts))
    fields = [name for name in dict.fromkeys(chosen) if name in known]
    table = blocks.read(store, list_id, ["row", *(FIELD + name for name in fields)])
    if table is None:
        return None
    numbers = table["row"].to_numpy()
    places = np.full(int(numbers.max(initial=-1)) + 1, -1, np.int32)
    places[numbers] = np.arange(len(numbers), dtype=np.int32)
    joined = [pa.concat_arrays(table[FIELD + name].cast(pa.string()).chunks or [pa.array([], pa.string())])
              for name in fields]  # fmt: skip
    return ListColumns(pa.table(joined, fields) if fields else pa.table({}), places)


def find(facts: ListFacts, name: str) -> str:
    """Return the column of a list that a user means, as the list writes it. Raises `DomainError`: "no-such-column",
    "ambiguous-column"."""
    known = names(facts)
    try:
        return Columns(known).find(name)
    except ConditionError as error:
        raise DomainError.of(error.code, column=shortened(name), columns=listed(known) if known else "–") from None


def column_of(row: RecipientList, name: str) -> str:
    """Return the column of a list that a name means, as the list writes it; "" where it has none, or several."""
    try:
        return find(ListFacts.from_stored(row.facts), name)
    except DomainError:
        return ""


def is_personal(row: RecipientList, name: str) -> bool:
    """Return whether users who may not see phones may not see this column of a list either."""
    return name in row.personal_columns


def describe(
    store: Store, actor: Actor, list_id: int, key: str | None = None, personal: Iterable[str] | None = None
) -> None:
    """Name the column of a list that holds the client's own key ("": none) and its personal columns; None leaves what
    is. Raises `DomainError`: not-allowed, no-such-list, list-not-ready, no-such-column, ambiguous-column,
    "personal-cut" where a campaign has roll-ups of a column that becomes personal."""
    actor.must(Permission.LISTS)
    with store.writing() as session:
        row = get_row(session, list_id, lock=True)
        if row.state != ListState.READY:
            raise DomainError.of("list-not-ready", id=list_id)
        apply(session, actor, row, key, personal)


def apply(session: Session, actor: Actor, row: RecipientList, key: str | None, personal: Iterable[str] | None) -> None:
    """`describe`, for a row that is locked in this session."""
    facts = ListFacts.from_stored(row.facts)
    before = _named(row)
    if key is not None:
        row.key_column = find(facts, key) if key else ""
    if personal is not None:
        row.personal_columns = list(dict.fromkeys(find(facts, name) for name in personal))
        _refuse_cuts(session, row)
    if _named(row) != before:
        session.add(row)
        audit.note(session, actor, "list.columns", f"list:{row.id}", **audit.changes(before, _named(row)))


def _named(row: RecipientList) -> dict[str, str | list[str]]:
    return {"key": row.key_column, "personal": list(row.personal_columns)}


def inherit(session: Session, row: RecipientList, facts: ListFacts, added_to: int | None) -> None:
    """Take over the key and the personal columns of the lists that a list was made from or is `added_to`: what was
    hidden stays hidden."""
    sources = [*(facts.made.lists if facts.made else ()), *([added_to] if added_to else [])]
    own_names = names(facts)
    personal = [*row.personal_columns]
    for source in [session.get(RecipientList, source_id) for source_id in sources]:
        if source is not None:
            row.key_column = row.key_column or source.key_column
            personal += source.personal_columns
    row.key_column = next(iter(_same(own_names, row.key_column)), "")
    row.personal_columns = list(dict.fromkeys(name for hidden in personal for name in _same(own_names, hidden)))


def _same(own_names: Sequence[str], name: str) -> list[str]:
    """Return the column called exactly so, else all that a merge may have made of it, which finds columns as merge
    fields do and numbers those whose name is taken: rather one too many is hidden."""
    if name in own_names:
        return [name]
    wanted = {name_key(name), _NUMBERED.sub("", name_key(name))}
    return [own for own in own_names if _NUMBERED.sub("", name_key(own)) in wanted]


def _refuse_cuts(session: Session, row: RecipientList) -> None:
    query = sa.select(col(Campaign.id), col(Campaign.cuts)).where(col(Campaign.list_id) == row.id)
    for campaign_id, cuts in session.execute(query):
        if personal_cuts := [name for name in cuts or () if name in row.personal_columns]:
            raise DomainError.of("personal-cut", case="campaign", column=personal_cuts[0], id=campaign_id)
