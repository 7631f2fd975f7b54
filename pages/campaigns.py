"""Campaigns: the list, or with `?id=7` one campaign, live."""

import streamlit as st

from getsms_core.base.errors import DomainError
from getsms_core.base.i18n import N_
from getsms_core.base.kinds import ExcludedReason
from getsms_core.base.permissions import Permission
from getsms_core.base.states import CampaignState, Figures, Preparation
from getsms_core.campaigns import audience, excluded
from getsms_core.campaigns import service as campaigns
from getsms_core.campaigns.texts import texts_of
from getsms_core.contacts import lists
from pages.ui.campaign import (
    approval,
    billed,
    campaign_list,
    delivery_chart,
    files,
    live,
    messages,
    people_list,
    reach,
    reasons,
    responses,
    uncertain,
    variants,
)
from pages.ui.jobs import job_cards
from pages.ui.shared import outcomes, state_legend, url_state
from pages.ui.shared.plain_text import plain
from pages.ui.shared.records import Campaign
from pages.ui.shared.session import _, actor, require, store
from pages.ui.shared.text_names import text_names
from pages.ui.shared.widgets import campaign_markdown, count_words, day, expander, moment, number
from pages.ui.text_editor import empty_texts

VIEWS = {
    "delivery": N_("Delivery"),
    "messages": N_("Messages"),
    "variants": N_("A/B"),
    "responses": N_("Responses"),
    "uncertain": N_("Uncertain"),
    "log": N_("Submissions"),
    "files": N_("Files"),
}

NOT_YET = {
    "delivery": N_(
        "The messages are being prepared. Here you will see them by state, the sending over time with the delivery "
        "rate, and the time to delivery."
    ),
    "messages": N_("The messages are being prepared. Here you will see each with its number, state, reason and cost."),
    "variants": N_("The messages are being prepared. Here you will see how each text is delivered and responded to."),
    "uncertain": N_(
        "Nothing is uncertain. If the answer to a submission is lost, its messages appear here, and a user decides "
        "whether they count as sent."
    ),
    "log": N_(
        "Nothing has been submitted yet. Here you will see each submission to the gateway with its time and answer."
    ),
}
"""What each section shows before there is anything in it."""


def main() -> None:
    """One run of the page."""
    require(Permission.READ)
    if (draft_id := st.session_state.pop("campaign-copied", None)) is not None:
        st.switch_page("new_campaign.py", query_params={"campaign": str(draft_id), "step": "text"})
    id_text = st.query_params.get("id", "")
    if not id_text:
        campaign_list.show()
        return
    st.button(
        _("All campaigns"),
        key="campaigns-back",
        icon=":material/arrow_back:",
        type="tertiary",
        on_click=campaign_list.close_campaign,
    )
    try:
        campaign = campaigns.get(store(), int(id_text) if id_text.isdecimal() and len(id_text) < 10 else 0)
    except DomainError as refusal:
        st.title(_("Campaigns"), anchor=False)
        st.error(plain(refusal.message), icon=":material/block:")
        return
    _campaign_page(campaign)


def _campaign_page(campaign: Campaign) -> None:
    st.title(plain(campaign.name), anchor=False)
    test = f" :gray-badge[{_('Test')}]" if campaign.is_test else ""
    is_preparing = campaign.prepared != Preparation.READY
    st.markdown(f"{campaign_markdown(campaign.state, is_preparing=is_preparing)}{test} {_facts(campaign)}")
    state_legend.of_campaign(CampaignState(campaign.state), is_preparing=is_preparing)
    outcomes.show("campaign")
    if campaign.erased_at is not None:
        erased_note = _("The texts and numbers of its messages were erased on {day}. Its figures stay.")
        st.info(erased_note.format(day=day(campaign.erased_at)), icon=":material/auto_delete:")
    approval.show(campaign)
    live.show_controls(campaign)
    live.show_live(campaign)
    job_cards.show_of_subject(f"campaign:{campaign.id}", shown_code=campaign.code)
    figures = campaigns.figures(store(), int(campaign.id or 0))
    _condition(campaign)
    empty_texts.of_campaign(campaign)
    _text(campaign)
    if campaign.prepared == Preparation.READY or campaign.state != CampaignState.DRAFT:
        _views(campaign, figures)


def _facts(campaign: Campaign) -> str:
    facts = []
    if campaign.list_id:
        facts.append(_("to the list “{list}”").format(list=plain(lists.get(store(), campaign.list_id).name)))
    facts.append(_("from {sender}").format(sender=plain(campaign.sender) or _("a short number")))
    facts.append(
        _("created by {name}, {when}").format(name=plain(campaign.created_by), when=moment(campaign.created_at))
    )
    if campaign.approved_at:
        facts.append(_("approved by {name}").format(name=plain(campaign.approved_by)))
    if campaign.started_at:
        facts.append(_("started {when}").format(when=moment(campaign.started_at)))
    if campaign.finished_at:
        facts.append(_("ended {when}").format(when=moment(campaign.finished_at)))
    return " · ".join(facts)


def _condition(campaign: Campaign) -> None:
    """Show which recipients of the list are selected or excluded, if not all."""
    condition = audience.condition_words(store(), actor(), campaign)
    if not condition:
        return
    sentence = _("Only recipients for whom this holds: {condition}.").format(condition=condition[:1000])
    if left_out := excluded.campaign_counts(store(), int(campaign.id or 0))[ExcludedReason.WHERE]:
        words = count_words(
            "{n} recipient of the list is not chosen by the condition.",
            "{n} recipients of the list are not chosen by the condition.",
            left_out,
        )
        sentence += " " + words
    st.caption(f":material/filter_alt: {plain(sentence)}")


def _text(campaign: Campaign) -> None:
    if campaign.text:
        with expander(_("The text"), f"campaign-text-{campaign.id}", ":material/sms:"):
            for name, text in zip(text_names(campaign), texts_of(campaign), strict=True):
                if campaign.variants:
                    st.markdown(f"**{plain(name)}**")
                st.text(text)


def _views(campaign: Campaign, figures: Figures) -> None:
    campaign_id = int(campaign.id or 0)
    labels = {code: _(label) for code, label in VIEWS.items()}
    if figures.uncertain:
        labels["uncertain"] += f" · {number(figures.uncertain)}"
    if not campaign.variants:
        del labels["variants"]
    elif campaign.text_column:
        labels["variants"] = _("By text")
    view = url_state.section(labels)
    if campaign.prepared != Preparation.READY and view != "files":
        st.info(_(NOT_YET[view]), icon=":material/hourglass_empty:")
    elif view == "messages":
        people_list.show(campaign_id)
        messages.show_messages(campaign_id)
    elif view == "uncertain" and not figures.uncertain:
        st.info(_(NOT_YET[view]), icon=":material/hourglass_empty:")
    elif view == "uncertain":
        uncertain.show(campaign, figures.uncertain)
    elif view == "variants":
        variants.show(campaign)
    elif view == "responses":
        responses.show(campaign)
    elif view == "log":
        messages.show_chunk_log(campaign_id)
    elif view == "files":
        files.show(campaign)
    else:
        reach.show(campaign)
        delivery_chart.show(campaign, figures)
        reasons.show(campaign_id, figures)
        billed.show(campaign_id, figures)


main()
