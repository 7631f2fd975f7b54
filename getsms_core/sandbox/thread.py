"""A practice gateway inside this process, for tests: no start-up time, and its objects are accessible."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from getsms_core.sandbox.faults import parse_faults
from getsms_core.sandbox.gateway_rules import GatewayRules
from getsms_core.sandbox.server import Options, Sandbox


@contextmanager
def run_in_thread(
    state: Path, *, faults: str = "", rules: GatewayRules | None = None, **options: Any
) -> Iterator[Sandbox]:
    """Run a practice gateway on the file `state` for one block; `.url` is its address, `options` those of `Options`.
    Change it through `process.control(url, …)`: its objects belong to the thread's loop. Raises `DomainError`."""
    chosen = replace(Options(state, faults=parse_faults(faults), rules=rules or GatewayRules()), **options)
    ready = threading.Event()
    box: list[Any] = []

    async def serve() -> None:
        sandbox = Sandbox(chosen)
        try:
            await sandbox.start()
        except BaseException as error:
            box.append(error)
            return
        finally:
            if not box:
                box.extend((sandbox, asyncio.get_running_loop()))
            ready.set()
        try:
            await sandbox.ended.wait()
        finally:
            await sandbox.stop()

    thread = threading.Thread(target=asyncio.run, args=(serve(),), name="practice gateway")
    thread.start()
    ready.wait()
    if isinstance(box[0], BaseException):
        thread.join()
        raise box[0]
    sandbox, loop = box
    try:
        yield sandbox
    finally:
        loop.call_soon_threadsafe(sandbox.ended.set)
        thread.join()
