"""A text per value of a column: the column, the values that have a text of their own, and who gets the fallback."""

from collections.abc import Callable

import streamlit as st

from getsms_core.base.errors import DomainError
from getsms_core.campaigns import text_column
from getsms_core.campaigns.draft_costs import variants_of
from getsms_core.campaigns.text_column import ColumnValues
from getsms_core.contacts.conditions.keys import key as value_key
from getsms_core.messages.variants import MAX_VALUES, Variant
from pages.ui.shared import choices, draft_tabs, wizard_draft
from pages.ui.shared.plain_text import plain
from pages.ui.shared.records import Campaign
from pages.ui.shared.session import _
from pages.ui.shared.text_names import value_name
from pages.ui.shared.widgets import count_words, number
from pages.ui.text_editor.counter import replace
from pages.ui.wizard import further_text
from pages.ui.wizard.cost import figures

Sample = tuple[list[str], dict[str, str], int]


def show(campaign: Campaign, sample_of: Callable[[int], Sample], fallback_ready: bool) -> bool:
    """The column, its values and their texts; returns whether the campaign can be sent as far as they go."""
    campaign_id = int(campaign.id or 0)
    columns = wizard_draft.columns(int(campaign.list_id or 0))
    choices.selectbox(
        _("Column that decides the text"),
        columns,
        index=columns.index(campaign.text_column) if campaign.text_column in columns else None,
        placeholder=_("Choose a column"),
        key=_column_key(campaign_id),
        on_change=_choose_column,
        args=(campaign_id,),
    )
    if not campaign.text_column:
        st.caption(_("For example a column with the language of each recipient."))
        return False
    try:
        values = wizard_draft.column_values(campaign, campaign.text_column)
    except DomainError as refusal:
        st.error(plain(refusal.message), icon=":material/view_column:")
        return False
    _choose_values(campaign, values)
    if not variants_of(campaign):
        return False
    if not fallback_ready:
        return False
    ready = _texts(campaign, values, sample_of)
    for _code, sentence in text_column.remarks(campaign.text_column, wizard_draft.coverage(campaign)):
        st.caption(f":material/info: {plain(sentence)}")
    try:
        text_column.check(campaign.text_column, campaign.text, variants_of(campaign))
    except DomainError as refusal:
        st.warning(plain(refusal.message), icon=":material/translate:")
        return False
    if ready:
        st.markdown("**" + _("All texts together") + "**")
        figures(wizard_draft.total_estimate(campaign))
    return ready


def _choose_values(campaign: Campaign, values: ColumnValues) -> None:
    campaign_id = int(campaign.id or 0)
    counts = {value.value: value.recipients for value in values.values}
    chosen = _as_spelled(campaign, values)
    options = [*counts, *(value for value in chosen if value not in counts)]
    choices.multiselect(
        _("Values with a text of their own"),
        options,
        default=chosen,
        format_func=lambda value: f"{value} · {number(counts.get(value, 0))}",
        max_selections=MAX_VALUES,
        placeholder=_("Choose values"),
        key=_values_key(campaign_id, campaign.text_column),
        on_change=_save_values,
        args=(campaign_id, campaign.text_column),
    )
    if values.count > len(values.values):
        st.caption(
            count_words(
                "The column has {n} different value; the most frequent ones are listed.",
                "The column has {n} different values; the most frequent ones are listed.",
                values.count,
            )
        )


def _as_spelled(campaign: Campaign, values: ColumnValues) -> list[str]:
    """The values with a text, written as the column does."""
    spelled = {value_key(value.value): value.value for value in values.values}
    further = [variant.value or "" for variant in variants_of(campaign)]
    return [spelled.get(value_key(value), value) for value in further]


def _texts(campaign: Campaign, values: ColumnValues, sample_of: Callable[[int], Sample]) -> bool:
    ready = True
    counts = {value_key(value.value): value.recipients for value in values.values}
    first = wizard_draft.first_positions(campaign)
    for i, variant in enumerate(variants_of(campaign)):
        with st.container(border=True, key=f"variant-{i + 1}"):
            value = variant.value or ""
            recipients = counts.get(value_key(value))
            if recipients is None:
                st.markdown(f"**{plain(value_name(value))}**")
            else:
                in_words = count_words("{n} recipient", "{n} recipients", recipients)
                st.markdown(f"**{plain(value_name(value))}** · {in_words}")
            key = text_key(int(campaign.id or 0), value)
            ready &= further_text.show(campaign, i, key, *sample_of(first.get(i + 1, 0)))
    return ready


def _column_key(campaign_id: int) -> str:
    return f"text-column-{campaign_id}"


def _values_key(campaign_id: int, column: str) -> str:
    return f"text-values-{campaign_id}-{column}"


def text_key(campaign_id: int, value: str) -> str:
    """The key of the editor of the text for a value."""
    return f"draft-text-{campaign_id}-value-{value_key(value)}"


def show_stored(campaign: Campaign) -> None:
    """Let the column and its values show what is stored; before they are drawn."""
    campaign_id = int(campaign.id or 0)
    chosen = _as_spelled(campaign, wizard_draft.column_values(campaign, campaign.text_column))
    for key, value in ((_column_key(campaign_id), campaign.text_column),
                       (_values_key(campaign_id, campaign.text_column), chosen)):  # fmt: skip
        if key in st.session_state:
            st.session_state[key] = value


def _choose_column(campaign_id: int) -> None:
    """Save another column; the texts of the values of the earlier one go with it."""
    column = choices.value(_column_key(campaign_id))
    if column is not None:
        _forget_texts(campaign_id)
        wizard_draft.save(campaign_id, text_column=column, variants=())


def _save_values(campaign_id: int, column: str) -> None:
    """Keep the texts of the values that are still chosen; a new one begins empty, and a removed text is forgotten."""
    chosen = choices.value(_values_key(campaign_id, column)) or []
    present = {value_key(variant.value or ""): variant for variant in further_text.saved_variants(campaign_id)}
    texts = [present.get(value_key(value), Variant("", value=value)) for value in chosen]
    if further_text.save(campaign_id, texts):
        for dropped_value in present.keys() - {value_key(value) for value in chosen}:
            _forget_text(campaign_id, text_key(campaign_id, dropped_value))


def _forget_texts(campaign_id: int) -> None:
    for variant in further_text.saved_variants(campaign_id):
        _forget_text(campaign_id, text_key(campaign_id, variant.value or ""))


def _forget_text(campaign_id: int, key: str) -> None:
    draft_tabs.forget_text(campaign_id, key)
    replace(key, "")
