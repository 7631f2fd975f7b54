"""The workers of a run, from the side of the one who kills them."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.forks import ForkedProcess
from tests.kill.worker import NO_DATABASE, environment
from tests.waits import read_line

ROOT = Path(__file__).resolve().parent.parent.parent


class Fleet:
    """Starts, kills, freezes and counts worker processes. Thread-safe.

    A process that has ended stays a zombie until `look` asks for it, so that a number that is killed here is never
    somebody else's."""

    def __init__(self, log: Path, database: str, gateway: str, **settings: object) -> None:
        # The folder of the app's worker, too: the notes of a worker are found by those with the same one.
        self.environment = environment(database, gateway, files=log.parent / "files", **settings)
        self.log = log
        self.alive: set[int] = set()
        self.frozen: set[int] = set()
        self.started = self.killed = self.turned_away = 0
        self.fallen: list[tuple[int, int]] = []
        """Processes that ended by themselves: number and exit status."""
        self._holders: set[int] = set()
        self._doomed: set[int] = set()
        self._lock = threading.RLock()
        with log.open("ab") as file:
            self._nursery = ForkedProcess(
                [sys.executable, "-m", "tests.kill.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=file,
                cwd=ROOT,
                text=True,
            )

    @contextmanager
    def with_settings(self, **settings: object) -> Iterator[None]:
        """Workers that start within the block have other settings."""
        before = self.environment
        self.environment = before | {f"GETSMS_{name.upper()}": str(value) for name, value in settings.items()}
        try:
            yield
        finally:
            self.environment = before

    @contextmanager
    def on(self, host: str, clock: float) -> Iterator[None]:
        """Workers that start within the block take themselves for another machine's, whose clock is so many seconds
        off."""
        before = self.environment
        self.environment = before | {"KILL_HOST": host, "KILL_CLOCK": str(clock)}
        try:
            yield
        finally:
            self.environment = before

    @contextmanager
    def dying_after_a_note(self) -> Iterator[None]:
        """Workers that start within the block are killed between their first note and the first byte."""
        before = self.environment
        self.environment = before | {"KILL_AFTER_NOTE": "1"}
        try:
            yield
        finally:
            self.environment = before

    def expect_death(self, pid: int) -> None:
        """Count a worker that kills itself as one that was killed."""
        with self._lock:
            self.alive.discard(pid)
            self._doomed.add(pid)
            self.killed += 1

    def start(self) -> int:
        """One more worker; returns its process number."""
        with self._lock:
            pid = int(self._ask({"do": "worker", "environment": self.environment}))
            self.alive.add(pid)
            self.started += 1
            return pid

    def kill(self, pid: int) -> None:
        """SIGKILL, whatever it is doing."""
        with self._lock:
            if pid in self.alive:
                os.kill(pid, signal.SIGKILL)
                self.alive.discard(pid)
                self.frozen.discard(pid)
                self._doomed.add(pid)
                self.killed += 1

    def kill_all(self) -> None:
        """SIGKILL to every worker at once."""
        with self._lock:
            for pid in list(self.alive):
                self.kill(pid)

    def freeze(self, pid: int) -> None:
        """SIGSTOP: it is alive and does nothing, as on a machine that has gone to sleep."""
        with self._lock:
            if pid in self.alive:
                os.kill(pid, signal.SIGSTOP)
                self.frozen.add(pid)

    def thaw(self) -> None:
        """SIGCONT to all that are frozen."""
        with self._lock:
            for pid in self.frozen:
                os.kill(pid, signal.SIGCONT)
            self.frozen.clear()

    def hold(self, file: str, seconds: float) -> None:
        """Another process takes the write lock of a SQLite file for so long."""
        with self._lock:
            self._holders.add(int(self._ask({"do": "hold", "file": file, "seconds": seconds})))

    def look(self) -> set[int]:
        """The workers that live, after a look for those that ended by themselves."""
        with self._lock:
            for pid, status in self._ask({"do": "ended"}):
                if pid in self._doomed or pid in self._holders:
                    self._doomed.discard(pid)
                    self._holders.discard(pid)
                    continue
                self.alive.discard(pid)
                self.frozen.discard(pid)
                if status == NO_DATABASE:
                    self.turned_away += 1
                else:
                    self.fallen.append((pid, status))
            return set(self.alive)

    def retire(self, seconds: float = 15) -> bool:
        """SIGTERM to all; whether each left in good order within that time. The others are killed."""
        self.thaw()
        with self._lock:
            leaving, before = set(self.alive), len(self.fallen)
            for pid in leaving:
                os.kill(pid, signal.SIGTERM)
            never, left = threading.Event(), seconds
            while self.look() and left > 0:
                never.wait(0.05)
                left -= 0.05
            late = bool(self.alive)
            ended, self.fallen = self.fallen[before:], self.fallen[:before]
            # One that was still starting knows no SIGTERM yet, and has nothing in hand.
            ended = [(pid, status) for pid, status in ended if status not in (0, -signal.SIGTERM)]
            self.fallen += ended
            for pid in list(self.alive):
                self.kill(pid)
            return not late and not ended

    def close(self) -> None:
        """End every process that was started here."""
        self._nursery.communicate(timeout=60)

    def _ask(self, wish: dict[str, object]) -> Any:
        with self._lock:
            assert self._nursery.stdin is not None
            self._nursery.stdin.write(json.dumps(wish) + "\n")
            self._nursery.stdin.flush()
            return json.loads(read_line(self._nursery))
