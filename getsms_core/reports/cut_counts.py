"""Sums by the values of a list's column and by text: from their roll-ups, or counted from the messages."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import tzinfo
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core.base.states import COUNTED, COUNTED_AS_SENT, MessageState
from getsms_core.billing.reconciliation import Sums
from getsms_core.contacts import list_columns
from getsms_core.contacts.cell_values import Cells
from getsms_core.contacts.conditions import Columns, ConditionError
from getsms_core.db import arrow_reader, cut_codes, rollups
from getsms_core.db.engine import Store
from getsms_core.db.models import (
    SPAN,
    CutColumn,
    CutRollUp,
    CutTotalRollUp,
    Message,
    RecipientList,
    Response,
    RollUp,
    VariantRollUp,
)
from getsms_core.db.response_versions import published
from getsms_core.reports.filters import HOUR, Filter
from getsms_core.reports.rollup_queries import Meta, of_ranges

Part = tuple[str | None, Sums, int]
"""A value, its sums and its responses."""
STATES = [state.value for state in MessageState]
_AT_ONCE = 5
"""Campaigns whose values are read at a time."""


def sent_within(question: Filter, zone: tzinfo) -> list[sa.ColumnElement[bool]]:
    """Return a filter's period as a condition on messages."""
    first, end = question.hours(zone)
    where: list[sa.ColumnElement[bool]] = []
    if first is not None or end is not None:
        where.append(col(Message.left_at) >= (first or 0) * HOUR * 1000)
    if end is not None:
        where.append(col(Message.left_at) < end * HOUR * 1000)
    return where


def rolled_up_columns(session: Session, campaigns: Mapping[int, Meta], name: str) -> dict[int, int]:
    """Return the campaigns that have roll-ups by a column, with the column's position among theirs. Of columns that
    differ in case alone, a campaign's list decides which one is meant."""
    chosen = [campaign_id for campaign_id, meta in campaigns.items() if meta.cuts]
    if not chosen:
        return {}
    columns = (col(CutColumn.campaign_id), col(CutColumn.position), col(CutColumn.name))
    rows = session.execute(sa.select(*columns).where(col(CutColumn.campaign_id).in_(chosen))).all()
    same = {column for column in {row[2] for row in rows} if _is(column, name)}
    positions = {campaign_id: position for campaign_id, position, column in rows if column == name}
    alike = [row for row in rows if row[2] in same and row[0] not in positions]
    ids = {campaigns[campaign_id].list_id for campaign_id, _position, _column in alike} - {None}
    query = sa.select(RecipientList).where(col(RecipientList.id).in_(sorted(ids)))
    lists = {int(row.id or 0): row for row in session.scalars(query)} if ids else {}
    for campaign_id, position, column in alike:
        row = lists.get(campaigns[campaign_id].list_id or 0)
        if row is None or list_columns.column_of(row, name) == column:
            positions[campaign_id] = position
    return positions


def _is(column: str, name: str) -> bool:
    try:
        return Columns([column]).find(name) == column
    except ConditionError:
        return False


def from_roll_ups(
    session: Session, question: Filter, zone: tzinfo, campaigns: Mapping[int, Meta], columns: Mapping[int, int]
) -> Iterator[Part]:
    """Yield the parts of the campaigns that have roll-ups by the column, by their positions."""
    if not columns:
        return
    first, end = question.hours(zone)
    tally: type[CutRollUp | CutTotalRollUp] = CutTotalRollUp
    where: list[sa.ColumnElement[bool]] = []
    if first is not None or end is not None:
        tally = CutRollUp
        where.append(col(CutRollUp.hour) >= max(first or 1, 1))
    if end is not None:
        where.append(col(CutRollUp.hour) < end)
    by_position: dict[int, list[int]] = defaultdict(list)
    for campaign_id, position in columns.items():
        by_position[position].append(campaign_id)
    key = col(tally.value)
    sums_of: dict[int, Sums] = {}
    for position, ids in by_position.items():
        totals: list[Any] = [sa.func.sum(col(getattr(tally, name))) for name in rollups.CUT_COUNTS]
        query = sa.select(key, *totals).where(
            col(tally.campaign_id).in_(sorted(ids)), col(tally.position) == position, *where
        )
        for value, *counts in session.execute(query.group_by(key)):
            sums = sums_of.setdefault(value, Sums())
            sums.add(Sums(messages=dict(zip(rollups.CUT_COUNTS[:-1], map(int, counts), strict=False)),
                          cost={MessageState.ACCEPTED.value: int(counts[-1])}))  # fmt: skip
    present = {value for value, sums in sums_of.items() if any(sums.messages.values())}
    names = _texts_of_values(session, columns, present)
    responses = _responses_by_value(session, question, zone, columns)
    for value, sums in sums_of.items():
        if value in present:
            yield names[value], sums, responses[value]


def _texts_of_values(session: Session, columns: Mapping[int, int], wanted: set[int]) -> dict[int, str]:
    """Return the texts of values as the newest campaigns write them. Few campaigns have all of them: to read the values
    of every campaign took as long as the sums."""
    texts, newest = {0: ""}, sorted(columns, reverse=True)
    for start in range(0, len(newest), _AT_ONCE):
        if wanted <= texts.keys():
            break
        some = col(CutColumn.campaign_id).in_(newest[start : start + _AT_ONCE])
        rows = session.execute(sa.select(col(CutColumn.campaign_id), col(CutColumn.position), col(CutColumn.ids),
                                         col(CutColumn.values)).where(some))  # fmt: skip
        for campaign_id, position, ids, values in rows:
            if columns[campaign_id] == position:
                texts = dict(zip(ids[1:], values, strict=True)) | texts
    return texts


def _responses_by_value(session: Session, question: Filter, zone: tzinfo, columns: Mapping[int, int]) -> Counter[int]:
    by = (col(Message.campaign_id), col(Message.cut))
    query = sa.select(*by, sa.func.count()).select_from(Response)
    query = query.join(Message, col(Message.id) == col(Response.message_id))
    query = query.where(
        col(Response.campaign_id).in_(sorted(columns)), published(Response), *sent_within(question, zone)
    )
    rows = session.execute(query.group_by(*by)).all()
    values, responses = rollups.cut_values(session, sorted({row[0] for row in rows})), Counter[int]()
    for campaign_id, cut, n in rows:
        digits = cut_codes.split(cut, [len(ids) for ids in values[campaign_id]])
        position = columns[campaign_id]
        responses[values[campaign_id][position][digits[position]]] += int(n)
    return responses


def _sums(tally: type[VariantRollUp]) -> list[sa.ColumnElement[int]]:
    names = ("messages", "counted", "parts", "cost")
    return [sa.func.sum(col(getattr(tally, name))) for name in names]


def _add(sums: Sums, state: str, counts: list[Any]) -> None:
    messages, counted, parts, cost = (int(n or 0) for n in counts)
    sums.messages[state] = sums.messages.get(state, 0) + messages
    sums.messages[COUNTED] = sums.messages.get(COUNTED, 0) + counted
    sums.parts[state] = sums.parts.get(state, 0) + parts
    sums.cost[state] = sums.cost.get(state, 0) + cost


def of_texts(
    session: Session, question: Filter, zone: tzinfo, campaigns: Mapping[int, Meta], *, rolled_up: bool
) -> dict[tuple[int, int | None], Sums]:
    """Return sums by campaign and text, None for campaigns with one; from their roll-ups, which have no hours and
    ranges, or counted by the database."""
    sums: dict[tuple[int, int | None], Sums] = {}
    if not campaigns:
        return sums
    counted = sa.func.sum(sa.case((_counted(), 1), else_=0))
    keys: tuple[Any, ...] = (col(Message.campaign_id), col(Message.variant), col(Message.state))
    columns: list[Any] = [sa.func.count(), counted, sa.func.sum(col(Message.parts)), sa.func.sum(col(Message.price))]
    several = sorted(campaigns)
    if rolled_up:
        tally = VariantRollUp
        keys = (col(tally.campaign_id), col(tally.variant), col(tally.state))
        query = sa.select(*keys, *_sums(tally)).where(col(tally.campaign_id).in_(several))
    else:
        spans = [col(Message.id).between(i * SPAN, (i + 1) * SPAN - 1) for i in several]
        query = sa.select(*keys, *columns).where(sa.or_(*spans), *sent_within(question, zone))
        query = query.where(*of_ranges(question, col(Message.number_range)))
    for campaign_id, variant, state, *counts in session.execute(query.group_by(*keys)):
        _add(sums.setdefault((campaign_id, variant), Sums()), state.value, counts)
    if rolled_up:
        for campaign_id, without_variant in _without_variants(session, campaigns, {key[0] for key in sums}).items():
            sums[campaign_id, None] = without_variant
    return {key: of_text for key, of_text in sums.items() if any(of_text.messages.values())}


def _without_variants(session: Session, campaigns: Mapping[int, Meta], several: set[int]) -> dict[int, Sums]:
    others = sorted(set(campaigns) - several)
    keys = (col(RollUp.campaign_id), col(RollUp.state))
    names = ("messages", "counted", "parts", "cost")
    query = sa.select(*keys, *(sa.func.sum(col(getattr(RollUp, name))) for name in names))
    sums: dict[int, Sums] = {}
    for campaign_id, state, *counts in session.execute(
        query.where(col(RollUp.campaign_id).in_(others)).group_by(*keys)
    ):
        _add(sums.setdefault(campaign_id, Sums()), state.value, counts)
    return sums


def _counted() -> sa.ColumnElement[bool]:
    return sa.and_(col(Message.state) == MessageState.ACCEPTED, col(Message.reason) == COUNTED_AS_SENT)


class Values(NamedTuple):
    """A column of a list: the value of each row number (-1 where the list has no such row), and the values."""

    columns: list_columns.ListColumns
    value_of: npt.NDArray[np.int32]
    values: list[str]


def from_messages(
    store: Store,
    session: Session,
    question: Filter,
    zone: tzinfo,
    campaigns: Mapping[int, Meta],
    lists: Mapping[int, RecipientList],
    name: str,
) -> Iterator[Part]:
    """Yield the parts of campaigns without roll-ups by the column, list by list, counted message by message."""
    values: dict[int, Values | None] = {}
    for campaign_id, meta in campaigns.items():
        row = lists.get(meta.list_id or 0)
        list_id = int(row.id or 0) if row else 0
        if list_id not in values:
            values = {list_id: read_values(store, row, name) if row else None}
        of_list = values[list_id]
        counts = _counts(store, question, zone, meta, of_list)
        responses = Counter[int]()
        for message_row, n in _responses_by_row(session, question, zone, campaign_id):
            responses[-1 if of_list is None else int(_codes(of_list, pa.array([message_row]))[0])] += n
        for code, sums in counts.items():
            yield None if of_list is None or code < 0 else of_list.values[code], sums, responses[code]


def read_values(store: Store, row: RecipientList, name: str) -> Values | None:
    """Return the values of a column of a list; None where the list has no such column or its rows are gone."""
    column = list_columns.column_of(row, name)
    read = list_columns.read(store, int(row.id or 0), [column]) if column else None
    if read is None:
        return None
    value_of, values = Cells.of(read.table[column]).grouped()
    return Values(read, value_of, ["", *values])


def _codes(values: Values, rows: pa.Array) -> npt.NDArray[np.int32]:
    places = values.columns.places_of(rows)
    return np.where(places >= 0, values.value_of[places], -1) if len(values.value_of) else places


def _responses_by_row(session: Session, question: Filter, zone: tzinfo, campaign_id: int) -> Iterator[tuple[int, int]]:
    query = sa.select(col(Message.row), sa.func.count()).select_from(Response)
    query = query.join(Message, col(Message.id) == col(Response.message_id))
    query = query.where(col(Response.campaign_id) == campaign_id, published(Response), *sent_within(question, zone))
    query = query.where(*of_ranges(question, col(Message.number_range)))
    for message_row, n in session.execute(query.group_by(col(Message.row))):
        yield message_row, int(n)


def _counts(store: Store, question: Filter, zone: tzinfo, meta: Meta, values: Values | None) -> dict[int, Sums]:
    """Return the sums of one campaign by the number of the value."""
    state = sa.case(*((col(Message.state) == name, i) for i, name in enumerate(STATES)), else_=0)
    columns = [col(Message.row), state, sa.case((_counted(), 1), else_=0), col(Message.parts), col(Message.price)]
    names = ["row", "state", "counted", "parts", "price"]
    labelled: list[Any] = [column.label(name) for column, name in zip(columns, names, strict=True)]
    query: sa.Select[Any] = sa.select(*labelled)
    query = query.where(col(Message.id).between(meta.id * SPAN, (meta.id + 1) * SPAN - 1))
    query = query.where(*sent_within(question, zone), *of_ranges(question, col(Message.number_range)))
    sums: dict[int, Sums] = {}
    with arrow_reader.batches(store, [query], pa.schema([(name, pa.int64()) for name in names]), meta.messages) as rows:
        for batch in rows:
            codes = np.full(batch.num_rows, -1, np.int32) if values is None else _codes(values, batch["row"])
            table = pa.table([codes, *(batch[name] for name in names[1:])], ["code", *names[1:]])
            grouped = table.group_by(["code", "state"]).aggregate(
                [("state", "count"), ("counted", "sum"), ("parts", "sum"), ("price", "sum")]
            )
            for part in grouped.to_pylist():
                counts = [part["state_count"], part["counted_sum"], part["parts_sum"], part["price_sum"]]
                _add(sums.setdefault(part["code"], Sums()), STATES[part["state"]], counts)
    return sums
