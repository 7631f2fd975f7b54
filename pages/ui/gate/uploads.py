"""Uploads before Streamlit takes them: who may, and how many bytes are in memory at once.

Streamlit takes files from anybody and holds them until their page closes. While a body arrives its parts lie on disk,
so a slow line costs no memory; the gate holds back its last part until there is room for the whole file in memory.
Everything here runs in the event loop's thread.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import streamlit as st
from starlette.datastructures import Headers
from starlette.types import Message, Receive

from getsms_core.base.i18n import _
from getsms_core.base.permissions import Permission
from getsms_core.users.identity import UserInfo
from pages.ui.gate.addresses import UPLOADS

RIGHTS = (Permission.LISTS, Permission.CAMPAIGN)
"""Pages with an uploader ask for one of them."""
MULTIPART_BYTES = 1 << 20
"""What Streamlit allows a body beside its file."""
LOOK_SECONDS = 0.1
Held = dict[tuple[str, str], int]
"""Bytes by page id and file id."""


@dataclass(frozen=True)
class Limits:
    """Bytes and seconds."""

    user_bytes: int = 256 << 20
    """Of one user, arriving or held: the largest file, and some small ones whose pages wait for a button."""
    all_bytes: int = 1280 << 20
    at_once_bytes: int = 64 << 20
    """In memory, and not stored yet; further files wait on disk."""
    stored_seconds: float = 30.0
    """A file that its page has not stored by then waits for a user; the next one may come in."""
    rest_seconds: float = 0.5
    """Before a file that had to wait enters memory, so that pages run between two files that are stored."""
    wait_seconds: float = 300.0
    """For room in memory: twenty files of 50 MB on a machine that ten others use."""
    bytes_per_second: float = 40e6
    """Of all uploads together. Reading a gigabyte as fast as it came kept the event loop busy for six seconds, in which
    open pages got no answer."""
    pause_seconds: float = 30.0
    """Between two parts of a body."""
    slowest: float = 20_000.0
    """Bytes a second, over the whole body."""


class UploadRefused(Exception):
    """An upload that is not taken; `status` is of HTTP."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.sentence = status, sentence


@dataclass(eq=False)
class Upload:
    """One file, from the announcement of its size until its page has stored it."""

    user_id: int
    file: tuple[str, str]
    size: int
    in_memory: bool = False
    taken_at: float | None = None
    """When Streamlit had the whole file; monotonic seconds."""


def may_upload(user: UserInfo) -> bool:
    """Return whether the user's role has a page with an uploader."""
    return any(user.actor.may(right) for right in RIGHTS)


def held_by_streamlit() -> Held:
    """Return the files that Streamlit holds."""
    if not st.runtime.exists():
        return {}
    storage = getattr(st.runtime.get_instance().uploaded_file_mgr, "file_storage", {})
    return {
        (page_id, file_id): len(record.data)
        for page_id, files in list(storage.items())
        for file_id, record in list(files.items())
    }


def size_of(headers: Headers) -> int:
    """Return the bytes that a request announces. Raises `UploadRefused`."""
    length = headers.get("content-length", "")
    if not (length.isascii() and length.isdigit()) or "transfer-encoding" in headers:
        raise UploadRefused(411, "An upload needs a Content-Length.")
    if int(length) > (st.get_option("server.maxUploadSize") << 20) + MULTIPART_BYTES:
        raise UploadRefused(413, _("The file is too large."))
    return int(length)


class Uploads:
    """The uploads of this process."""

    def __init__(self, limits: Limits | None = None, held: Callable[[], Held] = held_by_streamlit) -> None:
        self._limits, self._held = limits or Limits(), held
        self._uploads: list[Upload] = []
        self._turn = asyncio.Lock()
        self._next_part_at = 0.0

    @asynccontextmanager
    async def counted(self, user: UserInfo, path: str, size: int) -> AsyncIterator[Upload]:
        """Count a PUT of `size` bytes to this path among the user's, until its page has stored the file. Raises
        `UploadRefused`."""
        held = self._held()
        self._uploads = [upload for upload in self._uploads if upload.taken_at is None or upload.file in held]
        page_id, _slash, file_id = path.removeprefix(UPLOADS).partition("/")
        new = Upload(user.id, (page_id, file_id), size)
        # A file that arrives again replaces itself once it is taken; while it arrives, both bodies lie on disk.
        others = [upload for upload in self._uploads if upload.file != new.file or upload.taken_at is None]
        if sum(upload.size for upload in others if upload.user_id == user.id) + size > self._limits.user_bytes:
            raise UploadRefused(
                429, _("Your pages hold too many uploaded files. Close some of them, or remove their files.")
            )
        if sum(upload.size for upload in others) + size > self._limits.all_bytes:
            raise UploadRefused(503, _("Too many files are being uploaded. Try again in a minute."))
        self._uploads.append(new)
        try:
            yield new
            new.taken_at = time.monotonic()
            self._uploads = [upload for upload in self._uploads if upload is new or upload.file != new.file]
        finally:
            if new.taken_at is None:
                self._uploads.remove(new)

    def limited(self, receive: Receive, upload: Upload) -> Receive:
        """Return a `receive` that ends a body which pauses too long or is too slow, that limits the bytes a
        second, and that holds back the last part until there is room in memory."""
        limits = self._limits
        deadline = time.monotonic() + limits.pause_seconds + upload.size / limits.slowest

        async def limited_receive() -> Message:
            try:
                async with asyncio.timeout(min(limits.pause_seconds, deadline - time.monotonic())):
                    message = await receive()
                await self._pace(len(message.get("body", b"")))
                if not message.get("more_body", False) and not upload.in_memory:
                    async with asyncio.timeout(limits.wait_seconds):
                        await self._wait_for_turn(upload)
                return message
            except TimeoutError:
                return {"type": "http.disconnect"}

        return limited_receive

    async def _pace(self, size: int) -> None:
        """Wait until the bytes before these have had their time."""
        now = time.monotonic()
        self._next_part_at = max(self._next_part_at, now) + size / self._limits.bytes_per_second
        if self._next_part_at > now + LOOK_SECONDS:  # shorter waits cost more than they spread
            await asyncio.sleep(self._next_part_at - now)

    async def _wait_for_turn(self, upload: Upload) -> None:
        async with self._turn:  # whose waiters are served in order
            rest = 0.0
            while (others := self._being_stored()) and others + upload.size > self._limits.at_once_bytes:
                rest = self._limits.rest_seconds
                await asyncio.sleep(LOOK_SECONDS)
            await asyncio.sleep(rest)
            upload.in_memory = True

    def _being_stored(self) -> int:
        held, recent = self._held(), time.monotonic() - self._limits.stored_seconds
        return sum(
            upload.size
            for upload in self._uploads
            if upload.in_memory and (upload.taken_at is None or (upload.file in held and upload.taken_at > recent))
        )
