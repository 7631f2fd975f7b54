"""A practice gateway inside this process, for tests: no start-up time, and its objects are accessible."""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from getsms_core.sandbox import control_tokens
from getsms_core.sandbox.faults import parse_faults
from getsms_core.sandbox.gateway_rules import GatewayRules
from getsms_core.sandbox.server import Options, Sandbox

_SECONDS = 60.0  # for its start and for its end


@contextmanager
def run_in_thread(
    state: Path, *, faults: str = "", rules: GatewayRules | None = None, **options: Any
) -> Iterator[Sandbox]:
    """Run a practice gateway on the file `state` for one block; `.url` is its address, `options` those of `Options`.
    Change it through `process.control(url, …)`: its objects belong to the thread's loop. Raises `DomainError`."""
    chosen = replace(Options(state, faults=parse_faults(faults), rules=rules or GatewayRules()), **options)
    started: Future[tuple[Sandbox, asyncio.AbstractEventLoop]] = Future()

    async def serve() -> None:
        sandbox = Sandbox(chosen)
        await sandbox.start()
        started.set_result((sandbox, asyncio.get_running_loop()))
        try:
            await sandbox.ended.wait()
        finally:
            await sandbox.stop()

    def run() -> None:
        try:
            asyncio.run(serve())
        except BaseException as error:
            if started.done():
                raise
            started.set_exception(error)  # also where no event loop could be made

    thread = threading.Thread(target=run, name="practice gateway", daemon=True)
    thread.start()
    sandbox, loop = started.result(_SECONDS)
    control_tokens.remember(sandbox.url, sandbox.token)
    try:
        yield sandbox
    finally:
        loop.call_soon_threadsafe(sandbox.ended.set)
        thread.join(_SECONDS)
        if thread.is_alive():
            raise TimeoutError(f"the practice gateway did not end within {_SECONDS:g} seconds")
