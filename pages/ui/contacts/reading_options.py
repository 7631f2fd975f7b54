"""Read a list's file with other options: each choice is previewed on its first rows before it is applied."""

from dataclasses import replace
from pathlib import Path

import streamlit as st

from getsms_core.base import i18n
from getsms_core.base.work_states import ListState
from getsms_core.contacts import lists
from getsms_core.contacts import preview as list_preview
from getsms_core.contacts.facts import ListFacts
from getsms_core.contacts.lists import Options
from getsms_core.contacts.preview import Preview
from pages.ui.shared import choices, repeats, wizard_draft
from pages.ui.shared.plain_text import plain
from pages.ui.shared.records import Campaign, RecipientList
from pages.ui.shared.session import _, actor, store
from pages.ui.shared.widgets import expander

ENCODINGS = ["utf-8", "utf-16", "utf-16-le", "utf-16-be", "cp1251", "cp866", "koi8_r", "mac_cyrillic"]
DELIMITERS = [",", ";", "\t", "|", "~", "^", "#", ":"]
TEXT_FILES = {".csv", ".tsv", ".txt"}
GUESS = -1
HEADER_ROWS = 50


def show_reading_options(campaign: Campaign, recipient_list: RecipientList) -> None:
    """Show the detected options, which the user can change: applying them creates a new list from the same file. Shows
    nothing for a file that no option makes readable: its failure is explained already."""
    current = Options.from_stored(recipient_list.options)
    has_failed = recipient_list.state == ListState.FAILED
    if has_failed and not _may_help(recipient_list, current):
        return
    with expander(
        _("Read the file differently"),
        f"reading-options-{recipient_list.id}-{has_failed}",
        ":material/tune:",
        expanded=has_failed,
    ):
        options = _chosen_options(recipient_list, current)
        changed = options != current
        if changed or has_failed:
            preview = _preview_with(recipient_list, options)
        else:
            facts = ListFacts.from_stored(recipient_list.facts)
            names = list(facts.file_columns or facts.columns)
            preview = Preview([], names, list(facts.sheets), facts.column_of_file)
        options = replace(options, phone_column=_column(recipient_list, current, preview))
        if options.phone_column and options.phone_column != preview.phone_column:
            preview = _preview_with(recipient_list, options)
        _show(preview, recipient_list.message if recipient_list.state == ListState.FAILED else "")
        if st.button(
            _("Read again"),
            key="wizard-reread",
            icon=":material/refresh:",
            type="primary" if options != current else "secondary",
        ):
            reread(campaign, recipient_list, options)


def _may_help(recipient_list: RecipientList, current: Options) -> bool:
    """Whether a file that failed can be read with other options: its columns are found, so that only the phones are
    missing, or it failed with options that a user chose."""
    chosen = current != Options(adds_to=current.adds_to, mended=current.mended)
    return chosen or bool(_preview_with(recipient_list, current).columns)


def _chosen_options(recipient_list: RecipientList, current: Options) -> Options:
    def pick(label: str, code: str, options: list[str], value: str | None, names: dict[str, str]) -> str | None:
        choice = choices.selectbox(
            label,
            options,
            index=options.index(value or "") if (value or "") in options else 0,
            format_func=lambda one: names.get(one, one),
            key=f"wizard-{code}-{recipient_list.id}",
        )
        return choice or None

    guess = {"": _("guess")}
    facts = ListFacts.from_stored(recipient_list.facts)
    has_failed = recipient_list.state == ListState.FAILED
    # A list that failed has no facts: the file itself says which sheets there are, its name whether it is a text.
    is_text = bool(facts.encoding) or (has_failed and Path(recipient_list.filename).suffix.lower() in TEXT_FILES)
    sheets = _preview_with(recipient_list, current).sheets if has_failed else list(facts.sheets)
    left, right = st.columns(2)
    with left:
        sheet_choices = ["", *sheets, *([current.sheet] if current.sheet and current.sheet not in sheets else [])]
        sheet = current.sheet
        if len(sheet_choices) > 2 or current.sheet:
            sheet = pick(_("Sheet"), "sheet", sheet_choices, current.sheet, {"": _("the first with a list")})
        header_row = _header_row(recipient_list, current)
        keep = pick(_("Of two rows with one number keep"), "keep", ["first", "last"], current.keep,
                    {"first": _("the first"), "last": _("the last")})  # fmt: skip
    with right:
        encoding, delimiter = current.encoding, current.delimiter
        if is_text or encoding or delimiter:
            labels = {name: name.upper().replace("_", "-") for name in ENCODINGS} | guess
            encoding = pick(_("Encoding of a text file"), "encoding", ["", *ENCODINGS], encoding, labels)
            delimiter = pick(_("Between the columns of a text file"), "delimiter", ["", *DELIMITERS], delimiter,
                             {"\t": _("tab")} | guess)  # fmt: skip
        two = pick(_("A cell with two numbers"), "two", ["refuse", "first", "both"], current.two, {
            "refuse": _("is refused"),
            "first": _("counts with its first number"),
            "both": _("counts with both"),
        })  # fmt: skip
    skip_hidden = current.skip_hidden
    if not is_text or skip_hidden:
        skip_hidden = st.checkbox(
            _("Leave out rows that are hidden or filtered out in the spreadsheet"),
            value=skip_hidden,
            key=f"wizard-skip-hidden-{recipient_list.id}",
        )
    return replace(
        current,
        sheet=sheet,
        header_row=header_row,
        encoding=encoding,
        delimiter=delimiter,
        keep="last" if keep == "last" else "first",
        two="both" if two == "both" else "first" if two == "first" else "refuse",
        skip_hidden=skip_hidden,
    )


def _header_row(recipient_list: RecipientList, current: Options) -> int | None:
    headers = [GUESS, 0, *range(1, HEADER_ROWS + 1)]
    header_choice = GUESS if current.header_row is None else current.header_row
    if header_choice not in headers:
        headers.append(header_choice)
    header: int = choices.selectbox(
        _("Names of the columns"),
        headers,
        index=headers.index(header_choice),
        format_func=lambda row: _("guess") if row == GUESS else _("row {n}").format(n=row) if row else _("no row"),
        key=f"wizard-header-{recipient_list.id}",
    )
    return None if header == GUESS else header


def _column(recipient_list: RecipientList, current: Options, preview: Preview) -> str | None:
    """The phone column, among the columns that the file has with these options; a chosen column that is gone is
    detected again."""
    key, options = f"wizard-column-{recipient_list.id}", ["", *preview.columns]
    if (choices.value(key) or "") not in options:
        del st.session_state[key]
    guessed = _("guess: {column}").format(column=preview.phone_column) if preview.phone_column else _("guess")
    choice = choices.selectbox(
        _("Phone column"),
        options,
        index=options.index(current.phone_column) if current.phone_column in options else 0,
        format_func=lambda name: name or guessed,
        key=key,
    )
    return choice or None


def _show(preview: Preview, explained: str) -> None:
    """The first rows, and what is wrong with them unless that is `explained` above."""
    if preview.trouble and preview.trouble != explained:
        st.warning(plain(preview.trouble), icon=":material/help:")
    if preview.rows:
        st.caption(_("This is how the file begins with these options. Nothing is changed yet."))
        lines = [
            {
                _("Row"): str(row),
                **{plain(name): plain(cell) for name, cell in zip(preview.columns, cells, strict=True)},
            }
            | ({_("What becomes of it"): plain(outcome)} if preview.phone_column else {})
            for row, cells, outcome in preview.rows
        ]
        st.table(lines, hide_index=True, border="horizontal", alt=_("The first rows of the list"))


def _preview_with(recipient_list: RecipientList, options: Options) -> Preview:
    with st.spinner(_("Reading the beginning of the file …")):
        list_id, erased_rows = int(recipient_list.id or 0), ListFacts.from_stored(recipient_list.facts).erased_rows or 0
        return _preview(store(), str(store().engine.url), list_id, i18n.language(), options, erased_rows)


@st.cache_data(max_entries=64, show_spinner=False)
def _preview(_store: object, database: str, list_id: int, language: str, options: Options, erased_rows: int) -> Preview:
    return list_preview.preview(store(), actor(), list_id, options)


def reread(campaign: Campaign, recipient_list: RecipientList, options: Options) -> None:
    """Read the list's file again with other options: a new list, which becomes the campaign's."""

    def work() -> None:
        wizard_draft.save(
            int(campaign.id or 0), list_id=lists.recheck(store(), actor(), int(recipient_list.id or 0), options)
        )

    reading = f"reread:{campaign.id}:{recipient_list.sha256}:{options}"
    if not repeats.is_repeat(reading) and wizard_draft.attempt(work):
        repeats.done(reading)
    st.rerun()
