"""Step 1, the list: upload a file, or choose a saved list or the sample; detected options can be changed."""

from functools import partial
from pathlib import Path

import streamlit as st

from getsms_core.base import names
from getsms_core.base.permissions import Actor, Permission
from getsms_core.base.places import APP
from getsms_core.base.work_states import LIST_UNCHECKED, ListState
from getsms_core.campaigns import service as campaigns
from getsms_core.campaigns.service import Draft
from getsms_core.contacts import lists
from getsms_core.contacts.facts import ListFacts
from getsms_core.contacts.lists import Options
from getsms_core.contacts.reading_remarks import reading_remarks
from getsms_core.reports import listings
from pages.ui.contacts import (
    check_progress,
    condition_editor,
    list_addition,
    list_input,
    list_operations,
    reading_options,
)
from pages.ui.contacts.condition_state import Editor
from pages.ui.shared import choices, draft_deletion, later, outcomes, repeats, wizard_draft
from pages.ui.shared.plain_text import plain
from pages.ui.shared.records import Campaign, RecipientList
from pages.ui.shared.session import _, actor, settings, store
from pages.ui.shared.table_formats import beside_list
from pages.ui.shared.widgets import count_words, expander, moment, rows_shown
from pages.ui.wizard import phone_column, stepper
from pages.ui.wizard.stepper import Onward

SAMPLES = {"clean": "sample_clean.xlsx", "errors": "sample_errors.xlsx"}
SHOWN = 6
_DETACHED = "wizard-list-detached"
"""Where the session keeps a draft (its id and its name) that was called after the list taken from it."""


def show(campaign: Campaign | None, recipient_list: RecipientList | None) -> Onward:
    """The step."""
    if campaign is not None and recipient_list is not None:
        ready = _show_list(campaign, recipient_list)
        blocked = wizard_draft.why_blocked(campaign, recipient_list).get("check")
        return stepper.to_step("check", ready, blocked or _("First complete the condition."))
    _choose(campaign)
    return stepper.to_step("check", False, _("First choose a list."))


# ------------------------------------------------------------------------------------------------------ choosing


def _choose(campaign: Campaign | None) -> None:
    st.header(_("Who gets the SMS?"), anchor=False)
    use = partial(_set_list, campaign.id if campaign else None)
    list_input.uploader("wizard", use, wizard_draft.refusal_key("file"))
    wizard_draft.show_refusal("file")
    with expander(_("Or paste phone numbers"), "wizard-paste-form", ":material/content_paste:"):
        list_input.paste_form("wizard", use, wizard_draft.refusal_key("paste"))
        wizard_draft.show_refusal("paste")
    saved_lists = _saved_lists()
    left, right = st.columns(2, gap="large")
    with left:
        names = {saved_list.id: saved_list for saved_list in saved_lists}
        choices.selectbox(
            _("Or choose a saved list"),
            list(names),
            index=None,
            placeholder=_("Choose a list") if saved_lists else _("No saved lists yet"),
            format_func=lambda list_id: _label(names[list_id]),
            key="wizard-kept",
            disabled=not saved_lists,
            on_change=_use_saved_list,
            args=(campaign.id if campaign else None,),
        )
    with right:
        _samples(campaign)
    if campaign is None:
        _unfinished()


def _saved_lists() -> list[RecipientList]:
    """The ready lists, newest first; of one file that was read several times, the last."""
    newest: dict[tuple[str, str], RecipientList] = {}
    for saved_list in lists.all_lists(store()):
        if saved_list.state == ListState.READY:
            newest.setdefault((saved_list.name, saved_list.sha256), saved_list)
    return list(newest.values())


def _label(saved_list: RecipientList) -> str:
    people = count_words("{n} number", "{n} numbers", saved_list.counts.accepted)
    return f"{saved_list.name} · {people} · {moment(saved_list.created_at)}"


def _samples(campaign: Campaign | None) -> None:
    samples = {code: APP / "data" / name for code, name in SAMPLES.items() if (APP / "data" / name).exists()}
    if not samples:
        return
    st.markdown(_("Or try it with a sample"))
    labels = {"clean": _("Use the sample list"), "errors": _("Use one full of errors")}
    names = {"clean": _("Sample list"), "errors": _("Sample list with errors")}
    with st.container(horizontal=True):
        for code, path in samples.items():
            st.button(
                labels[code],
                key=f"wizard-sample-{code}",
                on_click=_use_sample,
                args=(campaign.id if campaign else None, names[code], path.name, path),
            )
        with st.popover(_("Download"), icon=":material/download:"):
            for path in samples.values():
                st.download_button(
                    path.name,
                    later.download(Permission.CAMPAIGN, partial(_sample, path), ""),
                    path.name,
                    key=f"wizard-get-{path.stem}",
                    on_click="ignore",
                )


def _sample(path: Path, _user: Actor) -> bytes:
    return path.read_bytes()


def _unfinished() -> None:
    outcomes.show("wizard")
    drafts = listings.drafts(store(), actor().name, limit=5)
    if not drafts:
        return
    st.markdown("**" + _("Or continue a draft") + "**")
    for draft in drafts:
        label = _("{name} · {when}").format(name=plain(draft.name), when=moment(draft.created_at))
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button(
                label,
                key=f"wizard-draft-{draft.id}",
                icon=":material/edit:",
                type="tertiary",
                on_click=_open,
                args=(draft.id,),
            )
            draft_deletion.delete_button(int(draft.id or 0), draft.name, "wizard-success", "wizard-trouble")


def _open(campaign_id: int) -> None:
    st.query_params["campaign"] = str(campaign_id)
    campaign = campaigns.get(store(), campaign_id)
    recipient_list = lists.get(store(), campaign.list_id) if campaign.list_id else None
    st.query_params["step"] = wizard_draft.reachable_steps(campaign, recipient_list)[-1]


def _use_sample(campaign_id: int | None, name: str, filename: str, path: Path) -> None:
    def work() -> None:
        key = repeats.click_key(f"sample:{campaign_id}:{filename}")
        parts = lists.iter_parts(path.read_bytes())
        list_id = lists.upload(store(), actor(), name, filename, parts, Options(), request_key=key)
        _set_list(campaign_id, list_id, name, key)

    wizard_draft.attempt(work)


def _use_saved_list(campaign_id: int | None) -> None:
    list_id = choices.value("wizard-kept")
    if list_id is not None:
        key = repeats.click_key(f"kept:{campaign_id}:{list_id}")
        wizard_draft.attempt(lambda: _set_list(campaign_id, list_id, lists.get(store(), list_id).name, key))


def _detach_list(campaign_id: int) -> None:
    campaign = campaigns.get(store(), campaign_id)
    list_name = lists.get(store(), campaign.list_id).name if campaign.list_id else ""
    if wizard_draft.save(campaign_id, list_id=None, condition="") and campaign.name == names.shorten(
        "campaign", list_name
    ):
        st.session_state[_DETACHED] = (campaign_id, campaign.name)


def _set_list(campaign_id: int | None, list_id: int, name: str, request_key: str) -> None:
    if campaign_id is None:
        shown_name = names.shorten("campaign", name) or lists.get(store(), list_id).name
        draft = Draft(name=shown_name, text="", list_id=list_id)
        new_id = campaigns.create(store(), actor(), settings(), draft, request_key=request_key)
        st.query_params["campaign"] = str(new_id)
    else:
        wizard_draft.save(campaign_id, list_id=list_id, **_name_of_list(campaign_id, name))
    st.query_params["step"] = "list"


def _name_of_list(campaign_id: int, name: str) -> dict[str, str]:
    """The name of a draft that was called after its list, for another list: after a wrong file it had that one's."""
    former = st.session_state.pop(_DETACHED, None)
    campaign = campaigns.get(store(), campaign_id)
    new_name = names.shorten("campaign", name)
    return {"name": new_name} if new_name and former == (campaign_id, campaign.name) else {}


# -------------------------------------------------------------------------------------------------------- chosen


def _show_list(campaign: Campaign, recipient_list: RecipientList) -> bool:
    """The chosen list; whether the next step may follow."""
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.header(_("Who gets the SMS?"), anchor=False, width="content")
        st.button(
            _("Choose another list"),
            key="wizard-other",
            icon=":material/swap_horiz:",
            on_click=_detach_list,
            args=(campaign.id,),
        )
    if recipient_list.state in LIST_UNCHECKED:
        check_progress.show(int(recipient_list.id or 0))
        return False
    if recipient_list.state == ListState.FAILED:
        st.error(plain(recipient_list.message), icon=":material/block:")
        reading_options.show_reading_options(campaign, recipient_list)
        return False
    facts = ListFacts.from_stored(recipient_list.facts)
    facts_line = [
        f"**{plain(recipient_list.name)}**",
        *([plain(recipient_list.filename)] if recipient_list.filename else []),
    ]
    facts_line += [_("sheet {name}").format(name=plain(facts.sheet))] if facts.sheet else []
    facts_line += [_("numbers in the column “{name}”").format(name=plain(facts.phone_column))]
    facts_line += [count_words("{n} row", "{n} rows", recipient_list.counts.rows)]
    st.markdown(" · ".join(facts_line))
    checked = wizard_draft.checked(int(recipient_list.id or 0))
    first_rows = checked.fields.slice(0, SHOWN).to_pandas()
    first_rows = beside_list({_("Row"): checked.rows["row"].slice(0, SHOWN).to_pylist()}, first_rows)
    st.dataframe(first_rows, hide_index=True, placeholder="", alt=_("The first rows of the list"))
    rows_shown(1, len(first_rows), recipient_list.counts.rows)
    if damaged := facts.damaged_rows:
        sentence = _("The file holds damaged characters, shown as �, in these rows: {rows}.")
        st.warning(sentence.format(rows=", ".join(map(str, damaged))), icon=":material/broken_image:")
    for remark in reading_remarks(facts):
        st.info(plain(remark), icon=":material/info:")
    if phone_column.ask(campaign, recipient_list, checked):
        reading_options.show_reading_options(campaign, recipient_list)
        return False
    list_operations.show_origin(recipient_list)
    with expander(
        _("Choose who gets it"),
        f"wizard-choose-{campaign.id}",
        ":material/filter_alt:",
        expanded=bool(campaign.condition),
    ):
        editor = Editor(
            f"wizard-{campaign.id}", int(recipient_list.id or 0), partial(_choose_rows, int(campaign.id or 0))
        )
        is_usable = condition_editor.show(editor, campaign.condition)
    list_addition.show_additions(int(campaign.id or 0), recipient_list, _saved_lists())
    if not facts.made:  # a list made of others has no file to read differently
        reading_options.show_reading_options(campaign, recipient_list)
    return is_usable


def _choose_rows(campaign_id: int, condition: str) -> None:
    wizard_draft.save(campaign_id, condition=condition)
