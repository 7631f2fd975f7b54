"""Files that a person uploads: which kinds, and the numbers in one."""

from html import escape
from pathlib import Path

import streamlit as st
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile

from getsms_core.base.errors import DomainError
from getsms_core.base.temporary import temporary_folder
from getsms_core.contacts import suppression
from getsms_core.spreadsheet import LIMITS
from pages.ui.shared.asset_files import style_element
from pages.ui.shared.session import _, sees_commands
from pages.ui.shared.widgets import number

TYPES = [
    *("xlsx", "xls", "xlsb", "ods", "csv", "tsv", "txt"),
    *("html", "htm", "mht", "mhtml", "xml", "vcf", "slk", "dif"),
]
_USED = "uploads-used"


def how_large(command: str) -> None:
    """How large an upload may be; below an uploader for `TYPES`. `command` is the way for a larger file; administrators
    see it, others are sent to them.

    The browser refuses a file of another type or size, the server never sees it, and Streamlit then hides the list of
    types and says why in a tooltip alone: the style sheet shows our sentence while the uploader holds such a file."""
    most = number(int(st.get_option("server.maxUploadSize")))
    refusal = _("This file was not taken. Choose a file of up to {most} MB of one of these kinds: {types}.")
    words = escape(refusal.format(most=most, types=", ".join(kind.upper() for kind in TYPES)))
    st.html(f'{style_element("shared/assets/refused_file.css")}<p class="refused-file">{words}</p>')
    sentence = (
        _("Up to {most} MB. A larger file, up to {whole} MB: {command}, on the computer that the program runs on.")
        if sees_commands()
        else _("Up to {most} MB. An administrator can add a larger file, up to {whole} MB.")
    )
    st.caption(
        sentence.format(
            most=most,
            whole=number(LIMITS.file_bytes >> 20),
            command=f"`{command}`",
        )
    )


def uploaded(key: str) -> UploadedFile | None:
    """The file in the uploader with this key; `getvalue()` reads it without the copy that `getbuffer()` makes. None
    where there is none, where its callback ran for it before in this session, and where a repeat of it arrives after
    its bytes were thrown away."""
    file = st.session_state.get(key)
    return file if isinstance(file, UploadedFile) and not is_used(file) else None


def request_key(file: UploadedFile) -> str:
    """The key of what this upload asks for. Its id is made for each upload, so the same file uploaded again is a new
    request."""
    return f"upload:{file.file_id}"


def is_used(file: UploadedFile) -> bool:
    """Whether this upload was used in this session: its callback runs a second time."""
    return file.file_id in st.session_state.get(_USED, ())


def use(file: UploadedFile) -> None:
    """Remember that this upload was used, and let go of its bytes: Streamlit would hold them until the page closes."""
    st.session_state.setdefault(_USED, set()).add(file.file_id)
    context = get_script_run_ctx(suppress_warning=True)
    manager = context.uploaded_file_mgr if context else None
    if context and isinstance(manager, MemoryUploadedFileManager):
        manager.remove_file(context.session_id, file.file_id)


def numbers_in(name: str, data: bytes | memoryview) -> suppression.ParsedNumbers:
    """The numbers of an uploaded file; only the ending of its name is looked at. Raises `DomainError`."""
    with temporary_folder() as folder:
        path = folder / ("upload" + Path(name).suffix.lower())
        path.write_bytes(data)
        parsed_numbers = suppression.parse_file(path)
    columns = parsed_numbers.file.phone_columns if parsed_numbers.file is not None else []
    if len(columns) > 1:
        sentence = _("Several columns of the file look like phone numbers: {columns}. Keep only the one that is meant.")
        named = ", ".join(f"“{column}”" for column in columns)
        raise DomainError("ambiguous-phone-column", sentence.format(columns=named))
    return parsed_numbers
