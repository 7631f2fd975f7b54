"""Campaigns of several texts: the texts with their figures, in an A/B test their comparison, and the responses."""

import streamlit as st

from getsms_core import reports
from getsms_core.base.permissions import Permission
from getsms_core.reports import Experiment, VariantRow
from pages.ui.campaign import response_upload
from pages.ui.shared.plain_text import plain
from pages.ui.shared.records import Campaign
from pages.ui.shared.session import _, actor, store
from pages.ui.shared.text_names import value_name
from pages.ui.shared.widgets import money, number, percent


def show(campaign: Campaign) -> None:
    """The view; only for a campaign that has several texts."""
    campaign_id = int(campaign.id or 0)
    experiment = reports.experiment(store(), campaign_id)
    if experiment is None:
        return
    response_upload.show_result(campaign_id)
    for sentence in reports.texts_in_words(experiment):
        st.markdown(f":material/science: {sentence}")
    st.dataframe([_row(row, experiment) for row in experiment.rows], hide_index=True, placeholder="–",
                 alt=_("The texts side by side"))  # fmt: skip
    if experiment.column:
        sentence = _("The column {column} decided who got which text. The texts are not compared: recipients of "
                     "different values differ by more than the text.")  # fmt: skip
        st.caption(plain(sentence.format(column=experiment.column)))
    else:
        st.caption(_("Texts were assigned at random when the messages were created. The interval is a 95% "
                     "confidence interval; while messages wait for receipts, it runs from “all of them fail” to "
                     "“all of them arrive”."))  # fmt: skip
    for row in experiment.rows:
        with st.expander(plain(_name(row)), icon=":material/sms:"):
            st.text(row.text)
    if actor().may(Permission.CAMPAIGN):
        response_upload.show_form(campaign)


def _name(row: VariantRow) -> str:
    return _("Text {letter}").format(letter=row.letter) if row.letter else value_name(row.value)


def _row(row: VariantRow, experiment: Experiment) -> dict[str, str]:
    figures = row.figures
    interval = "" if row.low is None or row.high is None else f"{percent(row.low)} – {percent(row.high)}"
    shown = {
        _("Text"): row.letter or row.value or _("Fallback text"),
        **({} if experiment.column else {_("Share"): f"{row.share} %"}),
        _("Sent"): number(figures.sent),
        _("Delivered"): number(figures.delivered),
        _("Delivery rate"): percent(figures.rate),
        _("Interval"): interval,
        _("Waiting"): number(figures.waiting),
        _("SMS"): number(row.parts),
        _("Cost"): money(row.cost),
    }
    if experiment.has_responses:
        shown |= {
            _("Responses"): number(row.responses_delivered),
            _("Response rate"): percent(row.response_rate),
            _("Responses without delivery"): number(row.responses_not_delivered),
        }
    return shown
