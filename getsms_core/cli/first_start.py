"""Drafts whose condition on a birthday chooses nobody today and somebody on a later day."""

from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from getsms_core.base.settings import Settings
    from getsms_core.campaigns.audience import Audience
    from getsms_core.db.engine import Store


def first_start_of(store: "Store", settings: "Settings", campaign_id: int, chosen: "Audience") -> int | None:
    """Return the time (UTC ms) from which on a draft whose condition chooses nobody today would reach somebody; None
    where it chooses somebody today, or nobody within a year."""
    if len(chosen.positions):
        return None
    from getsms_core.campaigns import possible_start
    from getsms_core.campaigns import service as campaigns
    from getsms_core.contacts import lists
    from getsms_core.db.engine import now_ms

    campaign = campaigns.get(store, campaign_id)
    with store.reading() as session:
        now = now_ms(session)
    checked = lists.checked(store, campaign.list_id or 0)
    return possible_start.first_start(store, campaign, checked, settings.zone, now)


def first_start_document(settings: "Settings", first_start: int | None) -> dict[str, str]:
    """What scripts read of `first_start_of`."""
    if first_start is None:
        return {}
    return {"first_start": datetime.fromtimestamp(first_start / 1000, settings.zone).isoformat()}
