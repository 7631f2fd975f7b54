"""How a campaign is to be sent, beyond when it begins: an end time, a limit of its own, and its turn among others."""

from datetime import timedelta

import streamlit as st

from getsms_core.base.errors import DomainError
from getsms_core.campaigns.sending_options import SendingOptions
from pages.ui.shared import amount_fields, choices
from pages.ui.shared.records import Campaign
from pages.ui.shared.session import _, settings
from pages.ui.shared.widgets import expander, local

PRIORITIES = {"later": -1, "normal": 0, "first": 1}


def show(campaign: Campaign, now: int) -> bool:
    """The choices, folded away: most campaigns need none of them. Returns whether all of them can be read."""
    with expander(_("More: end time, limit, turn"), f"send-rules-{campaign.id}", ":material/tune:"):
        until = st.toggle(_("Send nothing after a time"), key=f"send-ends-{campaign.id}")
        if until:
            evening = (local(now) + timedelta(hours=4)).replace(minute=0, second=0, microsecond=0, tzinfo=None)
            st.datetime_input(
                _("Messages not sent by this time are cancelled ({zone})").format(zone=settings().timezone),
                evening,
                key=f"send-until-{campaign.id}",
                format="DD.MM.YYYY",
            )
        amount_fields.money_field(
            st.container(),
            _("Pause before it costs more so'm than"),
            empty=_("no limit"),
            key=f"send-limit-{campaign.id}",
            help=_("Empty or 0: no limit. The account's daily limit also applies."),
        )
        choices.segmented_control(
            _("Priority when several campaigns run"),
            list(PRIORITIES),
            default="normal",
            format_func=lambda code: {"later": _("After others"), "normal": _("In turn"), "first": _("First")}[code],
            key=f"send-turn-{campaign.id}",
            required=True,
            help=_("A higher priority is sent first; equal ones take turns."),
        )
    try:
        amount_fields.money(f"send-limit-{campaign.id}")
    except DomainError:  # the field says why
        return False
    return True


def kept_fields(campaign_id: int) -> dict[str, str]:
    """The fields of the step whose values survive a reload (name → key of the widget)."""
    return {name: f"send-{name}-{campaign_id}" for name in ("when", "time", "ends", "until", "limit", "turn")}


def sending_options(campaign_id: int, at: int | None) -> SendingOptions:
    """What was chosen, beginning at `at` (UTC ms; None: now). Raises `DomainError` for a limit that cannot be read."""
    state = st.session_state
    end = state.get(f"send-until-{campaign_id}") if state.get(f"send-ends-{campaign_id}") else None
    limit = amount_fields.money(f"send-limit-{campaign_id}")
    return SendingOptions(
        at=at,
        until=None if end is None else int(end.replace(tzinfo=settings().zone).timestamp() * 1000),
        priority=PRIORITIES[choices.value(f"send-turn-{campaign_id}") or "normal"],
        spend_limit=limit or None,
    )
