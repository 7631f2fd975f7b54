"""The last campaigns: a table in which a row opens its campaign."""

from functools import partial

import streamlit as st

from getsms_core.reports import listings
from pages.ui.shared import live
from pages.ui.shared.plain_text import plain
from pages.ui.shared.session import _
from pages.ui.shared.table_formats import MOMENT, MONEY, SHARE, of_rows
from pages.ui.shared.widgets import chosen_row, state_label

MOST = 6
SHARED_SECONDS = 2.0


def show() -> None:
    """Show the newest campaigns that are neither drafts nor in the archive, with a button that leads to all."""
    last = partial(listings.campaigns, drafts=False, archived=False, limit=MOST)
    rows = live.read("last-campaigns", last, SHARED_SECONDS)
    if not rows:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.header(_("Last campaigns"), anchor=False, width="stretch")
        if st.button(_("All campaigns"), key="overview-all", type="tertiary", icon=":material/campaign:"):
            st.switch_page("campaigns.py")
    table = [
        {
            _("Campaign"): campaign.name,
            _("State"): state_label(campaign.state),
            _("Started"): campaign.started_at or campaign.scheduled_at or campaign.created_at,
            _("Sent"): figures.sent,
            _("Delivery rate"): figures.rate,
            _("Cost"): campaign.cost,
        }
        for campaign, figures in rows
    ]
    kinds = {_("Started"): MOMENT, _("Delivery rate"): SHARE, _("Cost"): MONEY}
    chosen = chosen_row(of_rows(table, kinds), rows, key="overview-last", alt=_("Last campaigns"))
    if chosen is not None:
        campaign, _figures = chosen
        if st.button(_("Open “{name}”").format(name=plain(campaign.name)), key="overview-last-open", type="primary"):
            st.switch_page("campaigns.py", query_params={"id": str(campaign.id)})
    else:
        st.caption(_("Choose a row to open its campaign."))
