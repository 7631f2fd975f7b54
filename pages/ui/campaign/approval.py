"""Approval of a campaign by a second user: what is approved, and the answer."""

import streamlit as st

from getsms_core.accounts.policy import SENT_BACK
from getsms_core.base.errors import DomainError
from getsms_core.base.names import LIMITS
from getsms_core.base.permissions import Permission
from getsms_core.base.states import CampaignState, Preparation
from getsms_core.campaigns import approval
from getsms_core.campaigns.texts import texts_of
from getsms_core.delivery.approval_terms import APPROVAL_VOID
from getsms_core.delivery.resolution import RESTORED
from pages.ui.campaign.live import live_forecast
from pages.ui.shared import forecasts, later, repeats, typed_fields
from pages.ui.shared.phone_preview import bubble
from pages.ui.shared.plain_text import plain
from pages.ui.shared.records import Campaign
from pages.ui.shared.session import _, actor, ngettext, store
from pages.ui.shared.text_names import text_names
from pages.ui.shared.widgets import Figure, metric_row, money, number

MOST_BESIDE = 3
"""Texts beside each other; on a phone they are below each other."""


def show(campaign: Campaign) -> None:
    """Show what awaits approval and the two answers; on a draft that was sent back, the reason."""
    if campaign.state == CampaignState.DRAFT and campaign.code in (SENT_BACK, RESTORED):
        st.warning(plain(campaign.why_words), icon=":material/undo:")
    if campaign.state != CampaignState.AWAITING_APPROVAL:
        return
    with st.container(border=True, key="approval"):
        st.markdown("**" + _("Awaiting approval: nothing is sent until it is approved.") + "**")
        if campaign.code == APPROVAL_VOID:
            st.warning(plain(campaign.why_words), icon=":material/undo:")
        metric_row(
            [
                Figure(_("Recipients"), number(campaign.messages)),
                Figure(_("Total SMS"), number(campaign.parts)),
                Figure(_("Cost"), money(approval.approval_cost(store(), campaign))),
            ]
        )
        then = forecasts.after_approval(live_forecast(int(campaign.id or 0)))
        st.caption(_("Requested by {name}.").format(name=plain(campaign.started_by)) + " " + plain(then))
        texts = list(zip(text_names(campaign), texts_of(campaign), strict=True))
        places = st.columns(MOST_BESIDE if len(texts) > 2 else 2)
        for i, (name, text) in enumerate(texts):
            foot = _("The text, before the names are filled in")
            words = bubble(text, campaign.sender, f"{name} · {foot}" if campaign.variants else foot)
            places[i % len(places)].html(words)
        _answers(campaign)


def _answers(campaign: Campaign) -> None:
    campaign_id = int(campaign.id or 0)
    user = actor()
    is_approver = user.may(Permission.APPROVE)
    refusal = approval.why_another_must(store(), user, campaign) if is_approver else None
    may_approve = is_approver and refusal is None
    with st.container(horizontal=True):
        if may_approve and campaign.prepared == Preparation.READY:
            st.button(_("Approve …"), key="approve-ask", type="primary", icon=":material/check:",
                      on_click=_open_dialog, args=("approve", campaign_id))  # fmt: skip
        if is_approver:
            st.button(_("Send back …"), key="refuse-ask", icon=":material/undo:", on_click=_open_dialog,
                      args=("refuse", campaign_id))  # fmt: skip
        if user.may(Permission.CAMPAIGN):
            st.button(_("Withdraw to draft"), key="withdraw", icon=":material/edit:", on_click=_withdraw,
                      args=(campaign_id,))  # fmt: skip
    if refusal is not None:
        st.caption(plain(refusal.message))
    elif may_approve and campaign.prepared != Preparation.READY:
        st.caption(_("Its messages are being counted under the prices in force. Then it can be approved."))
    open_dialog = st.session_state.get("approval-asked")
    if open_dialog == ("approve", campaign_id):
        _confirm(campaign)
    elif open_dialog == ("refuse", campaign_id):
        _reason(campaign_id)


def _open_dialog(dialog: str, campaign_id: int) -> None:
    st.session_state["approval-asked"] = (dialog, campaign_id)


def _close_dialog() -> None:
    st.session_state.pop("approval-asked", None)


def _confirm(campaign: Campaign) -> None:
    costs, seal = approval.approval_cost(store(), campaign), approval.terms_fingerprint(store(), int(campaign.id or 0))

    @later.dialog(_("Approve this campaign?"), icon=":material/check:", on_dismiss=_close_dialog)
    def ask() -> None:
        sentence = ngettext("It has {n} recipient.", "It has {n} recipients.", campaign.messages)
        then = forecasts.after_approval(live_forecast(int(campaign.id or 0)))
        st.markdown(sentence.format(n=number(campaign.messages)) + " " + plain(then))
        label = _("Approve {n} SMS for {sum}").format(n=number(campaign.parts), sum=money(costs))
        if st.button(label, key="approve-really", type="primary", width="stretch", on_click=_approve,
                     args=(campaign.id, seal)):  # fmt: skip
            st.rerun()
        if st.button(_("Go back"), key="approve-not-yet", width="stretch", on_click=_close_dialog):
            st.rerun()

    ask()


def _reason(campaign_id: int) -> None:
    @later.dialog(_("Send it back?"), icon=":material/undo:", on_dismiss=_close_dialog)
    def ask() -> None:
        fields = {"refuse-reason": "refuse-reason"}
        typed_fields.restore(campaign_id, fields)
        st.text_area(_("What should be changed"), key="refuse-reason", max_chars=LIMITS["comment"].length)
        typed_fields.keep(campaign_id, fields)
        if st.button(_("Send it back"), key="refuse-really", type="primary", width="stretch", on_click=_refuse,
                     args=(campaign_id,)):  # fmt: skip
            st.rerun()
        if st.button(_("Go back"), key="refuse-not-yet", width="stretch", on_click=_close_dialog):
            st.rerun()

    ask()


def _approve(campaign_id: int, seal: str) -> None:
    _close_dialog()
    try:
        approval.approve(store(), actor(), campaign_id, seal)
        st.session_state["campaign-success"] = _("Approved.")
    except DomainError as refusal:
        st.session_state["campaign-error"] = refusal.message


def _refuse(campaign_id: int) -> None:
    _close_dialog()
    if repeats.is_repeat(f"refuse:{campaign_id}"):
        return
    try:
        approval.refuse(store(), actor(), campaign_id, st.session_state.get("refuse-reason", ""))
        repeats.done(f"refuse:{campaign_id}")
        st.session_state["campaign-success"] = _("Sent back to draft with your comment.")
    except DomainError as refusal:
        st.session_state["campaign-error"] = refusal.message


def _withdraw(campaign_id: int) -> None:
    if repeats.is_repeat(f"withdraw:{campaign_id}"):
        return
    try:
        approval.withdraw(store(), actor(), campaign_id)
        repeats.done(f"withdraw:{campaign_id}")
        st.session_state["campaign-success"] = _("It is back in draft.")
    except DomainError as refusal:
        st.session_state["campaign-error"] = refusal.message
