"""Changing the states of rows in SQL. The states that rows may come from are taken from the tables of `base.states`
and are part of every UPDATE: a row that another transaction has moved meanwhile stays as it is.

One row that the session has loaded and locked: `base.states.change`.
"""

from collections.abc import Collection, Iterable, Sequence
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from getsms_core.base.states import table_of
from getsms_core.db.bulk import update_by_attempt, update_by_id
from getsms_core.db.models import Table
from getsms_core.db.row_blocks import Rows, first_values


def moving(
    rows: type[Table] | sa.Table,
    after: StrEnum,
    /,
    *where: sa.ColumnElement[bool],
    among: Iterable[StrEnum] | None = None,
    **values: Any,
) -> sa.Update:
    """Return the UPDATE that moves the rows of `where` to `after` and sets `values`.

    It leaves out rows in a state from which the table does not allow it. `among` names fewer of those states, or
    `after` itself where rows that are in it already get the other values. Raises `Conflict` ("wrong-state") if the
    table does not allow one of `among`."""
    states = table_of(after)
    column = _column(rows, states.column)
    return sa.update(rows).where(*where, column.in_(states.sources(after, among))).values({column: after, **values})


def guard(before: StrEnum, *afters: StrEnum) -> str:
    """Return the SQL condition for `update_by_id` under which rows move from `before` to one of `afters`.

    Raises `Conflict` ("wrong-state") if the table does not allow it."""
    states = table_of(before)
    for after in afters:
        states.check(before, after)
    return f"{states.table}.{states.column} = '{states.stored.get(before, before).value}'"


def move_by_id(session: Session, before: StrEnum, columns: Collection[str], rows: Rows, *, exact: bool = True) -> int:
    """`bulk.update_by_id` for rows that are in `before`: the first value of each of `rows` is its new state, then come
    `columns` and the id. Returns how many rows changed.

    Raises `Conflict` ("wrong-state") if the table does not allow one of the states, and with `exact` `RuntimeError` if
    a row was not in `before`: the caller has locked the rows and counted them in the roll-ups."""
    if not rows:
        return 0
    states = table_of(before)
    condition = guard(before, *map(states.states, first_values(rows)))
    changed = update_by_id(session, states.table, (states.column, *columns), rows, guard=condition)
    if exact and changed != len(rows):
        raise RuntimeError(f"{len(rows) - changed} of {len(rows)} rows of {states.table} were not {before.value}")
    return changed


def move_by_attempt(
    session: Session, before: StrEnum, columns: Collection[str], rows: Sequence[tuple[Any, ...]]
) -> set[str]:
    """`bulk.update_by_attempt` for rows that are in `before` at their attempt: the first value of each of `rows` is its
    new state, then come `columns`, the attempt and the id. Returns the attempts whose rows changed.

    Raises `Conflict` ("wrong-state") if the table does not allow one of the states."""
    states = table_of(before)
    guard(before, *{states.states(row[0]) for row in rows})
    stored = states.stored.get(before, before).value
    guarded = [(*row[:-1], stored, row[-1]) for row in rows]
    return update_by_attempt(session, states.table, (states.column, *columns), guarded)


def _column(rows: type[Table] | sa.Table, name: str) -> Any:
    return rows.c[name] if isinstance(rows, sa.Table) else getattr(rows, name)
