"""`getsms approve, refuse, withdraw`: a second person's answer to a campaign that waits for it."""

import click

from getsms_core.base.i18n import N_
from getsms_core.cli.control import id_argument, told
from getsms_core.cli.framework import database, json_option, settings_in_force, somebody


@click.command("approve")
@id_argument
@json_option
def approve_command(campaign_id: int, as_json: bool) -> None:
    """Let campaign ID, which waits for approval, be sent: now or at the time that was asked for."""
    settings = settings_in_force()
    from getsms_core.campaigns import approval

    with database(settings) as store:
        approval.approve(store, somebody(), campaign_id)
        told(store, settings, campaign_id, as_json)


@click.command("refuse")
@id_argument
@click.option("--reason", required=True, metavar="TEXT", help=N_("Why: shown to those who mend it."))
@json_option
def refuse_command(campaign_id: int, reason: str, as_json: bool) -> None:
    """Send campaign ID, which waits for approval, back as a draft."""
    settings = settings_in_force()
    from getsms_core.campaigns import approval

    with database(settings) as store:
        approval.refuse(store, somebody(), campaign_id, reason)
        told(store, settings, campaign_id, as_json)


@click.command("withdraw")
@id_argument
@json_option
def withdraw_command(campaign_id: int, as_json: bool) -> None:
    """Take campaign ID back before anybody has approved it: it is a draft again."""
    settings = settings_in_force()
    from getsms_core.campaigns import approval

    with database(settings) as store:
        approval.withdraw(store, somebody(), campaign_id)
        told(store, settings, campaign_id, as_json)
