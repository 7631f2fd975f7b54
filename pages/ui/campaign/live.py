"""A campaign live: progress, figures and actions."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import streamlit as st

from getsms_core import jobs, reports
from getsms_core.base import names
from getsms_core.base.codes import SetAsideReason
from getsms_core.base.errors import DomainError
from getsms_core.base.formatting import NOTHING
from getsms_core.base.permissions import SYSTEM, Actor, Permission
from getsms_core.base.states import GLOSSARY, CampaignState, Figures, Preparation
from getsms_core.base.work_states import JobKind
from getsms_core.campaigns import copying, forecast_facts, logins
from getsms_core.campaigns import service as campaigns
from getsms_core.campaigns.forecast import Forecast, Outcome
from getsms_core.db.engine import Store
from getsms_core.delivery.receipt_notes import Fault
from getsms_core.delivery.receipts import REASONS
from getsms_core.delivery.schedule import QUIET
from pages.ui.campaign import reschedule
from pages.ui.shared import ask_first, draft_deletion, forecasts, later, live, repeats
from pages.ui.shared.plain_text import plain
from pages.ui.shared.records import Campaign
from pages.ui.shared.session import _, actor, settings, store
from pages.ui.shared.widgets import (
    Figure,
    count_words,
    metric_row,
    moment,
    money,
    number,
    percent,
    progress,
    state_markdown,
)

ACTIVE_STATES = (CampaignState.RUNNING, CampaignState.SCHEDULED)
ENDED_STATES = (CampaignState.FINISHED, CampaignState.CANCELLED)
FORECAST_SECONDS = 5.0
"""How old a forecast may be; a write of this process, such as a click, reads it again at once."""


@dataclass(frozen=True)
class LiveFacts:
    """What the live part of a campaign shows, the same for every viewer. `building` is the share of its messages that
    exist, where they are being made."""

    campaign: Campaign
    figures: Figures
    other_login: str
    speed: float | None
    set_aside: dict[SetAsideReason, int]
    faults: list[Fault]
    building: float | None
    forecast: Forecast | None

    def key(self) -> tuple[object, ...]:
        """Return a value that changes with what is shown; rows of tables have no such equality."""
        campaign = self.campaign
        columns = (campaign.name, campaign.state, campaign.prepared, campaign.scheduled_at, campaign.cost,
                   campaign.parts, campaign.code, campaign.reason, campaign.reason_params)  # fmt: skip
        others = (self.other_login, self.speed, self.set_aside, self.faults, self.building, self.forecast)
        return *columns, self.figures, *others


def live_figures(campaign_id: int) -> Figures:
    """Return the count of each message state, at most half a second old."""
    return live.read(("figures", campaign_id), lambda store: campaigns.figures(store, campaign_id))


def live_facts(campaign_id: int) -> LiveFacts:
    """Return the facts of a campaign, at most half a second old."""
    return live.read(("campaign", campaign_id), partial(_read_facts, campaign_id))


def _read_facts(campaign_id: int, store: Store) -> LiveFacts:
    campaign = campaigns.get(store, campaign_id)
    is_running = campaign.state == CampaignState.RUNNING
    set_aside, faults = campaigns.receipt_notes(store, campaign_id)
    building, speed = None, None
    if is_running and campaign.prepared != Preparation.READY:
        jobs_of_campaign = jobs.of_subject(store, SYSTEM, f"campaign:{campaign_id}")
        building = next((job.share for job in jobs_of_campaign if job.kind == JobKind.CAMPAIGN and job.share), 0.0)
    elif is_running:
        now = time.time_ns() // 1_000_000
        active = live.read("running", lambda store: reports.running(store, now))
        speed = next((active_campaign.speed for active_campaign in active if active_campaign.id == campaign_id), None)
    return LiveFacts(
        campaign, live_figures(campaign_id), logins.other_login(store, campaign, settings()), speed,
        set_aside, faults, building, live_forecast(campaign_id),
    )  # fmt: skip


def live_forecast(campaign_id: int) -> Forecast | None:
    """Return what happens next to a started campaign, at most five seconds old; None for drafts and after its end."""
    return live.read(
        ("forecast", campaign_id),
        lambda store: forecast_facts.of_campaign(store, settings(), campaign_id),
        FORECAST_SECONDS,
    )


def show_live(campaign: Campaign) -> None:
    """Show the live part; it refreshes every second while the campaign runs, every five while receipts arrive or
    somebody may start, approve or resume it."""
    campaign_id = int(campaign.id or 0)
    figures = live_figures(campaign_id)
    is_fast = campaign.state in ACTIVE_STATES or figures.sending > 0
    seconds = 1.0 if is_fast else 5.0 if figures.waiting or campaign.state not in ENDED_STATES else None
    drawn = (campaign.state.value, campaign.prepared == Preparation.READY, bool(figures.waiting),
             _decision(live_forecast(campaign_id)))  # fmt: skip
    fragment = later.fragment(run_every=seconds, shows=lambda: live_facts(campaign_id).key())
    fragment(_live)(campaign_id, drawn)


def _decision(forecast: Forecast | None) -> tuple[object, ...]:
    return () if forecast is None else forecasts.decision(forecast)


def _live(campaign_id: int, drawn: tuple[str, bool, bool, tuple[object, ...]]) -> None:
    """The live part; the page with its buttons is drawn again once its state is not the one that it was drawn for."""
    facts = live_facts(campaign_id)
    campaign, figures = facts.campaign, facts.figures
    is_prepared = campaign.prepared == Preparation.READY
    if drawn != (campaign.state.value, is_prepared, bool(figures.waiting), _decision(facts.forecast)):
        st.rerun()
    _progress(facts)
    show_figures(campaign, figures)
    _receipt_notes(facts)


def _progress(facts: LiveFacts) -> None:
    campaign, figures = facts.campaign, facts.figures
    if facts.other_login:
        sentence = _(
            "It belongs to the login {login}, which is not the current one: nothing is sent and no receipts "
            "are fetched. Cancel it, or copy the rest as a new draft."
        )
        st.warning(sentence.format(login=plain(facts.other_login)), icon=":material/switch_account:")
    if campaign.state == CampaignState.PAUSED and campaign.why and campaign.code != QUIET:
        st.warning(plain(campaign.why_words), icon=":material/pause_circle:")
    if not facts.other_login:
        _forecast(campaign, facts.forecast)
    if campaign.prepared != Preparation.READY:
        if facts.building is not None:
            st.progress(facts.building, _("Preparing the messages …"))
        return
    if campaign.state == CampaignState.DRAFT:
        return
    progress(figures.total - figures.unsent, figures.total, facts.speed)


def _forecast(campaign: Campaign, forecast: Forecast | None) -> None:
    """What happens next. A campaign that is being sent shows its progress; a sentence is shown only where something
    stops it or holds it back."""
    is_sent_now = campaign.state == CampaignState.RUNNING and forecast is not None and forecast.outcome is Outcome.NOW
    if forecast is None or is_sent_now or campaign.state in ENDED_STATES:  # it may be older than the end
        return
    if campaign.state != CampaignState.PAUSED or campaign.code == QUIET:
        forecasts.box(forecast)
    elif actor().may(Permission.CAMPAIGN):
        sentence = _("If you resume it: {forecast}").format(forecast=forecast.words())
        st.caption(f":material/{forecasts.ICONS[forecast.outcome]}: {plain(sentence)}")


def show_figures(campaign: Campaign, figures: Figures) -> None:
    """Show the main figures, then every state with messages."""
    metric_row(
        [
            Figure(_("Sent"), number(figures.sent), help=_(GLOSSARY["Sent"])),
            Figure(_("Delivered"), number(figures.delivered), help=_(GLOSSARY["Delivered"])),
            Figure(_("Delivery rate"), percent(figures.rate), help=_rate_help(figures)),
            Figure(
                _("Planned cost"),
                money(campaign.cost) if campaign.prepared == Preparation.READY else NOTHING,
                help=_("{parts} SMS by the price list.").format(parts=number(campaign.parts)),
            ),
        ]
    )
    counts = figures.counts() | {"accepted": figures.waiting}
    st.markdown(
        "  ".join(f"{state_markdown(state)} **{number(n)}**" for state, n in counts.items() if n)
        or _("No message yet.")
    )
    if figures.counted:
        st.caption(
            count_words(
                "{n} more message was marked as sent by a user. It gets no receipt and is not in the delivery rate.",
                "{n} more messages were marked as sent by a user. They get no receipts and are not in the delivery "
                "rate.",
                figures.counted,
            )
        )


def _rate_help(figures: Figures) -> str:
    meaning = _(GLOSSARY["Delivery rate"])
    if not figures.sent:
        return meaning
    return f"{meaning} {_('Here: {interval}.').format(interval=reports.interval_in_words(figures))}"


def _receipt_notes(facts: LiveFacts) -> None:
    """Status calls that fail, and records that belong to no message."""
    for fault in facts.faults:
        since = _("Status calls have failed since {time}, {n} in all.").format(
            time=moment(fault.since_at), n=number(fault.calls)
        )
        st.warning(f"{since} {plain(fault.reason)}", icon=":material/sync_problem:")
    for code, n in facts.set_aside.items():
        st.caption(
            count_words(
                "{n} status record was set aside. {reason}",
                "{n} status records were set aside. {reason}",
                n,
                reason=_(REASONS.get(code, code)),
            )
        )


# ------------------------------------------------------------------------------------------------------ steering


def show_controls(campaign: Campaign) -> None:
    """Show the buttons pause, resume, cancel and copy; each records a change in the database."""
    if not actor().may(Permission.CAMPAIGN):
        return
    campaign_id = int(campaign.id or 0)
    other_login = logins.other_login(store(), campaign, settings())
    with st.container(horizontal=True):
        if campaign.state == CampaignState.DRAFT:
            _draft_buttons(campaign_id, campaign.name)
        if campaign.state in ACTIVE_STATES:
            _control_button(_("Pause"), "pause", campaign_id, primary=True)
        if campaign.state == CampaignState.PAUSED:
            _paused_buttons(campaign, bool(other_login))
        if other_login or campaign.state == CampaignState.CANCELLED or campaign.code == "end-time":
            _copy_rest_button(campaign)
        if campaign.state in campaigns.MOVABLE and campaign.started_at is None and not other_login:
            reschedule.show_button(campaign)
        if campaign.started_at is not None:
            explanation = _(
                "Receipts come by themselves: the program asks the gateway again and again until each message has a "
                "final status. This asks for the waiting ones now."
            )
            _control_button(_("Refresh receipts"), "refresh", campaign_id, help=explanation)
        if campaign.state in campaigns.OPEN:
            st.button(
                _("Cancel …"), key="campaign-cancel", icon=":material/block:", on_click=_ask_cancel, args=(campaign_id,)
            )
        st.button(
            _("Copy as a new draft"),
            key="campaign-copy",
            icon=":material/content_copy:",
            on_click=_copy,
            args=(campaign_id,),
        )
    reschedule.show_dialog(campaign)
    if st.session_state.get("campaign-cancelling") == campaign_id:
        _confirm_cancel(campaign)


def _draft_buttons(campaign_id: int, name: str) -> None:
    if st.button(_("Continue the draft"), key="campaign-edit", type="primary", icon=":material/edit:"):
        st.switch_page("new_campaign.py", query_params={"campaign": str(campaign_id), "step": "text"})
    draft_deletion.delete_button(campaign_id, name, "campaign-success", "campaign-error", label=_("Delete"))


def _paused_buttons(campaign: Campaign, is_of_other_login: bool) -> None:
    campaign_id = int(campaign.id or 0)
    forecast = live_forecast(campaign_id)
    # Quiet hours end by themselves: until then nothing would come of a resume.
    continues_by_itself = campaign.code == QUIET and forecast is not None and forecast.outcome is Outcome.QUIET
    if not is_of_other_login and not continues_by_itself:
        label = _("Resume") if forecast is None else forecasts.resume_label(forecast)
        _control_button(label, "resume", campaign_id, primary=True)
    if campaign.code in campaigns.AUTOMATIC_PAUSES:
        _control_button(_("Keep it paused"), "pause", campaign_id)


def _copy_rest_button(campaign: Campaign) -> None:
    label, key, icon = _("Copy the rest"), "campaign-copy-rest", ":material/content_copy:"
    args = (int(campaign.id or 0), True)
    if campaign.state in campaigns.OPEN:
        what_happens = _(
            "A new draft is made to those that nothing was sent to. This campaign is cancelled for good; what was sent "
            "stays."
        )
        ask_first.button(
            label, what_happens, _("Copy the rest and cancel"), key=key, on_click=_copy, args=args, icon=icon
        )
    else:
        explanation = _("A new draft to those that nothing was sent to.")
        st.button(label, key=key, icon=icon, help=explanation, on_click=_copy, args=args)


def _control_button(label: str, action: str, campaign_id: int, primary: bool = False, help: str | None = None) -> None:
    st.button(
        label,
        key=f"campaign-{action}",
        type="primary" if primary else "secondary",
        icon={"pause": ":material/pause:", "resume": ":material/play_arrow:", "refresh": ":material/refresh:"}[action],
        help=help,
        on_click=_apply_action,
        args=(action, campaign_id),
    )


def _apply_action(action: str, campaign_id: int) -> None:
    moves: dict[str, Callable[[Store, Actor, int], object]] = {
        "pause": campaigns.pause,
        "resume": partial(campaigns.resume, settings=settings()),
        "cancel": campaigns.cancel,
        "refresh": campaigns.refresh,
    }
    try:
        moves[action](store(), actor(), campaign_id)
        campaign = campaigns.get(store(), campaign_id)
        if action == "resume" and campaign.state != CampaignState.RUNNING and (words := live_words(campaign_id)):
            st.session_state["campaign-success"] = words
    except DomainError as refusal:
        st.session_state["campaign-error"] = refusal.message


def live_words(campaign_id: int) -> str:
    """Return what happens next, in words; empty for drafts and after the end."""
    forecast = live_forecast(campaign_id)
    return "" if forecast is None else forecast.words()


def _ask_cancel(campaign_id: int) -> None:
    st.session_state["campaign-cancelling"] = campaign_id


def _close_dialog() -> None:
    st.session_state.pop("campaign-cancelling", None)


def _cancel(campaign_id: int) -> None:
    _close_dialog()
    _apply_action("cancel", campaign_id)


def _confirm_cancel(campaign: Campaign) -> None:
    @later.dialog(_("Cancel this campaign?"), icon=":material/block:", on_dismiss=_close_dialog)
    def ask() -> None:
        unsent = campaigns.figures(store(), int(campaign.id or 0)).unsent
        st.markdown(
            count_words(
                "{n} message has not been sent yet. It will never be sent.",
                "{n} messages have not been sent yet. They will never be sent.",
                unsent,
            )
            if unsent
            else _("Nothing of it will be sent.")
        )
        st.caption(_("To stop for a while, pause it instead: a paused campaign can be resumed."))
        if st.button(
            _("Cancel permanently"),
            key="campaign-cancel-really",
            type="primary",
            width="stretch",
            on_click=_cancel,
            args=(campaign.id,),
        ):
            st.rerun()
        if st.button(_("Don’t cancel"), key="campaign-cancel-not", width="stretch", on_click=_close_dialog):
            st.rerun()

    ask()


def _copy(campaign_id: int, rest: bool = False) -> None:
    try:
        old = campaigns.get(store(), campaign_id)
        sentence = _("The rest of {name}") if rest else _("Copy of {name}")
        name = names.shorten("campaign", sentence.format(name=old.name))
        key = repeats.click_key(f"copy:{campaign_id}:{rest}")
        draft_id = copying.copy(store(), actor(), settings(), campaign_id, name, rest=rest, request_key=key)
        st.session_state["campaign-copied"] = draft_id
    except DomainError as refusal:
        st.session_state["campaign-error"] = refusal.message
