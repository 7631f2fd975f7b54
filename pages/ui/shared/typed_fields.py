"""Fields whose values survive a reload: what was chosen or typed for a campaign and is not in the campaign itself.

`restore` puts what was kept into the session before the widgets are drawn; `keep` stores what has changed since. The
fields are stored by name, because the keys of widgets are for one session."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import streamlit as st

from getsms_core.campaigns import draft_input
from pages.ui.shared import choices
from pages.ui.shared.session import actor, store

_DATETIME = "datetime"


def kept(campaign_id: int) -> dict[str, Any]:
    """Return what this user typed for a campaign, by the name of the field: read once a session, then kept up to date
    by this session."""
    key = f"typed-{campaign_id}"
    if key not in st.session_state:
        st.session_state[key] = draft_input.kept(store(), actor(), campaign_id)
    values: dict[str, Any] = st.session_state[key]
    return values


def put(campaign_id: int, **values: Any) -> None:
    """Store what was typed; None forgets a field. What is stored already is not written again."""
    known = kept(campaign_id)
    changed = {field: value for field, value in values.items() if known.get(field) != value}
    if changed:
        draft_input.keep(store(), actor(), campaign_id, changed)
        known.update(changed)


def restore(campaign_id: int, fields: Mapping[str, str]) -> None:
    """Before the widgets of these fields (name → key) are drawn: give those that have no value yet the kept one."""
    for field, key in fields.items():
        value = kept(campaign_id).get(field)
        if value is not None and key not in st.session_state:
            st.session_state[key] = _decoded(value)


def keep(campaign_id: int, fields: Mapping[str, str]) -> None:
    """After the widgets are drawn: store the values that have changed."""
    drawn = {field: key for field, key in fields.items() if key in st.session_state}
    put(campaign_id, **{field: _encoded(choices.value(key)) for field, key in drawn.items()})


def _encoded(value: Any) -> Any:
    return {_DATETIME: value.isoformat()} if isinstance(value, datetime) else value


def _decoded(value: Any) -> Any:
    return datetime.fromisoformat(value[_DATETIME]) if isinstance(value, dict) and _DATETIME in value else value
