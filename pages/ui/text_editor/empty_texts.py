"""The rows that get no message because their text is empty: how many, which, and all of them as a file."""

from collections.abc import Callable, Sequence
from functools import partial

import pyarrow as pa
import streamlit as st

from getsms_core.base import i18n as spoken
from getsms_core.base.errors import DomainError
from getsms_core.base.kinds import ExcludedReason
from getsms_core.base.permissions import Actor, Permission
from getsms_core.campaigns import excluded
from getsms_core.campaigns import service as campaigns
from getsms_core.db.engine import Store
from getsms_core.messages.estimate import BLANK_SHOWN, Estimate
from getsms_core.spreadsheet import csv_writer
from pages.ui.shared import later, wizard_draft
from pages.ui.shared.records import Campaign
from pages.ui.shared.session import _, ngettext, store
from pages.ui.shared.widgets import number


def of_text(campaign: Campaign, estimate: Estimate) -> None:
    """What an estimate says of a draft's text; nothing where every row gets a message."""
    if estimate.blank.count:
        rows = wizard_draft.recipients(campaign)["row"]
        _warn(estimate.blank.count, [rows[position].as_py() for position in estimate.blank.rows])


def of_draft(campaign: Campaign, estimate: Estimate) -> None:
    """The same of all texts of a draft together, with the rows as a file where they are too many to name."""
    of_text(campaign, estimate)
    if estimate.blank.count > BLANK_SHOWN:
        _offer(campaign, lambda: excluded.empty_rows(store(), campaign))


def of_campaign(campaign: Campaign) -> None:
    """What was left out when the messages of a campaign were made."""
    count = excluded.campaign_counts(store(), int(campaign.id or 0))[ExcludedReason.EMPTY_TEXT]
    if not count:
        return
    try:
        rows = _rows(store(), str(store().engine.url), int(campaign.id or 0), campaign.started_at, campaign.text)
    except DomainError:  # the list is erased: the count is what is left
        rows = []
    _warn(count, rows[:BLANK_SHOWN])
    if len(rows) > BLANK_SHOWN:
        _offer(campaign, lambda: rows)


@st.cache_data(max_entries=16, ttl=3600, show_spinner=False)
def _rows(_store: Store, url: str, campaign_id: int, started_at: int | None, text: str) -> list[int]:
    return excluded.empty_rows(_store, campaigns.get(_store, campaign_id))


def _warn(count: int, rows: Sequence[int]) -> None:
    if rows:
        sentence = ngettext(
            "{n} row gets no message, because its text is empty: row {rows}.",
            "{n} rows get no message, because their text is empty: rows {rows}.",
            count,
        )
    else:
        sentence = ngettext(
            "{n} row gets no message, because its text is empty.",
            "{n} rows get no message, because their text is empty.",
            count,
        )
    named = ", ".join(map(number, rows)) + (" …" if count > len(rows) else "")
    st.warning(sentence.format(n=number(count), rows=named), icon=":material/speaker_notes_off:")


def _offer(campaign: Campaign, rows: Callable[[], list[int]]) -> None:
    st.download_button(
        _("The rows without a message as CSV"),
        later.download(Permission.READ, partial(_file, rows), f"campaign:{campaign.id}"),
        f"{campaign.name} - {_('without a message')}.csv",
        key=f"empty-texts-{campaign.id}",
        icon=":material/download:",
        on_click="ignore",
    )


def _file(rows: Callable[[], list[int]], _user: Actor) -> bytes:
    return csv_writer.text_file(pa.table({spoken._("Row"): rows()}))
