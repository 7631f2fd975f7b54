"""More texts in one campaign: each with its share of the recipients, written and counted as the first one is."""

from collections.abc import Mapping, Sequence
from dataclasses import replace as changed

import streamlit as st

from getsms_core.base.errors import DomainError
from getsms_core.campaigns import service as campaigns
from getsms_core.campaigns.draft_costs import variants_of
from getsms_core.messages import variants
from getsms_core.messages.variants import LETTERS, MAX_TEXTS, Variant
from pages.ui.shared import amount_fields, ask_first, draft_tabs, repeats, wizard_draft
from pages.ui.shared.plain_text import plain
from pages.ui.shared.records import Campaign
from pages.ui.shared.session import _, store
from pages.ui.text_editor.counter import replace
from pages.ui.wizard import further_text
from pages.ui.wizard.cost import figures
from pages.ui.wizard.further_text import save, saved_variants


def show(campaign: Campaign, columns: Sequence[str], sample: Mapping[str, str], sample_row: int) -> bool:
    """The texts after the first; returns whether the campaign can be sent as far as they go."""
    campaign_id = int(campaign.id or 0)
    later_texts = variants_of(campaign)
    ready = True
    for i, variant in enumerate(later_texts):
        with st.container(border=True, key=f"variant-{i + 1}"):
            ready &= _variant_editor(campaign, i, variant, columns, sample, sample_row)
    if len(later_texts) + 1 < MAX_TEXTS:
        st.button(
            _("One more text"),
            key="variant-add",
            icon=":material/science:",
            type="tertiary",
            on_click=add,
            args=(campaign_id,),
        )
    if not later_texts:
        return True
    try:
        variants.check(campaign.text, later_texts)
    except DomainError as refusal:
        st.warning(plain(refusal.message), icon=":material/science:")
        return False
    if ready:
        st.markdown("**" + _("All texts together") + "**")
        figures(wizard_draft.total_estimate(campaign))
    return ready


def _variant_editor(
    campaign: Campaign, i: int, variant: Variant, columns: Sequence[str], sample: Mapping[str, str], sample_row: int
) -> bool:
    campaign_id, letter, key = int(campaign.id or 0), LETTERS[i + 1], _key(int(campaign.id or 0), i)
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom"):
        st.markdown("**" + _("Text {letter}").format(letter=letter) + "**")
        largest_share = 99 - sum(other.share for j, other in enumerate(variants_of(campaign)) if j != i)
        share = amount_fields.bounded_field(
            st.container(width=200),
            _("Percent of the recipients"),
            variant.share,
            low=1,
            high=max(1, largest_share),
            key=f"{key}-share",
            on_change=_share,
            args=(campaign_id, i, max(1, largest_share)),
        )
        turn = repeats.turn(_removals(campaign_id))
        what_happens = _("Text {letter} is deleted. The others get equal shares of the recipients.")
        ask_first.button(
            _("Remove"),
            what_happens.format(letter=letter),
            _("Remove the text"),
            key=f"{key}-remove-{turn}" if turn else f"{key}-remove",  # a double click reaches no other text's button
            on_click=_remove,
            args=(campaign_id, i, variant.text, turn),
            icon=":material/close:",
            type="tertiary",
        )
    saved = further_text.show(campaign, i, key, columns, sample, sample_row)
    return saved and share == variant.share


def _key(campaign_id: int, i: int) -> str:
    return f"draft-text-{campaign_id}-{LETTERS[i + 1]}"


def add(campaign_id: int) -> None:
    """Add a text with an equal share, at first that of text A; a callback."""
    later_texts = saved_variants(campaign_id)
    shares = variants.equal_shares(len(later_texts) + 2)
    texts = [*(variant.text for variant in later_texts), campaigns.get(store(), campaign_id).text]
    _forget_widgets(campaign_id)
    save(campaign_id, [Variant(text, share) for text, share in zip(texts, shares[1:], strict=True)])


def _remove(campaign_id: int, i: int, shown: str, turn: int) -> None:
    later_texts = saved_variants(campaign_id)
    if turn != repeats.turn(_removals(campaign_id)):  # the repeat of a click, which may show a text with the same words
        return
    if i >= len(later_texts) or later_texts[i].text != shown:  # it was removed in another tab
        return
    repeats.end_turn(_removals(campaign_id))
    del later_texts[i]
    if not later_texts:
        further_text.show_kind(campaign_id, "one")
    shares = variants.equal_shares(len(later_texts) + 1)
    _forget_widgets(campaign_id)
    save(campaign_id, [changed(variant, share=share) for variant, share in zip(later_texts, shares[1:], strict=True)])
    for j, variant in enumerate(later_texts):  # their editors have moved up
        replace(_key(campaign_id, j), variant.text)


def _removals(campaign_id: int) -> str:
    return f"remove-text-{campaign_id}"


def _forget_widgets(campaign_id: int) -> None:
    for j in range(MAX_TEXTS - 1):
        st.session_state.pop(f"{_key(campaign_id, j)}-share", None)
        draft_tabs.forget_text(campaign_id, _key(campaign_id, j))


def _share(campaign_id: int, i: int, largest_share: int) -> None:
    later_texts = saved_variants(campaign_id)
    try:
        share = amount_fields.bounded(f"{_key(campaign_id, i)}-share", 1, largest_share)
    except DomainError:
        return  # the sentence is below the field, and the step does not go on
    if i >= len(later_texts):  # it was removed in another tab
        return
    later_texts[i] = changed(later_texts[i], share=share)
    save(campaign_id, later_texts)
