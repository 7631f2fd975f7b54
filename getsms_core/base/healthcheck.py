"""Check without blocking and without a thread whether a web app on this machine still responds.

`serve` forks its children, which is unsafe when other threads run, and its loop must continue while an app does not
respond."""

import socket
import time
from dataclasses import dataclass

CHECK_INTERVAL_SECONDS = 5.0
"""From one response to the next request."""
HANG_TIMEOUT_SECONDS = 60.0
"""An app that has responded before counts as hanging after this time without a response. A page run on two busy
cores took at most 8 s."""
STARTUP_TIMEOUT_SECONDS = 300.0
"""The same before its first response: imports on a slow disk."""
_PAUSE_SECONDS = 2.0
_CONNECT_SECONDS = 0.2  # the kernel accepts for a process that hangs, until its backlog is full


@dataclass
class HealthCheck:
    """Polls one address. Times are monotonic seconds."""

    host: str
    port: int
    answered: bool = False
    _heard_at: float = 0.0
    _ask_at: float = 0.0
    _called_at: float = 0.0
    _asking: socket.socket | None = None

    def begin(self) -> None:
        """Reset the state after the app was started."""
        self.end()
        self.answered, self._ask_at = False, 0.0
        self._heard_at = self._called_at = time.monotonic()

    def silent_seconds(self) -> float:
        """Send a request or read the response to the previous one. Return the seconds since the last response or the
        start, without the time in which this was not called: then the caller was suspended, perhaps the app too."""
        now = time.monotonic()
        if now - self._called_at > _PAUSE_SECONDS:
            self._heard_at += now - self._called_at
        self._called_at = now
        if self._asking is not None:
            self._look(now)
        elif now >= self._ask_at:
            self._ask(now)
        return now - self._heard_at

    def hangs(self) -> bool:
        """Return whether the app should be restarted."""
        return self.silent_seconds() > (HANG_TIMEOUT_SECONDS if self.answered else STARTUP_TIMEOUT_SECONDS)

    def _ask(self, now: float) -> None:
        self._ask_at = now + CHECK_INTERVAL_SECONDS
        try:
            self._asking = socket.create_connection((self.host, self.port), _CONNECT_SECONDS)
            self._asking.sendall(b"GET /_stcore/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            self._asking.setblocking(False)
        except OSError:
            self.end()

    def _look(self, now: float) -> None:
        try:
            answer = self._asking.recv(64) if self._asking else b""
        except BlockingIOError:
            return  # a hanging app may respond to this request later
        except OSError:
            answer = b""
        if answer.startswith(b"HTTP/"):
            self.answered, self._heard_at = True, now
        self._ask_at = now + CHECK_INTERVAL_SECONDS
        self.end()

    def end(self) -> None:
        """Close the connection that waits for a response, if there is one."""
        if self._asking is not None:
            self._asking.close()
            self._asking = None
