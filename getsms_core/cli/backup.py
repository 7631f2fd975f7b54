"""`getsms backup` and `getsms restore`: the whole database as one file, and back."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from getsms_core.base.errors import DomainError, NotFound, os_reason
from getsms_core.base.i18n import N_, _, ngettext
from getsms_core.cli.framework import answer, clock, database, instant, json_option, settings_in_force, somebody, spaced
from getsms_core.cli.table_file import OutFile, cannot_write

if TYPE_CHECKING:
    from getsms_core.backup import BackupResult, RestoreResult
    from getsms_core.base.settings import Settings
    from getsms_core.db.engine import Store

PASSWORD_MOST = 1024
PASSWORD_LENGTH = 8


@click.command("backup")
@click.argument("file", type=OutFile())
@click.option(
    "--password-stdin", is_flag=True, help=N_("Encrypt the file with the password in the first line of stdin.")
)
@json_option
def backup_command(file: Path, password_stdin: bool, as_json: bool) -> None:
    """Write the whole database to FILE, which must not exist yet. The app and its workers may keep running.

    The file contains all phone numbers and texts; it does not contain the gateway's password, the server secret or
    exported files."""
    settings = settings_in_force()
    password = _password() if password_stdin else None
    if password is not None and len(password) < PASSWORD_LENGTH:
        raise DomainError(
            "password", _("Choose a password of at least {least} characters.").format(least=PASSWORD_LENGTH)
        )
    _refuse_missing(settings)
    from getsms_core import backup
    from getsms_core.base import processes
    from getsms_core.db.engine import open_store

    processes.exit_on_sigterm()  # deletes the partial file
    store = open_store(settings.database_url, upgrade=False)
    try:
        written = _write(store, file, password)
    except DomainError as failure:
        backup.note_failure(store, somebody(), failure)
        raise
    finally:
        store.close()
    document = {"file": str(file), "bytes": written.bytes, "messages": written.messages}
    sentence = ngettext(
        "{file} holds the whole database, with {n} message ({bytes} bytes).",
        "{file} holds the whole database, with {n} messages ({bytes} bytes).",
        written.messages,
    ).format(file=file, n=spaced(written.messages), bytes=spaced(written.bytes))
    secret = _("The server secret is not included: back up {file} separately.").format(file=settings.secret_path)
    answer(as_json, document, [sentence, secret])


def _write(store: "Store", file: Path, password: str | None) -> "BackupResult":
    from getsms_core import backup

    try:
        return backup.write_backup(store, somebody(), file, password)
    except OSError as error:
        raise cannot_write(file, error) from error


@click.command("restore")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--yes", is_flag=True, help=N_("Replace the contents of a database that is not empty."))
@click.option(
    "--password-stdin", is_flag=True, help=N_("Read the password of an encrypted file from the first line of stdin.")
)
@json_option
def restore_command(file: Path, yes: bool, password_stdin: bool, as_json: bool) -> None:
    """Replace the whole database with the backup FILE. Stop the app and all workers first.

    Afterwards nothing is sent automatically: messages that were not sent yet are uncertain until you decide with
    `getsms resolve`."""
    settings = settings_in_force()
    password = _password() if password_stdin else None
    from getsms_core import backup

    try:
        checked = backup.check_backup(file, password)  # before opening the database, which would create it
        with database(settings) as store:
            restored = backup.restore_backup(store, somebody(), checked, replace=yes)
    except FileNotFoundError:
        raise NotFound("no-such-file", _("There is no file {path}.").format(path=file)) from None
    except OSError as error:
        sentence = _("The file {file} cannot be read: {reason}.")
        raise DomainError("cannot-read", sentence.format(file=file, reason=os_reason(error))) from error
    outcome = restored.outcome
    document = {
        "file": str(file),
        "messages": restored.messages,
        "uncertain": outcome.uncertain,
        "paused": outcome.paused,
        "drafts": outcome.drafts,
        "taken_at": instant(restored.taken_at, settings),
        "opt_outs": restored.kept_opt_outs,
    }
    answer(as_json, document, _sentences(restored, settings))


def _sentences(restored: "RestoreResult", settings: "Settings") -> list[str]:
    outcome = restored.outcome
    lines = [
        ngettext(
            "The database is as it was on {when}, with {n} message.",
            "The database is as it was on {when}, with {n} messages.",
            restored.messages,
        ).format(when=clock(restored.taken_at, settings), n=spaced(restored.messages))
    ]
    if outcome.uncertain:
        sentence = ngettext(
            "{n} message was not sent when the backup was made and may have been sent since: it is uncertain. "
            "Resolve it with getsms resolve, then resume its campaign.",
            "{n} messages were not sent when the backup was made and may have been sent since: they are uncertain. "
            "Resolve them with getsms resolve, then resume their campaigns.",
            outcome.uncertain,
        )
        lines.append(sentence.format(n=spaced(outcome.uncertain)))
    if outcome.drafts:
        sentence = ngettext(
            "{n} campaign that had not begun is a draft again.",
            "{n} campaigns that had not begun are drafts again.",
            outcome.drafts,
        )
        lines.append(sentence.format(n=outcome.drafts))
    if restored.kept_opt_outs:
        sentence = ngettext(
            "{n} number that opted out since the backup was made stays opted out.",
            "{n} numbers that opted out since the backup was made stay opted out.",
            restored.kept_opt_outs,
        )
        lines.append(sentence.format(n=spaced(restored.kept_opt_outs)))
    return lines


def _refuse_missing(settings: "Settings") -> None:
    """A SQLite file is made by the first command that needs it, and this one needs what is in it."""
    file = settings.sqlite_file
    if file is not None and not file.exists():
        raise DomainError(
            "no-database", _("There is no database {file}: there is nothing to back up.").format(file=file)
        )


def _password() -> str:
    line = sys.stdin.readline(PASSWORD_MOST + 2).rstrip("\r\n")
    if not 0 < len(line) <= PASSWORD_MOST:
        raise DomainError(
            "password", _("stdin holds no password: write it there as one line of at most 1024 characters.")
        )
    return line
