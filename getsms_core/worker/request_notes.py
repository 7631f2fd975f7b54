"""Notes of one worker about its claims, so that after a kill is known which requests never began.

A small file that the worker maps into its memory holds each claim with one of two states: "waiting" is written before
the claim is committed, "begun" just before the first byte of its request goes out. What a process wrote into a mapped
file survives its SIGKILL in the page cache, and is gone after a crash of the machine. So a note proves something only
on the host and the boot of its writer, and only when that is dead: the worker holds a lock on the file (flock), which
the kernel releases after the last of its threads has ended, in whatever container it ran. Only "waiting" is a proof;
a claim without a note, a file that is missing, was copied or is damaged prove nothing: the messages are uncertain.

A note costs a microsecond; a commit for it would cost a millisecond.
"""

import fcntl
import mmap
import os
import struct
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import time

from sqlalchemy import event
from sqlmodel import Session

from getsms_core.base import processes

_MAGIC = b"GETSMS requests\n"
_HEAD = struct.Struct("<16s64s32sQQI")  # magic, boot, worker, device and inode of the file, number of slots
_SLOT = struct.Struct("<16sB")  # attempt, state
_FREE, _WAITING, _BEGUN = 0, 1, 2
_STATE = 16  # offset of the state in a slot
_SUFFIX = ".requests"
_OLD_SECONDS = 86_400
MAX_SLOTS = 4096


class RequestNotes:
    """The notes of one running worker. `waiting` and `keep` belong to its main thread, `begins` to any thread."""

    def __init__(self, file: Path, descriptor: int, notes: mmap.mmap, slots: int) -> None:
        self._file, self._descriptor, self._map = file, descriptor, notes
        self._free = list(range(slots))
        self._slots: dict[str, int] = {}

    def waiting(self, attempts: Iterable[str]) -> None:
        """Note claims before they are committed. Without a free slot there is no note."""
        for attempt in attempts:
            if not self._free:
                return
            start = _HEAD.size + self._free[-1] * _SLOT.size
            self._map[start : start + _STATE] = bytes.fromhex(attempt)
            self._map[start + _STATE] = _WAITING  # last: a kill before it leaves a free slot
            self._slots[attempt] = self._free.pop()

    def begins(self, attempt: str) -> None:
        """Note that the first byte of the claim's request goes out next."""
        slot = self._slots.get(attempt)
        if slot is not None:
            self._map[_HEAD.size + slot * _SLOT.size + _STATE] = _BEGUN

    def keep(self, attempts: Collection[str]) -> None:
        """Free the notes of all claims but these: their results are committed."""
        for attempt in self._slots.keys() - attempts:
            slot = self._slots.pop(attempt)
            self._map[_HEAD.size + slot * _SLOT.size + _STATE] = _FREE
            self._free.append(slot)

    def close(self, *, remove: bool) -> None:
        """Release the file; without `remove` it stays for whoever finds the claims of this worker."""
        if remove:
            self._file.unlink(missing_ok=True)
        self._map.close()
        os.close(self._descriptor)


def create(folder: Path, worker_id: str, slots: int) -> RequestNotes | None:
    """Begin the notes of a worker in a folder of this host; None where that is not possible: then the claims of a
    killed worker are uncertain."""
    boot, descriptor = _boot(), -1
    if not boot:
        return None
    file, slots = folder / f"{worker_id}{_SUFFIX}", min(slots, MAX_SLOTS)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _remove_old(folder)
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        size = _HEAD.size + slots * _SLOT.size
        os.posix_fallocate(descriptor, 0, size)  # a full disk would otherwise end the process at a note
        notes = mmap.mmap(descriptor, size)
        stat = os.fstat(descriptor)
        notes[: _HEAD.size] = _HEAD.pack(_MAGIC, boot, worker_id.encode(), stat.st_dev, stat.st_ino, slots)
    except (OSError, ValueError):
        if descriptor >= 0:
            os.close(descriptor)
            file.unlink(missing_ok=True)
        return None
    return RequestNotes(file, descriptor, notes, slots)


def never_begun(folder: Path, worker_id: str) -> frozenset[str] | None:
    """Return the claims of a dead worker whose requests never began. None if the notes do not prove that it is dead:
    it runs, or was on another host or before another boot, or its file is missing or damaged."""
    with _locked(folder / f"{worker_id}{_SUFFIX}") as content:
        return None if content is None else _waiting_in(content, worker_id)


def remove_after_commit(session: Session, folder: Path, worker_ids: Collection[str]) -> None:
    """Remove the notes of dead workers once the session's transaction, which used them, is committed."""
    files = [folder / f"{worker_id}{_SUFFIX}" for worker_id in worker_ids]

    def remove(_session: Session) -> None:
        for file in files:
            with suppress(OSError):
                file.unlink(missing_ok=True)

    event.listen(session, "after_commit", remove, once=True)


def _boot() -> bytes:
    """Return what no other host and no other boot of this one has; empty where the system does not tell."""
    boot = processes.boot_identity()
    return boot.encode()[:64] if boot else b""


@contextmanager
def _locked(file: Path) -> Iterator[bytes | None]:
    """Yield the content of the file of a process that has ended; None if it cannot be locked or is another file."""
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        yield None
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        stat = os.fstat(descriptor)
        content = os.pread(descriptor, _HEAD.size + MAX_SLOTS * _SLOT.size + 1, 0)
        same = len(content) >= _HEAD.size and _HEAD.unpack_from(content)[3:5] == (stat.st_dev, stat.st_ino)
        yield content if same else None
    except OSError:
        yield None
    finally:
        os.close(descriptor)


def _waiting_in(content: bytes, worker_id: str) -> frozenset[str] | None:
    magic, boot, worker, _device, _inode, slots = _HEAD.unpack_from(content)
    expected = (_MAGIC, _boot(), worker_id.encode(), _HEAD.size + slots * _SLOT.size)
    if not expected[1] or (magic, boot.rstrip(b"\0"), worker, len(content)) != expected:
        return None
    notes = list(_SLOT.iter_unpack(content[_HEAD.size :]))
    begun = {attempt for attempt, state in notes if state not in (_FREE, _WAITING)}
    return frozenset(
        attempt.hex() for attempt, state in notes if state == _WAITING and attempt not in begun and any(attempt)
    )


def _remove_old(folder: Path) -> None:
    """Remove the notes of processes that ended long ago, of whatever database."""
    for file in folder.glob(f"*{_SUFFIX}"):
        with suppress(OSError):
            if time() - file.stat().st_mtime > _OLD_SECONDS:
                with _locked(file) as content:
                    if content is not None:
                        file.unlink(missing_ok=True)
