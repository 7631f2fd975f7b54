"""A list's file read differently: each choice is previewed at once on its first rows, and a click makes it so."""

from dataclasses import replace

import streamlit as st

from getsms_core.base import i18n
from getsms_core.contacts import lists
from getsms_core.contacts import preview as list_preview
from getsms_core.contacts.lists import Options
from getsms_core.contacts.preview import Preview
from pages.ui.shared import choices, repeats, wizard_draft
from pages.ui.shared.phone_preview import plain
from pages.ui.shared.records import Campaign, RecipientList
from pages.ui.shared.session import _, actor, store

ENCODINGS = ["utf-8", "utf-16", "utf-16-le", "utf-16-be", "cp1251", "cp866", "koi8_r"]
DELIMITERS = [",", ";", "\t", "|"]
GUESS = -1
HEADER_ROWS = 50


def show_reading_options(campaign: Campaign, kept: RecipientList) -> None:
    """The guesses, changeable: a new list is made from the same file."""
    now = Options(**kept.options)
    with st.expander(_("Read the file differently"), icon=":material/tune:", expanded=kept.state == "failed"):
        wanted = _chosen_options(kept, now)
        changed = wanted != now
        if changed or kept.state == "failed":
            seen = _preview_with(kept, wanted)
        else:
            facts = kept.facts
            names = facts.get("file_columns") or facts["columns"]
            seen = Preview([], names, facts["sheets"], facts.get("file_phone_column") or facts["phone_column"])
        wanted = replace(wanted, phone_column=_column(kept, now, seen))
        if wanted.phone_column and wanted.phone_column != seen.phone_column:
            seen = _preview_with(kept, wanted)
        _show(seen)
        if st.button(
            _("Read again"),
            key="wizard-reread",
            icon=":material/refresh:",
            type="primary" if wanted != now else "secondary",
        ):
            reread(campaign, kept, wanted)


def _chosen_options(kept: RecipientList, now: Options) -> Options:
    def pick(label: str, code: str, options: list[str], value: str | None, names: dict[str, str]) -> str | None:
        told = choices.selectbox(
            label,
            options,
            index=options.index(value or "") if (value or "") in options else 0,
            format_func=lambda one: names.get(one, one),
            key=f"wizard-{code}-{kept.id}",
        )
        return told or None

    guess = {"": _("guess")}
    left, right = st.columns(2)
    with left:
        # A list that failed has no facts: the file itself says which sheets there are.
        sheets = _preview_with(kept, now).sheets if kept.state == "failed" else kept.facts.get("sheets") or []
        known = ["", *sheets, *([now.sheet] if now.sheet and now.sheet not in sheets else [])]
        sheet = pick(_("Sheet"), "sheet", known, now.sheet, {"": _("the first with a list")})
        headers = [GUESS, 0, *range(1, HEADER_ROWS + 1)]
        said = GUESS if now.header_row is None else now.header_row
        if said not in headers:
            headers.append(said)
        header = choices.selectbox(
            _("Names of the columns"),
            headers,
            index=headers.index(said),
            format_func=lambda row: _("guess") if row == GUESS else _("row {n}").format(n=row) if row else _("no row"),
            key=f"wizard-header-{kept.id}",
        )
        keep = pick(_("Of two rows with one number keep"), "keep", ["first", "last"], now.keep,
                    {"first": _("the first"), "last": _("the last")})  # fmt: skip
    with right:
        coded = {one: one.upper().replace("_", "-") for one in ENCODINGS} | guess
        encoding = pick(_("Encoding of a text file"), "encoding", ["", *ENCODINGS], now.encoding, coded)
        delimiter = pick(_("Between the columns of a text file"), "delimiter", ["", *DELIMITERS], now.delimiter,
                         {"\t": _("tab")} | guess)  # fmt: skip
        two = pick(_("A cell with two numbers"), "two", ["refuse", "first", "both"], now.two, {
            "refuse": _("is refused"),
            "first": _("counts with its first number"),
            "both": _("counts with both"),
        })  # fmt: skip
    return replace(
        now,
        sheet=sheet,
        header_row=None if header == GUESS else header,
        encoding=encoding,
        delimiter=delimiter,
        keep="last" if keep == "last" else "first",
        two="both" if two == "both" else "first" if two == "first" else "refuse",
    )


def _column(kept: RecipientList, now: Options, seen: Preview) -> str | None:
    """The phone column, of those that the file has when it is read so; a choice that is gone is guessed again."""
    key, options = f"wizard-column-{kept.id}", ["", *seen.columns]
    if (choices.value(key) or "") not in options:
        del st.session_state[key]
    guessed = _("guess: {column}").format(column=seen.phone_column) if seen.phone_column else _("guess")
    told = choices.selectbox(
        _("Phone column"),
        options,
        index=options.index(now.phone_column) if now.phone_column in options else 0,
        format_func=lambda name: name or guessed,
        key=key,
    )
    return told or None


def _show(seen: Preview) -> None:
    if seen.trouble:
        st.warning(plain(seen.trouble), icon=":material/help:")
    if seen.rows:
        st.caption(_("This is how the file begins with these options. Nothing is changed yet."))
        lines = [
            {_("Row"): str(row), **{plain(name): plain(cell) for name, cell in zip(seen.columns, cells, strict=True)}}
            | ({_("What becomes of it"): plain(became)} if seen.phone_column else {})
            for row, cells, became in seen.rows
        ]
        st.table(lines, hide_index=True, border="horizontal", alt=_("The first rows of the list"))


def _preview_with(kept: RecipientList, options: Options) -> Preview:
    with st.spinner(_("Reading the beginning of the file …")):
        return _preview(store(), str(store().engine.url), int(kept.id or 0), i18n.language(), options)


@st.cache_data(max_entries=64, show_spinner=False)
def _preview(_store: object, database: str, list_id: int, language: str, options: Options) -> Preview:
    return list_preview.preview(store(), list_id, options)


def reread(campaign: Campaign, kept: RecipientList, wanted: Options) -> None:
    """Read the list's file again with other options: a new list, which becomes the campaign's."""

    def work() -> None:
        wizard_draft.save(int(campaign.id or 0), list_id=lists.recheck(store(), actor(), int(kept.id or 0), wanted))

    reading = f"reread:{campaign.id}:{kept.sha256}:{wanted}"
    if not repeats.is_repeat(reading) and wizard_draft.attempt(work):
        repeats.done(reading)
    st.rerun()
