"""A tab of a browser without a browser: the WebSocket of one page, its timers, and its uploads."""

import asyncio
import re
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import requests
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.Common_pb2 import FileURLs, FileURLsRequest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin, Subprotocol

FRAGMENT = ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY
_SCRIPTS = re.compile(r'(?:src|href)="\.?/(static/[^"]+)"')


@dataclass
class Timings:
    """What people waited for, in seconds."""

    first_pages: list[float] = field(default_factory=list)
    fragments: list[float] = field(default_factory=list)
    """Of live fragments: from the question of a timer to the end of the next answer. A question that would show nothing
    new has none: the wait goes on until there is something new."""
    uploads: list[float] = field(default_factory=list)
    asked: int = 0
    """Questions of all timers."""
    answered: int = 0
    errors: list[str] = field(default_factory=list)


class Tab:
    """One page in one browser. `live` = the longest interval, in seconds, of timers whose answers are measured."""

    def __init__(
        self, url: str, cookie: str, page: str, query: str, timings: Timings, live: float = 2.0, scripts: bool = True
    ) -> None:
        self.url, self.page, self.query = url, page, query
        self.timings, self._live, self._scripts = timings, live, scripts
        self.browser = requests.Session()
        self.browser.trust_env = False
        self.browser.headers.update({"Origin": url, "Cookie": f"getsms_session={cookie}"})
        self._cookie = cookie
        self._hash = ""
        self._timers: dict[str, asyncio.Task[None]] = {}
        self._asked: dict[str, float] = {}
        self._intervals: dict[str, float] = {}
        self._drawn: set[str] = set()
        self._socket: ClientConnection | None = None
        self._reader: asyncio.Task[None] | None = None
        self.uploaders: list[str] = []
        """The ids of the file uploaders of the page."""
        self.first_run = asyncio.Event()
        self.runs = 0
        self.changed = asyncio.Condition()
        self.page_id = ""
        """Streamlit's id of this page."""
        self.downloads: list[str] = []
        """The ids of the files of the page that are made when somebody asks for them."""
        self._answers: asyncio.Queue[ForwardMsg] = asyncio.Queue()

    async def open(self, continued: str = "") -> None:
        """Load the page as a new browser does, and wait for the end of its first run; `continued` is the id of a page
        whose connection was lost."""
        began = time.monotonic()
        await asyncio.to_thread(self._load)
        self._socket = await connect(
            f"ws{self.url.removeprefix('http')}/_stcore/stream",
            origin=Origin(self.url),
            additional_headers={"Cookie": f"getsms_session={self._cookie}"},
            subprotocols=[Subprotocol(name) for name in ("streamlit", "PLACEHOLDER_AUTH_TOKEN", continued) if name],
            proxy=None,
            max_size=None,
            open_timeout=120,
        )
        self._reader = asyncio.create_task(self._read(self._socket))
        await self.send(BackMsg(rerun_script=self._state()))
        await self.first_run.wait()
        self.timings.first_pages.append(time.monotonic() - began)

    async def close(self) -> None:
        """Close the page."""
        tasks = [*self._timers.values(), *([self._reader] if self._reader else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.drop_connection()
        self.browser.close()

    async def drop_connection(self) -> None:
        """Lose the connection."""
        if self._socket:
            await self._socket.close()

    def _load(self) -> None:
        page = self.browser.get(f"{self.url}/{self.page}?{self.query}", timeout=120)
        if page.status_code != 200:
            self.timings.errors.append(f"GET {page.status_code}")
        for path in _SCRIPTS.findall(page.text) if self._scripts else ():
            self.browser.get(f"{self.url}/{path}", timeout=120)
        for path in ("_stcore/health", "_stcore/host-config"):
            self.browser.get(f"{self.url}/{path}", timeout=120)

    def _state(self, **values: Any) -> ClientState:
        return ClientState(query_string=self.query, page_name=self.page, page_script_hash=self._hash, **values)

    async def send(self, message: BackMsg) -> None:
        """Send a message to the app."""
        assert self._socket is not None
        await self._socket.send(message.SerializeToString())

    async def _read(self, socket: ClientConnection) -> None:
        with suppress(ConnectionClosed):
            async for data in socket:
                message = ForwardMsg()
                assert isinstance(data, bytes)
                message.ParseFromString(data)
                await self._handle(message)
        if socket.close_code not in (None, 1000, 1001):
            self.timings.errors.append(f"closed {socket.close_code}")

    async def _handle(self, message: ForwardMsg) -> None:
        kind = message.WhichOneof("type")
        if kind == "new_session":
            self.page_id = message.new_session.initialize.session_id
            self._drawn.clear()
        elif kind == "navigation":  # a new session tells the first page of the menu
            self._hash = message.navigation.page_script_hash
        elif kind == "delta" and message.delta.fragment_id:
            self._drawn.add(message.delta.fragment_id)
        elif kind == "auto_rerun":
            self._start_timer(message.auto_rerun.fragment_id, message.auto_rerun.interval)
        if kind == "delta" and message.delta.new_element.WhichOneof("type") == "file_uploader":
            self.uploaders.append(message.delta.new_element.file_uploader.id)
        if kind == "delta" and message.delta.new_element.download_button.deferred_file_id:
            self.downloads.append(message.delta.new_element.download_button.deferred_file_id)
        elif kind in ("file_urls_response", "backend_operation_response"):
            self._answers.put_nowait(message)
        elif kind == "script_finished":
            await self._finished(message.script_finished)

    async def _finished(self, status: int) -> None:
        if status == FRAGMENT:
            now = time.monotonic()
            for fragment in self._drawn:
                question = self._asked.pop(fragment, None)
                self.timings.answered += question is not None
                if question is not None and self._intervals.get(fragment, 1e9) <= self._live:
                    self.timings.fragments.append(now - question)
        elif status == ForwardMsg.FINISHED_SUCCESSFULLY:
            for stopped_timer in self._timers.keys() - self._drawn:
                self._stop_timer(stopped_timer)
            self.first_run.set()
        async with self.changed:
            self.runs += 1
            self.changed.notify_all()

    def _start_timer(self, fragment: str, seconds: float) -> None:
        if fragment in self._timers:
            if self._intervals[fragment] == seconds:
                return
            self._timers[fragment].cancel()
        self._intervals[fragment] = seconds
        self._timers[fragment] = asyncio.create_task(self._ask_every(fragment, seconds))

    def _stop_timer(self, fragment: str) -> None:
        self._timers.pop(fragment).cancel()
        self._asked.pop(fragment, None)

    async def _ask_every(self, fragment: str, seconds: float) -> None:
        while True:
            await asyncio.sleep(seconds)
            self._asked.setdefault(fragment, time.monotonic())
            self.timings.asked += 1
            with suppress(ConnectionClosed):
                await self.send(BackMsg(rerun_script=self._state(fragment_id=fragment, is_auto_rerun=True)))

    # -------------------------------------------------------------------------------------------------- uploads

    async def upload(self, content: bytes, name: str, done: Callable[[], bool] = lambda: True) -> None:
        """Put a file into the first uploader of the page, and wait until its page has run with it and `done`."""
        began = time.monotonic()
        (urls,) = await self.ask_for_addresses(name)
        answer = await asyncio.to_thread(self.put, urls.upload_url, name, content)
        if answer != 204:
            self.timings.errors.append(f"PUT {answer}")
            return
        state = WidgetState(id=self.uploaders[-1])
        state.file_uploader_state_value.uploaded_file_info.add(
            file_id=urls.file_id, name=name, size=len(content), file_urls=urls
        )
        async with self.changed:
            before = self.runs
            await self.send(BackMsg(rerun_script=self._state(widget_states={"widgets": [state]})))
            await self.changed.wait_for(lambda: self.runs > before)
        while not await asyncio.to_thread(done):
            await asyncio.sleep(0.2)
        self.timings.uploads.append(time.monotonic() - began)

    async def ask_for_addresses(self, *names: str, seconds: float = 60) -> list[FileURLs]:
        """Ask where these files may be put. Raises `TimeoutError`."""
        request = FileURLsRequest(request_id="1", file_names=names, session_id=self.page_id)
        await self.send(BackMsg(file_urls_request=request))
        return list((await self.wait_for("file_urls_response", seconds)).file_urls_response.file_urls)

    async def wait_for(self, kind: str, seconds: float = 60) -> ForwardMsg:
        """Return the next answer, which must be of this kind. Raises `TimeoutError`."""
        answer = await asyncio.wait_for(self._answers.get(), seconds)
        assert answer.WhichOneof("type") == kind
        return answer

    def put(self, path: str, name: str, content: bytes) -> int:
        """Put a file there; returns the HTTP status."""
        return self.change("PUT", path, files={name: (name, content)})

    def delete(self, path: str) -> int:
        """Remove a file; returns the HTTP status."""
        return self.change("DELETE", path)

    @property
    def token(self) -> str:
        """Streamlit's token against foreign requests."""
        return self.browser.cookies.get("_streamlit_xsrf") or ""

    def change(self, method: str, path: str, **body: Any) -> int:
        """Send a request that changes something, as a page does; returns the HTTP status."""
        cookies = f"getsms_session={self._cookie}; _streamlit_xsrf={self.token}"
        headers = {"X-Xsrftoken": self.token, "Cookie": cookies}
        return self.browser.request(method, f"{self.url}{path}", headers=headers, timeout=600, **body).status_code
