"""Remarks about a text before it is sent, with their place, and a warning about a text sent twice."""

from typing import Literal

import streamlit as st

from getsms_core.campaigns import duplicates
from getsms_core.messages import lint
from getsms_core.messages.estimate import Estimate
from getsms_core.messages.lint import Remark
from pages.ui.shared import wizard_draft
from pages.ui.shared.plain_text import plain
from pages.ui.shared.records import Campaign
from pages.ui.shared.session import _, settings, store
from pages.ui.shared.widgets import count_words, moment, number
from pages.ui.text_editor import empty_texts

SERIOUS = frozenset({"broken-link", "no-opt-out", "mixed-letters", "short-link", "not-a-field"})
CONTEXT_CHARACTERS = 18
ICONS = {
    "broken-link": "link_off",
    "short-link": "link",
    "mixed-letters": "abc",
    "no-opt-out": "unsubscribe",
    "double-space": "space_bar",
    "edge-space": "space_bar",
    "too-many-parts": "stacks",
    "not-a-field": "data_object",
}


def show(campaign: Campaign, text: str) -> None:
    """The remarks about a text; none where there is nothing to say."""
    for remark in sorted(_remarks(campaign, text), key=lambda item: item.code not in SERIOUS):
        sentence = plain(remark.message) + _place(text, remark)
        icon = f":material/{ICONS.get(remark.code, 'info')}:"
        if remark.code in SERIOUS:
            st.warning(sentence, icon=icon)
        else:
            st.caption(f"{icon} {sentence}")
    duplicate_warning(campaign, text)


def before_sending(campaign: Campaign, text: str, estimate: Estimate) -> None:
    """Once more, before it is sent: only what would do harm."""
    empty_fields(campaign, estimate)
    for remark in _remarks(campaign, text):
        if remark.code in SERIOUS:
            st.warning(plain(remark.message) + _place(text, remark), icon=f":material/{ICONS[remark.code]}:")


def empty_fields(campaign: Campaign, estimate: Estimate) -> None:
    """The rows that get no message, and the merge fields without a default that are empty in some row: in how many, and
    the first of them."""
    empty_texts.of_text(campaign, estimate)
    rows = wizard_draft.recipients(campaign)["row"]
    for name, empty in estimate.empty.items():
        shown = ", ".join(number(rows[position].as_py()) for position in empty.rows)
        ellipsis = " …" if empty.count > len(empty.rows) else ""
        st.warning(
            count_words(
                "{field} is empty in {n} row ({rows}). Say what to write there, for example {example}.",
                "{field} is empty in {n} rows ({rows}). Say what to write there, for example {example}.",
                empty.count,
                field="`{" + name + "}`",
                rows=shown + ellipsis,
                example="`{" + name + "|…}`",
            ),
            icon=":material/person_off:",
        )


def _remarks(campaign: Campaign, text: str) -> list[Remark]:
    category: Literal["advertising", "service"] = "advertising" if campaign.category == "advertising" else "service"
    columns = wizard_draft.columns(int(campaign.list_id or 0))
    hint = settings().opt_out_hint or None
    return lint.check(text, category=category, opt_out_hint=hint, columns=columns)


def duplicate_warning(campaign: Campaign, text: str | None = None) -> None:
    """Says so where the same text went, or is to go, to the same list a day or two ago."""
    same = duplicates.find_duplicate(store(), campaign, text)
    if same is None:
        return
    sentence = _("The same text to the same list: {name}, {when}. Do they need it twice?")
    when = moment(same.started_at or same.scheduled_at or same.created_at)
    with st.container(key="repeated"):
        st.warning(sentence.format(name=f"**{plain(same.name)}**", when=when), icon=":material/content_copy:")
        st.page_link("campaigns.py", label=_("View"), icon=":material/campaign:", query_params={"id": str(same.id)})


def _place(text: str, remark: Remark) -> str:
    """The surroundings of the place, so that one need not count characters."""
    if remark.position is None or remark.code == "edge-space":
        return ""
    start, end = max(0, remark.position - CONTEXT_CHARACTERS), remark.position + CONTEXT_CHARACTERS
    shown = " ".join(text[start:end].replace("  ", "␣␣").split())
    return f" :gray[{'…' if start else ''}{plain(shown)}{'…' if end < len(text) else ''}]"
