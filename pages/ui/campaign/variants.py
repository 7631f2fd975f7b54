"""Campaigns of several texts: the texts with their figures, in an A/B test their comparison, and the responses."""

import streamlit as st

from getsms_core import reports
from getsms_core.base.errors import DomainError
from getsms_core.base.permissions import Permission
from getsms_core.campaigns import responses
from getsms_core.contacts import suppression
from getsms_core.reports import Experiment, VariantRow
from pages.ui.shared import repeats, uploads
from pages.ui.shared.plain_text import plain
from pages.ui.shared.records import Campaign
from pages.ui.shared.session import _, actor, ngettext, store
from pages.ui.shared.text_names import value_name
from pages.ui.shared.uploads import TYPES, how_large, numbers_in
from pages.ui.shared.widgets import money, number, percent


def show(campaign: Campaign) -> None:
    """The view; only for a campaign that has several texts."""
    campaign_id = int(campaign.id or 0)
    experiment = reports.experiment(store(), campaign_id)
    if experiment is None:
        return
    for sentence in reports.texts_in_words(experiment):
        st.markdown(f":material/science: {sentence}")
    st.dataframe([_row(row, experiment) for row in experiment.rows], hide_index=True,
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
        _responses(campaign_id)


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


def _responses(campaign_id: int) -> None:
    with (
        st.expander(_("Who responded"), icon=":material/ads_click:"),
        st.form(f"responses-{campaign_id}", border=False),
    ):
        st.caption(_("Upload the numbers of those who bought, called or clicked: the texts are then compared by that "
                     "too."))  # fmt: skip
        left, right = st.columns(2)
        left.text_area(_("Type or paste numbers, one a line or with commas"), key="responses-typed")
        right.file_uploader(_("Or a file with numbers"), TYPES, key="responses-file")
        how_large(f"getsms responses {campaign_id} FILE")
        st.checkbox(_("Replace the saved responses"), key="responses-replace")
        st.form_submit_button(
            _("Save responses"),
            key="responses-go",
            type="primary",
            on_click=_save_responses,
            args=(campaign_id, repeats.turn("responses")),
        )


def _save_responses(campaign_id: int, turn: int) -> None:
    state = st.session_state
    file = uploads.uploaded("responses-file")
    replace = bool(state.get("responses-replace"))
    keeping = f"responses:{campaign_id}:{replace}:{file.file_id if file else ''}"
    typed_nothing = not str(state.get("responses-typed") or "").strip()
    if turn != repeats.turn("responses") or (file and typed_nothing and repeats.is_repeat(keeping)):
        return
    try:
        numbers = suppression.parse_text(str(state.get("responses-typed") or ""))
        if file is not None:
            numbers = numbers_in(file.name, file.getvalue())
        saved = responses.save(store(), actor(), campaign_id, numbers, replace=replace)
    except DomainError as refusal:
        state["campaign-trouble"] = refusal.message
        return
    sentence = ngettext("{n} recipient responded.", "{n} recipients responded.", saved.matched).format(
        n=number(saved.matched)
    )
    if saved.unmatched:
        sentence += " " + ngettext("{n} number is not a recipient of this campaign.",
                                "{n} numbers are not recipients of this campaign.",
                                saved.unmatched).format(n=number(saved.unmatched))  # fmt: skip
    if saved.refused:
        sentence += " " + ngettext("{n} row holds no number.", "{n} rows hold no number.", saved.refused).format(
            n=number(saved.refused)
        )
    state["campaign-said"] = sentence
    state["responses-typed"] = ""
    repeats.done(keeping)
    repeats.end_turn("responses")
