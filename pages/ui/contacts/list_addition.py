"""Additions to a list: its corrected rows, another file, or another saved list. Each creates a new list of both."""

from pathlib import Path

import streamlit as st

from getsms_core.base.errors import DomainError
from getsms_core.contacts import lists
from getsms_core.contacts import operations as list_operations
from getsms_core.contacts.lists import Options
from pages.ui.shared import choices, repeats, uploads, wizard_draft
from pages.ui.shared.records import RecipientList
from pages.ui.shared.session import _, actor, store
from pages.ui.shared.uploads import TYPES, how_large
from pages.ui.shared.widgets import expander, number


def corrected_rows_uploader(recipient_list: RecipientList, campaign_id: int | None = None) -> None:
    """Show an uploader for the corrected rows; with a campaign, the new list becomes the campaign's list."""
    _uploader(
        recipient_list, campaign_id, True, _("Upload the corrected file"),
        _("Only new numbers are added; rows that are still wrong are listed again."),
    )  # fmt: skip


def show_additions(campaign_id: int, recipient_list: RecipientList, saved_lists: list[RecipientList]) -> None:
    """Show in the wizard how to add a second file or a saved list to the chosen list."""
    with expander(_("Add more recipients to this list"), f"list-additions-{campaign_id}", ":material/group_add:"):
        left, right = st.columns(2, gap="large")
        with left:
            _uploader(
                recipient_list, campaign_id, False, _("Another file"), _("A number in both gets one message only.")
            )
        others = {
            int(saved_list.id or 0): saved_list for saved_list in saved_lists if saved_list.id != recipient_list.id
        }
        choices.selectbox(
            _("Or a saved list"),
            list(others),
            index=None,
            placeholder=_("Choose a list") if others else _("No other saved list"),
            format_func=lambda list_id: f"{others[list_id].name} · {number(others[list_id].counts.accepted)}",
            where=right,
            key=f"list-beside-{recipient_list.id}",
            disabled=not others,
            on_change=_merge_saved_list,
            args=(campaign_id, recipient_list.id),
        )


def _uploader(recipient_list: RecipientList, campaign_id: int | None, is_mended: bool, label: str, help: str) -> None:
    turn = st.session_state.setdefault("list-additions", 0)
    key = f"list-more-{recipient_list.id}-{int(is_mended)}-{turn}"
    st.file_uploader(
        label, TYPES, key=key, on_change=_add_file, args=(key, recipient_list.id, campaign_id, is_mended), help=help
    )
    how_large(f"getsms lists add FILE --adds-to {recipient_list.id}" + (" --mended" if is_mended else ""))


def _add_file(key: str, list_id: int, campaign_id: int | None, is_mended: bool) -> None:
    file = uploads.uploaded(key)
    if file is None:
        return
    st.session_state["list-additions"] += 1
    recipient_list = lists.get(store(), list_id)
    options = Options(adds_to=list_id, mended=is_mended)
    if not is_mended:  # a person's choice holds for both files
        options = Options(
            keep=Options.from_stored(recipient_list.options).keep,
            two=Options.from_stored(recipient_list.options).two,
            adds_to=list_id,
        )
    try:
        parts = lists.iter_parts(file.getvalue())
        name = recipient_list.name or Path(file.name).stem
        new_list_id = lists.upload(
            store(), actor(), name, file.name, parts, options, request_key=uploads.request_key(file)
        )
        uploads.use(file)
    except DomainError as refusal:
        _keep_refusal(campaign_id, refusal)
        return
    if campaign_id is None:
        st.query_params["list"] = str(new_list_id)
    elif wizard_draft.save(campaign_id, list_id=new_list_id):
        st.query_params["step"] = "list"


def _merge_saved_list(campaign_id: int, list_id: int) -> None:
    other = choices.value(f"list-beside-{list_id}")
    merging = f"beside:{campaign_id}:{list_id}:{other}"
    if other is None or repeats.is_repeat(merging):
        return
    keep = "last" if Options.from_stored(lists.get(store(), list_id).options).keep == "last" else "first"
    if wizard_draft.attempt(
        lambda: wizard_draft.save(
            campaign_id,
            list_id=list_operations.merge(
                store(), actor(), [list_id, other], "", "last" if keep == "last" else "first"
            ),
        )
    ):
        repeats.done(merging)


def _keep_refusal(campaign_id: int | None, refusal: DomainError) -> None:
    st.session_state["lists-error" if campaign_id is None else "wizard-trouble"] = refusal.message
