"""`getsms optout`: the opted-out numbers."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from getsms_core.base.errors import DomainError
from getsms_core.base.i18n import N_, _, ngettext
from getsms_core.cli.file_options import note_download, refuse_ignored
from getsms_core.cli.framework import (
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
from getsms_core.cli.list_options import settled_phone_column
from getsms_core.cli.show import limit_option
from getsms_core.cli.table_file import OutFile, checked_format, write_table

if TYPE_CHECKING:
    from getsms_core.contacts.suppression import ParsedNumbers

SHOWN = 20  # rejected rows shown as lines


@click.group("optout")
def optout_command() -> None:
    """Manage numbers that are opted out of all messages or of advertising. They are excluded at every check and
    again before each submission."""


@optout_command.command("add", short_help=N_("Add numbers to opt-outs."))
@click.argument("numbers", metavar="NUMBER...", nargs=-1)
@click.option(
    "--file", type=click.Path(path_type=Path), help=N_("A file with numbers, in any format that `getsms check` reads.")
)
@click.option("--phone-column", help=N_("The column with the phone numbers; default: detected."))
@click.option("--source", default="getsms", show_default=True, help=N_("Source of the numbers."))
@click.option("--reason", default="", help=N_("The reason."))
@click.option(
    "--scope",
    type=click.Choice(["all", "advertising"]),
    default="all",
    show_default=True,
    help=N_("What to opt out of. `all` replaces an earlier `advertising`; `advertising` never replaces `all`."),
)
@click.option(
    "--partly", is_flag=True, help=N_("Add the valid numbers of the file even if some of its rows have none.")
)
@json_option
def add_command(
    numbers: tuple[str, ...],
    file: Path | None,
    phone_column: str | None,
    source: str,
    reason: str,
    scope: str,
    partly: bool,
    as_json: bool,
) -> None:
    """Add numbers in any notation. Numbers that are opted out already stay as they are."""
    if not numbers and file is None:
        raise click.UsageError(_("Give at least one number, or a file with --file."))
    if file is None:
        refuse_ignored("NUMBER", {"--phone-column": phone_column})
    settings = settings_in_force()
    from getsms_core.base.kinds import OptOutScope
    from getsms_core.contacts import suppression

    wanted = [_number(number) for number in numbers]
    refused: list[dict[str, Any]] = []
    if file is not None:
        parsed_numbers = suppression.parse_file(file, {"phone_column": phone_column})
        if phone_column is None:
            _settle_phone_column(parsed_numbers)
        refused = _refused(parsed_numbers)
        if refused and not partly:
            raise DomainError(
                "bad-numbers",
                _("{n} rows of {file} hold no number. Row {row}: {message}").format(
                    n=parsed_numbers.refused, file=file.name, row=refused[0]["row"], message=refused[0]["message"]
                ),
            )
        wanted += parsed_numbers.numbers.tolist()
    with database(settings) as store:
        added = suppression.add(store, somebody(), wanted, source, reason, OptOutScope(scope))
    known = len(set(wanted)) - added
    sentences = [ngettext("{n} number added.", "{n} numbers added.", added).format(n=spaced(added))]
    sentences += [_("Row {row}: {message}").format(**problem) for problem in refused[:SHOWN]]
    answer(as_json, {"added": added, "known": known, "refused": refused}, sentences)


@optout_command.command("remove", short_help=N_("Remove a number from opt-outs."))
@click.argument("number")
@click.option("--reason", required=True, help=N_("The reason, recorded in the audit log."))
@json_option
def remove_command(number: str, reason: str, as_json: bool) -> None:
    """Remove NUMBER from opt-outs, with a reason."""
    settings = settings_in_force()
    from getsms_core.contacts import suppression

    phone = _number(number)
    with database(settings) as store:
        suppression.remove(store, somebody(), phone, reason)
    answer(as_json, {"removed": str(phone)}, [_("{phone} may be sent to again.").format(phone=phone)])


@optout_command.command("list", short_help=N_("List opted-out numbers, newest first."))
@limit_option
@click.option("--search", default="", help=N_("Search in numbers, sources and reasons."))
@json_option
def list_optouts_command(limit: int, search: str, as_json: bool) -> None:
    """List the opted-out numbers, newest first."""
    settings = settings_in_force()
    from getsms_core.base.kinds import OPT_OUT_SCOPES
    from getsms_core.reports import listings

    with database(settings) as store:
        opt_outs = listings.newest_opt_outs(store, somebody(), search=search, limit=limit)
        total = listings.opt_out_count(store)
    documents = [
        {
            "phone": str(opt_out.phone),
            "source": opt_out.source,
            "reason": opt_out.reason,
            "created_at": instant(opt_out.created_at, settings),
            "created_by": opt_out.created_by,
            "scope": opt_out.scope.value,
        }
        for opt_out in opt_outs
    ]
    rows = [
        (
            opt_out.phone,
            _(OPT_OUT_SCOPES[opt_out.scope]),
            opt_out.source,
            opt_out.reason,
            clock(opt_out.created_at, settings),
            opt_out.created_by,
        )
        for opt_out in opt_outs
    ]
    head = (_("Number"), _("Opted out of"), _("Source"), _("Reason"), _("Since"), _("By"))
    nobody = _("No such number is opted out.") if search else _("Nobody has opted out.")
    answer(as_json, {"total": total, "optouts": documents}, table(rows, head, nobody))


@optout_command.command("export", short_help=N_("Export all opted-out numbers to a file."))
@click.option("--out", required=True, type=OutFile(), help=N_("FILE.csv or FILE.xlsx."))
@json_option
def export_optouts_command(out: Path, as_json: bool) -> None:
    """Write all opted-out numbers to a file, with source, reason and date."""
    checked_format(out)
    settings = settings_in_force()
    from getsms_core.contacts import suppression

    with database(settings) as store:
        rows = suppression.export_table(store, somebody(), settings.zone)
        note_download(store, "optouts")
    write_table(rows, out)
    sentence = _("{n} rows are in {file}.").format(n=spaced(rows.num_rows), file=out)
    answer(as_json, {"rows": rows.num_rows, "file": str(out)}, [sentence])


def _number(text: str) -> int:
    from getsms_core import phone

    checked = phone.check(text)
    if checked.number is None:
        raise DomainError(checked.outcome.value, phone.message(checked.outcome, text))
    return checked.number


def _settle_phone_column(parsed_numbers: "ParsedNumbers") -> None:
    """Say which of several columns is taken. Raises `DomainError` ("ambiguous-phone-column") as `getsms create` does:
    who asked for no more messages would get them."""
    from getsms_core.contacts.facts import ListFacts

    checked = parsed_numbers.file
    if checked is not None:
        settled_phone_column(
            ListFacts(
                phone_column=checked.phone_column,
                phone_columns=tuple(checked.phone_columns),
                phone_column_decided=checked.phone_column_decided,
            )
        )


def _refused(found: "ParsedNumbers") -> list[dict[str, Any]]:
    """Return the rows without a number: their people would still get messages."""
    if not found.refused or found.file is None:
        return []
    fine = ("repaired", "duplicate", "opted-out")
    return [problem for problem in found.file.problems() if not problem["code"].startswith(fine)]
