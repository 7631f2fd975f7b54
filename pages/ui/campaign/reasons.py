"""On a campaign's page: why its messages did not arrive."""

import streamlit as st

from getsms_core import reports
from pages.ui.shared import chart_display, reason_charts
from pages.ui.shared.session import _, ngettext, settings, store
from pages.ui.shared.widgets import number


def show(campaign_id: int) -> None:
    """Show the reasons as bars with their table; nothing where every message arrived or still may."""
    lost = reports.reasons_of_campaign(store(), campaign_id)
    if not lost:
        return
    total = sum(reason.messages for reason in lost)
    title = ngettext("Why {n} message did not arrive", "Why {n} messages did not arrive", total)
    figure = reason_charts.bars(
        [reason.words for reason in lost],
        [reason.messages for reason in lost],
        chart_display.theme(),
        title.format(n=number(total)),
    )
    question = reports.Filter(campaigns=(campaign_id,), include_tests=True)
    frame = reports.reasons(store(), question, settings().zone)
    chart_display.show(figure, frame, f"campaign-{campaign_id}-reasons")
    st.caption(_("In the section Messages you can choose a reason, and make a list of the recipients."))
