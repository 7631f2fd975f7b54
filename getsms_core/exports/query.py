"""Read the message table as Arrow batches: the rows of a filter, and the columns of every file."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Any

import pyarrow as pa
import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core.base.errors import NotFound
from getsms_core.contacts.list_columns import PREFIX
from getsms_core.db import arrow_reader, salts
from getsms_core.db.engine import Store
from getsms_core.db.models import CHUNK_SENDING, SPAN, Campaign, Chunk, Message, Response, Template
from getsms_core.db.response_versions import published
from getsms_core.exports.columns_of_files import (
    COLUMNS,
    LIST_DELETED,
    MORE_COLUMNS,
    QUOTING,
    of_list,
    read_type,
    reads,
    source,
)
from getsms_core.exports.comparison import Comparison
from getsms_core.exports.list_cells import ListCells
from getsms_core.exports.row_filter import RowFilter
from getsms_core.messages import variants
from getsms_core.reports import Filter
from getsms_core.reports.rollup_queries import Meta, campaigns_of, of_ranges


@dataclass(frozen=True)
class Selection:
    """The contents of a file: the filter, its campaigns with their names, and one query per campaign."""

    question: Filter

    campaigns: dict[int, Meta]
    queries: list[sa.Select[Any]]
    columns: tuple[str, ...]
    read: tuple[str, ...]
    "The columns of a batch of `batches`, as the database has them."

    mask: bool
    zone: tzinfo
    lists: ListCells
    texts: Mapping[int, Sequence[str | None]]
    "By campaign with several texts, what its column `variant` or `language` shows for each text."

    templates: Mapping[int, str]
    salt: bytes
    written: Mapping[int, Sequence[str]]
    "By campaign its texts before merging, whose numbers stay readable in masked files; empty for other files."

    rows: RowFilter = field(default_factory=RowFilter)
    csv_for: str = ""
    'The program that a CSV is for: EXCEL_RU, or "" for any.'

    comparison: Comparison | None = None
    "What a workbook tells beside its rows."

    @property
    def headings(self) -> list[str]:
        """The columns as CSV and XLSX head them: a column of the list by its own name, unless another one has it."""
        own = [of_list(name) for name in self.columns]
        return [
            heading if heading is not None and heading not in self.columns and own.count(heading) == 1 else name
            for name, heading in zip(self.columns, own, strict=True)
        ]


def select(
    store: Store,
    what: int | Filter,
    columns: Sequence[str] | None,
    mask: bool,
    zone: tzinfo,
    also: Sequence[str] = (),
    rows: RowFilter | None = None,
    may_lack: bool = False,
) -> Selection:
    """Resolve a campaign id or a filter, and the columns without duplicates. `also` are read but not written, and so is
    the phone if it must be masked in texts. Masked files with phones have the column client_key, so that people can be
    counted. With `may_lack` a column that no list has is empty. Raises `DomainError` ("no-such-campaign",
    "no-such-column", and for the filter of rows as `ListCells.check`)."""
    question = Filter(campaigns=(what,), include_tests=True) if isinstance(what, int) else what
    rows = rows or RowFilter()
    chosen = tuple(dict.fromkeys(columns)) if columns else COLUMNS
    for name in chosen:
        if name not in COLUMNS + MORE_COLUMNS and of_list(name) is None:
            known = ", ".join((*COLUMNS, *MORE_COLUMNS, f"{PREFIX}…"))
            raise NotFound.of("no-such-column", case="export", name=name, known=known)
    if mask and "phone" in chosen and "client_key" not in chosen:
        chosen += ("client_key",)
    with store.reading() as session:
        campaigns = campaigns_of(session, question, zone)
        texts = _texts(session, campaigns) if {"variant", "language"} & set(chosen) else {}
        templates = _templates(session) if "template" in chosen else {}
        written = _written(session, campaigns) if mask and "text" in chosen else {}
    if isinstance(what, int) and not campaigns:
        raise NotFound.of("no-such-campaign", id=what)
    names = tuple(own for column in chosen if (own := of_list(column)) is not None)
    with_key = "client_key" in chosen and not mask
    lists = ListCells(store, campaigns, names, with_key, mask, rows.condition)
    if campaigns:
        lists.check(may_lack)
    chosen = tuple(dict.fromkeys(_spelled(column, lists) for column in chosen))
    if (names or with_key) and lists.deleted:
        chosen += (LIST_DELETED,)
    may_quote = QUOTING.intersection(chosen) or names
    extra = (
        *also,
        *(("phone", "campaign_id") if mask and may_quote else ()),
        *(("campaign_id", "row") if rows.condition else ()),
    )
    read = reads((*chosen, *extra))
    with store.reading() as session:
        queries = [_query(session, question, rows, zone, campaign_id, read) for campaign_id in campaigns]
    salt = salts.get(store, "client-key") if mask and "client_key" in chosen else b""
    return Selection(
        question, campaigns, queries, chosen, read, mask, zone, lists, texts, templates, salt, written, rows
    )


def _spelled(column: str, lists: ListCells) -> str:
    name = of_list(column)
    return column if name is None else PREFIX + lists.spelled(name)


def _texts(session: Session, campaigns: Mapping[int, Meta]) -> dict[int, list[str | None]]:
    """Return what the texts of each campaign with several are called: letters, or the values of its text column."""
    columns = (col(Campaign.id), col(Campaign.text_column), col(Campaign.variants))
    query = sa.select(*columns).where(col(Campaign.id).in_(sorted(campaigns)))
    texts: dict[int, list[str | None]] = {}
    for campaign_id, text_column, stored in session.execute(query):
        further = variants.from_stored(stored)
        if further and text_column:
            texts[campaign_id] = ["", *(variant.value for variant in further)]
        elif further:
            texts[campaign_id] = list(variants.LETTERS[: len(further) + 1])
    return texts


def _written(session: Session, campaigns: Mapping[int, Meta]) -> dict[int, list[str]]:
    query = sa.select(col(Campaign.id), col(Campaign.text), col(Campaign.variants))
    rows = session.execute(query.where(col(Campaign.id).in_(sorted(campaigns))))
    return {row.id: variants.all_texts(row.text, row.variants) for row in rows}


def _templates(session: Session) -> dict[int, str]:
    return {int(row.id or 0): row.name for row in session.scalars(sa.select(Template))}


def _query(
    session: Session, question: Filter, rows: RowFilter, zone: tzinfo, campaign_id: int, columns: Sequence[str]
) -> sa.Select[Any]:
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
    where += rows.where(session, campaign_id, _expression("state", campaign_id))
    expressions: list[Any] = [_expression(name, campaign_id).label(name) for name in columns]
    query: sa.Select[Any] = sa.select(*expressions)
    return query.where(*where).order_by(col(Message.id))


def _expression(name: str, campaign_id: int) -> sa.SQLColumnExpression[Any]:
    if name == "state":
        flying = sa.select(col(Chunk.id)).where(col(Chunk.campaign_id) == campaign_id, CHUNK_SENDING)
        state = sa.cast(col(Message.state), sa.String)
        return sa.case((sa.and_(state == "queued", col(Message.chunk_id).in_(flying)), "sending"), else_=state)
    if name == "response":
        responded = sa.exists().where(col(Response.message_id) == col(Message.id), published(Response))
        return sa.case((responded, 1), else_=0)
    if name in ("reason", "request_id", "status_word"):
        # ADBC guesses a column's type from its first rows: only NULLs would make a text column an integer.
        return sa.func.coalesce(getattr(Message, name), "")
    return sa.type_coerce(source(name), sa.String)


@contextmanager
def batches(store: Store, selection: Selection) -> Iterator[Iterator[pa.RecordBatch]]:
    """Yield the rows of a selection with the database's values, in batches of some ten thousand, each of one
    campaign."""
    schema = pa.schema([(name, read_type(name)) for name in selection.read])
    expected = sum(meta.messages for meta in selection.campaigns.values())
    with arrow_reader.batches(store, selection.queries, schema, expected) as rows:
        yield _chosen(rows, selection)


def _chosen(rows: Iterator[pa.RecordBatch], selection: Selection) -> Iterator[pa.RecordBatch]:
    """Yield the rows for which the condition of the selection holds. A batch is of one campaign."""
    for batch in rows:
        if selection.rows.condition is None or not batch.num_rows:
            yield batch
            continue
        holds = selection.lists.chosen(batch["campaign_id"][0].as_py(), batch["row"])
        if len(matching_rows := batch.filter(pa.array(holds))):
            yield matching_rows
