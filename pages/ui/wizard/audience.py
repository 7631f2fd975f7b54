"""In the check: who of the list will be left out at sending, and the two choices that change who gets the SMS."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import streamlit as st

from getsms_core.accounts import policy
from getsms_core.base.kinds import ExcludedReason, MessageKind, OptOutScope
from getsms_core.contacts import lists, set_algebra, suppression
from getsms_core.contacts import operations as list_operations
from getsms_core.contacts.facts import ListFacts
from getsms_core.contacts.lists import Options
from getsms_core.phone import CODES, Outcome
from pages.ui.shared import choices, wizard_draft
from pages.ui.shared.records import Campaign, RecipientList
from pages.ui.shared.session import _, actor, ngettext, store
from pages.ui.shared.widgets import count_words, number


def show_held_back(campaign: Campaign) -> None:
    """Numbers that were good at the check and get nothing now: opted out since, or written to often enough. Those whom
    the campaign does not reach anyway do not count."""
    chosen = wizard_draft.audience_of(wizard_draft.audience_key(campaign))
    phones = chosen.recipients["phone"].to_numpy()
    opted_out = np.intersect1d(suppression.numbers(store()), phones, assume_unique=True)
    if len(opted_out):
        st.info(
            count_words(
                "{n} number has opted out since the list was checked and will be left out.",
                "{n} numbers have opted out since the list was checked and will be left out.",
                len(opted_out),
            ),
            icon=":material/person_off:",
        )
    _show_advertising_opt_outs(campaign, phones, chosen.counts()[ExcludedReason.ADVERTISING])
    rules = policy.in_force(store(), campaign.account_id).of_kind(campaign.category)
    if not rules.cap_messages:
        return
    capped = len(
        np.setdiff1d(
            policy.numbers_over_cap(store(), campaign.account_id, phones, campaign.category),
            opted_out,
            assume_unique=True,
        )
    )
    if capped:
        st.info(
            count_words(
                "{n} number has had {most} SMS or more in the last {days} days and will be left out.",
                "{n} numbers have had {most} SMS or more in the last {days} days and will be left out.",
                capped,
                most=number(rules.cap_messages),
                days=number(rules.cap_days),
            ),
            icon=":material/front_hand:",
        )
    else:
        st.caption(
            _("No recipient in this list has had {most} SMS in the last {days} days.").format(
                most=number(rules.cap_messages), days=number(rules.cap_days)
            )
        )


def show_opted_back_in(campaign: Campaign, recipient_list: RecipientList) -> None:
    """Numbers that the list leaves out because they had opted out when it was checked, and that may be sent to now."""
    list_id = int(recipient_list.id or 0)
    checked = wizard_draft.checked(list_id)
    numbers = set_algebra.numbers_of(checked)
    left_out = numbers[(checked.outcomes == CODES[Outcome.OPTED_OUT]) & (numbers > 0)]
    returned = np.setdiff1d(left_out, suppression.numbers(store()))
    if not len(returned):
        return
    st.info(
        count_words(
            "{n} number had opted out when the list was checked, and has not any more. It is left out until the list "
            "is checked again.",
            "{n} numbers had opted out when the list was checked, and have not any more. They are left out until the "
            "list is checked again.",
            len(returned),
        ),
        icon=":material/person_add:",
    )
    if not ListFacts.from_stored(recipient_list.facts).made:  # a list made of others has no file
        st.button(
            _("Check again"),
            key=f"check-returned-{list_id}",
            icon=":material/refresh:",
            on_click=_recheck_as_it_was,
            args=(campaign.id, list_id),
        )


def _recheck_as_it_was(campaign_id: int, list_id: int) -> None:
    """Check the list's file again as it was read before: a new list, for this draft."""
    recipient_list = lists.get(store(), list_id)
    column = ListFacts.from_stored(recipient_list.facts).column_of_file
    options = replace(Options.from_stored(recipient_list.options), phone_column=column)
    wizard_draft.attempt(
        lambda: wizard_draft.save(campaign_id, list_id=lists.recheck(store(), actor(), list_id, options))
    )


def _show_advertising_opt_outs(campaign: Campaign, phones: npt.NDArray[np.int64], left_out: int) -> None:
    """`phones` are those who get the campaign, `left_out` how many it leaves out as advertising."""
    no_advertising = left_out or len(
        np.intersect1d(suppression.numbers(store(), OptOutScope.ADVERTISING), phones, assume_unique=True)
    )
    if not no_advertising:
        return
    if campaign.category == MessageKind.ADVERTISING:
        sentence = ngettext(
            "{n} number has opted out of advertising and is left out of this campaign.",
            "{n} numbers have opted out of advertising and are left out of this campaign.",
            no_advertising,
        )
    else:
        sentence = ngettext(
            "{n} number has opted out of advertising. It gets this campaign, because it is a service message.",
            "{n} numbers have opted out of advertising. They get this campaign, because it is a service message.",
            no_advertising,
        )
    st.info(sentence.format(n=number(no_advertising)), icon=":material/campaign:")


def offer_choices(campaign: Campaign, recipient_list: RecipientList) -> None:
    """Which of two rows with one number counts, and what a cell with two numbers means; only where it matters."""
    derivation = ListFacts.from_stored(recipient_list.facts).made
    if derivation and not derivation.is_merge:
        return  # derived from another list: it has no duplicates
    options, codes = (
        Options.from_stored(recipient_list.options),
        wizard_draft.checked(int(recipient_list.id or 0)).outcomes,
    )
    keep = derivation.keep or options.keep if derivation else options.keep
    # With "refuse" those taken come from the list that a file of corrected rows was added to: they are settled.
    unsettled = [Outcome.TWO_NUMBERS] + ([] if options.two == "refuse" else [Outcome.REPAIRED_ONE_OF_TWO])
    several = int(np.isin(codes, [CODES[outcome] for outcome in unsettled]).sum())
    with st.container(horizontal=True):
        if recipient_list.counts.duplicates:
            choices.radio(
                _("Of rows with the same number, take"),
                ["first", "last"],
                index=["first", "last"].index(keep),
                format_func=lambda code: {"first": _("the first"), "last": _("the last")}[code],
                key=f"check-keep-{recipient_list.id}",
                horizontal=True,
                on_change=_recheck_list,
                args=(campaign.id, recipient_list.id),
            )
        if several and not derivation:
            choices.radio(
                count_words("{n} row from a cell with two numbers", "{n} rows from cells with two numbers", several),
                ["refuse", "first", "both"],
                index=["refuse", "first", "both"].index(options.two),
                format_func=lambda code: {
                    "refuse": _("refuse"),
                    "first": _("take the first"),
                    "both": _("take both"),
                }[code],
                key=f"check-two-{recipient_list.id}",
                horizontal=True,
                on_change=_recheck_list,
                args=(campaign.id, recipient_list.id),
            )


def _recheck_list(campaign_id: int, list_id: int) -> None:
    """The same list with the other choice: a new list, for this draft."""
    recipient_list = lists.get(store(), list_id)
    keep, two = (choices.value(f"check-{option}-{list_id}") for option in ("keep", "two"))

    def work() -> None:
        facts = ListFacts.from_stored(recipient_list.facts)
        if facts.made:
            new_list_id = list_operations.merge_again(store(), actor(), list_id, "last" if keep == "last" else "first")
        else:
            chosen = {name: value for name, value in (("keep", keep), ("two", two)) if value}
            # Reuse what the first check detected in the file; only the choice is new.
            options = replace(Options.from_stored(recipient_list.options), **chosen, phone_column=facts.column_of_file)
            new_list_id = lists.recheck(store(), actor(), list_id, options)
        wizard_draft.save(campaign_id, list_id=new_list_id)

    wizard_draft.attempt(work)
