"""The view Losses: from uploaded rows to delivered messages, and why messages did not arrive."""

from datetime import timedelta

import pandas as pd
import streamlit as st

from getsms_core import phone, reports
from getsms_core.base.errors import DomainError
from getsms_core.base.i18n import N_
from getsms_core.base.permissions import Permission
from getsms_core.base.states import Figures
from getsms_core.campaigns import follow_up
from getsms_core.reports import Filter, Grain, Slice
from pages.ui.analytics.views import show_no_messages
from pages.ui.shared import analytics_targets as targets
from pages.ui.shared import chart_display, charts, choices, outcomes, reason_charts, repeats
from pages.ui.shared.session import _, actor, ngettext, settings, store
from pages.ui.shared.widgets import count_words, number, percent

STAGES = {
    "uploaded": N_("Rows uploaded"),
    "accepted": N_("Accepted"),
    "handed-over": N_("Submitted"),
    "delivered": N_("Delivered"),
}
SHORT_PERIOD = timedelta(days=2)
"""Reasons of at most so many days are drawn by hour."""


def show(question: Filter) -> None:
    """Show the funnel from uploaded rows to delivered messages, and why messages did not arrive."""
    funnel = reports.funnel(store(), question, settings().zone)
    if funnel.empty:
        show_no_messages()
        return
    figures = reports.total(store(), question, settings().zone).figures
    names = [_(STAGES[stage]) for stage in funnel["stage"]]
    title = funnel_title(funnel, figures)
    figure = charts.bars(names, funnel["rows"].tolist(), chart_display.theme(), title, _("Rows"))
    targets.show(figure, funnel.assign(stage=names), "funnel", *targets.of_stages(funnel, names))
    if funnel["stage"].iloc[0] != "uploaded":
        st.caption(_("The messages that match these filters. File rows that did not become messages have no "
                     "day or number range: they are shown only for “All time” and all number ranges."))  # fmt: skip
    _reasons(question, figures)


def funnel_title(funnel: pd.DataFrame, figures: Figures) -> str:
    """Return the sentence over the funnel. While messages are not sent, wait or are uncertain, the share delivered is
    not the result yet: the sentence says so and gives the bounds."""
    rows, delivered = int(funnel["rows"].iloc[0]), int(funnel["rows"].iloc[-1])
    has_uploaded = funnel["stage"].iloc[0] == "uploaded"
    if undecided := figures.unsent + figures.waiting + figures.uncertain:
        words = (
            ngettext(
                "So far {low} of the uploaded rows were delivered; {n} message is still undecided, so that it can "
                "become {high}",
                "So far {low} of the uploaded rows were delivered; {n} messages are still undecided, so that it can "
                "become {high}",
                undecided,
            )
            if has_uploaded
            else ngettext(
                "So far {low} of the messages were delivered; {n} message is still undecided, so that it can become "
                "{high}",
                "So far {low} of the messages were delivered; {n} messages are still undecided, so that it can become "
                "{high}",
                undecided,
            )
        )
        high = percent((delivered + undecided) / rows)
        return words.format(low=percent(delivered / rows), n=number(undecided), high=high)
    title = _("{share} of the uploaded rows were delivered") if has_uploaded else _(
        "{share} of the messages were delivered"
    )  # fmt: skip
    return title.format(share=percent(delivered / rows))


def _reasons(question: Filter, figures: Figures) -> None:
    """Show the reasons in all, by number range and over time, and make a list of the recipients of one."""
    reasons = reports.reasons(store(), question, settings().zone)
    if figures.uncertain:
        st.caption(
            count_words(
                "{n} uncertain message may have arrived and is not among the reasons.",
                "{n} uncertain messages may have arrived and are not among the reasons.",
                figures.uncertain,
            )
        )
    if reasons.empty:
        return
    by_code = reasons.groupby(["code", "reason"], sort=False)["messages"].sum().sort_values(ascending=False)
    title = ngettext("Why {n} message did not arrive", "Why {n} messages did not arrive", int(by_code.sum()))
    labels = [str(reason) for _code, reason in by_code.index]
    title = title.format(n=number(int(by_code.sum())))
    figure = reason_charts.bars(labels, by_code.tolist(), chart_display.theme(), title)
    codes = [str(code) for code, _reason in by_code.index]
    behind = [targets.Row(text, Slice(reasons=(code,))).target("", int(n)) for text, code, n in
              zip(labels, codes, by_code, strict=True)]  # fmt: skip
    targets.show(figure, reasons, "reasons", behind, targets.of_reasons(reasons))
    short = question.since and question.until and question.until - question.since < SHORT_PERIOD
    grain = Grain.HOUR if short else Grain.DAY
    over_time = reports.reasons_over_time(store(), question, settings().zone, grain)
    if not over_time.empty:
        figure, marks = reason_charts.over_time(over_time, chart_display.theme(), grain)
        rows = targets.of_reasons_over_time(over_time, grain)
        targets.show(figure, over_time, "reasons-over-time", targets.of_reason_marks(marks, grain), rows)
        st.caption(_("By the time of sending. Messages that were not sent have none and are not drawn."))
    figure, marks = reason_charts.by_range(reasons, chart_display.theme())
    targets.show(figure, reasons, "reasons-by-range", targets.of_reason_marks(marks), targets.of_reasons(reasons))
    _people(question, {str(code): str(reason) for code, reason in by_code.index})


def _people(question: Filter, words_by_code: dict[str, str]) -> None:
    """Offer a list of the recipients whose message did not arrive for a reason."""
    if not actor().may(Permission.LISTS):
        return
    if outcomes.show("reason-list"):
        st.page_link("lists.py", label=_("Lists and opt-outs"))
    with st.popover(_("Make a list of these people"), icon=":material/group_add:"):
        choices.selectbox(
            _("Whose message did not arrive because"), list(words_by_code), key="reason-list-code",
            format_func=lambda code: words_by_code.get(code, code),
        )  # fmt: skip
        st.text_input(_("Name of the new list"), key="reason-list-name", max_chars=200)
        st.button(_("Make the list"), key="reason-list-go", type="primary", on_click=_make, args=(question,))


def _make(question: Filter) -> None:
    code = choices.value("reason-list-code")
    first, end = question.hours(settings().zone)
    hour = 3_600_000
    choice = follow_up.Choice(
        reason=str(code or ""),
        ranges=tuple(i for i, name in enumerate(phone.RANGES) if name in question.ranges),
        sent=None if first is None and end is None else ((first or 0) * hour, (end or 1 << 40) * hour),
    )
    campaign_ids = reports.campaigns_with_reason(store(), question, settings().zone, str(code or ""))
    try:
        name = str(st.session_state.get("reason-list-name") or "")
        click = repeats.click_key(f"reason-list:{hash((tuple(campaign_ids), choice, name))}")
        new_list = follow_up.make_list(store(), actor(), campaign_ids, choice, name, request_key=click)
        st.session_state["reason-list-success"] = count_words(
            "A list of {n} recipient is made.", "A list of {n} recipients is made.", new_list.accepted
        )
    except DomainError as refusal:
        st.session_state["reason-list-error"] = refusal.message
