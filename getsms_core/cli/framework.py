"""What all commands share: loading, output, and errors without a traceback."""

import errno
import importlib
import inspect
import io
import os
import re
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

from getsms_core.base import processes
from getsms_core.base.errors import DomainError, Unavailable, os_cause, os_reason
from getsms_core.base.i18n import N_, _
from getsms_core.cli.usage import speak_process

if TYPE_CHECKING:
    from getsms_core.base.permissions import Actor
    from getsms_core.base.settings import Settings
    from getsms_core.db.engine import Store

F = TypeVar("F", bound=Callable[..., Any])
_LANGUAGE = re.compile(r"^\s*(?:export\s+)?GETSMS_LANGUAGE\s*=\s*[\"']?(\w+)", re.IGNORECASE | re.MULTILINE)

_LINE_END = re.compile(r"(?<!\n)\n(?!\n)")  # joins the lines of a paragraph, however the source wraps them
_DIGITS = re.compile("-?[0-9]+")
_MOST_DIGITS = 18  # a database takes no number beyond 64 bits
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")  # in a name they would control the terminal
_HALVES = re.compile("[\ud800-\udfff]")  # surrogates: how Python represents bytes that are not UTF-8

_english: dict[tuple[click.Command | click.Option, str], str | None] = {}  # the English help, before translation

json_option = click.option("--json", "as_json", is_flag=True, help=N_("Print one JSON document on stdout."))


class Whole(click.IntRange):
    """A whole number in the notation that `amounts` reads. Click would reject other input as an "invalid integer
    range"."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number. Raises click.BadParameter."""
        return super().convert(value if isinstance(value, int) else self._read(value, param, ctx), param, ctx)

    def _read(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> int:
        typed = value.strip()
        if _DIGITS.fullmatch(typed) and len(typed) <= _MOST_DIGITS:  # without Babel, which takes 60 ms to load
            return int(typed)
        from getsms_core.base import amounts

        try:
            return amounts.parse_whole_number(typed)
        except DomainError as refusal:
            if refusal.code in ("ambiguous-number", "number-too-large"):
                self.fail(refusal.message, param, ctx)
            self.fail(_("{value!r} is not a whole number.").format(value=value), param, ctx)


class Day(click.ParamType[datetime]):
    """A day as 2026-11-30. Click would name the notation %Y-%m-%d, which only programmers read."""

    name = "day"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return midnight of the day as a datetime without a zone. Raises click.BadParameter."""
        if isinstance(value, datetime):
            return value
        try:
            return datetime.strptime(value.strip(), "%Y-%m-%d")
        except ValueError:
            self.fail(_("{value!r} is not a date. Write it as {example}.").format(value=value, example="2026-11-30"),
                      param, ctx)  # fmt: skip


# ------------------------------------------------------------------------------------------------- finding, failing


class AnswerLost(Exception):
    """The answer could not be written to stdout, for example because the disk is full."""

    def __init__(self, cause: OSError) -> None:
        super().__init__(cause)
        self.cause = cause


class Commands(click.Group):
    """The top group. It imports a command's module when it is called, and turns every error into a sentence."""

    def __init__(self, *args: Any, table: Mapping[str, tuple[str, str]] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.table = table or {}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in the order of a user's work, not of the alphabet."""
        return list(self.table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return a command, with its help in the user's language."""
        if cmd_name not in self.table:
            return None
        command = getattr(importlib.import_module(f"getsms_core.cli.{self.table[cmd_name][0]}"), f"{cmd_name}_command")
        assert isinstance(command, click.Command)
        return _translated(command)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; for an unknown one raise click.UsageError with those that are written much like it."""
        try:
            return super().resolve_command(ctx, args)
        except click.exceptions.NoSuchCommand as error:
            raise click.exceptions.NoSuchCommand(error.command_name, possibilities=self.table, ctx=ctx) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list in `getsms --help` from the table: importing every command takes a second."""
        with formatter.section(_("Commands")):
            formatter.write_dl([(name, _(line)) for name, (_module, line) in self.table.items()])

    def main(  # type: ignore[override]
        self, args: Sequence[str] | None = None, prog_name: str | None = None, **extra: Any
    ) -> NoReturn:
        """Run the command and exit: 0 done, 1 refused or failed, 2 wrong usage. Never prints a traceback."""
        given = list(sys.argv[1:] if args is None else args)
        extra["standalone_mode"] = False
        speak_process(_language())
        _translated(self)
        _prepare_streams()
        try:
            code = super().main(given, prog_name or "getsms", **extra)
        except click.UsageError as error:
            error.show()
            _as_json(given, "usage", error.format_message())
            code = 2
        except click.Abort:
            code = _failed(given, "stopped", _("Stopped."))
        except click.ClickException as error:
            code = _failed(given, "failed", error.format_message())
        except DomainError as refusal:
            code = _failed(given, refusal.code, refusal.message)
        except BrokenPipeError:  # the reader closed our output, as `head` does
            _give_up_output()
            code = 1
        except AnswerLost as error:
            _give_up_output()
            processes.print_to_stderr(
                _("The answer could not be written: {reason}.").format(reason=os_reason(error.cause))
            )
            code = 1
        except UnicodeEncodeError as error:
            if not _HALVES.search(str(error.object)):
                raise
            code = _failed(given, "not-utf8", _("The input contains bytes that are not UTF-8. Type or save it again."))
        except Exception as error:
            known = _known(error)
            code = _failed(given, *known) if known else _failed(given, "unforeseen", _unforeseen(error))
        sys.exit(code if isinstance(code, int) else 0)


def _worded(command: click.Command) -> Iterator[tuple[click.Command | click.Option, str, str]]:
    """Yield every English help text of a command: the object that has it, its attribute, the text."""
    texts: list[tuple[click.Command | click.Option, str]] = [(command, "help"), (command, "short_help")]
    texts += [(option, "help") for option in command.params if isinstance(option, click.Option)]
    for holder, name in texts:
        if text := _english.setdefault((holder, name), getattr(holder, name)):
            yield holder, name, _LINE_END.sub(" ", inspect.cleandoc(text))


def _translated(command: click.Command) -> click.Command:
    for holder, name, text in _worded(command):
        setattr(holder, name, _(text))
    for below in command.commands.values() if isinstance(command, click.Group) else ():
        _translated(below)
    return command


def sentences(command: click.Command) -> Iterator[str]:
    """Yield every help text of a command as the catalogue has it; for a group, those of its commands too."""
    yield from (text for _holder, _name, text in _worded(command))
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            yield from sentences(below) if below else ()


def _prepare_streams() -> None:
    """Make the three standard streams usable. The number of a closed one would be given to the next file that is
    opened; a terminal with another encoding shows ʻ as ? instead of ending the command."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest free number, which is this one
    if sys.stdin is None:
        sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")


def _give_up_output() -> None:
    """Discard buffered output: writing it at exit would fail again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def put(data: bytes | str) -> None:
    """Write to stdout. Raises AnswerLost if it cannot be written and BrokenPipeError if nobody reads it."""
    try:
        click.echo(data, nl=False)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise AnswerLost(error) from error


def _language() -> str:
    """Return the user's language before the settings are read: an error in the settings is translated too."""
    if code := os.environ.get("GETSMS_LANGUAGE"):
        return code
    try:
        language_line = _LANGUAGE.search(Path(".env").read_text("utf-8"))
    except (OSError, UnicodeError):
        return "en"
    return language_line[1] if language_line else "en"


def _failed(given: Sequence[str], code: str, message: str) -> int:
    processes.print_to_stderr(message)
    _as_json(given, code, message)
    return 1


def _as_json(given: Sequence[str], code: str, message: str) -> None:
    until = given.index("--") if "--" in given else len(given)
    if "--json" in given[:until]:
        say_json({"error": code, "message": message})


def _known(error: Exception) -> tuple[str, str] | None:
    """Return the code and the sentence of an error of the disk, or of a file whose name or folder the system refuses,
    as it does already where a command asks whether the file exists."""
    if not isinstance(error, OSError):
        return None
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        refusal: DomainError = Unavailable.of("disk-full")
    elif error.errno in (errno.ENAMETOOLONG, errno.EACCES) and isinstance(error.filename, str | os.PathLike):
        refusal = DomainError.of("cannot-read", file=str(error.filename), reason=os_cause(error))
    else:
        return None
    return refusal.code, refusal.message


def _unforeseen(error: Exception) -> str:
    try:
        handle, name = tempfile.mkstemp(prefix="getsms-error-", suffix=".txt")
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
            traceback.print_exception(error, file=file)
    except OSError as unwritable:  # no folder of temporary files can be written
        sentence = _("Unexpected error ({kind}). Its details cannot be stored: {reason}.")
        return sentence.format(kind=type(error).__name__, reason=os_reason(unwritable))
    return _("Unexpected error ({kind}). Please report it with the contents of {file}.").format(
        kind=type(error).__name__, file=name
    )


# ------------------------------------------------------------------------------------------------------- answering


def say_json(document: object) -> None:
    """Write one JSON document and a line end to stdout, always in UTF-8."""
    import orjson

    try:
        data = orjson.dumps(document, option=orjson.OPT_APPEND_NEWLINE | orjson.OPT_SERIALIZE_NUMPY)
    except TypeError:  # a lone surrogate cannot be written as UTF-8, only as \ud83d
        import json

        data = json.dumps(document).encode() + b"\n"
    put(data)


def answer(as_json: bool, document: Mapping[str, object], lines: Iterable[str]) -> None:
    """Write the document for a script or the lines for a user; the lines are created only if needed."""
    if as_json:
        say_json(document)
    else:
        for line in lines:
            put(_CONTROL.sub("", line) + "\n")


def table(rows: Iterable[Sequence[object]], head: Sequence[str], if_empty: str = "") -> Iterator[str]:
    """Return lines in columns, numbers to the right; the sentence `if_empty`, if any, where there are no rows."""
    texts = [[" ".join(str(cell).split()) for cell in row] for row in rows]
    if if_empty and not texts:
        yield if_empty
        return
    numeric = [bool(texts) and all(re.fullmatch(r"-?[\d.,]*", row[i]) for row in texts) for i in range(len(head))]
    widths = [max(map(len, column)) for column in zip(head, *texts, strict=True)]
    for row in (list(head), *texts):
        cells = [
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(row, widths, numeric, strict=True)
        ]
        yield "  ".join(cells).rstrip()


def money(tiyin: int) -> int | str:
    """Return so'm for JSON: an integer if it is whole, else a text with two decimals. Never a float."""
    from getsms_core.billing import price_list

    return price_list.document(tiyin)


def spaced(number: int | str) -> str:
    """Return a number with grouped digits: 1 234 567."""
    return f"{number:,}".replace(",", " ") if isinstance(number, int) else number


def instant(at: object, settings: "Settings") -> str | None:
    """Return UTC milliseconds as ISO 8601 in the zone of the settings; None stays None."""
    from datetime import datetime

    if not isinstance(at, int):
        return None
    return datetime.fromtimestamp(at // 1000, settings.zone).isoformat()


def clock(at: object, settings: "Settings") -> str:
    """Return UTC milliseconds as local time: 2026-12-01 09:00."""
    text = instant(at, settings)
    return text[:16].replace("T", " ") if text else ""


# ------------------------------------------------------------------------------------------------ settings, database


def settings_in_force() -> "Settings":
    """Load the settings and use their language from here on."""
    from getsms_core.base.settings import load

    settings = load()
    speak_process(settings.language)
    return settings


@contextmanager
def database(settings: "Settings") -> Iterator["Store"]:
    """Open the database with its tables up to date."""
    from getsms_core.db.engine import open_store

    store = open_store(settings.database_url)
    try:
        yield store
    finally:
        store.close()


def somebody() -> "Actor":
    """Return the actor of the command. It has every right: whoever runs this command can read the database."""
    import getpass

    from getsms_core.base.permissions import COMMAND_SUFFIX, Actor, Role

    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        name = "?"
    return Actor(f"{name}{COMMAND_SUFFIX}", Role.ADMINISTRATOR)
