"""What a person would thank for being told before a text leaves: remarks with their place, and a text sent twice."""

from typing import Literal

import streamlit as st

from getsms_core import repeats, textchecks
from getsms_core.store.models import Campaign
from getsms_core.textchecks import Remark
from pages.ui.bubble import plain
from pages.ui.session import _, settings, store
from pages.ui.widgets import moment

GRAVE = frozenset({"broken-link", "no-opt-out", "mixed-letters", "short-link"})
AROUND = 18
ICONS = {
    "broken-link": "link_off",
    "short-link": "link",
    "mixed-letters": "abc",
    "no-opt-out": "unsubscribe",
    "double-space": "space_bar",
    "edge-space": "space_bar",
    "too-many-parts": "stacks",
}


def show(campaign: Campaign, text: str) -> None:
    """The remarks about a text; none where there is nothing to say."""
    category: Literal["advertising", "service"] = "advertising" if campaign.category == "advertising" else "service"
    found = textchecks.check(text, category=category, opt_out_hint=settings().opt_out_hint or None)
    for remark in sorted(found, key=lambda one: one.code not in GRAVE):
        said = plain(remark.message) + _place(text, remark)
        icon = f":material/{ICONS.get(remark.code, 'info')}:"
        if remark.code in GRAVE:
            st.warning(said, icon=icon)
        else:
            st.caption(f"{icon} {said}")
    again(campaign, text)


def again(campaign: Campaign, text: str | None = None) -> None:
    """Says so where the same text went, or is to go, to the same list a day or two ago."""
    same = repeats.same_as(store(), campaign, text)
    if same is None:
        return
    words = _("The same text to the same list: {name}, {when}. Do they need it twice?")
    when = moment(same.started_at or same.scheduled_at or same.created_at)
    with st.container(key="repeated"):
        st.warning(words.format(name=f"**{plain(same.name)}**", when=when), icon=":material/content_copy:")
        st.page_link(
            "campaigns.py", label=_("Look at it"), icon=":material/campaign:", query_params={"id": str(same.id)}
        )


def _place(text: str, remark: Remark) -> str:
    """The surroundings of the place, so that one need not count characters."""
    if remark.position is None or remark.code == "edge-space":
        return ""
    start, end = max(0, remark.position - AROUND), remark.position + AROUND
    shown = " ".join(text[start:end].replace("  ", "␣␣").split())
    return f" :gray[{'…' if start else ''}{plain(shown)}{'…' if end < len(text) else ''}]"
