"""What the editor of a condition shows, in the session under `condition-SCOPE`, and the condition that it means.

A row without a value counts for nothing until it has one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from getsms_core.base.errors import DomainError
from getsms_core.contacts.conditions import Columns, Condition, bind, from_json, parse, to_text
from pages.ui.contacts import condition_rows
from pages.ui.contacts.condition_rows import Group, Groups, Row
from pages.ui.shared import choices, wizard_draft

OnChange = Callable[[str], None]


@dataclass(frozen=True)
class Editor:
    """One editor on a page: `scope` names it, `on_change` gets the condition as JSON, "" for none."""

    scope: str
    list_id: int
    on_change: OnChange

    @property
    def columns(self) -> Columns:
        """The columns of the list."""
        return Columns([str(name) for name in wizard_draft.checked(self.list_id).fields.column_names])

    def key(self, *parts: object) -> str:
        """The key of a widget; another turn makes new widgets, as after applying a segment."""
        return "-".join(map(str, ("condition", self.scope, state_of(self)["turn"], *parts)))


def state_of(editor: Editor) -> dict[str, Any]:
    """The state of an editor: mode, groups with their rows, and what is wrong."""
    state: dict[str, Any] = st.session_state[f"condition-{editor.scope}"]
    return state


def begin(editor: Editor, current: str) -> None:
    """Make the state from the condition in force when the editor is first shown, and when another list is edited."""
    name = f"condition-{editor.scope}"
    before = st.session_state.get(name)
    if before is None or before["list"] != editor.list_id:
        turn = before["turn"] + 1 if before else 0
        st.session_state[name] = {"turn": turn, "list": editor.list_id, "problem": "", "next": 0}
        condition = from_json(current) if current else None
        fill(editor, condition)
        if condition is not None and not _has_columns(editor, condition):
            st.session_state[name]["mode"] = "text"  # a row would show another column in the place of a missing one


def _has_columns(editor: Editor, condition: Condition) -> bool:
    try:
        bind(condition, editor.columns)
    except DomainError:
        return False
    return True


def fill(editor: Editor, condition: Condition | None) -> None:
    """Show a condition: in rows where they can hold it, else as text."""
    state = state_of(editor)
    state["turn"] += 1
    groups = Groups((Group(()),)) if condition is None else condition_rows.from_tree(condition)
    state["mode"] = "text" if groups is None else "rows"
    st.session_state[editor.key("text")] = "" if condition is None else to_text(condition)
    groups = groups or Groups((Group(()),))
    state["joined"], state["groups"] = groups.joined, []
    for group in groups.groups:
        add_group(editor, group)


def add_group(editor: Editor, group: Group) -> None:
    """Append a group; one without rows gets an empty row."""
    state = state_of(editor)
    state["groups"].append({"id": _next_id(editor), "joined": group.joined, "negated": group.negated, "rows": []})
    for row in group.rows or (Row(editor.columns.names[0], "is"),):
        add_row(editor, state["groups"][-1], row)


def add_row(editor: Editor, group: dict[str, Any], row: Row) -> None:
    """Append a row to a group of the state."""
    group["rows"].append({"id": _next_id(editor), "column": row.column, "operator": row.operator, "value": row.value})


def _next_id(editor: Editor) -> int:
    state = state_of(editor)
    state["next"] += 1
    return int(state["next"])


def collect(editor: Editor) -> None:
    """Take what the widgets hold into the state."""
    state = state_of(editor)
    _take(state, "joined", editor.key("joined"))
    for group in state["groups"]:
        for name in ("joined", "negated"):
            _take(group, name, editor.key(name, group["id"]))
        for row in group["rows"]:
            for name in ("column", "operator", "value"):
                _take(row, name, editor.key(name, row["id"]))


def _take(target: dict[str, Any], name: str, key: str) -> None:
    choices.labels_to_codes(key)
    if st.session_state.get(key) is not None:
        target[name] = st.session_state[key]


def read(editor: Editor) -> Condition | None:
    """The condition that the editor shows. Raises `DomainError`."""
    state = state_of(editor)
    if state["mode"] == "text":
        text = str(st.session_state.get(editor.key("text"), ""))
        return parse(text, editor.columns) if text.strip() else None
    collect(editor)
    groups = tuple(
        Group(
            tuple(Row(row["column"], row["operator"], row["value"]) for row in group["rows"]),
            group["joined"],
            group["negated"],
        )
        for group in state["groups"]
    )
    tree = condition_rows.to_tree(Groups(groups, state["joined"]))
    return bind(tree, editor.columns) if tree is not None else None
