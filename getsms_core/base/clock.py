"""The time, and random ids: what differs between two runs of the same program. A simulation supplies both."""

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

_BOOT = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class Source(Protocol):
    """Where times and ids come from."""

    def wall_ms(self) -> int:
        """Return UTC milliseconds since 1970; this clock may be set back."""

    def monotonic(self) -> float:
        """Return seconds of a clock that never goes back."""

    def boottime(self) -> float:
        """Return seconds of a clock that also counts while the machine sleeps, where the system has one."""

    def sleep(self, seconds: float) -> None:
        """Wait."""

    def new_id(self) -> str:
        """Return 32 random hexadecimal digits."""


class _Machine:
    """This machine's clocks and random numbers."""

    def wall_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        return time.monotonic()

    def boottime(self) -> float:
        return time.clock_gettime(_BOOT)

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def new_id(self) -> str:
        return uuid.uuid4().hex


_source: Source = _Machine()


@contextmanager
def supplied_by(source: Source) -> Iterator[None]:
    """Take times and ids of the whole process from `source` within the block."""
    global _source
    before, _source = _source, source
    try:
        yield
    finally:
        _source = before


def wall_ms() -> int:
    """Return UTC milliseconds since 1970; this clock may be set back."""
    return _source.wall_ms()


def monotonic() -> float:
    """Return seconds of a clock that never goes back."""
    return _source.monotonic()


def boottime() -> float:
    """Return seconds of a clock that also counts while the machine sleeps, where the system has one."""
    return _source.boottime()


def sleep(seconds: float) -> None:
    """Wait."""
    _source.sleep(seconds)


def new_id() -> str:
    """Return 32 random hexadecimal digits."""
    return _source.new_id()


class Interval:
    """Says when something that is done again and again is due next. By the wall clock nothing would be due for hours
    after that was set back by hours, as happens to a computer whose clock was in another zone when it started."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._begun: float | None = None

    @property
    def is_over(self) -> bool:
        """Whether the interval since `begin` is over, or none was begun yet."""
        return self._begun is None or monotonic() - self._begun >= self._seconds

    def begin(self) -> None:
        """Begin the next interval now."""
        self._begun = monotonic()
