"""Below the table of campaigns: what can be done with the chosen ones."""

from collections.abc import Callable, Sequence

import streamlit as st

from getsms_core.base.errors import DomainError
from getsms_core.base.states import CampaignState
from getsms_core.campaigns import deletion, ordering
from getsms_core.reports import CampaignRow
from pages.ui.shared import ask_first, choices, repeats
from pages.ui.shared.session import _, actor, ngettext, pgettext, store
from pages.ui.shared.widgets import count_words, number

_TABLE = "campaigns-table"


def show(chosen: Sequence[CampaignRow]) -> None:
    """Show the buttons; each changes all chosen campaigns or none."""
    if not chosen:
        st.caption(_("Choose rows by their boxes to tag, archive or delete campaigns."))
        return
    ids = tuple(row.id for row in chosen)
    words = count_words("{n} campaign is chosen", "{n} campaigns are chosen", len(ids))
    st.markdown(f"**{words}**")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        _tags(chosen, ids)
        is_archived = all(row.archived_at is not None for row in chosen)
        st.button(
            _("Take out of the archive") if is_archived else pgettext("button", "Archive"),
            key="campaigns-archive",
            icon=":material/unarchive:" if is_archived else ":material/archive:",
            on_click=_archive,
            args=(ids, not is_archived),
        )
        if all(row.state is CampaignState.DRAFT for row in chosen):
            question = count_words(
                "Delete {n} draft? It cannot be brought back.",
                "Delete {n} drafts? They cannot be brought back.",
                len(ids),
            )
            ask_first.button(
                _("Delete …"), question, _("Delete"), key="campaigns-delete", on_click=_delete, args=(ids,)
            )


def _tags(chosen: Sequence[CampaignRow], ids: tuple[int, ...]) -> None:
    with st.popover(_("Tags …"), icon=":material/sell:"):
        st.text_input(_("New tag"), key="campaigns-new-tag", max_chars=40)
        known = ordering.all_tags(store())
        if known:
            choices.multiselect(_("Add"), known, key="campaigns-add-tags", placeholder=_("none"))
        present = sorted({tag for row in chosen for tag in row.tags}, key=str.casefold)
        if present:
            choices.multiselect(_("Remove"), present, key="campaigns-remove-tags", placeholder=_("none"))
        st.button(_("Change the tags"), key="campaigns-tag", type="primary", on_click=_tag, args=(ids,))


def _tag(ids: tuple[int, ...]) -> None:
    new = str(st.session_state.get("campaigns-new-tag") or "").strip()
    added = [*(choices.value("campaigns-add-tags") or []), *([new] if new else [])]
    removed = choices.value("campaigns-remove-tags") or []
    if not added and not removed:
        return
    confirmation = ngettext("The tags of {n} campaign are changed.", "The tags of {n} campaigns are changed.", len(ids))
    if _do(lambda: ordering.tag(store(), actor(), ids, added, removed), confirmation, len(ids)):
        for key in ("campaigns-new-tag", "campaigns-add-tags", "campaigns-remove-tags"):
            st.session_state.pop(key, None)


def _archive(ids: tuple[int, ...], archived: bool) -> None:
    if archived:
        confirmation = ngettext("{n} campaign is in the archive.", "{n} campaigns are in the archive.", len(ids))
    else:
        confirmation = ngettext(
            "{n} campaign is out of the archive.", "{n} campaigns are out of the archive.", len(ids)
        )
    _do(lambda: ordering.archive(store(), actor(), ids, archived=archived), confirmation, len(ids))


def _delete(ids: tuple[int, ...]) -> None:
    confirmation = ngettext("{n} draft is deleted.", "{n} drafts are deleted.", len(ids))
    _do(lambda: deletion.delete_drafts(store(), actor(), ids), confirmation, len(ids))


def _do(action: Callable[[], object], done: str, n: int) -> bool:
    try:
        action()
    except DomainError as refusal:
        st.session_state["campaign-error"] = refusal.message
        return False
    st.session_state["campaign-success"] = done.format(n=number(n))
    repeats.end_turn(_TABLE)
    return True
