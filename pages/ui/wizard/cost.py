"""The cost of the text over all rows, the expensive characters, and a button that replaces them."""

import unicodedata

import streamlit as st

from getsms_core.base.errors import DomainError
from getsms_core.messages import template_text
from getsms_core.messages.encoding import PART_UNITS, SINGLE_SMS_UNITS, Encoding
from getsms_core.messages.estimate import CharacterCost, Estimate
from pages.ui.shared import draft_tabs, wizard_draft
from pages.ui.shared.phone_preview import compared
from pages.ui.shared.plain_text import plain
from pages.ui.shared.records import Campaign
from pages.ui.shared.session import _
from pages.ui.shared.widgets import Figure, count_words, metric_row, money, number
from pages.ui.text_editor import values
from pages.ui.text_editor.counter import current_text, replace

SHOWN = 8


def figures(estimate: Estimate) -> None:
    """The cost as big numbers."""
    mean = _("Average over all rows; {sum} per recipient.").format(sum=money(estimate.mean_cost))
    metric_row(
        [
            Figure(_("Recipients"), number(estimate.messages)),
            Figure(_("Total SMS"), number(estimate.parts), help=parts_help()),
            Figure(_("SMS per recipient"), number(round(estimate.mean, 2)), help=mean),
            Figure(
                _("Maximum per recipient"),
                number(estimate.max_parts),
                help=_("The parts of the longest message. The phone shows them as one message; each is billed."),
            ),
            Figure(_("Cost"), money(estimate.cost), help=each_price(estimate)),
        ]
    )


def parts_help() -> str:
    """What an SMS part holds, and that each is billed."""
    return _(
        "A long message is billed as several SMS parts. One part holds {gsm7} characters, or {gsm7_part} each where "
        "there are several; a text with any character outside GSM-7, such as ʻ or a Cyrillic letter, is sent as "
        "Unicode: {ucs2}, or {ucs2_part} each. The parts are counted row by row."
    ).format(
        gsm7=SINGLE_SMS_UNITS[Encoding.GSM7],
        gsm7_part=PART_UNITS[Encoding.GSM7],
        ucs2=SINGLE_SMS_UNITS[Encoding.UCS2],
        ucs2_part=PART_UNITS[Encoding.UCS2],
    )


def each_price(estimate: Estimate) -> str:
    """What one SMS costs: one price, or from which to which where rules make them differ."""
    lowest, highest = estimate.prices
    if lowest == highest:
        return _("{price} for each SMS").format(price=money(highest))
    return _("{least} to {most} for each SMS").format(least=money(lowest), most=money(highest))


def cost(campaign: Campaign, estimate: Estimate) -> None:
    """The cost, and what makes it so."""
    scope = _("Text A, for its part of the list") if campaign.variants else _("For the whole list")
    if campaign.variants and campaign.text_column:
        scope = _("Fallback text, for recipients whose value has no text of its own")
    st.markdown(f"**{scope}**")
    figures(estimate)
    if estimate.ucs2 or campaign.mend_values:
        _expensive_characters(campaign, estimate)
    if estimate.prices[0] != estimate.prices[1] or estimate.max_parts * estimate.messages != estimate.parts:
        values.show_most_expensive(campaign, estimate)
    undo = st.session_state.get(f"mended-{campaign.id}")
    if undo and not any(extra.replacement is not None for extra in estimate.extras):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f":material/check: {_('The text is fixed.')}")
            st.button(_("Undo"), key="mend-undo", type="tertiary", on_click=_undo, args=(campaign.id, undo))


def _expensive_characters(campaign: Campaign, estimate: Estimate) -> None:
    sentence = count_words(
        "{n} of {all} messages is sent as Unicode: {ucs2} characters in an SMS instead of {gsm7}.",
        "{n} of {all} messages are sent as Unicode: {ucs2} characters in an SMS instead of {gsm7}.",
        estimate.ucs2,
        all=number(estimate.messages),
        ucs2=SINGLE_SMS_UNITS[Encoding.UCS2],
        gsm7=SINGLE_SMS_UNITS[Encoding.GSM7],
    )
    replaceable = [extra for extra in estimate.extras if extra.replacement is not None]
    letters = [extra for extra in estimate.extras if extra.replacement is None]
    with st.container(border=True, key="dear"):
        if estimate.ucs2:
            st.markdown(f":material/translate: {sentence}")
        if replaceable:
            _replacement_table(campaign, estimate, replaceable)
        if letters:
            st.caption(_irreplaceable_sentence(letters, estimate.letters_cost))
        _values(campaign, estimate)


def _irreplaceable_sentence(letters: list[CharacterCost], cost: int) -> str:
    """The letters and emoji that nothing replaces, and what they cost."""
    labels = [(_character_label(extra.character), extra.cost) for extra in letters[:SHOWN]]
    shown = [f"{label} ({money(cost)})" if cost else label for label, cost in labels]
    named = " ".join(shown) + (" …" if len(letters) > SHOWN else "")
    sentence = _("These stay as they are, so every SMS stays Unicode: {letters}").format(letters=named)
    if cost > 0:
        sentence += " " + _("Without them it would cost {sum} less.").format(sum=money(cost))
    return sentence


def _replacement_table(campaign: Campaign, estimate: Estimate, replaceable: list[CharacterCost]) -> None:
    costs = {extra.character: money(extra.cost) for extra in replaceable if extra.cost}
    st.html(compared(campaign.text, template_text.template_changes(campaign.text), costs))
    st.table(
        [
            {
                _("Character"): f"**{plain(_character_label(extra.character))}**",
                _("becomes"): _replacement_label(extra.replacement or ""),
                _("times"): number(extra.times),
                _("costs"): money(extra.cost) if extra.cost else "–",
            }
            for extra in replaceable[:SHOWN]
        ],
        hide_index=True,
        border="horizontal",
        width="content",
    )
    saved = estimate.saved_in_text
    if saved < 0:
        st.caption(costs_more(-saved))
        return
    if not any(extra.cost for extra in replaceable):
        st.caption(why_nothing_is_saved(estimate))
    elif len(replaceable) > 1:
        st.caption(_("Each of these characters adds this cost. You save only when all are fixed."))
    label = _("Fix the text: save {sum}").format(sum=money(saved)) if saved > 0 else _("Fix the text")
    st.button(
        label,
        key="mend-text",
        type="primary",
        icon=":material/auto_fix_high:",
        on_click=_replace_characters,
        args=(campaign.id, campaign.text),
    )


def costs_more(tiyin: int) -> str:
    """Return that the characters are better left alone, because the fix costs more: "..." for "…" may begin one more
    SMS where other characters keep it Unicode."""
    sentence = _("Fixing these would cost {sum} more: some replacements are longer than the character.")
    return sentence.format(sum=money(tiyin))


def why_nothing_is_saved(estimate: Estimate) -> str:
    """Return why replacing the characters of the text saves nothing."""
    if any(extra.replacement is None for extra in estimate.extras):
        return _("Fixing these saves nothing: other characters still make the SMS Unicode.")
    if estimate.mended_ucs2 == estimate.messages:
        return _("Fixing these saves nothing: values of the list still make every SMS Unicode.")
    if estimate.mended_ucs2:
        return _("Fixing these saves nothing: values of the list still make some SMS Unicode, and the other messages "
                 "need as many SMS either way.")  # fmt: skip
    return _("Fixing these saves nothing: the messages need as many SMS either way.")


def _replacement_label(replacement: str) -> str:
    if replacement == "":
        return _("nothing")
    return f"**{plain(replacement)}**" if replacement.strip() else _("a plain space")


def _character_label(character: str) -> str:
    """A character as it is, or by its number where nobody would see it: spaces, and marks that need a letter."""
    is_shown = character.isprintable() and character.strip() and unicodedata.category(character)[0] != "M"
    return character if is_shown else f"U+{ord(character):04X}"


def _values(campaign: Campaign, estimate: Estimate) -> None:
    if not estimate.values and not campaign.mend_values:
        return
    if estimate.values:
        characters = ", ".join(
            count_words("{character} in {n} row", "{character} in {n} rows", n, character=_character_label(character))
            for character, n in estimate.values[:SHOWN]
        )
        st.markdown(_("Values of the list contain such characters too: {characters}").format(characters=characters))
    values.show_replaced_values(campaign)
    saved = estimate.saved_in_values
    st.toggle(
        _("Fix merged values too (save {sum})").format(sum=money(saved)) if saved > 0 else _("Fix merged values too"),
        campaign.mend_values,
        key=f"draft-mend-{campaign.id}",
        help=_("In the messages only: O‘ktam becomes O'ktam. The list stays as it is, and letters are never changed."),
        on_change=_save_value_replacement,
        args=(campaign.id,),
    )
    if saved < 0:
        st.caption(costs_more(-saved))


def _replace_characters(campaign_id: int, shown: str) -> None:
    text = current_text(f"draft-text-{campaign_id}", shown)
    try:
        mended = template_text.replace_in_template(text)
    except DomainError:
        return  # it was typed on into something malformed, which the page names now
    if put_text(campaign_id, mended):
        st.session_state[f"mended-{campaign_id}"] = text


def _undo(campaign_id: int, text: str) -> None:
    put_text(campaign_id, text)


def put_text(campaign_id: int, text: str) -> bool:
    """Put a text into the draft and into the editor."""
    st.session_state.pop(f"mended-{campaign_id}", None)
    key = f"draft-text-{campaign_id}"
    replace(key, text)
    draft_tabs.forget_text(campaign_id, key)
    return wizard_draft.save(campaign_id, text=text)


def _save_value_replacement(campaign_id: int) -> None:
    wizard_draft.save(campaign_id, mend_values=st.session_state[f"draft-mend-{campaign_id}"])
