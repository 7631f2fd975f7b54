"""The processes that hold a practice gateway; it ends with the last of them, even if that is killed."""

import asyncio
import sys
from collections import Counter
from collections.abc import Iterable

from getsms_core.base.processes import is_process_alive, process_start_ticks

_CHECK_SECONDS = 0.25  # seconds between two checks


class Holders:
    """Processes of this machine by pid and start time, with the number of times that each holds the gateway."""

    def __init__(self, pids: Iterable[int]) -> None:
        self.any = False
        self._held: Counter[tuple[int, str]] = Counter()
        for pid in pids:
            self.hold(pid)

    def hold(self, pid: int) -> None:
        """Add a holder."""
        self.any = True
        began = process_start_ticks(pid)
        if began or sys.platform != "linux":  # otherwise it has already ended
            self._held[pid, began] += 1

    def release(self, pid: int) -> bool:
        """Remove one hold of a process; returns whether no holder is left. A gateway that was never held keeps
        running."""
        for key in [key for key in self._held if key[0] == pid]:
            self._held[key] -= 1
            if self._held[key] <= 0:
                del self._held[key]
        return self.any and not self._held

    async def gone(self) -> None:
        """Wait until the last holder has ended or released it."""
        while self._held:
            for key in [key for key in self._held if not is_process_alive(*key)]:
                del self._held[key]
            if self._held:
                await asyncio.sleep(_CHECK_SECONDS)
