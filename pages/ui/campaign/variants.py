"""Campaigns of several texts: the texts with their figures, in an A/B test their comparison, and the responses."""

import streamlit as st

from getsms_core import reports
from getsms_core.base.permissions import Permission
from getsms_core.reports import Experiment, VariantRow
from pages.ui.campaign import response_upload
from pages.ui.shared.plain_text import plain
from pages.ui.shared.records import Campaign
from pages.ui.shared.session import _, actor, store
from pages.ui.shared.table_formats import MONEY, SHARE, WHOLE_SHARE, of_rows
from pages.ui.shared.text_names import value_name
from pages.ui.shared.widgets import expander


def show(campaign: Campaign) -> None:
    """The view; only for a campaign that has several texts."""
    campaign_id = int(campaign.id or 0)
    experiment = reports.experiment(store(), campaign_id)
    if experiment is None:
        return
    response_upload.show_result(campaign_id)
    for sentence in reports.texts_in_words(experiment):
        st.markdown(f":material/science: {sentence}")
    shares = (_("Delivery rate"), _("Rate, at least"), _("Rate, at most"), _("Response rate"))
    rows = [_row(row, experiment) for row in experiment.rows]
    table = of_rows(rows, dict.fromkeys(shares, SHARE) | {_("Share"): WHOLE_SHARE, _("Cost"): MONEY})
    st.dataframe(table, hide_index=True, placeholder="–", alt=_("The texts side by side"))
    if experiment.column:
        sentence = _("The column {column} decided who got which text. The texts are not compared: recipients of "
                     "different values differ by more than the text.")  # fmt: skip
        st.caption(plain(sentence.format(column=experiment.column)))
    else:
        st.caption(_("Texts were assigned at random when the messages were created. The interval is a 95% "
                     "confidence interval; while messages wait for receipts, it runs from “all of them fail” to "
                     "“all of them arrive”."))  # fmt: skip
    for position, row in enumerate(experiment.rows):
        with expander(plain(_name(row)), f"variant-text-{position}", ":material/sms:"):
            st.text(row.text)
    if actor().may(Permission.CAMPAIGN):
        response_upload.show_form(campaign)


def _name(row: VariantRow) -> str:
    return _("Text {letter}").format(letter=row.letter) if row.letter else value_name(row.value)


def _row(row: VariantRow, experiment: Experiment) -> dict[str, object]:
    figures = row.figures
    shown: dict[str, object] = {
        _("Text"): row.letter or row.value or _("Fallback text"),
        **({} if experiment.column else {_("Share"): row.share / 100}),
        _("Sent"): figures.sent,
        _("Delivered"): figures.delivered,
        _("Delivery rate"): figures.rate,
        _("Rate, at least"): row.low,
        _("Rate, at most"): row.high,
        _("Waiting"): figures.waiting,
        _("SMS"): row.parts,
        _("Cost"): row.cost,
    }
    if experiment.has_responses:
        shown |= {
            _("Responses"): row.responses_delivered,
            _("Response rate"): row.response_rate,
            _("Responses without delivery"): row.responses_not_delivered,
        }
    return shown
