"""The practice gateway on a port: the handler's answers, met by faults and latency, over connections that can break."""

import asyncio
import fcntl
import os
import secrets
import signal
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from io import TextIOWrapper
from pathlib import Path
from typing import Any

import orjson

from getsms_core.base import clock
from getsms_core.base.errors import DomainError, os_reason
from getsms_core.base.i18n import _
from getsms_core.sandbox.connections import Holders
from getsms_core.sandbox.control import Control
from getsms_core.sandbox.damage import DAMAGES, damage_answer
from getsms_core.sandbox.delivery import FIXED_FATES
from getsms_core.sandbox.faults import LIST_FAULTS, Dice, has_invalid_object
from getsms_core.sandbox.form import parse_fields
from getsms_core.sandbox.gateway_rules import CallHandler, GatewayRules, error_answer
from getsms_core.sandbox.http import Connection, Request
from getsms_core.sandbox.ledger import Ledger
from getsms_core.sandbox.listener import Listener
from getsms_core.sandbox.log_lines import CallLines
from getsms_core.sandbox.traffic import Traffic

SEND_PATHS = frozenset({"/", "/smsgateway", "/smsgateway/"})
STATUS_PATHS = frozenset(
    {"/status", "/status/", "//status", "//status/", "/smsgateway/status", "/smsgateway/status/",
     "/smsgateway//status", "/smsgateway//status/"}
)  # fmt: skip
_FIXED_BY_TEXT = {str(phone): fate for phone, fate in FIXED_FATES.items()}
DRIP = 0.2  # seconds between the bytes of a dripping answer
_PAGE = b"<!DOCTYPE html><html><head><title>Service</title></head><body><h1>Please try again later</h1></body></html>"
_FORBIDDEN = b"<html><head><title>403 Forbidden</title></head><body><h1>Forbidden</h1></body></html>"
_CONNECTION_FAULTS = (
    "error-201",
    "reset-before",
    "read-timeout",
    "reset-after",
    "http-500-after",
)  # the first one applies


@dataclass(frozen=True)
class Options:
    """How a practice gateway is started. `state` is its SQLite file; `latency` and `refuse_seconds` are seconds; `port`
    0 is the last one that this state used, else any. With `holders` it ends when the last of these processes has."""

    state: Path
    host: str = "127.0.0.1"
    port: int = 0
    latency: float = 0.0
    faults: Mapping[str, float] = field(default_factory=dict)
    refuse_seconds: float = 0.5
    refuse_ip: bool = False
    rules: GatewayRules = field(default_factory=GatewayRules)
    holders: tuple[int, ...] = ()


class Sandbox:
    """A running practice gateway, in one asyncio loop. `latency`, `faults` and `handler` may change while it runs."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.latency = options.latency
        self.faults = dict(options.faults)
        self.refuse_ip = options.refuse_ip
        self.dice = Dice(options.rules.seed)
        self.sends, self.statuses = Traffic(), Traffic()
        self.ended = asyncio.Event()
        self.holders = Holders(options.holders)
        self.url, self.token = "", ""
        self.pid = os.getpid()
        self._connections: set[Connection] = set()
        self._listener: Listener | None = None
        self._tasks: set[asyncio.Future[Any]] = set()
        self._lock: TextIOWrapper | None = None

    @property
    def info_file(self) -> Path:
        """The file with the address and pid of a running gateway."""
        return self.options.state.with_suffix(".json")

    async def start(self) -> str:
        """Listen; returns the address. Raises `DomainError`: "cannot-write", "sandbox-runs", "port-taken"."""
        try:
            self.options.state.parent.mkdir(parents=True, exist_ok=True)
            self._lock = await _lock_state(self.options.state.with_suffix(".lock"))
        except OSError as error:
            sentence = _("The file {file} cannot be written: {reason}.")
            raise DomainError(
                "cannot-write", sentence.format(file=self.options.state, reason=os_reason(error))
            ) from None
        self.ledger = Ledger(self.options.state)
        self.handler = CallHandler(self.ledger, self.options.rules)
        self._control = Control(self)
        last = self.ledger.remembered("port")
        try:
            self._port = self._listen(self.options.port, int(last) if last and not self.options.port else 0)
        except OSError as error:
            self.ledger.close()
            self._lock.close()
            raise DomainError(
                "port-taken", _("The practice gateway cannot listen on port {port}: {reason}.").format(
                    port=self.options.port, reason=os_reason(error))
            ) from None  # fmt: skip
        self.ledger.remember("port", str(self._port))
        host = f"[{self.options.host}]" if ":" in self.options.host else self.options.host  # IPv6
        self.url = f"http://{host}:{self._port}/smsgateway/"
        self.token = self.ledger.remembered("token") or secrets.token_urlsafe(24)
        self.ledger.remember("token", self.token)  # the same after a restart: other processes know it
        info = {"url": self.url, "pid": self.pid, "state": str(self.options.state.resolve()), "token": self.token}
        fresh = self.info_file.with_suffix(f".{self.pid}.new")
        fresh.touch(0o600)  # the token is for this user only
        fresh.write_bytes(orjson.dumps(info))
        fresh.replace(self.info_file)
        if self.options.holders:
            self.later(self.holders.gone(), self.ended.set)
        return self.url

    async def stop(self) -> None:
        """Stop listening, abort the calls in progress, close the file."""
        self.info_file.unlink(missing_ok=True)
        for task in list(self._tasks):
            task.cancel()
        if self._listener:
            self._listener.close()
            await self._listener.settled()
        for connection in list(self._connections):
            connection.cancel()
        while self._connections:
            await asyncio.sleep(0)
        self.ledger.close()
        assert self._lock is not None
        self._lock.close()

    def later(self, work: Any, then: Callable[[], None] | None = None) -> None:
        """Run a coroutine in the background until the server stops."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        if then:
            task.add_done_callback(lambda finished: None if finished.cancelled() else then())

    async def refuse(self, seconds: float) -> None:
        """Refuse new connections for `seconds`; idle ones are closed at once, others after their answer."""
        if self._listener is None:
            return
        self._listener.close()
        await self._listener.settled()
        self._listener = None
        for connection in list(self._connections):
            connection.close_when_idle()
        await asyncio.sleep(seconds)
        while self._listener is None:
            try:
                self._listen(self._port, 0)
            except OSError:  # another program has the port for now
                await asyncio.sleep(0.05)

    def _listen(self, port: int, preferred: int) -> int:
        def connection() -> Connection:
            return Connection(self._serve, self._connections)

        listener = None
        if preferred:
            with suppress(OSError):  # another program has taken it meanwhile
                listener = Listener(self.options.host, preferred, connection)
        self._listener = listener or Listener(self.options.host, port, connection)
        return self._listener.port

    async def _serve(self, request: Request, connection: Connection) -> None:
        if request.path.startswith("/control/"):
            status, value = self._control.answer(request)
            connection.answer(orjson.dumps(value), status, "application/json")
        elif request.path in SEND_PATHS:
            await self._logged_call(request, connection, self.sends, "send")
        elif request.path in STATUS_PATHS:
            await self._logged_call(request, connection, self.statuses, "status")
        else:
            connection.answer(b"<html><body><h1>Not Found</h1></body></html>", 404)

    async def _logged_call(self, request: Request, connection: Connection, traffic: Traffic, kind: str) -> None:
        with traffic.call():
            lines = CallLines(kind, traffic.count)
            with lines.answered(connection):
                await self._call(request, connection, lines, send=kind == "send")

    async def _call(self, request: Request, connection: Connection, lines: CallLines, send: bool) -> None:
        fault = self.dice.fault(self.faults, status=not send)
        form = parse_fields(request.body, request.json)
        objects = self.handler.check(form, send)
        lines.received(objects)
        if self.refuse_ip or fault in ("http-403", "http-403-before"):
            lines.fault(fault or "refuse-ip")
            await self._wait()
            return connection.answer(_FORBIDDEN, 403)
        if isinstance(objects, list) and send and not fault:
            fault = _fixed_fault(objects)
        if (
            isinstance(objects, list)
            and not fault
            and has_invalid_object(self.faults, objects, not send, self.handler.rules.seed)
        ):
            fault = "error-201"
        if fault:
            lines.fault(fault)
        if fault == "reset-before":
            return connection.reset()
        if fault == "html-before":
            await self._wait()
            return connection.answer(_PAGE)
        if fault.startswith("http-") and not fault.endswith("-after"):
            await self._wait()
            return connection.answer(_PAGE, int(fault[5:8]))
        answer: object
        if fault.startswith("error-") and fault != "error-300":
            answer = error_answer(int(fault[6:]), self.dice.random.random() < 0.5)
        elif isinstance(objects, int):
            answer = self.handler.error(objects)
        elif send:
            refused = self.dice.random.randrange(len(objects)) if fault == "error-300" else -1
            answer = self.handler.take(form, objects, request.client_ip, _now(), refused)
        else:
            answer = self.handler.status(form, objects, _now())
        await self._wait()
        return await self._reply(connection, answer, fault, isinstance(objects, list))

    async def _reply(self, connection: Connection, answer: object, fault: str, taken: bool) -> None:
        """Send the answer to a processed request, changed by the fault."""
        if fault == "reset-after":
            return connection.reset()
        if fault == "read-timeout":
            await connection.over.wait()
            return None
        if fault in ("html", "html-nul"):
            return connection.answer(_PAGE if fault == "html" else _PAGE.replace(b"again", b"again\0\xff"))
        if fault.startswith("http-"):
            return connection.answer(_PAGE, int(fault[5:8]))
        if fault in LIST_FAULTS and isinstance(answer, list) and taken:
            answer = self._disordered(answer, fault)
        if fault in DAMAGES and isinstance(answer, list) and taken:
            return connection.answer(damage_answer(fault, answer))
        body = orjson.dumps(answer)
        if fault == "cut-json":
            return connection.answer(body[: max(1, len(body) // 2)])
        if fault == "drip":
            return await connection.drip(connection.head(len(body)) + body, DRIP)
        connection.answer(body)
        if fault == "refused":
            self.later(self.refuse(self.options.refuse_seconds))
        return None

    def _disordered(self, elements: list[Any], fault: str) -> list[Any]:
        dice = self.dice.random
        if fault == "short-list":
            return dice.sample(elements, len(elements) * 2 // 3)
        if fault == "foreign":
            strange = {"recipient": 998900009999, "text": "Somebody else's", "message_id": 1, "request_id": 1}
            elements = elements + [elements[0] | strange | {"message_id": n} for n in (1, 2, 3)]
        if fault == "duplicated":
            elements = elements + dice.choices(elements, k=max(1, len(elements) // 2))
        return dice.sample(elements, len(elements))

    async def _wait(self) -> None:
        if self.latency > 0:
            await asyncio.sleep(self.latency)


def _fixed_fault(objects: list[dict[str, Any]]) -> str:
    """Return the fault of a fixed number among the messages, "" for none."""
    faults = {_FIXED_BY_TEXT.get(str(message["phone"])) for message in objects}
    return next((name for name in _CONNECTION_FAULTS if name in faults), "")


def _now() -> int:
    return clock.wall_ms()


async def _lock_state(path: Path, patience: float = 5.0) -> TextIOWrapper:
    """Lock the state: two gateways with one file would assign the same ids. Raises `DomainError`: "sandbox-runs"."""
    file = path.open("w")
    deadline = asyncio.get_running_loop().time() + patience
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return file
        except BlockingIOError:
            if asyncio.get_running_loop().time() > deadline:
                file.close()
                raise DomainError(
                    "sandbox-runs",
                    _("Another practice gateway already works on {state}.").format(state=path.with_suffix(".db")),
                ) from None
        await asyncio.sleep(0.05)


async def run(options: Options, ready: Callable[[str], None]) -> None:
    """Serve until SIGTERM, SIGINT, SIGHUP or the end of the last holder; `ready` gets the address."""
    sandbox = Sandbox(options)
    loop = asyncio.get_running_loop()
    signals = [signal.SIGTERM, signal.SIGINT]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup: it continues without its terminal
        signals.append(signal.SIGHUP)
    for number in signals:
        with suppress(ValueError):  # not the main thread
            loop.add_signal_handler(number, sandbox.ended.set)
    ready(await sandbox.start())
    try:
        await sandbox.ended.wait()
    finally:
        await sandbox.stop()
