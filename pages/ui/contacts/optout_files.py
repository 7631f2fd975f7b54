"""Opt-outs as files: all of them to take along, and the rows of an upload that held no number."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import islice

import pyarrow as pa
import streamlit as st

from getsms_core.base.permissions import Actor, Permission
from getsms_core.contacts import suppression
from pages.ui.contacts import refused_rows
from pages.ui.shared import later
from pages.ui.shared.phone_preview import plain
from pages.ui.shared.session import _, actor, ngettext, store
from pages.ui.shared.widgets import number

SHOWN = 20


@dataclass(frozen=True)
class RejectedRows:
    """The rows of an uploaded file that held no number: how many, the first of them in words, and all as a table."""

    name: str
    refused: int
    first: list[tuple[int, str, str]]
    rows: pa.Table

    @classmethod
    def of(cls, name: str, found: suppression.ParsedNumbers) -> "RejectedRows":
        """Of a file that was read."""
        assert found.file is not None
        bad = (one for one in found.file.problems() if not one["code"].startswith(("repaired", "duplicate")))
        first = [(int(one["row"]), str(one["value"]), str(one["message"])) for one in islice(bad, SHOWN)]
        return cls(name, found.refused, first, found.file.refused_table())


def show_rejected_rows() -> None:
    """Name the rows of the last upload that held no number, with a file of them to mend."""
    last: RejectedRows | None = st.session_state.get("optouts-refused")
    if last is None:
        return
    words = ngettext("{n} row of {file} holds no mobile number and was left out.",
                     "{n} rows of {file} hold no mobile number and were left out.", last.refused)  # fmt: skip
    st.warning(words.format(n=number(last.refused), file=plain(last.name)), icon=":material/rule:")
    with st.expander(_("View rows"), icon=":material/table_rows:"):
        st.table(
            [{_("Row"): number(row), _("In the file"): plain(value), _("Why not"): plain(why)}
             for row, value, why in last.first],
            hide_index=True,
            border="horizontal",
            alt=_("The rows of the file that held no number"),
        )  # fmt: skip
        st.download_button(
            _("Download as {format}").format(format="CSV"),
            later.download(Permission.LISTS, partial(_rejected_csv, last)),
            f"{last.name} - {_('left out')}.csv",
            key="optouts-refused-csv",
            icon=":material/download:",
            on_click="ignore",
        )


def export_buttons(count: int) -> None:
    """All opt-outs as a file, where the role sees numbers; a workbook only of as many as are made while one waits."""
    if not actor().may(Permission.SEE_PHONES):
        return
    for label, ending, make in (("Excel", "xlsx", refused_rows.workbook), ("CSV", "csv", refused_rows.text)):
        if ending == "xlsx" and count > refused_rows.XLSX_MOST:
            continue
        st.download_button(
            _("Download as {format}").format(format=label),
            later.download(Permission.SEE_PHONES, partial(_file, make)),
            f"{_('opt-outs')}.{ending}",
            key=f"optouts-export-{ending}",
            icon=":material/download:",
            on_click="ignore",
        )


def _file(make: Callable[[pa.Table], bytes], _user: Actor) -> bytes:
    return make(suppression.export_table(store()))


def _rejected_csv(last: RejectedRows, _user: Actor) -> bytes:
    return refused_rows.text(last.rows)
