"""The local day on which a campaign begins to be sent: birthdays are counted from it.

Messages may be made days before they are sent. As long as no chunk was ever claimed they are made again for another
day, so that a campaign for those who have their birthday today never reaches those of yesterday."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy import bindparam as given
from sqlmodel import Session, col

from getsms_core.accounts import policy
from getsms_core.base import settings
from getsms_core.base.codes import NO_BIRTHDAY
from getsms_core.base.states import CampaignState, Preparation
from getsms_core.db.models import Campaign, table

_ANY_DAY = ("", NO_BIRTHDAY.isoformat())
"""The `condition_day` of a campaign whose recipients no birthday decides."""
# Built once: it is asked several times a second.
_OF_ANOTHER_DAY = (
    sa.select(table(Campaign).c.id)
    .where(
        col(Campaign.account_id) == given("account_id"),
        col(Campaign.state) == CampaignState.RUNNING,
        col(Campaign.prepared) == Preparation.READY,
        col(Campaign.condition_day).not_in(_ANY_DAY),
        col(Campaign.condition_day) != given("today"),
    )
    .order_by(col(Campaign.id))
)


def of(session: Session, campaign: Campaign, instant: int, zone: ZoneInfo | None = None) -> date:
    """Return the day on which a campaign begins to be sent that may begin at an instant (UTC ms): within quiet hours
    the day of their end. `zone` is that of the settings where it is not given."""
    zone = zone or settings.load().zone
    rules = policy.get(session, campaign.account_id).of_kind(campaign.category)
    quiet_until = None if campaign.is_test else rules.quiet_until(zone, instant)
    return local_day(quiet_until or instant, zone)


def local_day(instant: int, zone: ZoneInfo) -> date:
    """Return the day of an instant (UTC ms)."""
    return datetime.fromtimestamp(instant / 1000, zone).date()


def is_outdated(session: Session, campaign: Campaign, instant: int) -> bool:
    """Return whether the messages were made for another day than that on which they are sent from an instant (UTC ms)
    on; never where no birthday decides who gets one."""
    day = campaign.condition_day
    return day not in _ANY_DAY and day != of(session, campaign, instant).isoformat()


def running_of_another_day(session: Session, account_id: int, zone: ZoneInfo, now: int) -> list[int]:
    """Return the running campaigns of an account whose messages were made for another day than today."""
    today = local_day(now, zone).isoformat()
    return [int(campaign_id) for campaign_id in session.scalars(_OF_ANOTHER_DAY, {"account_id": account_id,
                                                                                 "today": today})]  # fmt: skip
