"""New campaign: list, check, text, preview, send. Every decision is stored in the draft; the step is in the address."""

from functools import partial

import streamlit as st

from getsms_core.base.permissions import Permission
from getsms_core.campaigns import service as campaigns
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
        st.session_state["wizard-sent"] = started
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
    else:
        _show_sent()
    if current_step == "list" or campaign is None or recipient_list is None:
        draw = partial(list_step.show, campaign, recipient_list)
    else:
        draw = partial(STEPS[current_step], campaign, recipient_list)
    stepper.show(int(campaign.id or 0) if campaign else 0, current_step, blocked, draw)


def _show_sent() -> None:
    """Lead to the campaign that this session started last: the browser's Back button leads from it to this page without
    its address, and the empty page looks as if nothing had been started."""
    if (campaign_id := st.session_state.get("wizard-sent")) is None:
        return
    sent = campaigns.get(store(), campaign_id)
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="wizard-sent-note"):
        sentence = _("You have started “{name}”. Below a new campaign begins.").format(name=plain(sent.name))
        st.markdown(f":material/check_circle: {sentence}", width="content")
        label = _("Open the campaign")
        st.page_link("campaigns.py", label=label, icon=":material/campaign:", query_params={"id": str(campaign_id)})


main()
