"""`getsms report`: messages or figures of any filter as a file, as on the page Reports."""

from datetime import date, datetime
from pathlib import Path

import click

from getsms_core.base.i18n import N_, _
from getsms_core.cli.framework import Whole, answer, database, json_option, money, settings_in_force, somebody, spaced
from getsms_core.cli.show import billed_document
from getsms_core.cli.table_file import OutFile, cannot_write

FORMATS = ["pdf", "csv", "xlsx", "parquet", "json"]


@click.command("report")
@click.option("--format", "kind", required=True, type=click.Choice(FORMATS), help=N_("pdf: figures and charts."))
@click.option("--out", required=True, type=OutFile(), help=N_("The file to write."))
@click.option("--from", "since", type=click.DateTime(["%Y-%m-%d"]), metavar="YYYY-MM-DD", help=N_("The first day."))
@click.option("--to", "until", type=click.DateTime(["%Y-%m-%d"]), metavar="YYYY-MM-DD", help=N_("The last day."))
@click.option("--campaign", "campaigns", multiple=True, type=Whole(1), help=N_("Only this campaign; may be repeated."))
@click.option("--range", "ranges", multiple=True, help=N_("Only this number range; may be repeated."))
@click.option("--sender", "senders", multiple=True, help=N_("Only this sender name; may be repeated."))
@click.option("--columns", metavar="A,B…", help=N_("The columns of the rows, separated by commas."))
@click.option("--title", default="", help=N_("The title of the PDF."))
@click.option("--mask", is_flag=True, help=N_("Hide the middle of phone numbers."))
@json_option
def report_command(
    kind: str,
    out: Path,
    since: datetime | None,
    until: datetime | None,
    campaigns: tuple[int, ...],
    ranges: tuple[str, ...],
    senders: tuple[str, ...],
    columns: str | None,
    title: str,
    mask: bool,
    as_json: bool,
) -> None:
    """Write the messages of a filter to a file, or with --format pdf a report of their figures. An existing file is
    replaced."""
    settings = settings_in_force()
    from getsms_core import exports, phone, reports
    from getsms_core.billing.reconciliation import Billed
    from getsms_core.reports import Filter

    first, last = _day(since), _day(until)
    if first and last and first > last:
        raise click.BadParameter(_("the last day lies before the first"), param_hint="--to")
    if unknown := [name for name in ranges if name not in phone.RANGES]:
        known = _("there is no number range {name}; there are: {names}")
        raise click.BadParameter(known.format(name=unknown[0], names=", ".join(phone.RANGES)), param_hint="--range")
    question = Filter(first, last, campaigns, ranges, senders)
    chosen = [name.strip() for name in columns.split(",") if name.strip()] if columns else None
    with database(settings) as store:
        try:
            actor = somebody()
            rows = exports.report(store, actor, question, kind, out, chosen, mask, zone=settings.zone, title=title).rows
            sums = reports.total(store, question, settings.zone)
        except OSError as error:
            raise cannot_write(out, error) from error
    document = {"format": kind, "rows": rows, "file": str(out), "question": question.to_query()}
    document |= {"counts": sums.figures.counts(), "parts": sums.planned_parts, "price": money(sums.planned_cost),
                 "sent_parts": sums.sent_parts, "sent_price": money(sums.sent_cost),
                 "billed": billed_document(Billed.of(sums))}  # fmt: skip
    answer(as_json, document, [_("{n} messages are counted in {file}.").format(n=spaced(rows), file=out)])


def _day(at: datetime | None) -> date | None:
    return at.date() if at else None
