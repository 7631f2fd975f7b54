"""Users: add or invite, change the role, set a password or make a link for one, second factors, disable."""

import streamlit as st

from getsms_core.base.errors import DomainError
from getsms_core.base.i18n import LANGUAGES, N_
from getsms_core.base.permissions import ROLE_LABELS, Role
from getsms_core.scheduled import reports as saved_reports
from getsms_core.users import links, two_factor
from getsms_core.users import service as users
from getsms_core.users.identity import UserInfo
from getsms_core.users.passwords import PASSWORD_LENGTH
from pages.ui.shared import choices, session
from pages.ui.shared.plain_text import plain
from pages.ui.shared.session import _, actor, language, pgettext, store
from pages.ui.shared.widgets import count_words, day, moment

ROLE_SUMMARIES = {
    Role.MARKETER: N_("Creates and sends campaigns, manages lists."),
    Role.MANAGER: N_("Sees every figure, approves."),
    Role.ANALYST: N_("Sees every figure, exports; numbers are masked."),
    Role.ADMINISTRATOR: N_("May do everything."),
}


_LINK = "person-link"


def show() -> None:
    """Show all users, ways to add one, and the roles that need a second factor."""
    _new_link()
    for user in users.all_users(store()):
        _user_card(user)
    _add()
    _required_roles()


def _new_link() -> None:
    """Show a link that was just made, once: another run of the page has forgotten it."""
    link: links.Link | None = st.session_state.pop(_LINK, None)
    if link is None:
        return
    with st.container(border=True):
        sentence = _(
            "Link for {name}. It is shown only now, works once, and until {time}. Send it over a secure channel."
        )
        st.markdown(sentence.format(name=plain(link.user.name), time=moment(link.expires_at)))
        st.code(link.address(session.app_address()), language=None)


def _role_label(code: str) -> str:
    return _(ROLE_LABELS[Role(code)])


def _show_summary(code: str) -> None:
    """Show what a role may do, beneath its select box, which is too narrow for it."""
    if code in tuple(Role):
        st.caption(_(ROLE_SUMMARIES[Role(code)]))


def _user_card(user: UserInfo) -> None:
    is_self = user.name == actor().name
    with st.container(border=True):
        left, middle, right = st.columns([3, 4, 3], vertical_alignment="center")
        with left:
            disabled_badge = f" :gray-badge[{_('disabled')}]" if user.disabled_at else ""
            own_badge = f" :blue-badge[{_('you')}]" if is_self else ""
            invited_badge = "" if user.has_password else f" :orange-badge[{_('invited')}]"
            factor_badge = f" :green-badge[{_('second factor')}]" if user.has_second_factor else ""
            st.markdown(f"**{plain(user.name)}**{own_badge}{disabled_badge}{invited_badge}{factor_badge}")
            st.caption(_("since {day}, added by {name}").format(
                day=day(user.created_at), name=plain(user.created_by)))  # fmt: skip
            if user.disabled_at:
                _show_reports(user)
        with middle:
            choices.selectbox(
                _("Role of {name}").format(name=plain(user.name)),
                [role.value for role in Role],
                index=list(Role).index(user.role) if user.role in list(Role) else None,
                format_func=_role_label,
                key=f"person-role-{user.id}-{user.role}",
                label_visibility="collapsed",
                disabled=user.disabled_at is not None,
                on_change=_change_role,
                args=(user.id, f"person-role-{user.id}-{user.role}"),
            )
            _show_summary(user.role)
        with right, st.container(horizontal=True):
            if not is_self:
                with st.popover(_("Password"), icon=":material/key:"):
                    _password(user)
                    if user.disabled_at is None:
                        st.button(
                            _("Make a link to choose one"),
                            key=f"person-link-{user.id}",
                            on_click=_reset,
                            args=(user.id,),
                        )
                    if user.has_second_factor:
                        st.button(
                            _("Remove the second factor"),
                            key=f"person-factor-{user.id}",
                            on_click=_remove_factor,
                            args=(user.id,),
                        )
            if user.disabled_at is None:
                st.button(_("Disable"), key=f"person-disable-{user.id}", on_click=_disable, args=(user.id,))
            else:
                st.button(_("Enable"), key=f"person-enable-{user.id}", on_click=_enable, args=(user.id,))


def _show_reports(user: UserInfo) -> None:
    """Show how many reports of a disabled user are still made: they may be mailed to the user's own address."""
    if report_count := len(saved_reports.scheduled_of(store(), user.name)):
        st.warning(
            count_words(
                "{n} saved report of this user is still made and sent, with hidden numbers. Pause or delete it on the "
                "page Reports.",
                "{n} saved reports of this user are still made and sent, with hidden numbers. Pause or delete them on "
                "the page Reports.",
                report_count,
            ),
            icon=":material/schedule_send:",
        )


def _password(user: UserInfo) -> None:
    with st.form(f"person-password-form-{user.id}", border=False):
        st.text_input(
            _("New password for {name}").format(name=plain(user.name)),
            type="password",
            key=f"person-password-{user.id}",
            help=_("At least {least} characters. The user is signed out everywhere.").format(least=PASSWORD_LENGTH),
        )
        st.form_submit_button(
            _("Set password"), key=f"person-password-go-{user.id}", on_click=_set_password, args=(user.id,)
        )


def _add() -> None:
    with st.expander(_("Add a user"), icon=":material/person_add:", key="person-add"):
        # The choices are outside the form: what a form has not submitted is lost when the language is switched. The
        # password is in it: after Tab the focus is on the field's own eye button, and only a form then sends the value.
        left, right = st.columns(2)
        with left:
            role = choices.selectbox(
                _("Role"), [role.value for role in Role], format_func=_role_label, key="person-role"
            )
            _show_summary(role)
        codes = list(LANGUAGES)
        choices.selectbox(
            _("Language"), codes, index=codes.index(language()), format_func=lambda code: LANGUAGES[code], where=right,
            key="person-language",
        )  # fmt: skip
        with st.form("person-add-form", border=False):
            left, right = st.columns(2)
            left.text_input(pgettext("person", "Name"), key="person-name", autocomplete="off")
            right.text_input(
                _("Password"),
                type="password",
                key="person-new-password",
                autocomplete="new-password",
                help=_("At least {least} characters. The user can change it later.").format(least=PASSWORD_LENGTH),
            )
            with st.container(horizontal=True):
                st.form_submit_button(_("Add user"), key="person-add-go", type="primary", on_click=_create_user)
                st.form_submit_button(
                    _("Invite with a link"),
                    key="person-invite-go",
                    on_click=_invite,
                    help=_("No password is needed here: the user chooses it with a link that works once."),
                )


def _required_roles() -> None:
    with st.expander(_("Second factor"), icon=":material/phonelink_lock:", key="person-two-factor"):
        choices.pills(
            _("Roles that must use one"),
            [role.value for role in Role],
            default=sorted(role.value for role in two_factor.required_roles(store())),
            format_func=lambda code: _(ROLE_LABELS[Role(code)]),
            key="person-two-factor-roles",
        )
        st.caption(_("Users of these roles who have none are signed out, and set it up at their next sign-in."))
        st.button(_("Save"), key="person-two-factor-save", on_click=_save_required_roles)


def _create_user() -> None:
    state = st.session_state
    try:
        user = users.create(
            store(),
            actor(),
            state["person-name"],
            state["person-new-password"],
            Role(choices.value("person-role")),
            choices.value("person-language"),
        )
    except DomainError as refusal:
        state["settings-error"] = refusal.message
        return
    state["settings-success"] = _("{name} can sign in now.").format(name=user.name)
    state["person-name"] = state["person-new-password"] = ""


def _change_role(person_id: int, key: str) -> None:
    try:
        users.change_role(store(), actor(), person_id, Role(choices.value(key)))
    except DomainError as refusal:
        st.session_state["settings-error"] = refusal.message
        st.session_state.pop(key)  # the box shows the role in force again


def _disable(person_id: int) -> None:
    try:
        users.disable(store(), actor(), person_id)
    except DomainError as refusal:
        st.session_state["settings-error"] = refusal.message


def _enable(person_id: int) -> None:
    try:
        users.enable(store(), actor(), person_id)
    except DomainError as refusal:
        st.session_state["settings-error"] = refusal.message


def _set_password(person_id: int) -> None:
    try:
        users.change_password(store(), actor(), person_id, st.session_state[f"person-password-{person_id}"])
    except DomainError as refusal:
        st.session_state["settings-error"] = refusal.message
        return
    st.session_state["settings-success"] = _("The password is set.")


def _invite() -> None:
    state = st.session_state
    try:
        link = links.invite(
            store(),
            actor(),
            state["person-name"],
            Role(choices.value("person-role")),
            choices.value("person-language"),
        )
    except DomainError as refusal:
        state["settings-error"] = refusal.message
        return
    state[_LINK] = link
    state["person-name"] = state["person-new-password"] = ""


def _reset(person_id: int) -> None:
    try:
        st.session_state[_LINK] = links.reset(store(), actor(), person_id)
    except DomainError as refusal:
        st.session_state["settings-error"] = refusal.message


def _remove_factor(person_id: int) -> None:
    try:
        two_factor.remove(store(), actor(), person_id)
    except DomainError as refusal:
        st.session_state["settings-error"] = refusal.message
        return
    st.session_state["settings-success"] = _("The second factor is removed.")


def _save_required_roles() -> None:
    try:
        two_factor.require(store(), actor(), [Role(code) for code in choices.value("person-two-factor-roles") or []])
    except DomainError as refusal:
        st.session_state["settings-error"] = refusal.message
        return
    st.session_state["settings-success"] = _("Saved.")
