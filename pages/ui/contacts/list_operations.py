"""Operations on saved lists: merge, subtract, intersect, sample, split, rename, tag, delete."""

from collections.abc import Callable, Sequence

import streamlit as st

from getsms_core.base.errors import DomainError
from getsms_core.contacts import operations as list_operations
from getsms_core.contacts.conditions import from_json
from pages.ui.contacts import column_roles
from pages.ui.shared import amount_fields, ask_first, choices
from pages.ui.shared.plain_text import plain
from pages.ui.shared.records import RecipientList
from pages.ui.shared.session import _, actor, store
from pages.ui.shared.widgets import count_words, expander, number

OPERATIONS = ("merge", "subtract", "intersect")

MAX_PARTS, MAX_SEED = 100, 2**31 - 1


def combine_form(saved_lists: Sequence[RecipientList]) -> None:
    """The fields that make one list of two or more."""
    if len(saved_lists) < 2:
        return
    names = {int(saved_list.id or 0): saved_list for saved_list in saved_lists}
    turn = _turn()
    # Not a form: what a form has not submitted is lost when the language is switched.
    with expander(_("Put lists together"), "list-several", ":material/join:"):
        choices.radio(
            _("What to make"),
            OPERATIONS,
            format_func=_operation_label,
            key=f"list-how-{turn}",
            captions=[
                _("Every number once, of all lists."),
                _("The numbers of the first list that are in none of the others."),
                _("The numbers of the first list that are in all of the others."),
            ],
        )
        choices.multiselect(
            _("Lists, the first one first"),
            list(names),
            format_func=lambda list_id: _label(names[list_id]),
            key=f"list-which-{turn}",
            placeholder=_("Choose two or more"),
        )
        left, right = st.columns(2)
        left.text_input(_("Name of the new list"), key=f"list-name-{turn}", placeholder=_("as the first list"))
        choices.selectbox(
            _("Of two rows with one number keep"),
            ["first", "last"],
            format_func=lambda code: {"first": _("the first"), "last": _("the last")}[code],
            where=right,
            key=f"list-keep-{turn}",
            help=_("Only when lists are merged."),
        )
        st.button(_("Make the list"), key="list-several-go", type="primary", on_click=_combine_lists, args=(turn,))


def _operation_label(code: str) -> str:
    return {"merge": _("Merge"), "subtract": _("Subtract"), "intersect": _("Intersect")}[code]


def _label(saved_list: RecipientList) -> str:
    return f"{saved_list.name} · {number(saved_list.counts.accepted)} · {saved_list.id}"


def _combine_lists(turn: int) -> None:
    state = st.session_state
    list_ids: list[int] = choices.value(f"list-which-{turn}")
    name, operation = str(state[f"list-name-{turn}"]), choices.value(f"list-how-{turn}")

    def work() -> str:
        if len(list_ids) < 2:
            raise DomainError("too-few-lists", _("Choose at least two lists."))
        if operation == "merge":
            new_list_id = list_operations.merge(store(), actor(), list_ids, name, choices.value(f"list-keep-{turn}"))
        elif operation == "subtract":
            new_list_id = list_operations.subtract(store(), actor(), list_ids[0], list_ids[1:], name)
        else:
            new_list_id = list_operations.intersect(store(), actor(), list_ids[0], list_ids[1:], name)
        st.query_params["list"] = str(new_list_id)
        return _("The new list is saved. The source lists are unchanged.")

    _run_once(turn, work)


def list_actions(recipient_list: RecipientList) -> None:
    """Show the operations on one ready list."""
    list_id, turn = int(recipient_list.id or 0), _turn()
    with st.container(horizontal=True, key="list-one"):
        with st.popover(_("Name and tags"), icon=":material/label:"), st.form(f"list-label-{turn}", border=False):
            st.text_input(_("Name"), recipient_list.name, key=f"list-rename-{turn}")
            st.text_input(
                _("Tags"),
                ", ".join(recipient_list.tags),
                key=f"list-tags-{turn}",
                placeholder=_("for example: vip, toshkent"),
            )
            st.form_submit_button(_("Save"), key="list-label-go", on_click=_save_name_and_tags, args=(turn, list_id))
        with st.popover(_("Columns"), icon=":material/view_column:"):
            column_roles.show(recipient_list, "lists-error")
        if recipient_list.counts.accepted > 1:
            _sample_popover(list_id, turn, recipient_list.counts.accepted)
            _split_popover(list_id, turn, recipient_list.counts.accepted)
        _delete_popover(list_id, turn)


def _sample_popover(list_id: int, turn: int, accepted: int) -> None:
    with st.popover(_("Sample"), icon=":material/casino:"):  # not a form: what a number means is shown at once
        place = st.container()
        amount_fields.bounded_field(
            place, _("Sample size"), min(1_000, accepted), low=1, high=accepted, key=f"list-sample-n-{turn}"
        )
        amount_fields.bounded_field(
            place,
            _("Random seed"),
            0,
            low=0,
            high=MAX_SEED,
            key=f"list-sample-seed-{turn}",
            help=_("The same seed selects the same recipients; another seed selects others."),
        )
        st.button(_("Make the sample"), key="list-sample-go", on_click=_create_sample, args=(turn, list_id, accepted))


def _split_popover(list_id: int, turn: int, accepted: int) -> None:
    most = min(MAX_PARTS, accepted)
    with st.popover(_("Split"), icon=":material/call_split:"):
        label = _("Into how many parts")
        amount_fields.bounded_field(st.container(), label, 2, low=2, high=most, key=f"list-parts-{turn}")
        st.toggle(_("In random order, not in list order"), key=f"list-chance-{turn}")
        st.button(_("Split the list"), key="list-split-go", on_click=_split_list, args=(turn, list_id, most))


def delete_action(recipient_list: RecipientList) -> None:
    """Show the operations on a list whose check failed."""
    _delete_popover(int(recipient_list.id or 0), _turn())


def _delete_popover(list_id: int, turn: int) -> None:
    used = list_operations.campaign_counts(store()).get(list_id, 0)
    what_happens = _("The file and all its rows are deleted. This cannot be undone.")
    if used:
        what_happens = count_words(
            "{n} campaign has this list. Once it has ended, the numbers can be deleted and the "
            "counts stay for the reports.",
            "{n} campaigns have this list. Once they have ended, the numbers can be deleted and the "
            "counts stay for the reports.",
            used,
        )
    ask_first.button(
        _("Delete"),
        what_happens,
        _("Delete this list"),
        key=f"list-delete-{list_id}",
        on_click=_delete_list,
        args=(turn, list_id),
    )


def _save_name_and_tags(turn: int, list_id: int) -> None:
    def work() -> str:
        tags = str(st.session_state[f"list-tags-{turn}"]).split(",")
        list_operations.rename(store(), actor(), list_id, str(st.session_state[f"list-rename-{turn}"]))
        list_operations.tag(store(), actor(), list_id, tags)
        return _("Saved.")

    _run_once(turn, work)


def _create_sample(turn: int, list_id: int, accepted: int) -> None:
    def work() -> str:
        sample_size = amount_fields.bounded(f"list-sample-n-{turn}", 1, accepted)
        seed = amount_fields.bounded(f"list-sample-seed-{turn}", 0, MAX_SEED)
        st.query_params["list"] = str(list_operations.sample(store(), actor(), list_id, "", n=sample_size, seed=seed))
        return _("The sample is saved as a new list.")

    _run_once(turn, work)


def keep_chosen(list_id: int, condition: str, name_key: str) -> None:
    """Keep the rows that a condition (as JSON) chooses as a new list; a callback."""

    def work() -> str:
        name = str(st.session_state.get(name_key, ""))
        new_list_id, _unreadable = list_operations.filter_recipients(
            store(), actor(), list_id, from_json(condition), name
        )
        st.query_params["list"] = str(new_list_id)
        return _("The chosen rows are kept as a list of their own.")

    _run_once(_turn(), work)


def _split_list(turn: int, list_id: int, most: int) -> None:
    def work() -> str:
        parts = amount_fields.bounded(f"list-parts-{turn}", 2, most)
        seed = 0 if st.session_state[f"list-chance-{turn}"] else None
        list_operations.split(store(), actor(), list_id, "", parts=parts, seed=seed)
        st.query_params.pop("list", None)
        return count_words("{n} list was made.", "{n} lists were made.", parts)

    _run_once(turn, work)


def _delete_list(turn: int, list_id: int) -> None:
    def work() -> str:
        list_operations.delete(store(), actor(), list_id)
        st.query_params.pop("list", None)
        return _("The list is deleted.")

    _run_once(turn, work)


def show_origin(recipient_list: RecipientList) -> None:
    """How a list was made and its tags, below its name."""
    if recipient_list.origin:
        st.caption(plain(recipient_list.origin))
    if recipient_list.tags:
        st.markdown(" ".join(f":gray-badge[{plain(tag)}]" for tag in recipient_list.tags))


def _turn() -> int:
    """Count completed operations: a second click on the same form belongs to an earlier one and is ignored."""
    return int(st.session_state.setdefault("list-turn", 0))


def _run_once(turn: int, work: Callable[[], str]) -> None:
    if turn != _turn():
        return
    st.session_state["list-turn"] = turn + 1
    try:
        st.session_state["lists-success"] = work()
    except DomainError as refusal:
        st.session_state["list-turn"] = turn  # what was typed stays
        st.session_state["lists-error"] = refusal.message
