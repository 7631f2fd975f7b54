"""The arrival times and concurrency of calls, which show a sender's rate and requests in flight."""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from time import time
from typing import Any

_MAX_TIMES = 1_000_000  # arrival times


class Traffic:
    """The calls of one kind since the server's start or since `restart`."""

    def __init__(self) -> None:
        self.in_flight = 0
        self.restart()

    def restart(self) -> None:
        """Reset the counts; calls in flight stay counted as such."""
        self.count = 0
        self.most_in_flight = self.in_flight
        self._times: deque[float] = deque(maxlen=_MAX_TIMES)

    @contextmanager
    def call(self) -> Iterator[None]:
        """A call from its arrival to its answer."""
        self.count += 1
        self._times.append(time())
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            yield
        finally:
            self.in_flight -= 1

    def seen(self) -> dict[str, Any]:
        """Return the counts for the control endpoint; `times` are the last million arrivals, unix seconds."""
        return {
            "count": self.count,
            "in_flight": self.in_flight,
            "max_in_flight": self.most_in_flight,
            "times": list(self._times),
        }
