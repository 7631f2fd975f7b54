"""The kept lists: what each holds, where it came from, and a campaign to it."""

from collections.abc import Sequence

import streamlit as st

from getsms_core.base.errors import DomainError
from getsms_core.base.permissions import Permission
from getsms_core.campaigns import service as campaigns
from getsms_core.campaigns import test_send
from getsms_core.campaigns.service import Draft
from getsms_core.contacts import lists
from getsms_core.contacts import progress as list_progress
from pages.ui.contacts import check_progress, condition_editor, list_addition, list_operations, refused_rows
from pages.ui.contacts.checked_rows import COUNTS, show_rows
from pages.ui.shared import repeats, url_state
from pages.ui.shared.phone_preview import plain
from pages.ui.shared.records import RecipientList
from pages.ui.shared.session import _, actor, ngettext, settings, store
from pages.ui.shared.widgets import empty, moment, number, pager

STATES = ("waiting", "checking")


def show() -> None:
    """The lists, newest first, or one of them."""
    if (made := st.session_state.pop("lists-campaign", None)) is not None:
        st.switch_page("new_campaign.py", query_params={"campaign": str(made), "step": "check"})
    asked = st.query_params.get("list", "")
    if asked.isdecimal() and len(asked) < 10:
        try:
            _list_page(lists.get(store(), int(asked)))
        except DomainError as refusal:
            st.error(refusal.message, icon=":material/block:")
        return
    kept = [one for one in lists.all_lists(store()) if one.filename != test_send.FILENAME]
    if not kept:
        empty(
            _("No list yet"),
            _("Lists are saved when you use them in a campaign."),
            _("New campaign"),
            "new_campaign.py",
            key="lists-empty",
        )
        return
    list_operations.combine_form([one for one in kept if one.state == "ready"])
    search = url_state.text_field(_("Search"), "search", placeholder=_("name, file or tag"), width=300)
    folded = search.strip().casefold()
    found = [one for one in kept if folded in " ".join([one.name, one.filename, *one.tags]).casefold()]
    if not found:
        st.info(_("No lists match your search."), icon=":material/search_off:")
    pager(
        "lists-pages",
        lambda before, limit: [one for one in found if before is None or int(one.id or 0) < before][:limit],
        lambda one: int(one.id or 0),
        _cards,
        size=12,
        total=len(found),
        question=search,
    )


def _cards(found: Sequence[RecipientList]) -> None:
    for one in found:
        _card(one)


def _card(one: RecipientList) -> None:
    with st.container(border=True):
        left, right = st.columns([3, 2], vertical_alignment="center")
        with left:
            st.markdown(f"**{plain(one.name)}**")
            st.caption(_source_line(one))
            if one.state == "ready":
                st.caption(_("Columns: {columns}").format(columns=plain(", ".join(one.facts["columns"]))))
            elif one.state == "erased":
                st.caption(f":material/auto_delete: {_erased_notice()}")
            elif one.state == "failed":
                st.error(one.message, icon=":material/block:")
            else:
                progress = list_progress.read(one)
                waits = one.state == "waiting"
                st.caption(_("Waiting to be checked …") if waits else f"{_(list_progress.STEPS[progress.step])} …")
                st.button(_("View"), key=f"list-look-{one.id}", on_click=_open, args=(one.id,))
            list_operations.show_origin(one)
        if one.state == "ready":
            with right:
                st.markdown(_count_line(one))
                with st.container(horizontal=True):
                    st.button(_("View"), key=f"list-look-{one.id}", on_click=_open, args=(one.id,))
                    if actor().may(Permission.CAMPAIGN):
                        st.button(
                            _("Use it"),
                            key=f"list-use-{one.id}",
                            icon=":material/add:",
                            disabled=not one.counts["accepted"],
                            on_click=_use,
                            args=(one.id,),
                        )


def _erased_notice() -> str:
    return _("The numbers were erased with the last campaign that used this list.")


def _source_line(one: RecipientList) -> str:
    return " · ".join(plain(word) for word in (one.filename, moment(one.created_at), one.created_by) if word)


def _count_line(one: RecipientList) -> str:
    good = ngettext("{n} number", "{n} numbers", one.counts["accepted"]).format(n=number(one.counts["accepted"]))
    rest = one.counts["rows"] - one.counts["accepted"]
    left = ngettext("{n} left out", "{n} left out", rest).format(n=number(rest))
    return f"**{good}** · {left}" if rest else f"**{good}**"


def _list_page(one: RecipientList) -> None:
    list_id = int(one.id or 0)
    st.button(_("All lists"), key="lists-back", icon=":material/arrow_back:", type="tertiary", on_click=_close)
    st.subheader(one.name, anchor=False)
    st.caption(_source_line(one))
    if one.state in STATES:
        check_progress.show(list_id)
        return
    if one.state == "erased":
        st.info(_erased_notice(), icon=":material/auto_delete:")
        return
    if one.state != "ready":
        st.error(one.message, icon=":material/block:")
        list_operations.delete_action(one)
        return
    list_operations.show_origin(one)
    st.markdown(_count_line(one))
    list_operations.list_actions(one)
    if one.counts["accepted"]:
        with st.expander(_("Choose some of them"), icon=":material/filter_alt:", key="list-choose"):
            condition_editor.for_list(list_id, list_operations.keep_chosen)
    first = "rejected" if one.counts[COUNTS["rejected"]] else "accepted"
    show_rows(list_id, one.counts, first)
    rest = one.counts["rows"] - one.counts["accepted"]
    if rest and actor().may(Permission.SEE_PHONES):
        refused_rows.download_buttons(list_id, one.name, rest)
        list_addition.corrected_rows_uploader(one)


def _open(list_id: int) -> None:
    st.query_params["list"] = str(list_id)


def _close() -> None:
    st.query_params.pop("list", None)


def _use(list_id: int) -> None:
    try:
        draft = Draft(name=lists.get(store(), list_id).name, text="", list_id=list_id)
        key = repeats.click_key(f"use-list:{list_id}")
        st.session_state["lists-campaign"] = campaigns.create(store(), actor(), settings(), draft, request_key=key)
    except DomainError as refusal:
        st.session_state["lists-error"] = refusal.message
