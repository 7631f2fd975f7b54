"""Templates: saved texts with their versions and approval; an approved one can start a campaign."""

import streamlit as st

from getsms_core.base.permissions import Permission
from getsms_core.base.work_states import TEMPLATE_LABELS, TemplateState
from getsms_core.campaigns import service as campaigns
from getsms_core.campaigns import templates
from getsms_core.campaigns.service import Draft
from getsms_core.messages import template_text
from pages.ui.shared import ask_first, choices, outcomes, repeats
from pages.ui.shared.phone_preview import compared
from pages.ui.shared.plain_text import plain
from pages.ui.shared.records import Template
from pages.ui.shared.session import _, actor, require, settings, store
from pages.ui.shared.widgets import count_words, empty, expander, moment, number
from pages.ui.text_editor import template_form
from pages.ui.text_editor.template_form import attempt, category_labels, language_labels

STATE_STYLES = {
    "draft": ("gray", "○"),
    "submitted": ("orange", "◇"),
    "approved": ("green", "●"),
    "refused": ("red", "✕"),
}
"""A colour and a shape for each state."""


def main() -> None:
    """One run of the page."""
    require(Permission.READ)
    if (draft_id := st.session_state.pop("template-used", None)) is not None:
        st.switch_page("new_campaign.py", query_params={"campaign": str(draft_id)})
    newest_versions = templates.latest(store())
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom"):
        st.title(_("Templates"), anchor=False)
        if newest_versions and actor().may(Permission.CAMPAIGN):
            st.button(_("New template"), key="template-new", type="primary", icon=":material/add:",
                      on_click=template_form.open_new)  # fmt: skip
    outcomes.show("template")
    if newest_versions:
        _template_list(newest_versions)
    elif actor().may(Permission.CAMPAIGN):
        empty(
            _("No template yet"),
            _("A template is a text that is approved once and sent often. Only its merge fields change."),
            key="templates-none",
        )
        st.button(_("Write the first one"), key="template-new", type="primary", on_click=template_form.open_new)
    else:
        empty(_("No template yet"), _("Items awaiting your approval appear here."), key="templates-none")
    template_form.dialogs()


def _template_list(newest_versions: list[Template]) -> None:
    waiting = sum(template.state == TemplateState.SUBMITTED for template in newest_versions)
    labels = {"all": _("All")} | {state: _(label) for state, label in TEMPLATE_LABELS.items()}
    labels["submitted"] += f" · {number(waiting)}" if waiting else ""
    first = (
        "submitted" if waiting and actor().may(Permission.APPROVE) and not actor().may(Permission.CAMPAIGN) else "all"
    )
    chosen = choices.segmented_control(
        _("State"),
        [code for code in labels if code == "all" or any(template.state == code for template in newest_versions)],
        default=first,
        format_func=lambda code: labels[code],
        key="template-state",
        required=True,
        label_visibility="collapsed",
        wrap=True,
    )
    usable = {template.name: template for template in templates.approved(store())}
    for template in newest_versions:
        if chosen in ("all", template.state):
            _template_card(template, usable.get(template.name))


def _template_card(template: Template, approved_version: Template | None) -> None:
    """Return the newest version, and the approved one if it is an earlier one."""
    with st.container(border=True, key=f"template-{template.id}"):
        _version_header(template)
        template_form.show_text(template.text)
        if template.state == TemplateState.DRAFT and (changes := template_text.template_changes(template.text)):
            st.caption(_("These characters make every SMS Unicode, which costs more. After the fix:"))
            st.html(compared(template.text, changes, {}))
        if template.state == TemplateState.REFUSED:
            sentence = _("Refused by {name}: {reason}").format(
                name=plain(template.decided_by or ""), reason=plain(template.reason)
            )
            st.markdown(f":material/comment: {sentence}")
        with st.container(horizontal=True, vertical_alignment="center"):
            _actions(template)
        if approved_version is not None and approved_version.id != template.id and actor().may(Permission.CAMPAIGN):
            with st.container(horizontal=True, vertical_alignment="center"):
                sentence = _("Version {n} is approved and stays in use until then.").format(
                    n=number(approved_version.version)
                )
                st.markdown(f":material/verified: {sentence}", width="content")
                st.button(_("Use in a campaign"), key=f"use-{approved_version.id}", icon=":material/send:",
                          on_click=_use,
                          args=(approved_version.id,))  # fmt: skip
        if template.version > 1:
            _earlier_versions(template)


def _version_header(template: Template) -> None:
    colour, shape = STATE_STYLES[template.state]
    badges = [
        f":{colour}-badge[{shape} {_(TEMPLATE_LABELS[template.state])}]",
        f":gray-badge[{category_labels().get(template.category, plain(template.category))}]",
        f":gray-badge[{language_labels().get(template.language, plain(template.language))}]",
    ]
    version = _("version {n}").format(n=number(template.version))
    st.markdown(f"**{plain(template.name)}** · {version} {' '.join(badges)}")
    facts = _("by {name}, {when}").format(name=plain(template.created_by), when=moment(template.created_at))
    if template.state == TemplateState.APPROVED:
        approval = _("approved by {name}, {when}")
        facts += " · " + approval.format(name=plain(template.decided_by or ""), when=moment(template.decided_at))
    st.caption(facts)


def _actions(template: Template) -> None:
    template_id = int(template.id or 0)
    writes, judges = actor().may(Permission.CAMPAIGN), actor().may(Permission.APPROVE)
    if template.state == TemplateState.DRAFT and writes:
        if template_text.template_changes(template.text):
            st.button(
                _("Fix the text"),
                key=f"mend-{template_id}",
                icon=":material/auto_fix_high:",
                help=_("Approved text cannot be changed: fix it before you submit it."),
                on_click=_replace_characters,
                args=(template_id,),
            )
        st.button(_("Ask for approval"), key=f"submit-{template_id}", type="primary", on_click=_submit,
                  args=(template_id,))  # fmt: skip
        st.button(_("Edit"), key=f"edit-{template_id}", on_click=template_form.open_edit, args=(template_id,))
        what_happens = _("The draft of version {n} and its text are deleted. Earlier versions stay.")
        ask_first.button(
            _("Delete"),
            what_happens.format(n=number(template.version)),
            _("Delete the draft"),
            key=f"discard-{template_id}",
            on_click=_discard,
            args=(template_id,),
            type="tertiary",
        )
    if template.state == TemplateState.SUBMITTED and judges:
        if templates.may_approve(store(), actor(), template_id):
            st.button(_("Approve"), key=f"approve-{template_id}", type="primary", icon=":material/check:",
                      on_click=_approve, args=(template_id,))  # fmt: skip
        else:
            st.caption(_("Another manager or administrator must approve what you wrote or submitted."))
        st.button(_("Refuse …"), key=f"refuse-{template_id}", on_click=template_form.open_refuse, args=(template_id,))
    elif template.state == TemplateState.SUBMITTED:
        st.caption(_("A manager or an administrator approves it here."))
    if template.state == TemplateState.APPROVED and writes:
        st.button(_("Use in a campaign"), key=f"use-{template_id}", type="primary", icon=":material/send:",
                  on_click=_use, args=(template_id,))  # fmt: skip
    if template.state in (TemplateState.APPROVED, TemplateState.REFUSED) and writes:
        st.button(_("New version"), key=f"version-{template_id}", on_click=_version, args=(template_id,))


def _earlier_versions(template: Template) -> None:
    label = count_words("{n} earlier version", "{n} earlier versions", template.version - 1)
    with expander(label, f"earlier-versions-{template.id}"):
        for version in templates.versions(store(), template.name):
            if version.id != template.id:
                _version_header(version)
                template_form.show_text(version.text)


# -------------------------------------------------------------------------------------------------------------- clicks


def _submit(template_id: int) -> None:
    attempt(lambda: templates.submit(store(), actor(), template_id), _("Submitted for approval."))


def _replace_characters(template_id: int) -> None:
    def work() -> None:
        template = templates.get(store(), template_id)
        templates.change(
            store(),
            actor(),
            template_id,
            template_text.replace_in_template(template.text),
            template.category,
            template.language,
        )

    attempt(work, _("The text is fixed."))


def _discard(template_id: int) -> None:
    attempt(lambda: templates.discard(store(), actor(), template_id), _("The draft is deleted."))


def _approve(template_id: int) -> None:
    attempt(lambda: templates.approve(store(), actor(), template_id), _("Approved: campaigns can be sent with it."))


def _version(template_id: int) -> None:
    def work() -> None:
        template_form.open_edit(templates.new_version(store(), actor(), template_id))

    attempt(work)


def _use(template_id: int) -> None:
    def work() -> None:
        template = templates.get(store(), template_id)
        draft = Draft(name=template.name, text=template.text, category=template.category, template_id=template_id)
        key = repeats.click_key(f"use-template:{template_id}")
        st.session_state["template-used"] = campaigns.create(store(), actor(), settings(), draft, request_key=key)

    attempt(work)


main()
