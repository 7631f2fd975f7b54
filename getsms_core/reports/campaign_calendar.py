"""Which campaigns were sent, or will be, on which local days."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

import sqlalchemy as sa
from sqlmodel import col

from getsms_core.base.states import CampaignState
from getsms_core.db.engine import Store
from getsms_core.db.models import Campaign

MOST = 2_000
"""Campaigns of one period that are returned; two months of 30 a day."""


@dataclass(frozen=True)
class CalendarEntry:
    """A campaign on the day on which its sending began or is to begin; `at` is UTC ms, `messages` 0 before they are
    made."""

    day: date
    at: int
    campaign_id: int
    name: str
    state: CampaignState
    messages: int


def calendar(store: Store, zone: tzinfo, first: date, last: date) -> list[CalendarEntry]:
    """Return the campaigns from one local day to another, both inclusive, by their instant; without tests and without
    campaigns that have no time yet. At most `MOST`."""
    begins = sa.func.coalesce(col(Campaign.started_at), col(Campaign.scheduled_at))
    query = (
        sa.select(begins, col(Campaign.id), col(Campaign.name), col(Campaign.state), col(Campaign.messages))
        .where(
            begins >= _midnight(first, zone),
            begins < _midnight(last + timedelta(days=1), zone),
            col(Campaign.is_test).is_(False),
            col(Campaign.state) != CampaignState.DRAFT,
        )
        .order_by(begins, col(Campaign.id))
        .limit(MOST)
    )
    with store.reading() as session:
        rows = session.execute(query).all()
    return [
        CalendarEntry(datetime.fromtimestamp(at / 1000, UTC).astimezone(zone).date(), int(at), *entry_fields)
        for at, *entry_fields in rows
    ]


def week_of(day: date) -> tuple[date, date]:
    """Return the Monday and the Sunday of a day's week."""
    monday = day - timedelta(days=day.weekday())
    return monday, monday + timedelta(days=6)


def month_of(day: date) -> tuple[date, date]:
    """Return the Monday and the Sunday of the weeks that a day's month touches."""
    first = day.replace(day=1)
    next_month = (first + timedelta(days=31)).replace(day=1)
    return week_of(first)[0], week_of(next_month - timedelta(days=1))[1]


def _midnight(day: date, zone: tzinfo) -> int:
    return int(datetime.combine(day, time(), zone).timestamp() * 1000)
