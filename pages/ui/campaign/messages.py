"""The messages of a campaign with filters, the receipts of one, and the log of its chunks."""

import re
from collections.abc import Collection, Mapping, Sequence
from functools import partial

import streamlit as st

from getsms_core import phone, reports
from getsms_core.base.errors import DomainError
from getsms_core.base.failure_reasons import remark_in_words
from getsms_core.base.i18n import N_, set_language
from getsms_core.base.states import COUNTED, MessageState, status_in_words
from getsms_core.gateway import short_reason
from getsms_core.reports import OUTCOME_LABELS, ChunkRow, MessageRow, message_columns
from pages.ui.campaign import file_choice
from pages.ui.shared import choices, file_columns, number_link, state_legend, url_state
from pages.ui.shared.plain_text import plain
from pages.ui.shared.remembered_filters import say_invalid
from pages.ui.shared.session import _, actor, language, store
from pages.ui.shared.table_formats import MONEY, SECOND, Kind, of_rows
from pages.ui.shared.widgets import (
    chosen_row,
    duration,
    moment,
    number,
    pager,
    state_label,
    state_markdown,
)

ALL = "all"
STATES = [*(state.value for state in MessageState), "waiting", COUNTED]
"""The states of the filter; the last two are the two sorts of accepted messages, as charts show them."""
LATEST_MS = 250_000_000_000_000  # the year 9892: no instant after it can be shown
_SENT = re.compile(r"(\d{1,16})-(\d{1,16})")
OUTCOMES = {
    "accepted": N_("submitted"),
    "part": N_("partly submitted"),
    "rejected": N_("every number rejected"),
    "nothing-left": N_("nothing sent; retried"),
    "uncertain": N_("the answer was lost"),
    "late": N_("the answer came late"),
}


def show_messages(campaign_id: int) -> None:
    """The messages, filtered and paged by key."""
    state, reason, number_range, search = _filters(campaign_id)
    of_list = message_columns.columns(store(), actor(), campaign_id)
    columns = file_columns.choice(
        _("More columns"),
        f"messages-columns-{campaign_id}",
        [*message_columns.TEXT_COLUMNS, *of_list],
        (),
        "message-columns",
        _("none"),
    )
    column, value = file_choice.column_filter(campaign_id, of_list, "messages", in_address=True)
    state_filter, reason_filter, range_filter = (
        None if code == ALL else code for code in (state, reason, number_range)
    )
    sent = _sent_filter()
    rows_of_list = None
    if column and value:
        try:
            rows_of_list = message_columns.rows_with(store(), actor(), campaign_id, column, value)
        except DomainError as refusal:  # a link names a column that is not there, or hidden from this user
            st.error(plain(refusal.message), icon=":material/link_off:")
            st.button(_("Show all messages"), key="messages-all", on_click=file_choice.forget_column)
            return
    pager(
        f"messages-{campaign_id}",
        lambda after, limit: reports.messages_page(
            store(),
            actor(),
            campaign_id,
            state_filter,
            search,
            after,
            limit,
            reason=reason_filter,
            rows_of_list=rows_of_list,
            number_range=range_filter,
            sent=sent,
        ),
        lambda row: row.id,
        partial(_table, campaign_id, columns),
        size=50,
        question=(campaign_id, state, search, reason, column, value, number_range, sent),
    )
    state_legend.below_messages()


def _filters(campaign_id: int) -> tuple[str, str, str, str]:
    """Show the filters that are kept in the address; return the state, the reason, the number range and the search."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        state = url_state.choice(
            choices.selectbox,
            _("State"),
            [ALL, *STATES],
            "state",
            lambda code: _("all") if code == ALL else _(OUTCOME_LABELS[code]),
            width=220,
        )
        words_by_code = {lost.code: lost.words for lost in reports.reasons_of_campaign(store(), campaign_id)}
        reason = url_state.choice(
            choices.selectbox,
            _("Reason"),
            [ALL, *words_by_code],
            "reason",
            lambda code: _("all") if code == ALL else words_by_code.get(code, code),
            width=300,
        )
        number_range = url_state.choice(
            choices.selectbox,
            _("Number range"),
            [ALL, *phone.RANGES],
            "range",
            lambda code: _("all") if code == ALL else reports.range_in_words(code),
            width=180,
        )
        search = url_state.text_field(_("Search"), "search", placeholder=_("number or words of the text"), width=300)
    return state, reason, number_range, search


def _sent_filter() -> tuple[int, int] | None:
    """Return the instants of the address between which the messages were sent (`sent=FROM-UNTIL`, UTC ms), and show
    them with a button that ends the filter; None without them."""
    if not (bounds := st.query_params.get("sent", "")):
        return None
    match = _SENT.fullmatch(bounds)
    first, end = (int(match[1]), int(match[2])) if match else (0, 0)
    if not first < end < LATEST_MS:
        say_invalid("sent", [bounds])
        return None
    with st.container(horizontal=True, vertical_alignment="center"):
        sentence = _("Sent from {first} until {end}")
        st.markdown(
            ":material/schedule: " + sentence.format(first=moment(first, seconds=True), end=moment(end, seconds=True))
        )
        st.button(_("Show all times"), key="messages-all-times", on_click=_all_times, type="tertiary")
    return first, end


def _all_times() -> None:
    st.query_params.pop("sent", None)


def _table(campaign_id: int, columns: Sequence[str], rows: Sequence[MessageRow]) -> None:
    if not rows:
        st.info(_("No messages match. Change the filters."), icon=":material/search_off:")
        return
    cells = message_columns.cells(store(), actor(), campaign_id, columns, [row.id for row in rows])
    table = of_rows(message_rows(rows, columns, cells), kinds_of_messages())
    chosen = chosen_row(table, rows, key="messages-table", alt=_("Messages of this campaign"))
    if chosen is not None:
        show_receipts(chosen)
    else:
        st.caption(_("Choose a row to read its receipts."))


def message_rows(
    rows: Sequence[MessageRow], columns: Sequence[str] = (), cells: Mapping[int, Mapping[str, str | None]] | None = None
) -> list[dict[str, object]]:
    """Return messages as rows of a table, with the cells of further columns by the messages' ids. `kinds_of_messages`
    says what some of the columns hold."""
    headings = (
        _("Row"),
        _("Number"),
        _("State"),
        _("Reason"),
        _("Sent at"),
        _("Final status at"),
        _("SMS"),
        _("Cost"),
        _("Text"),
    )
    return [
        dict(zip(headings, _shown(row), strict=True)) | _further((cells or {}).get(row.id, {}), columns, headings)
        for row in rows
    ]


def kinds_of_messages() -> dict[str, Kind]:
    """Return how `table_formats.of_rows` writes the columns of `message_rows`."""
    return {_("Sent at"): SECOND, _("Final status at"): SECOND, _("Cost"): MONEY}


def _shown(row: MessageRow) -> tuple[object, ...]:
    return (
        row.row,
        row.phone,
        state_label(row.state),
        reports.reason_in_words(row.reason, row.state),
        row.left_at,
        row.settled_at,
        row.parts,
        row.price,
        row.text,
    )


def _further(cells: Mapping[str, str | None], columns: Sequence[str], taken: Collection[str]) -> dict[str, object]:
    answers = {"yes": _("yes"), "no": _("no")}
    further: dict[str, object] = {}
    for column in columns:
        heading = file_columns.label(column)
        cell = cells.get(column)
        further[f"{heading} ({_('List')})" if heading in taken else heading] = (
            answers.get(str(cell), cell) if column == "response" else cell
        )
    return further


def show_receipts(message: MessageRow, *, with_link: bool = True) -> None:
    """Show all receipts of a message, and with a link the way to its number's page."""
    with st.container(border=True):
        st.markdown(
            f"{state_markdown(message.state)} **{plain(message.phone)}** · "
            + _("row {row}").format(row=number(message.row))
        )
        state_legend.of_message(message)
        st.text(message.text)
        if with_link and message.phone:
            number_link.of_message(message.id)
        set_language(language())
        status_records = reports.receipts_of(store(), actor(), message.id)
        if not status_records:
            st.caption(_("The gateway has not reported a status yet."))
            return
        st.table(
            [
                {
                    _("When"): moment(record.at, seconds=True),
                    _("Gateway status"): plain(status_in_words(record.status)),
                    _("SMS billed"): number(record.billed_parts) if record.billed_parts else "–",
                    _("Delivered at, by the gateway's clock"): plain(record.date_delivered) or "–",
                    _("Remark"): plain(remark_in_words(record.description)),
                }
                for record in status_records
            ],
            hide_index=True,
            border="horizontal",
        )


def show_chunk_log(campaign_id: int) -> None:
    """Show every submission to the gateway: time, duration, outcome."""
    st.caption(_("Messages are sent in chunks of up to 100. Each row is one chunk, newest first."))
    pager(
        f"log-{campaign_id}",
        lambda before, limit: reports.chunk_log(store(), actor(), campaign_id, before, limit),
        lambda chunk: chunk.id,
        _chunks,
        size=50,
        question=campaign_id,
    )


def _chunks(chunks: Sequence[ChunkRow]) -> None:
    if not chunks:
        st.info(_("Nothing has been submitted yet."), icon=":material/hourglass_empty:")
        return
    lines = []
    for chunk in chunks:
        base = {
            _("Chunk"): chunk.number,
            _("Messages"): chunk.messages,
            _("State"): state_label(chunk.state),
        }
        for attempt in chunk.attempts:
            lines.append(
                base
                | {
                    _("Started"): attempt.started_at,
                    _("Duration"): attempt.ended_at - attempt.started_at,
                    _("Answer"): _(OUTCOMES.get(attempt.outcome, attempt.outcome)),
                    _("Detail"): short_reason(attempt.code, attempt.detail),
                    _("Attempt"): attempt.number,
                }
            )
        if not chunk.attempts:
            lines.append(base | {_("Started"): chunk.claimed_at, _("Attempt"): 1})
    table = of_rows(lines, {_("Started"): SECOND, _("Duration"): Kind(float, _request_time)})
    st.dataframe(table, hide_index=True, placeholder="–", alt=_("Submissions to the gateway"))


def _request_time(ms: float) -> str:
    return _("{n} ms").format(n=number(ms)) if ms < 10_000 else duration(ms / 1000)
