"""On a campaign's page: why its messages did not arrive."""

from functools import partial
from typing import NamedTuple

import streamlit as st

from getsms_core import reports
from getsms_core.base.states import Figures
from getsms_core.db.engine import Store
from pages.ui.campaign.delivery_chart import SECONDS_BETWEEN
from pages.ui.campaign.live import live_figures
from pages.ui.shared import chart_display, drill_down, later, live, reason_charts
from pages.ui.shared.chart_display import Drawn
from pages.ui.shared.charts import Theme
from pages.ui.shared.drill_down import Target
from pages.ui.shared.session import _, language, settings
from pages.ui.shared.widgets import count_words, number

SHARED_SECONDS = 4.0


class _Chart(NamedTuple):
    """The bars of the reasons, and the messages behind each bar."""

    drawn: Drawn
    targets: list[Target]


def show(campaign_id: int, figures: Figures) -> None:
    """Show the reasons as bars that open their messages, with their table; nothing where every message arrived or still
    may. They refresh while messages are sent and receipts arrive."""
    seconds = SECONDS_BETWEEN if figures.waiting or figures.unsent else None
    later.fragment(run_every=seconds, shows=partial(live_figures, campaign_id))(_show)(campaign_id)


def _show(campaign_id: int) -> None:
    drill_down.follow()
    theme = chart_display.theme()
    key = ("reasons", campaign_id, theme, language())
    chart = live.read(key, lambda store: _draw(store, campaign_id, theme), SHARED_SECONDS)
    if chart is None:
        return
    frame = chart.drawn.frame
    rows = list(zip(frame["state"], frame["code"], frame["range"], strict=True))

    def cell(row: int, _column: str) -> Target:
        state, code, number_range = rows[row]
        return Target.of("", state=state, reason=code, number_range=number_range)

    name = f"campaign-{campaign_id}-reasons"
    drill_down.show(chart.drawn, name, drill_down.campaign_table(campaign_id), chart.targets, cell)
    st.caption(_("In the section Messages you can choose a reason, and make a list of the recipients."))


def _draw(store: Store, campaign_id: int, theme: Theme) -> _Chart | None:
    lost = reports.reasons_of_campaign(store, campaign_id)
    if not lost:
        return None
    total = sum(reason.messages for reason in lost)
    figure = reason_charts.bars(
        [reason.words for reason in lost],
        [reason.messages for reason in lost],
        theme,
        count_words("Why {n} message did not arrive", "Why {n} messages did not arrive", total),
    )
    question = reports.Filter(campaigns=(campaign_id,), include_tests=True)
    frame = reports.reasons(store, question, settings().zone)
    targets = [Target.of(f"{reason.words}: {number(reason.messages)}", reason=reason.code) for reason in lost]
    return _Chart(chart_display.prepared(figure, frame, shared=True), targets)
