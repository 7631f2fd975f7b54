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
from pages.ui.shared import analytics_targets as targets
from pages.ui.shared import arrival_chart, chart_display, charts, choices, cost_charts, week_chart
from pages.ui.shared.remembered_filters import note, remember_one
from pages.ui.shared.session import _, settings, store
from pages.ui.shared.widgets import Figure, count_words, duration, locale, metric_row, money, number

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
    remember_one("grain", grains, Grain.DAY)
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
    figure = charts.rate_over_time(frame, chart_display.theme(), str(grain))
    figure.update_layout(hovermode="closest")  # a click selects the one mark that it shows
    behind, rows = targets.of_times(frame, grain)
    targets.show(figure, frame, f"rate-by-{grain}", behind, rows)
    words = _("Messages are counted when they were sent. A hollow point is not final yet.")
    st.caption(f"{words} {charts.band()}")


def campaigns(question: Filter) -> None:
    """Compare campaigns."""
    frame = reports.by_campaign(store(), question, settings().zone)
    if not frame[["sent", "uncertain"]].any(axis=None):
        show_no_messages()
        return
    names = frame["name"].tolist()
    rows = targets.of_filter(names, "campaign", frame["campaign"].tolist())
    in_flight = not (question.since or question.until or question.ranges)
    title = _("Delivery rate by campaign, best on top")
    rates(frame, names, title, "by-campaign", rows, in_flight=in_flight)


def rates(
    frame: pd.DataFrame, names: Sequence[str], title: str, name: str, rows: Sequence[targets.Row], **options: bool
) -> None:
    """Show the rates as points that open the messages of `rows`, and name what is not drawn; `options` as
    `targets.cells`."""
    figure = charts.rates(frame, chart_display.theme(), names, title)
    targets.show(figure, frame, name, targets.settled(frame, rows), rows, **options)
    drawable_count = int(frame["rate"].notna().sum())
    notes = [_("Sorted by the low end of the interval, so that a few lucky messages do not come first."),
            charts.band()]  # fmt: skip
    if drawable_count > charts.MOST_BARS:
        notes.append(_("The chart shows the {n} with most messages; the table has all {all}.").format(
            n=number(charts.MOST_BARS), all=number(len(frame))))  # fmt: skip
    if silent := len(frame) - drawable_count:
        notes.append(
            count_words(
                "{n} without a final status appears only in the table.",
                "{n} without a final status appear only in the table.",
                silent,
            )
        )
    st.caption(" ".join(notes))


def ranges_and_senders(question: Filter) -> None:
    """Number ranges and sender names."""
    by_range = reports.by_range(store(), question, settings().zone)
    if by_range.empty:
        show_no_messages()
        return
    names = [reports.range_in_words(name) for name in by_range["range"]]
    title = _("Delivery rate by number range, best on top")
    rates(by_range, names, title, "by-range", targets.of_filter(names, "range", by_range["range"].tolist()))
    st.caption(_("People keep their number when they change operator, so a range does not identify the operator."))
    by_sender = reports.by_sender(store(), question, settings().zone)
    names = [name or _("Short number") for name in by_sender["sender"]]
    title = _("Delivery rate by sender name, best on top")
    rates(by_sender, names, title, "by-sender", targets.of_filter(names, "sender", by_sender["sender"].tolist()))
    by_template = reports.by_template(store(), question, settings().zone)
    if by_template["template"].any():
        names = [name or _("A text of its own") for name in by_template["template"]]
        title = _("Delivery rate by template, best on top")
        rows = targets.of_parts(names, "template", by_template["template"].tolist())
        rates(by_template, names, title, "by-template", rows)


def hours(question: Filter) -> None:
    """Weekday and hour of sending."""
    frame = reports.by_hour_and_weekday(store(), question, settings().zone)
    if frame.empty:
        show_no_messages()
        return
    names = get_day_names("wide", locale=locale())
    weekdays = [str(names[day]).capitalize() for day in range(7)]
    figure = week_chart.hours_and_weekdays(frame, chart_display.theme(), weekdays)
    shown = frame.assign(weekday=[weekdays[day] for day in frame["weekday"]])
    rows = targets.of_cells_of_week(frame, weekdays)
    targets.show(figure, shown, "by-hour-and-weekday", targets.settled(frame, rows), rows)
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
    behind, rows = targets.of_arrival(delays.distribution)
    targets.show(figure, delays.distribution, "time-to-delivery", behind, rows)
    by_range = reports.arrivals_by_range(store(), question, settings().zone)
    figure = arrival_chart.arrivals_by_range(by_range, chart_display.theme())
    rows = targets.of_arrival_by_range(by_range)
    behind = [row.target("", round(share * n)) for row, share, n in zip(rows, by_range["arrived"], by_range["n"],
                                                                       strict=True)]  # fmt: skip
    targets.show(figure, by_range, "time-to-delivery-by-range", behind, rows)
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
    rows = targets.of_filter(frame["name"].tolist(), "campaign", frame["campaign"].tolist())
    figure = cost_charts.cost(frame, chart_display.theme(), _("Cost by campaign, most expensive on top"))
    targets.show(figure, frame, "cost", targets.of_costs(rows), rows)
    if frame["per_delivered"].notna().any():
        title = _("Cost of one delivered message by campaign")
        figure = cost_charts.per_delivered(frame, chart_display.theme(), title)
        behind = [row.target("delivered", int(n)) for row, n in zip(rows, frame["delivered"], strict=True)]
        columns = ["name", "delivered", "sent_cost", "per_delivered"]
        targets.show(figure, frame[columns], "cost-per-delivered", behind, rows)
    if frame["expected_cost"].gt(0).any():
        title = _("Billed against predicted, for the messages whose receipts name parts")
        figure = cost_charts.billed_against_predicted(frame, chart_display.theme(), title)
        behind = [row.target("billed") for row in rows]
        columns = ["name", "expected_cost", "billed_cost"]
        targets.show(figure, frame[columns], "billed-against-predicted", behind, rows)
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
