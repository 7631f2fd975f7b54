"""What a run of a page has read already: its language and its user are asked for a hundred times in one run."""

from collections.abc import Hashable
from contextvars import ContextVar
from typing import Any

from streamlit.runtime.scriptrunner import get_script_run_ctx

_memory: "ContextVar[tuple[object, dict[Hashable, Any]] | None]" = ContextVar("getsms_run_memory", default=None)


def of_this_run() -> dict[Hashable, Any] | None:
    """Return a dictionary that lives as long as this run of the script or fragment; None in callbacks, which run before
    it and may change what it reads, and outside of runs."""
    context = get_script_run_ctx(suppress_warning=True)
    if context is None or not context.has_script_started:
        return None
    run = context.parallel_coordinator  # Streamlit makes a new one for each run
    if run is None:
        return None
    known = _memory.get()
    if known is None or known[0] is not run:
        known = run, {}
        _memory.set(known)
    return known[1]
