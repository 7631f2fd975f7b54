"""`getsms sessions`: who is signed in, and ending it."""

import click

from getsms_core.base.i18n import N_, _
from getsms_core.cli.framework import answer, clock, database, instant, json_option, settings_in_force, somebody, table
from getsms_core.cli.people import user_named


@click.group("sessions")
def sessions_command() -> None:
    """Show who is signed in to the app and on which browser, or end sessions."""


@sessions_command.command("list", short_help=N_("List the sessions that have not ended."))
@click.option("--user", "name", metavar="NAME", help=N_("Only the sessions of this user."))
@json_option
def list_sessions_command(name: str | None, as_json: bool) -> None:
    """List the sessions that have not ended, the one used last first."""
    settings = settings_in_force()
    from getsms_core.users import sessions

    with database(settings) as store:
        user_id = user_named(store, name).id if name is not None else None
        session_infos = sessions.listing(store, somebody(), user_id)
    documents = [
        {
            "id": session.id,
            "user": session.user_name,
            "created_at": instant(session.created_at, settings),
            "seen_at": instant(session.seen_at, settings),
            "address": session.address,
            "user_agent": session.user_agent,
            "pending": session.pending,
        }
        for session in session_infos
    ]
    rows = [
        (
            session.id,
            session.user_name,
            session.address,
            clock(session.created_at, settings),
            clock(session.seen_at, settings),
            session.user_agent[:60],
        )
        for session in session_infos
    ]
    head = (_("Session"), _("User"), _("Address"), _("Since"), _("Last used"), _("Browser"))
    answer(as_json, {"sessions": documents}, table(rows, head, _("Nobody is signed in.")))


@sessions_command.command("revoke", short_help=N_("End sessions on every app server."))
@click.argument("session_id", metavar="[ID]", required=False)
@click.option("--user", "name", metavar="NAME", help=N_("All sessions of this user."))
@click.option("--all", "everybody", is_flag=True, help=N_("All sessions of all users."))
@json_option
def revoke_command(session_id: str | None, name: str | None, everybody: bool, as_json: bool) -> None:
    """End the session ID, or those of a user, or all: their open pages close within seconds."""
    if sum((session_id is not None, name is not None, everybody)) != 1:
        raise click.UsageError(_("Name one session, or --user NAME, or --all."))
    settings = settings_in_force()
    from getsms_core.base.i18n import ngettext
    from getsms_core.users import sessions

    with database(settings) as store:
        if session_id is not None:
            sessions.revoke(store, somebody(), session_id)
            revoked = 1
        else:
            user_id = user_named(store, name).id if name is not None else None
            revoked = sessions.revoke_all(store, somebody(), user_id)
    sentence = ngettext("{n} session is ended.", "{n} sessions are ended.", revoked).format(n=revoked)
    answer(as_json, {"revoked": revoked}, [sentence])
