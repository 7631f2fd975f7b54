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
from pages.ui.shared.widgets import expander

ADDRESS = ("column", "value")
"""The parameters of the address that hold a column of the list and one of its values."""


class FileChoice(NamedTuple):
    """The columns of a file and its messages."""

    columns: tuple[str, ...] = COLUMNS
    rows: RowFilter = RowFilter()


def show(campaign_id: int) -> FileChoice:
    """Show the choice, folded away until it is needed."""
    of_list = message_columns.columns(store(), actor(), campaign_id)
    with expander(_("Columns and filters"), "files-form", ":material/tune:"):
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


def column_filter(campaign_id: int, of_list: list[str], key: str, *, in_address: bool = False) -> tuple[str, str]:
    """Let the user choose a column of the list and one of its values; "" where none is chosen. `in_address` keeps the
    choice in the address (`column`, `value`). A link never shows more than it says: what it names and this user cannot
    choose is returned, too, and the caller shows why."""
    linked_column, linked_value = (st.query_params.get(name, "") if in_address else "" for name in ADDRESS)
    if linked_column and linked_value and linked_column not in of_list:
        return linked_column, linked_value
    if not of_list:
        return "", ""
    keep = _keep if in_address else None
    column_key = f"{key}-column-{campaign_id}"
    if in_address:
        st.session_state[column_key] = linked_column if linked_column in of_list else None
    left, right = st.columns(2)
    column = choices.selectbox(
        _("Column of the list"), of_list, index=None, where=left, key=column_key, format_func=file_columns.label,
        placeholder=_("all"), on_change=keep, args=("column", column_key),
    )  # fmt: skip
    if not column:
        return "", ""
    values = message_columns.values(store(), actor(), campaign_id, str(column))
    value_key = f"{key}-value-{campaign_id}-{column}"
    if in_address:
        values += [linked_value] if linked_value and linked_value not in values else []  # a rare one
        st.session_state[value_key] = linked_value or None
    value = choices.selectbox(
        _("Value"), values, index=None, where=right, key=value_key, placeholder=_("all"), on_change=keep,
        args=("value", value_key),
    )  # fmt: skip
    return str(column), str(value or "")


def _keep(name: str, key: str) -> None:
    """Write a choice into the address; a value belongs to its column."""
    if name == "column":
        forget_column()
    if chosen := choices.value(key):
        st.query_params[name] = str(chosen)
    else:
        st.query_params.pop(name, None)


def forget_column() -> None:
    """Take the column and its value out of the address."""
    for name in ADDRESS:
        st.query_params.pop(name, None)
