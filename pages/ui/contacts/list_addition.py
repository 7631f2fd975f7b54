"""More for a list: its refused rows mended, another file, or another kept list. Each makes a new list of both."""

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
from pages.ui.shared.widgets import number


def corrected_rows_uploader(kept: RecipientList, campaign_id: int | None = None) -> None:
    """An uploader for the file of refused rows, mended; for a campaign's list, the new list becomes the campaign's."""
    _uploader(
        kept, campaign_id, True, _("Upload the corrected file"),
        _("Only new numbers are added; rows that are still wrong are listed again."),
    )  # fmt: skip


def show_additions(campaign_id: int, kept: RecipientList, ready: list[RecipientList]) -> None:
    """In the wizard: a second file or a kept list beside the one that is chosen."""
    with st.expander(_("Add more recipients to this list"), icon=":material/group_add:"):
        left, right = st.columns(2, gap="large")
        with left:
            _uploader(kept, campaign_id, False, _("Another file"), _("A number in both gets one message only."))
        others = {int(one.id or 0): one for one in ready if one.id != kept.id}
        choices.selectbox(
            _("Or a saved list"),
            list(others),
            index=None,
            placeholder=_("Choose a list") if others else _("No other saved list"),
            format_func=lambda list_id: f"{others[list_id].name} · {number(others[list_id].counts['accepted'])}",
            where=right,
            key=f"list-beside-{kept.id}",
            disabled=not others,
            on_change=_merge_saved_list,
            args=(campaign_id, kept.id),
        )


def _uploader(kept: RecipientList, campaign_id: int | None, is_mended: bool, label: str, help: str) -> None:
    turn = st.session_state.setdefault("list-additions", 0)
    key = f"list-more-{kept.id}-{int(is_mended)}-{turn}"
    st.file_uploader(label, TYPES, key=key, on_change=_add_file, args=(key, kept.id, campaign_id, is_mended), help=help)
    how_large(f"getsms lists add FILE --adds-to {kept.id}" + (" --mended" if is_mended else ""))


def _add_file(key: str, list_id: int, campaign_id: int | None, is_mended: bool) -> None:
    file = uploads.uploaded(key)
    if file is None:
        return
    st.session_state["list-additions"] += 1
    kept = lists.get(store(), list_id)
    options = Options(adds_to=list_id, mended=is_mended)
    if not is_mended:  # a person's choice holds for both files
        options = Options(
            keep=kept.options.get("keep", "first"), two=kept.options.get("two", "refuse"), adds_to=list_id
        )
    try:
        parts = lists.iter_parts(file.getbuffer())
        name = kept.name or Path(file.name).stem
        made = lists.upload(store(), actor(), name, file.name, parts, options, request_key=uploads.request_key(file))
        uploads.use(file)
    except DomainError as refusal:
        _keep_refusal(campaign_id, refusal)
        return
    if campaign_id is None:
        st.query_params["list"] = str(made)
    elif wizard_draft.save(campaign_id, list_id=made):
        st.query_params["step"] = "list"


def _merge_saved_list(campaign_id: int, list_id: int) -> None:
    other = choices.value(f"list-beside-{list_id}")
    merging = f"beside:{campaign_id}:{list_id}:{other}"
    if other is None or repeats.is_repeat(merging):
        return
    keep = "last" if lists.get(store(), list_id).options.get("keep") == "last" else "first"
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
