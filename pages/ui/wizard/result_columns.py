"""In the check: what the list's columns are for in the results: key, personal columns, columns to count by."""

import streamlit as st

from getsms_core.campaigns import cuts
from getsms_core.campaigns import service as campaigns
from getsms_core.contacts import list_columns, lists
from getsms_core.contacts.facts import ListFacts
from pages.ui.contacts import column_roles
from pages.ui.shared import choices, wizard_draft
from pages.ui.shared.plain_text import plain
from pages.ui.shared.records import Campaign, RecipientList
from pages.ui.shared.session import _, store
from pages.ui.shared.widgets import expander


def show(campaign: Campaign, row: RecipientList) -> None:
    """The choices, folded away until they are needed; which columns the check made personal is said above them."""
    _show_with_phones(row)
    names = [name for name in list_columns.names(ListFacts.from_stored(row.facts)) if name not in row.personal_columns]
    if not names and not row.personal_columns:
        return
    chosen = [name for name in campaign.cuts or () if name in names]
    with expander(
        _("Columns in the results"), f"result-columns-{campaign.id}", ":material/table_chart:", expanded=bool(chosen)
    ):
        column_roles.show(row, "wizard-trouble")
        choices.multiselect(
            _("Count messages by these columns"),
            names,
            default=chosen,
            key=f"wizard-cuts-{campaign.id}-{row.id}",
            placeholder=_("none"),
            max_selections=cuts.MAX_COLUMNS,
            help=_("Delivery, cost and responses by their values are then read at once. At most {n} values a column; "
                   "any other column is counted from the messages, which takes longer.").format(n=cuts.MAX_VALUES),
            on_change=_save,
            args=(campaign.id, row.id),
        )  # fmt: skip


def _show_with_phones(row: RecipientList) -> None:
    columns = [name for name in ListFacts.from_stored(row.facts).with_phones or () if name in row.personal_columns]
    if columns:
        sentence = _(
            "Columns with phone numbers: {columns}. They are personal: hidden from users who do not see phone numbers, "
            "and erased with the numbers. You can change this in “Columns in the results”."
        )
        st.caption(plain(sentence.format(columns=", ".join(columns))))


def _save(campaign_id: int, list_id: int) -> None:
    key = f"wizard-cuts-{campaign_id}-{list_id}"
    names = tuple(str(name) for name in choices.value(key) or ())
    campaign = campaigns.get(store(), campaign_id)

    def check() -> None:
        cuts.values_of(lists.get(store(), list_id), wizard_draft.recipients(campaign), names)

    if not (wizard_draft.attempt(check) and wizard_draft.save(campaign_id, cuts=names)):
        st.session_state[key] = [name for name in campaign.cuts or () if name in names]
