"""`getsms lists`: the recipient lists that are kept."""

from pathlib import Path
from typing import Any

import click

from getsms_core.base.i18n import N_, _
from getsms_core.cli.check import COUNTS, SHOWN, counts_for_people, problems_json
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
from getsms_core.cli.list_options import file_argument, file_options, options_of, settled_phone_column
from getsms_core.cli.lists_operations import COMMANDS, LIST_ID, list_argument
from getsms_core.cli.table_file import OutFile, write_table


@click.group("lists", invoke_without_command=True)
@json_option
@click.pass_context
def lists_command(ctx: click.Context, as_json: bool) -> None:
    """List the kept recipient lists, newest first; or do one of the commands below."""
    if ctx.invoked_subcommand is not None:
        return
    settings = settings_in_force()
    from getsms_core.contacts import lists

    with database(settings) as store:
        found = lists.all_lists(store)
    documents = [
        {
            "list": each.id,
            "name": each.name,
            "file": each.filename,
            "state": each.state,
            "message": each.message,
            **{name: each.counts.get(name) for name in COUNTS},
            "created_at": instant(each.created_at, settings),
            "created_by": each.created_by,
            "tags": each.tags,
            "origin": each.origin,
        }
        for each in found
    ]
    rows = [
        (
            each.id,
            each.name,
            each.filename,
            each.state,
            spaced(each.counts.get("rows", "")),
            spaced(each.counts.get("accepted", "")),
            clock(each.created_at, settings),
        )
        for each in found
    ]
    head = ("ID", _("Name"), _("File"), _("State"), _("Rows"), _("Accepted"), _("Created"))
    answer(as_json, {"lists": documents}, table(rows, head) if rows else [_("There are no lists yet.")])


@lists_command.command("add", short_help=N_("Check a file and keep it."))
@file_argument
@click.option("--name", default="", help=N_("What the list is called; the file's name without it."))
@click.option(
    "--adds-to", type=LIST_ID, metavar="ID", help=N_("Put it behind this list: a new list of both, each number once.")
)
@click.option(
    "--mended", is_flag=True, help=N_("FILE holds the refused rows of that list, mended, and comes in place of them.")
)
@file_options
@json_option
def add_command(file: Path, name: str, as_json: bool, **asked: Any) -> None:
    """Check FILE and keep it for `getsms create --list`."""
    if asked["mended"] and not asked["adds_to"]:
        raise click.UsageError(_("--mended needs --adds-to."))
    settings = settings_in_force()
    from getsms_core.contacts import lists

    with database(settings) as store:
        called = lists.get(store, asked["adds_to"]).name if asked["adds_to"] else file.stem
        options = options_of(asked)
        checked, facts = lists.check_file(store, file, options)
        settled_phone_column(facts)
        list_id = lists.save_checked_file(store, somebody(), file, name.strip() or called, options, checked, facts)
        kept = lists.get(store, list_id)
    document = {"list": list_id, "name": kept.name, **{count: kept.counts[count] for count in COUNTS}}
    lines = [_("List {id} “{name}” is kept.").format(id=list_id, name=kept.name), *counts_for_people(kept.counts)]
    answer(as_json, document | {"phone_column": kept.facts["phone_column"], "columns": kept.facts["columns"]}, lines)


@lists_command.command("show", short_help=N_("A kept list and its problems."))
@list_argument
@json_option
def show_list_command(list_id: int, as_json: bool) -> None:
    """Show list ID: its counts and every row that is not accepted as it stood."""
    settings = settings_in_force()
    from getsms_core.contacts import lists

    with database(settings) as store:
        kept = lists.get(store, list_id)
        checked = lists.checked(store, list_id)
    document = {"list": list_id, "name": kept.name, **kept.counts, "facts": kept.facts}
    if as_json:
        document["problems"] = problems_json(checked)
    lines = [_("List {id} “{name}”").format(id=list_id, name=kept.name), *counts_for_people(kept.counts)]
    lines += [_("Row {row}: {message}").format(**problem) for problem in checked.problems(SHOWN)]
    answer(as_json, document, lines)


@lists_command.command("refused", short_help=N_("The rows that are not accepted, as a file to mend."))
@list_argument
@click.option("--out", required=True, type=OutFile(), help=N_("FILE.csv or FILE.xlsx."))
@json_option
def refused_command(list_id: int, out: Path, as_json: bool) -> None:
    """Write the rows of list ID that are not accepted to a file, each with its reason. Mend them there, then add that
    file."""
    settings = settings_in_force()
    from getsms_core.contacts import lists

    with database(settings) as store:
        rows = lists.checked(store, list_id).refused_table()
    write_table(rows, out)
    said = _("{n} rows stand in {file}.").format(n=spaced(rows.num_rows), file=out)
    answer(as_json, {"list": list_id, "rows": rows.num_rows, "file": str(out)}, [said])


for _command in COMMANDS:
    lists_command.add_command(_command)
