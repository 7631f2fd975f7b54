"""Step 5, send: the summary to check against what was meant, a test to oneself, and the one confirmation."""

from datetime import datetime, timedelta

import streamlit as st

from getsms_core.base.permissions import Permission
from getsms_core.campaigns import approval, draft_costs, test_send
from getsms_core.campaigns import service as campaigns
from getsms_core.messages import variants
from getsms_core.messages.estimate import Estimate
from pages.ui.shared import choices, later, wizard_draft
from pages.ui.shared.phone_preview import bubble
from pages.ui.shared.plain_text import plain
from pages.ui.shared.records import Campaign, RecipientList
from pages.ui.shared.session import _, actor, ngettext, settings, store
from pages.ui.shared.text_names import text_names
from pages.ui.shared.widgets import Figure, local, metric_row, moment, money, number
from pages.ui.text_editor import remarks, row_picker
from pages.ui.wizard import rules
from pages.ui.wizard.cost import each_price
from pages.ui.wizard.stepper import Onward

TEST_REFRESH_SECONDS = 2.0  # seconds between looks at a test that is under way


def show(campaign: Campaign, recipient_list: RecipientList) -> Onward:
    """The step."""
    estimate = wizard_draft.total_estimate(campaign)
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
        estimate = wizard_draft.total_estimate(campaign, at)  # prices are dated
        _summary(campaign, recipient_list, estimate, at)
        readable = rules.show(campaign, _now())
        _test(campaign, estimate)
    with top:
        metric_row(
            [
                Figure(_("Recipients"), number(estimate.messages)),
                Figure(_("Total SMS"), number(estimate.parts)),
                Figure(_("Cost"), money(estimate.cost)),
            ]
        )
    if _needs_approval(campaign, estimate):
        st.info(_("A campaign of this size must be approved by a manager or an administrator before it is sent."),
                icon=":material/approval:")  # fmt: skip
    blocked = at is not None and at < _now()
    if blocked:
        st.error(_("The start time has already passed. Choose a later one, or start now."), icon=":material/schedule:")
    if st.session_state.get("send-asked") == campaign.id and readable:
        _confirm(campaign, recipient_list, estimate, at)
    return Onward(
        _("Send …") if at is None else _("Schedule …"),
        ready=not blocked and readable,
        why_not=_("First correct what is marked."),
        key="send-ask",
        icon=":material/send:",
        on_click=_open_dialog,
        args=(campaign.id,),
    )


def _needs_approval(campaign: Campaign, estimate: Estimate) -> bool:
    return approval.needs_approval(store(), actor(), campaign, estimate.messages, estimate.cost)


def _summary(campaign: Campaign, recipient_list: RecipientList, estimate: Estimate, at: int | None) -> None:
    mode = _("nowhere: this is the sandbox, nothing leaves this machine")
    where = mode if settings().sandbox else _("real phones, through the account {name}").format(name=settings().login)
    lines = {
        _("Campaign"): campaign.name,
        _("List"): f"{recipient_list.name} ({recipient_list.filename})",
        _("Sent to"): where,
        _("Sender name"): campaign.sender or _("a short number"),
        _("When"): _("now") if at is None else moment(at),
        _("Price"): each_price(estimate),
    } | _texts(campaign, at)
    st.table({plain(name): plain(value) for name, value in lines.items()}, border="horizontal")


def _texts(campaign: Campaign, at: int | None) -> dict[str, str]:
    """Of each of several texts, who gets it: its share in an A/B test, else its recipients, SMS and cost."""
    further = draft_costs.variants_of(campaign)
    if not further:
        return {}
    names = text_names(campaign)
    if not campaign.text_column:
        sentence = _("{share} % of the recipients")
        shares = [sentence.format(share=share) for share in variants.shares(further)]
        return dict(zip(names, shares, strict=True))
    sentence = _("{people} recipients, {parts} SMS, {sum}")
    return {
        name: sentence.format(people=number(cost.messages), parts=number(cost.parts), sum=money(cost.cost))
        for name, (_text, cost) in zip(names, wizard_draft.text_estimates(campaign, at), strict=True)
    }


def _now() -> int:
    return int(datetime.now(settings().zone).timestamp() * 1000)


def _when(campaign: Campaign) -> int | None:
    """The instant to begin at, in UTC ms; None is now."""
    choice = choices.segmented_control(
        _("When"),
        ["now", "later"],
        default="now",
        format_func=lambda code: {"now": _("Now"), "later": _("At a time")}[code],
        key=f"send-when-{campaign.id}",
        required=True,
    )
    if choice == "now":
        return None
    now = local(_now()).replace(tzinfo=None)
    soon = (now + timedelta(hours=1)).replace(minute=0, second=0, microsecond=0)
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


def _confirm(campaign: Campaign, recipient_list: RecipientList, estimate: Estimate, at: int | None) -> None:
    @later.dialog(_("Send it?"), icon=":material/send:", on_dismiss=_close_dialog)
    def ask() -> None:
        sentence = ngettext("To {n} recipient on the list “{list}”, from {sender}.",
                         "To {n} recipients on the list “{list}”, from {sender}.", estimate.messages)  # fmt: skip
        sender = campaign.sender or _("a short number")
        st.markdown(plain(sentence.format(n=number(estimate.messages), list=recipient_list.name, sender=sender)))
        if at is not None:
            st.markdown(_("It begins at {time}.").format(time=moment(at)))
        if not settings().sandbox:
            st.warning(_("These are real phones. Sent messages cannot be recalled."), icon=":material/cell_tower:")
        label = ngettext("Send {n} SMS for {sum}", "Send {n} SMS for {sum}", estimate.parts)
        if at is not None:
            label = ngettext("Schedule {n} SMS for {sum}", "Schedule {n} SMS for {sum}", estimate.parts)
        if st.button(
            label.format(n=number(estimate.parts), sum=money(estimate.cost)),
            key="send-really",
            type="primary",
            width="stretch",
            on_click=_start,
            args=(campaign.id, at),
        ):
            st.rerun()
        if st.button(_("Go back"), key="send-not-yet", width="stretch", on_click=_close_dialog):
            st.rerun()

    ask()


def _start(campaign_id: int, at: int | None) -> None:
    _close_dialog()
    if wizard_draft.attempt(
        lambda: campaigns.start(
            store(), actor(), campaign_id, sending=rules.sending_options(campaign_id, at), settings=settings()
        )
    ):
        st.session_state["wizard-started"] = campaign_id


# ---------------------------------------------------------------------------------------------------------- test


def _test(campaign: Campaign, estimate: Estimate) -> None:
    if not actor().may(Permission.CAMPAIGN):
        return
    with st.container(border=True):
        st.markdown("**" + _("First a test to your own phone") + "**")
        with st.container(horizontal=True, vertical_alignment="bottom"):
            st.text_input(
                _("Your number"),
                key="test-phone",
                placeholder="90 123 45 67",
                help=_("Up to {most} numbers, separated by commas.").format(most=test_send.MAX_NUMBERS),
                persist_state="session",
            )
            position = _row_of_text(campaign)
            row_picker.choose(campaign, estimate.dearest[0] if position is None else position)
            st.button(
                _("Send the test"), key="test-send", icon=":material/smartphone:", on_click=_send_test,
                args=(campaign.id,),
            )  # fmt: skip
        last_test = st.session_state.get("test-sent")
        if last_test and last_test[0] == campaign.id:
            later.fragment(run_every=TEST_REFRESH_SECONDS)(_test_status)(last_test[1])


def _row_of_text(campaign: Campaign) -> int | None:
    """With texts by column, the text to test is chosen here; returns the position of the first recipient who gets it,
    None where none is chosen."""
    if not (campaign.text_column and campaign.variants):
        return None
    names, first = text_names(campaign), wizard_draft.first_positions(campaign)
    text = choices.selectbox(
        _("Text"),
        sorted(first),
        index=None,
        placeholder=_("That of the row"),
        format_func=lambda text: names[text],
        key=row_picker.text_key(campaign),
    )
    return first.get(text)


def _test_status(test_id: int) -> None:
    """How far the test is; looks again by itself."""
    test = campaigns.figures(store(), test_id)
    if test.delivered:
        sentence = _("The test arrived.")
    elif test.unsent or not test.total:
        sentence = _("The test is on its way.")
    elif test.sent:
        sentence = _("The test was sent; its receipt has not come yet.")
    else:
        sentence = _("The test did not arrive.")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(sentence, width="content")
        st.page_link("campaigns.py", label=_("The test campaign"), query_params={"id": str(test_id)})


def _send_test(campaign_id: int) -> None:
    def work() -> None:
        phones = test_send.parse_numbers(st.session_state.get("test-phone", ""))
        campaign = campaigns.get(store(), campaign_id)
        row, at, values = row_picker.values(campaign)
        text = wizard_draft.text_at(campaign, at)
        same = (campaign_id, text, f"{row}: {phones}")
        last = st.session_state.get("test-sent")
        if last and (last[0], last[2], last[3]) == same and campaigns.figures(store(), last[1]).unsent:
            return  # a second click while the first is on its way
        wizard_draft.total_estimate(campaign)  # refuses a text that the list cannot serve
        test_id = test_send.send(store(), actor(), settings(), campaign_id, phones, values, text)
        st.session_state["test-sent"] = (campaign_id, test_id, text, same[2])

    wizard_draft.attempt(work)
