"""The open WebSockets of this process: how many a user may have, how fast they may send, and when they are closed.

One socket is one page open in a browser tab. Everything here runs in the event loop's thread.
"""

import asyncio
import logging
import time
from contextlib import suppress
from dataclasses import dataclass, field

from anyio import to_thread
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from getsms_core.base import logs
from getsms_core.users import sessions
from getsms_core.users.identity import UserInfo
from pages.ui.gate.addresses import Addresses, ends_run, page_id_in
from pages.ui.gate.messages import RUNS_BURST, RUNS_PER_SECOND, Bucket, Flood, MessageQueue, Taken
from pages.ui.gate.turns import Turns
from pages.ui.gate.uploads import may_upload
from pages.ui.gate.waits import WAITS
from pages.ui.shared import live, session

MAX_OPEN_PAGES = 60
"""Open pages of one user on one app server."""
USER_RUNS_BURST, USER_RUNS_PER_SECOND = 60, 10.0
"""Runs of one user over all pages; 50 open overviews send 10 a second."""
OPENED_BURST, OPENED_PER_SECOND = 90, 2.0
"""Pages that one user opens or reloads. Streamlit creates a session for each."""
CHECK_SECONDS = 3.0
"""Between two checks of the sessions: one query for all open pages of this process."""
CLOSE_SECONDS = 5.0
"""For the close frame of a client that does not read."""

_log = logging.getLogger("getsms.gate")


@dataclass
class _User:
    sockets: "set[Socket]" = field(default_factory=set)
    opened: Bucket = field(default_factory=lambda: Bucket(OPENED_BURST, OPENED_PER_SECOND))
    runs: Bucket = field(default_factory=lambda: Bucket(USER_RUNS_BURST, USER_RUNS_PER_SECOND))


class Sockets:
    """All open sockets, by user."""

    def __init__(self, addresses: Addresses) -> None:
        self._addresses, self._turns = addresses, Turns()
        self._users: dict[int, _User] = {}
        self._watch: asyncio.Task[None] | None = None

    def full(self, user_id: int) -> bool:
        """Return whether this user has the maximum number of open pages."""
        user = self._users.get(user_id)
        return user is not None and len(user.sockets) >= MAX_OPEN_PAGES

    async def run(
        self,
        app: ASGIApp,
        scope: Scope,
        receive: Receive,
        send: Send,
        account: UserInfo,
        session_id: str,
    ) -> None:
        """Serve one socket until either side closes it; refuse it where the user has too many."""
        user = self._users.setdefault(account.id, _User())
        if self.full(account.id) or not user.opened.take(time.monotonic()):
            await send({"type": "websocket.close", "code": 1008})
            return
        socket = Socket(account, session_id, receive, send, user.runs, self._addresses, self._turns)
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
        """Close the sockets of sessions that have ended, on whichever app server that was decided."""
        while self._all():
            await asyncio.sleep(CHECK_SECONDS)
            try:
                sockets = self._all()  # sockets that open while the query runs are checked next time
                live = await to_thread.run_sync(_live, {socket.session_id for socket in sockets})
            except Exception as error:
                logs.write(_log, logs.ERROR, "gate.rights_unread", error=error)
                continue
            for socket in sockets:
                if socket.session_id not in live:
                    socket.close(1008)


def _live(session_ids: set[str]) -> set[str]:
    return sessions.live_ids(session.store(), session_ids)


class Socket:
    """One WebSocket between a browser and Streamlit."""

    def __init__(
        self,
        account: UserInfo,
        session_id: str,
        receive: Receive,
        send: Send,
        user_runs: Bucket,
        addresses: Addresses,
        turns: Turns,
    ) -> None:
        self.account, self.session_id, self.page_id = account, session_id, ""
        self._addresses, self._turns = addresses, turns
        self._asked: Taken | None = None  # the message that began the current run
        self._receive, self._send = receive, send
        self._buckets = (Bucket(RUNS_BURST, RUNS_PER_SECOND), user_runs)
        self._waiting = MessageQueue(may_upload(account))
        self._changed = asyncio.Event()  # a message arrived, or the socket ended
        self._end: Message | None = None  # the last message that Streamlit gets
        self._close_code: int | None = None
        self._close_asked = asyncio.Event()

    def close(self, code: int) -> None:
        """Close the socket; waiting messages are dropped."""
        if self._end is None:
            self._close_code = code
            self._end = {"type": "websocket.disconnect", "code": code}
            self._close_asked.set()
            self._changed.set()

    async def run(self, app: ASGIApp, scope: Scope) -> None:
        """Relay messages between app and browser until either side, or `close`, ends the connection."""
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
            self._turns.give_back(self)
            live.close(self.page_id)

    async def _read(self) -> None:
        """Receive messages as fast as they arrive, so that superseded ones are dropped and a flood is noticed."""
        while self._end is None:
            message = await self._receive()
            if message["type"] != "websocket.receive":
                self._end = self._end or message
            else:
                try:
                    self._waiting.add(message.get("bytes"), time.monotonic())
                    if not self._waiting.has_only_timers:
                        self._turns.hurry(self)
                except Flood as flood:
                    logs.write(_log, logs.WARNING, "gate.socket_closed", user_id=self.account.id, code=flood.code)
                    self.close(flood.code)
            self._changed.set()

    async def _next(self) -> Message:
        """Return the next message for Streamlit, once there is one and the rate limits allow it."""
        while not self._close_asked.is_set():
            self._changed.clear()
            now = time.monotonic()
            wait = max(bucket.wait(now) for bucket in self._buckets)
            if self._waiting and wait == 0:
                if message := await self._take():
                    for bucket in self._buckets:
                        bucket.take(now)
                    return {"type": "websocket.receive", "bytes": message.data}
                continue
            if self._end is not None:  # the browser disconnected: waiting messages have no reader
                break
            with suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), wait if self._waiting else None)
        return self._end or {"type": "websocket.disconnect", "code": 1005}

    async def _take(self) -> Taken | None:
        """Take the first message once it has its turn; None where a timer's question needs no run, because it would
        show the same."""
        first = self._waiting.next
        if first.fragment_id and await self._is_unchanged(first):
            self._waiting.drop(first)
            return None
        if first.is_run:
            await self._turns.take(self, is_timer=bool(first.fragment_id))
        message = self._waiting.take()  # another run, where it superseded the first meanwhile
        if message.is_run:
            self._asked = message
        return message

    async def _is_unchanged(self, message: Taken) -> bool:
        unchanged: bool = await to_thread.run_sync(live.is_unchanged, self.page_id, message.fragment_id)
        return unchanged

    async def _forward(self, message: Message) -> None:
        # A message that cannot be sent is dropped: Streamlit gets the disconnect when it receives. An error here would
        # log a traceback for every page that is closed during a write.
        if not self._close_asked.is_set():
            if data := message.get("bytes"):
                self._note(data)
            with suppress(OSError):
                await self._send(message)

    def _note(self, data: bytes) -> None:
        if not self.page_id and (page_id := page_id_in(data)):
            self.page_id = page_id
            self._addresses.note_page(self.account.id, page_id)
        self._addresses.note(self.session_id, data)
        if ends_run(data):
            self._turns.give_back(self)
            if self._asked is not None:
                WAITS.add("timer" if self._asked.fragment_id else "person", time.monotonic() - self._asked.since)
                self._asked = None

    async def _send_close(self) -> None:
        await self._close_asked.wait()
        # A client that does not read makes `send` block forever. The server then drops the connection itself.
        with suppress(TimeoutError, OSError):
            await asyncio.wait_for(self._send({"type": "websocket.close", "code": self._close_code}), CLOSE_SECONDS)
