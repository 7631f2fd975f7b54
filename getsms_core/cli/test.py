"""`getsms test`: send a draft's message to your own phones, as any campaign is sent."""

import click

from getsms_core.base.i18n import N_, _, ngettext
from getsms_core.cli.control import id_argument
from getsms_core.cli.framework import Whole, answer, database, json_option, settings_in_force, somebody


@click.command("test")
@id_argument
@click.option("--to", "numbers", required=True, metavar="NUMBERS", help=N_("One to five numbers, separated by commas."))
@click.option("--row", type=Whole(1), help=N_("Use the data of this spreadsheet row; default: the first one."))
@json_option
def test_command(campaign_id: int, numbers: str, row: int | None, as_json: bool) -> None:
    """Send the message of draft ID to your own phones. It becomes a separate campaign that counts as a test."""
    settings = settings_in_force()
    from getsms_core.base.errors import DomainError
    from getsms_core.campaigns import audience, test_send, texts
    from getsms_core.campaigns import service as campaigns

    phones = test_send.parse_numbers(numbers)
    with database(settings) as store:
        campaign = campaigns.get(store, campaign_id)
        if campaign.list_id is None:
            raise DomainError("no-list", _("Campaign {id} has no recipient list yet.").format(id=campaign_id))
        recipients = audience.recipients(store, campaign)
        at, values = test_send.row_values(recipients, row)
        text = texts.text_for(campaign, recipients, at)
        test_campaign_id = test_send.send(store, somebody(), settings, campaign_id, phones, values, text)
    sentence = ngettext(
        "Test {id}: the message of campaign {of} to {n} number, with the data of row {row}.",
        "Test {id}: the message of campaign {of} to {n} numbers, with the data of row {row}.",
        len(phones),
    )
    taken = recipients["row"][at].as_py()
    document = {"campaign": test_campaign_id, "of": campaign_id, "numbers": len(phones), "row": taken}
    answer(as_json, document, [sentence.format(id=test_campaign_id, of=campaign_id, n=len(phones), row=taken)])
