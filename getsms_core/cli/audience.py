"""`getsms audience`: a new list from the results of campaigns."""

from dataclasses import replace

import click

from getsms_core.base.i18n import N_, _
from getsms_core.cli.framework import Whole, answer, database, json_option, settings_in_force, somebody, spaced


@click.command("audience")
@click.argument("campaign_ids", metavar="CAMPAIGN...", nargs=-1, required=True, type=Whole(1, 2**31 - 1))
@click.option(
    "--state",
    "states",
    default="",
    metavar="STATE[,STATE]",
    help=N_("Recipients in one of these states, or not-reached; uncertain only if named."),
)
@click.option("--reason", default="", metavar="CODE", help=N_("Only messages with this reason code."))
@click.option("--not-responded", is_flag=True, help=N_("Only recipients who responded to none of these campaigns."))
@click.option("--name", required=True, help=N_("Name of the new list."))
@json_option
def audience_command(
    campaign_ids: tuple[int, ...], states: str, reason: str, not_responded: bool, name: str, as_json: bool
) -> None:
    """Create a list of the recipients with a state, a reason or no response in these campaigns. It keeps the columns
    and the row numbers of each campaign's list."""
    settings = settings_in_force()
    from getsms_core.campaigns import follow_up

    choice = replace(follow_up.read_states(states), reason=reason.strip(), not_responded=not_responded)
    with database(settings) as store:
        new_list = follow_up.make_list(store, somebody(), campaign_ids, choice, name)
    lines = [_("List {id}: {n} recipients.").format(id=new_list.list_id, n=spaced(new_list.accepted))]
    if new_list.without_list:
        words = _("The lists of these campaigns were deleted, so that only the numbers are kept: {campaigns}.")
        click.echo(words.format(campaigns=", ".join(map(str, new_list.without_list))), err=True)
    answer(as_json, {"list": new_list.list_id, "accepted": new_list.accepted}, lines)
