"""The checks of `getsms doctor` on files: who can read them, and whether the app servers share one secret."""

import shlex
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from getsms_core.base.errors import DomainError
from getsms_core.base.i18n import _, ngettext

if TYPE_CHECKING:
    from getsms_core.base.settings import Settings

OTHERS = 0o077


def files(settings: "Settings") -> dict[str, object]:
    """The check "files": the database, its log, the exported files, the sandbox and the server secret are this user's
    alone. Wider ones are a warning, with the command that closes them."""
    wide = [path for path in _private(settings) if _is_wide(path)]
    check: dict[str, object] = {"check": "files", "ok": True, "code": "ok", "message": ""}
    if not wide:
        return check | {"message": _("Only this user can read the database and the files.")}
    sentence = ngettext(
        "Other users of this machine can read {n} file or folder with phone numbers. Run: {command}",
        "Other users of this machine can read {n} files or folders with phone numbers. Run: {command}",
        len(wide),
    )
    command = "chmod -R go= " + " ".join(shlex.quote(str(path)) for path in wide)
    message = sentence.format(n=len(wide), command=command)
    return check | {"code": "files-open", "message": message, "warning": True, "files": [str(path) for path in wide]}


def _private(settings: "Settings") -> Iterator[Path]:
    """Return the files and folders that this program creates; files inside a private folder are not listed, as
    nobody else reaches them."""
    if settings.sqlite_file is not None:
        name = settings.sqlite_file.name
        yield from (settings.sqlite_file.with_name(name + ending) for ending in ("", "-wal", "-shm"))
    yield settings.files.absolute()
    yield settings.files.absolute().parent / "run"
    yield settings.secret_path


def _is_wide(path: Path) -> bool:
    with suppress(OSError):
        return bool(path.stat().st_mode & OTHERS)
    return False


def secret(settings: "Settings") -> dict[str, object]:
    """The check "secret": the server secret of this machine and those of the app servers that run are one. Raises
    `DomainError` ("secret-file", "secret-differs")."""
    from getsms_core.users import server_secret

    try:
        own = server_secret.fingerprint(server_secret.load(settings.secret_path))
    except FileNotFoundError:
        own = None
    servers = _app_servers(settings)
    known = {fingerprint for _where, fingerprint in servers} | ({own} if own else set())
    if len(known) > 1:
        places = [f"{where}: {fingerprint}" for where, fingerprint in servers]
        places += [_("here: {fingerprint}").format(fingerprint=own)] if own else []
        sentence = _(
            "The app servers have different server secrets, so a session of one is not valid on "
            "another ({places}). Copy {file} from one of them to all, with mode 0600, and restart "
            "them."
        )
        raise DomainError("secret-differs", sentence.format(places=", ".join(places), file=settings.secret_path))
    check: dict[str, object] = {"check": "secret", "ok": True, "code": "ok", "message": ""}
    if own is None:
        sentence = _("There is no server secret yet; the app makes {file} at its first start.")
        return check | {"message": sentence.format(file=settings.secret_path), "fingerprint": None}
    sentence = ngettext(
        "Fingerprint {fingerprint}; {n} app server has it.",
        "Fingerprint {fingerprint}; {n} app servers have it.",
        len(servers),
    )
    return check | {"message": sentence.format(fingerprint=own, n=len(servers)), "fingerprint": own}


def _app_servers(settings: "Settings") -> list[tuple[str, str]]:
    """Return where each app server runs, and its fingerprint; empty if there is no database."""
    from getsms_core.cli.framework import database
    from getsms_core.worker import app_servers

    if settings.sqlite_file is not None and not settings.sqlite_file.exists():
        return []
    try:
        with database(settings) as store:
            return [
                (f"{app_server.host} {app_server.pid}", app_server.fingerprint)
                for app_server in app_servers.fingerprints(store)
            ]
    except DomainError:  # reported by the check of the database
        return []
