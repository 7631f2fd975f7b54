"""When a draft that would reach nobody now would reach somebody: on a birthday, or once the days since the last SMS of
its recipients are over."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from getsms_core.campaigns import audience
from getsms_core.campaigns.exclusions import Exclusions
from getsms_core.contacts import selection
from getsms_core.contacts.validation import CheckedList
from getsms_core.db.engine import Store
from getsms_core.db.models import Campaign
from getsms_core.delivery import sending_day

MOST_DAYS = 365
"""How far ahead the day is looked for; the page schedules no later."""
TIME_OF_DAY = time(10)


def depends_on_day(campaign: Campaign) -> bool:
    """Return whether a later start may reach others: birthdays, or days without an SMS."""
    condition = audience.condition_of(campaign)
    has_birthday = condition is not None and selection.has_birthday(condition)
    return has_birthday or bool(Exclusions.from_stored(campaign.exclusions).days)


def first_start(store: Store, campaign: Campaign, checked: CheckedList, zone: ZoneInfo, now: int) -> int | None:
    """Return a time after today (UTC ms, at ten o'clock local time) at which a draft on a checked list would reach
    somebody; None where there is none within a year. With birthdays it is on the first such day, unless everybody of
    that day had an SMS too recently: then on the first one after the days without an SMS.

    Raises `ConditionError`: no-such-column, ambiguous-column, and as `exclusions.masks`."""
    if not depends_on_day(campaign):
        return None
    condition = audience.condition_of(campaign)
    today = sending_day.local_day(now, zone)
    quiet_days = Exclusions.from_stored(campaign.exclusions).days or 0
    for wait in sorted({1, min(quiet_days + 1, MOST_DAYS)}):
        day = today + timedelta(wait)
        if condition is not None:
            found = selection.first_day(checked, condition, day, MOST_DAYS - wait)
            if found is None:
                continue
            day = found
        at = int(datetime.combine(day, TIME_OF_DAY, zone).timestamp() * 1000)
        chosen = audience.of_checked(checked, condition, audience.day_of(store, campaign, at))
        if len(audience.exclude(store, campaign, chosen, at=at).positions):
            return at
    return None
