"""`getsms export`: a campaign's messages and their states as a file."""

from pathlib import Path

import click

from getsms_core.base.i18n import N_, _
from getsms_core.cli.control import id_argument
from getsms_core.cli.framework import answer, database, json_option, settings_in_force, somebody, spaced
from getsms_core.cli.table_file import OutFile, cannot_write


@click.command("export")
@id_argument
@click.option(
    "--format", "kind", required=True, type=click.Choice(["csv", "xlsx", "parquet", "json"]), help=N_("The format.")
)
@click.option("--out", required=True, type=OutFile(), help=N_("The file to write."))
@json_option
def export_command(campaign_id: int, kind: str, out: Path, as_json: bool) -> None:
    """Write every message of campaign ID with its state to a file. An existing file is replaced."""
    settings = settings_in_force()
    from getsms_core import exports
    from getsms_core.campaigns import service as campaigns

    with database(settings) as store:
        campaigns.get(store, campaign_id)
        try:
            rows = exports.write(store, somebody(), campaign_id, kind, out, zone=settings.zone).rows
        except OSError as error:
            raise cannot_write(out, error) from error
    document = {"campaign": campaign_id, "format": kind, "rows": rows, "file": str(out)}
    answer(as_json, document, [_("{n} rows stand in {file}.").format(n=spaced(rows), file=out)])
