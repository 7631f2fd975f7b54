"""Help: the guide of one's role, in one's language, with its contents and a search."""

import streamlit as st

from getsms_core.base.permissions import ROLE_LABELS, Permission, Role
from pages.ui.help import guides
from pages.ui.help.guides import Guide, Picture, Section
from pages.ui.shared import choices, share_link
from pages.ui.shared.session import _, language, require


def main() -> None:
    """One run of the page."""
    actor = require(Permission.READ)
    roles = [role.value for role in Role]
    heading = st.container()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        role = choices.segmented_control(
            _("Guide for"),
            roles,
            default=actor.role.value if actor.role in roles else Role.MARKETER.value,
            format_func=lambda code: _(ROLE_LABELS[Role(code)]),
            key="help-role",
            required=True,
            wrap=True,
        )
        search = str(st.text_input(_("Search in the guide"), key="help-search", width=300) or "").strip()
        share_link.glossary_link()
    guide = guides.read(language(), Role(role))
    heading.title(guide.title, anchor=False)
    matches = [(n, section) for n, section in enumerate(guide.sections) if section.contains(search)]
    if not matches:
        st.info(_("No section of this guide has these words. Try fewer of them."), icon=":material/search_off:")
        return
    if not search:
        _contents(guide)
    for n, section in matches:
        _section(n, section)


def _contents(guide: Guide) -> None:
    """The sections as links; the introduction has no heading."""
    links = [f"- [{section.heading}](#{_anchor(n)})" for n, section in enumerate(guide.sections) if section.heading]
    with st.container(border=True):
        st.markdown("\n".join(links))


def _section(n: int, section: Section) -> None:
    if section.heading:
        st.header(section.heading, anchor=_anchor(n))
    for part in section.parts:
        if not isinstance(part, Picture):
            st.markdown(part)
        elif part.path.exists():
            st.image(part.path, caption=part.caption, width=760)


def _anchor(n: int) -> str:
    return f"section-{n}"


main()
