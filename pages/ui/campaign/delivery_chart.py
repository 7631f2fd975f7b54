"""The delivery of a running or finished campaign: by state, over time, by number range, and the time to delivery. Each
mark opens the messages behind it."""

from dataclasses import dataclass
from functools import partial

import pandas as pd
import streamlit as st

from getsms_core import reports
from getsms_core.base.states import COUNTED, Figures
from getsms_core.campaigns import service as campaigns
from getsms_core.db.engine import Store
from getsms_core.reports import OUTCOME_LABELS, Delays, Filter, Timeline
from pages.ui.campaign.live import live_figures
from pages.ui.shared import analytics_targets, arrival_chart, campaign_charts, chart_display, drill_down, later, live
from pages.ui.shared.chart_display import Drawn, prepared
from pages.ui.shared.charts import Theme
from pages.ui.shared.drill_down import Target
from pages.ui.shared.records import Campaign
from pages.ui.shared.session import _, language, settings
from pages.ui.shared.table_formats import styled

SECONDS_BETWEEN, SECONDS_BEFORE_BEGIN = 5.0, 1.0
SHARED_SECONDS = 4.0
"""Charts are read once for all viewers."""


@dataclass(frozen=True)
class Delivery:
    """What the fragment shows of a campaign."""

    figures: Figures
    timeline: Timeline | None
    by_range: pd.DataFrame
    delays: Delays


def show(campaign: Campaign, figures: Figures) -> None:
    """Show the charts; they refresh while messages are sent and receipts arrive."""
    going = figures.waiting or figures.unsent
    campaign_id = int(campaign.id or 0)
    has_begun = _has_begun(live_figures(campaign_id))
    timer = SECONDS_BETWEEN if has_begun else SECONDS_BEFORE_BEGIN
    fragment = later.fragment(run_every=timer if going else None, shows=partial(live_figures, campaign_id))
    fragment(_show)(campaign_id, has_begun)


def _has_begun(figures: Figures) -> bool:
    return figures.total > figures.queued + figures.cancelled


def read(campaign_id: int, store: Store) -> Delivery:
    """Read what the fragment shows."""
    question, zone = Filter(campaigns=(campaign_id,), include_tests=True), settings().zone
    figures = campaigns.figures(store, campaign_id)
    seconds = reports.seconds_fresh(figures.sent, SHARED_SECONDS)
    is_over = not (figures.waiting or figures.unsent)  # the last reading is a new one
    key = ("timeline", campaign_id, is_over, _has_begun(figures))
    timeline = live.read(key, lambda store: reports.timeline(store, campaign_id, zone), seconds)
    return Delivery(
        figures,
        timeline,
        reports.by_range(store, question, zone),
        reports.time_to_delivery(store, question, zone),
    )


@dataclass(frozen=True)
class _Charts:
    """The charts of a `Delivery` in one theme and language; it is kept with them, so that no other gets its id."""

    delivery: Delivery
    with_targets: list[tuple[str, Drawn, list[Target]]]
    times: tuple[Drawn, list[Target | None]] | None


def _show(campaign_id: int, drawn_begun: bool) -> None:
    drill_down.follow()
    has_begun = _has_begun(live_figures(campaign_id))
    if has_begun != drawn_begun:
        st.rerun()  # with the slower timer
    # What was read before the first message was sent is not shown after it.
    delivery = live.read(("delivery", campaign_id, has_begun), partial(read, campaign_id), SHARED_SECONDS)
    if delivery.timeline is None:
        sentence = _("The first messages are being sent.") if has_begun else _("Nothing has been sent yet.")
        follows = _(
            "Here you will see the messages by state, the sending over time with the delivery rate, and the time to "
            "delivery."
        )
        st.info(f"{sentence} {follows}", icon=":material/hourglass_empty:")
    theme = chart_display.theme()
    key = ("delivery-charts", campaign_id, theme, language(), id(delivery))
    charts = live.read(key, lambda _store: _draw(delivery, theme), SHARED_SECONDS)
    for name, drawn, targets in charts.with_targets:
        drill_down.show(drawn, f"campaign-{campaign_id}-{name}", drill_down.campaign_table(campaign_id), targets)
    if len(delivery.by_range):
        _cells(campaign_id, delivery.by_range)
    if charts.times is not None:
        drawn, buckets = charts.times
        base = {**analytics_targets.EVERYTHING, **analytics_targets.TABLE, "campaign": (str(campaign_id),)}
        name = f"campaign-{campaign_id}-time-to-delivery"
        drill_down.show(drawn, name, base, buckets, page=analytics_targets.PAGE)


def _draw(delivery: Delivery, theme: Theme) -> _Charts:
    counts = delivery.figures.counts() | {"waiting": delivery.figures.waiting, COUNTED: delivery.figures.counted}
    figure, table, targets = campaign_charts.by_state(counts, theme)
    drawn = [("by-state", prepared(figure, table, shared=True), targets)]
    if delivery.timeline is not None:
        figure, targets = campaign_charts.over_time(delivery.timeline, theme)
        rates = delivery.timeline.rates
        shown = delivery.timeline.frame.drop(columns=["begin", "end"]) if rates is None else rates
        drawn.append((f"by-{delivery.timeline.step}", prepared(figure, shown, shared=True), targets))
    if len(delivery.by_range):
        figure, targets = campaign_charts.by_range(delivery.by_range, theme)
        drawn.append(("by-range", prepared(figure, delivery.by_range, shared=True), targets))
    delays, times = delivery.delays, None
    if delays.messages:
        figure = arrival_chart.time_to_delivery(delays.distribution, theme, delays.median, delays.p95)
        buckets, _rows = analytics_targets.of_arrival(delays.distribution)
        times = prepared(figure, delays.distribution, shared=True), buckets
    return _Charts(delivery, drawn, times)


def _cells(campaign_id: int, frame: pd.DataFrame) -> None:
    """Show the messages by number range and state as a table whose cells open them, by a click or by Enter."""
    states = [state for state in campaign_charts.STATES if state in frame and frame[state].any()]
    codes = frame["range"].tolist()
    names = [reports.range_in_words(code) for code in codes]
    heads = {_(OUTCOME_LABELS[state]): state for state in states}
    table = pd.DataFrame({_("Number range"): names} | {head: frame[state] for head, state in heads.items()})
    key = f"cells-{campaign_id}"

    def chosen() -> None:
        for row, head in st.session_state.get(key, {}).get("selection", {}).get("cells", []):
            if row < len(codes):
                target = Target.of("", state=heads.get(head, ""), number_range=codes[row])
                drill_down.open_target(drill_down.campaign_table(campaign_id), target)

    st.caption(_("Choose a cell to open its messages."))
    st.dataframe(
        styled(table, ()),
        hide_index=True,
        placeholder="–",
        key=key,
        on_select=chosen,
        selection_mode="single-cell",
        alt=_("Number ranges by state"),
    )
