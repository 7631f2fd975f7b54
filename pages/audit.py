"""The audit log: who did what, when."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from functools import partial

import streamlit as st

from getsms_core.audit import details
from getsms_core.audit import labels as audit_labels
from getsms_core.base.i18n import set_language
from getsms_core.base.permissions import Actor, Permission
from getsms_core.reports import audit_export, listings
from getsms_core.spreadsheet import csv_writer
from pages.ui.shared import choices, later, url_state
from pages.ui.shared.records import Audit
from pages.ui.shared.session import _, actor, language, pgettext, require, settings, store
from pages.ui.shared.table_formats import SECOND, of_rows
from pages.ui.shared.widgets import pager

ALL = ""


def main() -> None:
    """One run of the page."""
    require(Permission.SETTINGS)
    st.title(_("Audit log"), anchor=False)
    st.caption(
        _(
            "What users and the program decided, sign-ins and downloads. This program changes and deletes no entry; "
            "whoever can write to the database can."
        )
    )
    people, actions = listings.audit_choices(store())
    with st.container(horizontal=True, vertical_alignment="bottom"):
        who = _choose(_("Who"), "who", people, details.who)
        action = _choose(_("What"), "what", actions, audit_labels.action)
        example = _("for example {what}").format(what=audit_labels.subject("campaign:7"))
        about = url_state.text_field(_("About"), "about", placeholder=example, width=230)
        address = url_state.text_field(_("Address"), "address", width=170)
        since = url_state.day(pgettext("date", "From"), "from", width=140)
        until = url_state.day(pgettext("date", "To"), "to", width=140)
    if since and until and until < since:
        st.error(_("The last day is before the first day. Choose the days again."), icon=":material/event_busy:")
        return
    filters = audit_export.Filters(
        who or None,
        action or None,
        audit_labels.subject_code(about),
        address.strip(),
        _midnight(since),
        _midnight(until, days=1),
    )
    st.download_button(
        _("Export as CSV"),
        later.download(Permission.SETTINGS, partial(_file, filters), ""),  # its own entry tells the filters
        "audit.csv",
        "text/csv",
        key="audit-export",
        icon=":material/download:",
        on_click="ignore",
    )
    pager(
        "audit-pages",
        lambda before, limit: listings.audit(store(), actor(), **filters.query(), before_id=before, limit=limit),
        lambda row: int(row.id or 0),
        _table,
        size=100,
        question=(who, action, about, address, since, until),
    )


def _file(filters: audit_export.Filters, user: Actor) -> bytes:
    return csv_writer.text_file(audit_export.table(store(), user, filters, settings().zone))


def _choose(label: str, key: str, options: list[str], word: Callable[[str], str] = str) -> str:
    shown = [ALL, *sorted(options, key=word)]
    return url_state.choice(
        choices.selectbox, label, shown, key, lambda code: word(code) if code else _("all"), width=230
    )


def _midnight(day: date | None, days: int = 0) -> int | None:
    if day is None or (days and day == date.max):
        return None
    return int(datetime.combine(day + timedelta(days=days), time(), settings().zone).timestamp() * 1000)


def _table(rows: Sequence[Audit]) -> None:
    if not rows:
        st.info(_("No entries match. Change the filters."), icon=":material/search_off:")
        return
    set_language(language())
    shown = [
        {
            _("When"): row.at,
            _("Who"): details.who(row.actor),
            _("What"): audit_labels.action(row.action),
            _("About"): audit_labels.subject(row.subject),
            _("Address"): row.detail.get("address", ""),
            _("Detail"): details.in_words(row.action, row.detail, settings().zone),
        }
        for row in rows
    ]
    st.dataframe(of_rows(shown, {_("When"): SECOND}), hide_index=True, placeholder="–", alt=_("The audit log"))


main()
