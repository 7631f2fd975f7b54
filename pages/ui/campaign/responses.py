"""The responses to a campaign: what they brought and cost, by text and by column, and what the messages added."""

from collections.abc import Sequence

import streamlit as st

from getsms_core import reports
from getsms_core.base.errors import DomainError
from getsms_core.base.formatting import tenths
from getsms_core.base.permissions import Permission
from getsms_core.contacts import list_columns, lists
from getsms_core.contacts.facts import ListFacts
from getsms_core.reports import ResponseFigures
from pages.ui.campaign import response_upload
from pages.ui.shared import choices, url_state
from pages.ui.shared.plain_text import plain
from pages.ui.shared.records import Campaign
from pages.ui.shared.session import _, actor, store
from pages.ui.shared.table_formats import MONEY, MULTIPLE, SHARE, Kind, heading_unlike, of_rows
from pages.ui.shared.widgets import Figure, metric_row, money, number, percent

MOST_ROWS = 200
"""Values of a column that are shown; the rare ones are added up."""
BOUND = Kind(lambda tiyin: round(tiyin / 100), lambda som: money(round(som) * 100))
"""A bound of an interval of money, in whole so'm: it is not known to the tiyin."""


def show(campaign: Campaign) -> None:
    """Show the section."""
    campaign_id = int(campaign.id or 0)
    response_upload.show_result(campaign_id)
    figures = reports.response_figures(store(), campaign_id)
    held_out = reports.control_figures(store(), campaign_id)
    if reports.has_responses(store(), campaign_id):
        _figures(figures)
        for sentence in reports.responses_in_words(figures):
            st.markdown(f":material/ads_click: {plain(sentence)}")
    else:
        st.info(_("Upload who bought, called or clicked: this section then shows the rate of responses, what they "
                  "brought and what one cost."), icon=":material/ads_click:")  # fmt: skip
    if held_out is not None:
        for sentence in reports.control_in_words(held_out):
            st.markdown(f":material/science: {plain(sentence)}")
        st.caption(
            _(
                "The lift is the share that responded with a message minus that of the control group. With 95% "
                "confidence the true value lies in its interval; an interval with 0 in it proves no effect."
            )
        )
    if figures.responses:
        _by_text(campaign)
        _by_column(campaign)
    if actor().may(Permission.CAMPAIGN):
        response_upload.show_form(campaign)


def _figures(figures: ResponseFigures) -> None:
    low, high = figures.rate_bounds
    metric_row(
        [
            Figure(_("Responses"), number(figures.responses), help=_("Recipients who responded.")),
            Figure(
                _("Response rate"),
                percent(figures.rate),
                help=_("Responses to delivered messages, of these: {interval}.").format(interval=_interval(low, high)),
            ),
            Figure(_("Revenue"), money(figures.amount)),
            Figure(
                _("Cost of a response"),
                "–" if figures.cost_per_response is None else money(round(figures.cost_per_response)),
                help=_("The cost of all sent messages for each response."),
            ),
            Figure(
                _("Return on cost"),
                "–" if figures.returned is None or not figures.amount else f"{tenths(figures.returned)}×",
                help=_("Revenue for each so'm of cost."),
            ),
        ]
    )


def _interval(low: float | None, high: float | None) -> str:
    return "–" if low is None or high is None else f"{percent(low)} – {percent(high)}"


def _by_text(campaign: Campaign) -> None:
    by_text = reports.responses_by_text(store(), int(campaign.id or 0))
    if not by_text:
        return
    st.subheader(_("By text"), anchor=False)
    rows = [(name or _("Fallback text"), figures) for name, figures in by_text.items()]
    _table(campaign.text_column or _("Text"), rows)


def _by_column(campaign: Campaign) -> None:
    if campaign.list_id is None:
        return
    recipient_list = lists.get(store(), campaign.list_id)
    sees_personal = actor().may(Permission.SEE_PHONES)
    columns = [
        name
        for name in list_columns.names(ListFacts.from_stored(recipient_list.facts))
        if sees_personal or not list_columns.is_personal(recipient_list, name)
    ]
    if not columns:
        return
    st.subheader(_("By column of the list"), anchor=False)
    column = url_state.choice(
        choices.selectbox,
        _("Column"),
        ["", *columns],
        "responses-by",
        lambda name: name or _("Choose a column"),
        width=300,
    )
    if not column:
        return
    try:
        figures = reports.responses_by_column(store(), actor(), int(campaign.id or 0), column)
    except DomainError as refusal:
        st.error(plain(refusal.message), icon=":material/block:")
        return
    by_value = [(value or _("(empty)"), figures_of_value) for value, figures_of_value in figures.items()]
    shown, rare = by_value[:MOST_ROWS], by_value[MOST_ROWS:]
    if rare:
        words = _("{n} other values").format(n=number(len(rare)))
        shown.append((words, sum((of_rare for _value, of_rare in rare), ResponseFigures())))
    _table(column, shown)
    st.caption(_("The rate counts responses to delivered messages. Intervals are 95% confidence intervals: values "
                 "whose intervals overlap may not differ."))  # fmt: skip


def _table(what: str, rows: Sequence[tuple[str, ResponseFigures]]) -> None:
    """Show the figures of the named rows; two rows may have one name."""
    kinds = {
        _("Response rate"): SHARE,
        _("Response rate, at least"): SHARE,
        _("Response rate, at most"): SHARE,
        **dict.fromkeys((_("Revenue"), _("Cost"), _("Cost of a response")), MONEY),
        **dict.fromkeys((_("Cost of a response, at least"), _("Cost of a response, at most")), BOUND),
        **dict.fromkeys((_("Revenue, at least"), _("Revenue, at most")), BOUND),
        _("Return on cost"): MULTIPLE,
    }
    shown = [_cells(figures) for _name, figures in rows]
    heading = heading_unlike(what, shown[0] if shown else ())
    table = [{heading: name} | cells for (name, _figures), cells in zip(rows, shown, strict=True)]
    st.dataframe(
        of_rows(table, kinds), hide_index=True, placeholder="–", alt=_("Responses by {what}").format(what=what)
    )


def _cells(figures: ResponseFigures) -> dict[str, object]:
    (low, high), (least_cost, most_cost) = figures.rate_bounds, figures.cost_bounds
    least_revenue, most_revenue = figures.amount_bounds
    return {
        _("Sent"): figures.sent,
        _("Delivered"): figures.delivered,
        _("Responses"): figures.responses,
        _("Response rate"): figures.rate,
        _("Response rate, at least"): low,
        _("Response rate, at most"): high,
        _("Revenue"): figures.amount,
        _("Cost"): figures.cost,
        _("Return on cost"): figures.returned if figures.amount else None,
        _("Cost of a response"): figures.cost_per_response,
        _("Cost of a response, at least"): least_cost,
        _("Cost of a response, at most"): most_cost,
        _("Revenue, at least"): least_revenue,
        _("Revenue, at most"): most_revenue,
    }
