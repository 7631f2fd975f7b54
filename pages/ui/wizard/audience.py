"""In the check: who of the list will be left out at sending, and the two choices that change who gets the SMS."""

import numpy as np
import streamlit as st

from getsms_core.accounts import policy
from getsms_core.contacts import lists, set_algebra, suppression
from getsms_core.contacts import operations as list_operations
from getsms_core.contacts.lists import Options
from getsms_core.phone import CODES, Outcome
from pages.ui.shared import choices, wizard_draft
from pages.ui.shared.records import Campaign, RecipientList
from pages.ui.shared.session import _, actor, ngettext, store
from pages.ui.shared.widgets import number


def show_held_back(campaign: Campaign, kept: RecipientList) -> None:
    """Numbers that were good at the check and get nothing now: opted out since, or written to often enough."""
    found = wizard_draft.checked(int(kept.id or 0))
    good = set_algebra.recipient_positions(found)
    phones = set_algebra.numbers_of(found)[good]
    since = np.intersect1d(suppression.numbers(store()), phones, assume_unique=True)
    if len(since):
        words = ngettext(
            "{n} number has opted out since the list was checked and will be left out.",
            "{n} numbers have opted out since the list was checked and will be left out.",
            len(since),
        )
        st.info(words.format(n=number(len(since))), icon=":material/person_off:")
    rules = policy.in_force(store(), campaign.account_id)
    if not rules.cap_messages:
        return
    capped = len(np.setdiff1d(policy.numbers_over_cap(store(), campaign.account_id, phones), since, assume_unique=True))
    if capped:
        many = ngettext(
            "{n} number has had {most} SMS or more in the last {days} days and will be left out.",
            "{n} numbers have had {most} SMS or more in the last {days} days and will be left out.",
            capped,
        )
        st.info(
            many.format(n=number(capped), most=number(rules.cap_messages), days=number(rules.cap_days)),
            icon=":material/front_hand:",
        )
    else:
        st.caption(
            _("No recipient in this list has had {most} SMS in the last {days} days.").format(
                most=number(rules.cap_messages), days=number(rules.cap_days)
            )
        )


def offer_choices(campaign: Campaign, kept: RecipientList) -> None:
    """Which of two rows with one number counts, and what a cell with two numbers means; only where it matters."""
    merged = kept.facts.get("made", {}).get("how") == "merge"
    if kept.facts.get("made") and not merged:
        return  # cut out of another list: nothing in it stands twice
    options, codes = Options(**kept.options), wizard_draft.checked(int(kept.id or 0)).outcomes
    keep = kept.facts["made"]["keep"] if merged else options.keep
    several = int(np.isin(codes, [CODES[Outcome.TWO_NUMBERS], CODES[Outcome.REPAIRED_ONE_OF_TWO]]).sum())
    with st.container(horizontal=True):
        if kept.counts["duplicates"]:
            choices.radio(
                _("Of rows with one number counts"),
                ["first", "last"],
                index=["first", "last"].index(keep),
                format_func=lambda code: {"first": _("the first"), "last": _("the last")}[code],
                key=f"check-keep-{kept.id}",
                horizontal=True,
                on_change=_recheck_list,
                args=(campaign.id, kept.id),
            )
        if not merged and (several or options.two != "refuse"):
            words = ngettext("{n} row from a cell with two numbers", "{n} rows from cells with two numbers", several)
            choices.radio(
                words.format(n=number(several)),
                ["refuse", "first", "both"],
                index=["refuse", "first", "both"].index(options.two),
                format_func=lambda code: {
                    "refuse": _("refuse"),
                    "first": _("take the first"),
                    "both": _("take both"),
                }[code],
                key=f"check-two-{kept.id}",
                horizontal=True,
                on_change=_recheck_list,
                args=(campaign.id, kept.id),
            )


def _recheck_list(campaign_id: int, list_id: int) -> None:
    """The same list with the other choice: a new list, for this draft."""
    kept = lists.get(store(), list_id)
    keep, two = (choices.value(f"check-{what}-{list_id}") for what in ("keep", "two"))

    def work() -> None:
        if kept.facts.get("made"):
            made = list_operations.merge_again(store(), actor(), list_id, "last" if keep == "last" else "first")
        else:
            changed = dict(kept.options)
            changed |= {name: value for name, value in (("keep", keep), ("two", two)) if value}
            # What was found out of the file the first time stands; only the choice is new.
            changed["phone_column"] = kept.facts.get("file_phone_column", kept.facts["phone_column"])
            made = lists.recheck(store(), actor(), list_id, Options(**changed))
        wizard_draft.save(campaign_id, list_id=made)

    wizard_draft.attempt(work)
