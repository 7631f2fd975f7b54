"""`getsms check`: check a list without storing it."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from getsms_core.base.i18n import N_, _, ngettext
from getsms_core.cli.framework import answer, json_option, settings_in_force, spaced
from getsms_core.cli.list_options import (
    damaged_characters,
    file_argument,
    file_options,
    known_opt_outs,
    say_reading_remarks,
    several_phone_columns,
)
from getsms_core.cli.table_file import OutFile, write_table
from getsms_core.db.documents import RowCounts

if TYPE_CHECKING:
    import orjson

    from getsms_core.contacts.facts import ListFacts
    from getsms_core.contacts.validation import CheckedList
    from getsms_core.spreadsheet import Sheet

SHOWN = 20  # problems shown as lines
WRITTEN_AT_ONCE = 20_000  # problems in one JSON document
COUNTS = ("rows", "accepted", "repaired", "rejected", "duplicates", "opted_out")


@click.command("check")
@file_argument
@file_options
@click.option(
    "--refused",
    type=OutFile(),
    help=N_("Write the rejected rows to this file (.csv or .xlsx), each with its reason, to correct them."),
)
@json_option
def check_command(file: Path, refused: Path | None, as_json: bool, **asked: Any) -> None:
    """Read FILE (a spreadsheet, a text, a web page or contacts), check every row and list the rows that are not
    accepted unchanged. Nothing is stored; opt-outs of the database apply if there is one."""
    from getsms_core import spreadsheet

    settings = settings_in_force()
    if refused is not None and refused.exists() and file.exists() and refused.samefile(file):
        raise click.BadParameter(_("this is the list itself; name another file"), param_hint="--refused")
    keep, two, column, header = (asked.pop(name) for name in ("keep", "two", "phone_column", "header_row"))
    skip_hidden = asked.pop("skip_hidden")
    with spreadsheet.begin(file, **asked) as begun:  # reads the file while the other modules are imported
        from getsms_core.contacts import set_algebra, validation

        opted_out, opted_out_of_advertising = known_opt_outs(settings)
        read = spreadsheet.read(file, header_row=header, skip_hidden=skip_hidden, begun=begun)
    checked = validation.check_list(read, phone_column=column, opted_out=opted_out, keep=keep, two=two)
    no_advertising = set_algebra.count_among(checked, opted_out_of_advertising)
    if refused is not None:
        write_table(checked.refused_table(), refused)
    say_reading_remarks(_reading_facts(read))
    for remark in _remarks(read, checked, column):
        click.echo(remark, err=True)
    answer(
        as_json,
        _document(read, checked, no_advertising) if as_json else {},
        _for_people(file, checked, no_advertising, refused),
    )


def _reading_facts(read: "Sheet") -> "ListFacts":
    from getsms_core.contacts.facts import ListFacts

    return ListFacts(sheet=read.sheet, sheets=tuple(read.sheets), hidden_rows=read.hidden_rows,
                     skipped_rows=read.skipped_rows, as_shown=read.as_shown)  # fmt: skip


def _remarks(read: "Sheet", checked: "CheckedList", column: str | None) -> Iterator[str]:
    if column is None and len(checked.phone_columns) > 1:
        yield several_phone_columns(checked.phone_columns, checked.phone_column)
    if damaged := read.damaged_rows():
        yield damaged_characters(damaged[:SHOWN], read.encoding)


def _document(read: "Sheet", checked: "CheckedList", no_advertising: int) -> dict[str, object]:
    return {
        **checked.counts.to_stored(),
        "phone_column": checked.phone_column,
        "columns": checked.columns,
        "problems": problems_json(checked),
        "sheet": read.sheet,
        "sheets": read.sheets,
        "encoding": read.encoding,
        "delimiter": read.delimiter,
        "header_row": read.header_row,
        "phone_columns": checked.phone_columns,
        "other_sheets": [name for name in read.sheets if name != read.sheet],
        "hidden_rows": read.hidden_rows,
        "skipped_rows": read.skipped_rows,
        "as_shown": read.as_shown,
        "opted_out_advertising": no_advertising,
    }


def problems_json(checked: "CheckedList") -> "orjson.Fragment":
    """Yield every problem as JSON, some thousands at a time: a million of them as objects take a gigabyte."""
    import orjson

    problems, written = checked.problems(), list[bytes]()
    while some := list(islice(problems, WRITTEN_AT_ONCE)):
        written.append(orjson.dumps(some)[1:-1])
    return orjson.Fragment(b"[" + b",".join(written) + b"]")


def counts_for_people(counts: RowCounts) -> Iterator[str]:
    """Return a line for each count of a checked list."""
    labels = {
        "rows": _("Rows"),
        "accepted": _("Accepted"),
        "repaired": _("of them repaired"),
        "rejected": _("Rejected"),
        "duplicates": _("Duplicates"),
        "opted_out": _("Opted out"),
    }
    width = max(map(len, labels.values())) + 2
    for name, n in counts.to_stored().items():
        yield f"{labels[name]:{width}}{spaced(n):>12}"


def _for_people(file: Path, checked: "CheckedList", no_advertising: int, refused: Path | None) -> Iterator[str]:
    yield _("{file}: numbers in column “{column}”").format(file=file.name, column=checked.phone_column)
    yield from counts_for_people(checked.counts)
    if no_advertising:
        yield ngettext(
            "{n} accepted number has opted out of advertising: it gets service messages only.",
            "{n} accepted numbers have opted out of advertising: they get service messages only.",
            no_advertising,
        ).format(n=spaced(no_advertising))
    for problem in checked.problems(SHOWN):
        yield _("Row {row}: {message}").format(**problem)
    counts = checked.counts
    hidden_rows = counts.left_out + counts.repaired - SHOWN
    if hidden_rows > 0:
        yield ngettext(
            "... and {n} row more; --json names every one.",
            "... and {n} rows more; --json names every one.",
            hidden_rows,
        ).format(n=spaced(hidden_rows))
    if refused is not None:
        yield _("The rejected rows are in {file}. Correct them there and check that file again.").format(file=refused)
