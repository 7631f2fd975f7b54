"""The processes of the simulated computer: their database connections, threads, queues and deaths."""

import queue
import sqlite3
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from getsms_core.base import processes
from getsms_core.db.engine import BUSY_SECONDS, Store
from tests.simulate.scheduler import Killable, Scheduler, Thread

HOST = "simulated-host"
STATEMENT_SECONDS = 0.0004  # the longest that a statement takes
COMMIT_SECONDS = 0.004
CUT_OFF_SECONDS = (0.0, 0.6, 1.5, 6.0)
OTHER_STOPS = 0.3  # how likely a worker stops after a commit without claims, beside one with claims
STANDS_STILL_SECONDS = (1.2, 9.0, 20.0)
OTHER_COMMITS = 0.05  # how likely the commit of another transaction is lost, beside that of one with answers
REQUEUED_COMMITS = 0.5
"""How likely the commit of answers that queue a chunk again is lost, where commits are lost at all."""


@dataclass(eq=False)
class Process(Killable):
    """A process of the simulated computer. `slot` has its connections; `pid` is used again by later ones. Until
    `cut_off_until` it cannot reach the database, or until a request of one of the chunks `returns_with` begins;
    `recorded_chunks` says whose answers its transaction records, `requeued_chunks` which of them it queued again."""

    name: str
    pid: int
    started: str
    slot: "Slot"
    action: str = ""
    is_dead: bool = False
    frozen_until: float = 0.0
    cut_off_until: float = 0.0
    recorded_chunks: Callable[[], frozenset[int]] = frozenset
    requeued_chunks: Callable[[], frozenset[int]] = frozenset
    returns_with: frozenset[int] = frozenset()
    has_lost_commits: bool = False
    has_claims: Callable[[], bool] = bool
    on_death: list[Callable[[], None]] = field(default_factory=list)

    def die(self) -> None:
        """See `Killable`."""
        self.slot.abandon()
        for closing in self.on_death:
            closing()


class Computer:
    """The process table, and the one write lock of the database."""

    def __init__(self, scheduler: Scheduler) -> None:
        self.scheduler = scheduler
        self.processes: list[Process] = []
        self.writer: Process | None = None
        self._waiting: deque[Thread] = deque()
        self._next_pid = 0
        self._starts = 0
        self.after_commit: Callable[[Process], None] = lambda _process: None

    def process(self, name: str, slot: "Slot") -> Process:
        """Begin a process; its PID may have been another one's before."""
        living = {process.pid for process in self.processes if not process.is_dead}
        self._starts += 1
        pid = next(pid for pid in (100 + (self._next_pid + n) % 12 for n in range(12)) if pid not in living)
        self._next_pid = pid - 99
        begun = Process(name, pid, str(self._starts), slot)
        slot.process = begun
        self.processes = [process for process in self.processes if not process.is_dead] + [begun]
        return begun

    def is_process_alive(self, pid: int, started_at: str) -> bool:
        """See `base.processes`."""
        return any(p.pid == pid and p.started == started_at and not p.is_dead for p in self.processes)

    def lock(self, process: Process) -> None:
        """Take the write lock, as BEGIN IMMEDIATE does."""
        until = self.scheduler.now + BUSY_SECONDS
        while self.writer is not None:
            if self.scheduler.now >= until:
                locked = sqlite3.OperationalError("database is locked")
                locked.sqlite_errorcode = sqlite3.SQLITE_BUSY  # by it the product knows what to tell a user
                raise locked
            self._waiting.append(self.scheduler.thread)
            self.scheduler.block(until - self.scheduler.now)
        self.writer = process

    def unlock(self, process: Process) -> None:
        """Give the write lock back if this process has it."""
        if self.writer is process:
            self.writer = None
            while self._waiting:
                self.scheduler.wake(self._waiting.popleft())

    @contextmanager
    def as_this_computer(self) -> Iterator[None]:
        """Have the product ask this process table."""
        alive, host, ticks = processes.is_process_alive, processes.host_identity, processes.process_start_ticks
        own_pid = processes.own_pid
        processes.is_process_alive = self.is_process_alive
        processes.host_identity = lambda: HOST
        processes.process_start_ticks = lambda pid: str(self.scheduler.process.started)
        processes.own_pid = lambda: self.scheduler.process.pid
        try:
            yield
        finally:
            processes.is_process_alive, processes.host_identity = alive, host
            processes.process_start_ticks, processes.own_pid = ticks, own_pid


class Slot:
    """The database connections of one process at a time. They outlive it, because SQLAlchemy compiles its statements
    once an engine; what the process had not committed is rolled back."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.computer: Computer | None = None
        self.process: Process | None = None
        self._connections: list[sqlite3.Connection] = []
        self._writes: Any = None
        for engine in (store.engine, store._nested_engine):
            self._listen(engine)

    def abandon(self) -> None:
        """Roll back what the killed process had begun."""
        for connection in self._connections:
            with suppress(sqlite3.Error):
                connection.rollback()
        if self.computer is not None and self.process is not None:
            self.computer.unlock(self.process)

    def reopen(self) -> None:
        """Forget the connections: another file is there."""
        self.store.engine.dispose()
        self.store._nested_engine.dispose()
        self._connections.clear()

    def _listen(self, engine: sa.Engine) -> None:
        commit, rollback = engine.dialect.do_commit, engine.dialect.do_rollback

        @event.listens_for(engine, "connect")
        def connect(connection: Any, _record: object) -> None:
            connection.execute("PRAGMA busy_timeout=0")  # who waits, waits in virtual time
            self._connections.append(connection)

        @event.listens_for(engine, "before_cursor_execute")
        def before(connection: sa.Connection, _cursor: object, statement: str, *_more: object) -> None:
            if not self._step("before a statement"):
                return
            assert self.computer is not None
            assert self.process is not None
            self._must_reach(self.process)
            if statement == "BEGIN IMMEDIATE":
                self.computer.lock(self.process)
                self._writes = connection.connection.dbapi_connection

        @event.listens_for(engine, "after_cursor_execute")
        def after(*_of_statement: object) -> None:
            self._step("after a statement", pause=False)

        def do_commit(connection: Any) -> None:
            writes = self._is_writer(connection)
            if self._step("before a commit", 10, seconds=COMMIT_SECONDS) and self.process is not None:
                self._must_reach(self.process)
            commit(connection)
            if writes and self.computer is not None and self.process is not None:
                process = self.process
                self.computer.unlock(process)
                self.computer.after_commit(process)
                self._step("after a commit", 10)
                self._stand_still(process)
                self._lose_acknowledgement(process)

        def do_rollback(connection: Any) -> None:
            rollback(connection)
            if self.computer is not None and self.process is not None and self._is_writer(connection):
                self.computer.unlock(self.process)

        dialect: Any = engine.dialect
        dialect.do_commit, dialect.do_rollback = do_commit, do_rollback

    def _lose_acknowledgement(self, process: Process) -> None:
        """A commit of a worker that succeeds and seems to fail, as when the connection to PostgreSQL breaks then; for
        some seconds the worker may reach the database no more, while others do."""
        assert self.computer is not None
        scheduler = self.computer.scheduler
        # The commits that matter most are those of answers: the worker records them once more when it can. The worst
        # moment for that is when another worker sends the same chunk again.
        recorded, requeued = process.recorded_chunks(), process.requeued_chunks()
        chance = scheduler.lost_commit_chance * (1 if recorded else OTHER_COMMITS)
        if requeued and chance:
            chance = max(chance, REQUEUED_COMMITS)
        if process.action == "work" and scheduler.dice.random() < chance:
            others_are_cut_off = any(other.cut_off_until > scheduler.now for other in self.computer.processes)
            seconds = max(CUT_OFF_SECONDS) if requeued else scheduler.dice.choice(CUT_OFF_SECONDS)
            seconds = 0.0 if others_are_cut_off else seconds
            process.cut_off_until = scheduler.now + seconds
            process.returns_with, process.has_lost_commits = recorded, True
            scheduler.log(f"does not learn that its commit succeeded; is cut off for {seconds:g} s")
            raise sqlite3.OperationalError("simulated: the connection broke")

    def _stand_still(self, process: Process) -> None:
        """A worker stops for seconds right after a commit, most often one that claims: what it sends when it runs
        again, a user may have stopped meanwhile. At any other moment it is hardly ever between a claim and its POST."""
        assert self.computer is not None
        scheduler = self.computer.scheduler
        chance = scheduler.stop_chance * (1 if process.has_claims() else OTHER_STOPS)
        if process.action == "work" and scheduler.dice.random() < chance:
            process.frozen_until = scheduler.now + scheduler.dice.choice(STANDS_STILL_SECONDS)
            scheduler.log(f"{process.name} stands still after a commit until {process.frozen_until:.2f}")

    def _must_reach(self, process: Process) -> None:
        assert self.computer is not None
        if process.cut_off_until > self.computer.scheduler.now:
            broke = sqlite3.OperationalError("simulated: no connection")
            raise sa.exc.OperationalError("", None, broke)

    def _is_writer(self, connection: Any) -> bool:
        """Whether this connection has the write lock: another one of the process may only read."""
        if self.computer is None or self.process is None or self.computer.writer is not self.process:
            return False
        return getattr(connection, "dbapi_connection", connection) is self._writes

    def _step(
        self, moment: str, weight: float = 1.0, *, pause: bool = True, seconds: float = STATEMENT_SECONDS
    ) -> bool:
        """Let others run and perhaps die; returns whether a simulation runs."""
        if self.computer is None:
            return False
        scheduler = self.computer.scheduler
        if scheduler.process is None:
            return False
        if pause:
            scheduler.pause(scheduler.dice.random() * seconds)
        scheduler.crash_point(moment, weight)
        return True


class VirtualQueue:
    """`queue.SimpleQueue` in virtual time."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self._items: deque[Any] = deque()
        self._reader: Thread | None = None

    def put(self, item: Any) -> None:
        """Add an item."""
        self._items.append(item)
        if self._reader is not None:
            self._scheduler.wake(self._reader)

    def get_nowait(self) -> Any:
        """Return the first item. Raises `queue.Empty`."""
        if not self._items:
            raise queue.Empty
        return self._items.popleft()

    def get(self, timeout: float) -> Any:
        """Return the first item, after waiting at most `timeout` seconds. Raises `queue.Empty`."""
        if not self._items:
            self._reader = self._scheduler.thread
            self._scheduler.block(timeout)
            self._reader = None
        self._scheduler.crash_point("while it waits", 0.3)
        return self.get_nowait()


class VirtualPool(Executor):
    """`ThreadPoolExecutor` in virtual time."""

    def __init__(self, scheduler: Scheduler, process: Process, size: int) -> None:
        self._scheduler, self._process, self._size = scheduler, process, size
        self._work: deque[tuple[Future[Any], Callable[..., Any], tuple[Any, ...]]] = deque()
        self._busy = 0
        self._number = 0

    def submit(self, fn: Callable[..., Any], /, *args: Any, **_kwargs: Any) -> Future[Any]:
        """See `Executor`."""
        future: Future[Any] = Future()
        self._work.append((future, fn, args))
        if self._busy < self._size:
            self._busy += 1
            self._number += 1
            self._scheduler.start(f"{self._process.name}/{self._number}", self._process, self._run)
        return future

    def _run(self) -> None:
        try:
            while self._work:
                future, work, arguments = self._work.popleft()
                if future.set_running_or_notify_cancel():
                    future.set_result(work(*arguments))
        finally:
            self._busy -= 1

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """See `Executor`."""
        while wait and self._busy and not self._process.is_dead:
            self._scheduler.pause(0.05)
