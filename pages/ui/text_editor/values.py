"""Details of the text step: the most expensive rows, and merged values before and after replacement."""

from contextlib import suppress

import streamlit as st

from getsms_core.base.errors import DomainError
from getsms_core.db.engine import Store
from getsms_core.messages import gsm7_replacements, lint, merge_fields, variants
from getsms_core.messages.estimate import Estimate
from getsms_core.messages.gsm7_replacements import replace_in_text
from pages.ui.shared import wizard_draft
from pages.ui.shared.plain_text import plain
from pages.ui.shared.records import Campaign
from pages.ui.shared.session import _, store
from pages.ui.shared.text_names import encoding_name
from pages.ui.shared.widgets import expander, money, number
from pages.ui.shared.wizard_draft import AudienceKey

SHOWN = 5
COSTS_SHOWN = 12


def costs(campaign: Campaign, text: str, variant: int = 0) -> dict[str, str]:
    """Return what each expensive character costs over the rows that get the text; empty if it cannot be sent."""
    try:
        extras = wizard_draft.estimate(campaign, text, variant=variant).extras
    except DomainError:
        return {}
    return {extra.character: money(extra.cost) for extra in extras[:COSTS_SHOWN] if extra.cost}


def show_most_expensive(campaign: Campaign, estimate: Estimate) -> None:
    """The rows that cost most, with what each is made of."""
    with expander(_("Most expensive rows"), f"dearest-{campaign.id}"):
        rows = []
        for position in estimate.dearest:
            message = wizard_draft.preview_message(campaign, position)
            rows.append(
                {
                    _("Row"): number(message.row),
                    _("Text"): plain(_shortened(message.text)),
                    _("Encoding"): encoding_name(message.size.encoding),
                    _("SMS"): number(message.size.parts),
                    _("costs"): money(message.cost),
                }
            )
        st.table(rows, hide_index=True, border="horizontal")


def warn_mixed_alphabets(campaign: Campaign) -> None:
    """The merged values that mix Latin and Cyrillic letters, where there are any: in how many rows, and the first."""
    count, first = _mixed_values(store(), str(store().engine.url), wizard_draft.audience_key(campaign), _used(campaign))
    if count:
        st.warning(lint.mixed_sentence(count, first, _readable), icon=":material/abc:")


def _readable(value: object) -> str:
    return number(value) if isinstance(value, int) else plain(str(value))


@st.cache_data(max_entries=16, ttl=3600, show_spinner=False)
def _mixed_values(
    _store: Store, url: str, key: AudienceKey, used: tuple[str, ...]
) -> tuple[int, list[tuple[int, str]]]:
    return lint.mixed_values(wizard_draft.audience_of(key).recipients, used)


def _used(campaign: Campaign) -> tuple[str, ...]:
    """The columns that the texts of the campaign merge; a text that cannot be read yet has none."""
    used: set[str] = set()
    for text in variants.all_texts(campaign.text, campaign.variants):
        with suppress(DomainError):
            used |= set(merge_fields.parse(text).columns(wizard_draft.columns(int(campaign.list_id or 0))))
    return tuple(sorted(used))


def show_replaced_values(campaign: Campaign) -> None:
    """Some merged values as they are and as mending would write them; nothing where it changes none."""
    changes = _replaced_values(store(), str(store().engine.url), wizard_draft.audience_key(campaign), _used(campaign))
    if not changes:
        return
    with expander(_("Values before and after the fix"), f"values-mended-{campaign.id}"):
        st.table(
            [
                {_("Row"): number(row), _("Column"): plain(name), _("now"): plain(before), _("becomes"): plain(after)}
                for row, name, before, after in changes
            ],
            hide_index=True,
            border="horizontal",
        )


@st.cache_data(max_entries=16, ttl=3600, show_spinner=False)
def _replaced_values(
    _store: Store, url: str, key: AudienceKey, used: tuple[str, ...]
) -> list[tuple[int, str, str, str]]:
    """The first few rows of each column whose value mending would change: row, column, before, after."""
    recipients, changes = wizard_draft.audience_of(key).recipients, []
    for name in wizard_draft.columns(key.list_id):
        if name in used:
            column = merge_fields.clean_column(recipients[name])
            for position in gsm7_replacements.changed_rows(column, SHOWN):
                before = column[position].as_py()
                changes.append(
                    (recipients["row"][position].as_py(), name, before, merge_fields.clean(replace_in_text(before)))
                )
    return changes


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) < 80 else line[:79] + "…"
