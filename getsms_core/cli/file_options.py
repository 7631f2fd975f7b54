"""Options of the commands that write a file: its columns, and which messages it holds."""

import csv
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource

from getsms_core.base import processes
from getsms_core.base.i18n import N_, _
from getsms_core.base.reasons import Reason
from getsms_core.base.states import MessageState
from getsms_core.cli.framework import Whole, somebody

if TYPE_CHECKING:
    from getsms_core.db.engine import Store

F = TypeVar("F", bound=Callable[..., Any])


def _named(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    """Refuse an option that is given and names nothing: a script whose variable is empty would get everything."""
    is_given = context.get_parameter_source(str(parameter.name)) is not ParameterSource.DEFAULT
    if is_given and value is not None and not value.strip(" ,"):
        raise click.BadParameter(_("it is empty; leave it out, or name what you want"), context, parameter)
    return value


columns_option = click.option(
    "--columns",
    metavar="A,B…",
    callback=_named,
    help=N_("The columns of the rows, separated by commas; column:NAME is one of the list."),
)


csv_option = click.option(
    "--csv-for",
    type=click.Choice(["excel-ru"]),
    help=N_("A CSV that Excel in Russian opens: semicolons, decimal commas, phones as text."),
)


def filter_options(command: F) -> F:
    """Add `--campaign`, `--range` and `--sender` to a command, as its arguments `campaigns`, `ranges` and `senders`."""
    campaigns = click.option(
        "--campaign",
        "campaigns",
        multiple=True,
        type=Whole(1, 2**31 - 1),
        help=N_("Only this campaign; may be repeated."),
    )
    ranges = click.option("--range", "ranges", multiple=True, help=N_("Only this number range; may be repeated."))
    senders = click.option("--sender", "senders", multiple=True, help=N_("Only this sender name; may be repeated."))
    return campaigns(ranges(senders(command)))


def refuse_unknown_ranges(ranges: Iterable[str]) -> None:
    """Raise a usage error for a number range that does not exist."""
    from getsms_core import phone

    if unknown := [name for name in ranges if name not in phone.RANGES]:
        known = _("there is no number range {name}; there are: {names}")
        raise click.BadParameter(known.format(name=unknown[0], names=", ".join(phone.RANGES)), param_hint="--range")


def must_be_csv(kind: str, csv_for: str | None) -> None:
    """Raise a usage error for `--csv-for` with another format."""
    if kind != "csv":
        refuse_ignored(f"--format {kind}", {"--csv-for": csv_for})


def refuse_ignored(what: str, options: Mapping[str, object]) -> None:
    """Raise a usage error for an option that has a value, where `what` ("--format pdf") would ignore it."""
    for name, value in sorted(options.items()):
        if value:
            template = _("{option} has no effect with {what}. Leave it out.")
            raise click.UsageError(template.format(option=name, what=what))


def columns_of(text: str | None) -> list[str] | None:
    """Return the names of `--columns`; a name with a comma is in quotation marks. None for the default."""
    if not text:
        return None
    (fields,) = csv.reader([" ".join(text.splitlines())], skipinitialspace=True)
    return [field.strip() for field in fields if field.strip()] or None


def row_options(command: F) -> F:
    """Add `--state` and `--reason` to a command, as its arguments `states` and `reason`."""
    reason = click.option(
        "--reason", metavar="CODE", default="", callback=_named, help=N_("Only messages with this reason.")
    )
    states = click.option(
        "--state",
        "states",
        multiple=True,
        metavar="STATE[,STATE]",
        callback=_states,
        help=N_("Only messages in these states."),
    )
    return states(reason(command))


def _states(context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        _named(context, parameter, value)
    names = [name.strip() for value in values for name in value.split(",") if name.strip()]
    known = [state.value for state in MessageState]
    for name in names:
        if name not in known:
            template = _("there is no state {name}; there are: {names}")
            raise click.BadParameter(template.format(name=name, names=", ".join(known)), context, parameter)
    return tuple(dict.fromkeys(names))


def must_fit(out: Path, kind: str) -> None:
    """Raise a usage error where the file's ending is that of something else; a pipe or a device may have any."""
    ending = out.suffix.lower()
    if ending and ending != f".{kind}" and not (out.exists() and not out.is_file()):
        template = _("the file {file} must end in {ending} for the format {format}")
        raise click.BadParameter(template.format(file=out.name, ending=f".{kind}", format=kind), param_hint="--out")


def note_download(store: "Store", about: str) -> None:
    """Record in the audit log that a file about a subject ("campaign:7") was written, as a download of the app is."""
    from getsms_core.audit import log as audit

    audit.note_alone(store, somebody(), "file.download", about)


def say_remarks(unmatched: Iterable[Reason]) -> list[dict[str, str]]:
    """Tell what a filter names and does not exist; return it for JSON."""
    remarks = [{"code": reason.code, "message": reason.words()} for reason in unmatched]
    for remark in remarks:
        processes.print_to_stderr(_("Note: {sentence}").format(sentence=remark["message"]))
    return remarks


def say_deleted(names: Iterable[str]) -> None:
    """Tell which lists are deleted, so that their columns are empty."""
    for name in names:
        template = _("Note: the rows of the list “{name}” are deleted, so its columns are empty.")
        processes.print_to_stderr(template.format(name=name))
