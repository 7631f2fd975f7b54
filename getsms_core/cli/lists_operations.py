"""`getsms lists merge` and others: new lists from stored ones; rename, tag and delete lists."""

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import click

from getsms_core.base.i18n import N_, _
from getsms_core.base.number_option import Number
from getsms_core.cli.conditions import condition_of, unreadable_lines, where_options
from getsms_core.cli.framework import Whole, answer, database, json_option, settings_in_force, somebody, spaced

if TYPE_CHECKING:
    from getsms_core.db.engine import Store

F = TypeVar("F", bound=Callable[..., Any])
LIST_ID = Whole(1, 2**31 - 1)
list_argument = click.argument("list_id", metavar="ID", type=LIST_ID)
name_option = click.option("--name", default="", help=N_("Name of the new list; default: the name of the first one."))
seed_option = click.option(
    "--seed", type=Whole(0), default=0, show_default=True, help=N_("The same seed draws the same recipients.")
)


def _made(as_json: bool, make: Callable[["Store"], list[int]], *, several: bool = False) -> None:
    """Create lists and print them."""
    settings = settings_in_force()
    from getsms_core.contacts import lists

    with database(settings) as store:
        documents = [_document(store, list_id) for list_id in make(store)]
        names = {document["list"]: lists.get(store, int(str(document["list"]))).name for document in documents}
    lines = [_line(document, names[document["list"]]) for document in documents]
    answer(as_json, {"lists": documents} if several else documents[0], lines)


def _line(document: Mapping[str, Any], name: str) -> str:
    return _("List {id} “{name}” is stored: {n} recipients. {origin}").format(
        id=document["list"], name=name, n=spaced(int(document["accepted"])), origin=document["origin"]
    )


def _document(store: "Store", list_id: int) -> dict[str, object]:
    from getsms_core.contacts import lists
    from getsms_core.contacts.facts import ListFacts

    recipient_list = lists.get(store, list_id)
    counts = recipient_list.counts.to_stored()
    return {
        "list": list_id,
        "name": recipient_list.name,
        **counts,
        "origin": recipient_list.origin,
        "columns": ListFacts.from_stored(recipient_list.facts).columns,
    }


@click.command("merge", short_help=N_("Merge lists; every number once."))
@click.argument("list_ids", metavar="ID ID...", nargs=-1, required=True, type=LIST_ID)
@name_option
@click.option(
    "--keep",
    type=click.Choice(["first", "last"]),
    default="first",
    show_default=True,
    help=N_("Which of several rows with the same number to keep."),
)
@json_option
def merge_command(list_ids: tuple[int, ...], name: str, keep: Any, as_json: bool) -> None:
    """Create one list of all rows of these lists. The lists themselves stay as they are."""
    from getsms_core.contacts import operations as list_operations

    _made(as_json, lambda store: [list_operations.merge(store, somebody(), list_ids, name, keep)])


@click.command("subtract", short_help=N_("Create a list without the numbers of other lists."))
@list_argument
@click.argument("others", metavar="ID...", nargs=-1, required=True, type=LIST_ID)
@name_option
@json_option
def subtract_command(list_id: int, others: tuple[int, ...], name: str, as_json: bool) -> None:
    """Create a list of the recipients of the first list who are in none of the others."""
    from getsms_core.contacts import operations as list_operations

    _made(as_json, lambda store: [list_operations.subtract(store, somebody(), list_id, others, name)])


@click.command("intersect", short_help=N_("Create a list of the numbers that several lists share."))
@list_argument
@click.argument("others", metavar="ID...", nargs=-1, required=True, type=LIST_ID)
@name_option
@json_option
def intersect_command(list_id: int, others: tuple[int, ...], name: str, as_json: bool) -> None:
    """Create a list of the recipients of the first list who are also in each of the others."""
    from getsms_core.contacts import operations as list_operations

    _made(as_json, lambda store: [list_operations.intersect(store, somebody(), list_id, others, name)])


@click.command("sample", short_help=N_("Draw a random sample."))
@list_argument
@click.option("--n", type=Whole(1), help=N_("Number of recipients."))
@click.option("--share", type=Number(0, 1, min_open=True), help=N_("Share of the recipients: 0.1 is 10%."))
@seed_option
@name_option
@json_option
def sample_command(list_id: int, n: int | None, share: float | None, seed: int, name: str, as_json: bool) -> None:
    """Create a list of a random sample of list ID."""
    if (n is None) == (share is None):
        raise click.UsageError(_("Give either --n or --share."))
    from getsms_core.contacts import operations as list_operations

    _made(
        as_json, lambda store: [list_operations.sample(store, somebody(), list_id, name, n=n, share=share, seed=seed)]
    )


@click.command("split", short_help=N_("Split a list into parts."))
@list_argument
@click.option("--parts", type=Whole(2, 100), help=N_("Number of parts of equal size."))
@click.option("--sizes", help=N_("Sizes of the parts, as in 1000,5000; the remainder is another part."))
@click.option("--seed", type=Whole(0), help=N_("Split at random; without it, in the order of the list."))
@name_option
@json_option
def split_command(
    list_id: int, parts: int | None, sizes: str | None, seed: int | None, name: str, as_json: bool
) -> None:
    """Split list ID into parts; each recipient is in exactly one of them."""
    if (parts is None) == (sizes is None):
        raise click.UsageError(_("Give either --parts or --sizes."))
    wanted = None if sizes is None else list(_sizes(sizes))
    from getsms_core.contacts import operations as list_operations

    _made(
        as_json,
        lambda store: list_operations.split(store, somebody(), list_id, name, parts=parts, sizes=wanted, seed=seed),
        several=True,
    )


def _sizes(text: str) -> Iterator[int]:
    for piece in text.split(","):
        if not piece.strip().isdecimal():
            raise click.UsageError(_("“{text}” is not a list of sizes. Write sizes as in 1000,5000.").format(text=text))
        yield int(piece)


@click.command("filter", short_help=N_("Create a list of the recipients who meet a condition."))
@list_argument
@where_options
@name_option
@json_option
def filter_command(list_id: int, where: str | None, segment: str | None, name: str, as_json: bool) -> None:
    """Create a list of the recipients of list ID who meet a condition, as in: Shahar = Toshkent and Yosh >= 25"""
    if where is None and segment is None:
        raise click.UsageError(_("Give a condition with --where or --segment."))
    settings = settings_in_force()
    from getsms_core.contacts import lists, operations, selection

    with database(settings) as store:
        checked = lists.checked(store, list_id)
        condition = condition_of(store, where, segment, selection.columns_of(checked))
        assert condition is not None
        new_list_id, unreadable = operations.filter_recipients(store, somebody(), list_id, condition, name)
        document = _document(store, new_list_id) | {"unreadable": selection.unreadable_document(unreadable)}
        line = _line(document, lists.get(store, new_list_id).name)
    answer(as_json, document, [line, *unreadable_lines(unreadable)])


@click.command("rename", short_help=N_("Rename a list."))
@list_argument
@click.argument("name")
@json_option
def rename_command(list_id: int, name: str, as_json: bool) -> None:
    """Rename list ID to NAME."""
    settings = settings_in_force()
    from getsms_core.contacts import lists
    from getsms_core.contacts import operations as list_operations

    with database(settings) as store:
        list_operations.rename(store, somebody(), list_id, name)
        name = lists.get(store, list_id).name
    sentence = _("List {id} is called “{name}”.").format(id=list_id, name=name)
    answer(as_json, {"list": list_id, "name": name}, [sentence])


@click.command("tag", short_help=N_("Replace the tags of a list."))
@list_argument
@click.argument("tags", metavar="TAG...", nargs=-1)
@json_option
def tag_command(list_id: int, tags: tuple[str, ...], as_json: bool) -> None:
    """Replace the tags of list ID with these; without a tag, remove all."""
    settings = settings_in_force()
    from getsms_core.contacts import lists
    from getsms_core.contacts import operations as list_operations

    with database(settings) as store:
        list_operations.tag(store, somebody(), list_id, tags)
        list_tags = lists.get(store, list_id).tags
    sentence = _("List {id} has these tags: {tags}.") if list_tags else _("List {id} has no tags.")
    answer(as_json, {"list": list_id, "tags": list_tags}, [sentence.format(id=list_id, tags=", ".join(list_tags))])


@click.command("delete", short_help=N_("Delete a list: its file and its rows."))
@list_argument
@json_option
def delete_command(list_id: int, as_json: bool) -> None:
    """Delete list ID, unless a campaign that has not ended needs it."""
    settings = settings_in_force()
    from getsms_core.contacts import operations as list_operations

    with database(settings) as store:
        list_operations.delete(store, somebody(), list_id)
    answer(as_json, {"deleted": list_id}, [_("List {id} is deleted.").format(id=list_id)])


COMMANDS = (
    merge_command,
    subtract_command,
    intersect_command,
    sample_command,
    split_command,
    filter_command,
    rename_command,
    tag_command,
    delete_command,
)
