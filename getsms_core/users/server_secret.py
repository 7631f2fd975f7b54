"""The server secret: a file that session keys depend on and that no database and no backup holds.

Whoever reads the database or a backup has the password hashes, yet cannot forge a session without this file. All app
servers on one database need the same one.
"""

import hashlib
import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

from getsms_core.base.errors import SettingsError, os_reason
from getsms_core.base.i18n import _

LENGTH = 32
"""Bytes that a secret has at least."""
_MOST = 4096  # bytes; a larger file was named by mistake


def load_or_create(path: Path) -> bytes:
    """The secret in a file, which is made with mode 0600 where it does not exist yet.

    Processes that start at once agree on one secret. Raises `SettingsError` ("secret-file") where the file is empty,
    shorter than 32 bytes, larger than 4096, readable by everybody, or cannot be read or made."""
    try:
        return load(path)
    except FileNotFoundError:
        pass
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _create(path)
        return load(path)
    except OSError as error:
        sentence = _("The server secret {file} cannot be made: {reason}. Change GETSMS_SECRET_FILE.")
        raise _refused(sentence, path, reason=os_reason(error)) from error


def load(path: Path) -> bytes:
    """The secret in a file. Raises `FileNotFoundError`, and `SettingsError` as `load_or_create` does."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # a pipe would be waited for without end
        try:
            mode = os.fstat(descriptor).st_mode
            if not stat.S_ISREG(mode):
                raise _refused(_("The server secret {file} is not a file. Change GETSMS_SECRET_FILE."), path)
            content = os.read(descriptor, _MOST + 1)
        finally:
            os.close(descriptor)
    except FileNotFoundError:
        raise
    except OSError as error:
        sentence = _("The server secret {file} cannot be read: {reason}. Change GETSMS_SECRET_FILE.")
        raise _refused(sentence, path, reason=os_reason(error)) from error
    if mode & 0o007:
        sentence = _(
            "Everybody on this machine can read the server secret {file}, so it protects nothing. Delete it: a new one "
            "is made at the next start, and everybody signs in again. To keep it, run: chmod 600 {file}"
        )
        raise _refused(sentence, path)
    secret = content.strip()
    if not LENGTH <= len(secret) <= _MOST:
        sentence = _(
            "The server secret {file} must hold 32 to 4096 bytes, and it holds {n}. Delete it: a new one is made at "
            "the next start, and everybody signs in again."
        )
        raise _refused(sentence, path, n=len(secret) if len(content) <= _MOST else f"> {_MOST}")
    return secret


def fingerprint(secret: bytes) -> str:
    """Sixteen hexadecimal digits that are the same for the same secret and say nothing of it."""
    return hashlib.sha256(b"getsms server secret fingerprint\0" + secret).hexdigest()[:16]


def _create(path: Path) -> None:
    """Make the file whole or not at all; one that another process made meanwhile is left as it is."""
    part = path.with_name(f".{path.name}.{secrets.token_hex(8)}.part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(LENGTH) + "\n")
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            try:
                os.link(part, path)
            except PermissionError:  # a file system without hard links, such as a memory stick's
                if path.exists():
                    return
                part.rename(path)
    finally:
        part.unlink(missing_ok=True)


def _refused(sentence: str, path: Path, **details: object) -> SettingsError:
    return SettingsError("secret-file", sentence.format(file=path, **details))
