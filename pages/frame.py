"""The frame of every page: who is signed in, the mode, whether a worker runs, the language, and the pages by role."""

from functools import partial
from pathlib import Path

import streamlit as st

from getsms_core.base.errors import DomainError
from getsms_core.base.i18n import LANGUAGES
from getsms_core.base.permissions import ROLE_LABELS
from getsms_core.delivery import workers_online
from getsms_core.notices import inbox
from getsms_core.users import service as users
from getsms_core.users.identity import UserInfo
from pages.ui.gate.warmup import freeze_after_first_run
from pages.ui.shared import choices, later, live, session
from pages.ui.shared.page_scripts import THEMES, frame_script, theme_script
from pages.ui.shared.plain_text import plain
from pages.ui.shared.session import _
from pages.ui.shared.sitemap import FIRST, PAGES
from pages.ui.shared.style import ICON, LOGO, PAGE_CSS
from pages.ui.shared.widgets import count_words

HERE = Path(__file__).parent


def navigation(user: UserInfo) -> dict[str, list[st.Page]]:
    """Return the pages that the user's role may open. A page that is not registered cannot be reached."""
    sections: dict[str, list[st.Page]] = {}
    for section, entries in PAGES.items():
        pages = [
            st.Page(
                entry.file,
                title=_(entry.title),
                icon=f":material/{entry.icon}:",
                url_path=Path(entry.file).stem,
                default=entry.file == FIRST,
                visibility="hidden" if entry.hidden else "visible",
            )
            for entry in entries
            if (HERE / entry.file).exists() and user.actor.may(entry.right)
        ]
        if pages:
            sections[_(section) if section else ""] = pages
    return sections or {"": [st.Page(_empty_page, title=_("Overview"), url_path="overview", default=True)]}


def _empty_page() -> None:
    st.info(_("There is no page here yet."))


def show_mode() -> None:
    """Show whether campaigns use the practice gateway or reach real phones."""
    settings = session.settings()
    if settings.sandbox:
        st.badge(
            _("Sandbox: nothing leaves this machine"),
            icon=":material/science:",
            color="blue",
            help=_(
                "For practice: a gateway inside the program takes the messages, makes up receipts and costs nothing. "
                "An administrator sets a gateway login to send for real."
            ),
        )
    else:
        sentence = _("Live: account {name}").format(name=plain(settings.login))
        explanation = _("Campaigns reach real phones, and the gateway charges them to this account.")
        st.badge(sentence, icon=":material/cell_tower:", color="orange", help=explanation)


def has_worker() -> bool:
    """Return whether a worker runs."""
    return bool(live.read("workers", workers_online.present))


@later.fragment(run_every="5s", shows=has_worker)
def show_heartbeat() -> None:
    """Show that no worker is running, and why a download was refused."""
    if refused := later.refusal():
        st.toast(plain(refused), icon=":material/block:", duration="long")
    if not has_worker():
        sentence = (
            _("No worker is running: nothing will be sent. Start it with: {command}")
            if session.sees_commands()
            else _("No worker is running: nothing will be sent. Tell an administrator.")
        )
        st.warning(sentence.format(command="`getsms worker`"), icon=":material/heart_broken:")


def unread_notices(user_id: int) -> int:
    """Return how many notices of a user are unread, at most half a second ago."""
    return live.read(("notices", user_id), lambda store: inbox.unread(store, user_id))


def show_bell(user_id: int) -> None:
    """Show how many notices are unread, as a link to them; it follows the count."""
    later.fragment(run_every="5s", shows=partial(unread_notices, user_id))(_bell)(user_id)


def _bell(user_id: int) -> None:
    unread = unread_notices(user_id)
    if unread:
        label = count_words("{n} new notice", "{n} new notices", unread)
        st.page_link("notices.py", label=f"**{label}**", icon=":material/notifications_active:")
    else:
        st.page_link("notices.py", label=_("Notices"), icon=":material/notifications:")


def _save_language() -> None:
    st.query_params.pop("lang", None)  # what one chooses wins over the link that one followed
    users.set_language(session.store(), session.current_user().id, st.session_state["lang"])


def _theme_choice() -> None:
    labels = {"light": _("Light"), "dark": _("Dark"), "system": _("As the system")}
    choices.segmented_control(
        _("Theme"),
        THEMES[1:] + THEMES[:1],
        format_func=lambda theme: labels[theme],
        default=st.context.theme.type,
        key="theme",
        on_change=lambda: st.session_state.update(_theme=choices.value("theme")),
        width="stretch",
    )


def user_menu(user: UserInfo) -> None:
    """Language, name and role, notices, theme, account, sign-out."""
    st.selectbox(
        _("Language"),
        list(LANGUAGES),
        index=list(LANGUAGES).index(session.language()),
        format_func=lambda code: LANGUAGES[code],
        key="lang",
        on_change=_save_language,
    )
    with st.popover(plain(user.name), icon=":material/person:", width="stretch"):
        st.caption(_(ROLE_LABELS.get(user.role, user.role)))
        st.page_link("notices.py", label=_("Notices"), icon=":material/notifications:")
        _theme_choice()
        st.page_link("account.py", label=_("Your account"), icon=":material/account_circle:")
    session.link("/sign-out", _("Sign out"))


def prepare_browser() -> None:
    """Send the browser the style sheet, the language and a theme that was just chosen."""
    st.html(f"<style>{PAGE_CSS}</style>")
    st.html(f"<script>{frame_script(session.language())}</script>", unsafe_allow_javascript=True)
    if theme := st.session_state.pop("_theme", None):
        st.html(f"<script>{theme_script(theme)}</script>", unsafe_allow_javascript=True)


def main() -> None:
    """One run of the app."""
    st.set_page_config(page_title="GETSMS Campaigns", page_icon=ICON, layout="wide")
    try:
        user = session.current_user()
        session.start_run_language(user)
        page = st.navigation(navigation(user), expanded=True)  # else Streamlit hides some behind "View 3 more"
        st.set_page_config(page_title=f"{page.title} · GETSMS Campaigns", page_icon=ICON)
        st.logo(LOGO, size="large")
        with st.sidebar:
            user_menu(user)
            session.touch_session()
            prepare_browser()
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            show_mode()
            show_bell(user.id)
        show_heartbeat()
        page.run()
        freeze_after_first_run()
    except DomainError as refusal:
        session.show_error(refusal)


main()
