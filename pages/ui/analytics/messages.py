"""The view Messages of Analytics: the messages behind a mark of a chart, or all of the filter."""

from collections.abc import Iterator, Sequence

import streamlit as st
from babel.dates import get_day_names

from getsms_core import reports
from getsms_core.base.errors import DomainError
from getsms_core.reports import Filter, MessageRow, Slice, listings
from pages.ui.analytics.breakdowns import part_in_words
from pages.ui.campaign.messages import kinds_of_messages, message_rows, show_receipts
from pages.ui.shared import choices, url_state
from pages.ui.shared.analytics_targets import STATE_LABELS, TABLE, forget_slice
from pages.ui.shared.plain_text import plain
from pages.ui.shared.session import _, actor, settings, store
from pages.ui.shared.table_formats import of_rows
from pages.ui.shared.widgets import chosen_row, count_words, locale, moment, number, pager

ALL = "all"
"""The state of a slice that has none."""


def show(question: Filter) -> None:
    """Show the messages of the filter and of the slice in the address."""
    url_state.choice(
        choices.selectbox,
        _("State"),
        [ALL, *reports.SLICE_STATES],
        "state",
        lambda code: _("all") if code == ALL else _(STATE_LABELS[code]),
        width=260,
    )
    try:
        wanted = Slice.from_query({name: st.query_params.get_all(name) for name in TABLE})
        behind = reports.count_slice(store(), actor(), question, settings().zone, wanted)
    except DomainError as refusal:
        st.error(plain(refusal.message), icon=":material/link_off:")
        st.button(_("Show all messages of the filter"), key="slice-all", on_click=forget_slice)
        return
    _show_slice(wanted)
    words = count_words("{n} message", "{n} messages", behind.messages)
    st.markdown(f"**{words}**")
    if behind.erased:
        st.caption(
            count_words(
                "{n} of them is not listed: the reasons of its campaign were erased.",
                "{n} of them are not listed: the reasons of their campaigns were erased.",
                behind.erased,
            )
        )
    pager(
        "slice-messages",
        lambda after, limit: reports.slice_page(store(), actor(), question, settings().zone, wanted, after, limit),
        lambda row: row.id,
        _table,
        size=50,
        total=behind.messages - behind.erased,
        question=(question, wanted),
    )


def _show_slice(wanted: Slice) -> None:
    """Show in words what the address narrows the messages to, with a button that ends it."""
    sentences = [plain(sentence) for sentence in _in_words(wanted)]
    if not sentences:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(":material/filter_alt: " + " · ".join(sentences), width="content")
        st.button(_("Show all messages of the filter"), key="slice-all", on_click=forget_slice, type="tertiary")


def _in_words(wanted: Slice) -> Iterator[str]:
    if wanted.sent:
        first, end = (moment(at, seconds=at % 60_000 > 0) for at in wanted.sent)
        yield _("Sent from {first} until {end}").format(first=first, end=end)
    if wanted.weekday is not None:
        yield str(get_day_names("wide", locale=locale())[wanted.weekday]).capitalize()
    if wanted.hour is not None:
        yield f"{wanted.hour:02d}:00–{wanted.hour:02d}:59"
    if wanted.delay:
        first, last = (number(round(seconds, 1)) for seconds in reports.seconds_of_delay(wanted.delay))
        yield _("Delivered in {first} to {last} s").format(first=first, last=last)
    if wanted.reasons:
        yield ", ".join(reports.words_of_reason(code) for code in wanted.reasons)
    if wanted.by:
        yield part_in_words(wanted.by, wanted.value)


def _table(rows: Sequence[MessageRow]) -> None:
    if not rows:
        st.info(_("No messages match. Change the filters."), icon=":material/search_off:")
        return
    names = listings.names(store(), sorted({reports.campaign_of(row.id) for row in rows}))
    shown = [
        {_("Campaign"): names.get(reports.campaign_of(row.id), "")} | cells
        for row, cells in zip(rows, message_rows(rows), strict=True)
    ]
    table = of_rows(shown, kinds_of_messages())
    row = chosen_row(table, rows, key="slice-table", alt=_("Messages of the filter"))
    if row is None:
        st.caption(_("Choose a row to read its receipts."))
        return
    show_receipts(row)
    if st.button(_("Open the campaign"), key="slice-campaign", icon=":material/campaign:"):
        st.switch_page("campaigns.py", query_params={"id": str(reports.campaign_of(row.id)), "view": "messages"})
