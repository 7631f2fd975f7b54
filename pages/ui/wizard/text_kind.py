"""One text for everybody, an A/B test, or a text per value of a column: the choice, and the further texts below it."""

from collections.abc import Callable

import streamlit as st

from pages.ui.shared import choices, wizard_draft
from pages.ui.shared.records import Campaign
from pages.ui.shared.session import _
from pages.ui.wizard import texts_by_column, variants
from pages.ui.wizard.further_text import kind_key, saved_variants

Sample = tuple[list[str], dict[str, str], int]


def show(campaign: Campaign, sample_of: Callable[[int], Sample], first_text_ready: bool) -> bool:
    """The choice and the further texts; returns whether the campaign can be sent as far as they go. `sample_of` returns
    the columns, values and row of the recipient at a position."""
    if campaign.template_id is not None and not campaign.variants:
        return True
    labels = {"one": _("Same text for everybody"), "ab": _("A/B test"), "column": _("Text by column")}
    campaign_id = int(campaign.id or 0)
    kind = choices.segmented_control(
        _("Who gets which text"),
        list(labels),
        default=_kind_of(campaign),
        format_func=lambda code: labels[code],
        key=kind_key(campaign_id),
        required=True,
        wrap=True,
        help=_(
            "A/B test: random parts of the list get different texts, and the campaign's page says whether one was "
            "delivered or answered better. Text by column: the value of a column, such as the language, decides which "
            "text a recipient gets."
        ),
        on_change=_choose,
        args=(campaign_id,),
    )
    if kind == "column":
        return texts_by_column.show(campaign, sample_of, first_text_ready)
    if kind == "ab" and first_text_ready:
        return variants.show(campaign, *sample_of(0))
    return True


def _kind_of(campaign: Campaign) -> str:
    return "column" if campaign.text_column else "ab" if campaign.variants else "one"


def _choose(campaign_id: int) -> None:
    """Save the chosen kind. What it replaces is remembered, so that a click on the earlier kind brings it back."""
    kind = choices.value(kind_key(campaign_id))
    campaign = wizard_draft.current_draft()
    if campaign is None or campaign.id != campaign_id:
        return
    remembered = st.session_state.setdefault(f"texts-before-{campaign_id}", {})
    if campaign.variants:
        remembered[_kind_of(campaign)] = (campaign.text_column, tuple(saved_variants(campaign_id)))
    column, texts = remembered.get(kind, ("", ())) if kind != "one" else ("", ())
    if wizard_draft.save(campaign_id, text_column=column, variants=texts) and kind == "ab" and not texts:
        variants.add(campaign_id)
