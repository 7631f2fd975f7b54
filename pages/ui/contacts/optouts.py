"""Opt-outs: numbers that nothing, or no advertising, is sent to, with where they came from and why."""

from collections.abc import Sequence

import numpy as np
import streamlit as st

from getsms_core import phone
from getsms_core.base.errors import DomainError
from getsms_core.base.kinds import OPT_OUT_SCOPES, OptOutScope
from getsms_core.contacts import suppression
from getsms_core.reports import listings
from pages.ui.contacts import optout_files
from pages.ui.shared import choices, number_link, repeats, uploads, url_state
from pages.ui.shared.records import OptOut
from pages.ui.shared.session import _, actor, store
from pages.ui.shared.table_formats import DAY, of_rows
from pages.ui.shared.uploads import TYPES, how_large, numbers_in
from pages.ui.shared.widgets import chosen_row, count_words, empty, expander, pager

SOURCES = ("asked", "complaint", "operator", "other")
INVALID_SHOWN = 5


def show() -> None:
    """How many there are, a way to add, a search, and the numbers."""
    count = listings.opt_out_count(store())
    st.header(count_words("{n} opted-out number", "{n} opted-out numbers", count), anchor=False)
    st.caption(
        _(
            "They are excluded when a list is checked and again just before each message is sent. Who opted out of "
            "advertising is excluded from advertising only."
        )
    )
    _add()
    optout_files.show_rejected_rows()
    if not count:
        empty(
            _("No opt-outs yet"),
            _("When a recipient asks not to get messages, add the number here."),
            key="optouts-empty",
        )
        return
    search = url_state.text_field(_("Search"), "search", placeholder=_("number, reason or source"), width=300)
    pager(
        "optouts-pages",
        lambda after, limit: listings.opt_outs(store(), actor(), search=search, after_phone=after, limit=limit),
        lambda opt_out: opt_out.phone,
        _table,
        size=50,
        total=None if search else count,
        question=search,
    )
    with st.container(horizontal=True):
        optout_files.export_buttons(count)
    _remove()


def source_label(code: str) -> str:
    """Return the label of an opt-out's source; an unknown source is returned as it is."""
    return {
        "asked": _("they asked"),
        "complaint": _("a complaint"),
        "operator": _("the operator"),
        "erasure": _("erased on request"),
        "other": _("other"),
    }.get(code, code)


def scope_label(scope: OptOutScope) -> str:
    """Return what a number gets no more, in words."""
    return _("SMS of any kind") if scope == OptOutScope.ALL else _("advertising")


def scope_help() -> str:
    """Return what the two kinds of opt-outs mean."""
    return _(
        "Those who opted out of advertising still get service messages, such as codes and order updates. “SMS of any "
        "kind” widens an earlier opt-out from advertising; the other way round changes nothing."
    )


def _table(opt_outs: Sequence[OptOut]) -> None:
    if not opt_outs:
        st.info(_("No opt-outs match."), icon=":material/search_off:")
        return
    rows = [
        {
            _("Number"): str(opt_out.phone),
            _("Opted out of"): _(OPT_OUT_SCOPES[opt_out.scope]),
            _("Source"): source_label(opt_out.source),
            _("Reason"): opt_out.reason,
            _("Since"): opt_out.created_at,
            _("Added by"): opt_out.created_by,
        }
        for opt_out in opt_outs
    ]
    table = of_rows(rows, {_("Since"): DAY})
    chosen = chosen_row(table, opt_outs, key="optouts-table", alt=_("Opted-out numbers"))
    if chosen is not None:
        number_link.of_phone(chosen.phone)
    else:
        st.caption(_("Choose a row to see all about its number."))


# --------------------------------------------------------------------------------------------------------- adding


def _add() -> None:
    # Not a form: what a form has not submitted is lost when the language is switched.
    with expander(_("Add numbers"), "optouts-add", ":material/person_off:"):
        left, right = st.columns(2)
        left.text_area(
            _("Type or paste numbers, one a line or with commas"), key="optouts-typed", placeholder="90 123 45 67"
        )
        right.file_uploader(
            _("Or a file with numbers"),
            TYPES,
            key="optouts-file",
            help=_("Any spreadsheet or text file. Of a cell with several numbers all count."),
        )  # fmt: skip
        with right:
            how_large("getsms optout add --file FILE")
        choices.selectbox(_("Source"), SOURCES, format_func=source_label, where=left, key="optouts-source")
        right.text_input(_("Reason"), key="optouts-reason", placeholder=_("for example: called on 3 March"))
        with left:
            choices.radio(
                _("They get no more"),
                list(OptOutScope),
                format_func=scope_label,
                key="optouts-scope",
                help=scope_help(),
            )
        st.button(
            _("Add to opt-outs"),
            key="optouts-go",
            type="primary",
            on_click=_add_numbers,
            args=(repeats.turn("optouts"),),
        )


def _add_numbers(turn: int) -> None:
    state = st.session_state
    file = uploads.uploaded("optouts-file")
    adding = f"optouts:{file.file_id if file else ''}"
    typed_nothing = not str(state.get("optouts-typed", "")).strip()
    if turn != repeats.turn("optouts") or (file and typed_nothing and repeats.is_repeat(adding)):
        return
    try:
        typed = suppression.parse_text(str(state.get("optouts-typed", "")))
        if typed.refused:
            shown = ", ".join(invalid.text for invalid in typed.pieces[:INVALID_SHOWN])
            sentence = count_words(
                "{n} line is not a mobile number of Uzbekistan: {lines}. Nothing was added; fix it and try again.",
                "{n} lines are not mobile numbers of Uzbekistan: {lines}. Nothing was added; fix them and try again.",
                typed.refused,
                lines=shown + (" …" if typed.refused > INVALID_SHOWN else ""),
            )
            raise DomainError("bad-number", sentence)
        numbers = typed.numbers
        if file is not None:
            file_numbers = numbers_in(file.name, file.getvalue())
            numbers = np.union1d(numbers, file_numbers.numbers)
            state["optouts-refused"] = (
                optout_files.RejectedRows.of(file.name, file_numbers) if file_numbers.refused else None
            )
        if not len(numbers):
            raise DomainError("no-number", _("Write at least one number, or choose a file."))
        added_count = suppression.add(
            store(),
            actor(),
            numbers,
            choices.value("optouts-source"),
            state["optouts-reason"].strip(),
            choices.value("optouts-scope"),
        )
    except DomainError as refusal:
        state["lists-error"] = refusal.message
        return
    sentence = count_words("{n} number was added.", "{n} numbers were added.", added_count)
    existing_count = len(numbers) - added_count
    if existing_count:
        sentence += " " + count_words("{n} was there already.", "{n} were there already.", existing_count)
    state["lists-success"] = sentence
    state["optouts-typed"] = ""
    repeats.done(adding)
    repeats.end_turn("optouts")


# ------------------------------------------------------------------------------------------------------- removing


def _remove() -> None:
    with (
        expander(_("Remove a number from opt-outs"), "optouts-remove-form", ":material/person_add:"),
        st.form("optouts-remove", border=False),
    ):
        left, right = st.columns(2)
        left.text_input(_("Number"), key="optouts-back", placeholder="90 123 45 67")
        right.text_input(_("Why"), key="optouts-why", placeholder=_("for example: asked for messages again"))
        st.form_submit_button(_("Remove from opt-outs"), key="optouts-back-go", on_click=_remove_number)


def _remove_number() -> None:
    state = st.session_state
    typed = str(state["optouts-back"])
    checked = phone.check(typed)
    try:
        if not checked.number:
            raise DomainError("bad-number", phone.message(checked.outcome, typed.strip()))
        suppression.remove(store(), actor(), checked.number, state["optouts-why"])
    except DomainError as refusal:
        state["lists-error"] = refusal.message
        return
    state["lists-success"] = _("{phone} is removed from opt-outs.").format(phone=checked.number)
    state["optouts-back"] = state["optouts-why"] = ""
