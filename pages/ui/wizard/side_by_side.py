"""Several texts side by side before they are sent: who gets each, what it costs, what to look at, and a test of it."""

import streamlit as st

from getsms_core.campaigns import draft_costs
from getsms_core.messages.estimate import Estimate
from pages.ui.shared import wizard_draft
from pages.ui.shared.phone_preview import bubble
from pages.ui.shared.plain_text import plain
from pages.ui.shared.records import Campaign
from pages.ui.shared.session import _, ngettext
from pages.ui.shared.text_names import text_names
from pages.ui.shared.widgets import money, number, percent
from pages.ui.text_editor import remarks
from pages.ui.wizard import test_sms

MOST_BESIDE = 3
"""Texts in one row; on a phone they are below each other."""


def show(campaign: Campaign) -> None:
    """All texts of a draft; nothing where it has one."""
    if not draft_costs.variants_of(campaign):
        return
    names, texts = text_names(campaign), wizard_draft.text_estimates(campaign)
    total = sum(cost.messages for _text, cost in texts)
    test_sms.numbers_box(campaign)
    beside = MOST_BESIDE if len(texts) % MOST_BESIDE == 0 or len(texts) > 4 else 2
    for first in range(0, len(texts), beside):
        for place, i in zip(st.columns(beside), range(first, min(first + beside, len(texts))), strict=False):
            with place, st.container(border=True, key=f"text-beside-{i}"):
                _text(campaign, i, names[i], total, *texts[i])


def _text(campaign: Campaign, i: int, name: str, total: int, text: str, cost: Estimate) -> None:
    st.markdown(f"**{plain(name)}**")
    if not cost.messages:
        st.html(bubble(text, campaign.sender, _("The text, before the names are filled in")))
        st.caption(_("Nobody on the list gets this text."))
        return
    position = cost.dearest[0]
    message = wizard_draft.preview_message(campaign, position)
    st.html(
        bubble(message.text, campaign.sender, _("To {phone}, row {row}").format(phone=message.phone, row=message.row))
    )
    sentence = ngettext("{n} recipient, {share} of all", "{n} recipients, {share} of all", cost.messages)
    st.markdown(sentence.format(n=f"**{number(cost.messages)}**", share=percent(cost.messages / total)))
    parts = ngettext("{n} SMS for {sum}", "{n} SMS for {sum}", cost.parts)
    parts_each = _("at most {n} SMS per recipient").format(n=number(cost.max_parts))
    st.markdown(f"{parts.format(n=number(cost.parts), sum=money(cost.cost))} · {parts_each}")
    remarks.before_sending(campaign, text, cost)
    test_sms.of_text(campaign, i, name, position)
