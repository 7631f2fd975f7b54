"""The log lines of the practice gateway: a call, its fault and its answer, without what it carries."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

from getsms_core.base import logs
from getsms_core.sandbox.http import Connection

log = logging.getLogger("getsms.sandbox")
LOG_BYTES = 32 * 1024 * 1024
"""A million messages with an id each leave 250 MB."""


class CallLines:
    """The lines of one call; `number` counts the calls of its kind since the start."""

    def __init__(self, kind: str, number: int) -> None:
        self._call = {"call": kind, "number": number}

    @contextmanager
    def answered(self, connection: Connection) -> Iterator[None]:
        """Write how the call was answered; status 0: with nothing."""
        begun = perf_counter()
        try:
            yield
        finally:
            ms = round((perf_counter() - begun) * 1000)
            logs.write(log, logs.INFO, "gateway.answered", **self._call, status=connection.status, ms=ms)

    def received(self, objects: object) -> None:
        """A call with these objects, or one that the error with this number refuses."""
        outcome = {"error_no": objects} if isinstance(objects, int) else {"objects": len(objects)}  # type: ignore[arg-type]
        logs.write(log, logs.INFO, "gateway.received", **self._call, **outcome)

    def fault(self, name: str) -> None:
        """A simulated fault meets the call."""
        logs.write(log, logs.INFO, "gateway.fault", **self._call, fault=name)
