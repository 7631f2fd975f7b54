"""`getsms approve, refuse, withdraw`: a second user's decision on a campaign that awaits approval."""

import click

from getsms_core.base.i18n import N_
from getsms_core.cli.control import id_argument, told
from getsms_core.cli.framework import database, json_option, settings_in_force, somebody


@click.command("approve")
@id_argument
@json_option
def approve_command(campaign_id: int, as_json: bool) -> None:
    """Approve campaign ID, which awaits approval. It is sent now or at its start time."""
    settings = settings_in_force()
    from getsms_core.campaigns import approval

    with database(settings) as store:
        approval.approve(store, somebody(), campaign_id)
        told(store, settings, campaign_id, as_json)


@click.command("refuse")
@id_argument
@click.option("--reason", required=True, metavar="TEXT", help=N_("The reason, shown to the author."))
@json_option
def refuse_command(campaign_id: int, reason: str, as_json: bool) -> None:
    """Return campaign ID, which awaits approval, to draft."""
    settings = settings_in_force()
    from getsms_core.campaigns import approval

    with database(settings) as store:
        approval.refuse(store, somebody(), campaign_id, reason)
        told(store, settings, campaign_id, as_json)


@click.command("withdraw")
@id_argument
@json_option
def withdraw_command(campaign_id: int, as_json: bool) -> None:
    """Withdraw campaign ID before it is approved. It becomes a draft again."""
    settings = settings_in_force()
    from getsms_core.campaigns import approval

    with database(settings) as store:
        approval.withdraw(store, somebody(), campaign_id)
        told(store, settings, campaign_id, as_json)
