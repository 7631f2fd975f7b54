"""The editor of a condition: row by row or as text, with the count and the first rows after each change.

The condition goes to `on_change` as JSON whenever it can be used.
"""

from collections.abc import Callable
from functools import partial, wraps
from typing import Any, Concatenate, ParamSpec

import streamlit as st

from getsms_core.base.errors import DomainError
from getsms_core.base.names import LIMITS
from getsms_core.contacts import segments, selection
from getsms_core.contacts.conditions import (
    Condition,
    bind,
    describe,
    to_json,
    unreadable_sentence,
)
from pages.ui.contacts import condition_rows
from pages.ui.contacts.condition_rows import OPERATORS, WITHOUT_VALUE, Group, Row
from pages.ui.contacts.condition_state import Editor, add_group, add_row, begin, collect, fill, read, state_of
from pages.ui.shared import choices, outcomes, wizard_draft
from pages.ui.shared.plain_text import plain
from pages.ui.shared.session import _, actor, ngettext, store
from pages.ui.shared.table_formats import beside_list
from pages.ui.shared.widgets import number

SHOWN = 10
P = ParamSpec("P")


def show(editor: Editor, current: str) -> bool:
    """Draw the editor; `current` is the condition in force, as JSON. Returns whether what is typed can be used."""
    begin(editor, current)
    state = state_of(editor)
    choices.segmented_control(
        _("How to choose"),
        ["rows", "text"],
        default=state["mode"],
        format_func=lambda code: _("Row by row") if code == "rows" else _("As text"),
        key=editor.key("mode"),
        required=True,
        help=_(
            "Chooses recipients by the columns of the list. Each row is one condition, such as Shahar is Toshkent; "
            "below you see at once how many meet them. The list itself stays as it is."
        ),
        on_change=_switch,
        args=(editor,),
    )
    if state["mode"] == "rows":
        _rows(editor)
    else:
        _text(editor)
    _segments(editor)
    if state["problem"]:
        st.error(plain(state["problem"]), icon=":material/block:")
    try:
        condition = read(editor)
    except DomainError as error:
        if error.message != state["problem"]:
            st.error(plain(error.message), icon=":material/block:")
        return False
    return _preview(editor, condition)


# ------------------------------------------------------------------------------------------------------- callbacks


def _changed(editor: Editor) -> None:
    state = state_of(editor)
    state["problem"] = ""
    try:
        condition = read(editor)
        editor.on_change(to_json(condition) if condition is not None else "")
    except DomainError as error:
        state["problem"] = error.message


def _switch(editor: Editor) -> None:
    """Show the same condition the other way; what cannot be used stays as it is."""
    state = state_of(editor)
    wanted = choices.value(editor.key("mode"))
    try:
        condition = read(editor)
    except DomainError as error:
        state["problem"] = error.message
        st.session_state[editor.key("mode")] = state["mode"]
        return
    if wanted == "rows" and condition is not None and condition_rows.from_tree(condition) is None:
        st.session_state[editor.key("mode")] = state["mode"]
        state["problem"] = _("This condition has more groups than rows can show. Edit it as text.")
        return
    state["problem"] = ""
    fill(editor, condition)
    state["mode"] = wanted


def _showing_refusal(callback: Callable[Concatenate[Editor, P], None]) -> Callable[Concatenate[Editor, P], None]:
    """A callback that reads the columns of the list, and whose user may be disabled since the page was drawn."""

    @wraps(callback)
    def guarded(editor: Editor, /, *args: P.args, **kwargs: P.kwargs) -> None:
        try:
            callback(editor, *args, **kwargs)
        except DomainError as error:
            state_of(editor)["problem"] = error.message

    return guarded


@_showing_refusal
def _row_added(editor: Editor, at: int) -> None:
    collect(editor)
    group = state_of(editor)["groups"][at]
    add_row(editor, group, Row(editor.columns.names[0], "is"))
    _changed(editor)


@_showing_refusal
def _group_added(editor: Editor) -> None:
    collect(editor)
    add_group(editor, Group((), "any"))
    _changed(editor)


@_showing_refusal
def _row_removed(editor: Editor, at: int, row_id: int) -> None:
    collect(editor)
    state = state_of(editor)
    group = state["groups"][at]
    group["rows"] = [row for row in group["rows"] if row["id"] != row_id]
    if not group["rows"]:
        state["groups"].remove(group)
    if not state["groups"]:
        add_group(editor, Group(()))
    _changed(editor)


def _segment_chosen(editor: Editor) -> None:
    name, state = choices.value(editor.key("segment")), state_of(editor)
    if name is None:
        return
    state["problem"] = ""
    try:
        condition = bind(segments.condition_of(segments.get(store(), name)), editor.columns)
    except DomainError as error:
        state["problem"] = error.message
        return
    fill(editor, condition)
    _changed(editor)


def _segment_saved(editor: Editor) -> None:
    state = state_of(editor)
    state["problem"] = ""
    try:
        condition = read(editor)
        if condition is not None:
            segments.save(store(), actor(), str(st.session_state[editor.key("segment-name")]), condition)
            st.session_state["condition-success"] = _("The segment is saved.")
    except DomainError as error:
        state["problem"] = error.message


# --------------------------------------------------------------------------------------------------------- drawing


def _rows(editor: Editor) -> None:
    state = state_of(editor)
    several = len(state["groups"]) > 1
    if several:
        _joined(editor, state, editor.key("joined"), _("Of the groups"))
    for at, group in enumerate(state["groups"]):
        with st.container(border=several, key=editor.key("group", group["id"])):
            if len(group["rows"]) > 1:
                _joined(editor, group, editor.key("joined", group["id"]), _("Of these conditions"))
            if several or len(group["rows"]) > 1 or group["negated"]:
                st.toggle(
                    _("Leave out those for whom this holds"),
                    key=_with_default(editor.key("negated", group["id"]), group["negated"]),
                    on_change=_changed,
                    args=(editor,),
                )
            for row in group["rows"]:
                _row(editor, at, row)
            st.button(
                _("Add a condition"),
                key=editor.key("add", group["id"]),
                icon=":material/add:",
                type="tertiary",
                on_click=_row_added,
                args=(editor, at),
            )
    st.button(
        _("Add a group"),
        key=editor.key("add-group"),
        icon=":material/library_add:",
        type="tertiary",
        on_click=_group_added,
        args=(editor,),
    )


def _joined(editor: Editor, target: dict[str, Any], key: str, label: str) -> None:
    choices.segmented_control(
        label,
        ["all", "any"],
        default=target["joined"],
        format_func=lambda code: _("all hold") if code == "all" else _("at least one holds"),
        key=key,
        required=True,
        on_change=_changed,
        args=(editor,),
    )


def _row(editor: Editor, at: int, row: dict[str, Any]) -> None:
    names = list(editor.columns.names)
    left, middle, right, end = st.columns([3, 3, 4, 1], vertical_alignment="bottom")
    again: dict[str, Any] = {"on_change": _changed, "args": (editor,), "label_visibility": "collapsed"}
    choices.selectbox(
        _("Column"), names, where=left, key=editor.key("column", row["id"]),
        index=names.index(row["column"]) if row["column"] in names else 0, **again,
    )  # fmt: skip
    choices.selectbox(
        _("Comparison"), list(OPERATORS), where=middle, key=editor.key("operator", row["id"]),
        format_func=lambda code: _(OPERATORS[code]), index=list(OPERATORS).index(row["operator"]), **again,
    )  # fmt: skip
    if row["operator"] in ("in", "not-in"):
        right.text_area(
            _("Values"), key=_with_default(editor.key("value", row["id"]), row["value"]), height=100,
            placeholder=_("Paste the values, one on a line"), **again,
        )  # fmt: skip
    elif row["operator"] not in WITHOUT_VALUE:
        right.text_input(
            _("Value"), key=_with_default(editor.key("value", row["id"]), row["value"]),
            placeholder=_hint(row["operator"]), **again,
        )  # fmt: skip
    end.button(
        _("Remove"),
        key=editor.key("remove", row["id"]),
        type="tertiary",
        on_click=_row_removed,
        args=(editor, at, row["id"]),
    )


def _with_default(key: str, value: Any) -> str:
    """The key of a widget that begins with this value; one that a run did not draw has lost its own."""
    st.session_state.setdefault(key, value)
    return key


def _hint(operator: str) -> str:
    if operator == "birthday":
        return _("days, for example 7")
    return _("500000 or 31.12.2026") if operator in ("less", "at-most", "more", "at-least") else _("Value")


def _text(editor: Editor) -> None:
    st.text_area(
        _("Condition"),
        key=editor.key("text"),
        height=100,
        placeholder='Shahar = Toshkent and (Yosh >= 25 or "Tugʻilgan kun" birthday within 7 days)',
        help=_(
            "and, or, not and parentheses join conditions; values with spaces are in 'single quotes', columns with "
            'spaces in "double quotes".'
        ),
        on_change=_changed,
        args=(editor,),
    )


def _segments(editor: Editor) -> None:
    saved = segments.all_segments(store())
    outcomes.show("condition")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        choices.selectbox(
            _("Saved segments"),
            [segment.name for segment in saved],
            index=None,
            placeholder=_("Use a saved segment") if saved else _("No segment is saved yet"),
            disabled=not saved,
            key=editor.key("segment"),
            on_change=_segment_chosen,
            args=(editor,),
            width=300,
        )
        with st.popover(_("Save as a segment"), icon=":material/bookmark_add:"):
            st.text_input(_("Name of the segment"), key=editor.key("segment-name"), max_chars=LIMITS["segment"].length)
            st.button(_("Save"), key=editor.key("segment-save"), on_click=_segment_saved, args=(editor,))


def _preview(editor: Editor, condition: Condition | None) -> bool:
    key = wizard_draft.key_for(editor.list_id, to_json(condition) if condition is not None else "")
    chosen = wizard_draft.audience_of(key)
    n, everyone = chosen.recipients.num_rows, chosen.accepted.num_rows
    words = ngettext("{n} of {all} recipient is chosen", "{n} of {all} recipients are chosen", everyone)
    st.markdown(f"**{words.format(n=number(n), all=number(everyone))}**")
    if condition is not None:
        st.caption(plain(describe(condition)[:1000]))
        if selection.has_birthday(condition):
            st.caption(_("Counted as of today. A campaign counts birthdays from the day on which its sending starts."))
    for unreadable in chosen.unreadable:
        st.caption(f":material/info: {plain(unreadable_sentence(unreadable))}.")
    if n:
        first = chosen.recipients.slice(0, SHOWN).to_pandas()
        own = {_("Row"): first.iloc[:, 0].tolist(), _("Number"): first.iloc[:, 1].astype(str).tolist()}
        shown = beside_list(own, first.iloc[:, 2:])
        st.dataframe(shown, hide_index=True, placeholder="–", alt=_("The first chosen rows"))
    return True


def for_list(list_id: int, keep: Callable[[int, str, str], None]) -> None:
    """The editor on the page of a list, and the field that keeps the chosen rows as a new list: `keep(list_id,
    condition, key of the name's field)`."""
    editor = Editor(f"list-{list_id}", list_id, partial(_remember, list_id))
    current = str(st.session_state.get(f"list-condition-{list_id}", ""))
    is_usable = show(editor, current)
    current = str(st.session_state.get(f"list-condition-{list_id}", ""))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input(_("Name of the new list"), key=editor.key("new-name"), placeholder=_("as this list"))
        st.button(
            _("Keep them as a list"),
            key=editor.key("keep"),
            type="primary",
            disabled=not is_usable or not current,
            on_click=keep,
            args=(list_id, current, editor.key("new-name")),
        )


def _remember(list_id: int, condition: str) -> None:
    st.session_state[f"list-condition-{list_id}"] = condition
