"""Analytics: delivery by any filter. The filters are in the address, so that a view can be shared."""

import time

import streamlit as st

from getsms_core import reports
from getsms_core.base.i18n import N_
from getsms_core.base.permissions import Permission
from getsms_core.reports import Filter
from pages.ui.analytics import breakdowns, comparison, filters, losses, messages, views
from pages.ui.shared import analytics_targets as targets
from pages.ui.shared import choices, drill_down, later, share_link
from pages.ui.shared.remembered_filters import note, remember_one
from pages.ui.shared.session import _, require, settings, store
from pages.ui.shared.widgets import Figure, metric_row, number, percent

VIEWS = {
    "time": (N_("Over time"), views.over_time),
    "campaigns": (N_("Campaigns"), views.campaigns),
    "ranges": (N_("Numbers, senders, templates"), views.ranges_and_senders),
    "by": (N_("Breakdowns"), breakdowns.show),
    "hours": (N_("Hours"), views.hours),
    "arrival": (N_("Speed"), views.delivery_times),
    "funnel": (N_("Losses"), losses.show),
    "cost": (N_("Cost"), views.cost),
    "compare": (N_("Compare"), comparison.show),
    "messages": (N_("Messages"), messages.show),
}


def main() -> None:
    """One run of the page."""
    require(Permission.READ)
    drill_down.follow()
    st.title(_("Analytics"), anchor=False)
    question = filters.filter_bar(time.time_ns() // 1_000_000)
    figures_of(question)
    sections(question)


@later.fragment()
def sections(question: Filter) -> None:
    """Show the section that is chosen. It is a fragment: another section would otherwise draw the frame of the page,
    its filters and totals again, half of the browser's CPU."""
    drill_down.follow()
    links = st.container(horizontal=True)
    remember_one("view", VIEWS, "time")
    view = choices.segmented_control(
        _("Section"), list(VIEWS), required=True, format_func=lambda code: _(VIEWS[code][0]), key="view",
        label_visibility="collapsed",
    )  # fmt: skip
    note("view", [] if view in (None, "time") else [view])
    if view != "messages":
        targets.forget_slice()
    VIEWS[view or "time"][1](question)
    with links:  # the address is complete only now: the views write their filters into it
        share_link.link()
        share_link.glossary_link()


def figures_of(question: Filter) -> None:
    """Show the totals of the filter."""
    sums = reports.total(store(), question, settings().zone)
    figures = sums.figures
    metric_row(
        [
            Figure(_("Sent"), number(figures.sent)),
            Figure(_("Delivered"), number(figures.delivered)),
            Figure(
                _("Delivery rate"),
                percent(figures.rate),
                help=_("Delivered, of those with a final status: {interval}.").format(
                    interval=reports.interval_in_words(figures) or "–"
                ),
            ),
            Figure(
                _("Waiting"), number(figures.waiting), help=_("Sent, without a final status; not counted in the rate.")
            ),
            Figure(_("Uncertain"), number(figures.uncertain), help=_("The answer was lost; not counted in the rate.")),
        ]
    )


main()
