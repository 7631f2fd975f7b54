"""Read the message table as Arrow batches: the rows of a filter, and the columns of every file."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path
from typing import Any

import adbc_driver_postgresql.dbapi
import pandas as pd
import pyarrow as pa
import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core.base.errors import DomainError, NotFound
from getsms_core.db.column_types import arrow_type
from getsms_core.db.engine import Store
from getsms_core.db.models import CHUNK_SENDING, SPAN, Chunk, Message, table
from getsms_core.reports import Filter
from getsms_core.reports.rollup_queries import Meta, campaigns_of, of_ranges

COLUMNS = (
    "row", "phone", "text", "encoding", "parts", "price", "state", "reason", "request_id", "sent_at", "settled_at",
    "status_word", "billed_parts", "campaign",
)  # fmt: skip
"The columns of a file, in order: phone is text, price so'm for all parts, state a MessageState."

MORE_COLUMNS = ("campaign_id", "sender", "range")
"Optional columns of a file."

QUOTING = frozenset({"text", "reason", "status_word"})
"""The columns that may quote the recipient's number."""

FEW = 20_000
"Up to this number of messages Python's own cursor is faster; above it, a separate "
"process is, in spite of its start."

_STORED_AS = {"sent_at": "left_at", "range": "number_range", "campaign": "campaign_id", "sender": "campaign_id"}
"""Columns of a file whose column of the message table has another name."""


def source(name: str) -> sa.Column[Any]:
    """The column of the message table that a column of a file is made from."""
    return table(Message).c[_STORED_AS.get(name, name)]


INSTANTS = frozenset(name for name in COLUMNS + MORE_COLUMNS if source(name).name.endswith("_at"))
INTEGERS = frozenset(
    name
    for name in COLUMNS + MORE_COLUMNS
    if arrow_type(source(name)) == pa.int32() and name not in ("price", "campaign", "sender", "range")
)
"""The columns that are shown as the integers that are stored; the others get a unit or a name."""


@dataclass(frozen=True)
class Selection:
    """The contents of a file: the filter, its campaigns with their names, and one query per campaign."""

    question: Filter

    campaigns: dict[int, Meta]
    queries: list[sa.Select[Any]]
    columns: tuple[str, ...]
    also: tuple[str, ...]
    "Columns that are read but not written."

    mask: bool
    zone: tzinfo
    days: pd.DataFrame | None = None
    "`reports.rate_over_time` by day, for formats with charts."


def select(
    store: Store,
    what: int | Filter,
    columns: Sequence[str] | None,
    mask: bool,
    zone: tzinfo,
    also: Sequence[str] = (),
) -> Selection:
    """Resolve a campaign id or a filter, and the columns without duplicates. `also` are read but not written, and so
    is the phone if it must be masked in texts. Raises `DomainError` ("no-such-campaign", "no-such-column")."""
    question = Filter(campaigns=(what,), include_tests=True) if isinstance(what, int) else what
    chosen = tuple(dict.fromkeys(columns)) if columns else COLUMNS
    for name in chosen:
        if name not in COLUMNS + MORE_COLUMNS:
            known = ", ".join(COLUMNS + MORE_COLUMNS)
            raise NotFound.of("no-such-column", case="export", name=name, known=known)
    with store.reading() as session:
        campaigns = campaigns_of(session, question, zone)
    if isinstance(what, int) and not campaigns:
        raise NotFound.of("no-such-campaign", id=what)
    extra_columns = tuple(
        name for name in (*also, *(("phone",) if mask and QUOTING.intersection(chosen) else ())) if name not in chosen
    )
    queries = [_query(question, zone, campaign_id, chosen + extra_columns) for campaign_id in campaigns]
    return Selection(question, campaigns, queries, chosen, extra_columns, mask, zone)


def _query(question: Filter, zone: tzinfo, campaign_id: int, columns: Sequence[str]) -> sa.Select[Any]:
    first, end = question.hours(zone)
    where = [
        col(Message.id).between(campaign_id * SPAN, (campaign_id + 1) * SPAN - 1),
        col(Message.campaign_id) == campaign_id,
    ]
    if first is not None:
        where.append(col(Message.left_at) >= first * 3_600_000)
    if end is not None:
        where.append(col(Message.left_at) < end * 3_600_000)
    where += of_ranges(question, col(Message.number_range))
    expressions: list[Any] = [_expression(name, campaign_id).label(name) for name in columns]
    query: sa.Select[Any] = sa.select(*expressions)
    return query.where(*where).order_by(col(Message.id))


def _expression(name: str, campaign_id: int) -> sa.SQLColumnExpression[Any]:
    if name == "state":
        flying = sa.select(col(Chunk.id)).where(col(Chunk.campaign_id) == campaign_id, CHUNK_SENDING)
        state = sa.cast(col(Message.state), sa.String)
        return sa.case((sa.and_(state == "queued", col(Message.chunk_id).in_(flying)), "sending"), else_=state)
    if name in ("reason", "request_id", "status_word"):
        # ADBC guesses a column's type from its first rows: only NULLs would make a text column an integer.
        return sa.func.coalesce(getattr(Message, name), "")
    return sa.type_coerce(source(name), sa.String)


@contextmanager
def batches(store: Store, selection: Selection) -> Iterator[Iterator[pa.RecordBatch]]:
    """Yield the rows of a selection with the database's values, in batches of some ten thousand."""
    dialect = store.engine.dialect
    queries = [
        str(query.compile(dialect=dialect, compile_kwargs={"literal_binds": True})) for query in selection.queries
    ]
    names = selection.columns + selection.also
    # SQLite's integers have 64 bits whatever the column, so all of them are read as such.
    types = (arrow_type(source(name)) for name in names)
    schema = pa.schema(
        [(name, pa.int64() if pa.types.is_integer(kind) else kind) for name, kind in zip(names, types, strict=True)]
    )
    if not queries:
        yield iter(())
    elif store.sqlite and sum(meta.messages for meta in selection.campaigns.values()) <= FEW:
        with store.reading() as session:
            yield _here(session, queries, schema)
    elif store.sqlite:
        with _sqlite(str(store.engine.url.database), queries, schema) as rows:
            yield rows
    else:
        url = store.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        with adbc_driver_postgresql.dbapi.connect(url) as connection, connection.cursor() as cursor:
            yield _postgres(cursor, queries, schema)


def _here(session: Session, queries: Sequence[str], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    for query in queries:
        if rows := session.connection().exec_driver_sql(query).fetchall():
            columns = zip(*rows, strict=True)
            yield pa.record_batch(
                [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)], schema
            )


def _postgres(cursor: Any, queries: Sequence[str], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    for query in queries:
        cursor.execute(query)
        for batch in cursor.fetch_record_batch():
            yield batch.cast(schema)


@contextmanager
def _sqlite(database: str, queries: Sequence[str], schema: pa.Schema) -> Iterator[Iterator[pa.RecordBatch]]:
    plan = {"columns": [(field.name, str(field.type)) for field in schema], "queries": list(queries)}
    command = [sys.executable, "-I", str(Path(__file__).with_name("child.py")), database]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, **pipes) as child:  # type: ignore[call-overload]
        try:
            child.stdin.write(json.dumps(plan).encode())
            child.stdin.close()
            try:
                with pa.ipc.open_stream(child.stdout) as rows:
                    yield iter(rows)
            except pa.ArrowInvalid:
                raise _unreadable(child.stderr.read().decode(errors="replace")) from None
            if child.wait() != 0:
                raise _unreadable(child.stderr.read().decode(errors="replace"))
        finally:
            child.kill()


def _unreadable(said: str) -> DomainError:
    last = (said.strip().splitlines() or [""])[-1]
    return DomainError.of("read-failed", reason=last)
