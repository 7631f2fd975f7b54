"""Step 5, send: the summary to check against what was meant, a test to oneself, and the one confirmation."""

from datetime import datetime, time, timedelta

import streamlit as st

from getsms_core.billing import price_rules
from getsms_core.campaigns import audience, draft_costs, forecast_facts
from getsms_core.campaigns import service as campaigns
from getsms_core.campaigns.forecast import Forecast, Outcome
from getsms_core.campaigns.service import Draft, Seen
from getsms_core.messages import variants
from getsms_core.messages.estimate import Estimate
from pages.ui.shared import choices, forecasts, later, typed_fields, wizard_draft
from pages.ui.shared.phone_preview import bubble
from pages.ui.shared.plain_text import plain
from pages.ui.shared.records import Campaign, RecipientList
from pages.ui.shared.session import _, actor, ngettext, read_once, settings, store
from pages.ui.shared.text_names import text_names
from pages.ui.shared.widgets import Figure, day, local, metric_row, moment, money, number, whole_percent
from pages.ui.text_editor import remarks
from pages.ui.wizard import rules, test_sms
from pages.ui.wizard.cost import each_price
from pages.ui.wizard.stepper import Onward

FORECAST_SECONDS = 10.0  # seconds between looks at what will happen


def show(campaign: Campaign, recipient_list: RecipientList) -> Onward:
    """The step."""
    estimate = wizard_draft.total_estimate(campaign)
    fields = rules.kept_fields(int(campaign.id or 0)) | test_sms.kept_fields()
    typed_fields.restore(int(campaign.id or 0), fields)
    st.header(_("Check before you send"), anchor=False)
    remarks.duplicate_warning(campaign)
    for variant_text, cost in wizard_draft.text_estimates(campaign):
        remarks.before_sending(campaign, variant_text, cost)
    top = st.container()
    left, right = st.columns([5, 6], gap="large")
    with left:
        message = wizard_draft.preview_message(campaign, estimate.dearest[0])
        foot = _("Row {row}, the most expensive message").format(row=number(message.row))
        st.html(bubble(message.text, campaign.sender, foot))
    with right:
        at = _when(campaign)
        # Prices are dated, and birthdays.
        of_steps, estimate = estimate, wizard_draft.total_estimate(campaign, wizard_draft.NOW if at is None else at)
        _summary(campaign, recipient_list, estimate, at)
        readable = rules.show(campaign, _now())
        test_sms.of_row(campaign, of_steps)
    typed_fields.keep(int(campaign.id or 0), fields)
    with top:
        metric_row(
            [
                Figure(_("Recipients"), number(estimate.messages)),
                Figure(_("Total SMS"), number(estimate.parts)),
                Figure(_("Cost"), money(estimate.cost)),
            ]
        )
    blocked = at is not None and at < _now()
    if estimate.messages == 0:
        blocked = True
        has_birthday = audience.day_of(store(), campaign, at) is not None
        sentence = (_("The condition chooses nobody on that day. Choose another time.") if has_birthday
                    else _("At that time everybody is excluded. Choose a later time."))  # fmt: skip
        st.error(sentence, icon=":material/block:")
    elif blocked:
        st.error(_("The start time has already passed. Choose a later one, or start now."), icon=":material/schedule:")
    forecast = _forecast(campaign, at, estimate) if readable and not blocked else None
    if forecast is not None:
        blocked = forecast.outcome is Outcome.TOO_LATE
        with top:
            later.fragment(run_every=FORECAST_SECONDS)(_show_forecast)(campaign, at, estimate, forecast)
    label = forecasts.start_label(forecast, at, estimate.parts, estimate.cost)
    if st.session_state.get("send-asked") == campaign.id and forecast is not None:
        _confirm(campaign, recipient_list, estimate, forecast, at)
    return Onward(
        label,
        ready=not blocked and readable,
        why_not=_("First correct what is marked."),
        key="send-ask",
        icon=forecasts.start_icon(forecast, at),
        on_click=_open_dialog,
        args=(campaign.id,),
    )


def _forecast(campaign: Campaign, at: int | None, estimate: Estimate) -> Forecast:
    """What a start would lead to, for the button and for the sentence of one run."""
    options, messages, cost = rules.sending_options(int(campaign.id or 0), at), estimate.messages, estimate.cost
    return read_once(
        ("forecast", campaign.id, at, messages, cost),
        lambda: forecast_facts.of_start(store(), actor(), settings(), campaign, options, messages, cost),
    )


def _show_forecast(campaign: Campaign, at: int | None, estimate: Estimate, drawn: Forecast) -> None:
    """Say what happens; once that is something else, the page with its button is drawn again."""
    forecast = _forecast(campaign, at, estimate)
    if forecasts.decision(forecast) != forecasts.decision(drawn):
        st.rerun()
    forecasts.box(forecast)


def _summary(campaign: Campaign, recipient_list: RecipientList, estimate: Estimate, at: int | None) -> None:
    mode = _("nowhere: this is the sandbox, nothing leaves this machine")
    where = mode if settings().sandbox else _("real phones, through the account {name}").format(name=settings().login)
    lines = {
        _("Campaign"): campaign.name,
        _("List"): recipient_list.name + (f" ({recipient_list.filename})" if recipient_list.filename else ""),
        _("Sent to"): where,
        _("Sender name"): campaign.sender or _("a short number"),
        _("When"): _("now") if at is None else moment(at),
        **_birthdays(campaign, at),
        _("Price"): each_price(estimate),
    } | _texts(campaign, at)
    st.table({plain(name): plain(value) for name, value in lines.items()}, border="horizontal")


def _birthdays(campaign: Campaign, at: int | None) -> dict[str, str]:
    """The day that birthdays of the condition are counted from."""
    counted_from = audience.day_of(store(), campaign, at)
    if counted_from is None:
        return {}
    noon = datetime.combine(counted_from, time(12), settings().zone)
    return {_("Birthdays counted from"): day(int(noon.timestamp() * 1000))}


def _texts(campaign: Campaign, at: int | None) -> dict[str, str]:
    """Of each of several texts, who gets it: its share in an A/B test, else its recipients, SMS and cost."""
    further = draft_costs.variants_of(campaign)
    if not further:
        return {}
    names = text_names(campaign)
    if not campaign.text_column:
        sentence = _("{share} of the recipients")
        shares = [sentence.format(share=whole_percent(share)) for share in variants.shares(further)]
        return dict(zip(names, shares, strict=True))
    sentence, instant = _("{people} recipients, {parts} SMS, {sum}"), wizard_draft.NOW if at is None else at
    return {
        name: sentence.format(people=number(cost.messages), parts=number(cost.parts), sum=money(cost.cost))
        for name, (_text, cost) in zip(names, wizard_draft.text_estimates(campaign, instant), strict=True)
    }


def _now() -> int:
    return int(datetime.now(settings().zone).timestamp() * 1000)


def _when(campaign: Campaign) -> int | None:
    """The instant to begin at, in UTC ms; None is now. Where only a later day has recipients, it proposes that one."""
    planned = wizard_draft.planned_start(campaign)
    choice = choices.segmented_control(
        _("When"),
        ["now", "later"],
        default="now" if planned is None else "later",
        format_func=lambda code: {"now": _("Now"), "later": _("At a time")}[code],
        key=f"send-when-{campaign.id}",
        required=True,
    )
    if choice == "now":
        return None
    now = local(_now()).replace(tzinfo=None)
    soon = (now + timedelta(hours=1)).replace(minute=0, second=0, microsecond=0)
    if planned is not None:
        soon = local(planned).replace(tzinfo=None)
    chosen = st.datetime_input(
        _("Date and time ({zone})").format(zone=settings().timezone),
        soon,
        min_value=now.replace(hour=0, minute=0, second=0, microsecond=0),
        max_value=now + timedelta(days=365),
        key=f"send-time-{campaign.id}",
        format="DD.MM.YYYY",
    )
    return None if chosen is None else int(chosen.replace(tzinfo=settings().zone).timestamp() * 1000)


# ---------------------------------------------------------------------------------------------------- confirming


def _open_dialog(campaign_id: int) -> None:
    st.session_state["send-asked"] = campaign_id


def _close_dialog() -> None:
    st.session_state.pop("send-asked", None)


def _confirm(
    campaign: Campaign, recipient_list: RecipientList, estimate: Estimate, forecast: Forecast, at: int | None
) -> None:
    asks = forecasts.asks_for_approval(forecast)
    title = _("Ask for approval?") if asks else _("Send it?") if at is None else _("Schedule it?")
    seen = Seen(Draft.of(campaign), price_rules.campaign_price_table(store(), campaign, at))

    @later.dialog(title, icon=f":material/{forecasts.ICONS[forecast.outcome]}:", on_dismiss=_close_dialog)
    def ask() -> None:
        sentence = ngettext("To {n} recipient on the list “{list}”, from {sender}.",
                         "To {n} recipients on the list “{list}”, from {sender}.", estimate.messages)  # fmt: skip
        sender = campaign.sender or _("a short number")
        st.markdown(plain(sentence.format(n=number(estimate.messages), list=recipient_list.name, sender=sender)))
        st.markdown(plain(forecast.words()))
        if not settings().sandbox:
            st.warning(_("These are real phones. Sent messages cannot be recalled."), icon=":material/cell_tower:")
        sum_label = ngettext("Send {n} SMS for {sum}", "Send {n} SMS for {sum}", estimate.parts)
        if asks:
            sum_label = ngettext("Ask for approval of {n} SMS for {sum}", "Ask for approval of {n} SMS for {sum}",
                                 estimate.parts)  # fmt: skip
        elif at is not None:
            sum_label = ngettext("Schedule {n} SMS for {sum}", "Schedule {n} SMS for {sum}", estimate.parts)
        if st.button(
            sum_label.format(n=number(estimate.parts), sum=money(estimate.cost)),
            key="send-really",
            type="primary",
            width="stretch",
            on_click=_start,
            args=(campaign.id, at, seen),
        ):
            st.rerun()
        if st.button(_("Go back"), key="send-not-yet", width="stretch", on_click=_close_dialog):
            st.rerun()

    ask()


def _start(campaign_id: int, at: int | None, seen: Seen) -> None:
    """Start what the dialog showed: a draft that was changed meanwhile is shown again."""
    _close_dialog()

    def work() -> None:
        options = rules.sending_options(campaign_id, at)
        campaigns.start(store(), actor(), campaign_id, sending=options, settings=settings(), seen=seen)

    if wizard_draft.attempt(work):
        st.session_state["wizard-started"] = campaign_id
