"""The server secret: a file that the keys of sessions and second factors depend on. Neither the database nor a backup
contains it.

A reader of the database or a backup has the password hashes but cannot forge a session, or read the secret of a second
factor, without this file. All app
servers on one database need the same secret.
"""

import hashlib
import hmac
import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

from getsms_core.base.errors import SettingsError, os_reason
from getsms_core.base.i18n import _

LENGTH = 32
"""The minimum length of a secret, bytes."""
_MOST = 4096  # bytes; a larger file was named by mistake


def load_or_create(path: Path) -> bytes:
    """Return the secret of a file, which is created with mode 0600 where it does not exist.

    Processes that start at the same time agree on one secret. Raises `SettingsError` ("secret-file") where the file is
    empty, shorter than 32 bytes, larger than 4096, readable by everybody, or cannot be read or created."""
    try:
        return load(path)
    except FileNotFoundError:
        pass
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _create(path)
        return load(path)
    except OSError as error:
        sentence = _("The server secret {file} cannot be created: {reason}. Change GETSMS_SECRET_FILE.")
        raise _refused(sentence, path, reason=os_reason(error)) from error


def load(path: Path) -> bytes:
    """Return the secret of a file. Raises `FileNotFoundError`, and `SettingsError` as `load_or_create` does."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # opening a pipe would block forever
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
            "Every user of this machine can read the server secret {file}, so it protects nothing. Delete it: a new "
            "one is created at the next start, and all users sign in again. To keep it, run: chmod 600 {file}"
        )
        raise _refused(sentence, path)
    secret = content.strip()
    if not LENGTH <= len(secret) <= _MOST:
        sentence = _(
            "The server secret {file} must hold 32 to 4096 bytes, and it holds {n}. Delete it: a new one is created "
            "at the next start, and all users sign in again."
        )
        raise _refused(sentence, path, n=len(secret) if len(content) <= _MOST else f"> {_MOST}")
    return secret


_secret = b""


def use(secret: bytes) -> None:
    """Derive the keys of this process from this secret. Called once, before its first request."""
    global _secret
    _secret = secret


def key(purpose: bytes) -> bytes:
    """Return the 32-byte key for one purpose. Raises `RuntimeError` before `use`: a key from the database alone could
    be forged by whoever reads it."""
    if not _secret:
        raise RuntimeError("server_secret.use() must be called before keys are derived")
    return hmac.digest(_secret, purpose, "sha256")


def fingerprint(secret: bytes) -> str:
    """Return sixteen hexadecimal digits that identify a secret without revealing it."""
    return hashlib.sha256(b"getsms server secret fingerprint\0" + secret).hexdigest()[:16]


def _create(path: Path) -> None:
    """Create the file atomically; keep one that another process created meanwhile."""
    temporary_path = path.with_name(f".{path.name}.{secrets.token_hex(8)}.part")
    descriptor = os.open(temporary_path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(LENGTH) + "\n")
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            try:
                os.link(temporary_path, path)
            except FileExistsError:
                raise
            except OSError:  # a file system without hard links, such as a memory stick's or that of a network folder
                if path.exists():
                    return
                temporary_path.rename(path)
    finally:
        temporary_path.unlink(missing_ok=True)


def _refused(sentence: str, path: Path, **details: object) -> SettingsError:
    return SettingsError("secret-file", sentence.format(file=path, **details))
