"""What will happen to a campaign: the box that says it, and the buttons that are named after it."""

import streamlit as st

from getsms_core.campaigns.forecast import Forecast, Outcome
from pages.ui.shared import session
from pages.ui.shared.plain_text import plain
from pages.ui.shared.session import _
from pages.ui.shared.widgets import count_words, moment, money

ICONS = {
    Outcome.NOW: "send",
    Outcome.SCHEDULED: "schedule",
    Outcome.QUIET: "bedtime",
    Outcome.APPROVAL: "approval",
    Outcome.NO_APPROVER: "person_off",
    Outcome.NO_WORKER: "power_off",
    Outcome.ACCOUNT: "no_accounts",
    Outcome.OTHER_LOGIN: "switch_account",
    Outcome.TOO_LATE: "event_busy",
    Outcome.LIMIT: "production_quantity_limits",
}


def box(forecast: Forecast) -> None:
    """Show what happens; as a warning where a user must do something first."""
    read = forecast.for_operator() if session.sees_commands() else forecast
    words, icon = plain(read.words()), f":material/{ICONS[forecast.outcome]}:"
    if forecast.stops:
        st.warning(words, icon=icon)
    else:
        st.info(words, icon=icon)


def decision(forecast: Forecast) -> tuple[object, ...]:
    """Return what the buttons depend on: not the notes, whose times change every minute."""
    return forecast.outcome, forecast.sentence


def asks_for_approval(forecast: Forecast | None) -> bool:
    """Whether a start or resume asks for approval."""
    return forecast is not None and forecast.outcome in (Outcome.APPROVAL, Outcome.NO_APPROVER)


def after_approval(forecast: Forecast | None) -> str:
    """Return what happens once a campaign is approved, or what keeps it from being sent even then; "" after its
    answer."""
    if forecast is None:
        return ""
    return (forecast.notes[0] if forecast.outcome is Outcome.APPROVAL else forecast.sentence).words()


def start_icon(forecast: Forecast | None, at: int | None) -> str:
    """Return the icon of the button that starts a campaign."""
    outcome = Outcome.APPROVAL if asks_for_approval(forecast) else Outcome.NOW if at is None else Outcome.SCHEDULED
    return f":material/{ICONS[outcome]}:"


def start_label(forecast: Forecast | None, at: int | None, parts: int, cost: int) -> str:
    """Return what the button that starts a campaign does: at an instant (UTC ms; None: now), `cost` in tiyin."""
    if asks_for_approval(forecast):
        return _("Ask for approval")
    if at is not None:
        return _("Schedule for {time}").format(time=moment(at))
    return count_words("Send {n} SMS for {sum}", "Send {n} SMS for {sum}", parts, sum=money(cost))


def resume_label(forecast: Forecast) -> str:
    """Return what the button that resumes a campaign does."""
    if asks_for_approval(forecast):
        return _("Ask for approval")
    if forecast.outcome in (Outcome.QUIET, Outcome.SCHEDULED) and forecast.begins_at is not None:
        return _("Resume at {time}").format(time=moment(forecast.begins_at))
    return _("Resume")
