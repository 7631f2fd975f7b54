"""Step 4, the preview: the text on a phone for any row, the most expensive first."""

import streamlit as st

from getsms_core.campaigns.draft_preview import PreviewMessage
from getsms_core.messages import merge_fields
from getsms_core.messages.estimate import Estimate
from getsms_core.messages.invisible import is_blank
from pages.ui.shared import amount_fields, choices, wizard_draft
from pages.ui.shared.phone_preview import bubble
from pages.ui.shared.plain_text import plain
from pages.ui.shared.records import Campaign, RecipientList
from pages.ui.shared.session import _
from pages.ui.shared.text_names import encoding_name, text_names
from pages.ui.shared.widgets import count_words, money, number
from pages.ui.text_editor import empty_texts
from pages.ui.wizard import side_by_side, stepper
from pages.ui.wizard.cost import figures
from pages.ui.wizard.stepper import Onward


def show(campaign: Campaign, recipient_list: RecipientList) -> Onward:
    """The step."""
    estimate = wizard_draft.total_estimate(campaign)
    st.header(_("This is what arrives"), anchor=False)
    side_by_side.show(campaign)
    left, right = st.columns([5, 6], gap="large")
    with right:
        position = _row(campaign, estimate)
    if position is not None:
        message = wizard_draft.preview_message(campaign, position)
        if is_blank(message.text):
            sentence = _("Row {row} gets no message: its text is empty.")
            left.info(sentence.format(row=number(message.row)), icon=":material/speaker_notes_off:")
            position = None
    if position is not None:
        with left:
            to = _("To {phone}, row {row}").format(phone=message.phone, row=message.row)
            st.html(bubble(message.text, campaign.sender, to))
        with right:
            _about(message)
            _values(campaign, position)
    st.markdown("**" + _("For the whole list") + "**")
    figures(estimate)
    empty_texts.of_draft(campaign, estimate)
    return stepper.to_step("send")


def _row(campaign: Campaign, estimate: Estimate) -> int | None:
    positions = {"dearest": estimate.dearest[0], "longest": estimate.longest, "empty": estimate.first_empty}
    labels = {
        "dearest": _("Most expensive"),
        "longest": _("The longest"),
        "empty": _("With an empty field"),
        "text": _("Text by column"),
        "row": _("Any row"),
    }
    by_column = bool(campaign.text_column and campaign.variants)
    options = [
        code for code in labels if code == "row" or (by_column if code == "text" else positions[code] is not None)
    ]
    chosen = choices.segmented_control(
        _("Show the message of"),
        options,
        default="dearest",
        format_func=lambda code: labels[code],
        key=f"preview-which-{campaign.id}",
        required=True,
        wrap=True,
    )
    if chosen == "text":
        return _first_with_text(campaign)
    if chosen != "row":
        return positions[chosen]
    rows = wizard_draft.recipients(campaign)["row"]
    first, last = rows[0].as_py(), rows[-1].as_py()
    row = amount_fields.bounded_field(
        st.container(),
        _("Row in the spreadsheet, {first} to {last}").format(first=number(first), last=number(last)),
        first,
        low=min(first, last),
        high=max(first, last),
        key=f"preview-row-{campaign.id}",
    )
    if row is None:
        return None
    position = rows.index(row).as_py() if hasattr(rows, "index") else -1
    if position < 0:
        st.info(_("Row {row} gets no message: it is empty or was left out in the check.").format(row=number(row)))
        return None
    return int(position)


def _first_with_text(campaign: Campaign) -> int | None:
    """The first recipient who gets the text that is chosen here; the texts that nobody gets are not offered."""
    names, first = text_names(campaign), wizard_draft.first_positions(campaign)
    text = choices.selectbox(
        _("Text"),
        sorted(first),
        index=0,
        format_func=lambda text: names[text],
        key=f"preview-text-{campaign.id}",
    )
    return first.get(text)


def _about(message: PreviewMessage) -> None:
    size = message.size
    label = count_words("{n} SMS", "{n} SMS", size.parts)
    st.markdown(f"## {label} · {money(message.cost)}")
    st.caption(
        _("{n} characters, {encoding}").format(n=number(len(message.text)), encoding=encoding_name(size.encoding))
        + (" · " + _("the dashed lines show where one SMS ends and the next begins") if size.parts > 1 else "")
    )


def _values(campaign: Campaign, position: int) -> None:
    columns = wizard_draft.columns(int(campaign.list_id or 0))
    used = merge_fields.parse(wizard_draft.text_at(campaign, position)).columns(columns)
    row = wizard_draft.recipients(campaign).slice(position, 1).to_pylist()[0]
    values = {name: row[name] for name in columns if name in used}
    if values:
        shown = {name: value if (value or "").strip() else _("(empty)") for name, value in values.items()}
        st.table({plain(name): plain(value) for name, value in shown.items()}, border="horizontal", width="content")
