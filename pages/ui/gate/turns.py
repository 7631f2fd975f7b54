"""Turns: how many runs of pages and fragments may use the processor at once.

Python runs one thread at a time. With 50 runs at once each gets 5 ms every quarter of a second, and so does the event
loop, which answers all requests: 50 people who arrived in 10 s waited for 20 s. With a few at a time, in the order of
their arrival, the processor is never idle and the event loop gets its share. Timers give way to people for a while;
then timers and people take turns, so that neither waits for all of the others.

Everything here runs in the event loop's thread.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

AT_ONCE = 3
"""Two wait for the database or the network while one computes."""
LONGEST = 0.5
"""Seconds after which a run no longer counts: an upload is being stored, or a database hangs."""
MOST_PATIENCE = 10.0
"""Seconds after which a page runs without a turn."""
TIMER_PATIENCE = 0.4
"""Seconds for which a timer gives way to people."""


@dataclass
class _Place:
    since: float
    called: asyncio.Event = field(default_factory=asyncio.Event)


class Turns:
    """Which pages run now, and which wait: those whose people wait, and those whose timers ask."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._running: OrderedDict[object, float] = OrderedDict()
        self._people: OrderedDict[object, _Place] = OrderedDict()
        self._timers: OrderedDict[object, _Place] = OrderedDict()
        self._timer_was_last = False

    async def take(self, page: object, is_timer: bool = False) -> None:
        """Wait for a turn of this page, which must call `give_back`. A page that runs already keeps its turn."""
        if page in self._running:
            self._note_run(page)
            return
        place = _Place(self._now())
        (self._timers if is_timer else self._people)[page] = place
        try:
            self._call_next()
            while not place.called.is_set() and self._now() < place.since + MOST_PATIENCE:
                with suppress(TimeoutError):
                    await asyncio.wait_for(place.called.wait(), TIMER_PATIENCE)
                self._call_next()
        finally:
            self._people.pop(page, None)
            self._timers.pop(page, None)
        self._note_run(page)

    def hurry(self, page: object) -> None:
        """Let a page that waits as a timer wait as a person from now on: its user has done something."""
        if page in self._timers:
            self._people[page] = self._timers.pop(page)
            self._call_next()

    def give_back(self, page: object) -> None:
        """End the turn of a page whose run has ended, or which is closed."""
        self._running.pop(page, None)
        self._call_next()

    def _note_run(self, page: object) -> None:
        self._running[page] = self._now()
        self._running.move_to_end(page)

    def _call_next(self) -> None:
        oldest = self._now() - LONGEST
        while self._running and next(iter(self._running.values())) < oldest:
            self._running.popitem(last=False)
        called = sum(place.called.is_set() for queue in (self._people, self._timers) for place in queue.values())
        for _free in range(AT_ONCE - len(self._running) - called):
            person, timer = _first(self._people), _first(self._timers)
            overdue = timer is not None and self._now() - timer.since >= TIMER_PATIENCE and not self._timer_was_last
            place = timer if overdue or person is None else person
            if place is None:
                return
            self._timer_was_last = place is timer
            place.called.set()


def _first(queue: OrderedDict[object, _Place]) -> _Place | None:
    """Return the page that has waited longest and has no turn yet."""
    return next((place for place in queue.values() if not place.called.is_set()), None)
