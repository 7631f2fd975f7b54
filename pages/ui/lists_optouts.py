"""Opt-outs: numbers that nothing is sent to, with where they came from and why."""

from collections.abc import Sequence

import streamlit as st

from getsms_core import browse, lists, phone
from getsms_core.errors import Refused
from getsms_core.store.models import OptOut
from pages.ui import address
from pages.ui.session import _, actor, ngettext, store
from pages.ui.widgets import day, empty, number, pager

SOURCES = ("asked", "complaint", "operator", "other")
MOST_TYPED = 100_000  # lines of a paste or of a file of numbers
WRONG_SHOWN = 5


def show() -> None:
    """How many there are, a way to add, a search, and the numbers."""
    count = browse.opt_out_count(store())
    words = ngettext("{n} number is never written to", "{n} numbers are never written to", count)
    st.subheader(words.format(n=number(count)), anchor=False)
    st.caption(_("They are left out when a list is checked, and once more at the moment before each message leaves."))
    _add()
    if not count:
        empty(
            _("Nobody has opted out"),
            _("When somebody asks not to get messages, add their number here."),
            key="optouts-empty",
        )
        return
    search = address.words(_("Search"), "search", placeholder=_("number, reason or source"), width=300)
    pager(
        "optouts-pages",
        lambda after, limit: browse.opt_outs(store(), search=search, after_phone=after, limit=limit),
        lambda one: one.phone,
        _table,
        size=50,
        total=None if search else count,
        question=search,
    )
    _remove()


def source_word(code: str) -> str:
    """Where an opt-out came from; a source that is none of ours stands as it was given."""
    return {
        "asked": _("they asked"),
        "complaint": _("a complaint"),
        "operator": _("the operator"),
        "other": _("other"),
    }.get(code, code)


def _table(found: Sequence[OptOut]) -> None:
    if not found:
        st.info(_("No such number is opted out."), icon=":material/search_off:")
        return
    st.dataframe(
        [
            {
                _("Number"): str(one.phone),
                _("Source"): source_word(one.source),
                _("Reason"): one.reason,
                _("Since"): day(one.created_at),
                _("Added by"): one.created_by,
            }
            for one in found
        ],
        hide_index=True,
        alt=_("Opted-out numbers"),
    )


# --------------------------------------------------------------------------------------------------------- adding


def _add() -> None:
    with (
        st.expander(_("Add numbers"), icon=":material/person_off:"),
        st.form("optouts-add", border=False, clear_on_submit=False),
    ):
        left, right = st.columns(2)
        left.text_area(
            _("Type or paste numbers, one a line or with commas"), key="optouts-typed", placeholder="90 123 45 67"
        )
        right.file_uploader(
            _("Or a text file of numbers"),
            ["txt", "csv"],
            key="optouts-file",
            help=_("One number a line. Of several columns the first that is a number counts."),
        )
        left.selectbox(_("Source"), SOURCES, format_func=source_word, key="optouts-source")
        right.text_input(_("Reason"), key="optouts-reason", placeholder=_("for example: called on 3 March"))
        st.form_submit_button(_("Never write to them"), key="optouts-go", type="primary", on_click=_added)


def _added() -> None:
    state = st.session_state
    text = str(state.get("optouts-typed", ""))
    file = state.get("optouts-file")
    if file is not None:
        text += "\n" + file.getvalue().decode("utf-8-sig", "replace")
    try:
        good, wrong = numbers(text)
        if wrong:
            shown = ", ".join(wrong[:WRONG_SHOWN]) + (" …" if len(wrong) > WRONG_SHOWN else "")
            words = ngettext(
                "{n} line is no mobile number of Uzbekistan: {lines}. Nothing was added; mend it and try again.",
                "{n} lines are no mobile numbers of Uzbekistan: {lines}. Nothing was added; mend them and try again.",
                len(wrong),
            )
            raise Refused("bad-number", words.format(n=number(len(wrong)), lines=shown))
        new = lists.add_opt_outs(store(), actor(), good, state["optouts-source"], state["optouts-reason"].strip())
    except Refused as refusal:
        state["lists-error"] = refusal.message
        return
    words = ngettext("{n} number was added.", "{n} numbers were added.", new).format(n=number(new))
    known = len(set(good)) - new
    if known:
        words += " " + ngettext("{n} was there already.", "{n} were there already.", known).format(n=number(known))
    state["lists-success"] = words
    state["optouts-typed"] = ""


def numbers(text: str) -> tuple[list[int], list[str]]:
    """The numbers in a paste or a file, and the lines that hold none. Raises `Refused` ("no-number", "too-many")."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) > MOST_TYPED:
        raise Refused("too-many", _("At most {n} numbers at once. Split the file.").format(n=number(MOST_TYPED)))
    good: list[int] = []
    wrong: list[str] = []
    for line in lines:
        whole = phone.check(line)
        found = [whole.number] if whole.number else []
        for piece in [] if found else line.replace(";", ",").replace("\t", ",").split(","):
            one = phone.check(piece.strip().strip('"'))
            found += [one.number] if one.number else []
        good += [one for one in found if one]
        if not found:
            wrong.append(line)
    if lines and wrong == lines[:1] and good:
        wrong = []  # the heading of a file
    if not good and not wrong:
        raise Refused("no-number", _("Write at least one number, or choose a file."))
    return good, wrong


# ------------------------------------------------------------------------------------------------------- removing


def _remove() -> None:
    with (
        st.expander(_("Let a number be written to again"), icon=":material/person_add:"),
        st.form("optouts-remove", border=False),
    ):
        left, right = st.columns(2)
        left.text_input(_("Number"), key="optouts-back", placeholder="90 123 45 67")
        right.text_input(_("Why"), key="optouts-why", placeholder=_("for example: asked for messages again"))
        st.form_submit_button(_("Take it off the list"), key="optouts-back-go", on_click=_removed)


def _removed() -> None:
    state = st.session_state
    typed = str(state["optouts-back"])
    checked = phone.check(typed)
    try:
        if not checked.number:
            raise Refused("bad-number", phone.message(checked.outcome, typed.strip()))
        lists.remove_opt_out(store(), actor(), checked.number, state["optouts-why"])
    except Refused as refusal:
        state["lists-error"] = refusal.message
        return
    state["lists-success"] = _("{phone} may be written to again.").format(phone=checked.number)
    state["optouts-back"] = state["optouts-why"] = ""
