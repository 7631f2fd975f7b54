"""`getsms optout`: the numbers that nothing is sent to."""

from pathlib import Path

import click

from getsms_core.cli.frame import (
    answer,
    clock,
    database,
    instant,
    json_option,
    settings_in_force,
    somebody,
    spaced,
    table,
)
from getsms_core.cli.showing import limit_option
from getsms_core.errors import Refused
from getsms_core.words import N_, _, ngettext


@click.group("optout")
def optout_command() -> None:
    """The numbers that nothing is sent to. They count at every check and again before each chunk leaves."""


@optout_command.command("add", short_help=N_("Send nothing more to these numbers."))
@click.argument("numbers", metavar="NUMBER...", nargs=-1)
@click.option("--file", type=click.Path(path_type=Path), help=N_("A list of them: any file that `getsms check` reads."))
@click.option("--source", default="getsms", show_default=True, help=N_("Where they come from."))
@click.option("--reason", default="", help=N_("Why."))
@json_option
def add_command(numbers: tuple[str, ...], file: Path | None, source: str, reason: str, as_json: bool) -> None:
    """Add numbers, however they are written. What is on the list already stays as it is."""
    if not numbers and file is None:
        raise click.UsageError(_("Name at least one number, or a file with --file."))
    settings = settings_in_force()
    from getsms_core import lists

    wanted = [_number(number) for number in numbers] + (_from_file(file) if file else [])
    with database(settings) as store:
        added = lists.add_opt_outs(store, somebody(), wanted, source, reason)
    known = len(set(wanted)) - added
    said = ngettext("{n} number added.", "{n} numbers added.", added).format(n=spaced(added))
    answer(as_json, {"added": added, "known": known}, [said])


@optout_command.command("remove", short_help=N_("Let a number be sent to again."))
@click.argument("number")
@click.option("--reason", required=True, help=N_("Why; it stands in the audit log."))
@json_option
def remove_command(number: str, reason: str, as_json: bool) -> None:
    """Take NUMBER off the list, with a reason."""
    settings = settings_in_force()
    from getsms_core import lists

    phone = _number(number)
    with database(settings) as store:
        lists.remove_opt_out(store, somebody(), phone, reason)
    answer(as_json, {"removed": str(phone)}, [_("{phone} may be sent to again.").format(phone=phone)])


@optout_command.command("list", short_help=N_("The numbers, newest first."))
@limit_option
@json_option
def list_optouts_command(limit: int, as_json: bool) -> None:
    """List the opted-out numbers, newest first."""
    settings = settings_in_force()
    import sqlalchemy as sa
    from sqlmodel import col

    from getsms_core.store.models import OptOut

    newest = sa.select(OptOut).order_by(col(OptOut.created_at).desc(), col(OptOut.phone)).limit(limit)
    with database(settings) as store, store.reading() as session:
        found = session.scalars(newest).all()
        total = session.scalar(sa.select(sa.func.count()).select_from(OptOut)) or 0
    documents = [
        {
            "phone": str(each.phone),
            "source": each.source,
            "reason": each.reason,
            "created_at": instant(each.created_at, settings),
            "created_by": each.created_by,
        }
        for each in found
    ]
    rows = [(each.phone, each.source, each.reason, clock(each.created_at, settings), each.created_by) for each in found]
    head = (_("Number"), _("Source"), _("Reason"), _("Since"), _("By"))
    lines = table(rows, head) if rows else [_("Nobody has opted out.")]
    answer(as_json, {"total": total, "optouts": documents}, lines)


def _number(text: str) -> int:
    from getsms_core import phone

    checked = phone.check(text)
    if checked.number is None:
        raise Refused(checked.outcome.value, phone.message(checked.outcome, text))
    return checked.number


def _from_file(file: Path) -> list[int]:
    """The numbers of a file; one that cannot be read is refused by name, since somebody would go on being sent to."""
    from getsms_core import recipients, sheet

    checked = recipients.check_list(sheet.read(file), two="both")
    if checked.counts["rejected"]:
        first = next(
            problem for problem in checked.problems() if not problem["code"].startswith(("repaired", "duplicate"))
        )
        raise Refused(
            "bad-numbers",
            _("{n} rows of {file} hold no number. Row {row}: {message}").format(
                n=checked.counts["rejected"], file=file.name, row=first["row"], message=first["message"]
            ),
        )
    return [int(number) for number in checked.accepted()["phone"].to_pylist()]
