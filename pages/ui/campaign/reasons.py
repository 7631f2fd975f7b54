"""On a campaign's page: why its messages did not arrive."""

import streamlit as st

from getsms_core import reports
from getsms_core.db.engine import Store
from pages.ui.shared import chart_display, live, reason_charts
from pages.ui.shared.chart_display import Drawn
from pages.ui.shared.charts import Theme
from pages.ui.shared.session import _, language, ngettext, settings
from pages.ui.shared.widgets import number

SHARED_SECONDS = 4.0


def show(campaign_id: int) -> None:
    """Show the reasons as bars with their table; nothing where every message arrived or still may."""
    theme = chart_display.theme()
    key = ("reasons", campaign_id, theme, language())
    drawn = live.read(key, lambda store: _draw(store, campaign_id, theme), SHARED_SECONDS)
    if drawn is None:
        return
    chart_display.show_drawn(drawn, f"campaign-{campaign_id}-reasons")
    st.caption(_("In the section Messages you can choose a reason, and make a list of the recipients."))


def _draw(store: Store, campaign_id: int, theme: Theme) -> Drawn | None:
    lost = reports.reasons_of_campaign(store, campaign_id)
    if not lost:
        return None
    total = sum(reason.messages for reason in lost)
    title = ngettext("Why {n} message did not arrive", "Why {n} messages did not arrive", total)
    figure = reason_charts.bars(
        [reason.words for reason in lost],
        [reason.messages for reason in lost],
        theme,
        title.format(n=number(total)),
    )
    question = reports.Filter(campaigns=(campaign_id,), include_tests=True)
    return chart_display.prepared(figure, reports.reasons(store, question, settings().zone), shared=True)
