"""The rejected rows of a list as a file to correct and upload again: the reason, then the file's own columns."""

import io
from collections.abc import Callable
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc
import streamlit as st
import xlsxwriter
from pyarrow import csv

from getsms_core.base.permissions import Actor, Permission
from pages.ui.shared import later, wizard_draft
from pages.ui.shared.session import _, ngettext
from pages.ui.shared.widgets import number

XLSX_MOST = 100_000  # rows of a workbook that is made while the user waits
_LIVE = "=+-@\t\r\n＝＋－＠"  # a cell that begins so may be run as a formula


def download_buttons(list_id: int, name: str, rows: int) -> None:
    """Buttons for the file, which is made when one is pressed."""
    sentence = ngettext("{n} row that was left out, with the reason beside it",
                     "{n} rows that were left out, with the reason beside each", rows)  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="center"):
        for label, ending, make in (("Excel", "xlsx", workbook), ("CSV", "csv", text)):
            if ending == "xlsx" and rows > XLSX_MOST:
                continue
            st.download_button(
                _("Download as {format}").format(format=label),
                later.download(Permission.SEE_PHONES, partial(_rejected_rows_file, list_id, make)),
                f"{name} - {_('left out')}.{ending}",
                key=f"refused-{ending}-{list_id}",
                icon=":material/download:",
                on_click="ignore",
            )
        st.caption(sentence.format(n=number(rows)), width="content")


def _rejected_rows_file(list_id: int, make: Callable[[pa.Table], bytes], _user: Actor) -> bytes:
    return make(wizard_draft.checked(list_id).refused_table())


def workbook(table: pa.Table) -> bytes:
    """An XLSX with every cell as text: nothing in it is run, and no digit is lost."""
    out = io.BytesIO()
    plain = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
    with xlsxwriter.Workbook(out, plain) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, table.column_names, book.add_format({"bold": True}))
        sheet.set_column(0, 0, 60)
        sheet.set_column(1, max(1, table.num_columns - 1), 18)
        sheet.freeze_panes(1, 0)
        for column, values in enumerate(table.columns):
            sheet.write_column(1, column, [value or "" for value in values.to_pylist()])
    return out.getvalue()


def text(table: pa.Table) -> bytes:
    """A CSV in UTF-8 with a BOM, for Excel; a cell that could be run as a formula gets an apostrophe in front."""
    columns = []
    for values in table.columns:
        values = pc.fill_null(values, "")
        live = pc.is_in(pc.utf8_slice_codeunits(values, 0, 1), value_set=pa.array(list(_LIVE)))
        columns.append(pc.if_else(live, pc.binary_join_element_wise("'", values, ""), values))
    out = io.BytesIO()
    out.write(b"\xef\xbb\xbf")
    csv.write_csv(pa.table(columns, table.column_names), out)
    return out.getvalue()
