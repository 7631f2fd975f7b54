"""A campaign on an approved template: choose one, see whether every message still is its text, let go of it."""

from collections.abc import Callable

import streamlit as st

from getsms_core.base.errors import DomainError
from getsms_core.base.work_states import TemplateState
from getsms_core.campaigns import service as campaigns
from getsms_core.campaigns import template_match, templates
from getsms_core.campaigns.template_match import Mismatches
from getsms_core.db.engine import Store
from pages.ui.shared import choices, wizard_draft
from pages.ui.shared.plain_text import plain
from pages.ui.shared.records import Campaign, Template
from pages.ui.shared.session import _, store
from pages.ui.shared.widgets import count_words, number
from pages.ui.shared.wizard_draft import AudienceKey

Put = Callable[[int, str], object]


def show(campaign: Campaign, text: str, put: Put) -> None:
    """The panel; `put(campaign_id, text)` changes the draft and the editor."""
    if campaign.template_id is not None:
        _built_on(campaign, text, templates.get(store(), campaign.template_id), put)
    elif approved := templates.approved(store()):
        _choose(campaign, approved, put)


def _choose(campaign: Campaign, approved: list[Template], put: Put) -> None:
    by_id = {template.id: template for template in approved}
    key = f"template-{campaign.id}"
    choices.selectbox(
        _("Or begin with an approved template"),
        list(by_id),
        index=None,
        placeholder=_("Choose a template"),
        format_func=lambda template_id: f"{by_id[template_id].name} · {_shortened(by_id[template_id].text)}",
        key=key,
        on_change=_take,
        args=(campaign.id, key, put),
    )


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) < 60 else line[:59] + "…"


def _take(campaign_id: int, key: str, put: Put) -> None:
    if (chosen := choices.value(key)) is None:
        return
    template = templates.get(store(), int(chosen))
    before = campaigns.get(store(), campaign_id)
    if put(campaign_id, template.text) and wizard_draft.save(
        campaign_id, category=template.category, template_id=template.id
    ):
        st.session_state[f"draft-category-{campaign_id}"] = template.category
        st.session_state[f"template-before-{campaign_id}"] = (before.text, before.category)


def _built_on(campaign: Campaign, text: str, template: Template, put: Put) -> None:
    with st.container(border=True, key="built-on"):
        words = _("Built on the template {name}, version {version}. Only its merge fields may differ.")
        st.markdown(
            f":material/verified: {words.format(name=f'**{plain(template.name)}**', version=number(template.version))}"
        )
        mismatches = _template_mismatches(campaign, text, template)
        if template.state != TemplateState.APPROVED:
            st.error(_("It is not approved: the campaign cannot start."), icon=":material/block:")
        elif campaign.category != template.category:
            st.error(_("It is approved for another kind of campaign."), icon=":material/block:")
        elif mismatches.count:
            st.error(
                count_words(
                    "{n} message is not the approved text, so the campaign cannot start. The first:",
                    "{n} messages are not the approved text, so the campaign cannot start. The first:",
                    mismatches.count,
                ),
                icon=":material/block:",
            )
            for _at, message in mismatches.first[:1]:
                st.code(message, language=None, wrap_lines=True)
        with st.container(horizontal=True):
            if text != template.text:
                label = _("Put the approved text back")
                st.button(label, key="template-back", on_click=_back, args=(campaign.id, template.text, put))
            st.button(_("Detach the template"), key="template-drop", type="tertiary", on_click=_detach,
                      args=(campaign.id,))  # fmt: skip
            if (before := st.session_state.get(f"template-before-{campaign.id}")) and before[0].strip():
                st.button(_("Undo"), key="template-undo", type="tertiary", on_click=_undo,
                          args=(campaign.id, *before, put))  # fmt: skip


def _template_mismatches(campaign: Campaign, text: str, template: Template) -> Mismatches:
    if not text.strip() or campaign.list_id is None:
        return Mismatches()
    try:
        cache_key = (store(), str(store().engine.url), wizard_draft.audience_key(campaign))
        return _mismatches(*cache_key, text, campaign.mend_values, template.text)
    except DomainError:
        return Mismatches()  # a text that cannot be sent at all is named below the editor


@st.cache_data(max_entries=16, ttl=3600, show_spinner=False)
def _mismatches(_store: Store, url: str, key: AudienceKey, text: str, mend_values: bool, approved: str) -> Mismatches:
    recipients = wizard_draft.audience_of(key).recipients
    return template_match.text_mismatches(text, approved, recipients, mend_values=mend_values)


def _back(campaign_id: int, text: str, put: Put) -> None:
    put(campaign_id, text)


def _detach(campaign_id: int) -> None:
    wizard_draft.save(campaign_id, template_id=None)


def _undo(campaign_id: int, text: str, category: str, put: Put) -> None:
    """The text and kind as they stood before the template was chosen."""
    if wizard_draft.save(campaign_id, category=category, template_id=None) and put(campaign_id, text):
        st.session_state[f"draft-category-{campaign_id}"] = category
        st.session_state.pop(f"template-before-{campaign_id}", None)
