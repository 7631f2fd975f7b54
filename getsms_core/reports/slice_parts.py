"""Which messages have a value of a breakdown: its campaigns, and the condition on their messages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core import phone
from getsms_core.contacts.cell_values import keys_of
from getsms_core.contacts.list_columns import PREFIX
from getsms_core.db.engine import Store
from getsms_core.db.models import CutColumn, Message, Template
from getsms_core.reports import cut_counts, cuts
from getsms_core.reports.filters import Filter
from getsms_core.reports.rollup_queries import Meta


@dataclass(frozen=True)
class Part:
    """The messages of one campaign that have the value: all of them, or those for which `where` holds and whose row of
    the list is marked in `rows` (index: row number; rows beyond its end are `beyond`)."""

    where: tuple[sa.ColumnElement[bool], ...] = ()
    rows: npt.NDArray[np.bool_] | None = None
    beyond: bool = False

    @property
    def is_within(self) -> bool:
        """Whether only some messages of the campaign may have the value."""
        return bool(self.where) or self.rows is not None

    def has(self, row: int) -> bool:
        """Return whether the message of this row of the list has the value."""
        if self.rows is None:
            return True
        return bool(self.rows[row]) if 0 <= row < len(self.rows) else self.beyond


def parts_of(
    store: Store,
    session: Session,
    question: Filter,
    campaigns: Mapping[int, Meta],
    by: str,
    value: str | None,
    mask: bool = False,
) -> dict[int, Part]:
    """Return the part of each campaign that can have messages with a value of `by`; with `mask` one of the values as
    users see them who may not see phones."""
    if by == "variant":
        return _of_text(session, campaigns, value)
    if by.startswith(PREFIX):
        return _of_column(store, session, question, campaigns, by.removeprefix(PREFIX), value, mask)
    if by == "template":
        rows = session.execute(sa.select(col(Template.id), col(Template.name)))
        names = {row.id: row.name for row in rows}
        return {i: Part() for i, meta in campaigns.items() if names.get(meta.template_id, "") == value}
    values = cuts.values_of_campaigns(session, campaigns, by)
    return {i: Part() for i in campaigns if values[i] == value}


def _of_text(session: Session, campaigns: Mapping[int, Meta], value: str | None) -> dict[int, Part]:
    texts = cuts.texts_of(session, campaigns)
    parts: dict[int, Part] = {}
    for campaign_id in campaigns:
        names = texts.get(campaign_id, [])
        variant = col(Message.variant)
        if value is not None:
            numbers = [i for i, name in enumerate(names) if name == value]
            if numbers:
                parts[campaign_id] = Part((variant.in_(numbers),))
        elif names:
            parts[campaign_id] = Part((sa.or_(variant.is_(None), variant >= len(names)),))
        else:
            parts[campaign_id] = Part()
    return parts


def _of_column(
    store: Store,
    session: Session,
    question: Filter,
    campaigns: Mapping[int, Meta],
    name: str,
    value: str | None,
    mask: bool,
) -> dict[int, Part]:
    wanted = None if value is None else keys_of([value])[0]
    rolled = {} if question.ranges else cut_counts.rolled_up_columns(session, campaigns, name)
    parts = _by_code(session, rolled, wanted, mask)
    others = {i: meta for i, meta in campaigns.items() if i not in rolled}
    lists = cuts.lists_of(session, others)
    marks: dict[int, Part | None] = {}
    for campaign_id, meta in others.items():
        row = lists.get(meta.list_id or 0)
        list_id = int(row.id or 0) if row else 0
        if list_id not in marks:
            values = cut_counts.read_values(store, row, name) if row else None
            marks[list_id] = _of_list(values, wanted, mask)
        if (part := marks[list_id]) is not None:
            parts[campaign_id] = part
    return parts


def _of_list(values: cut_counts.Values | None, wanted: str | None, mask: bool) -> Part | None:
    """Return the rows of a list whose cell has the value; None for no row."""
    if values is None:
        return Part() if wanted is None else None
    places = values.columns.places
    codes = np.full(len(places), -1, np.int64)
    if len(values.value_of):
        codes = np.where(places >= 0, values.value_of[np.maximum(places, 0)], -1)
    if wanted is None:
        return Part(rows=codes < 0, beyond=True)
    numbers = [i for i, key in enumerate(_shown_keys(values.values, mask)) if key == wanted]
    return Part(rows=np.isin(codes, numbers)) if numbers else None


def _by_code(session: Session, rolled: Mapping[int, int], wanted: str | None, mask: bool) -> dict[int, Part]:
    """Return the parts of campaigns that have roll-ups by the column: a digit of the number that each message has."""
    if wanted is None or not rolled:
        return {}
    columns = (col(CutColumn.campaign_id), col(CutColumn.position), col(CutColumn.ids), col(CutColumn.values))
    query = sa.select(*columns).where(col(CutColumn.campaign_id).in_(sorted(rolled)))
    parts: dict[int, Part] = {}
    weight: dict[int, int] = {}
    for campaign_id, position, ids, values in session.execute(query.order_by(*columns[:2])):
        below = weight.setdefault(campaign_id, 1)
        weight[campaign_id] = below * len(ids)
        if position == rolled[campaign_id]:
            digits = [i for i, key in enumerate(_shown_keys(["", *values], mask)) if key == wanted]
            if digits:
                parts[campaign_id] = Part(((col(Message.cut) // below % len(ids)).in_(digits),))
    return parts


def _shown_keys(values: Sequence[str], mask: bool) -> list[str]:
    return keys_of(phone.mask_cells(pa.array(values, pa.string())).to_pylist() if mask else values)
