"""A button that deletes a draft, after a question."""

import streamlit as st

from getsms_core.base.errors import DomainError
from getsms_core.base.permissions import Permission
from getsms_core.campaigns import deletion
from pages.ui.shared import ask_first
from pages.ui.shared.plain_text import plain
from pages.ui.shared.session import _, actor, store


def delete_button(campaign_id: int, name: str, done_key: str, trouble_key: str, label: str = "") -> None:
    """The button (without `label` an icon) with its question; what happened is in the session under `done_key` or
    `trouble_key`."""
    if not actor().may(Permission.CAMPAIGN):
        return
    sentence = _("The draft “{name}” and its messages are deleted. Its list stays.").format(name=plain(name))
    ask_first.button(
        label,
        sentence,
        _("Delete the draft"),
        key=f"draft-delete-{campaign_id}",
        on_click=_delete,
        args=(campaign_id, done_key, trouble_key),
        help=_("Delete this draft"),
    )


def _delete(campaign_id: int, done_key: str, trouble_key: str) -> None:
    try:
        name = deletion.delete_draft(store(), actor(), campaign_id)
    except DomainError as refusal:
        st.session_state[trouble_key] = refusal.message
        return
    for parameter in ("id", "campaign", "step"):
        st.query_params.pop(parameter, None)
    st.session_state[done_key] = _("The draft “{name}” is deleted.").format(name=name)
