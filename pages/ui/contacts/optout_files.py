"""Opt-outs as files: all of them, and the rows of an upload without a number."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import islice

import pyarrow as pa
import streamlit as st

from getsms_core.base.permissions import Actor, Permission
from getsms_core.contacts import suppression
from getsms_core.spreadsheet import csv_writer
from pages.ui.contacts import refused_rows
from pages.ui.shared import later
from pages.ui.shared.plain_text import plain
from pages.ui.shared.session import _, actor, settings, store
from pages.ui.shared.widgets import count_words, expander, number

SHOWN = 20


@dataclass(frozen=True)
class RejectedRows:
    """The rows of an uploaded file that held no number: how many, the first of them in words, and all as a table."""

    name: str
    refused: int
    first: list[tuple[int, str, str]]
    rows: pa.Table

    @classmethod
    def of(cls, name: str, numbers: suppression.ParsedNumbers) -> "RejectedRows":
        """Of a file that was read."""
        assert numbers.file is not None
        problems = (
            problem for problem in numbers.file.problems() if not problem["code"].startswith(("repaired", "duplicate"))
        )
        first = [
            (int(problem["row"]), str(problem["value"]), str(problem["message"])) for problem in islice(problems, SHOWN)
        ]
        return cls(name, numbers.refused, first, numbers.file.refused_table())


def show_rejected_rows() -> None:
    """Show the rows of the last upload without a valid number, with a file of them to correct."""
    last: RejectedRows | None = st.session_state.get("optouts-refused")
    if last is None:
        return
    st.warning(
        count_words(
            "{n} row of {file} holds no mobile number and was left out.",
            "{n} rows of {file} hold no mobile number and were left out.",
            last.refused,
            file=plain(last.name),
        ),
        icon=":material/rule:",
    )
    with expander(_("View rows"), "optouts-rows", ":material/table_rows:"):
        st.table(
            [{_("Row"): number(row), _("In the file"): plain(value), _("Why not"): plain(reason)}
             for row, value, reason in last.first],
            hide_index=True,
            border="horizontal",
            alt=_("The rows of the file that held no number"),
        )  # fmt: skip
        st.download_button(
            _("Download as {format}").format(format="CSV"),
            later.download(Permission.LISTS, partial(_rejected_csv, last), "optouts"),
            f"{last.name} - {_('left out')}.csv",
            key="optouts-refused-csv",
            icon=":material/download:",
            on_click="ignore",
        )


def export_buttons(count: int) -> None:
    """Show downloads of all opt-outs to roles that see numbers; a workbook only up to `XLSX_MOST` rows."""
    if not actor().may(Permission.SEE_PHONES):
        return
    for label, ending, make in refused_rows.FORMATS:
        if ending == "xlsx" and count > refused_rows.XLSX_MOST:
            continue
        st.download_button(
            _("Download as {format}").format(format=label),
            later.download(Permission.SEE_PHONES, partial(_file, make), "optouts"),
            f"{_('opt-outs')}.{ending}",
            key=f"optouts-export-{ending}",
            icon=":material/download:",
            on_click="ignore",
        )


def _file(make: Callable[[pa.Table], bytes], user: Actor) -> bytes:
    return make(suppression.export_table(store(), user, settings().zone))


def _rejected_csv(last: RejectedRows, _user: Actor) -> bytes:
    return csv_writer.text_file(last.rows)
