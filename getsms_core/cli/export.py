"""`getsms export`: a campaign's messages and their states as a file."""

from pathlib import Path

import click

from getsms_core.base.i18n import N_, _
from getsms_core.cli.conditions import condition_of, where_options
from getsms_core.cli.control import id_argument
from getsms_core.cli.file_options import (
    columns_of,
    columns_option,
    csv_option,
    must_be_csv,
    must_fit,
    note_download,
    row_options,
    say_deleted,
    say_remarks,
)
from getsms_core.cli.framework import answer, database, json_option, settings_in_force, somebody, spaced
from getsms_core.cli.table_file import OutFile, cannot_write


@click.command("export")
@id_argument
@click.option(
    "--format", "kind", required=True, type=click.Choice(["csv", "xlsx", "parquet", "json"]), help=N_("The format.")
)
@click.option("--out", required=True, type=OutFile(), help=N_("The file to write."))
@columns_option
@csv_option
@row_options
@where_options
@json_option
def export_command(
    campaign_id: int,
    kind: str,
    out: Path,
    columns: str | None,
    csv_for: str | None,
    states: tuple[str, ...],
    reason: str,
    where: str | None,
    segment: str | None,
    as_json: bool,
) -> None:
    """Write every message of campaign ID with its state to a file. An existing file is replaced."""
    must_fit(out, kind)
    must_be_csv(kind, csv_for)
    settings = settings_in_force()
    from getsms_core import exports
    from getsms_core.campaigns import service as campaigns

    with database(settings) as store:
        campaigns.get(store, campaign_id)
        chosen = exports.RowFilter(states, reason, condition_of(store, where, segment))
        try:
            written = exports.write(
                store,
                somebody(),
                campaign_id,
                kind,
                out,
                columns_of(columns),
                zone=settings.zone,
                rows=chosen,
                csv_for=csv_for or "",
            )
        except OSError as error:
            raise cannot_write(out, error) from error
        note_download(store, f"campaign:{campaign_id}")
        remarks = say_remarks([] if written.rows else chosen.unmatched(store, campaign_id))
    say_deleted(written.deleted_lists)
    document = {"campaign": campaign_id, "format": kind, "rows": written.rows, "file": str(out)}
    document |= {"deleted_lists": list(written.deleted_lists), "remarks": remarks}
    answer(as_json, document, [_("{n} rows are in {file}.").format(n=spaced(written.rows), file=out)])
