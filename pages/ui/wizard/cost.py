"""What the text costs over all rows, which characters make it dear, and one click to mend them."""

import streamlit as st

from getsms_core.base.errors import DomainError
from getsms_core.messages import template_text
from getsms_core.messages.encoding import SINGLE_SMS_UNITS, Encoding
from getsms_core.messages.estimate import CharacterCost, Estimate
from pages.ui.shared import wizard_draft
from pages.ui.shared.phone_preview import compared, plain
from pages.ui.shared.records import Campaign
from pages.ui.shared.session import _, ngettext
from pages.ui.shared.widgets import Figure, metric_row, money, number
from pages.ui.text_editor import values
from pages.ui.text_editor.counter import current_text, replace

SHOWN = 8


def figures(found: Estimate) -> None:
    """The cost as big numbers."""
    mean = _("Average over all rows; {sum} per recipient.").format(sum=money(found.mean_cost))
    metric_row(
        [
            Figure(_("Recipients"), number(found.messages)),
            Figure(_("Total SMS"), number(found.parts), help=_("Parts that are billed, counted row by row.")),
            Figure(_("SMS per recipient"), number(round(found.mean, 2)), help=mean),
            Figure(_("Maximum per recipient"), number(found.max_parts)),
            Figure(_("Cost"), money(found.cost), help=each_price(found)),
        ]
    )


def each_price(found: Estimate) -> str:
    """What one SMS costs: one price, or from which to which where rules make them differ."""
    least, most = found.prices
    if least == most:
        return _("{price} for each SMS").format(price=money(most))
    return _("{least} to {most} for each SMS").format(least=money(least), most=money(most))


def cost(campaign: Campaign, found: Estimate) -> None:
    """The cost, and what makes it so."""
    part = _("Text A, for its part of the list") if campaign.variants else _("For the whole list")
    st.markdown(f"**{part}**")
    figures(found)
    if found.ucs2 or campaign.mend_values:
        _expensive_characters(campaign, found)
    if found.prices[0] != found.prices[1] or found.max_parts * found.messages != found.parts:
        values.show_most_expensive(campaign, found)
    undo = st.session_state.get(f"mended-{campaign.id}")
    if undo and not any(extra.replacement is not None for extra in found.extras):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f":material/check: {_('The text is fixed.')}")
            st.button(_("Undo"), key="mend-undo", type="tertiary", on_click=_undo, args=(campaign.id, undo))


def _expensive_characters(campaign: Campaign, found: Estimate) -> None:
    words = ngettext(
        "{n} of {all} messages travels as Unicode: {ucs2} characters in an SMS instead of {gsm7}.",
        "{n} of {all} messages travel as Unicode: {ucs2} characters in an SMS instead of {gsm7}.",
        found.ucs2,
    ).format(
        n=number(found.ucs2),
        all=number(found.messages),
        ucs2=SINGLE_SMS_UNITS[Encoding.UCS2],
        gsm7=SINGLE_SMS_UNITS[Encoding.GSM7],
    )
    mendable = [extra for extra in found.extras if extra.replacement is not None]
    letters = [extra for extra in found.extras if extra.replacement is None]
    with st.container(border=True, key="dear"):
        if found.ucs2:
            st.markdown(f":material/translate: {words}")
        if mendable:
            _replacement_table(campaign, found, mendable)
        if letters:
            st.caption(_irreplaceable_sentence(letters, found.letters_cost))
        _values(campaign, found)


def _irreplaceable_sentence(letters: list[CharacterCost], cost: int) -> str:
    """The letters and emoji that nothing replaces, and what they cost."""
    shown = [f"{extra.character} ({money(extra.cost)})" if extra.cost else extra.character for extra in letters[:SHOWN]]
    named = " ".join(shown) + (" …" if len(letters) > SHOWN else "")
    said = _("These stay as they are, so every SMS stays Unicode: {letters}").format(letters=named)
    if cost > 0:
        said += " " + _("Without them it would cost {sum} less.").format(sum=money(cost))
    return said


def _replacement_table(campaign: Campaign, found: Estimate, mendable: list[CharacterCost]) -> None:
    costs = {extra.character: money(extra.cost) for extra in mendable if extra.cost}
    st.html(compared(campaign.text, template_text.template_changes(campaign.text), costs))
    st.table(
        [
            {
                _("Character"): f"**{plain(_character_label(extra.character))}**",
                _("becomes"): _replacement_label(extra.replacement or ""),
                _("times"): number(extra.times),
                _("costs"): money(extra.cost) if extra.cost else "–",
            }
            for extra in mendable[:SHOWN]
        ],
        hide_index=True,
        border="horizontal",
        width="content",
    )
    if not any(extra.cost for extra in mendable):
        st.caption(_("Fixing these saves nothing: other characters still make the SMS Unicode."))
    elif len(mendable) > 1:
        st.caption(_("Each of these characters adds this cost. You save only when all are fixed."))
    saved = found.cost - found.mended_cost
    label = _("Fix the text: save {sum}").format(sum=money(saved)) if saved > 0 else _("Fix the text")
    st.button(
        label,
        key="mend-text",
        type="primary",
        icon=":material/auto_fix_high:",
        on_click=_replace_characters,
        args=(campaign.id, campaign.text),
    )


def _replacement_label(replacement: str) -> str:
    if replacement == "":
        return _("nothing")
    return f"**{plain(replacement)}**" if replacement.strip() else _("a plain space")


def _character_label(character: str) -> str:
    return character if character.isprintable() and character.strip() else f"U+{ord(character):04X}"


def _values(campaign: Campaign, found: Estimate) -> None:
    if not found.values and not campaign.mend_values:
        return
    if found.values:
        said = ", ".join(
            ngettext("{character} in {n} row", "{character} in {n} rows", n).format(
                character=_character_label(character), n=number(n)
            )
            for character, n in found.values[:SHOWN]
        )
        st.markdown(_("Values of the list contain such characters too: {characters}").format(characters=said))
    values.show_replaced_values(campaign)
    saved = found.mended_cost - found.mended_values_cost
    st.toggle(
        _("Fix merged values too (save {sum})").format(sum=money(saved)) if saved else _("Fix merged values too"),
        campaign.mend_values,
        key=f"draft-mend-{campaign.id}",
        help=_("In the messages only: O‘ktam becomes O'ktam. The list stays as it is, and letters are never changed."),
        on_change=_save_value_replacement,
        args=(campaign.id,),
    )


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
    st.session_state.pop(f"{key}-unsaved", None)
    return wizard_draft.save(campaign_id, text=text)


def _save_value_replacement(campaign_id: int) -> None:
    wizard_draft.save(campaign_id, mend_values=st.session_state[f"draft-mend-{campaign_id}"])
