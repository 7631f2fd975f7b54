"""`getsms lists paste`, `lists correct`: a list from numbers on the command line, and refused cells corrected."""

import sys
import tempfile
from pathlib import Path

import click

from getsms_core.base.i18n import N_, _
from getsms_core.cli.check import counts_for_people
from getsms_core.cli.framework import answer, database, json_option, settings_in_force, somebody
from getsms_core.cli.list_options import settled_phone_column
from getsms_core.cli.lists_operations import list_argument


@click.command("paste", short_help=N_("Save numbers from the command line or stdin as a list."))
@click.argument("numbers", metavar="NUMBER...", nargs=-1, required=True)
@click.option("--name", default="", help=N_("Name of the list."))
@json_option
def paste_command(numbers: tuple[str, ...], name: str, as_json: bool) -> None:
    """Check these numbers and save them as a list, like a file with one number in each row. With - instead, they are
    read from stdin: numbers, or rows of a spreadsheet."""
    text = sys.stdin.read() if numbers == ("-",) else "\n".join(numbers)
    settings = settings_in_force()
    from getsms_core.contacts import lists, pasting

    content, options = pasting.file_of(text)
    with database(settings) as store, tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / pasting.FILENAME
        path.write_bytes(content)
        checked, facts = lists.check_file(store, path, options)
        settled_phone_column(facts)
        called = name.strip() or _("Pasted numbers")
        list_id = lists.save_checked_file(store, somebody(), path, called, options, checked, facts)
        recipient_list = lists.get(store, list_id)
    document = {
        "list": list_id,
        "name": recipient_list.name,
        **recipient_list.counts.to_stored(),
    }
    line = _("List {id} “{name}” is saved.").format(id=list_id, name=recipient_list.name)
    answer(as_json, document, [line, *counts_for_people(recipient_list.counts)])


@click.command("correct", short_help=N_("Correct refused cells: a new list with the corrected rows."))
@list_argument
@click.argument("cells", metavar="ROW=NUMBER...", nargs=-1, required=True)
@json_option
def correct_command(list_id: int, cells: tuple[str, ...], as_json: bool) -> None:
    """Create a copy of list ID in which the refused cells of these rows contain these numbers, as in: 5=998901234567.
    ROW is the row as the spreadsheet shows it; the other columns stay."""
    by_row = {}
    for cell in cells:
        row, separator, number = cell.partition("=")
        if not separator or not row.strip().isdecimal() or not number.strip():
            raise click.UsageError(_("Write each correction as ROW=NUMBER, for example 5=998901234567."))
        by_row[int(row)] = number
    settings = settings_in_force()
    from getsms_core.contacts import corrections, lists

    with database(settings) as store:
        positions = corrections.positions_of_rows(lists.read(store, somebody(), list_id), by_row)
        new_list_id = corrections.correct(store, somebody(), list_id, positions)
        recipient_list = lists.get(store, new_list_id)
    document = {
        "list": new_list_id,
        "name": recipient_list.name,
        **recipient_list.counts.to_stored(),
        "corrected": sorted(by_row),
    }
    line = _("List {id} “{name}” is saved.").format(id=new_list_id, name=recipient_list.name)
    answer(as_json, document, [line, *counts_for_people(recipient_list.counts)])
