"""The user's own account: the password, the second factor, and the sessions, which can be ended. Administrators see
everybody's."""

import streamlit as st

from getsms_core.base.errors import DomainError
from getsms_core.base.i18n import N_
from getsms_core.base.permissions import Permission
from getsms_core.users import service as users
from getsms_core.users import sessions, two_factor
from getsms_core.users.passwords import PASSWORD_LENGTH
from getsms_core.users.sessions import SessionInfo
from pages.ui.shared import ask_first, choices, outcomes, session
from pages.ui.shared.plain_text import plain
from pages.ui.shared.session import _, actor, current_user, require, store
from pages.ui.shared.user_agents import device
from pages.ui.shared.widgets import count_words, moment, number

OWN, ALL = "own", "all"
WHOSE = {OWN: N_("Your sessions"), ALL: N_("Everybody's sessions")}
MOST = 50
"""Sessions shown; the command lists all."""


def main() -> None:
    """One run of the page."""
    acting = require(Permission.READ)
    st.title(_("Your account"), anchor=False)
    outcomes.show("account")
    _password()
    _second_factor()
    st.header(_("Sessions"), anchor=False)
    st.caption(
        _("Each sign-in on a browser is a session. It ends after 12 hours without use, and after 7 days at the latest.")
    )
    sessions_shown = OWN
    if acting.may(Permission.SETTINGS):
        sessions_shown = choices.segmented_control(
            _("Whose"), list(WHOSE), format_func=lambda code: _(WHOSE[code]), key="account-whose", default=OWN,
            label_visibility="collapsed", required=True,
        )  # fmt: skip
    _session_list(sessions_shown == ALL)


def _password() -> None:
    st.header(_("Password"), anchor=False)
    with st.form("my-password", clear_on_submit=True, border=False):
        left, right = st.columns(2)
        current = left.text_input(_("Current password"), type="password", key="my-password-present")
        new = right.text_input(
            _("New password"),
            type="password",
            key="my-password-new",
            help=_("At least {least} characters.").format(least=PASSWORD_LENGTH),
        )
        if st.form_submit_button(_("Change the password"), key="my-password-change"):
            _change_password(new, current)


def _change_password(new: str, current: str) -> None:
    """Set the user's own password, and show what came of it beside the fields."""
    try:
        users.change_password(store(), actor(), current_user().id, new, current)
    except DomainError as refusal:
        outcomes.show_one("error", refusal.message)
    else:
        outcomes.show_one("success", _("The password is changed. Sign in with it now."))


def _second_factor() -> None:
    user = current_user()
    st.header(_("Second factor"), anchor=False)
    if user.has_second_factor:
        left = two_factor.recovery_codes_left(store(), user.id)
        st.markdown(count_words("On. {n} recovery code is left.", "On. {n} recovery codes are left.", left))
        required = user.role in two_factor.required_roles(store())
        session.link("/two-factor", _("Get new recovery codes") if required else _("New recovery codes, or turn off"))
    else:
        st.markdown(_("Off. With it, a stolen password alone opens nothing: a code from your phone is needed too."))
        session.link("/two-factor", _("Turn on"))


def _session_list(everybody: bool) -> None:
    own_id, current_id = current_user().id, session.session_id()
    session_infos = sessions.listing(store(), actor(), None if everybody else own_id)
    others = [item for item in session_infos if item.id != current_id]
    for item in session_infos[:MOST]:
        _session_row(item, item.id == current_id, everybody)
    if len(session_infos) > MOST:
        sentence = (
            _("{n} more are not shown. List them with {command}.")
            if session.sees_commands()
            else _("{n} more are not shown.")
        )
        st.caption(sentence.format(n=number(len(session_infos) - MOST), command="`getsms sessions list`"))
    if others:
        words = _("End everybody's sessions but this one") if everybody else _("End all your sessions but this one")
        what_happens = count_words(
            "{n} session ends at once. Who uses it must sign in again, and what was typed there and not saved is lost.",
            "{n} sessions end at once. Who uses them must sign in again, and what was typed there and not saved is "
            "lost.",
            len(others),
        )
        ask_first.button(
            words,
            what_happens,
            _("End now"),
            key="account-end-others",
            on_click=_end_others,
            args=(None if everybody else own_id,),
            icon=":material/logout:",
        )


def _session_row(item: SessionInfo, here: bool, everybody: bool) -> None:
    with st.container(border=True):
        left, right = st.columns([8, 2], vertical_alignment="center")
        badge = f" :blue-badge[{_('this one')}]" if here else ""
        name = f"{plain(item.user_name)} · " if everybody else ""
        left.markdown(f"**{name}{plain(device(item.user_agent))}**{badge}")
        facts = _("from {address} · since {since} · last used {seen}")
        left.caption(
            facts.format(address=plain(item.address) or "–", since=moment(item.created_at), seen=moment(item.seen_at))
        )
        if not here:
            with right:
                ask_first.button(
                    _("End"),
                    _("The session ends at once. What was typed there and not saved is lost."),
                    _("End the session"),
                    key=f"account-end-{item.id}",
                    on_click=_end,
                    args=(item.id,),
                    icon=":material/logout:",
                    width="stretch",
                )


def _end(session_id: str) -> None:
    try:
        sessions.revoke(store(), actor(), session_id)
    except DomainError as refusal:
        st.session_state["account-error"] = refusal.message
        return
    st.session_state["account-success"] = _("The session is ended. Its pages close within seconds.")


def _end_others(user_id: int | None) -> None:
    try:
        ended = sessions.revoke_all(store(), actor(), user_id, keep=session.session_id())
    except DomainError as refusal:
        st.session_state["account-error"] = refusal.message
        return
    st.session_state["account-success"] = count_words("{n} session is ended.", "{n} sessions are ended.", ended)


main()
