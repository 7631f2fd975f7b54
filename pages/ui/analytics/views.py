"""The views of Analytics: each shows one report as charts with their tables."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st
from babel.dates import get_day_names

from getsms_core import reports
from getsms_core.base.i18n import N_
from getsms_core.base.states import LABELS
from getsms_core.billing.reconciliation import Billed
from getsms_core.reports import Filter, Grain
from pages.ui.shared import arrival_chart, chart_display, charts, choices, cost_charts
from pages.ui.shared.remembered_filters import note, one_of, remember
from pages.ui.shared.session import _, ngettext, settings, store
from pages.ui.shared.widgets import Figure, duration, locale, metric_row, money, number

GRAINS = {Grain.HOUR: N_("Hour"), Grain.DAY: N_("Day"), Grain.WEEK: N_("Week"), Grain.MONTH: N_("Month")}
MAX_DAYS_BY_HOUR = 31  # a chart with more hours is unreadable


def show_no_messages() -> None:
    """Show that the filter has no messages."""
    st.info(
        _("No messages match these filters. Choose a longer period or fewer filters."), icon=":material/filter_alt:"
    )


def over_time(question: Filter) -> None:
    """The rate over time, and all messages by state."""
    wide = not question.since or not question.until or (question.until - question.since).days >= MAX_DAYS_BY_HOUR
    grains = [grain for grain in GRAINS if not (wide and grain is Grain.HOUR)]
    remember("grain", lambda values: Grain(one_of(values, grains, Grain.DAY)))
    if choices.value("grain") not in grains:
        st.session_state["grain"] = Grain.DAY
    grain = choices.segmented_control(
        _("Group by"), grains, required=True, format_func=lambda code: _(GRAINS[code]), key="grain"
    )
    note("grain", [] if grain in (None, Grain.DAY) else [str(grain)])
    frame = reports.rate_over_time(store(), question, settings().zone, Grain(grain or Grain.DAY))
    if frame.empty:
        show_no_messages()
        return
    grain = grain or Grain.DAY
    chart_display.show(charts.rate_over_time(frame, chart_display.theme(), str(grain)), frame, f"rate-by-{grain}")
    words = _("Messages are counted when they were sent. A hollow point is not final yet.")
    st.caption(f"{words} {charts.band()}")


def campaigns(question: Filter) -> None:
    """Compare campaigns."""
    frame = reports.by_campaign(store(), question, settings().zone)
    if not frame[["sent", "uncertain"]].any(axis=None):
        show_no_messages()
        return
    rates(frame, frame["name"].tolist(), _("Delivery rate by campaign, best on top"), "by-campaign")


def rates(frame: pd.DataFrame, names: Sequence[str], title: str, name: str) -> None:
    """Show the rates as bars, and name what is not drawn."""
    chart_display.show(charts.rates(frame, chart_display.theme(), names, title), frame, name)
    drawable_count = int(frame["rate"].notna().sum())
    notes = [_("Sorted by the low end of the interval, so that a few lucky messages do not come first."),
            charts.band()]  # fmt: skip
    if drawable_count > charts.MOST_BARS:
        notes.append(_("The chart shows the {n} with most messages; the table has all {all}.").format(
            n=number(charts.MOST_BARS), all=number(len(frame))))  # fmt: skip
    if silent := len(frame) - drawable_count:
        sentence = ngettext("{n} without a final status appears only in the table.",
                         "{n} without a final status appear only in the table.", silent)  # fmt: skip
        notes.append(sentence.format(n=number(silent)))
    st.caption(" ".join(notes))


def ranges_and_senders(question: Filter) -> None:
    """Number ranges and sender names."""
    by_range = reports.by_range(store(), question, settings().zone)
    if by_range.empty:
        show_no_messages()
        return
    names = [reports.range_in_words(name) for name in by_range["range"]]
    title = _("Delivery rate by number range, best on top")
    rates(by_range, names, title, "by-range")
    st.caption(_("People keep their number when they change operator, so a range does not identify the operator."))
    by_sender = reports.by_sender(store(), question, settings().zone)
    names = [name or _("Short number") for name in by_sender["sender"]]
    title = _("Delivery rate by sender name, best on top")
    rates(by_sender, names, title, "by-sender")
    by_template = reports.by_template(store(), question, settings().zone)
    if by_template["template"].any():
        names = [name or _("A text of its own") for name in by_template["template"]]
        title = _("Delivery rate by template, best on top")
        rates(by_template, names, title, "by-template")


def hours(question: Filter) -> None:
    """Weekday and hour of sending."""
    frame = reports.by_hour_and_weekday(store(), question, settings().zone)
    if frame.empty:
        show_no_messages()
        return
    names = get_day_names("wide", locale=locale())
    weekdays = [str(names[day]).capitalize() for day in range(7)]
    figure = charts.hours_and_weekdays(frame, chart_display.theme(), weekdays)
    shown = frame.assign(weekday=[weekdays[day] for day in frame["weekday"]])
    chart_display.show(figure, shown, "by-hour-and-weekday")
    if charts.too_few(frame).any():
        st.caption(_("A faded cell has too few messages with a final status: its true rate may lie more than 20 points "
                     "away."))  # fmt: skip


def delivery_times(question: Filter) -> None:
    """The time to delivery."""
    delays = reports.time_to_delivery(store(), question, settings().zone)
    if not delays.messages:
        show_no_messages()
        return
    metric_row(
        [
            Figure(_("Median"), duration(delays.median)),
            Figure(_("95% within"), duration(delays.p95)),
            Figure(_("Delivered messages"), number(delays.messages)),
        ]
    )
    figure = arrival_chart.time_to_delivery(delays.distribution, chart_display.theme(), delays.median, delays.p95)
    chart_display.show(figure, delays.distribution, "time-to-delivery")
    by_range = reports.arrivals_by_range(store(), question, settings().zone)
    figure = arrival_chart.arrivals_by_range(by_range, chart_display.theme())
    chart_display.show(figure, by_range, "time-to-delivery-by-range")
    st.caption(_("The delivered messages that match these filters. Times are accurate to 9%."))


def cost(question: Filter) -> None:
    """Cost: planned, submitted, billed."""
    frame = reports.cost(store(), question, settings().zone)
    if frame.empty:
        show_no_messages()
        return
    sums = frame[["planned_cost", "sent_cost", "billed_cost"]].sum()
    delivered = int(frame["delivered"].sum())
    metric_row(
        [
            Figure(_("Planned"), money(int(sums["planned_cost"]))),
            Figure(_("Submitted"), money(int(sums["sent_cost"]))),
            Figure(_("Billed by receipts"), money(int(sums["billed_cost"])), help=_("The parts that receipts name.")),
        ]
    )
    if delivered:
        cost_per_message = money(round(sums["sent_cost"] / delivered))
        st.markdown(_("One delivered message cost **{sum}**.").format(sum=cost_per_message))
    figure = cost_charts.cost(frame, chart_display.theme(), _("Cost by campaign, most expensive on top"))
    chart_display.show(figure, frame, "cost")
    if frame["per_delivered"].notna().any():
        title = _("Cost of one delivered message by campaign")
        figure = cost_charts.per_delivered(frame, chart_display.theme(), title)
        chart_display.show(figure, frame[["name", "delivered", "sent_cost", "per_delivered"]], "cost-per-delivered")
    if frame["expected_cost"].gt(0).any():
        title = _("Billed against predicted, for the messages whose receipts name parts")
        figure = cost_charts.billed_against_predicted(frame, chart_display.theme(), title)
        chart_display.show(figure, frame[["name", "expected_cost", "billed_cost"]], "billed-against-predicted")
    notes = [remainder(question)]
    if question.since or question.until:
        notes.append(_("Only messages sent in this period; unsent messages are counted only in “All time”."))
    if len(frame) > cost_charts.MOST_COSTS:
        notes.append(_("The chart shows the {n} most expensive; the table has all {all}.").format(
            n=number(cost_charts.MOST_COSTS), all=number(len(frame))))  # fmt: skip
    st.caption(" ".join(sentence for sentence in notes if sentence))


def remainder(question: Filter) -> str:
    """Show the planned cost of messages whose receipts name parts, and of the others by state."""
    billed = Billed.of(reports.total(store(), question, settings().zone))
    if not billed.remainder:
        return ""
    unbilled_list = ", ".join(
        f"{_(LABELS[state])} {money(unbilled.cost)} ({number(unbilled.parts)} SMS)"
        for state, unbilled in billed.remainder.items()
    )
    sentence = _("Receipts name the parts of messages planned at {sum}. The rest of the planned: {rest}.")
    return sentence.format(sum=money(billed.cost), rest=unbilled_list)
