"""Step 2, the check: what became of every row, each count opening its rows, and the refused ones as a file to mend."""

import streamlit as st

from getsms_core.base.permissions import Permission
from pages.ui.contacts import list_addition, refused_rows
from pages.ui.contacts.checked_rows import COUNTS, FAMILIES, show_rows
from pages.ui.shared import wizard_draft
from pages.ui.shared.records import Campaign, RecipientList
from pages.ui.shared.session import _, actor, ngettext
from pages.ui.shared.widgets import Figure, metric_row, number
from pages.ui.wizard import audience, exclusions


def show(campaign: Campaign, kept: RecipientList) -> None:
    """The step."""
    counts, accepted = kept.counts, kept.counts["accepted"]
    good = wizard_draft.recipients(campaign).num_rows if campaign.condition or campaign.exclusions else accepted
    words = ngettext("{n} number will get the SMS", "{n} numbers will get the SMS", good)
    st.subheader(words.format(n=number(good)), anchor=False)
    rest = counts["rows"] - accepted
    if rest:
        said = ngettext("{n} of {all} row is excluded. The reason is below.",
                        "{n} of {all} rows are excluded. The reasons are below.", rest)  # fmt: skip
        st.caption(said.format(n=number(rest), all=number(counts["rows"])))
    else:
        st.caption(_("Every row of the file is a good number."))
    reasons = wizard_draft.audience_of(wizard_draft.audience_key(campaign)).counts()
    if not_chosen := reasons["where"]:
        words = ngettext("The condition does not choose {n} good number.",
                         "The condition does not choose {n} good numbers.", not_chosen)  # fmt: skip
        st.caption(words.format(n=number(not_chosen)))
    metric_row([Figure(_(FAMILIES[code]), number(counts[COUNTS[code]])) for code in FAMILIES])
    if not accepted:
        st.error(
            _("This list has no number to send to. Fix the file and upload it again, or choose another list."),
            icon=":material/block:",
        )
    exclusions.show(campaign, kept, reasons)
    audience.show_held_back(campaign, kept)
    audience.offer_choices(campaign, kept)
    show_rows(
        int(kept.id or 0), counts, "rejected" if counts["rejected"] else "repaired" if counts["repaired"] else None
    )
    if rest and actor().may(Permission.SEE_PHONES):
        refused_rows.download_buttons(int(kept.id or 0), kept.name, rest)
        list_addition.corrected_rows_uploader(kept, int(campaign.id or 0))
    wizard_draft.step_buttons("list", "text", ready=good > 0)
