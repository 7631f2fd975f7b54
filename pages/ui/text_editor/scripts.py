"""The text in each script of Uzbek side by side: how it looks, what it costs over all rows, one click to take it."""

from collections.abc import Callable
from html import escape

import streamlit as st

from getsms_core.accounts import policy
from getsms_core.base.errors import DomainError
from getsms_core.base.i18n import N_
from getsms_core.messages.estimate import Estimate
from getsms_core.messages.uzbek import template_scripts
from getsms_core.messages.uzbek.transliteration import Converted, Script, detect
from pages.ui.shared import wizard_draft
from pages.ui.shared.asset_files import style_element
from pages.ui.shared.plain_text import plain
from pages.ui.shared.records import Campaign
from pages.ui.shared.session import _, ngettext, store
from pages.ui.shared.widgets import count_words, money, number
from pages.ui.text_editor.counter import current_text

NAMES = {
    Script.CYRILLIC: N_("Cyrillic: ў ғ ш ч"),
    Script.LATIN: N_("Latin: oʻ gʻ sh ch"),
    Script.REFORMED: N_("Draft reform of Latin (2023): ö ğ ş ç"),
    Script.ASCII: N_("Latin with plain apostrophes: o' g'"),
}
WARNINGS = 3
_CSS = style_element("text_editor/assets/script.css")
Put = Callable[[int, str], object]


def show(campaign: Campaign, text: str, put: Put) -> None:
    """The comparison, where somebody asks for it; `put(campaign_id, text)` changes the draft and the editor."""
    before = st.session_state.get(f"script-before-{campaign.id}")
    if detect(text) is None:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        compare = st.toggle(
            _("Compare the scripts of Uzbek"),
            key=f"scripts-{campaign.id}",
            help=_("The same text in Cyrillic and Latin letters, with what each costs for the whole list."),
        )
        if before and before != text:
            st.button(_("Undo"), key="script-undo", type="tertiary", on_click=_undo, args=(campaign.id, before, put))
    if compare:
        _compare(campaign, text, put)


def _compare(campaign: Campaign, text: str, put: Put) -> None:
    keep_russian = not _convert_russian(campaign, text)
    own_words = _own_words(campaign)
    conversions = {script: template_scripts.written(text, script, keep_russian, own_words) for script in Script}
    try:
        estimates = {
            script: wizard_draft.estimate(campaign, conversion.text) for script, conversion in conversions.items()
        }
    except DomainError as refusal:  # in Cyrillic it would be too long
        st.info(plain(refusal.message), icon=":material/block:")
        return
    current = wizard_draft.estimate(campaign, text)
    costs = {estimate.cost for estimate in estimates.values()}
    cells = [*st.columns(2), *st.columns(2)]
    for cell, script in zip(cells, Script, strict=True):
        with cell, st.container(border=True, height="stretch", key=f"script-card-{script.value}"):
            is_current = conversions[script].text == text
            _card(
                script,
                conversions[script],
                estimates[script],
                least=len(costs) > 1 and estimates[script].cost == min(costs),
                is_current=is_current,
            )
            saved = current.saved_by(estimates[script])
            label = _("Use this script: save {sum}").format(sum=money(saved)) if saved > 0 else _("Use this script")
            st.button(
                label,
                key=f"script-take-{script.value}",
                disabled=is_current,
                on_click=_take,
                args=(campaign.id, script, keep_russian, own_words, text, put),
            )
    st.caption(_("Values of the list, web addresses, numbers and codes stay as they are in every script."))


def _convert_russian(campaign: Campaign, text: str) -> bool:
    """Asks what to do with Russian in Cyrillic, where there is any: it is left alone unless one wants otherwise."""
    if (
        template_scripts.written(text, Script.ASCII).text
        == template_scripts.written(text, Script.ASCII, keep_russian=False).text
    ):
        return False
    return st.toggle(
        _("Write the Russian words in Latin letters too"),
        key=f"scripts-russian-{campaign.id}",
        help=_("If off, words that look Russian are not converted, and the SMS stays Unicode."),
    )


def _card(script: Script, conversion: Converted, estimate: Estimate, *, least: bool, is_current: bool) -> None:
    badges = ([f":gray-badge[{_('as it is now')}]"] if is_current else []) + (
        [f":green-badge[{_('costs least')}]"] if least else []
    )
    st.markdown(f"**{_(NAMES[script])}** {' '.join(badges)}")
    if script is Script.REFORMED:
        st.caption(_("A draft of 2023 that is not in force: recipients may not be used to its letters."))
    st.html(f'{_CSS}<div class="script">{escape(conversion.text)}</div>')
    sms = ngettext("{n} SMS for {sum}", "{n} SMS for {sum}", estimate.parts)
    per_recipient = ngettext("at most {n} SMS per recipient", "at most {n} SMS per recipient", estimate.max_parts)
    st.markdown(f"**{sms.format(n=number(estimate.parts), sum=money(estimate.cost))}**")
    st.caption(per_recipient.format(n=number(estimate.max_parts)))
    for warning in conversion.warnings[:WARNINGS]:
        st.markdown(f":material/warning: **{plain(warning.word)}** {warning.reason}")
    if others := conversion.warnings[WARNINGS:]:
        more = count_words("and {n} more to check", "and {n} more to check", len(others))
        st.caption(f"{more}: {', '.join(plain(warning.word) for warning in others)}")


def _own_words(campaign: Campaign) -> tuple[str, ...]:
    return policy.in_force(store(), campaign.account_id).own_words


def _take(
    campaign_id: int, script: Script, keep_russian: bool, own_words: tuple[str, ...], shown: str, put: Put
) -> None:
    before = current_text(f"draft-text-{campaign_id}", shown)
    try:
        text = template_scripts.written(before, script, keep_russian, own_words).text
    except DomainError:
        return  # it was typed on into something malformed, which the page names now
    if put(campaign_id, text):
        st.session_state[f"script-before-{campaign_id}"] = before


def _undo(campaign_id: int, before: str, put: Put) -> None:
    if put(campaign_id, before):
        st.session_state.pop(f"script-before-{campaign_id}", None)
