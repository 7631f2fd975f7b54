"""In the check: whom the campaign excludes, other lists, campaigns and days, with how many each leaves out."""

from collections.abc import Mapping

import streamlit as st

from getsms_core.base.errors import DomainError
from getsms_core.base.kinds import EXCLUDED_LABELS, ExcludedReason
from getsms_core.base.work_states import ListState
from getsms_core.campaigns import service as campaigns
from getsms_core.campaigns.exclusions import MAX_DAYS, Exclusions
from getsms_core.contacts import lists
from getsms_core.reports import listings
from pages.ui.shared import amount_fields, choices, wizard_draft
from pages.ui.shared.records import Campaign, RecipientList
from pages.ui.shared.session import _, store
from pages.ui.shared.widgets import expander, number

CAMPAIGNS_OFFERED = 200
REASONS = (ExcludedReason.LISTS, ExcludedReason.CAMPAIGNS, ExcludedReason.DAYS)


def show(campaign: Campaign, kept: RecipientList, counts: Mapping[str, int]) -> bool:
    """The choice of exclusions, and how many recipients of the list each reason leaves out. Returns whether what is
    typed can be read."""
    present = Exclusions.from_stored(campaign.exclusions)
    with expander(_("Exclude people"), f"exclusions-{campaign.id}", ":material/person_remove:", expanded=bool(present)):
        list_names = {
            int(recipient_list.id or 0): recipient_list.name
            for recipient_list in lists.all_lists(store())
            if recipient_list.state == ListState.READY
        }
        list_names.pop(int(kept.id or 0), None)
        other_campaigns = listings.campaigns(store(), limit=CAMPAIGNS_OFFERED)
        campaign_names = {int(other.id or 0): other.name for other, _figures in other_campaigns}
        campaign_names |= listings.names(store(), [*present.campaigns, *present.new_since])
        campaign_names.pop(int(campaign.id or 0), None)
        not_sent = {int(other.id or 0) for other, _figures in other_campaigns if other.started_at is None}
        sent_names = {campaign_id: name for campaign_id, name in campaign_names.items() if campaign_id not in not_sent}
        _several(
            campaign,
            "lists",
            _("Numbers of these lists"),
            list_names,
            present.lists,
            _("Whose number is in one of them gets no SMS of this campaign. Nobody is removed from a list."),
        )
        _several(
            campaign,
            "campaigns",
            _("Everybody who got these campaigns"),
            campaign_names,
            present.campaigns,
            _("Whoever got one of them, will get it, or may have got it. Whose message failed is not excluded."),
        )
        _several(
            campaign,
            "new-since",
            _("Everybody who is not new since these campaigns"),
            sent_names,
            present.new_since,
            _("Only numbers that were not in the list of the campaign get the SMS, whatever became of its messages."),
        )
        days = amount_fields.bounded_field(
            st.container(width=300),
            _("Everybody who got an SMS in the last days"),
            present.days or 0,
            low=0,
            high=MAX_DAYS,
            key=_key(campaign, "days"),
            help=_("0 excludes nobody. Test SMS do not count. It is checked again when the sending starts."),
            on_change=_save,
            args=(campaign.id,),
        )
        for reason in REASONS:
            if counts[reason.value]:
                st.caption(f"{_(EXCLUDED_LABELS[reason])}: {number(counts[reason.value])}")
    return days is not None


def _several(
    campaign: Campaign,
    what: str,
    label: str,
    names: Mapping[int, str],
    present: tuple[int, ...],
    explanation: str | None = None,
) -> None:
    choices.multiselect(
        label,
        list(names),
        default=[option_id for option_id in present if option_id in names],
        format_func=lambda one: f"{names[one]} ({one})",  # options of a multiselect are not Markdown
        key=_key(campaign, what),
        placeholder=_("nobody"),
        help=explanation,
        on_change=_save,
        args=(campaign.id,),
    )


def _key(campaign: Campaign | int, what: str) -> str:
    campaign_id = campaign if isinstance(campaign, int) else campaign.id
    return f"exclude-{what}-{campaign_id}"


def show_stored(campaign_id: int, present: Exclusions) -> None:
    """Let the fields show what is stored; before they are drawn."""
    values = {"lists": list(present.lists), "campaigns": list(present.campaigns), "new-since": list(present.new_since),
              "days": str(present.days or 0)}  # fmt: skip
    for kind, value in values.items():
        if _key(campaign_id, kind) in st.session_state:
            st.session_state[_key(campaign_id, kind)] = value


def _save(campaign_id: int) -> None:
    try:
        days = amount_fields.bounded(_key(campaign_id, "days"), 0, MAX_DAYS)
    except DomainError:  # the sentence is below the field, and the step does not go on
        days = Exclusions.from_stored(campaigns.get(store(), campaign_id).exclusions).days or 0
    chosen = Exclusions(
        tuple(choices.value(_key(campaign_id, "lists")) or ()),
        tuple(choices.value(_key(campaign_id, "campaigns")) or ()),
        days or None,
        tuple(choices.value(_key(campaign_id, "new-since")) or ()),
    )
    wizard_draft.save(campaign_id, exclusions=chosen)
