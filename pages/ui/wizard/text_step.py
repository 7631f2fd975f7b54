"""Step 3, the text: written with the list's columns, counted as it is typed, and priced over all rows below."""

import streamlit as st

from getsms_core.base.errors import DomainError
from getsms_core.base.kinds import KIND_LABELS, MessageKind
from getsms_core.base.names import LIMITS
from getsms_core.campaigns import service as campaigns
from getsms_core.messages import merge_fields
from getsms_core.messages.gsm7_replacements import replace_in_text
from pages.ui.shared import choices, draft_tabs, typed_fields, wizard_draft
from pages.ui.shared.plain_text import plain
from pages.ui.shared.records import Campaign, RecipientList
from pages.ui.shared.session import _, ngettext, store
from pages.ui.text_editor import remarks, scripts, template_picker
from pages.ui.text_editor import values as merged_values
from pages.ui.text_editor.counter import editor, replace, typed
from pages.ui.wizard import stepper, text_kind
from pages.ui.wizard.cost import cost, put_text
from pages.ui.wizard.stepper import Onward


def show(campaign: Campaign, recipient_list: RecipientList) -> Onward:
    """The step."""
    campaign_id = int(campaign.id or 0)
    st.header(_("Write your message"), anchor=False)
    _campaign_fields(campaign)
    text = _editor(campaign)
    wizard_draft.show_refusal("text")
    st.caption(
        _("`{example}` puts in the value of a column; `{fallback}` says what to write where it is empty; "
          "`{open}` is a plain brace.").format(
              example="{" + _("name") + "}", fallback="{" + _("name|customer") + "}", open="{{")
    )  # fmt: skip
    campaign = campaigns.get(store(), campaign_id)
    template_picker.show(campaign, text, put_text)
    ready = False
    if text.strip():
        try:
            merge_fields.parse(text)
            ready = _check_fields(campaign, text)
        except DomainError as refusal:
            st.error(plain(refusal.message), icon=":material/data_object:")
    first_text_ready = ready
    if ready:
        cost(campaign, wizard_draft.estimate(campaign, text))
        remarks.show(campaign, text)
        merged_values.warn_mixed_alphabets(campaign)
        scripts.show(campaign, text, put_text)
    if text.strip():
        ready &= text_kind.show(campaign, lambda position: _sample(campaign, position), first_text_ready)
    why_not = _("First correct what is marked.") if text.strip() else _("First write the text.")
    return stepper.to_step("preview", ready and text == campaign.text, why_not)


def _campaign_fields(campaign: Campaign) -> None:
    campaign_id = int(campaign.id or 0)
    typed_fields.restore(campaign_id, {field: f"draft-{field}-{campaign_id}" for field in ("name", "sender")})
    left, middle, right = st.columns([3, 2, 2])
    left.text_input(
        _("Name of the campaign"),
        campaign.name,
        key=f"draft-name-{campaign_id}",
        help=_("For you and your colleagues; the recipients never see it."),
        on_change=_save_field,
        args=(campaign_id, "name"),
    )
    middle.text_input(
        _("Sender name"),
        campaign.sender,
        max_chars=LIMITS["sender"].length,
        placeholder=_("Short number"),
        key=f"draft-sender-{campaign_id}",
        help=_("As registered with the gateway. Without one the SMS comes from a short number."),
        on_change=_save_field,
        args=(campaign_id, "sender"),
    )
    choices.selectbox(
        _("Kind"),
        [kind.value for kind in MessageKind],
        index=list(MessageKind).index(campaign.category) if campaign.category in list(MessageKind) else None,
        format_func=lambda code: _(KIND_LABELS[code]),
        where=right,
        key=f"draft-category-{campaign_id}",
        help=_(
            "Advertising is not sent to those who opted out of it. The two kinds may have their own quiet hours, "
            "frequency caps and prices."
        ),
        on_change=_save_field,
        args=(campaign_id, "category"),
    )
    wizard_draft.show_refusal("fields")


def _save_field(campaign_id: int, field: str) -> None:
    value = choices.value(f"draft-{field}-{campaign_id}")
    saved = wizard_draft.save(campaign_id, "fields", **{field: value})
    typed_fields.put(campaign_id, **{field: None if saved else value})


# -------------------------------------------------------------------------------------------------------- editor


def _editor(campaign: Campaign) -> str:
    campaign_id = int(campaign.id or 0)
    columns, values, sample_row = _sample(campaign)
    key = f"draft-text-{campaign_id}"
    unsaved = draft_tabs.unsaved_text(campaign_id, key, campaign.text)
    text = campaign.text if unsaved is None else str(unsaved)
    editor(
        text,
        key=key,
        columns=columns,
        sample=values,
        sample_row=sample_row,
        costs=merged_values.costs(campaign, text),
        on_text=lambda: keep_text(campaign_id, typed(key)),
    )
    return text


def _sample(campaign: Campaign, position: int = 0) -> tuple[list[str], dict[str, str], int]:
    """The columns, their values in the row of the recipient at `position` as the counter merges them, and that row's
    number."""
    row = wizard_draft.recipients(campaign).slice(position, 1).to_pylist()[0]
    values = {name: merge_fields.clean(row[name] or "") for name in wizard_draft.columns(int(campaign.list_id or 0))}
    if campaign.mend_values:
        values = {name: merge_fields.clean(replace_in_text(value)) for name, value in values.items()}
    return list(values), values, row["row"]


def keep_text(campaign_id: int, text: str | None) -> None:
    """Save what was typed; a text that cannot be saved yet stays in the editor."""
    if text is None:
        return
    key = f"draft-text-{campaign_id}"
    over = draft_tabs.shown_text(campaign_id, text)
    try:
        merge_fields.parse(text)
    except DomainError:
        draft_tabs.keep_text(campaign_id, key, text, over)
        return
    cleaned = merge_fields.clean_text(text)
    if wizard_draft.save(campaign_id, "text", text=cleaned):
        draft_tabs.forget_text(campaign_id, key)
        if cleaned != text:  # the editor must show what was saved
            replace(key, cleaned)
    else:
        draft_tabs.keep_text(campaign_id, key, text, over)


# -------------------------------------------------------------------------------------------------------- checks


def _check_fields(campaign: Campaign, text: str) -> bool:
    """Whether the list serves every merge field; those that it does not are named, and so are empty values."""
    parsed = merge_fields.parse(text)
    columns = wizard_draft.columns(int(campaign.list_id or 0))
    unknown = parsed.unknown_fields(columns)
    if unknown:
        sentence = ngettext(
            "The list has no column for {fields}. Its columns are: {columns}.",
            "The list has no columns for {fields}. Its columns are: {columns}.",
            len(unknown),
        )
        named = ", ".join("{" + name + "}" for name in unknown)
        st.error(plain(sentence.format(fields=named, columns=", ".join(columns))), icon=":material/data_object:")
        return False
    remarks.empty_fields(campaign, wizard_draft.estimate(campaign, text))
    return True
