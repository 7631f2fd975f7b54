"""The practice gateway without sockets: its own rules, faults and ledger, reached over a simulated network.

The client's side of the network stands in for `gateway.transport`: what it returns is what that returns for the same
event (tests/integration/gateway checks that with real sockets). All the code above it is the product's.
"""

from collections import Counter
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from getsms_core.gateway import Gateway
from getsms_core.gateway.transport import Failure, GatewayConnection, Reply
from getsms_core.sandbox.form import parse_fields
from getsms_core.sandbox.gateway_rules import CallHandler, GatewayRules
from getsms_core.sandbox.http import Connection, Request
from getsms_core.sandbox.ledger import Ledger, Message
from getsms_core.sandbox.log_lines import CallLines
from getsms_core.sandbox.server import Options, Sandbox
from tests.simulate.scheduler import Scheduler, Thread

URL = "http://gateway.invalid/smsgateway/"
CONNECT_TIMEOUT, READ_TIMEOUT = 1.0, 3.0  # seconds
HELD_SECONDS = 2.4  # with the way there less than the read time-out
DRIP_BYTES = 5  # a second, of a dripping answer
Key = tuple[str, str]
"""Phone and text of a message; no two messages of a simulation have the same."""


@dataclass
class Exchange:
    """A request that has begun, and what became of it: "answer", "reset", "silence" or "drip". `holds_answer`: the
    gateway answers so late that a worker which comes back now records before."""

    is_send: bool
    keys: tuple[Key, ...]
    process: Any
    begun_at: float
    outcome: str = ""
    status: int = 200
    body: bytes = b""
    caller: Thread | None = None
    open: bool = True
    attempt: str = ""
    holds_answer: bool = False


class _Silence:
    """What a coroutine awaits that would wait for the caller to hang up."""

    def __await__(self) -> Generator[None, None, None]:
        yield

    async def wait(self) -> None:
        await self


class _Line(Connection):
    """The gateway's side of a connection: notes how the exchange ended."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.over = _Silence()  # type: ignore[assignment]

    def answer(self, body: bytes, status: int = 200, kind: str = "", keep: bool = True) -> None:
        self.exchange.outcome, self.exchange.status, self.exchange.body = "answer", status, body

    def head(self, length: int, status: int = 200, kind: str = "") -> bytes:
        return b""

    def reset(self) -> None:
        self.exchange.outcome = "reset"

    async def drip(self, raw: bytes, seconds: float) -> None:
        self.exchange.outcome, self.exchange.body = "drip", raw


class CountingLedger(Ledger):
    """The practice gateway's ledger, which also counts in memory."""

    def __init__(self, path: Path, on_taken: Callable[[Sequence[Key]], None]) -> None:
        super().__init__(path)
        self.times: Counter[Key] = Counter()
        self._on_taken = on_taken

    def add(self, messages: Sequence[Message], **fields: Any) -> tuple[int, int]:
        """See `Ledger`."""
        ids = super().add(messages, **fields)
        taken = [(message.phone, message.text) for message in messages if message.taken]
        self.times.update(taken)
        self._on_taken(taken)
        return ids


class PracticeGateway(Sandbox):
    """The practice gateway; `handle` is what its server does with a request."""

    def __init__(self, scheduler: Scheduler, ledger: CountingLedger, seed: int) -> None:
        rules = GatewayRules(speed=50.0, seed=seed)
        super().__init__(Options(Path("unused"), rules=rules, refuse_seconds=1.5))
        self.scheduler = scheduler
        self.ledger = ledger
        self.handler = CallHandler(ledger, rules)
        self.refuses_until = 0.0
        self.slow = (0.01, 0.3)  # seconds that a request takes
        self._in_progress: list[Exchange] = []

    def later(self, work: Any, then: Callable[[], None] | None = None) -> None:
        """The only work that it does later is to refuse connections for a while."""
        work.close()
        self.refuses_until = self.scheduler.now + self.options.refuse_seconds

    def begin(self, exchange: Exchange, path: str, body: bytes) -> None:
        """Take a request from the network; it arrives even if its sender is killed now."""
        travel = self.scheduler.dice.uniform(*self.slow)
        self._in_progress.append(exchange)
        self.scheduler.start("gateway", None, lambda: self._take(exchange, path, body), travel / 2)

    def _take(self, exchange: Exchange, path: str, body: bytes) -> None:
        if exchange in self._in_progress:
            request = Request("POST", path, "", False, body, "10.0.0.7")
            lines = CallLines("send" if exchange.is_send else "status", 0)
            call = self._call(request, _Line(exchange), lines, exchange.is_send)
            try:
                call.send(None)
            except StopIteration:
                pass
            else:
                call.close()
                exchange.outcome = exchange.outcome or "silence"
            self.scheduler.pause(HELD_SECONDS if exchange.holds_answer else self.scheduler.dice.uniform(*self.slow) / 2)
        if exchange in self._in_progress:
            self._in_progress.remove(exchange)
        else:
            exchange.outcome = "reset"
        if exchange.caller is not None and exchange.open:
            self.scheduler.wake(exchange.caller)

    def crash(self, seconds: float) -> None:
        """Its process is killed, and another one begins after this time: connections are lost, the ledger is not."""
        self._in_progress.clear()
        self.refuses_until = self.scheduler.now + seconds


@dataclass
class Network:
    """Between the workers and the gateway. `noted` is called when a worker has noted that a request begins, `begins` at
    its first byte, `ends` when its caller knows its outcome."""

    scheduler: Scheduler
    gateway: PracticeGateway
    noted: Callable[[Exchange], None]
    begins: Callable[[Exchange], None]
    ends: Callable[[Exchange], None]
    exchanges: list[Exchange] = field(default_factory=list)

    def client(self, process: Any) -> Gateway:
        """Return the gateway's client of a process."""
        return _Client(self, process)


class _Client(Gateway):
    """The product's client over the simulated network."""

    def __init__(self, network: Network, process: Any) -> None:
        super().__init__(URL, "simulated", SecretStr("simulated"), "", CONNECT_TIMEOUT, READ_TIMEOUT)
        self._network, self._process = network, process

    def _line(self) -> GatewayConnection:
        return _Wire(self._network, self._process)


class _Wire(GatewayConnection):
    """Stands in for a thread's connection."""

    def __init__(self, network: Network, process: Any) -> None:
        self._network, self._process = network, process

    def post(self, url: str, body: bytes, before_first_byte: Callable[[], None] | None = None) -> Reply | Failure:
        """See `GatewayConnection`."""
        scheduler, gateway = self._network.scheduler, self._network.gateway
        began = scheduler.now
        scheduler.crash_point("before it connects", 20)
        scheduler.pause(scheduler.dice.uniform(0.0005, 0.01))
        if scheduler.now < gateway.refuses_until:
            if scheduler.dice.random() < 0.2:
                scheduler.pause(CONNECT_TIMEOUT)
                return Failure("connect-timeout", "timed out", False, scheduler.now - began)
            return Failure("connection-refused", "refused", False, scheduler.now - began)
        scheduler.crash_point("connected, before the note", 40)
        if before_first_byte is not None:
            before_first_byte()
        exchange = self._exchange(url, body)
        self._network.noted(exchange)
        scheduler.crash_point("between the note and the first byte", 40)
        exchange.begun_at = scheduler.now
        self._network.begins(exchange)
        try:
            scheduler.crash_point("between the first byte and the last", 20)
            gateway.begin(exchange, "/smsgateway/status/" if not exchange.is_send else "/smsgateway/", body)
            return self._outcome(exchange, began)
        finally:
            exchange.open = False
            self._network.ends(exchange)

    def _exchange(self, url: str, body: bytes) -> Exchange:
        fields = parse_fields(body, False)
        is_send = not url.endswith("status/")
        keys: tuple[Key, ...] = ()
        if is_send:
            objects = self._network.gateway.handler.check(fields, True)
            keys = tuple((entry["phone"], entry["text"]) for entry in objects) if isinstance(objects, list) else ()
        return Exchange(is_send, keys, self._process, self._network.scheduler.now,
                        caller=self._network.scheduler.thread)  # fmt: skip

    def _outcome(self, exchange: Exchange, began: float) -> Reply | Failure:
        scheduler = self._network.scheduler
        scheduler.block(READ_TIMEOUT)
        scheduler.crash_point("after the answer", 40)
        seconds = scheduler.now - began
        if not exchange.outcome or exchange.outcome == "silence":
            scheduler.pause(max(0.0, began + READ_TIMEOUT - scheduler.now))
            return Failure("read-timeout", "timed out", True, scheduler.now - began)
        if exchange.outcome == "reset":
            return Failure("connection-lost", "reset", True, seconds)
        if exchange.outcome == "drip":
            scheduler.pause(CONNECT_TIMEOUT + READ_TIMEOUT - seconds)
            return Reply(200, exchange.body[: DRIP_BYTES * 3], scheduler.now - began, "deadline", "too slow")
        return Reply(exchange.status, exchange.body, seconds)
