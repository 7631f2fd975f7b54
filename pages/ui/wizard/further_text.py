"""The editor of one text after the first: counted, checked and priced over its recipients as the first one is."""

from collections.abc import Mapping, Sequence
from dataclasses import replace as changed

import streamlit as st

from getsms_core.base.errors import DomainError
from getsms_core.campaigns import service as campaigns
from getsms_core.campaigns.draft_costs import variants_of
from getsms_core.messages import merge_fields, template_text
from getsms_core.messages.variants import Variant
from pages.ui.shared import draft_tabs, wizard_draft
from pages.ui.shared.phone_preview import compared
from pages.ui.shared.plain_text import plain
from pages.ui.shared.records import Campaign
from pages.ui.shared.session import _, store
from pages.ui.shared.widgets import money, number
from pages.ui.text_editor import remarks, values
from pages.ui.text_editor.counter import current_text, editor, replace, typed
from pages.ui.wizard.cost import costs_more


def show(
    campaign: Campaign, i: int, key: str, columns: Sequence[str], sample: Mapping[str, str], sample_row: int
) -> bool:
    """The editor of the further text `i` (from 0), with its cost and remarks; returns whether what it shows is saved
    and can be sent."""
    campaign_id, variant = int(campaign.id or 0), variants_of(campaign)[i]
    unsaved = draft_tabs.unsaved_text(campaign_id, key, variant.text)
    text = variant.text if unsaved is None else str(unsaved)
    editor(text, key=key, columns=columns, sample=sample, sample_row=sample_row,
           costs=values.costs(campaign, text, i + 1),
           on_text=lambda: _typed(campaign_id, i, variant.value, key))  # fmt: skip
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
        if changes and saved >= 0:
            label = _("Fix the text: save {sum}").format(sum=money(saved)) if saved > 0 else _("Fix the text")
            st.button(label, key=f"{key}-mend", icon=":material/auto_fix_high:", on_click=_replace_characters,
                      args=(campaign_id, i, variant.value, key, text))  # fmt: skip
    if changes and saved < 0:
        st.caption(costs_more(-saved))
    remarks.empty_fields(campaign, estimate)
    remarks.show(campaign, text)
    return text == variant.text


def kind_key(campaign_id: int) -> str:
    """The key of the choice between one text, an A/B test and texts by column."""
    return f"text-kind-{campaign_id}"


def show_kind(campaign_id: int, kind: str) -> None:
    """Let that choice show another kind; in a callback."""
    st.session_state[kind_key(campaign_id)] = kind


def save(campaign_id: int, later_texts: Sequence[Variant]) -> bool:
    """Save the further texts of a draft."""
    return wizard_draft.save(campaign_id, variants=tuple(later_texts))


def saved_variants(campaign_id: int) -> list[Variant]:
    """The further texts of a draft as they are saved now."""
    return list(variants_of(campaigns.get(store(), campaign_id)))


def _typed(campaign_id: int, i: int, value: str | None, key: str) -> None:
    text = typed(key)
    if text is not None:
        _save_text(campaign_id, i, value, key, text)


def _replace_characters(campaign_id: int, i: int, value: str | None, key: str, shown: str) -> None:
    try:
        text = template_text.replace_in_template(current_text(key, shown))
    except DomainError:
        return  # it was typed on into something malformed, which the page names now
    replace(key, text)
    _save_text(campaign_id, i, value, key, text)


def _save_text(campaign_id: int, i: int, value: str | None, key: str, text: str) -> None:
    """Save a text; one that cannot be saved yet stays in the editor."""
    later_texts = saved_variants(campaign_id)
    if i >= len(later_texts) or later_texts[i].value != value:  # it was removed meanwhile
        return
    try:
        merge_fields.parse(text)
    except DomainError:
        draft_tabs.keep_text(campaign_id, key, text, later_texts[i].text)
        return
    cleaned = merge_fields.clean_text(text)
    over, later_texts[i] = later_texts[i].text, changed(later_texts[i], text=cleaned)
    if save(campaign_id, later_texts):
        draft_tabs.forget_text(campaign_id, key)
        if cleaned != text:  # the editor must show what was saved
            replace(key, cleaned)
    else:
        draft_tabs.keep_text(campaign_id, key, text, over)
