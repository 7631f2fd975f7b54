"""Ways to a list that several pages show: upload a file, paste numbers."""

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from getsms_core.base.errors import DomainError
from getsms_core.contacts import lists, pasting
from getsms_core.contacts.lists import Options
from pages.ui.shared import repeats, uploads
from pages.ui.shared.session import _, actor, store
from pages.ui.shared.uploads import TYPES, how_large

Use = Callable[[int, str, str], None]
"""What happens with a new list: its id, its name and the key of the request."""


def uploader(key_prefix: str, use: Use, trouble_key: str) -> None:
    """An uploader whose file becomes a list."""
    turn = st.session_state.setdefault(f"{key_prefix}-uploads", 0)
    key = f"{key_prefix}-file-{turn}"
    st.file_uploader(
        _("Drop a spreadsheet with phone numbers"),
        TYPES,
        key=key,
        on_change=_uploaded,
        args=(key_prefix, key, use, trouble_key),
        help=_("Any spreadsheet, text file, web page with a table or file of contacts. Nothing is sent yet."),
    )
    how_large("getsms lists add FILE")


def _uploaded(key_prefix: str, key: str, use: Use, trouble_key: str) -> None:
    file = uploads.uploaded(key)
    if file is None:
        return
    name, request_key = Path(file.name).stem, uploads.request_key(file)
    try:
        parts = lists.iter_parts(file.getvalue())
        list_id = lists.upload(store(), actor(), name, file.name, parts, Options(), request_key=request_key)
        use(list_id, name, request_key)
    except DomainError as refusal:
        st.session_state[trouble_key] = refusal.message
        return
    st.session_state[f"{key_prefix}-uploads"] += 1
    uploads.use(file)


def paste_form(key_prefix: str, use: Use, trouble_key: str) -> None:
    """A form whose text becomes a list."""
    turn = repeats.turn(f"{key_prefix}-paste")
    with st.form(f"{key_prefix}-paste-{turn}", border=False):
        st.text_area(
            _("Phone numbers"),
            key=f"{key_prefix}-pasted-{turn}",
            height=160,
            max_chars=pasting.MOST_CHARACTERS,
            placeholder="998901234567\n+998 93 123-45-68",
            help=_("One or several numbers a line, or rows copied from a spreadsheet with their header."),
        )
        st.text_input(_("Name"), key=f"{key_prefix}-paste-name-{turn}", placeholder=_("Pasted numbers"))
        st.form_submit_button(
            _("Check the numbers"),
            key=f"{key_prefix}-paste-go",
            on_click=_pasted,
            args=(key_prefix, turn, use, trouble_key),
        )


def _pasted(key_prefix: str, turn: int, use: Use, trouble_key: str) -> None:
    if turn != repeats.turn(f"{key_prefix}-paste"):
        return
    text = str(st.session_state.get(f"{key_prefix}-pasted-{turn}", ""))
    name = str(st.session_state.get(f"{key_prefix}-paste-name-{turn}", "")).strip() or _("Pasted numbers")
    request_key = repeats.click_key(f"{key_prefix}-paste:{turn}")
    try:
        list_id = pasting.upload_pasted(store(), actor(), text, name, request_key=request_key)
        use(list_id, name, request_key)
    except DomainError as refusal:
        st.session_state[trouble_key] = refusal.message
        return
    repeats.end_turn(f"{key_prefix}-paste")
