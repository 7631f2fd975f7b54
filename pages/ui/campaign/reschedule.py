"""Moving a campaign of which nothing has been sent to another start time."""

from datetime import datetime, timedelta

import streamlit as st

from getsms_core.base.errors import DomainError
from getsms_core.base.states import CampaignState
from getsms_core.campaigns import service as campaigns
from pages.ui.shared import later
from pages.ui.shared.plain_text import plain
from pages.ui.shared.records import Campaign
from pages.ui.shared.session import _, actor, settings, store
from pages.ui.shared.widgets import local, moment

_OPEN = "campaign-moving"
_TROUBLE = "campaign-move-trouble"


def show_button(campaign: Campaign) -> None:
    """The button that opens the dialog."""
    st.button(
        _("Move to another time …") if campaign.scheduled_at is not None else _("Choose a time …"),
        key="campaign-move",
        icon=":material/edit_calendar:",
        on_click=_open_dialog,
        args=(campaign.id,),
    )


def show_dialog(campaign: Campaign) -> None:
    """The dialog, where it is open."""
    if st.session_state.get(_OPEN) != campaign.id:
        return
    campaign_id = int(campaign.id or 0)

    @later.dialog(_("Move to another time"), icon=":material/edit_calendar:", on_dismiss=_close_dialog)
    def ask() -> None:
        now = local(int(datetime.now(settings().zone).timestamp() * 1000)).replace(tzinfo=None)
        if campaign.scheduled_at is not None:
            st.markdown(_("Now it starts at {time}.").format(time=moment(campaign.scheduled_at)))
        planned = None if campaign.scheduled_at is None else local(campaign.scheduled_at).replace(tzinfo=None)
        next_hour = (now + timedelta(hours=1)).replace(minute=0, second=0, microsecond=0)
        st.datetime_input(
            _("Date and time ({zone})").format(zone=settings().timezone),
            planned if planned is not None and planned > now else next_hour,
            min_value=now.replace(hour=0, minute=0, second=0, microsecond=0),
            max_value=now + timedelta(days=365),
            key=_time_key(campaign_id),
            format="DD.MM.YYYY",
        )
        chosen = _chosen(campaign_id)
        if campaign.approved_at is not None and chosen != campaign.scheduled_at:
            st.warning(_("The approval is for the present time: after the move it must be approved again."),
                       icon=":material/approval:")  # fmt: skip
        if trouble := st.session_state.get(_TROUBLE):
            st.error(plain(trouble), icon=":material/block:")
        label = _("Move") if chosen is None else _("Move to {time}").format(time=moment(chosen))
        if st.button(label, key="campaign-move-really", type="primary", width="stretch", disabled=chosen is None,
                     on_click=_move, args=(campaign_id,)) and not st.session_state.get(_TROUBLE):  # fmt: skip
            st.rerun()
        if st.button(_("Go back"), key="campaign-move-not", width="stretch", on_click=_close_dialog):
            st.rerun()

    ask()


def _time_key(campaign_id: int) -> str:
    return f"campaign-move-time-{campaign_id}"


def _chosen(campaign_id: int) -> int | None:
    """The chosen instant, UTC ms."""
    chosen = st.session_state.get(_time_key(campaign_id))
    return None if chosen is None else int(chosen.replace(tzinfo=settings().zone).timestamp() * 1000)


def _open_dialog(campaign_id: int) -> None:
    st.session_state[_OPEN] = campaign_id
    st.session_state.pop(_TROUBLE, None)


def _close_dialog() -> None:
    st.session_state.pop(_OPEN, None)
    st.session_state.pop(_TROUBLE, None)


def _move(campaign_id: int) -> None:
    """Move it; a refusal stays in the dialog, beside the time."""
    chosen = _chosen(campaign_id)
    if chosen is None:
        return
    try:
        campaigns.reschedule(store(), actor(), campaign_id, chosen, settings=settings())
    except DomainError as refusal:
        st.session_state[_TROUBLE] = refusal.message
        return
    _close_dialog()
    sentence = _("It now waits for a new approval.")
    if campaigns.get(store(), campaign_id).state != CampaignState.AWAITING_APPROVAL:
        sentence = _("It now starts at {time}.").format(time=moment(chosen))
    st.session_state["campaign-success"] = sentence
