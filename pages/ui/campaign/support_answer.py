"""Resolving uncertain messages through the gateway's support: the file for it, and its answer, shown first."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import streamlit as st

from getsms_core.base.errors import DomainError
from getsms_core.base.permissions import Actor, Permission
from getsms_core.base.temporary import temporary_folder
from getsms_core.campaigns import support
from getsms_core.campaigns.support import SupportAnswer
from getsms_core.delivery import Resolution
from pages.ui.shared import choices, later
from pages.ui.shared.plain_text import plain
from pages.ui.shared.records import Campaign
from pages.ui.shared.session import _, actor, settings, store
from pages.ui.shared.table_formats import of_rows
from pages.ui.shared.uploads import TYPES, how_large
from pages.ui.shared.widgets import count_words, expander, number, rows_shown

SHOWN = 200  # rows of the answer that decide nothing
_READ = "support-read"


def show(campaign: Campaign, no_again: str) -> None:
    """Show the file for the support and the field for its answer; `no_again`: why nothing can be sent again, or ""."""
    if not actor().may(Permission.CAMPAIGN):
        return
    with expander(_("Ask the gateway's support"), "support", ":material/support_agent:"):
        st.caption(
            _("The gateway's support can look up what was sent. Send it this file: numbers, times and parts, no "
              "texts. Its answer resolves the messages.")
        )  # fmt: skip
        campaign_id = int(campaign.id or 0)
        if actor().may(Permission.SEE_PHONES):
            _request(campaign_id)
        st.file_uploader(
            _("The support's answer"),
            TYPES,
            key=f"support-file-{campaign_id}",
            help=_("Any spreadsheet with numbers and a column that says “sent” or “not sent”."),
        )
        how_large(f"getsms resolve {campaign_id} --answers FILE")
        answer = _answer(campaign_id)
        if answer is not None:
            _preview(answer, no_again)


def _request(campaign_id: int) -> None:
    st.text_input(
        _("Our IP address"),
        key="support-address",
        max_chars=45,
        help=_("The address that the gateway knows. An administrator sees it in Settings, Gateway."),
    )
    address = str(st.session_state.get("support-address") or "").strip()
    st.download_button(
        _("File for the support"),
        later.download(Permission.CAMPAIGN, partial(_file, campaign_id, address), f"campaign:{campaign_id}"),
        f"uncertain-{campaign_id}.xlsx",
        key="support-get",
        icon=":material/download:",
        on_click="ignore",
    )


def _file(campaign_id: int, address: str, user: Actor) -> bytes:
    return support.request_file(support.request_table(store(), user, campaign_id, settings(), address), "xlsx")


def _answer(campaign_id: int) -> SupportAnswer | None:
    """Return what the uploaded answer says; it is read once an upload. A file that cannot be read shows why."""
    file = st.session_state.get(f"support-file-{campaign_id}")
    if file is None:
        st.session_state.pop(_READ, None)
        return None
    read = st.session_state.get(_READ)
    if read is None or read[0] != file.file_id:
        answer: SupportAnswer | str
        try:
            with temporary_folder() as folder:
                path = folder / ("answer" + Path(file.name).suffix.lower())
                path.write_bytes(file.getbuffer())
                answer = support.read_answer(store(), actor(), campaign_id, path)
        except DomainError as refusal:
            answer = refusal.message
        read = st.session_state[_READ] = (file.file_id, answer)
    if isinstance(read[1], str):
        st.error(plain(read[1]))
        return None
    support_answer: SupportAnswer = read[1]
    return support_answer


def _preview(answer: SupportAnswer, no_again: str) -> None:
    sent, not_sent, left = st.columns(3)
    sent.metric(_("Sent"), number(len(answer.sent)))
    not_sent.metric(_("Not sent"), number(len(answer.not_sent)))
    left.metric(_("Stay uncertain"), number(answer.unanswered))
    if answer.problems:
        n = len(answer.problems)
        st.caption(count_words("{n} row decides nothing:", "{n} rows decide nothing:", n))
        _problems(answer.problems[:SHOWN])
        rows_shown(1, min(SHOWN, n), n)
    if not (answer.sent or answer.not_sent):
        return
    ways = [Resolution.NOT_SENT] if no_again else [Resolution.NOT_SENT, Resolution.AGAIN]
    labels = {Resolution.NOT_SENT: _("Count as not sent"), Resolution.AGAIN: _("Send again")}
    choices.radio(_("What was not sent"), ways, format_func=labels.__getitem__, key="support-unsent")
    n = len(answer.sent) + len(answer.not_sent)
    st.caption(_("This cannot be undone."))
    st.button(
        count_words("Resolve {n} message", "Resolve {n} messages", n),
        key="support-go",
        type="primary",
        on_click=_apply,
        args=(answer,),
    )


def _problems(problems: Sequence[support.Problem]) -> None:
    rows = [{_("Row"): problem.row, _("Reason"): problem.message} for problem in problems]
    st.dataframe(of_rows(rows, {}), hide_index=True, placeholder="–", alt=_("Rows of the answer that decide nothing"))


def _apply(answer: SupportAnswer) -> None:
    unsent = Resolution(choices.value("support-unsent") or Resolution.NOT_SENT)
    try:
        resolved = support.apply_answer(store(), actor(), answer, unsent, settings())
    except DomainError as refusal:
        st.session_state["campaign-error"] = refusal.message
        return
    st.session_state.pop(_READ, None)
    st.session_state["campaign-success"] = count_words("{n} message is settled.", "{n} messages are settled.", resolved)
