"""More texts in one campaign: each with its share of the recipients, written and counted as the first one is."""

from collections.abc import Mapping, Sequence
from dataclasses import replace as changed

import streamlit as st

from getsms_core.base.errors import DomainError
from getsms_core.campaigns import service as campaigns
from getsms_core.campaigns.draft_costs import variants_of
from getsms_core.messages import merge_fields, template_text, variants
from getsms_core.messages.variants import LETTERS, MAX_TEXTS, Variant
from pages.ui.shared import amount_fields, wizard_draft
from pages.ui.shared.phone_preview import compared
from pages.ui.shared.plain_text import plain
from pages.ui.shared.records import Campaign
from pages.ui.shared.session import _, store
from pages.ui.shared.widgets import money, number
from pages.ui.text_editor import remarks, values
from pages.ui.text_editor.counter import current_text, editor, replace, typed
from pages.ui.wizard.cost import figures


def show(campaign: Campaign, columns: Sequence[str], sample: Mapping[str, str], sample_row: int) -> bool:
    """The texts after the first; returns whether the campaign can be sent as far as they go."""
    campaign_id = int(campaign.id or 0)
    later_texts = variants_of(campaign)
    if campaign.template_id is not None and not later_texts:
        return True
    ready = True
    for i, variant in enumerate(later_texts):
        with st.container(border=True, key=f"variant-{i + 1}"):
            ready &= _variant_editor(campaign, i, variant, columns, sample, sample_row)
    if len(later_texts) + 1 < MAX_TEXTS:
        st.button(
            _("Try a second text on a part of the list (A/B)") if not later_texts else _("One more text"),
            key="variant-add",
            icon=":material/science:",
            type="tertiary",
            on_click=_add,
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
    unsaved = st.session_state.get(f"{key}-unsaved")
    text = variant.text if unsaved is None else str(unsaved)
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
        st.button(_("Remove"), key=f"{key}-remove", icon=":material/close:", type="tertiary", on_click=_remove,
                  args=(campaign_id, i))  # fmt: skip
    editor(text, key=key, columns=columns, sample=sample, sample_row=sample_row,
           costs=values.costs(campaign, text, i + 1), on_text=lambda: _typed(campaign_id, i))  # fmt: skip
    if not text.strip():
        return False
    try:
        merge_fields.parse(text)
        estimate = wizard_draft.estimate(campaign, text, variant=i + 1)
    except DomainError as refusal:
        st.error(plain(refusal.message), icon=":material/data_object:")
        return False
    if changes := template_text.template_changes(text):
        st.html(compared(text, changes, {}))
    with st.container(horizontal=True, vertical_alignment="center"):
        sentence = _("{people} recipients, {parts} SMS, {sum}")
        st.markdown(
            sentence.format(people=number(estimate.messages), parts=number(estimate.parts), sum=money(estimate.cost))
        )
        saved = estimate.saved_in_text
        if changes:
            label = _("Fix the text: save {sum}").format(sum=money(saved)) if saved > 0 else _("Fix the text")
            st.button(label, key=f"{key}-mend", icon=":material/auto_fix_high:", on_click=_replace_characters,
                      args=(campaign_id, i, text))  # fmt: skip
    remarks.empty_fields(campaign, estimate)
    remarks.show(campaign, text)
    return text == variant.text and share == variant.share


def _key(campaign_id: int, i: int) -> str:
    return f"draft-text-{campaign_id}-{LETTERS[i + 1]}"


def _save(campaign_id: int, later_texts: Sequence[Variant]) -> bool:
    return wizard_draft.save(campaign_id, variants=tuple(later_texts))


def _saved_variants(campaign_id: int) -> list[Variant]:
    return list(variants_of(campaigns.get(store(), campaign_id)))


def _add(campaign_id: int) -> None:
    later_texts = _saved_variants(campaign_id)
    shares = variants.equal_shares(len(later_texts) + 2)
    texts = [*(variant.text for variant in later_texts), campaigns.get(store(), campaign_id).text]
    _forget_widgets(campaign_id)
    _save(campaign_id, [Variant(text, share) for text, share in zip(texts, shares[1:], strict=True)])


def _remove(campaign_id: int, i: int) -> None:
    later_texts = _saved_variants(campaign_id)
    del later_texts[i]
    shares = variants.equal_shares(len(later_texts) + 1)
    _forget_widgets(campaign_id)
    _save(campaign_id, [changed(variant, share=share) for variant, share in zip(later_texts, shares[1:], strict=True)])
    for j, variant in enumerate(later_texts):  # their editors have moved up
        replace(_key(campaign_id, j), variant.text)


def _forget_widgets(campaign_id: int) -> None:
    for j in range(MAX_TEXTS - 1):
        for suffix in ("share", "unsaved"):
            st.session_state.pop(f"{_key(campaign_id, j)}-{suffix}", None)


def _share(campaign_id: int, i: int, largest_share: int) -> None:
    later_texts = _saved_variants(campaign_id)
    try:
        share = amount_fields.bounded(f"{_key(campaign_id, i)}-share", 1, largest_share)
    except DomainError:
        return  # the sentence is below the field, and the step does not go on
    later_texts[i] = changed(later_texts[i], share=share)
    _save(campaign_id, later_texts)


def _typed(campaign_id: int, i: int) -> None:
    text = typed(_key(campaign_id, i))
    if text is not None:
        _save_text(campaign_id, i, text)


def _replace_characters(campaign_id: int, i: int, shown: str) -> None:
    try:
        text = template_text.replace_in_template(current_text(_key(campaign_id, i), shown))
    except DomainError:
        return  # it was typed on into something malformed, which the page names now
    replace(_key(campaign_id, i), text)
    _save_text(campaign_id, i, text)


def _save_text(campaign_id: int, i: int, text: str) -> None:
    """Save a text; one that cannot be saved yet stays in the editor."""
    key, later_texts = f"{_key(campaign_id, i)}-unsaved", _saved_variants(campaign_id)
    if i >= len(later_texts):
        return
    st.session_state[key] = text
    try:
        merge_fields.parse(text)
    except DomainError:
        return
    cleaned = merge_fields.clean_text(text)
    later_texts[i] = changed(later_texts[i], text=cleaned)
    if _save(campaign_id, later_texts):
        st.session_state.pop(key, None)
        if cleaned != text:  # the editor must show what was saved
            replace(_key(campaign_id, i), cleaned)
