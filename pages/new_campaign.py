"""New campaign: list, check, text, preview, send. Every decision is stored in the draft; the step is in the address."""

from functools import partial

import streamlit as st

from getsms_core.base.permissions import Permission
from getsms_core.contacts import lists
from pages.ui.shared import wizard_draft
from pages.ui.shared.plain_text import plain
from pages.ui.shared.session import _, require, store
from pages.ui.shared.widgets import state_badge
from pages.ui.wizard import check_step, draft_changes, list_step, preview_step, send_step, stepper, text_step

STEPS = {"check": check_step.show, "text": text_step.show, "preview": preview_step.show, "send": send_step.show}


def main() -> None:
    """One run of the page."""
    require(Permission.CAMPAIGN)
    if (started := st.session_state.pop("wizard-started", None)) is not None:
        st.switch_page("campaigns.py", query_params={"id": str(started)})
    campaign = wizard_draft.current_draft()
    if campaign is not None and not wizard_draft.editable(campaign):
        st.title(plain(campaign.name), anchor=False)
        state_badge(campaign.state.value)
        st.markdown(_("This campaign is no longer a draft: its text and list cannot be changed."))
        st.page_link("campaigns.py", label=_("View"), icon=":material/campaign:", query_params={"id": str(campaign.id)})
        return
    recipient_list = lists.get(store(), campaign.list_id) if campaign is not None and campaign.list_id else None
    blocked = wizard_draft.why_blocked(campaign, recipient_list)
    current_step = wizard_draft.step()
    if current_step in blocked:
        current_step = [code for code in wizard_draft.STEPS if code not in blocked][-1]
    st.title(_("New campaign") if campaign is None else plain(campaign.name), anchor=False)
    if campaign is not None:
        draft_changes.show(campaign)
    if current_step == "list" or campaign is None or recipient_list is None:
        draw = partial(list_step.show, campaign, recipient_list)
    else:
        draw = partial(STEPS[current_step], campaign, recipient_list)
    stepper.show(int(campaign.id or 0) if campaign else 0, current_step, blocked, draw)


main()
