"""`getsms responses`: who of a campaign's recipients bought, called or clicked."""

from pathlib import Path

import click

from getsms_core.base.i18n import N_, _
from getsms_core.cli.control import id_argument
from getsms_core.cli.framework import answer, database, json_option, settings_in_force, somebody


@click.command("responses")
@id_argument
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--phone-column", metavar="C", help=N_("The column with the numbers; guessed without it."))
@click.option("--replace", is_flag=True, help=N_("Forget those that were kept before."))
@json_option
def responses_command(campaign_id: int, file: Path, phone_column: str | None, replace: bool, as_json: bool) -> None:
    """Take from FILE, a spreadsheet with phone numbers, who responded to campaign ID. `getsms show` then compares its
    texts by response."""
    settings = settings_in_force()
    from getsms_core.campaigns import responses

    options = {"phone_column": phone_column} if phone_column else {}
    with database(settings) as store:
        done = responses.from_file(store, somebody(), campaign_id, file, options, replace=replace)
    document = {
        "campaign": campaign_id,
        "matched": done.matched,
        "new": done.new,
        "unmatched": done.unmatched,
        "unmatched_examples": [str(number) for number in done.examples],
        "refused": done.refused,
    }
    said = [_("{matched} recipients responded, {new} of them new.").format(matched=done.matched, new=done.new)]
    if done.unmatched:
        said.append(_("{n} numbers are no recipients of this campaign.").format(n=done.unmatched))
    if done.refused:
        said.append(_("{n} rows hold no phone number.").format(n=done.refused))
    answer(as_json, document, said)
