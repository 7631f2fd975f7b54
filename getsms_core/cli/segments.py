"""`getsms segments`: saved conditions."""

from typing import TYPE_CHECKING

import click

from getsms_core.base.i18n import N_, _
from getsms_core.cli.conditions import condition_of, where_options
from getsms_core.cli.framework import answer, clock, database, instant, json_option, settings_in_force, somebody, table

if TYPE_CHECKING:
    from getsms_core.base.settings import Settings
    from getsms_core.db.models import Segment


@click.group("segments")
def segments_command() -> None:
    """Manage saved conditions. They apply to every list that has their columns."""


@segments_command.command("save", short_help=N_("Save a condition under a name."))
@click.argument("name")
@where_options
@json_option
def save_segment_command(name: str, where: str | None, segment: str | None, as_json: bool) -> None:
    """Save a condition as segment NAME. An existing segment of this name gets the new condition."""
    if where is None and segment is None:
        raise click.UsageError(_("Give the condition with --where."))
    settings = settings_in_force()
    from getsms_core.contacts import segments

    with database(settings) as store:
        condition = condition_of(store, where, segment)
        assert condition is not None
        saved = segments.save(store, somebody(), name, condition)
    document = _document(saved, settings)
    answer(as_json, document, [_("Segment “{name}” is saved: {where}").format(**document)])


@segments_command.command("list", short_help=N_("List segments and their conditions."))
@json_option
def list_segments_command(as_json: bool) -> None:
    """List the segments by name."""
    settings = settings_in_force()
    from getsms_core.contacts import segments

    with database(settings) as store:
        saved = segments.all_segments(store)
    documents = [_document(segment, settings) for segment in saved]
    rows = [
        (document["name"], document["where"], clock(segment.created_at, settings), segment.created_by)
        for document, segment in zip(documents, saved, strict=True)
    ]
    head = (_("Name"), _("Condition"), _("Saved"), _("By"))
    answer(as_json, {"segments": documents}, table(rows, head, _("There are no segments yet.")))


@segments_command.command("delete", short_help=N_("Delete a segment."))
@click.argument("name")
@json_option
def delete_segment_command(name: str, as_json: bool) -> None:
    """Delete segment NAME. Lists and campaigns made with it stay as they are."""
    settings = settings_in_force()
    from getsms_core.contacts import segments

    with database(settings) as store:
        deleted = segments.delete(store, somebody(), name)
    answer(as_json, {"deleted": deleted}, [_("Segment “{name}” is deleted.").format(name=deleted)])


def _document(segment: "Segment", settings: "Settings") -> dict[str, object]:
    from getsms_core.contacts import segments

    saved = {"created_at": instant(segment.created_at, settings), "created_by": segment.created_by}
    return segments.describe_document(segment) | saved
