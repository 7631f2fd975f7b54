"""When status calls are due."""

from dataclasses import dataclass

MAX_INTERVAL_MS = 900_000  # between two status calls for one id
GROWTH = 1.6


@dataclass(frozen=True)
class PollSchedule:
    """When to poll: first after `first_ms`, then at growing intervals, last at `validity_ms` after the submission."""

    first_ms: int
    validity_ms: int

    def next(self, due_left_at: int, polls: int, now: int) -> int:
        """Return the instant of the next status call after `polls` calls, at most the end of the validity period."""
        step = min(MAX_INTERVAL_MS, max(self.first_ms, 250) * GROWTH ** min(polls, 60))
        return max(now + 100, min(int(now + step), due_left_at + self.validity_ms))
