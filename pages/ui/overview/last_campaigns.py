"""The last campaigns: a table in which a name opens its campaign.

It is HTML: Streamlit's table of six rows took a fifth of the browser's CPU for this page, and a new browser loaded
1.7 MB of scripts for it.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from html import escape

import streamlit as st

from getsms_core.base.states import Figures
from getsms_core.reports import listings
from pages.ui.shared import live
from pages.ui.shared.records import Campaign
from pages.ui.shared.session import _
from pages.ui.shared.widgets import moment, money, number, percent, state_label

MOST = 6
SHARED_SECONDS = 2.0
_NUMBER = " class='number'"


def show() -> None:
    """Show the newest campaigns that are neither drafts nor in the archive, with a button that leads to all."""
    last = partial(listings.campaigns, drafts=False, archived=False, limit=MOST)
    rows = live.read("last-campaigns", last, SHARED_SECONDS)
    if not rows:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.header(_("Last campaigns"), anchor=False, width="stretch")
        if st.button(_("All campaigns"), key="overview-all", type="tertiary", icon=":material/campaign:"):
            st.switch_page("campaigns.py")
    st.html(_table(rows))


def _table(rows: Sequence[tuple[Campaign, Figures]]) -> str:
    """Return the table; on a phone, where each row is a block, its cells name their columns."""
    headings = (_("State"), _("Started"), _("Sent"), _("Delivery rate"), _("Cost"))
    classes = ("", "", _NUMBER, _NUMBER, _NUMBER)
    head = "".join(f"<th scope='col'{kind}>{escape(text)}</th>" for text, kind in zip(headings, classes, strict=True))
    body = []
    for campaign, figures in rows:
        name = f"<a class='in-app' href='/campaigns?id={campaign.id}' target='_self'>{escape(campaign.name)}</a>"
        cells = "".join(
            f"<td{kind} data-heading='{escape(heading, quote=True)}'>{escape(text)}</td>"
            for text, heading, kind in zip(_cells(campaign, figures), headings, classes, strict=True)
        )
        body.append(f"<tr><th scope='row'>{name}</th>{cells}</tr>")
    first = f"<th scope='col'>{escape(_('Campaign'))}</th>"
    label = escape(_("Last campaigns"), quote=True)
    table = f"<thead><tr>{first}{head}</tr></thead><tbody>{''.join(body)}</tbody>"
    return f"<table class='last-campaigns' aria-label='{label}'>{table}</table>"


def _cells(campaign: Campaign, figures: Figures) -> Iterator[str]:
    yield state_label(campaign.state)
    yield moment(campaign.started_at or campaign.scheduled_at or campaign.created_at)
    yield number(figures.sent)
    yield percent(figures.rate)
    yield money(campaign.cost)
