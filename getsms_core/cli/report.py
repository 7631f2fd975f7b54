"""`getsms report`: messages or figures of any filter as a file, as on the page Reports."""

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from getsms_core.base.i18n import N_, _
from getsms_core.cli.file_options import (
    columns_of,
    columns_option,
    csv_option,
    filter_options,
    must_be_csv,
    must_fit,
    note_download,
    refuse_ignored,
    refuse_unknown_ranges,
    say_deleted,
    say_remarks,
)
from getsms_core.cli.framework import (
    Day,
    answer,
    database,
    json_option,
    money,
    put,
    settings_in_force,
    somebody,
    spaced,
)
from getsms_core.cli.show import billed_document
from getsms_core.cli.table_file import OutFile, cannot_write

if TYPE_CHECKING:
    from getsms_core.base.permissions import Actor
    from getsms_core.base.settings import Settings
    from getsms_core.billing.reconciliation import Sums
    from getsms_core.db.engine import Store
    from getsms_core.reports import Filter

FORMATS = ["pdf", "csv", "xlsx", "parquet", "json"]


@click.command("report")
@click.option("--format", "kind", type=click.Choice(FORMATS), help=N_("pdf: figures and charts."))
@click.option(
    "--out", type=OutFile(), help=N_("The file to write; with --by and JSON the rows are printed without it.")
)
@click.option("--from", "since", type=Day(), metavar="YYYY-MM-DD", help=N_("The first day."))
@click.option("--to", "until", type=Day(), metavar="YYYY-MM-DD", help=N_("The last day."))
@filter_options
@columns_option
@csv_option
@click.option("--title", default="", help=N_("The title of the PDF."))
@click.option("--mask", is_flag=True, help=N_("Hide the middle of phone numbers."))
@click.option(
    "--by",
    metavar="WHAT",
    help=N_("Figures by list, author, category, variant, range, sender, day or column:NAME instead of messages."),
)
@json_option
def report_command(
    kind: str | None,
    out: Path | None,
    since: datetime | None,
    until: datetime | None,
    campaigns: tuple[int, ...],
    ranges: tuple[str, ...],
    senders: tuple[str, ...],
    columns: str | None,
    csv_for: str | None,
    title: str,
    mask: bool,
    by: str | None,
    as_json: bool,
) -> None:
    """Write the messages of a filter to a file, with --by a breakdown of them, or with --format pdf a report of their
    figures. An existing file is replaced. With --by, --format json (or --json) and no --out the rows are printed."""
    kind = _format(kind, out, by, as_json)
    must_be_csv(kind, csv_for)
    _refuse_ignored(kind, by, {"--columns": columns, "--title": title, "--mask": mask})
    settings = settings_in_force()
    question, chosen = _filter(since, until, campaigns, ranges, senders), columns_of(columns)
    from getsms_core import exports, reports

    with database(settings) as store:
        actor = somebody()
        remarks = say_remarks(reports.unmatched(store, question))
        if out is None:
            put(_rows_as_json(store, actor, question, str(by), settings) + "\n")
            return
        if by is not None:
            document, lines = _breakdown(store, actor, question, by, kind, out, settings, csv_for or "")
            answer(as_json, document | {"remarks": remarks}, lines)
            return
        try:
            written = exports.report(
                store, actor, question, kind, out, chosen, mask, zone=settings.zone, title=title, csv_for=csv_for or ""
            )
        except OSError as error:
            raise cannot_write(out, error) from error
        note_download(store, "messages")
        document = {"format": kind, "rows": written.rows, "file": str(out), "question": question.to_query()}
        document |= _sums(reports.total(store, question, settings.zone)) | {"remarks": remarks}
    say_deleted(written.deleted_lists)
    answer(as_json, document, [_("{n} messages are counted in {file}.").format(n=spaced(written.rows), file=out)])


def _format(kind: str | None, out: Path | None, by: str | None, as_json: bool) -> str:
    """Return the format of the file, or of the rows on stdout. Raises a usage error for a missing option, and for a
    file whose ending does not fit."""
    if out is None and by is not None and (kind == "json" or (kind is None and as_json)):
        return "json"
    if out is None or kind is None:
        context = click.get_current_context()
        missing = "out" if kind else "kind"
        raise click.MissingParameter(ctx=context, param=next(p for p in context.command.params if p.name == missing))
    must_fit(out, kind)
    return kind


def _filter(
    since: datetime | None,
    until: datetime | None,
    campaigns: tuple[int, ...],
    ranges: tuple[str, ...],
    senders: tuple[str, ...],
) -> "Filter":
    """Return the filter of the options. Raises a usage error for days in the wrong order and an unknown range."""
    from getsms_core.reports import Filter

    first, last = _day(since), _day(until)
    if first and last and first > last:
        raise click.BadParameter(_("the last day is before the first"), param_hint="--to")
    refuse_unknown_ranges(ranges)
    return Filter(first, last, campaigns, ranges, senders)


def _day(at: datetime | None) -> date | None:
    return at.date() if at else None


def _sums(sums: "Sums") -> dict[str, object]:
    """Return the figures of all messages of the filter, with the keys of `getsms show`."""
    from getsms_core.billing.reconciliation import Billed

    return {"counts": sums.figures.counts(), "parts": sums.planned_parts, "price": money(sums.planned_cost),
            "sent_parts": sums.sent_parts, "sent_price": money(sums.sent_cost),
            "billed": billed_document(Billed.of(sums))}  # fmt: skip


def _breakdown(
    store: "Store",
    actor: "Actor",
    question: "Filter",
    by: str,
    kind: str,
    out: Path,
    settings: "Settings",
    csv_for: str,
) -> tuple[dict[str, object], list[str]]:
    """Write a breakdown; return the answer as JSON and in words."""
    from getsms_core import exports

    try:
        rows = exports.write_cut(store, actor, question, by, kind, out, settings.zone, csv_for)
    except OSError as error:
        raise cannot_write(out, error) from error
    note_download(store, "figures")
    parts = [row | {"cost": money(row["cost"])} for row in rows]
    document = {"format": kind, "by": by, "rows": len(rows), "file": str(out), "question": question.to_query(),
                "parts": parts}  # fmt: skip
    return document, [_("{n} values are in {file}.").format(n=spaced(len(rows)), file=out)]


def _rows_as_json(store: "Store", actor: "Actor", question: "Filter", by: str, settings: "Settings") -> str:
    """Return the rows of a breakdown as the file of `--format json` has them."""
    from getsms_core import exports

    return exports.cut_as_json(exports.read_cut(store, actor, question, by, settings.zone)).decode()


def _refuse_ignored(kind: str, by: str | None, options: dict[str, object]) -> None:
    """Raise a usage error for an option that the format would ignore."""
    if by is not None and kind == "pdf":
        raise click.UsageError(_("A breakdown (--by) has no PDF. Choose csv, xlsx, json or parquet."))
    by_what = {"--columns", "--title", "--mask"} if by is not None else set()
    ignored = by_what or ({"--columns", "--mask"} if kind == "pdf" else {"--title"})
    what = "--by" if by is not None else f"--format {kind}"
    refuse_ignored(what, {name: options[name] for name in ignored})
