"""The rejected rows of a list as a file to correct and upload again: the reason, then the file's own columns."""

from collections.abc import Callable
from functools import partial

import pyarrow as pa
import streamlit as st

from getsms_core.base.permissions import Actor, Permission
from getsms_core.contacts import lists
from getsms_core.spreadsheet import csv_writer, xlsx_writer
from pages.ui.shared import later
from pages.ui.shared.session import _, store
from pages.ui.shared.widgets import count_words

XLSX_MOST = 100_000  # rows of a workbook that is made while the user waits
FORMATS = (("Excel", "xlsx", xlsx_writer.text_file), ("CSV", "csv", csv_writer.text_file))


def download_buttons(list_id: int, name: str, rows: int) -> None:
    """Buttons for the file, which is made when one is pressed."""
    sentence = count_words(
        "{n} row that was left out, with the reason beside it",
        "{n} rows that were left out, with the reason beside each",
        rows,
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        for label, ending, make in FORMATS:
            if ending == "xlsx" and rows > XLSX_MOST:
                continue
            st.download_button(
                _("Download as {format}").format(format=label),
                later.download(Permission.SEE_PHONES, partial(_rejected_rows_file, list_id, make), f"list:{list_id}"),
                f"{name} - {_('left out')}.{ending}",
                key=f"refused-{ending}-{list_id}",
                icon=":material/download:",
                on_click="ignore",
            )
        st.caption(sentence, width="content")


def _rejected_rows_file(list_id: int, make: Callable[[pa.Table], bytes], user: Actor) -> bytes:
    return make(lists.read(store(), user, list_id).refused_table())
