"""The delivery of a campaign by the hour of sending, and the time to delivery."""

from functools import partial

import streamlit as st

from getsms_core import reports
from getsms_core.base.states import Figures
from getsms_core.reports import Filter, Grain
from pages.ui.campaign.live import live_figures
from pages.ui.shared import chart_display, charts, later, live
from pages.ui.shared.records import Campaign
from pages.ui.shared.session import _, settings

SHARED_SECONDS = 5.0
"""Charts are read once for all viewers."""


def show(campaign: Campaign, figures: Figures) -> None:
    """Show the charts; they refresh while receipts arrive."""
    going = figures.waiting or figures.unsent
    campaign_id = int(campaign.id or 0)
    later.fragment(run_every=10.0 if going else None, shows=partial(live_figures, campaign_id))(_show)(campaign_id)


def _show(campaign_id: int) -> None:
    campaign_filter = Filter(campaigns=(campaign_id,), include_tests=True)
    frame = live.read(
        ("rate-by-hour", campaign_id),
        lambda store: reports.rate_over_time(store, campaign_filter, settings().zone, Grain.HOUR),
        SHARED_SECONDS,
    )
    if frame.empty:
        st.info(_("Nothing has been sent yet."), icon=":material/hourglass_empty:")
        return
    chart_display.show_shared(
        lambda theme: charts.rate_over_time(frame, theme, "hour"), frame, f"campaign-{campaign_id}-by-hour",
        SHARED_SECONDS,
    )  # fmt: skip
    delays = live.read(
        ("time-to-delivery", campaign_id),
        lambda store: reports.time_to_delivery(store, campaign_filter, settings().zone),
        SHARED_SECONDS,
    )
    if delays.messages:
        chart_display.show_shared(
            lambda theme: charts.time_to_delivery(delays.distribution, theme, delays.median, delays.p95),
            delays.distribution,
            f"campaign-{campaign_id}-time-to-delivery",
            SHARED_SECONDS,
        )
