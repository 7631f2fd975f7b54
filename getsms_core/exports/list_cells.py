"""The cells of the list's columns beside the messages of a file: read list by list, as the messages pass."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa
from sqlmodel import col

from getsms_core import spreadsheet
from getsms_core.base.codes import Erasure
from getsms_core.base.errors import DomainError, NotAllowed, NotFound
from getsms_core.base.masking import STARS
from getsms_core.base.work_states import ListState
from getsms_core.contacts import list_columns, lists, selection
from getsms_core.contacts.conditions import Columns, Condition, bind, columns_of
from getsms_core.contacts.facts import ListFacts
from getsms_core.contacts.list_columns import ListColumns
from getsms_core.db.engine import Store
from getsms_core.db.models import RecipientList
from getsms_core.reports.rollup_queries import Meta


@dataclass
class ListCells:
    """The lists of a file's campaigns. `names` are the columns of lists that the file carries, without prefix; with
    `mask` personal ones are hidden. Rows are read list by list and only the last list's are kept."""

    store: Store
    campaigns: Mapping[int, Meta]
    names: tuple[str, ...]
    with_key: bool
    mask: bool
    condition: Condition | None = None
    _read: dict[int, ListColumns | None] = field(default_factory=dict)
    _chosen: dict[int, npt.NDArray[np.bool_]] = field(default_factory=dict)

    @cached_property
    def rows(self) -> dict[int, RecipientList]:
        """The lists by their ids, oldest first: the first one decides how a heading is spelled."""
        ids = {meta.list_id for meta in self.campaigns.values() if meta.list_id is not None}
        with self.store.reading() as session:
            chosen = sa.select(RecipientList).where(col(RecipientList.id).in_(sorted(ids)))
            list_rows = session.scalars(chosen.order_by(col(RecipientList.id)))
            return {int(row.id or 0): row for row in list_rows}

    @property
    def deleted(self) -> list[RecipientList]:
        """The lists whose rows are gone."""
        return [row for row in self.rows.values() if row.state in (ListState.DELETED, ListState.ERASED)]

    def name_of(self, campaign_id: int) -> str:
        """Return the name of a campaign's list, "" without one."""
        row = self._row(campaign_id)
        return row.name if row else ""

    def is_deleted(self, campaign_id: int) -> bool:
        """Return whether the rows of a campaign's list are gone."""
        return (row := self._row(campaign_id)) is None or row.state in (ListState.DELETED, ListState.ERASED)

    def check(self, may_lack: bool = False) -> None:
        """Raise `DomainError` where no list has a column, unless it `may_lack`, or where the condition cannot be
        decided: "no-such-column", "ambiguous-column", "list-erased", "not-allowed" for a condition on what the reader
        may not see."""
        for name in () if may_lack else self.names:
            if not any(list_columns.column_of(row, name) for row in self.rows.values()):
                facts = [ListFacts.from_stored(row.facts) for row in self.rows.values()]
                known = dict.fromkeys(column for facts_of_list in facts for column in list_columns.names(facts_of_list))
                listed = ", ".join(f"{list_columns.PREFIX}{column}" for column in known) or "–"
                raise NotFound.of("no-such-column", case="export", name=f"{list_columns.PREFIX}{name}", known=listed)
        if self.condition is not None:
            for row in self.rows.values():
                self._check_condition(row, self.condition)

    def spelled(self, name: str) -> str:
        """Return a column's name as the first list with it writes it."""
        return next((own_name for row in self.rows.values() if (own_name := list_columns.column_of(row, name))), name)

    def take(self, name: str, campaign_id: int, rows: pa.Array) -> pa.Array:
        """Return the cells of one column for messages of a campaign, by their rows; null where its list has no such
        column or is gone."""
        row, joined = self._row(campaign_id), self._columns(campaign_id)
        own_name = list_columns.column_of(row, name) if row else ""
        if row is None or joined is None or not own_name:
            return pa.nulls(len(rows), pa.string())
        if list_columns.is_personal(row, own_name):
            if self.campaigns[campaign_id].erasing == Erasure.DONE:
                return pa.nulls(len(rows), pa.string())
            if self.mask:
                return _starred(joined.take(own_name, rows))
        return joined.take(own_name, rows)

    def keys(self, campaign_id: int, rows: pa.Array) -> pa.Array:
        """Return the client's own keys of messages of a campaign; null where the list names none or is gone."""
        row = self._row(campaign_id)
        if row is None or not row.key_column:
            return pa.nulls(len(rows), pa.string())
        return self.take(row.key_column, campaign_id, rows)

    def chosen(self, campaign_id: int, rows: pa.Array) -> npt.NDArray[np.bool_]:
        """Return for each message whether the condition holds for its row."""
        row, joined = self._row(campaign_id), self._columns(campaign_id)
        if row is None or joined is None or self.condition is None:
            return np.zeros(len(rows), np.bool_)
        list_id = int(row.id or 0)
        if list_id not in self._chosen:
            checked = lists.checked(self.store, list_id)
            condition = bind(self.condition, selection.columns_of(checked))
            self._chosen = {list_id: selection.choose(checked, condition).mask}
        return joined.among(rows, self._chosen[list_id])

    def _row(self, campaign_id: int) -> RecipientList | None:
        return self.rows.get(self.campaigns[campaign_id].list_id or 0)

    def _columns(self, campaign_id: int) -> ListColumns | None:
        list_id = self.campaigns[campaign_id].list_id or 0
        if list_id not in self._read:
            row = self.rows.get(list_id)
            wanted = [own_name for name in self.names if row and (own_name := list_columns.column_of(row, name))]
            if row and self.with_key and row.key_column:
                wanted.append(row.key_column)
            self._read = {list_id: list_columns.read(self.store, list_id, wanted) if row else None}
        return self._read[list_id]

    def _check_condition(self, row: RecipientList, condition: Condition) -> None:
        facts = ListFacts.from_stored(row.facts)
        if row.state in (ListState.DELETED, ListState.ERASED):
            raise DomainError.of("list-erased", id=row.id)
        bound = bind(condition, Columns(facts.columns))
        hidden = {facts.phone_column, *row.personal_columns}
        if self.mask and (secret := sorted(hidden.intersection(columns_of(bound)))):
            raise NotAllowed.of("hidden-column", column=secret[0])
        if self.mask:  # with “starts” digit after digit of a masked number could be tried
            joined = list_columns.read(self.store, int(row.id or 0), columns_of(bound))
            if joined is not None and (with_phones := spreadsheet.with_phones(joined.table, facts.phone_column)):
                raise NotAllowed.of("hidden-column", column=with_phones[0])


def _starred(cells: pa.Array) -> pa.Array:
    filled = pc.fill_null(pc.not_equal(cells, ""), False)
    return pc.if_else(filled, pa.scalar(STARS), cells)
