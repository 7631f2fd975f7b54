"""One draft in two tabs or browsers: neither overwrites what it has not shown.

A tab remembers the draft as it last showed it. A change is saved only where the field that it changes still has that
value (`drafts.change` decides); otherwise the change waits here until its user chooses. Typed texts are stored with
what they were typed over, so that the choice is offered after a reload too.
"""

from dataclasses import dataclass, field, replace
from typing import Any

import streamlit as st

from getsms_core.base.errors import DomainError
from getsms_core.campaigns import service as campaigns
from getsms_core.campaigns.service import Draft
from pages.ui.shared import typed_fields
from pages.ui.shared.records import Campaign
from pages.ui.shared.session import actor, store

CHANGED = "changed-meanwhile"
TEXT = "text"


@dataclass
class Conflict:
    """Changes that would overwrite what another tab saved: `name` saved it at `at` (UTC ms)."""

    name: str
    at: int
    changes: dict[str, Any] = field(default_factory=dict)


def conflict(campaign_id: int) -> Conflict | None:
    """Return the changes of this tab that wait for a choice."""
    waiting: Conflict | None = st.session_state.get(_conflict_key(campaign_id))
    return waiting


def notice(campaign: Campaign) -> list[str]:
    """Note what this tab shows of a draft from now on; return the fields that were changed elsewhere since its last
    run, whose widgets still show the earlier value. Call it before they are drawn."""
    current, key = Draft.of(campaign), _seen_key(int(campaign.id or 0))
    seen: Draft = st.session_state.get(key, current)
    st.session_state[key] = current
    return [name for name in Draft.__dataclass_fields__ if getattr(seen, name) != getattr(current, name)]


def save(campaign_id: int, changes: dict[str, Any]) -> bool:
    """Save changes of a draft; return whether they were saved. Those that would overwrite a newer value wait as
    `conflict`, and so does what is typed into the same fields until the user has chosen. Raises `DomainError`."""
    waiting = conflict(campaign_id)
    if waiting is not None and changes.keys() & waiting.changes.keys():
        waiting.changes |= changes
        return False
    stored = Draft.of(campaigns.get(store(), campaign_id))
    shown: Draft = st.session_state.get(_seen_key(campaign_id), stored)
    seen = {name: getattr(shown, name) for name in changes}
    try:
        campaigns.change(store(), actor(), campaign_id, replace(stored, **changes), seen=seen)
    except DomainError as refusal:
        if refusal.code != CHANGED:
            raise
        params = refusal.reason.params
        wait(campaign_id, Conflict(str(params["name"]), int(params["at"]), dict(changes)))
        return False
    saved = Draft.of(campaigns.get(store(), campaign_id))
    # A change may change other fields too: another list has other columns to count by.
    own = {
        name: getattr(saved, name)
        for name in Draft.__dataclass_fields__
        if name in changes or getattr(stored, name) == getattr(shown, name)
    }
    st.session_state[_seen_key(campaign_id)] = replace(shown, **own)
    return True


def wait(campaign_id: int, waiting: Conflict) -> None:
    """Let changes wait for a choice."""
    st.session_state[_conflict_key(campaign_id)] = waiting


def shown_text(campaign_id: int, saved: str) -> str:
    """Return the text of the draft as this tab last showed it; `saved` where it has not yet."""
    shown: Draft | None = st.session_state.get(_seen_key(campaign_id))
    return saved if shown is None else shown.text


def keep_mine(campaign_id: int) -> bool:
    """Save the changes of this tab over the newer ones, which its user has been told of. Raises `DomainError`."""
    waiting = st.session_state.pop(_conflict_key(campaign_id), None)
    if waiting is None:
        return False
    st.session_state[_seen_key(campaign_id)] = Draft.of(campaigns.get(store(), campaign_id))
    return save(campaign_id, waiting.changes)


def drop_mine(campaign_id: int) -> Conflict | None:
    """Forget the changes of this tab that wait; return them."""
    waiting: Conflict | None = st.session_state.pop(_conflict_key(campaign_id), None)
    return waiting


# ------------------------------------------------------------------------------------------------- texts not saved


def unsaved_text(campaign_id: int, key: str, saved: str) -> str | None:
    """Return what was typed into the editor `key` and is not `saved`; also after a reload."""
    if (unsaved := st.session_state.get(f"{key}-unsaved")) is not None:
        return str(unsaved)
    typed = typed_fields.kept(campaign_id).get(key)
    if not isinstance(typed, dict) or typed[TEXT] == saved:
        return None
    st.session_state[f"{key}-unsaved"] = text = str(typed[TEXT])
    return text


def typed_over_another(campaign_id: int, key: str, saved: str) -> bool:
    """Whether the unsaved text of an editor was typed over another text than the one that is saved now."""
    typed = typed_fields.kept(campaign_id).get(key)
    return isinstance(typed, dict) and typed["over"] != saved


def keep_text(campaign_id: int, key: str, text: str, over: str) -> None:
    """Keep a text that is not saved, and `over`, the saved text that its user saw."""
    st.session_state[f"{key}-unsaved"] = text
    typed_fields.put(campaign_id, **{key: {TEXT: text, "over": over}})


def forget_text(campaign_id: int, key: str) -> None:
    """The text of an editor is saved, or its user let go of it."""
    st.session_state.pop(f"{key}-unsaved", None)
    typed_fields.put(campaign_id, **{key: None})


def _seen_key(campaign_id: int) -> str:
    return f"draft-seen-{campaign_id}"


def _conflict_key(campaign_id: int) -> str:
    return f"draft-conflict-{campaign_id}"
