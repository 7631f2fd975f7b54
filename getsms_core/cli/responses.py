"""`getsms responses`: who of a campaign's recipients bought, called or clicked."""

from pathlib import Path

import click

from getsms_core.base.i18n import N_, _
from getsms_core.cli.control import id_argument
from getsms_core.cli.framework import answer, database, json_option, settings_in_force, somebody


@click.command("responses")
@id_argument
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--phone-column", metavar="C", help=N_("The column with the numbers; default: detected."))
@click.option("--replace", is_flag=True, help=N_("Replace the responses recorded before."))
@json_option
def responses_command(campaign_id: int, file: Path, phone_column: str | None, replace: bool, as_json: bool) -> None:
    """Read from FILE, a spreadsheet with phone numbers, who responded to campaign ID. `getsms show` then compares
    its texts by response."""
    settings = settings_in_force()
    from getsms_core.campaigns import responses

    options = {"phone_column": phone_column} if phone_column else {}
    with database(settings) as store:
        matched_responses = responses.from_file(store, somebody(), campaign_id, file, options, replace=replace)
    document = {
        "campaign": campaign_id,
        "matched": matched_responses.matched,
        "new": matched_responses.new,
        "unmatched": matched_responses.unmatched,
        "unmatched_examples": [str(number) for number in matched_responses.examples],
        "refused": matched_responses.refused,
    }
    sentences = [
        _("{matched} recipients responded, {new} of them new.").format(
            matched=matched_responses.matched, new=matched_responses.new
        )
    ]
    if matched_responses.unmatched:
        sentences.append(_("{n} numbers are no recipients of this campaign.").format(n=matched_responses.unmatched))
    if matched_responses.refused:
        sentences.append(_("{n} rows hold no phone number.").format(n=matched_responses.refused))
    answer(as_json, document, sentences)
