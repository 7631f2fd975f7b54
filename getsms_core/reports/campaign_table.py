"""The table of all campaigns: one row each with its figures, filtered and sorted in the database."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from getsms_core.base.names import printable
from getsms_core.base.states import CampaignState, MessageState
from getsms_core.db import text_search
from getsms_core.db.engine import Store
from getsms_core.db.models import Campaign, CampaignTag, RollUp

MOST_ROWS = 20_000
"""Campaigns that one table holds."""


class Order(StrEnum):
    """What the table is sorted by; the greatest or newest first."""

    NEWEST = "newest"
    STARTED = "started"
    NAME = "name"
    MESSAGES = "messages"
    RATE = "rate"
    COST = "cost"


@dataclass(frozen=True)
class CampaignFilter:
    """Which campaigns the table shows. Empty means all; archived ones and tests only where asked for. `tags`: with each
    of these; `search`: a part of the name."""

    search: str = ""
    states: tuple[CampaignState, ...] = ()
    tags: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    tests: bool = False
    archived: bool = False


@dataclass(frozen=True)
class CampaignRow:
    """A campaign in the table. Instants are UTC ms, `cost` is tiyin by the price list, `rate` is delivered of those
    with a final status (None while there is none), `done` are the messages that are not waiting to be sent."""

    id: int
    name: str
    state: CampaignState
    sender: str
    created_by: str
    created_at: int
    scheduled_at: int | None
    started_at: int | None
    messages: int
    cost: int
    is_test: bool
    archived_at: int | None
    done: int
    delivered: int
    uncertain: int
    rate: float | None
    tags: tuple[str, ...] = ()

    @property
    def at(self) -> int:
        """When it started, or is to start, or was created."""
        return self.started_at or self.scheduled_at or self.created_at


def campaign_rows(
    store: Store, wanted: CampaignFilter, order: Order = Order.NEWEST, *, ascending: bool = False
) -> list[CampaignRow]:
    """Return the campaigns of a filter in an order, at most `MOST_ROWS`; unless `ascending` the greatest, the newest
    or the last name first."""
    counts = _counts()
    settled = counts.c.settled
    rate = sa.case((settled > 0, sa.cast(counts.c.delivered, sa.Float) / settled), else_=None).label("rate")
    columns = [getattr(Campaign, name) for name in list(CampaignRow.__dataclass_fields__)[:12]]
    figures = [sa.func.coalesce(counts.c[name], 0).label(name) for name in ("done", "delivered", "uncertain")]
    key: sa.SQLColumnExpression[Any] = {
        Order.NEWEST: col(Campaign.id),
        Order.STARTED: sa.func.coalesce(
            col(Campaign.started_at), col(Campaign.scheduled_at), col(Campaign.created_at)
        ),
        Order.NAME: col(Campaign.name),  # sorted below: SQLite folds the case of ASCII only
        Order.MESSAGES: col(Campaign.messages),
        Order.RATE: rate,
        Order.COST: col(Campaign.cost),
    }[order]  # fmt: skip
    falls = not ascending
    query = (
        sa.select(*columns, *figures, rate)
        .join(counts, counts.c.campaign_id == col(Campaign.id), isouter=True)
        .where(*_conditions(wanted))
        .order_by(sa.nulls_last(key.desc() if falls else key.asc()), col(Campaign.id).desc())
        .limit(MOST_ROWS)
    )
    with store.reading() as session:
        rows = [CampaignRow(*row) for row in session.execute(query)]
        tags: dict[int, list[str]] = {}
        for campaign_id, tag in session.execute(sa.select(col(CampaignTag.campaign_id), col(CampaignTag.tag))):
            tags.setdefault(campaign_id, []).append(tag)
    if order is Order.NAME:
        rows.sort(key=lambda row: row.name.casefold(), reverse=falls)
    return [replace(row, tags=tuple(sorted(tags[row.id], key=str.casefold))) if row.id in tags else row for row in rows]


def authors(store: Store) -> list[str]:
    """Return everybody who has created a campaign, for a filter."""
    with store.reading() as session:
        return list(session.scalars(sa.select(col(Campaign.created_by)).distinct().order_by(col(Campaign.created_by))))


def _counts() -> sa.Subquery:
    """The messages of each campaign by what became of them."""

    def of(*states: MessageState) -> sa.ColumnElement[int]:
        return sa.func.sum(sa.case((col(RollUp.state).in_(states), col(RollUp.messages)), else_=0))

    state = MessageState
    return (
        sa.select(
            col(RollUp.campaign_id),
            (sa.func.sum(col(RollUp.messages)) - of(state.QUEUED)).label("done"),
            of(state.DELIVERED).label("delivered"),
            of(state.UNCERTAIN).label("uncertain"),
            of(state.DELIVERED, state.UNDELIVERED, state.EXPIRED).label("settled"),
        )
        .group_by(col(RollUp.campaign_id))
        .subquery()
    )


def _conditions(wanted: CampaignFilter) -> Sequence[sa.ColumnElement[bool]]:
    where: list[sa.ColumnElement[bool]] = []
    if wanted.states:
        where.append(col(Campaign.state).in_(wanted.states))
    if wanted.authors:
        where.append(col(Campaign.created_by).in_(wanted.authors))
    if not wanted.tests:
        where.append(col(Campaign.is_test).is_(False))
    where.append(col(Campaign.archived_at).is_not(None) if wanted.archived else col(Campaign.archived_at).is_(None))
    if words := printable(wanted.search):
        where.append(text_search.contains(col(Campaign.name), words))
    for tag in wanted.tags:
        tagged = sa.select(col(CampaignTag.campaign_id)).where(col(CampaignTag.tag) == tag)
        where.append(col(Campaign.id).in_(tagged))
    return where
