"""The options of `getsms resolve` for the gateway's support: a file of uncertain messages for it, and its answer."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from getsms_core.base.errors import DomainError
from getsms_core.base.i18n import N_, _, ngettext
from getsms_core.cli.file_options import note_download
from getsms_core.cli.framework import answer, database, settings_in_force, somebody, spaced
from getsms_core.cli.table_file import OutFile, checked_format, write_table

if TYPE_CHECKING:
    from getsms_core.campaigns.support import SupportAnswer
    from getsms_core.db.engine import Store

F = TypeVar("F", bound=Callable[..., Any])
_OPTIONS = (
    click.option(
        "--ask-support",
        metavar="FILE",
        type=OutFile(),
        help=N_("Write the uncertain messages to FILE.xlsx or FILE.csv for the gateway's support, without texts."),
    ),
    click.option(
        "--address", metavar="IP", default="", help=N_("Our IP address for that file; getsms doctor shows it.")
    ),
    click.option(
        "--answers",
        metavar="FILE",
        type=click.Path(path_type=Path),
        help=N_("Resolve the messages by the support's answer: a spreadsheet with numbers and “sent” or “not sent”."),
    ),
    click.option("--phone-column", metavar="NAME", help=N_("The column of the numbers in the answer.")),
    click.option("--answer-column", metavar="NAME", help=N_("The column of the answer that says what was sent.")),
    click.option(
        "--unsent",
        type=click.Choice(["not-sent", "again"]),
        default="not-sent",
        show_default=True,
        help=N_("What to do with the messages that were not sent according to the answer."),
    ),
)


def options(command: F) -> F:
    """Add these options to a command."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def is_asked(given: Mapping[str, Any]) -> bool:
    """Whether one of the two files is named."""
    return bool(given["ask_support"] or given["answers"])


def run(
    campaign_id: int, yes: bool, as_json: bool, how: str | None, chosen: tuple[Any, ...], given: Mapping[str, Any]
) -> None:
    """Write the file for the support, or resolve by its answer. `how` and `chosen` are options that do not go with
    either. Raises `click.UsageError`."""
    if how is not None or any(chosen) or (given["ask_support"] and given["answers"]):
        raise click.UsageError(_("--as, --ask-support and --answers exclude each other, and the files name the rows."))
    if given["ask_support"]:
        _write_request(campaign_id, given["ask_support"], given["address"], as_json)
    else:
        _resolve(campaign_id, yes, as_json, given)


def _write_request(campaign_id: int, out: Path, address: str, as_json: bool) -> None:
    checked_format(out)
    settings = settings_in_force()
    from getsms_core.campaigns import support

    with database(settings) as store:
        rows = support.request_table(store, somebody(), campaign_id, settings, address)
        note_download(store, f"campaign:{campaign_id}")
    write_table(rows, out)
    sentence = _("{n} rows are in {file}.").format(n=spaced(rows.num_rows), file=out)
    answer(as_json, {"campaign": campaign_id, "rows": rows.num_rows, "file": str(out)}, [sentence])


def _resolve(campaign_id: int, yes: bool, as_json: bool, given: Mapping[str, Any]) -> None:
    settings = settings_in_force()
    from getsms_core.campaigns import support
    from getsms_core.delivery import Resolution, check_resend

    with database(settings) as store:
        actor, unsent = somebody(), Resolution(given["unsent"])
        if unsent is Resolution.AGAIN:
            check_resend(store, campaign_id, settings)
        read = support.read_answer(
            store, actor, campaign_id, given["answers"],
            phone_column=given["phone_column"], answer_column=given["answer_column"],
        )  # fmt: skip
        lines = _preview(read)
        resolved = 0
        if (read.sent or read.not_sent) and (yes or _agrees(lines)):
            resolved = support.apply_answer(store, actor, read, unsent, settings)
        status = _status(store, campaign_id)
    document = {
        "campaign": campaign_id, "sent": len(read.sent), "not_sent": len(read.not_sent), "unanswered": read.unanswered,
        "problems": [{"row": row.row, "code": row.code, "message": row.message} for row in read.problems],
        "resolved": resolved, "unsent": unsent.value, "status": status,
    }  # fmt: skip
    settled = ngettext("{n} message settled.", "{n} messages settled.", resolved).format(n=resolved)
    answer(as_json, document, [*lines, settled])


def _preview(read: "SupportAnswer") -> list[str]:
    lines = [
        ngettext("{n} message was sent.", "{n} messages were sent.", len(read.sent)).format(n=len(read.sent)),
        ngettext("{n} message was not sent.", "{n} messages were not sent.", len(read.not_sent)).format(
            n=len(read.not_sent)
        ),
        ngettext(
            "{n} message stays uncertain.", "{n} messages stay uncertain.", read.unanswered
        ).format(n=read.unanswered),
    ]  # fmt: skip
    return lines + [_("Row {row}: {reason}").format(row=row.row, reason=row.message) for row in read.problems]


def _agrees(lines: list[str]) -> bool:
    """Ask on a terminal; elsewhere nothing is resolved without --yes."""
    if sys.stdin is None or sys.stdin.closed or not sys.stdin.isatty():
        return False
    if not click.confirm("\n".join([*lines, _("Resolve these messages?")]), err=True):
        raise DomainError("not-confirmed", _("Nothing was changed."))
    return True


def _status(store: "Store", campaign_id: int) -> str:
    from getsms_core.campaigns import service as campaigns

    return campaigns.get(store, campaign_id).state.value
