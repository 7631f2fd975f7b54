"""Uploading or pasting who responded to a campaign, and what became of each row."""

from functools import partial
from pathlib import Path

import pandas as pd
import streamlit as st

from getsms_core.base.errors import DomainError
from getsms_core.base.permissions import Actor, Permission
from getsms_core.base.temporary import temporary_folder
from getsms_core.campaigns import response_rows, response_uploads, responses
from getsms_core.campaigns.response_rows import UNUSED_WORDS, Columns, UnusedRow
from getsms_core.campaigns.responses import MatchResult
from getsms_core.contacts import lists
from getsms_core.exports import table_csv
from getsms_core.spreadsheet import read
from pages.ui.shared import choices, later, repeats, uploads
from pages.ui.shared.plain_text import plain
from pages.ui.shared.records import Campaign
from pages.ui.shared.session import _, actor, ngettext, settings, store
from pages.ui.shared.table_formats import of_rows
from pages.ui.shared.uploads import TYPES, how_large
from pages.ui.shared.widgets import count_words, expander, money, number, rows_shown

NONE = ""
SHOWN = 200
"""Rows that are not counted and shown; the file has all."""


def show_form(campaign: Campaign) -> None:
    """Show the fields: numbers or a table, pasted or uploaded, which of its columns hold what, and the button."""
    campaign_id = int(campaign.id or 0)
    with expander(_("Upload who responded"), "responses-form", ":material/upload_file:", expanded=True):
        st.caption(_("Phone numbers, or the client keys of the list; if you have them, with what each bought for and "
                     "when. The same rows again change nothing; other rows are added."))  # fmt: skip
        left, right = st.columns(2)
        left.text_area(
            _("Type or paste numbers, or a table with a heading"), key="responses-typed", height=150,
            placeholder=_("Phone\tAmount\tTime") + "\n90 123 45 67\t150 000\t31.12.2026 14:05",
        )  # fmt: skip
        right.file_uploader(_("Or a file"), TYPES, key="responses-file")
        with right:
            how_large(f"getsms responses {campaign_id} FILE")
        ready = _column_fields(campaign)
        st.checkbox(_("Replace the saved responses"), key="responses-replace")
        st.button(
            _("Save responses"),
            key="responses-go",
            type="primary",
            on_click=_save,
            args=(campaign_id, repeats.turn("responses")),
            disabled=not ready,
        )


def _column_fields(campaign: Campaign) -> bool:
    """The choice of columns, where a table was given; whether what was given can be saved."""
    try:
        table = _table_given()
    except DomainError as refusal:
        st.error(plain(refusal.message), icon=":material/block:")
        return False
    if table is None:
        return True
    columns, guessed = table
    has_key = bool(campaign.list_id and lists.get(store(), campaign.list_id).key_column)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        by_key = has_key and choices.radio(
            _("Who responded is named by"), ["phone", "key"], key="responses-by-key", horizontal=True,
            format_func=lambda code: _("phone number") if code == "phone" else _("client key"),
        ) == "key"  # fmt: skip
        label = _("Column of the keys") if by_key else _("Column of the numbers")
        fields = (("person", label, guessed.phone), ("amount", _("Amount, so'm"), guessed.amount),
                  ("time", _("Time"), guessed.time))  # fmt: skip
        for code, name, guess in fields:
            options = columns if code == "person" else [NONE, *columns]
            choices.selectbox(
                name, options, key=f"responses-column-{code}", width=220,
                index=options.index(guess) if guess in options else None if code == "person" else 0,
                placeholder=_("Choose the column"), format_func=lambda column: column or _("none"),
            )  # fmt: skip
    if choices.value("responses-column-person") is not None:
        return True
    sentence = (
        _("Choose the column that holds the client keys.")
        if by_key
        else _("No column looks like phone numbers. Choose the one that holds them.")
    )
    st.warning(sentence, icon=":material/help:")
    return False


def _table_given() -> tuple[list[str], Columns] | None:
    """Return the columns of the uploaded or pasted table and what they seem to hold; None for plain numbers and for
    nothing. Raises `DomainError` for a file that cannot be read."""
    file, typed = st.session_state.get("responses-file"), str(st.session_state.get("responses-typed") or "")
    if file is not None:
        return _columns_of(file.file_id, file.name, file.getvalue())
    if not _is_table(typed):
        return None
    return _columns_of(f"typed:{hash(typed)}", "pasted.txt", typed.encode("utf-8"))


def _is_table(typed: str) -> bool:
    """Whether a pasted text is a table: its first line names columns, of which there are several."""
    first = next((line for line in typed.splitlines() if line.strip()), "")
    return any(sign in first for sign in "\t;") and not any(map(str.isdecimal, first))


def _columns_of(identity: str, name: str, data: bytes) -> tuple[list[str], Columns]:
    cached = st.session_state.get("responses-columns")
    if cached is not None and cached[0] == identity:
        return cached[1], cached[2]
    with temporary_folder() as folder:
        sheet = read(_written(folder, name, data))
        columns_and_guess = (sheet.columns, response_rows.guess_columns(sheet))
    st.session_state["responses-columns"] = (identity, *columns_and_guess)
    for code in ("person", "amount", "time"):  # the guesses of another table
        st.session_state.pop(f"responses-column-{code}", None)
    return columns_and_guess


def _written(folder: Path, name: str, data: bytes | memoryview) -> Path:
    path = folder / ("upload" + Path(name).suffix.lower())
    path.write_bytes(data)
    return path


def _chosen_columns() -> Columns:
    person = choices.value("responses-column-person") or None
    amount, time = (choices.value(f"responses-column-{code}") or None for code in ("amount", "time"))
    if choices.value("responses-by-key") == "key":
        return Columns(None, person, amount, time)
    return Columns(person, None, amount, time)


def _save(campaign_id: int, turn: int) -> None:
    state = st.session_state
    file, typed = uploads.uploaded("responses-file"), str(state.get("responses-typed") or "")
    replace = bool(state.get("responses-replace"))
    keeping = f"responses:{campaign_id}:{replace}:{file.file_id if file else ''}"
    if turn != repeats.turn("responses") or (file and repeats.is_repeat(keeping)):
        return
    try:
        columns = _chosen_columns() if file is not None or _is_table(typed) else Columns()
        if file is not None:
            response_uploads.upload(
                store(), actor(), campaign_id, file.name, lists.iter_parts(file.getvalue()), columns,
                replace_all=replace, request_key=uploads.request_key(file),
            )  # fmt: skip
            uploads.use(file)
            state["campaign-success"] = _("The file is saved. A worker counts its responses.")
        else:
            result = responses.from_text(
                store(), actor(), campaign_id, typed, columns, zone=settings().zone, replace=replace
            )
            state["campaign-success"] = in_words(result)
            state[f"responses-result-{campaign_id}"] = result
    except DomainError as refusal:
        state["campaign-error"] = refusal.message
        return
    state["responses-typed"] = ""
    repeats.done(keeping)
    repeats.end_turn("responses")


def in_words(result: MatchResult) -> str:
    """Return what an upload changed, as sentences."""
    sentences = [count_words("{n} recipient responded.", "{n} recipients responded.", result.matched)]
    if result.amount:
        sentences.append(_("These rows brought {amount}.").format(amount=money(result.amount)))
    counted = (
        (result.control, ngettext("{n} member of the control group responded without a message.",
                                  "{n} members of the control group responded without a message.", result.control)),
        (result.known, ngettext("{n} row was uploaded before and is not counted again.",
                                "{n} rows were uploaded before and are not counted again.", result.known)),
        (result.unmatched, ngettext("{n} number is not a recipient of this campaign.",
                                    "{n} numbers are not recipients of this campaign.", result.unmatched)),
        (result.refused, ngettext("{n} row cannot be read.", "{n} rows cannot be read.", result.refused)),
    )  # fmt: skip
    return " ".join([*sentences, *(words.format(n=number(n)) for n, words in counted if n)])


def show_result(campaign_id: int) -> None:
    """Show what the last upload changed, and its rows that are not counted, each with the reason."""
    result: MatchResult | None = st.session_state.get(f"responses-result-{campaign_id}")
    if result is None and (uploaded := response_uploads.last_result(store(), actor(), campaign_id)) is not None:
        result = uploaded
        st.caption(_("The last file: {result}").format(result=plain(in_words(result))))
    if result is None or not result.unused:
        return
    label = ngettext("{n} row of the last upload is not counted", "{n} rows of the last upload are not counted",
                     len(result.unused))  # fmt: skip
    reader = actor()
    with expander(label.format(n=number(len(result.unused))), "responses-unused", ":material/rule:"):
        unused = [
            {
                _("Row"): row.row,
                _("Number or key"): row.shown_value(reader),
                _("Reason"): _(UNUSED_WORDS[row.reason]),
            }
            for row in result.unused[:SHOWN]
        ]
        st.dataframe(
            of_rows(unused, {}),
            hide_index=True,
            placeholder="–",
            alt=_("Rows that are not counted"),
        )
        rows_shown(1, min(SHOWN, len(result.unused)), len(result.unused))
        st.download_button(
            _("Download as CSV"),
            data=later.download(Permission.SEE_PHONES, partial(_csv, result.unused), f"campaign:{campaign_id}"),
            file_name=f"campaign-{campaign_id}-rows-not-counted.csv",
            mime="text/csv",
            key="responses-unused-file",
            icon=":material/download:",
            on_click="ignore",
            disabled=not reader.may(Permission.SEE_PHONES),
        )


def _csv(rows: tuple[UnusedRow, ...], _user: Actor) -> bytes:
    words = [_(UNUSED_WORDS[row.reason]) for row in rows]
    return table_csv(
        pd.DataFrame(
            {
                "row": [row.row for row in rows],
                "value": [row.value for row in rows],
                "code": [row.reason.value for row in rows],
                "reason": words,
            }
        )
    )
