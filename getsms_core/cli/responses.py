"""`getsms responses`: who of a campaign's recipients bought, called or clicked."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from getsms_core.base.i18n import N_, _, ngettext
from getsms_core.cli.control import id_argument
from getsms_core.cli.framework import answer, database, json_option, money, settings_in_force, somebody, spaced

if TYPE_CHECKING:
    from getsms_core.campaigns.responses import MatchResult

_NAMED = 20
"""Rows that the answer for people names; JSON has all."""


@click.command("responses")
@id_argument
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--phone-column", metavar="C", help=N_("The column with the numbers; default: detected."))
@click.option(
    "--key-column", metavar="C", help=N_("The column of FILE with the list's client key, instead of numbers.")
)
@click.option("--amount-column", metavar="C", help=N_("The column with what each response brought, in so'm."))
@click.option("--time-column", metavar="C", help=N_("The column with the time of each response."))
@click.option("--replace", is_flag=True, help=N_("Replace the responses recorded before."))
@json_option
def responses_command(
    campaign_id: int,
    file: Path,
    phone_column: str | None,
    key_column: str | None,
    amount_column: str | None,
    time_column: str | None,
    replace: bool,
    as_json: bool,
) -> None:
    """Read from FILE, a spreadsheet with phone numbers or client keys, who responded to campaign ID. The same FILE
    again changes nothing; another one adds to it. `getsms show` then has the rate, the revenue and the cost."""
    if phone_column and key_column:
        raise click.UsageError(_("--phone-column and --key-column exclude each other."))
    settings = settings_in_force()
    from getsms_core.campaigns import responses
    from getsms_core.campaigns.response_rows import Columns

    columns = Columns(phone_column, key_column, amount_column, time_column)
    with database(settings) as store:
        result = responses.from_file(store, somebody(), campaign_id, file, columns, zone=settings.zone, replace=replace)
    document = {
        "campaign": campaign_id,
        "matched": result.matched,
        "new": result.new,
        "unmatched": result.unmatched,
        "unmatched_examples": [str(number) for number in result.examples],
        "refused": result.refused,
        "amount": money(result.amount),
        "control": result.control,
        "known": result.known,
        "rows": [
            {"row": unused_row.row, "value": unused_row.value, "reason": unused_row.reason.value}
            for unused_row in result.unused
        ],
    }
    answer(as_json, document, _sentences(result))


def _sentences(result: "MatchResult") -> Iterator[str]:
    from getsms_core.campaigns.response_rows import UNUSED_WORDS

    words = ngettext("{n} recipient responded.", "{n} recipients responded.", result.matched)
    yield f"{words.format(n=spaced(result.matched))} {_('New: {new}.').format(new=spaced(result.new))}"
    if result.amount:
        yield _("Revenue of these rows, so'm: {amount}").format(amount=spaced(money(result.amount)))
    if result.control:
        words = ngettext("{n} more responded without a message: a member of the control group.",
                         "{n} more responded without a message: members of the control group.",
                         result.control)  # fmt: skip
        yield words.format(n=spaced(result.control))
    if result.known:
        words = ngettext("{n} row was uploaded before and is not counted again.",
                         "{n} rows were uploaded before and are not counted again.", result.known)  # fmt: skip
        yield words.format(n=spaced(result.known))
    for row in result.unused[:_NAMED]:
        yield _("Row {row} ({value}) is not counted. {reason}").format(
            row=row.row, value=row.value, reason=_(UNUSED_WORDS[row.reason])
        )
    if len(result.unused) > _NAMED:
        words = ngettext("{n} more row is not counted; --json names it.", "{n} more rows are not counted; --json names "
                         "them.", len(result.unused) - _NAMED)  # fmt: skip
        yield words.format(n=spaced(len(result.unused) - _NAMED))
