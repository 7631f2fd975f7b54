"""`getsms campaigns`: order among campaigns."""

import click

from getsms_core.base.i18n import N_, _, ngettext
from getsms_core.cli.framework import Whole, answer, database, json_option, settings_in_force, somebody, spaced

_ids_argument = click.argument("campaign_ids", metavar="ID...", nargs=-1, required=True, type=Whole(1, 2**31 - 1))


@click.group("campaigns")
def campaigns_command() -> None:
    """Organise campaigns. Each command changes all of the campaigns that it names, or none of them."""


@campaigns_command.command("tag", short_help=N_("Add tags to campaigns, or remove them."))
@_ids_argument
@click.option("--tag", "tags", multiple=True, metavar="T", help=N_("A tag to add. May be repeated."))
@click.option("--remove", "removed", multiple=True, metavar="T", help=N_("A tag to remove. May be repeated."))
@json_option
def tag_campaigns_command(
    campaign_ids: tuple[int, ...], tags: tuple[str, ...], removed: tuple[str, ...], as_json: bool
) -> None:
    """Give the campaigns ID... tags, by which the page Campaigns finds them."""
    if not tags and not removed:
        raise click.UsageError(_("Give a tag with --tag or --remove."))
    settings = settings_in_force()
    from getsms_core.campaigns import ordering

    with database(settings) as store:
        tags_by_campaign = ordering.tag(store, somebody(), campaign_ids, tags, removed)
    documents = [{"campaign": campaign_id, "tags": words} for campaign_id, words in tags_by_campaign.items()]
    lines = [
        _("Campaign {id}: {tags}").format(id=campaign_id, tags=", ".join(words) or _("no tags"))
        for campaign_id, words in tags_by_campaign.items()
    ]
    answer(as_json, {"campaigns": documents}, lines)


@campaigns_command.command("archive", short_help=N_("Put campaigns into the archive."))
@_ids_argument
@click.option("--undo", is_flag=True, help=N_("Take them out of the archive."))
@json_option
def archive_campaigns_command(campaign_ids: tuple[int, ...], undo: bool, as_json: bool) -> None:
    """Put the campaigns ID... into the archive: the page Campaigns no longer lists them. Reports still count them."""
    settings = settings_in_force()
    from getsms_core.campaigns import ordering

    ids = list(dict.fromkeys(campaign_ids))
    with database(settings) as store:
        ordering.archive(store, somebody(), ids, archived=not undo)
    if undo:
        words = ngettext("{n} campaign is out of the archive.", "{n} campaigns are out of the archive.", len(ids))
    else:
        words = ngettext("{n} campaign is in the archive.", "{n} campaigns are in the archive.", len(ids))
    answer(as_json, {"campaigns": ids, "archived": not undo}, [words.format(n=spaced(len(ids)))])


@campaigns_command.command("delete", short_help=N_("Delete drafts."))
@_ids_argument
@json_option
def delete_campaigns_command(campaign_ids: tuple[int, ...], as_json: bool) -> None:
    """Delete the campaigns ID..., which must be drafts, with their messages. Their lists stay."""
    settings = settings_in_force()
    from getsms_core.campaigns import deletion

    ids = list(dict.fromkeys(campaign_ids))
    with database(settings) as store:
        deleted = deletion.delete_drafts(store, somebody(), ids)
    lines = [
        _("Draft {id} “{name}” is deleted.").format(id=campaign_id, name=name)
        for campaign_id, name in zip(ids, deleted, strict=True)
    ]
    answer(as_json, {"deleted": ids}, lines)
