"""Correct refused cells on the screen: a field beside each of the first refused rows; the corrected rows become part
of a new list, which takes the place of the old one."""

from collections.abc import Callable

import numpy as np
import streamlit as st

from getsms_core.base.errors import DomainError
from getsms_core.base.permissions import Permission
from getsms_core.contacts import corrections
from getsms_core.phone import OUTCOMES
from pages.ui.shared import repeats, wizard_draft
from pages.ui.shared.plain_text import plain
from pages.ui.shared.records import RecipientList
from pages.ui.shared.session import _, actor, store
from pages.ui.shared.widgets import count_words, expander, number

ROWS_AT_ONCE = 20


def show(recipient_list: RecipientList, use: Callable[[int], None], trouble_key: str) -> None:
    """The form, for users who may see phones and change lists; nothing where no row is refused."""
    user = actor()
    if not recipient_list.counts.rejected or not (user.may(Permission.SEE_PHONES) and user.may(Permission.LISTS)):
        return
    list_id = int(recipient_list.id or 0)
    checked = wizard_draft.checked(list_id)
    refused_codes = [outcome.code for outcome in OUTCOMES if outcome.family == "rejected"]
    refused = np.flatnonzero(np.isin(checked.outcomes, refused_codes))
    shown = refused[:ROWS_AT_ONCE]
    turn = repeats.turn(f"correct-{list_id}")
    with expander(_("Correct refused cells here"), f"correct-{list_id}", ":material/edit:"):
        if len(refused) > ROWS_AT_ONCE:
            sentence = _("The first {n} of {all} refused rows. Save them, and the next ones appear.")
            st.caption(sentence.format(n=number(ROWS_AT_ONCE), all=number(len(refused))))
        rows = checked.rows.take(shown).to_pylist()
        messages = checked.messages(shown).to_pylist()
        with st.form(f"correct-form-{list_id}-{turn}", border=False):
            for position, row, message in zip(map(int, shown), rows, messages, strict=True):
                st.text_input(
                    _("Row {row}: {message}").format(row=number(row["row"]), message=plain(message)),
                    key=f"correct-{list_id}-{turn}-{position}",
                    placeholder=row["value"] or "",
                    max_chars=60,
                )
            st.form_submit_button(
                _("Save the corrected rows"),
                key=f"correct-go-{list_id}",
                icon=":material/check:",
                on_click=_correct,
                args=(list_id, turn, [int(position) for position in shown], use, trouble_key),
            )


def _correct(list_id: int, turn: int, positions: list[int], use: Callable[[int], None], trouble_key: str) -> None:
    if turn != repeats.turn(f"correct-{list_id}"):
        return
    cells = {position: str(st.session_state.get(f"correct-{list_id}-{turn}-{position}", "")) for position in positions}
    try:
        new_list_id = corrections.correct(store(), actor(), list_id, cells)
    except DomainError as refusal:
        st.session_state[trouble_key] = refusal.message
        return
    repeats.end_turn(f"correct-{list_id}")
    use(new_list_id)
    corrected = sum(bool(text.strip()) for text in cells.values())
    st.session_state["lists-success"] = count_words(
        "{n} row was corrected. It is part of this new list.",
        "{n} rows were corrected. They are part of this new list.",
        corrected,
    )
