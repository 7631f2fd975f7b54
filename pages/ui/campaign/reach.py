"""The reach of a follow-up campaign together with the campaigns that it follows."""

import streamlit as st

from getsms_core.campaigns import reach
from getsms_core.campaigns import service as campaigns
from getsms_core.campaigns.reach import Reach
from getsms_core.db.engine import Store
from pages.ui.shared.plain_text import plain
from pages.ui.shared.records import Campaign
from pages.ui.shared.session import _, ngettext, store
from pages.ui.shared.widgets import Figure, metric_row, number


def show(campaign: Campaign) -> None:
    """Show it; nothing for a campaign that follows no other."""
    followed = reach.followed(store(), campaign)
    if not followed:
        return
    ids = (*followed, int(campaign.id or 0))
    changes = tuple(tuple(campaigns.figures(store(), campaign_id).counts().values()) for campaign_id in ids)
    common_reach = _together(store(), str(store().engine.url), ids[-1], changes)
    if common_reach is None:
        return
    with st.container(border=True):
        st.markdown("**" + _("Together with the campaigns that it follows") + "**")
        for campaign_reach in common_reach.campaigns:
            words = ngettext(
                "{name}: {reached} of {n} recipient reached",
                "{name}: {reached} of {n} recipients reached",
                campaign_reach.recipients,
            )
            name = f"{plain(campaign_reach.name)} ({campaign_reach.campaign_id})"
            st.caption(
                words.format(name=name, reached=number(campaign_reach.reached), n=number(campaign_reach.recipients))
            )
        if common_reach.recipients is None or common_reach.reached is None or common_reach.open is None:
            st.caption(
                _("Numbers of these campaigns were erased, so that recipients cannot be counted over all of them.")
            )
            return
        metric_row(
            [
                Figure(
                    _("Recipients"),
                    number(common_reach.recipients),
                    help=_("Who has a message of any of them, each once."),
                ),
                Figure(
                    _("Reached"), number(common_reach.reached), help=_("Who has a delivered message of any of them.")
                ),
                Figure(
                    _("Still open"),
                    number(common_reach.open),
                    help=_("Not reached so far: a message is queued, waits for its receipt or is uncertain."),
                ),
            ]
        )


@st.cache_data(max_entries=64, ttl=600, show_spinner=False)
def _together(_store: Store, url: str, campaign_id: int, changes: tuple[tuple[int, ...], ...]) -> Reach | None:
    return reach.together(_store, campaigns.get(_store, campaign_id))
