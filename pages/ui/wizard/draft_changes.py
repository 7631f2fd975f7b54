"""What another tab or browser did to the draft of this page: said, and a choice where both changed the same."""

import streamlit as st

from getsms_core.base.i18n import N_
from getsms_core.campaigns import draft_costs, drafts
from getsms_core.campaigns.service import Draft
from getsms_core.messages.variants import LETTERS
from pages.ui.shared import draft_tabs, wizard_draft
from pages.ui.shared.draft_tabs import TEXT, Conflict
from pages.ui.shared.plain_text import plain
from pages.ui.shared.records import Campaign
from pages.ui.shared.session import _, store
from pages.ui.shared.widgets import moment
from pages.ui.text_editor import counter
from pages.ui.wizard import control_group, exclusions, further_text, texts_by_column

LABELS = {
    "name": N_("the name"),
    "text": N_("the text"),
    "list_id": N_("the list"),
    "sender": N_("the sender name"),
    "category": N_("the kind"),
    "mend_values": N_("the fix of merged values"),
    "template_id": N_("the template"),
    "variants": N_("the further texts"),
    "condition": N_("the condition"),
    "exclusions": N_("who is excluded"),
    "text_column": N_("the column of the texts"),
    "control": N_("the control group"),
    "cuts": N_("the columns to count by"),
}
"""What each field of a draft is called within a sentence."""


def show(campaign: Campaign) -> None:
    """Say what was changed elsewhere, and show it in the fields; before the fields are drawn."""
    campaign_id = int(campaign.id or 0)
    changed = draft_tabs.notice(campaign)
    _restore_text(campaign, TEXT in changed)
    waiting = draft_tabs.conflict(campaign_id)
    newer = [name for name in changed if waiting is None or name not in waiting.changes]
    if newer:
        _show_stored(campaign, newer)
        save = drafts.last_save(store(), campaign_id)
        if save is not None:
            sentence = _("{name} changed {what} in another tab or browser at {time}. The page shows the newer version.")
            st.info(plain(sentence.format(name=save.name, what=_words(newer), time=moment(save.at))),
                    icon=":material/sync:")  # fmt: skip
    if waiting is not None:
        _choose(campaign_id, waiting)


def _restore_text(campaign: Campaign, is_newer: bool) -> None:
    """Bring back a text that was typed and not saved; one that was typed over another text than the saved one waits for
    a choice."""
    campaign_id = int(campaign.id or 0)
    unsaved = draft_tabs.unsaved_text(campaign_id, _text_key(campaign_id), campaign.text)
    if unsaved is None or draft_tabs.conflict(campaign_id) is not None:
        return
    if is_newer or draft_tabs.typed_over_another(campaign_id, _text_key(campaign_id), campaign.text):
        save = drafts.last_save(store(), campaign_id)
        if save is not None:
            draft_tabs.wait(campaign_id, Conflict(save.name, save.at, {TEXT: unsaved}))


def _choose(campaign_id: int, waiting: Conflict) -> None:
    with st.container(border=True, key="draft-conflict"):
        sentence = _(
            "{name} changed {what} in another tab or browser at {time}. What you wrote here is not saved yet: it would "
            "overwrite that."
        )
        words = sentence.format(name=waiting.name, what=_words(list(waiting.changes)), time=moment(waiting.at))
        st.warning(plain(words), icon=":material/sync_problem:")
        if TEXT in waiting.changes:
            stored = wizard_draft.stored_text(campaign_id)
            newer, mine = st.columns(2)
            newer.markdown(f"**{_('The newer text')}**")
            newer.text(stored)
            mine.markdown(f"**{_('Your text')}**")
            mine.text(str(waiting.changes[TEXT]))
        with st.container(horizontal=True):
            st.button(_("Load the newer text") if TEXT in waiting.changes else _("Load the newer version"),
                      key="draft-load-newer", icon=":material/download:", on_click=_load_newer,
                      args=(campaign_id,))  # fmt: skip
            st.button(_("Keep mine"), key="draft-keep-mine", icon=":material/edit:", on_click=_keep_mine,
                      args=(campaign_id,))  # fmt: skip


def _words(fields: list[str]) -> str:
    return ", ".join(_(LABELS[name]) for name in fields)


def _load_newer(campaign_id: int) -> None:
    waiting = draft_tabs.drop_mine(campaign_id)
    campaign = wizard_draft.current_draft()
    if waiting is not None and campaign is not None and campaign.id == campaign_id:
        _show_stored(campaign, list(waiting.changes))


def _keep_mine(campaign_id: int) -> None:
    waiting = draft_tabs.conflict(campaign_id)
    is_kept = waiting is not None and wizard_draft.attempt(lambda: draft_tabs.keep_mine(campaign_id), TEXT)
    if is_kept and waiting is not None and TEXT in waiting.changes:
        draft_tabs.forget_text(campaign_id, _text_key(campaign_id))


# ------------------------------------------------------------------------------------------------------- the fields


def _text_key(campaign_id: int) -> str:
    return f"draft-text-{campaign_id}"


def _show_stored(campaign: Campaign, fields: list[str]) -> None:
    """Let the widgets of these fields show what is stored; before they are drawn."""
    campaign_id, draft = int(campaign.id or 0), Draft.of(campaign)
    if TEXT in fields:
        draft_tabs.forget_text(campaign_id, _text_key(campaign_id))
        counter.replace(_text_key(campaign_id), draft.text)
    for name in ("name", "sender", "category"):
        if name in fields:
            _assign(f"draft-{name}-{campaign_id}", getattr(draft, name))
    if "mend_values" in fields:
        _assign(f"draft-mend-{campaign_id}", draft.mend_values)
    if "exclusions" in fields:
        exclusions.show_stored(campaign_id, draft.exclusions)
    if "control" in fields:
        _assign(f"control-{campaign_id}", control_group.share_text(draft.control))
    if "variants" in fields or "text_column" in fields:
        kind = "column" if draft.text_column else "ab" if draft.variants else "one"
        further_text.show_kind(campaign_id, kind)
        for i, variant in enumerate(draft_costs.variants_of(campaign)):
            if kind == "ab":
                key = f"{_text_key(campaign_id)}-{LETTERS[i + 1]}"
                _assign(f"{key}-share", str(variant.share))
            else:
                key = texts_by_column.text_key(campaign_id, variant.value or "")
            draft_tabs.forget_text(campaign_id, key)
            counter.replace(key, variant.text)
        if kind == "column":
            texts_by_column.show_stored(campaign)


def _assign(key: str, value: object) -> None:
    """Give a widget that this session has drawn another value."""
    if key in st.session_state:
        st.session_state[key] = value
