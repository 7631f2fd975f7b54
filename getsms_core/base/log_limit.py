"""A limit on repeated messages of libraries in the log.

With no file descriptor left, asyncio wrote 49 MB a minute about connections that it could not accept.
"""

import logging
import threading
import time
from dataclasses import dataclass, field

PER_MINUTE = 20
"""Lines a minute of one logger that begin alike."""
_MINUTE = 60.0
_MOST_KINDS = 1_000
_HEAD = 60  # characters by which messages count as alike


@dataclass
class _Window:
    begun: float
    lines: int = 0
    dropped: int = 0


@dataclass
class RepetitionFilter(logging.Filter):
    """Drops messages of libraries beyond the limit; the first line of the next minute says how many. The program's own
    events, which have fields, always pass."""

    _windows: dict[tuple[str, str], _Window] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether the record is written."""
        if getattr(record, "fields", None) is not None:
            return True
        now, kind = time.monotonic(), (record.name, str(record.msg)[:_HEAD])
        with self._lock:
            if len(self._windows) > _MOST_KINDS:
                self._windows.clear()
            window = self._windows.get(kind)
            if window is None or now - window.begun >= _MINUTE:
                dropped = window.dropped if window else 0
                self._windows[kind] = window = _Window(now)
                if dropped:
                    record.msg, record.args = f"{record.getMessage()} (and {dropped} more like it)", None
            window.lines += 1
            if window.lines > PER_MINUTE:
                window.dropped += 1
                return False
        return True
