"""Saved lists: counts, origin, and a button that creates a campaign."""

from collections.abc import Sequence

import streamlit as st

from getsms_core.base import names
from getsms_core.base.errors import DomainError
from getsms_core.base.permissions import Permission
from getsms_core.base.work_states import LIST_UNCHECKED, ListState
from getsms_core.campaigns import service as campaigns
from getsms_core.campaigns.service import Draft
from getsms_core.contacts import lists
from getsms_core.contacts import progress as list_progress
from getsms_core.contacts.facts import ListFacts
from pages.ui.contacts import (
    cell_corrections,
    check_progress,
    condition_editor,
    list_addition,
    list_input,
    list_operations,
    refused_rows,
)
from pages.ui.contacts.checked_rows import show_rows
from pages.ui.shared import choices, repeats, url_state
from pages.ui.shared.plain_text import plain
from pages.ui.shared.records import RecipientList
from pages.ui.shared.session import _, actor, settings, store
from pages.ui.shared.widgets import count_words, empty, expander, moment, pager


def show() -> None:
    """The lists, newest first, or one of them."""
    if (draft_id := st.session_state.pop("lists-campaign", None)) is not None:
        st.switch_page("new_campaign.py", query_params={"campaign": str(draft_id), "step": "check"})
    id_text = st.query_params.get("list", "")
    if id_text.isdecimal() and len(id_text) < 10:
        try:
            _list_page(lists.get(store(), int(id_text)))
        except DomainError as refusal:
            st.error(plain(refusal.message), icon=":material/block:")
        return
    saved_lists = lists.all_lists(store())
    _add_form(is_open=not saved_lists)
    if not saved_lists:
        empty(
            _("No list yet"),
            _("Upload a file or paste numbers above, or start a campaign: its list is saved here."),
            _("New campaign"),
            "new_campaign.py",
            key="lists-empty",
        )
        return
    list_operations.combine_form([saved_list for saved_list in saved_lists if saved_list.state == ListState.READY])
    with st.container(horizontal=True, vertical_alignment="bottom"):
        search = url_state.text_field(_("Search"), "search", placeholder=_("name, file or tag"), width=300)
        tag = _tag_filter(saved_lists)
    folded = search.strip().casefold()
    matching_lists = [
        saved_list
        for saved_list in saved_lists
        if folded in " ".join([saved_list.name, saved_list.filename, *saved_list.tags]).casefold()
        and (not tag or tag in saved_list.tags)
    ]
    if not matching_lists:
        st.info(_("No lists match your search."), icon=":material/search_off:")
    pager(
        "lists-pages",
        lambda before, limit: [
            saved_list for saved_list in matching_lists if before is None or int(saved_list.id or 0) < before
        ][:limit],
        lambda saved_list: int(saved_list.id or 0),
        _cards,
        size=12,
        total=len(matching_lists),
        question=(search, tag),
    )


def _add_form(is_open: bool) -> None:
    with expander(_("Add a list"), f"lists-add-{is_open}", ":material/add:", expanded=is_open):
        left, right = st.columns(2, gap="large")
        with left:
            list_input.uploader("lists", _open_new, "lists-error")
        with right:
            list_input.paste_form("lists", _open_new, "lists-error")


def _open_new(list_id: int, _name: str, _request_key: str) -> None:
    st.query_params["list"] = str(list_id)


def _tag_filter(saved_lists: Sequence[RecipientList]) -> str:
    """The chosen tag; empty without one, and where no list has a tag."""
    tags = sorted({tag for saved_list in saved_lists for tag in saved_list.tags}, key=str.casefold)
    if not tags:
        return ""
    return str(
        url_state.choice(choices.selectbox, _("Tag"), ["", *tags], "tag", lambda tag: tag or _("all"), width=220) or ""
    )


def _cards(saved_lists: Sequence[RecipientList]) -> None:
    for saved_list in saved_lists:
        _card(saved_list)


def _card(recipient_list: RecipientList) -> None:
    with st.container(border=True):
        left, right = st.columns([3, 2], vertical_alignment="center")
        with left:
            st.markdown(f"**{plain(recipient_list.name)}**")
            st.caption(_source_line(recipient_list))
            if recipient_list.state == ListState.READY:
                st.caption(
                    _("Columns: {columns}").format(
                        columns=plain(", ".join(ListFacts.from_stored(recipient_list.facts).columns))
                    )
                )
            elif recipient_list.state == ListState.ERASED:
                st.caption(f":material/auto_delete: {_erased_notice()}")
            elif recipient_list.state == ListState.FAILED:
                st.error(plain(recipient_list.message), icon=":material/block:")
                list_operations.delete_action(recipient_list)
            else:
                step = list_progress.read(list_progress.job_of(store(), actor(), int(recipient_list.id or 0))).step
                st.caption(f"{_(list_progress.STEPS[step])} …" if step else _("Waiting to be checked …"))
                st.button(_("View"), key=f"list-look-{recipient_list.id}", on_click=_open, args=(recipient_list.id,))
            list_operations.show_origin(recipient_list)
        if recipient_list.state == ListState.READY:
            with right:
                st.markdown(_count_line(recipient_list))
                with st.container(horizontal=True):
                    st.button(
                        _("View"), key=f"list-look-{recipient_list.id}", on_click=_open, args=(recipient_list.id,)
                    )
                    if actor().may(Permission.CAMPAIGN):
                        st.button(
                            _("Use it"),
                            key=f"list-use-{recipient_list.id}",
                            icon=":material/add:",
                            disabled=not recipient_list.counts.accepted,
                            on_click=_use,
                            args=(recipient_list.id,),
                        )


def _erased_notice() -> str:
    return _("The numbers were erased with the last campaign that used this list.")


def _source_line(recipient_list: RecipientList) -> str:
    return " · ".join(
        plain(fact)
        for fact in (recipient_list.filename, moment(recipient_list.created_at), recipient_list.created_by)
        if fact
    )


def _count_line(recipient_list: RecipientList) -> str:
    accepted = count_words("{n} number", "{n} numbers", recipient_list.counts.accepted)
    excluded_count = recipient_list.counts.left_out
    excluded = count_words("{n} left out", "{n} left out", excluded_count)
    return f"**{accepted}** · {excluded}" if excluded_count else f"**{accepted}**"


def _list_page(recipient_list: RecipientList) -> None:
    list_id = int(recipient_list.id or 0)
    st.button(_("All lists"), key="lists-back", icon=":material/arrow_back:", type="tertiary", on_click=_close)
    st.header(plain(recipient_list.name), anchor=False)
    st.caption(_source_line(recipient_list))
    if recipient_list.state in LIST_UNCHECKED:
        check_progress.show(list_id)
        return
    if recipient_list.state == ListState.ERASED:
        st.info(_erased_notice(), icon=":material/auto_delete:")
        return
    if recipient_list.state != ListState.READY:
        st.error(plain(recipient_list.message), icon=":material/block:")
        with st.container(horizontal=True):
            st.button(_("Check again"), key="list-check-again", icon=":material/refresh:", on_click=_check_again,
                      args=(list_id,))  # fmt: skip
            list_operations.delete_action(recipient_list)
        return
    list_operations.show_origin(recipient_list)
    st.markdown(_count_line(recipient_list))
    list_operations.list_actions(recipient_list)
    if recipient_list.counts.accepted:
        with expander(_("Choose some of them"), f"list-choose-{list_id}", ":material/filter_alt:"):
            condition_editor.for_list(list_id, list_operations.keep_chosen)
    first = "rejected" if recipient_list.counts.rejected else "accepted"
    show_rows(list_id, recipient_list.counts, first)
    cell_corrections.show(recipient_list, _open, "lists-error")
    excluded_count = recipient_list.counts.left_out
    if excluded_count and actor().may(Permission.SEE_PHONES):
        refused_rows.download_buttons(list_id, recipient_list.name, excluded_count)
        list_addition.corrected_rows_uploader(recipient_list)


def _check_again(list_id: int) -> None:
    try:
        list_progress.check_again(store(), actor(), list_id)
    except DomainError as refusal:
        st.session_state["lists-error"] = refusal.message


def _open(list_id: int) -> None:
    st.query_params["list"] = str(list_id)


def _close() -> None:
    st.query_params.pop("list", None)


def _use(list_id: int) -> None:
    try:
        draft = Draft(name=names.shorten("campaign", lists.get(store(), list_id).name), text="", list_id=list_id)
        key = repeats.click_key(f"use-list:{list_id}")
        st.session_state["lists-campaign"] = campaigns.create(store(), actor(), settings(), draft, request_key=key)
    except DomainError as refusal:
        st.session_state["lists-error"] = refusal.message
