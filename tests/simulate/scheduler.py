"""Virtual time and the order of everything, decided by a seed.

Every simulated thread is a greenlet. It gives up control only at the points where the product touches the world: a
statement, a commit, a wait, a request. There the seed decides who goes on, and now and then that a process is killed.
Nothing here reads a real clock, so that one seed gives one sequence of events, whose digest two runs can compare.
"""

import hashlib
import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from math import inf
from typing import Any, Protocol

from greenlet import getcurrent, greenlet

START_MS = 1_800_000_000_000  # the first instant, UTC ms: 15 January 2027


class Killed(BaseException):
    """Unwinds the threads of a process that was killed: no `except Exception` of the product catches it."""


class Violation(Exception):
    """An invariant does not hold. `refs` are the messages, chunks and campaigns concerned."""

    def __init__(self, sentence: str, *refs: object) -> None:
        super().__init__(sentence)
        self.refs = {str(ref) for ref in refs}


class Killable(Protocol):
    """A process, as the scheduler sees it."""

    name: str
    is_dead: bool
    frozen_until: float
    has_lost_commits: bool

    def die(self) -> None:
        """Undo what the process has not committed."""


@dataclass(eq=False)
class Thread:
    """A simulated thread: when it may go on, and of which process it is; None for the world's own."""

    name: str
    process: Killable | None
    greenlet: Any
    ready_at: float

    def runs_at(self) -> float:
        """Return the instant from which it may run; a stopped process does not."""
        frozen_until = self.process.frozen_until if self.process is not None else 0.0
        return max(self.ready_at, frozen_until)


@dataclass
class Event:
    """Something that happened; `refs` name messages ("998…"), chunks and campaigns."""

    at: float
    who: str
    what: str
    refs: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.at:10.3f}  {self.who:<14} {self.what}"


@dataclass
class Scheduler:
    """The simulated machine's time and threads. `steps` counts how often a thread went on."""

    seed: str
    crash_chance: float = 0.0
    lost_commit_chance: float = 0.0
    stop_chance: float = 0.0
    now: float = 0.0
    wall_offset_ms: int = 0
    steps: int = 0
    events: list[Event] = field(default_factory=list)
    threads: list[Thread] = field(default_factory=list)
    crashes: dict[str, int] = field(default_factory=dict)
    violation: Violation | None = None

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)
        self._ids = random.Random(f"ids {self.seed}")
        self._digest = hashlib.blake2b(digest_size=16)
        self._hub = getcurrent()
        self._current: Thread | None = None
        self._dying: list[Killable] = []

    # ----------------------------------------------------------------------------------- `base.clock.Source`

    def wall_ms(self) -> int:
        """See `base.clock.Source`."""
        return START_MS + int(self.now * 1000) + self.wall_offset_ms

    def monotonic(self) -> float:
        """See `base.clock.Source`."""
        return self.now

    def boottime(self) -> float:
        """See `base.clock.Source`."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """See `base.clock.Source`."""
        self.pause(seconds)

    def new_id(self) -> str:
        """See `base.clock.Source`."""
        return f"{self._ids.getrandbits(128):032x}"

    # ----------------------------------------------------------------------------------------------- threads

    @property
    def process(self) -> Any:
        """The process whose thread runs now; None for the world's own threads and outside any thread."""
        return self._current.process if self._current is not None else None

    @property
    def thread(self) -> Thread:
        """The thread that runs now."""
        assert self._current is not None
        return self._current

    def start(self, name: str, process: Killable | None, run: Callable[[], None], after: float = 0.0) -> Thread:
        """Start a thread `after` these seconds."""

        def body() -> None:
            with suppress(Killed):
                run()

        thread = Thread(name, process, greenlet(body, parent=self._hub), self.now + after)
        self.threads.append(thread)
        return thread

    def pause(self, seconds: float = 0.0) -> None:
        """Let others run, for at least this long."""
        if self._current is None:
            return
        self._current.ready_at = self.now + seconds
        self._switch()

    def block(self, seconds: float = inf) -> None:
        """Wait until `wake`, for at most this long."""
        self.thread.ready_at = self.now + seconds
        self._switch()

    def wake(self, thread: Thread) -> None:
        """Let a blocked thread go on."""
        thread.ready_at = min(thread.ready_at, self.now)

    def crash_point(self, moment: str, weight: float = 1.0) -> None:
        """A place where the running process may be killed."""
        process = self.process
        if process is None:
            return
        if process.is_dead:
            raise Killed
        if self.crash_chance and self.dice.random() < self.crash_chance * weight:
            self.crashes[moment] = self.crashes.get(moment, 0) + 1
            self.log(f"is killed: {moment}")
            self._dying.append(process)
            self._switch()

    def kill(self, process: Killable, why: str) -> None:
        """Kill a process from outside it."""
        if not process.is_dead and process not in self._dying:
            self.log(f"kills {process.name}: {why}")
            self._dying.append(process)

    def _switch(self) -> None:
        process = self.process
        if process is not None and process.is_dead:
            raise Killed
        self._hub.switch()

    def run(self, until: Callable[[], bool], longest: float) -> bool:
        """Run until a condition holds, for at most `longest` virtual seconds. Returns whether it holds."""
        end = self.now + longest
        while not until():
            self._mark_dead()
            threads = self.threads
            earliest = min((thread.runs_at() for thread in threads), default=inf)
            if earliest > end:
                self.now = end
                return until()
            self.now = max(self.now, earliest)
            ready = [thread for thread in threads if thread.runs_at() <= self.now]
            thread = ready[0] if len(ready) == 1 else self.dice.choice(ready)
            self._resume(thread)
        return True

    def _resume(self, thread: Thread, *throw: type[BaseException]) -> None:
        self.steps += 1
        self._current = thread
        try:
            if throw:
                thread.greenlet.throw(*throw)
            else:
                thread.greenlet.switch()
        finally:
            self._current = None
            if thread.greenlet.dead:
                self.threads.remove(thread)
        if self.violation is not None:
            raise self.violation

    def _mark_dead(self) -> None:
        while self._dying:
            process = self._dying.pop()
            if process.is_dead:
                continue
            process.is_dead = True
            process.die()
            for thread in [thread for thread in self.threads if thread.process is process]:
                if thread.greenlet:
                    self._resume(thread, Killed)
                else:
                    self.threads.remove(thread)  # it had not begun

    def fail(self, violation: Violation) -> None:
        """End the simulation: the running thread never goes on, so that no `except` of the product hides this."""
        self.violation = self.violation or violation
        if self._current is None:
            raise violation
        self._hub.switch()

    # ------------------------------------------------------------------------------------------------ events

    def log(self, what: str, *refs: object) -> None:
        """Record an event."""
        who = self._current.name if self._current is not None else "world"
        event = Event(self.now, who, what, tuple(map(str, refs)))
        self.events.append(event)
        self._digest.update(f"{event.at!r} {who} {what} {event.refs}\n".encode())

    def digest(self) -> str:
        """Return the digest of all events so far."""
        return self._digest.hexdigest()

    def history(self, refs: set[str]) -> Iterator[Event]:
        """Yield the events of these messages, chunks and campaigns, and the general ones."""
        return (event for event in self.events if not event.refs or refs & set(event.refs))
