"""`getsms people`: the users of the app."""

import sys
from typing import TYPE_CHECKING

import click

from getsms_core.base.errors import DomainError, NotFound
from getsms_core.base.i18n import LANGUAGES, N_, _, pgettext
from getsms_core.cli.framework import answer, clock, database, instant, json_option, settings_in_force, somebody, table

if TYPE_CHECKING:
    from getsms_core.db.engine import Store
    from getsms_core.users.service import UserInfo

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
            "role": user.role.value,
            "language": user.language,
            "disabled": user.disabled_at is not None,
            "created_at": instant(user.created_at, settings),
            "created_by": user.created_by,
        }
        for user in all_users
    ]
    rows = [
        (
            user.name,
            _(ROLE_LABELS[user.role]),
            _("disabled") if user.disabled_at else "",
            clock(user.created_at, settings),
        )
        for user in all_users
    ]
    head = (pgettext("person", "Name"), _("Role"), "", _("Since"))
    answer(as_json, {"people": documents}, table(rows, head) if rows else [_("There are no users yet.")])


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
        someone = _named(store, name)
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
        users.change_role(store, somebody(), _named(store, name).id, Role(role))
        someone = _named(store, name)
    _told(someone, as_json, _("{name}: {role}").format(name=someone.name, role=role))


@people_command.command("disable", short_help=N_("Disable a user."))
@name_argument
@json_option
def disable_command(name: str, as_json: bool) -> None:
    """Disable NAME and end all their sessions. Their entries in the audit log stay."""
    settings = settings_in_force()
    from getsms_core.users import service as users

    with database(settings) as store:
        users.disable(store, somebody(), _named(store, name).id)
        someone = _named(store, name)
    _told(someone, as_json, _("{name} may not sign in.").format(name=someone.name))


@people_command.command("enable", short_help=N_("Enable a user."))
@name_argument
@json_option
def enable_command(name: str, as_json: bool) -> None:
    """Enable NAME again, with the previous password."""
    settings = settings_in_force()
    from getsms_core.users import service as users

    with database(settings) as store:
        users.enable(store, somebody(), _named(store, name).id)
        someone = _named(store, name)
    _told(someone, as_json, _("{name} may sign in.").format(name=someone.name))


def _password(from_stdin: bool) -> str:
    if from_stdin or sys.stdin is None or not sys.stdin.isatty():
        line = sys.stdin.readline() if sys.stdin is not None else ""
        return line.rstrip("\r\n")
    asked: str = click.prompt(_("Password"), hide_input=True, confirmation_prompt=True, err=True)
    return asked


def _named(store: "Store", name: str) -> "UserInfo":
    from getsms_core.users import service as users

    for someone in users.all_users(store):
        if someone.name.casefold() == " ".join(name.split()).casefold():
            return someone
    raise NotFound("no-such-person", _("There is no user called {name}.").format(name=name))


def _told(someone: "UserInfo", as_json: bool, said: str) -> None:
    document = {"name": someone.name, "role": someone.role.value, "disabled": someone.disabled_at is not None}
    answer(as_json, document, [said])
