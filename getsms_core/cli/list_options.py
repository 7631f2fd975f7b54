"""The options for reading a list, shared by every command that takes one, and the opt-outs for its check."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from getsms_core.base.errors import DomainError
from getsms_core.base.i18n import N_, _, ngettext
from getsms_core.cli.framework import Whole

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from getsms_core.base.settings import Settings
    from getsms_core.contacts.facts import ListFacts
    from getsms_core.contacts.lists import Options
    from getsms_core.db.engine import Store
    from getsms_core.db.models import RecipientList

F = TypeVar("F", bound=Callable[..., Any])
_LOCKED_SECONDS = 10

file_argument = click.argument("file", type=click.Path(path_type=Path))
_OPTIONS = (
    click.option("--phone-column", help=N_("The column with the phone numbers; default: detected.")),
    click.option("--sheet", help=N_("The sheet of a workbook; default: the first sheet with a list.")),
    click.option("--encoding", help=N_("Encoding of a text file, for example cp1251; default: detected.")),
    click.option("--delimiter", help=N_("Column delimiter of a text file; default: detected.")),
    click.option(
        "--header-row",
        type=Whole(0),
        help=N_("The row with the column names, as numbered in the spreadsheet; 0: there is none."),
    ),
    click.option(
        "--keep",
        type=click.Choice(["first", "last"]),
        default="first",
        show_default=True,
        help=N_("Which of several rows with the same number to keep."),
    ),
    click.option(
        "--two",
        type=click.Choice(["refuse", "first", "both"]),
        default="refuse",
        show_default=True,
        help=N_("How to treat a cell with two numbers."),
    ),
    click.option(
        "--skip-hidden",
        is_flag=True,
        help=N_("Leave out the rows that are hidden or filtered out in the spreadsheet (up to 100,000 rows)."),
    ),
)


def file_options(command: F) -> F:
    """Add the options above to a command, which takes them as **asked."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def options_of(asked: dict[str, Any]) -> "Options":
    """Return the options as the list service takes them."""
    from getsms_core.contacts.lists import Options

    return Options(**asked)


def settled_phone_column(facts: "ListFacts") -> None:
    """Say on stderr that another column may hold the phones as well, and which one is taken.

    Raises `DomainError` ("ambiguous-phone-column") if no column is better than the others: a message to the wrong
    number is worse than none."""
    columns = list(facts.phone_columns or ())
    if len(columns) < 2:
        return
    listed = ", ".join(f"“{name}”" for name in columns)
    if not facts.phone_column_decided:
        raise DomainError(
            "ambiguous-phone-column",
            _("Several columns look like phone numbers: {columns}. Choose one with --phone-column.").format(
                columns=listed
            ),
        )
    column = facts.column_of_file
    click.echo(several_phone_columns(columns, column), err=True)


def must_be_usable(store: "Store", recipient_list: "RecipientList") -> None:
    """Raise `DomainError` for a stored list that is not ready ("list-not-ready"), or whose phone column nobody has
    chosen yet where no column is better than the others ("ambiguous-phone-column")."""
    from getsms_core.base.work_states import ListState
    from getsms_core.contacts import lists
    from getsms_core.contacts.facts import ListFacts

    if recipient_list.state != ListState.READY:
        raise DomainError("list-not-ready", _("List {id} is not ready.").format(id=recipient_list.id))
    columns = lists.phone_columns_to_choose(store, recipient_list)
    if columns and ListFacts.from_stored(recipient_list.facts).phone_column_decided is False:
        sentence = _(
            "Several columns of list {id} look like phone numbers: {columns}. Choose one in the app, or add the "
            "file again with --phone-column."
        )
        named = ", ".join(f"“{name}”" for name in columns)
        raise DomainError("ambiguous-phone-column", sentence.format(id=recipient_list.id, columns=named))


def say_reading_remarks(facts: "ListFacts") -> None:
    """Say on stderr which other sheets the file has, how many rows are hidden and what is not as shown."""
    from getsms_core.contacts.reading_remarks import reading_remarks

    for remark in reading_remarks(facts):
        click.echo(remark, err=True)


def several_phone_columns(columns: list[str], chosen: str) -> str:
    """Return the sentence about a list with several possible phone columns."""
    return _(
        "Several columns look like phone numbers: {columns}. The numbers of “{column}” are taken; choose another one "
        "with --phone-column."
    ).format(columns=", ".join(f"“{name}”" for name in columns), column=chosen)


def damaged_characters(rows: list[int], encoding: str | None) -> str:
    """Return the sentence about rows with damaged characters."""
    return ngettext(
        "The file is written in {encoding} and holds a character that is damaged. It is shown as � in row {rows}.",
        "The file is written in {encoding} and holds characters that are damaged. They are shown as � in rows {rows}.",
        len(rows),
    ).format(encoding=(encoding or "").upper(), rows=", ".join(map(str, rows)))


_WITH_SCOPE, _BEFORE_SCOPES = "SELECT phone, scope FROM opt_out", "SELECT phone, 'all' FROM opt_out"
"""The second is for a database that a release without scopes made: it is not upgraded for a check."""


def known_opt_outs(settings: "Settings") -> "tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]":
    """The numbers that opted out of everything, and those that opted out of advertising alone, ascending, of a database
    that is neither made nor changed; none where it does not exist.

    Raises `DomainError` ("database-unreachable"): a check that silently forgets the opt-outs would lie."""
    import numpy as np

    url = settings.database_url
    try:
        opt_outs = _sqlite(url.partition(":///")[2].partition("?")[0]) if url.startswith("sqlite") else _postgresql(url)
    except DomainError:
        raise
    except Exception as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise DomainError(
            "database-unreachable",
            _(
                "The opt-outs in the database cannot be read ({reason}). Nothing was checked. "
                "Check GETSMS_DATABASE_URL, then try again."
            ).format(reason=reason),
        ) from error
    everything, advertising = (
        np.sort(np.array([phone for phone, its_scope in opt_outs if its_scope == scope], dtype=np.int64))
        for scope in ("all", "advertising")
    )
    return everything, advertising


def _sqlite(file: str) -> list[tuple[int, str]]:
    path = Path(file).absolute()
    if not file or not path.exists():
        return []
    wal = path.with_name(path.name + "-wal")
    quiet = f"{path.as_uri()}?immutable=1"
    if not wal.exists():
        return _ask_sqlite(quiet)  # no process has it open; a reader would leave a -wal and a -shm behind
    try:
        return _ask_sqlite(f"{path.as_uri()}?mode=ro")
    except sqlite3.OperationalError as error:
        # Without write access to the folder SQLite opens a WAL file only as immutable.
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_CANTOPEN or wal.stat().st_size:
            raise
        return _ask_sqlite(quiet)


def _ask_sqlite(uri: str) -> list[tuple[int, str]]:
    with closing(sqlite3.connect(uri, uri=True, timeout=_LOCKED_SECONDS)) as connection:
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'opt_out'").fetchone():
            return []
        has_scope = connection.execute("SELECT 1 FROM pragma_table_info('opt_out') WHERE name = 'scope'").fetchone()
        return connection.execute(_WITH_SCOPE if has_scope else _BEFORE_SCOPES).fetchall()


def _postgresql(url: str) -> list[tuple[int, str]]:
    import sqlalchemy as sa

    try:
        address = sa.make_url(url)
    except sa.exc.ArgumentError:
        address = None
    if address is None or address.get_backend_name() not in ("postgresql", "postgres"):
        raise DomainError(
            "database-address",
            _(
                "GETSMS_DATABASE_URL is not a database address that this program knows. "
                "Write sqlite:///FILE or postgresql://USER@HOST/NAME."
            ),
        )
    import psycopg

    plain = address.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, connect_timeout=_LOCKED_SECONDS) as connection:
        table_name = connection.execute("SELECT to_regclass('opt_out')").fetchone()
        if table_name is None or table_name[0] is None:
            return []
        has_scope = connection.execute(
            "SELECT 1 FROM pg_attribute WHERE attrelid = to_regclass('opt_out') AND attname = 'scope'"
        ).fetchone()
        return connection.execute(_WITH_SCOPE if has_scope else _BEFORE_SCOPES).fetchall()
