"""The view of Analytics that breaks messages down by a column of the list, a list, an author, a text and so on."""

from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from getsms_core import exports, reports
from getsms_core.base.i18n import N_
from getsms_core.base.kinds import KIND_LABELS, MessageKind
from getsms_core.base.permissions import Actor, Permission
from getsms_core.base.states import Figures
from getsms_core.base.temporary import temporary_folder
from getsms_core.contacts.list_columns import PREFIX
from getsms_core.reports import Filter
from pages.ui.analytics import views
from pages.ui.shared import analytics_targets as targets
from pages.ui.shared import choices, later
from pages.ui.shared.plain_text import plain
from pages.ui.shared.remembered_filters import note, remember_one
from pages.ui.shared.session import _, actor, settings, store

LABELS = {
    "list": N_("List"),
    "author": N_("Author"),
    "category": N_("Kind"),
    "variant": N_("Text"),
    "range": N_("Number range"),
    "sender": N_("Sender name"),
    "day": N_("Day"),
}
COLUMNS = (
    "value", "sent", "delivered", "undelivered", "expired", "rejected", "uncertain", "settled", "waiting", "rate",
    "low", "high", "final", "sent_cost", "responses",
)  # fmt: skip
SHOWN = 200
"""Values in the table of the page; the others are one row, and all of them are in the files."""


def show(question: Filter) -> None:
    """The choice of what to break down by, the rates of its values, and the breakdown as a file."""
    columns = reports.cut_columns(store(), actor(), question, settings().zone)
    options = [*LABELS, *(PREFIX + name for name in columns)]
    default = options[len(LABELS)] if columns else "list"
    remember_one("by", options, default)
    if choices.value("by") not in options:
        st.session_state["by"] = default
    by = choices.selectbox(_("Break down by"), options, key="by", format_func=_label, width=320)
    note("by", [str(by)])
    frame = reports.by_cut(store(), actor(), question, settings().zone, str(by))
    if frame.empty:
        views.show_no_messages()
        return
    others = len(frame) > SHOWN
    shown = _most(frame)
    names = [_name(str(by), value) for value in shown["value"]]
    table = shown[list(COLUMNS)].assign(value=names)
    title = _("Delivery rate by {what}, best on top").format(what=plain(_label(str(by))))
    values = [None if pd.isna(value) else str(value) for value in frame["value"][: SHOWN - 1 if others else None]]
    views.rates(table, names, title, "by-cut", targets.of_parts(names[: len(values)], str(by), values))
    _downloads(question, str(by))
    if others:
        st.caption(_("The page shows the {n} values with most messages; the files have all.").format(n=SHOWN))
    if not columns.get(str(by).removeprefix(PREFIX), True):
        st.caption(_("No campaign counts by this column yet, so its messages are counted now, which takes longer. "
                     "Choose the column when you create a campaign: its figures then appear at once."))  # fmt: skip


def _label(code: str) -> str:
    return _(LABELS[code]) if code in LABELS else code.removeprefix(PREFIX)


def part_in_words(by: str, value: str | None) -> str:
    """Return what a part of a breakdown is called, with what it is a part of."""
    label = _("Template") if by == "template" else _label(by)
    name = (value or _("A text of its own")) if by == "template" else _name(by, value)
    return f"{label}: {name}"


def _name(by: str, value: str | None) -> str:
    if value is None:
        return {"day": _("Not sent"), "variant": _("One text")}.get(by, _("Without a value"))
    if by == "range":
        return reports.range_in_words(value)
    if by == "category":
        return _(KIND_LABELS[MessageKind(value)])
    if value == "":
        return {"sender": _("Short number"), "variant": _("Fallback text")}.get(by, _("Empty cell"))
    return value


def _most(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the values with most messages, and the others as one row."""
    if len(frame) <= SHOWN:
        return frame
    head, tail = frame.iloc[: SHOWN - 1], frame.iloc[SHOWN - 1 :]
    sums: dict[str, Any] = {str(name): n for name, n in tail.select_dtypes("number").sum().items()}
    figures = Figures.of(sums)
    low, high = reports.interval(figures)
    final = bool(tail["final"].all())
    row = sums | {"value": _("All other values"), "rate": figures.rate, "low": low, "high": high, "final": final}
    return pd.concat([head, pd.DataFrame([row])], ignore_index=True).astype(head.dtypes.to_dict())


def _downloads(question: Filter, by: str) -> None:
    if not actor().may(Permission.EXPORT):
        return
    with st.container(horizontal=True):
        for kind, name in (("xlsx", "Excel"), ("csv", "CSV"), ("json", "JSON")):
            st.download_button(
                name, later.download(Permission.EXPORT, partial(_bytes, question, by, kind), "figures"),
                f"breakdown.{kind}", key=f"cut-{kind}", icon=":material/download:", on_click="ignore",
            )  # fmt: skip


def _bytes(question: Filter, by: str, kind: str, user: Actor) -> bytes:
    with temporary_folder() as folder:
        path = folder / f"breakdown.{kind}"
        exports.write_cut(store(), user, question, by, kind, path, settings().zone)
        return path.read_bytes()
