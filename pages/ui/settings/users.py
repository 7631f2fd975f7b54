"""Users: add or invite, change the role, set a password or make a link for one, second factors, disable."""

from collections.abc import Callable

import streamlit as st

from getsms_core.base.errors import DomainError
from getsms_core.base.i18n import LANGUAGES, N_
from getsms_core.base.permissions import ROLE_LABELS, Role
from getsms_core.scheduled import reports as saved_reports
from getsms_core.users import links, two_factor
from getsms_core.users import service as users
from getsms_core.users.identity import UserInfo
from getsms_core.users.passwords import PASSWORD_LENGTH
from pages.ui.shared import ask_first, choices, outcomes, session
from pages.ui.shared.plain_text import plain
from pages.ui.shared.session import _, actor, language, pgettext, store
from pages.ui.shared.widgets import count_words, day, expander, moment

ROLE_SUMMARIES = {
    Role.MARKETER: N_("Creates and sends campaigns, manages lists."),
    Role.MANAGER: N_("Sees every figure, approves."),
    Role.ANALYST: N_("Sees every figure, exports; numbers are masked."),
    Role.ADMINISTRATOR: N_("May do everything."),
}


_OUTCOME = "people-outcome"
"""The key in the session of what the last action led to, and of where it was done: the tab is longer than a screen."""
_ADD, _FACTOR = "add", "second-factor"
_ROLES_SHOWN = "person-two-factor-shown"
"""The key in the session of the roles that the choice began with: another administrator may have changed others."""


def show() -> None:
    """Show all users, ways to add one, and the roles that need a second factor."""
    for user in users.all_users(store()):
        _user_card(user)
    _add()
    _required_roles()


def _show_outcome(place: int | str) -> None:
    """Show once what the last action at this place led to: beside a user (their id), in a popover, which covers what is
    beneath it, or in an expander. A link is forgotten by the next run of the page."""
    if st.session_state.get(_OUTCOME, (None,))[0] != place:
        return
    _place, kind, result = st.session_state.pop(_OUTCOME)
    if kind == "link":
        with st.container(border=True):
            sentence = _(
                "Link for {name}. It is shown only now, works once, and until {time}. Send it over a secure channel."
            )
            st.markdown(sentence.format(name=plain(result.user.name), time=moment(result.expires_at)))
            st.code(result.address(session.app_address()), language=None)
    else:
        outcomes.show_one(kind, result)


def _do(place: int | str, work: Callable[[], links.Link | str]) -> bool:
    """Do what a click asks for; its link, sentence or refusal is shown at this place. Returns whether it was done."""
    try:
        result = work()
    except DomainError as refusal:
        st.session_state[_OUTCOME] = (place, "error", refusal.message)
        return False
    st.session_state[_OUTCOME] = (place, "link" if isinstance(result, links.Link) else "success", result)
    return True


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
                disabled=is_self or user.disabled_at is not None,
                on_change=_change_role,
                args=(user.id, f"person-role-{user.id}-{user.role}"),
            )
            _show_summary(user.role)
        with right, st.container(horizontal=True):
            _buttons(user, is_self)
        _show_outcome(user.id)


def _buttons(user: UserInfo, is_self: bool) -> None:
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
                st.caption(
                    _("Without the second factor the password alone is enough, until the user sets up a new one.")
                )
                st.button(
                    _("Remove the second factor"),
                    key=f"person-factor-{user.id}",
                    on_click=_remove_factor,
                    args=(user.id,),
                )
            _show_outcome(f"password-{user.id}")
    if is_self:
        st.caption(_("Only another administrator can change your role or disable you."))
    elif user.disabled_at is None:
        what_happens = _("{name} is signed out at once, and cannot sign in until enabled again.")
        ask_first.button(
            _("Disable"),
            what_happens.format(name=plain(user.name)),
            _("Disable"),
            key=f"person-disable-{user.id}",
            on_click=_disable,
            args=(user.id,),
            icon=":material/person_off:",
        )
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
    with expander(_("Add a user"), "person-add", ":material/person_add:"):
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
        _show_outcome(_ADD)


def _required_roles() -> None:
    required = sorted(role.value for role in two_factor.required_roles(store()))
    if "person-two-factor-roles" not in st.session_state:  # the choice is drawn for the first time
        st.session_state[_ROLES_SHOWN] = required
    with expander(_("Second factor"), "person-two-factor", ":material/phonelink_lock:"):
        choices.pills(
            _("Roles that must use one"),
            [role.value for role in Role],
            default=required,
            format_func=lambda code: _(ROLE_LABELS[Role(code)]),
            key="person-two-factor-roles",
        )
        st.caption(_("Users of these roles who have none are signed out, and set it up at their next sign-in."))
        st.button(_("Save"), key="person-two-factor-save", on_click=_save_required_roles)
        _show_outcome(_FACTOR)


def _create_user() -> None:
    state = st.session_state

    def work() -> str:
        role, language_code = Role(choices.value("person-role")), choices.value("person-language")
        user = users.create(store(), actor(), state["person-name"], state["person-new-password"], role, language_code)
        return _("{name} can sign in now.").format(name=user.name)

    if _do(_ADD, work):
        state["person-name"] = state["person-new-password"] = ""


def _name(person_id: int) -> str:
    return next((user.name for user in users.all_users(store()) if user.id == person_id), "")


def _change_role(person_id: int, key: str) -> None:
    role = Role(choices.value(key))

    def work() -> str:
        users.change_role(store(), actor(), person_id, role)
        sentence = _("{name} has the role {role} now, and must sign in again.")
        return sentence.format(name=_name(person_id), role=_role_label(role))

    if not _do(person_id, work):
        st.session_state.pop(key)  # the box shows the role in force again


def _disable(person_id: int) -> None:
    def work() -> str:
        users.disable(store(), actor(), person_id)
        return _("{name} may not sign in.").format(name=_name(person_id))

    _do(person_id, work)


def _enable(person_id: int) -> None:
    def work() -> str:
        users.enable(store(), actor(), person_id)
        return _("{name} may sign in.").format(name=_name(person_id))

    _do(person_id, work)


def _set_password(person_id: int) -> None:
    field = f"person-password-{person_id}"

    def work() -> str:
        users.change_password(store(), actor(), person_id, st.session_state[field])
        return _("The password is set.")

    if _do(f"password-{person_id}", work):
        st.session_state[field] = ""


def _invite() -> None:
    state = st.session_state

    def work() -> links.Link:
        role, language_code = Role(choices.value("person-role")), choices.value("person-language")
        return links.invite(store(), actor(), state["person-name"], role, language_code)

    if _do(_ADD, work):
        state["person-name"] = state["person-new-password"] = ""


def _reset(person_id: int) -> None:
    _do(f"password-{person_id}", lambda: links.reset(store(), actor(), person_id))


def _remove_factor(person_id: int) -> None:
    def work() -> str:
        two_factor.remove(store(), actor(), person_id)
        return _("The second factor is removed.")

    _do(f"password-{person_id}", work)


def _save_required_roles() -> None:
    state = st.session_state

    def work() -> str:
        wanted = [Role(code) for code in choices.value("person-two-factor-roles") or []]
        two_factor.require(store(), actor(), wanted, seen=[Role(code) for code in state[_ROLES_SHOWN]])
        return _("Saved.")

    if _do(_FACTOR, work):
        state[_ROLES_SHOWN] = sorted(role.value for role in two_factor.required_roles(store()))
        state["person-two-factor-roles"] = list(state[_ROLES_SHOWN])
