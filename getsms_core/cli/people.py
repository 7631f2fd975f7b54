"""`getsms people`: the users of the app."""

import sys
from typing import TYPE_CHECKING

import click

from getsms_core.base.errors import DomainError, NotFound
from getsms_core.base.i18n import LANGUAGES, N_, _, pgettext
from getsms_core.cli.framework import answer, clock, database, instant, json_option, settings_in_force, somebody, table

if TYPE_CHECKING:
    from getsms_core.base.settings import Settings
    from getsms_core.db.engine import Store
    from getsms_core.users.identity import UserInfo
    from getsms_core.users.links import Link

ROLES = ("marketer", "manager", "analyst", "administrator")
name_argument = click.argument("name")
password_option = click.option("--password-stdin", is_flag=True, help=N_("Read the password from stdin."))


@click.group("people")
def people_command() -> None:
    """Manage the users of the app and their roles. Passwords are prompted for or read from stdin, never taken from
    the command line."""


@people_command.command("list", short_help=N_("List all users."))
@json_option
def list_people_command(as_json: bool) -> None:
    """List all users, disabled ones too."""
    settings = settings_in_force()
    from getsms_core.base.permissions import ROLE_LABELS
    from getsms_core.users import service as users

    with database(settings) as store:
        all_users = users.all_users(store)
    documents = [
        {
            "name": user.name,
            "role": str(user.role),
            "language": user.language,
            "disabled": user.disabled_at is not None,
            "created_at": instant(user.created_at, settings),
            "created_by": user.created_by,
            "invited": not user.has_password,
            "second_factor": user.has_second_factor,
        }
        for user in all_users
    ]
    rows = [
        (
            user.name,
            _(ROLE_LABELS.get(user.role, user.role)),
            _("disabled") if user.disabled_at else "" if user.has_password else _("invited"),
            clock(user.created_at, settings),
        )
        for user in all_users
    ]
    head = (pgettext("person", "Name"), _("Role"), "", _("Since"))
    answer(as_json, {"people": documents}, table(rows, head, _("There are no users yet.")))


@people_command.command("add", short_help=N_("Add a user."))
@name_argument
@click.option("--role", type=click.Choice(ROLES), default="marketer", show_default=True, help=N_("Role of the user."))
@click.option(
    "--language", type=click.Choice(list(LANGUAGES)), default="en", show_default=True, help=N_("Language of the user.")
)
@password_option
@json_option
def add_person_command(name: str, role: str, language: str, password_stdin: bool, as_json: bool) -> None:
    """Add user NAME. The first user must be an administrator."""
    settings = settings_in_force()
    from getsms_core.base.permissions import Role
    from getsms_core.users import service as users

    password = _password(password_stdin)
    with database(settings) as store:
        if users.has_no_users(store):
            if role != "administrator":
                raise DomainError(
                    "first-person", _("The first user must be an administrator: add --role administrator.")
                )
            someone = users.create_first_administrator(store, name, password, language)
        else:
            someone = users.create(store, somebody(), name, password, Role(role), language)
    _told(someone, as_json, _("{name} may sign in.").format(name=someone.name))


@people_command.command("password", short_help=N_("Set a user's password."))
@name_argument
@password_option
@json_option
def password_command(name: str, password_stdin: bool, as_json: bool) -> None:
    """Set a new password for NAME; all their sessions end."""
    settings = settings_in_force()
    from getsms_core.users import service as users

    with database(settings) as store:
        someone = user_named(store, name)
        users.change_password(store, somebody(), someone.id, _password(password_stdin))
    _told(someone, as_json, _("{name} has a new password.").format(name=someone.name))


@people_command.command("role", short_help=N_("Change a user's role."))
@name_argument
@click.argument("role", type=click.Choice(ROLES))
@json_option
def role_command(name: str, role: str, as_json: bool) -> None:
    """Change the role of NAME to marketer, manager, analyst or administrator."""
    settings = settings_in_force()
    from getsms_core.base.permissions import Role
    from getsms_core.users import service as users

    with database(settings) as store:
        users.change_role(store, somebody(), user_named(store, name).id, Role(role))
        someone = user_named(store, name)
    _told(someone, as_json, _("{name}: {role}").format(name=someone.name, role=role))


@people_command.command("disable", short_help=N_("Disable a user."))
@name_argument
@json_option
def disable_command(name: str, as_json: bool) -> None:
    """Disable NAME and end all their sessions. Their entries in the audit log stay."""
    settings = settings_in_force()
    from getsms_core.scheduled import reports as saved_reports
    from getsms_core.users import service as users

    with database(settings) as store:
        users.disable(store, somebody(), user_named(store, name).id)
        someone = user_named(store, name)
        reports = saved_reports.scheduled_of(store, someone.name)
    lines = [_("{name} may not sign in.").format(name=someone.name)]
    lines += [
        _("Report {id} “{name}” of this user is still made on its schedule: getsms reports pause {id}").format(
            id=report.id, name=report.name
        )
        for report in reports
    ]
    answer(as_json, _document(someone) | {"reports": [report.id for report in reports]}, lines)


@people_command.command("enable", short_help=N_("Enable a user."))
@name_argument
@json_option
def enable_command(name: str, as_json: bool) -> None:
    """Enable NAME again, with the previous password."""
    settings = settings_in_force()
    from getsms_core.users import service as users

    with database(settings) as store:
        users.enable(store, somebody(), user_named(store, name).id)
        someone = user_named(store, name)
    _told(someone, as_json, _("{name} may sign in.").format(name=someone.name))


@people_command.command("invite", short_help=N_("Add a user who chooses a password with a link."))
@name_argument
@click.option("--role", type=click.Choice(ROLES), default="marketer", show_default=True, help=N_("Role of the user."))
@click.option(
    "--language", type=click.Choice(list(LANGUAGES)), default="en", show_default=True, help=N_("Language of the user.")
)
@json_option
def invite_command(name: str, role: str, language: str, as_json: bool) -> None:
    """Add NAME and print a link, once. Whoever has the link chooses NAME's password: send it over a secure channel."""
    settings = settings_in_force()
    from getsms_core.base.permissions import Role
    from getsms_core.users import links
    from getsms_core.users import service as users

    with database(settings) as store:
        if users.has_no_users(store):
            raise DomainError(
                "first-person",
                _("The first user must be an administrator: {command}").format(
                    command="getsms people add NAME --role administrator"
                ),
            )
        _answer_link(links.invite(store, somebody(), name, Role(role), language), settings, as_json)


@people_command.command("reset", short_help=N_("Print a link to choose a new password."))
@name_argument
@json_option
def reset_command(name: str, as_json: bool) -> None:
    """Print a link, once, with which NAME chooses a new password. The old one works until then."""
    settings = settings_in_force()
    from getsms_core.users import links

    with database(settings) as store:
        _answer_link(links.reset(store, somebody(), user_named(store, name).id), settings, as_json)


@people_command.command("two-factor", short_help=N_("Show or set the roles that must use a second factor."))
@click.option(
    "--require", "roles", type=click.Choice(ROLES), multiple=True, help=N_("A role that must use one; may be repeated.")
)
@click.option("--optional", is_flag=True, help=N_("Require it of no role."))
@json_option
def two_factor_command(roles: tuple[str, ...], optional: bool, as_json: bool) -> None:
    """Show which roles must sign in with a second factor, or set them: exactly those that are named."""
    if roles and optional:
        raise click.UsageError(_("Use --require or --optional, not both."))
    settings = settings_in_force()
    from getsms_core.base.permissions import ROLE_LABELS, Role
    from getsms_core.users import two_factor

    with database(settings) as store:
        if roles or optional:
            two_factor.require(store, somebody(), [Role(role) for role in roles])
        required = sorted(two_factor.required_roles(store))
    words = ", ".join(_(ROLE_LABELS.get(role, role)) for role in required)
    sentence = _("A second factor is required of: {roles}").format(roles=words) if required else _(
        "No role must use a second factor."
    )  # fmt: skip
    answer(as_json, {"required": [str(role) for role in required]}, [sentence])


@people_command.command("remove-two-factor", short_help=N_("Remove the second factor of a user."))
@name_argument
@json_option
def remove_two_factor_command(name: str, as_json: bool) -> None:
    """Remove NAME's second factor, for example when the phone is lost; all their sessions end."""
    settings = settings_in_force()
    from getsms_core.users import two_factor

    with database(settings) as store:
        someone = user_named(store, name)
        two_factor.remove(store, somebody(), someone.id)
    _told(someone, as_json, _("{name} has no second factor.").format(name=someone.name))


def _answer_link(link: "Link", settings: "Settings", as_json: bool) -> None:
    address, until = link.address(settings.app_url), instant(link.expires_at, settings)
    document = {
        "name": link.user.name,
        "role": str(link.user.role),
        "disabled": False,
        "link": address,
        "expires_at": until,
    }
    sentence = _("The link for {name}, shown once, works until {time}:").format(
        name=link.user.name, time=clock(link.expires_at, settings)
    )
    answer(as_json, document, [sentence, address])


def _password(from_stdin: bool) -> str:
    if from_stdin or sys.stdin is None or not sys.stdin.isatty():
        line = sys.stdin.readline() if sys.stdin is not None else ""
        return line.rstrip("\r\n")
    password: str = click.prompt(_("Password"), hide_input=True, confirmation_prompt=True, err=True)
    return password


def user_named(store: "Store", name: str) -> "UserInfo":
    """Return the user of this name, in any case. Raises `DomainError` ("no-such-person")."""
    from getsms_core.users import identity

    with store.reading() as session:
        user = identity.named(session, " ".join(name.split()))
        if user is not None:
            return identity.info(user)
    raise NotFound("no-such-person", _("There is no user called {name}.").format(name=name))


def _told(someone: "UserInfo", as_json: bool, said: str) -> None:
    answer(as_json, _document(someone), [said])


def _document(someone: "UserInfo") -> dict[str, object]:
    return {"name": someone.name, "role": str(someone.role), "disabled": someone.disabled_at is not None}
