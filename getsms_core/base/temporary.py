"""Temporary folders that are removed even if their process was killed.

A process ended by SIGKILL, or by the kernel for its memory, removes nothing: uploaded files with phone numbers stayed
in /tmp. Each folder here holds a lock for as long as its process lives, and the next worker removes those whose lock
is free.
"""

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PREFIX = "getsms-tmp-"
_LOCK = ".lock"
_NEW_SECONDS = 60
"""A folder younger than this may not have its lock yet."""


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """A new folder that only this user can read, removed at the end of the block."""
    with tempfile.TemporaryDirectory(prefix=PREFIX, ignore_cleanup_errors=True) as name:
        lock = os.open(Path(name) / _LOCK, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield Path(name)
        finally:
            os.close(lock)


def sweep_temporary_folders() -> int:
    """Remove the folders of this user's ended processes and return how many. Folders of running processes stay."""
    removed = 0
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with suppress(OSError):
            status = folder.lstat()
            if status.st_uid == os.geteuid() and time.time() - status.st_mtime > _NEW_SECONDS and _is_abandoned(folder):
                shutil.rmtree(folder)
                removed += 1
    return removed


def _is_abandoned(folder: Path) -> bool:
    if not folder.is_dir() or folder.is_symlink():
        return False
    try:
        lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return True
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(lock)
    return True
