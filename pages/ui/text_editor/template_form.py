"""The dialogs of the templates page: write a version, refuse one with a reason; and what the page says afterwards."""

from collections.abc import Callable, Collection
from html import escape

import streamlit as st

from getsms_core.base.errors import DomainError
from getsms_core.base.i18n import LANGUAGES
from getsms_core.base.kinds import KIND_LABELS
from getsms_core.base.names import LIMITS
from getsms_core.campaigns import templates
from getsms_core.campaigns.templates import Wording
from getsms_core.messages import encoding, merge_fields
from pages.ui.shared import choices, later
from pages.ui.shared.asset_files import style_element
from pages.ui.shared.plain_text import plain
from pages.ui.shared.records import Template
from pages.ui.shared.session import _, actor, store
from pages.ui.shared.text_names import encoding_name
from pages.ui.shared.widgets import count_words, number

_OPEN = "template-open"
_SEEN = "template-seen"
"""The key in the session of the text, kind and language that the form began with."""
_CSS = style_element("text_editor/assets/template.css")


def category_labels() -> dict[str, str]:
    """The kinds of campaign, in words."""
    return {kind.value: _(label) for kind, label in KIND_LABELS.items()}


def _known(code: str, codes: Collection[str]) -> str | None:
    return str(code) if code in codes else None


def language_labels() -> dict[str, str]:
    """The languages of a text, each in its own words."""
    return dict(LANGUAGES)


def show_text(shown: str) -> None:
    """A template's text with its merge fields marked, and its size without their values."""
    fragments = []
    literal = ""
    for element in merge_fields.parse(shown).pieces:
        if isinstance(element, merge_fields.Field):
            fragments.append(f"<b>{escape('{' + element.name + '}')}</b>")
        else:
            literal += element
            fragments.append(escape(element))
    st.html(f'{_CSS}<div class="saved">{"".join(fragments)}</div>')
    size = encoding.measure(literal)
    label = count_words("{n} SMS", "{n} SMS", size.parts)
    st.caption(
        _("{sms} without the values of merge fields · {n} characters · {encoding}").format(
            sms=label, n=number(len(literal)), encoding=encoding_name(size.encoding)
        )
    )


# ------------------------------------------------------------------------------------------------- what a click does


def attempt(action: Callable[[], object], message: str = "") -> bool:
    """Do it; `outcomes.show` shows what was refused or done."""
    try:
        action()
    except DomainError as refusal:
        st.session_state["template-error"] = refusal.message
        return False
    if message:
        st.session_state["template-success"] = message
    return True


def open_new() -> None:
    """Open the form for a new template."""
    st.session_state[_OPEN] = ("new", 0)


def open_edit(template_id: int) -> None:
    """Open the form for a draft."""
    st.session_state[_OPEN] = ("edit", template_id)


def open_refuse(template_id: int) -> None:
    """Open the question why not."""
    st.session_state[_OPEN] = ("refuse", template_id)


def close() -> None:
    """Close whatever is open."""
    st.session_state.pop(_OPEN, None)


def dialogs() -> None:
    """Show the dialog that is open, if any."""
    dialog, template_id = st.session_state.get(_OPEN, ("", 0))
    if dialog == "new":
        _form(None)
    elif dialog:
        try:
            template = templates.get(store(), template_id)
        except DomainError:
            close()  # somebody else deleted it meanwhile
            return
        _form(template) if dialog == "edit" else _refuse(template)


# -------------------------------------------------------------------------------------------------------------- dialogs


def _form(template: Template | None) -> None:
    title = _("New template") if template is None else _("{name}, version {n}")
    title_values = {} if template is None else {"name": plain(template.name), "n": number(template.version)}

    @later.dialog(title.format(**title_values), width="large", on_dismiss=close)
    def ask() -> None:
        key = f"template-{template.id if template else 0}"
        if template is not None and f"{key}-text" not in st.session_state:  # the fields are drawn for the first time
            st.session_state[_SEEN] = (template.text, template.category, template.language)
        if template is None:
            st.text_input(_("Name"), key=f"{key}-name", max_chars=LIMITS["template"].length,
                          help=_("For you and your colleagues; the recipients never see it."))  # fmt: skip
        st.text_area(
            _("Text of the SMS"),
            template.text if template else "",
            key=f"{key}-text",
            height=160,
            placeholder=_("Dear {example}, your order is on its way.").format(example="{name}"),
            help=_("Merge fields may differ between messages; everything else is approved exactly as written."),
        )
        with st.container(horizontal=True):
            choices.segmented_control(_("Kind"), list(category_labels()),
                                 default=_known(template.category, category_labels()) if template else "service",
                                 format_func=lambda code: category_labels()[code], key=f"{key}-category",
                                 required=True)  # fmt: skip
            choices.segmented_control(_("Language"), list(LANGUAGES),
                                 default=_known(template.language, LANGUAGES) if template else "uz",
                                 format_func=lambda code: LANGUAGES[code], key=f"{key}-language",
                                 required=True)  # fmt: skip
        if st.button(_("Save the draft"), key="template-save", type="primary") and _save(key, template):
            close()
            st.rerun()

    ask()


def _save(key: str, template: Template | None) -> bool:
    state = st.session_state
    written, kind, language = state[f"{key}-text"], state[f"{key}-category"], state[f"{key}-language"]

    def work() -> None:
        if template is None:
            templates.create(store(), actor(), Wording(state[f"{key}-name"], written, kind, language))
        else:
            templates.change(store(), actor(), int(template.id or 0), written, kind, language, seen=state[_SEEN])

    return _attempt_in_dialog(work, _("Saved as a draft."))


def _refuse(template: Template) -> None:
    @later.dialog(_("Refuse {name}?").format(name=plain(template.name)), on_dismiss=close)
    def ask() -> None:
        show_text(template.text)
        st.text_area(_("Reason. The author will see it."), key=f"template-{template.id}-reason")
        reason = st.session_state[f"template-{template.id}-reason"]
        if st.button(_("Refuse it"), key="template-refuse", type="primary") and _attempt_in_dialog(
            lambda: templates.refuse(store(), actor(), int(template.id or 0), reason), _("Refused.")
        ):
            close()
            st.rerun()

    ask()


def _attempt_in_dialog(work: Callable[[], object], message: str) -> bool:
    """Like `attempt`, with a refusal shown inside the dialog."""
    try:
        work()
    except DomainError as refusal:
        st.error(plain(refusal.message), icon=":material/block:")
        return False
    st.session_state["template-success"] = message
    return True
