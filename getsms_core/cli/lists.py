"""`getsms lists`: the stored recipient lists."""

from pathlib import Path
from typing import Any

import click

from getsms_core.base.i18n import N_, _
from getsms_core.cli.check import COUNTS, SHOWN, counts_for_people, problems_json
from getsms_core.cli.file_options import note_download
from getsms_core.cli.framework import (
    answer,
    clock,
    database,
    instant,
    json_option,
    settings_in_force,
    somebody,
    spaced,
    table,
)
from getsms_core.cli.list_options import (
    file_argument,
    file_options,
    options_of,
    say_reading_remarks,
    settled_phone_column,
)
from getsms_core.cli.lists_input import correct_command, paste_command
from getsms_core.cli.lists_operations import COMMANDS, LIST_ID, list_argument
from getsms_core.cli.table_file import OutFile, checked_format, write_table


@click.group("lists", invoke_without_command=True)
@click.option("--all", "internal", is_flag=True, help=N_("Include the lists of test SMS."))
@json_option
@click.pass_context
def lists_command(ctx: click.Context, internal: bool, as_json: bool) -> None:
    """List the stored recipient lists, newest first, or run one of the commands below."""
    if ctx.invoked_subcommand is not None:
        return
    settings = settings_in_force()
    from getsms_core.contacts import lists, progress

    with database(settings) as store:
        recipient_lists = lists.all_lists(store, internal=internal)
        states = progress.states(store, recipient_lists)
    documents = [
        {
            "list": recipient_list.id,
            "name": recipient_list.name,
            "file": recipient_list.filename,
            "state": states[recipient_list.id or 0],
            "message": recipient_list.message,
            **(recipient_list.counts.to_stored() if recipient_list.stored_counts else dict.fromkeys(COUNTS)),
            "created_at": instant(recipient_list.created_at, settings),
            "created_by": recipient_list.created_by,
            "tags": recipient_list.tags,
            "origin": recipient_list.origin,
        }
        for recipient_list in recipient_lists
    ]
    rows = [
        (
            recipient_list.id,
            recipient_list.name,
            recipient_list.filename,
            states[recipient_list.id or 0],
            spaced(recipient_list.counts.rows if recipient_list.stored_counts else ""),
            spaced(recipient_list.counts.accepted if recipient_list.stored_counts else ""),
            clock(recipient_list.created_at, settings),
        )
        for recipient_list in recipient_lists
    ]
    head = ("ID", _("Name"), _("File"), _("State"), _("Rows"), _("Accepted"), _("Created"))
    answer(as_json, {"lists": documents}, table(rows, head, _("There are no lists yet.")))


@lists_command.command("add", short_help=N_("Check a file and store it."))
@file_argument
@click.option("--name", default="", help=N_("Name of the list; default: the file name."))
@click.option(
    "--adds-to",
    type=LIST_ID,
    metavar="ID",
    help=N_("Append to this list: creates a new list of both, each number once."),
)
@click.option(
    "--mended", is_flag=True, help=N_("FILE contains the rejected rows of that list, corrected, and replaces them.")
)
@file_options
@json_option
def add_command(file: Path, name: str, as_json: bool, **asked: Any) -> None:
    """Check FILE and store it for `getsms create --list`."""
    from getsms_core.contacts.facts import ListFacts

    if asked["mended"] and not asked["adds_to"]:
        raise click.UsageError(_("--mended needs --adds-to."))
    settings = settings_in_force()
    from getsms_core.base import names
    from getsms_core.contacts import lists

    with database(settings) as store:
        called = lists.get(store, asked["adds_to"]).name if asked["adds_to"] else names.shorten("list", file.stem)
        options = options_of(asked)
        checked, facts = lists.check_file(store, file, options)
        say_reading_remarks(facts)
        settled_phone_column(facts)
        list_id = lists.save_checked_file(store, somebody(), file, name.strip() or called, options, checked, facts)
        recipient_list = lists.get(store, list_id)
    document = {
        "list": list_id,
        "name": recipient_list.name,
        **recipient_list.counts.to_stored(),
    }
    lines = [
        _("List {id} “{name}” is stored.").format(id=list_id, name=recipient_list.name),
        *counts_for_people(recipient_list.counts),
    ]
    answer(
        as_json,
        document
        | {
            "phone_column": ListFacts.from_stored(recipient_list.facts).phone_column,
            "columns": ListFacts.from_stored(recipient_list.facts).columns,
        },
        lines,
    )


@lists_command.command("show", short_help=N_("Show a list and its problems."))
@list_argument
@json_option
def show_list_command(list_id: int, as_json: bool) -> None:
    """Show list ID: its counts and every row that was not accepted unchanged."""
    settings = settings_in_force()
    from getsms_core.contacts import lists

    with database(settings) as store:
        recipient_list = lists.get(store, list_id)
        checked = lists.read(store, somebody(), list_id)
    counts = recipient_list.counts
    document = {"list": list_id, "name": recipient_list.name, **counts.to_stored(), "facts": recipient_list.facts}
    roles = {"key_column": recipient_list.key_column, "personal_columns": recipient_list.personal_columns}
    if as_json:
        document["problems"] = problems_json(checked)
        document |= roles
    lines = [
        _("List {id} “{name}”").format(id=list_id, name=recipient_list.name),
        *counts_for_people(recipient_list.counts),
    ]
    lines += [_("Row {row}: {message}").format(**problem) for problem in checked.problems(SHOWN)]
    answer(as_json, document, lines)


@lists_command.command("refused", short_help=N_("Write the rejected rows to a file, to correct them."))
@list_argument
@click.option("--out", required=True, type=OutFile(), help=N_("FILE.csv or FILE.xlsx."))
@json_option
def refused_command(list_id: int, out: Path, as_json: bool) -> None:
    """Write the rejected rows of list ID to a file, each with its reason. Correct them there, then add that file."""
    checked_format(out)
    settings = settings_in_force()
    from getsms_core.contacts import lists

    with database(settings) as store:
        rows = lists.read(store, somebody(), list_id).refused_table()
        note_download(store, f"list:{list_id}")
    write_table(rows, out)
    sentence = _("{n} rows are in {file}.").format(n=spaced(rows.num_rows), file=out)
    answer(as_json, {"list": list_id, "rows": rows.num_rows, "file": str(out)}, [sentence])


for _command in (paste_command, correct_command, *COMMANDS):
    lists_command.add_command(_command)
