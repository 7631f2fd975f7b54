"""Turns: how many runs of pages and fragments may use the processor at once.

Python runs one thread at a time. With 50 runs at once each gets 5 ms every quarter of a second, and so does the event
loop, which answers all requests: 50 people who arrived in 10 s waited for 20 s. A few at a time in the order of their
arrival, all are served at the rate of the processor, and the event loop comes between them. Timers give way to people:
what they ask for is asked again a second later.

Everything here runs in the event loop's thread.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress

AT_ONCE = 3
"""Two wait for the database or the network while one computes."""
LONGEST = 3.0
"""Seconds after which a run no longer counts: an upload is being stored, or a database hangs."""
MOST_PATIENCE = 10.0
"""Seconds after which a page runs without a turn."""


class Turns:
    """Which pages run now, and which wait."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._running: OrderedDict[object, float] = OrderedDict()
        self._waiting: OrderedDict[object, asyncio.Event] = OrderedDict()

    @property
    def are_taken(self) -> bool:
        """Whether a run that begins now would have to wait."""
        self._forget_old()
        return bool(self._waiting) or len(self._running) >= AT_ONCE

    async def take(self, page: object) -> None:
        """Wait for a turn of this page, which must call `give_back`; a page that runs already has one."""
        deadline = self._now() + MOST_PATIENCE
        if page not in self._running and self.are_taken:
            called = self._waiting[page] = asyncio.Event()
            try:
                while not called.is_set() and self._now() < deadline:
                    with suppress(TimeoutError):
                        await asyncio.wait_for(called.wait(), LONGEST / 3)
                    self._call_next()
            finally:
                self._waiting.pop(page, None)
        self._running[page] = self._now()
        self._running.move_to_end(page)

    def give_back(self, page: object) -> None:
        """End the turn of a page whose run has ended, or which is closed."""
        self._running.pop(page, None)
        self._call_next()

    def _call_next(self) -> None:
        self._forget_old()
        free = AT_ONCE - len(self._running) - sum(event.is_set() for event in self._waiting.values())
        for event in list(self._waiting.values()):
            if free <= 0:
                return
            if not event.is_set():
                event.set()
                free -= 1

    def _forget_old(self) -> None:
        oldest = self._now() - LONGEST
        while self._running and next(iter(self._running.values())) < oldest:
            self._running.popitem(last=False)
