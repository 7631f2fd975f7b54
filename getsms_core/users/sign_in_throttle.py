"""Throttling of failed sign-ins: after five failures within ten minutes a name from one address must wait."""

import threading
from dataclasses import dataclass, field


@dataclass
class Throttle:
    """Counts failed sign-ins and limits the next attempts. In memory: a restart clears the counts.

    A name from one address is limited first, so that nobody can lock another user out from elsewhere; then the address;
    then the name over all addresses."""

    window: float = 600
    limits: tuple[tuple[str, int], ...] = (("both", 5), ("address", 20), ("name", 100))
    _failures: dict[tuple[str, ...], list[float]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def wait(self, name: str, address: str, now: float) -> float:
        """Return the seconds until this name may be tried from this address; 0 = now."""
        with self._lock:
            waits = [0.0]
            for key, limit in self._keys(name, address):
                recent = [time for time in self._failures.get(key, ()) if time > now - self.window]
                if len(recent) >= limit:
                    waits.append(recent[-limit] + self.window - now)
            return max(waits)

    def failed(self, name: str, address: str, now: float) -> None:
        """Count a failed sign-in."""
        with self._lock:
            if len(self._failures) > 10_000:
                self._failures = {key: times for key, times in self._failures.items() if times[-1] > now - self.window}
            for key, _limit in self._keys(name, address):
                times = self._failures.get(key, ())
                self._failures[key] = [time for time in times if time > now - self.window] + [now]

    def succeeded(self, name: str, address: str) -> None:
        """Clear the failures of this name at this address."""
        with self._lock:
            self._failures.pop(("both", name, address), None)

    def _keys(self, name: str, address: str) -> list[tuple[tuple[str, ...], int]]:
        keys = {"both": ("both", name, address), "address": ("address", address), "name": ("name", name)}
        return [(keys[kind], limit) for kind, limit in self.limits]
