"""What is known of a number: messages, lists and its opt-out."""

import streamlit as st

from getsms_core.base.kinds import OPT_OUT_SCOPES
from getsms_core.base.permissions import Permission
from getsms_core.base.states import MessageState
from getsms_core.reports.number_history import NumberHistory, NumberMessage
from pages.ui.campaign import messages
from pages.ui.contacts.optouts import source_label
from pages.ui.shared import state_legend
from pages.ui.shared.plain_text import plain
from pages.ui.shared.session import _, actor
from pages.ui.shared.table_formats import of_rows
from pages.ui.shared.widgets import Figure, chosen_row, count_words, day, metric_row, money, number


def show(found: NumberHistory) -> None:
    """Show all of it."""
    st.subheader(plain(found.phone), anchor=False)
    if found.erasing:
        st.info(
            _(
                "This number is being erased. What belongs to a campaign that has not ended, or waits for a receipt, "
                "is erased when that has ended."
            ),
            icon=":material/auto_delete:",
        )
    _opt_out(found)
    if not found.messages and not found.lists:
        st.info(_("No message was made for this number, and no list holds it."), icon=":material/search_off:")
        return
    sent = [
        campaign_message.message for campaign_message in found.messages if campaign_message.message.left_at is not None
    ]
    delivered = sum(message.state == MessageState.DELIVERED for message in sent)
    cost = money(sum(message.price for message in sent))
    metric_row(
        [
            Figure(_("Messages"), number(len(found.messages))),
            Figure(_("Sent"), number(len(sent))),
            Figure(_("Delivered"), number(delivered)),
            Figure(_("Cost"), cost, help=_("Of the sent messages, by the price list.")),
        ]
    )
    _messages(found)
    _lists(found)


def _opt_out(found: NumberHistory) -> None:
    if found.opt_out is None:
        st.caption(f":material/check: {_('It is not opted out.')}")
        return
    facts = [
        _("Opted out of: {scope}").format(scope=_(OPT_OUT_SCOPES[found.opt_out.scope])),
        _("source: {source}").format(source=plain(source_label(found.opt_out.source))),
        plain(found.opt_out.reason),
        _("since {day}, by {name}").format(day=day(found.opt_out.created_at), name=plain(found.opt_out.created_by)),
    ]
    st.warning(" · ".join(filter(None, facts)), icon=":material/person_off:")


def _messages(found: NumberHistory) -> None:
    st.markdown("**" + _("Messages") + "**")
    if not found.messages:
        st.caption(_("No message was made for this number."))
        return
    table = messages.message_rows([campaign_message.message for campaign_message in found.messages])
    for row in table:
        del row[_("Row")], row[_("Number")]
    rows = [
        {_("Campaign"): _campaign(campaign_message)} | row
        for row, campaign_message in zip(table, found.messages, strict=True)
    ]
    chosen = chosen_row(
        of_rows(rows, messages.kinds_of_messages()),
        found.messages,
        key="number-messages",
        alt=_("Messages to this number"),
    )
    state_legend.below_messages()
    if chosen is None:
        st.caption(_("Choose a row to read its receipts."))
        return
    messages.show_receipts(chosen.message, with_link=False)
    st.page_link(
        "campaigns.py",
        label=plain(_campaign(chosen)),
        icon=":material/campaign:",
        query_params={"id": str(chosen.campaign_id)},
    )


def _campaign(one: NumberMessage) -> str:
    name = f"{one.campaign} ({one.campaign_id})"
    return f"{name} · {_('Test')}" if one.is_test else name


def _lists(found: NumberHistory) -> None:
    st.markdown("**" + _("Lists") + "**")
    if not found.lists:
        st.caption(_("No list holds it."))
    may_open = actor().may(Permission.LISTS)
    for list_id, name, rows in found.lists:
        label = f"{plain(name)} ({list_id})"
        if rows > 1:
            label += " · " + count_words("{n} row", "{n} rows", rows)
        if may_open:
            st.page_link("lists.py", label=label, icon=":material/contacts:", query_params={"list": str(list_id)})
        else:
            st.caption(f":material/contacts: {label}")
