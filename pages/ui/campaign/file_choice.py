"""What a campaign's files hold: their columns, and which messages, by state, reason and column of the list."""

from typing import NamedTuple

import streamlit as st

from getsms_core import reports
from getsms_core.base.states import LABELS, MessageState
from getsms_core.contacts.conditions import Compare, Operator
from getsms_core.contacts.list_columns import PREFIX
from getsms_core.exports import COLUMNS, RowFilter
from getsms_core.reports import message_columns
from pages.ui.shared import choices, file_columns
from pages.ui.shared.session import _, actor, store


class FileChoice(NamedTuple):
    """The columns of a file and its messages."""

    columns: tuple[str, ...] = COLUMNS
    rows: RowFilter = RowFilter()


def show(campaign_id: int) -> FileChoice:
    """Show the choice, folded away until it is needed."""
    of_list = message_columns.columns(store(), actor(), campaign_id)
    with st.expander(_("Columns and filters"), icon=":material/tune:"):
        columns = file_columns.file_choice(f"files-columns-{campaign_id}", of_list)
        left, right = st.columns(2)
        with left:
            states = choices.multiselect(
                _("States"), [state.value for state in MessageState], key=f"files-states-{campaign_id}",
                format_func=lambda code: _(LABELS[code]), placeholder=_("all"),
            )  # fmt: skip
        with right:
            words_by_code = {lost.code: lost.words for lost in reports.reasons_of_campaign(store(), campaign_id)}
            reason = choices.selectbox(
                _("Reason"), ["", *words_by_code], key=f"files-reason-{campaign_id}",
                format_func=lambda code: words_by_code.get(code, _("all")),
            )  # fmt: skip
        column, value = column_filter(campaign_id, of_list, "files")
    condition = Compare(column.removeprefix(PREFIX), Operator.IS, value) if column and value else None
    return FileChoice(tuple(columns), RowFilter(tuple(map(str, states)), str(reason or ""), condition))


def column_filter(campaign_id: int, of_list: list[str], key: str) -> tuple[str, str]:
    """Let the user choose a column of the list and one of its values; "" where none is chosen."""
    if not of_list:
        return "", ""
    left, right = st.columns(2)
    column = choices.selectbox(
        _("Column of the list"), of_list, index=None, where=left, key=f"{key}-column-{campaign_id}",
        format_func=file_columns.label, placeholder=_("all"),
    )  # fmt: skip
    if not column:
        return "", ""
    values = message_columns.values(store(), actor(), campaign_id, str(column))
    value = choices.selectbox(
        _("Value"), values, index=None, where=right, key=f"{key}-value-{campaign_id}-{column}", placeholder=_("all")
    )
    return str(column), str(value or "")
