"""A clock that a test sets."""

from collections.abc import Iterator
from contextlib import contextmanager

from getsms_core.base import clock


class SetClock(clock._Machine):
    """This machine's clocks: the wall clock, which is forward or back by `wall_offset_ms`, and the others, which are
    forward by `seconds`."""

    wall_offset_ms = 0
    seconds = 0.0

    def wall_ms(self) -> int:
        """See `clock.Source`."""
        return super().wall_ms() + self.wall_offset_ms

    def monotonic(self) -> float:
        """See `clock.Source`."""
        return super().monotonic() + self.seconds

    def boottime(self) -> float:
        """See `clock.Source`."""
        return super().boottime() + self.seconds


@contextmanager
def set_clock() -> Iterator[SetClock]:
    """Have the program take its times from a clock that the block sets."""
    source = SetClock()
    with clock.supplied_by(source):
        yield source
