"""What will happen to a campaign, as lines of `getsms create`, `start` and the commands beside them."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from getsms_core.base.i18n import _
from getsms_core.cli.framework import somebody

if TYPE_CHECKING:
    from getsms_core.base.settings import Settings
    from getsms_core.db.engine import Store
    from getsms_core.db.models import Campaign


def of_draft(store: "Store", settings: "Settings", campaign_id: int) -> Iterator[str]:
    """Yield what happens if a draft whose messages are made is started now."""
    from getsms_core.campaigns import forecast_facts
    from getsms_core.campaigns import service as campaigns
    from getsms_core.campaigns.sending_options import SendingOptions

    campaign = campaigns.get(store, campaign_id)
    forecast = forecast_facts.of_start(
        store, somebody(), settings, campaign, SendingOptions(), campaign.messages, campaign.cost
    )
    yield _("If you start it now: {forecast}").format(forecast=forecast.for_operator().words())


def of_started(store: "Store", settings: "Settings", campaign: "Campaign") -> Iterator[str]:
    """Yield what happens to a started campaign; nothing where its reason already says it, or after its end."""
    from getsms_core.campaigns import forecast_facts
    from getsms_core.delivery.schedule import QUIET

    forecast = forecast_facts.of_campaign(store, settings, campaign.id or 0)
    if forecast is not None and campaign.code != QUIET:
        yield forecast.for_operator().words()
