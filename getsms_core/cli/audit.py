"""`getsms audit`: who did what, and the audit log as a file."""

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from getsms_core.base.i18n import N_, _, ngettext
from getsms_core.cli.framework import (
    Day,
    answer,
    clock,
    database,
    instant,
    json_option,
    settings_in_force,
    somebody,
    table,
)
from getsms_core.cli.show import limit_option
from getsms_core.cli.table_file import OutFile, checked_format, write_table

if TYPE_CHECKING:
    from getsms_core.base.settings import Settings


@click.group("audit", invoke_without_command=True)
@click.option("--subject", help=N_("Only entries about this subject, for example campaign:7."))
@limit_option
@json_option
@click.pass_context
def audit_command(context: click.Context, subject: str | None, limit: int, as_json: bool) -> None:
    """Show the audit log: decisions, sign-ins and downloads."""
    if context.invoked_subcommand is not None:
        return
    settings = settings_in_force()
    from getsms_core.audit import labels
    from getsms_core.reports import listings

    with database(settings) as store:
        entries = listings.audit(store, somebody(), subject=subject or "", limit=limit)
    documents = [
        {
            "at": instant(entry.at, settings),
            "actor": entry.actor,
            "action": entry.action,
            "subject": entry.subject,
            "detail": labels.detail(entry.detail),
        }
        for entry in entries
    ]
    rows = [
        (
            clock(entry.at, settings),
            entry.actor,
            entry.action,
            entry.subject,
            ", ".join(f"{k}={v}" for k, v in labels.detail(entry.detail).items()),
        )
        for entry in entries
    ]
    head = (_("When"), _("Who"), _("What"), _("Of what"), _("Details"))
    answer(as_json, {"entries": documents}, table(rows, head, _("Nothing has been done yet.")))


@audit_command.command("export", short_help=N_("Write the audit log to a file."))
@click.option("--out", required=True, type=OutFile(), help=N_("The file to write."))
@click.option("--who", help=N_("Only what this user did."))
@click.option("--action", help=N_("Only this action, for example person.sign-in."))
@click.option("--subject", default="", help=N_("Only entries about this subject, for example campaign:7."))
@click.option("--address", default="", help=N_("Only from this network address."))
@click.option("--from", "since", type=Day(), metavar="YYYY-MM-DD", help=N_("The first day."))
@click.option("--to", "until", type=Day(), metavar="YYYY-MM-DD", help=N_("The last day."))
@json_option
def export_audit_command(
    out: Path,
    who: str | None,
    action: str | None,
    subject: str,
    address: str,
    since: datetime | None,
    until: datetime | None,
    as_json: bool,
) -> None:
    """Write the audit log to a file, .csv or .xlsx, newest entry first. An existing file is replaced."""
    if since and until and until < since:
        raise click.BadParameter(_("the last day is before the first"), param_hint="--to")
    checked_format(out)
    settings = settings_in_force()
    from getsms_core.reports import audit_export

    filters = audit_export.Filters(
        who, action, subject, address, _midnight(since, settings), _midnight(until, settings, days=1)
    )
    with database(settings) as store:
        entries = audit_export.table(store, somebody(), filters, settings.zone)
    write_table(entries, out)
    sentence = ngettext("{n} entry is in {file}.", "{n} entries are in {file}.", entries.num_rows)
    answer(
        as_json,
        {"entries": entries.num_rows, "file": str(out)},
        [sentence.format(n=entries.num_rows, file=out)],
    )


def _midnight(day: datetime | None, settings: "Settings", days: int = 0) -> int | None:
    if day is None or (days and day.date() == date.max):
        return None
    return int((day + timedelta(days=days)).replace(tzinfo=settings.zone).timestamp() * 1000)
