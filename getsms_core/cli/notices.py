"""`getsms notices`: what a user was notified of."""

import click

from getsms_core.base.i18n import N_, _, pgettext
from getsms_core.cli.framework import Whole, answer, clock, database, instant, json_option, settings_in_force, somebody
from getsms_core.cli.people import user_named


@click.group("notices")
def notices_command() -> None:
    """Show the notices of a user in the app, or mark them as read."""


@notices_command.command("list", short_help=N_("List the notices of a user, newest first."))
@click.argument("name", metavar="NAME")
@click.option("--unread", "unread_only", is_flag=True, help=N_("Only unread notices."))
@json_option
def list_notices_command(name: str, unread_only: bool, as_json: bool) -> None:
    """List the notices of the user NAME, newest first, at most 200."""
    settings = settings_in_force()
    from getsms_core.cli.framework import table
    from getsms_core.notices import inbox

    with database(settings) as store:
        notices = inbox.listing(store, somebody(), user_named(store, name).id, unread_only=unread_only)
    documents = [
        {
            "id": notice.id,
            "event": str(notice.event),
            "sentence": notice.sentence,
            "campaign": notice.campaign_id,
            "created_at": instant(notice.created_at, settings),
            "read_at": instant(notice.read_at, settings),
            "mailed_at": instant(notice.mailed_at, settings),
        }
        for notice in notices
    ]
    unread_word, read_word = pgettext("notice", "new"), pgettext("notice", "read")
    rows = [
        (
            notice.id,
            clock(notice.created_at, settings),
            read_word if notice.read_at else unread_word,
            notice.sentence,
        )
        for notice in notices
    ]
    head = (_("Notice"), _("When"), _("State"), _("What happened"))
    answer(as_json, {"notices": documents}, table(rows, head) if rows else [_("No notices.")])


@notices_command.command("read", short_help=N_("Mark notices as read."))
@click.argument("name", metavar="NAME")
@click.argument("notice_ids", metavar="[ID]...", nargs=-1, type=Whole(min=1))
@click.option("--all", "everything", is_flag=True, help=N_("All notices of the user."))
@json_option
def read_command(name: str, notice_ids: tuple[int, ...], everything: bool, as_json: bool) -> None:
    """Mark notices of the user NAME as read."""
    if bool(notice_ids) == everything:
        raise click.UsageError(_("Name the notices, or --all."))
    settings = settings_in_force()
    from getsms_core.base.i18n import ngettext
    from getsms_core.notices import inbox

    with database(settings) as store:
        marked = inbox.mark_read(store, somebody(), user_named(store, name).id, None if everything else notice_ids)
    sentence = ngettext("{n} notice is marked as read.", "{n} notices are marked as read.", marked).format(n=marked)
    answer(as_json, {"read": marked}, [sentence])
