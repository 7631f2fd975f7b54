"""The columns of a campaign's list whose values get roll-ups: chosen with the campaign, counted when its messages are
made. At most `MAX_VALUES` values a column and never a personal one."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core.base import reasons
from getsms_core.base.errors import DomainError
from getsms_core.contacts import list_columns
from getsms_core.contacts.cell_values import Cells, value_ids
from getsms_core.contacts.facts import ListFacts
from getsms_core.db import cut_codes
from getsms_core.db.engine import Store
from getsms_core.db.models import Campaign, CutColumn, CutRollUp, CutTotalRollUp, RecipientList, table

MAX_VALUES = 200
MAX_COLUMNS = 5


@dataclass(frozen=True)
class CutValues:
    """A column and its values, the most frequent first; `value_of` has the value of each recipient, 0 = empty."""

    name: str
    values: tuple[str, ...]
    value_of: npt.NDArray[np.int32]

    @property
    def size(self) -> int:
        """The number of digits: the values and the empty cell."""
        return len(self.values) + 1


def chosen(row: RecipientList, names: Sequence[str]) -> tuple[str, ...]:
    """Return the columns that a user names, spelled as in the list, each once.

    Raises `DomainError`: "no-such-column", "ambiguous-column", "personal-cut", "too-many-cuts"."""
    facts = ListFacts.from_stored(row.facts)
    column_names = tuple(dict.fromkeys(list_columns.find(facts, name) for name in names))
    for name in column_names:
        if list_columns.is_personal(row, name):
            raise DomainError.of("personal-cut", column=name)
    if len(column_names) > MAX_COLUMNS:
        raise DomainError.of("too-many-cuts", n=len(column_names), most=MAX_COLUMNS)
    return column_names


def values_of(row: RecipientList, recipients: pa.Table, names: Sequence[str]) -> tuple[CutValues, ...]:
    """Return the values of these columns over the recipients of a campaign (row, phone, columns of the list).

    Raises `DomainError` as `chosen`, "too-many-cut-values" for a column with too many, "too-many-cuts/combinations"."""
    facts = ListFacts.from_stored(row.facts)
    columns = []
    for name in chosen(row, names):
        value_of, values = Cells.of(recipients[_recipient_column(facts, recipients, name)]).grouped()
        if len(values) > MAX_VALUES:
            counted = {"n": reasons.number(len(values)), "most": reasons.number(MAX_VALUES)}
            raise DomainError.of("too-many-cut-values", column=name, **counted)
        columns.append(CutValues(name, tuple(values), value_of))
    if not cut_codes.fits([column.size for column in columns]):
        raise DomainError.of("too-many-cuts", case="combinations")
    return tuple(columns)


def of_campaign(store: Store, campaign: Campaign, recipients: pa.Table) -> tuple[CutValues, ...]:
    """`values_of` for the columns of a campaign."""
    if not campaign.cuts or campaign.list_id is None:
        return ()
    with store.reading() as session:
        row = session.get(RecipientList, campaign.list_id)
    return values_of(row, recipients, campaign.cuts) if row else ()


def codes(columns: Sequence[CutValues]) -> npt.NDArray[np.int32] | None:
    """Return the number that each recipient's message carries; None without columns."""
    if not columns:
        return None
    return cut_codes.combine([column.value_of for column in columns], [column.size for column in columns])


def write(session: Session, campaign_id: int, columns: Sequence[CutValues]) -> None:
    """Store the columns of a campaign, before its roll-ups are counted."""
    rows = [
        {"campaign_id": campaign_id, "position": i, "name": column.name, "ids": [0, *value_ids(column.values)],
         "values": list(column.values)}
        for i, column in enumerate(columns)
    ]  # fmt: skip
    if rows:
        session.connection().execute(sa.insert(table(CutColumn)), rows)


def delete(session: Session, campaign_id: int) -> None:
    """Delete the columns of a campaign and their roll-ups."""
    for model in (CutColumn, CutRollUp, CutTotalRollUp):
        session.execute(sa.delete(model).where(col(model.campaign_id) == campaign_id))


def _recipient_column(facts: ListFacts, recipients: pa.Table, name: str) -> str:
    """Return the name of a list's column in the table of recipients, where "row" and "phone" are the program's own."""
    own = ("row", "phone")
    fields = [field for field in facts.columns if not (field == facts.phone_column and field in own)]
    return str(recipients.column_names[len(own) + fields.index(name)])
