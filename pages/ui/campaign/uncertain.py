"""The uncertain messages of a campaign and the three ways to resolve them; sending again asks for confirmation."""

from collections.abc import Sequence

import streamlit as st

from getsms_core import reports
from getsms_core.base.errors import DomainError
from getsms_core.base.permissions import Permission
from getsms_core.delivery import Resolution, check_resend, resolve
from getsms_core.reports import MessageRow
from pages.ui.campaign import support_answer
from pages.ui.campaign.messages import kinds_of_messages, message_rows
from pages.ui.shared import later
from pages.ui.shared.plain_text import plain
from pages.ui.shared.records import Campaign
from pages.ui.shared.session import _, actor, ngettext, settings, store
from pages.ui.shared.table_formats import of_rows
from pages.ui.shared.widgets import count_words, money, number, pager

DIALOG_KEY = "uncertain-asked"


def show(campaign: Campaign, count: int) -> None:
    """Show the uncertain messages and the ways to resolve them."""
    campaign_id = int(campaign.id or 0)
    if not count:
        st.success(_("Nothing is uncertain."), icon=":material/check_circle:")
        return
    st.markdown(
        _(
            "The gateway's answer for these messages was lost: they may or may not have reached the phones. "
            "The program never resends them automatically. Ask the gateway or check one of the recipients' "
            "phones, then choose what happened."
        )
    )
    chosen: list[MessageRow] = []
    pager(
        f"uncertain-{campaign_id}",
        lambda after, limit: reports.uncertain_page(store(), actor(), campaign_id, after, limit),
        lambda row: row.id,
        lambda rows: chosen.extend(_table(rows)),
        size=50,
        question=campaign_id,
    )
    if actor().may(Permission.CAMPAIGN):
        _resolution_buttons(campaign, count, chosen)
        support_answer.show(campaign, _resend_refusal(campaign_id))


def _table(rows: Sequence[MessageRow]) -> list[MessageRow]:
    selection = st.dataframe(
        of_rows(message_rows(rows), kinds_of_messages()),
        hide_index=True,
        placeholder="–",
        on_select="rerun",
        selection_mode="multi-row",
        key="uncertain-table",
        alt=_("Uncertain messages"),
    )
    return [rows[position] for position in selection["selection"]["rows"] if position < len(rows)]


def _resolution_buttons(campaign: Campaign, count: int, chosen: list[MessageRow]) -> None:
    n = len(chosen) or count
    if chosen:
        question = ngettext("What became of the {n} that you chose?", "What became of the {n} that you chose?", n)
    else:
        question = ngettext("What became of it?", "What became of all {n}?", n)
    st.markdown(f"**{question.format(n=number(n))}**")
    ids = [row.id for row in chosen]
    labels = {
        Resolution.SENT: (_("Count as sent"), ":material/done:"),
        Resolution.NOT_SENT: (_("Count as not sent"), ":material/close:"),
        Resolution.AGAIN: (_("Send again …"), ":material/replay:"),
    }
    no_again = _resend_refusal(int(campaign.id or 0))
    with st.container(horizontal=True):
        for resolution, (label, icon) in labels.items():
            st.button(
                label,
                key=f"uncertain-{resolution.value}",
                icon=icon,
                disabled=resolution is Resolution.AGAIN and bool(no_again),
                on_click=_open_dialog,
                args=(campaign.id, resolution.value, ids),
            )
    st.caption(
        _("“Sent”: they are not sent again and no receipt is expected. “Not sent”: they are cancelled. "
          "“Again”: some recipients may get the message twice.")
    )  # fmt: skip
    if no_again:
        st.caption(plain(no_again))
    open_dialog = st.session_state.get(DIALOG_KEY)
    if open_dialog and open_dialog[0] == campaign.id:
        _confirm(campaign, Resolution(open_dialog[1]), open_dialog[2], count)


def _resend_refusal(campaign_id: int) -> str:
    """Return why no message of this campaign can be sent again; "" if it can."""
    try:
        check_resend(store(), campaign_id, settings())
    except DomainError as refusal:
        return refusal.message
    return ""


def _open_dialog(campaign_id: int, resolution: str, ids: list[int]) -> None:
    st.session_state[DIALOG_KEY] = (campaign_id, resolution, ids)


def _close_dialog() -> None:
    st.session_state.pop(DIALOG_KEY, None)


def _confirm(campaign: Campaign, resolution: Resolution, ids: list[int], count: int) -> None:
    n = len(ids) or count
    titles = {
        Resolution.SENT: _("Count as sent?"),
        Resolution.NOT_SENT: _("Count as not sent?"),
        Resolution.AGAIN: _("Send them again?"),
    }
    texts = {
        Resolution.SENT: ngettext("{n} message will count as sent.", "{n} messages will count as sent.", n),
        Resolution.NOT_SENT: ngettext(
            "{n} message will count as not sent. It is never sent by this campaign.",
            "{n} messages will count as not sent. They are never sent by this campaign.",
            n,
        ),
        Resolution.AGAIN: ngettext(
            "{n} message will be sent once more, for {sum}. If the first one did arrive, that person gets it twice.",
            "{n} messages will be sent once more, for {sum}. Those whose first one did arrive get it twice.",
            n,
        ),
    }
    cost = money(reports.uncertain_cost(store(), int(campaign.id or 0), ids))

    @later.dialog(titles[resolution], icon=":material/help:", on_dismiss=_close_dialog)
    def ask() -> None:
        st.markdown(texts[resolution].format(n=number(n), sum=cost))
        sure = True
        if resolution is Resolution.AGAIN:
            sure = st.checkbox(_("I understand that some recipients may get it twice."), key="uncertain-sure")
        label = {
            Resolution.SENT: ngettext("Count {n} as sent", "Count {n} as sent", n),
            Resolution.NOT_SENT: ngettext("Count {n} as not sent", "Count {n} as not sent", n),
            Resolution.AGAIN: ngettext("Send {n} again for {sum}", "Send {n} again for {sum}", n),
        }[resolution]
        if st.button(
            label.format(n=number(n), sum=cost),
            key="uncertain-really",
            type="primary",
            width="stretch",
            disabled=not sure,
            on_click=_resolve,
            args=(campaign.id, resolution.value, ids),
        ):
            st.rerun()
        if st.button(_("Go back"), key="uncertain-not-yet", width="stretch", on_click=_close_dialog):
            st.rerun()

    ask()


def _resolve(campaign_id: int, resolution: str, ids: list[int]) -> None:
    _close_dialog()
    if resolution == Resolution.AGAIN.value and not st.session_state.get("uncertain-sure"):
        return  # the button is disabled without it; this is for those who send a click by hand
    try:
        resolved_count = resolve(
            store(),
            actor(),
            campaign_id,
            Resolution(resolution),
            message_ids=ids or None,
            settings=settings(),
        )
    except DomainError as refusal:
        st.session_state["campaign-error"] = refusal.message
        return
    sentence = count_words("{n} message is settled.", "{n} messages are settled.", resolved_count)
    st.session_state["campaign-success"] = sentence
