"""The open WebSockets of this process: how many a person may have, how fast they may ask, and when they are closed.

One socket is one page open in a browser tab. Everything here runs in the event loop's thread.
"""

import asyncio
import logging
import time
from contextlib import suppress
from dataclasses import dataclass, field

from anyio import to_thread
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from getsms_core.users import security
from getsms_core.users import service as users
from pages.ui.gate.messages import RUNS_BURST, RUNS_PER_SECOND, Bucket, Flood, MessageQueue
from pages.ui.shared import session

MAX_OPEN_PAGES = 60
"""Open pages of one person on one app server."""
USER_RUNS_BURST, USER_RUNS_PER_SECOND = 60, 10.0
"""Runs of one person over all their pages; 50 open overviews ask 10 times a second."""
OPENED_BURST, OPENED_PER_SECOND = 90, 2.0
"""Pages that one person opens or reloads. Each gets a session of its own in Streamlit."""
CHECK_SECONDS = 3.0
"""Between two looks at the people's rights: one query for all open pages of this process."""
CLOSE_SECONDS = 5.0
"""For the close frame of a client that does not read."""

_log = logging.getLogger("getsms.gate")


@dataclass
class _User:
    sockets: "set[Socket]" = field(default_factory=set)
    opened: Bucket = field(default_factory=lambda: Bucket(OPENED_BURST, OPENED_PER_SECOND))
    runs: Bucket = field(default_factory=lambda: Bucket(USER_RUNS_BURST, USER_RUNS_PER_SECOND))


class Sockets:
    """All open sockets, by person."""

    def __init__(self) -> None:
        self._users: dict[int, _User] = {}
        self._watch: asyncio.Task[None] | None = None

    def full(self, person_id: int) -> bool:
        """Whether this person may not open another page now."""
        user = self._users.get(person_id)
        return user is not None and len(user.sockets) >= MAX_OPEN_PAGES

    async def run(
        self,
        app: ASGIApp,
        scope: Scope,
        receive: Receive,
        send: Send,
        person: users.UserInfo,
        session_id: str,
    ) -> None:
        """Serve one socket until either side closes it; refuse it where the person has too many."""
        user = self._users.setdefault(person.id, _User())
        if self.full(person.id) or not user.opened.take(time.monotonic()):
            await send({"type": "websocket.close", "code": 1008})
            return
        socket = Socket(person, session_id, receive, send, user.runs)
        user.sockets.add(socket)
        if self._watch is None or self._watch.done():
            self._watch = asyncio.create_task(self._close_outdated(), name="gate-access")
        try:
            await socket.run(app, scope)
        finally:
            user.sockets.discard(socket)

    def _all(self) -> "list[Socket]":
        return [socket for user in self._users.values() for socket in user.sockets]

    async def _close_outdated(self) -> None:
        """Close the sockets of people whose role or password changed, who were disabled, or who signed out."""
        while self._all():
            await asyncio.sleep(CHECK_SECONDS)
            try:
                sockets = self._all()  # those that open while the query runs are compared at the next look
                access = await to_thread.run_sync(_access_now, {socket.person.id for socket in sockets})
            except Exception:
                _log.exception("the people's rights cannot be read; open pages stay open until they can be")
                continue
            for socket in sockets:
                if socket.person.access != access.get(socket.person.id) or socket.session_id in security.ended_sessions:
                    socket.close(1008)


def _access_now(person_ids: set[int]) -> dict[int, str]:
    return users.current_access(session.store(), person_ids)


class Socket:
    """One WebSocket between a browser and Streamlit."""

    def __init__(
        self, person: users.UserInfo, session_id: str, receive: Receive, send: Send, user_runs: Bucket
    ) -> None:
        self.person, self.session_id = person, session_id
        self._receive, self._send = receive, send
        self._buckets = (Bucket(RUNS_BURST, RUNS_PER_SECOND), user_runs)
        self._waiting = MessageQueue()
        self._changed = asyncio.Event()  # a message waits, or the socket ends
        self._end: Message | None = None  # what Streamlit gets in the end
        self._close_code: int | None = None
        self._close_asked = asyncio.Event()

    def close(self, code: int) -> None:
        """Close it. Streamlit gets nothing more from it, whatever waits."""
        if self._end is None:
            self._close_code = code
            self._end = {"type": "websocket.disconnect", "code": code}
            self._close_asked.set()
            self._changed.set()

    async def run(self, app: ASGIApp, scope: Scope) -> None:
        """Let the app talk to the browser until one of them, or `close`, ends it."""
        connect = await self._receive()
        first = [connect]

        async def receive() -> Message:
            return first.pop() if first else await self._next()

        tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._send_close())]
        try:
            await app(scope, receive, self._forward)
            if self._close_asked.is_set():
                await tasks[1]
        finally:
            for task in tasks:
                task.cancel()

    async def _read(self) -> None:
        """Take messages as fast as they come, so that superseded ones are dropped and a flood is noticed."""
        while self._end is None:
            message = await self._receive()
            if message["type"] != "websocket.receive":
                self._end = self._end or message
            else:
                try:
                    self._waiting.add(message.get("bytes"), time.monotonic())
                except Flood as flood:
                    _log.warning("closed a page of %s: %s", self.person.name, flood)
                    self.close(flood.code)
            self._changed.set()

    async def _next(self) -> Message:
        """The next message for Streamlit, when there is one and its rate allows it."""
        while not self._close_asked.is_set():
            self._changed.clear()
            now = time.monotonic()
            wait = max(bucket.wait(now) for bucket in self._buckets)
            if self._waiting and wait == 0:
                for bucket in self._buckets:
                    bucket.take(now)
                return {"type": "websocket.receive", "bytes": self._waiting.take()}
            if self._end is not None:  # the browser left: nobody would see what still waits
                break
            with suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), wait if self._waiting else None)
        return self._end or {"type": "websocket.disconnect", "code": 1005}

    async def _forward(self, message: Message) -> None:
        # What cannot be sent any more is dropped: Streamlit gets the disconnect when it receives. An error here made it
        # log a traceback for every page that was closed while it wrote.
        if not self._close_asked.is_set():
            with suppress(OSError):
                await self._send(message)

    async def _send_close(self) -> None:
        await self._close_asked.wait()
        # A client that does not read makes `send` wait for ever. The server then drops the connection by itself.
        with suppress(TimeoutError, OSError):
            await asyncio.wait_for(self._send({"type": "websocket.close", "code": self._close_code}), CLOSE_SECONDS)
