"""Step 2, the check: counts of the rows, the rows behind each count, and the rejected rows as a file to correct."""

from functools import partial

import streamlit as st

from getsms_core.base.permissions import Permission
from pages.ui.contacts import cell_corrections, list_addition, refused_rows
from pages.ui.contacts.checked_rows import FAMILIES, family_label, rows_of, show_rows
from pages.ui.shared import outcomes, wizard_draft
from pages.ui.shared.plain_text import plain
from pages.ui.shared.records import Campaign, RecipientList
from pages.ui.shared.session import _, actor
from pages.ui.shared.widgets import Figure, count_words, day, metric_row, number
from pages.ui.wizard import audience, control_group, exclusions, result_columns, stepper
from pages.ui.wizard.stepper import Onward


def show(campaign: Campaign, recipient_list: RecipientList) -> Onward:
    """The step."""
    counts, accepted = recipient_list.counts, recipient_list.counts.accepted
    good = wizard_draft.recipients(campaign).num_rows if wizard_draft.is_narrowed(campaign) else accepted
    st.header(count_words("{n} number will get the SMS", "{n} numbers will get the SMS", good), anchor=False)
    outcomes.show("lists")
    if (planned := wizard_draft.planned_start(campaign)) is not None:
        sentence = _("Sent today, it would reach nobody. The steps count for {day}; choose the day in the last step.")
        st.info(plain(sentence.format(day=day(planned))), icon=":material/event:")
    excluded_count = counts.left_out
    if excluded_count:
        st.caption(
            count_words(
                "{n} of {all} rows is excluded. The reason is below.",
                "{n} of {all} rows are excluded. The reasons are below.",
                excluded_count,
                all=number(counts.rows),
            )
        )
    else:
        st.caption(_("Every row of the file is a good number."))
    reasons = wizard_draft.audience_of(wizard_draft.audience_key(campaign)).counts()
    if not_chosen := reasons["where"]:
        st.caption(
            count_words(
                "The condition does not choose {n} good number.",
                "The condition does not choose {n} good numbers.",
                not_chosen,
            )
        )
    metric_row([Figure(family_label(code), number(rows_of(counts, code))) for code in FAMILIES])
    if not accepted:
        st.error(
            _("This list has no number to send to. Fix the file and upload it again, or choose another list."),
            icon=":material/block:",
        )
    readable = exclusions.show(campaign, recipient_list, reasons)
    readable = control_group.show(campaign, reasons["control"]) and readable
    result_columns.show(campaign, recipient_list)
    audience.show_held_back(campaign)
    audience.show_opted_back_in(campaign, recipient_list)
    audience.offer_choices(campaign, recipient_list)
    show_rows(
        int(recipient_list.id or 0),
        counts,
        "rejected" if counts.rejected else "repaired" if counts.repaired else None,
    )
    cell_corrections.show(
        recipient_list, partial(_use_corrected, int(campaign.id or 0)), wizard_draft.refusal_key("corrections")
    )
    wizard_draft.show_refusal("corrections")
    if excluded_count and actor().may(Permission.SEE_PHONES):
        refused_rows.download_buttons(int(recipient_list.id or 0), recipient_list.name, excluded_count)
        list_addition.corrected_rows_uploader(recipient_list, int(campaign.id or 0))
    why_not = _("First choose who gets the SMS: now it is nobody.") if good < 1 else _("First correct what is marked.")
    return stepper.to_step("text", good > 0 and readable, why_not)


def _use_corrected(campaign_id: int, list_id: int) -> None:
    wizard_draft.save(campaign_id, list_id=list_id)
