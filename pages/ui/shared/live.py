"""Live figures for many viewers: each is read once for all of them, and a timer that would show nothing new is ignored.

`read` is a cache that lives for half a second. Whoever presses a button sees at once what it did: a page does not get
what was read before its own last write, nor before a write of this process outside of any page. Other pages' writes it
sees when the value has had its time: with 20 uploads each of their writes had emptied everybody's charts, and drawing
them again doubled the CPU of a timer's run. Everything that readers may see differently belongs into the key.

A fragment with `shows` (see `pages.ui.shared.later`) tells what its picture depends on. When its timer asks again, the
gate compares: the script does not even start while that is unchanged.
"""

import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from itertools import count
from typing import Any, TypeVar

from streamlit.runtime.scriptrunner import get_script_run_ctx

from getsms_core.base.errors import DomainError
from getsms_core.db.engine import Store
from pages.ui.shared import session

T = TypeVar("T")
SECONDS = 0.5
PATIENCE = 3.0
"""Seconds to wait for another viewer's read; then one reads for oneself, so that a database that hangs does not make a
queue."""
_MOST = 500
"""Cached values; beyond them the outdated ones are removed."""


@dataclass(eq=False)
class _Entry:
    lock: threading.Lock = field(default_factory=threading.Lock)
    store: Store | None = None
    read: int = 0
    until: float = 0.0
    value: Any = None

    def is_fresh(self, store: Store) -> bool:
        written = max(_written.get(page_id, 0) for page_id in ("", _page_id()))
        return self.store is store and self.read > written and time.monotonic() < self.until


_events = count(1)
"""Numbers of reads and writes in their order, which two moments of a clock need not have."""
_entries: dict[Hashable, _Entry] = {}
_written: dict[str, int] = {}
"""The last write of each page (Streamlit's session); "" = of what is no page."""
_lock = threading.Lock()


def read(key: Hashable, make: Callable[[Store], T], seconds: float = SECONDS) -> T:
    """Return what `make` reads from the store, at most `seconds` after it was read. Of several viewers who ask at once
    one reads and the others wait for it. Do not change the value. What `make` raises is not kept."""
    store = session.store()
    with _lock:
        if _note_write not in store.after_write:
            store.after_write.append(_note_write)
        if len(_entries) >= _MOST and key not in _entries:
            for old in [old for old, entry in _entries.items() if time.monotonic() >= entry.until]:
                del _entries[old]
        entry = _entries.setdefault(key, _Entry())
    if not entry.lock.acquire(timeout=PATIENCE):
        return make(store)
    try:
        if not entry.is_fresh(store):
            event = next(_events)
            value = make(store)
            until = time.monotonic() + seconds  # from its end: a read that takes longer would be shared by nobody
            entry.store, entry.read, entry.until, entry.value = store, event, until, value
        result: T = entry.value
        return result
    finally:
        entry.lock.release()


def _note_write() -> None:
    _written[_page_id()] = next(_events)


def _page_id() -> str:
    context = get_script_run_ctx(suppress_warning=True)
    return context.session_id if context else ""


# ------------------------------------------------------------------------------------------------------------ timers


@dataclass(frozen=True)
class _Shown:
    shows: Callable[[], object]
    value: object


_shown: dict[str, dict[str, _Shown]] = {}
"""By page (Streamlit's session) and fragment."""


def note_shown(page_id: str, fragment_id: str, shows: Callable[[], object]) -> None:
    """Remember what a fragment shows in the run that begins now; nothing where that cannot be read."""
    try:
        value = shows()
    except DomainError:  # the fragment itself shows what is wrong
        with _lock:
            _shown.get(page_id, {}).pop(fragment_id, None)
        return
    with _lock:
        _shown.setdefault(page_id, {})[fragment_id] = _Shown(shows, value)


def is_unchanged(page_id: str, fragment_id: str) -> bool:
    """Return whether a fragment would show again what it shows. It reads the database, unless another viewer just did;
    call it in a thread."""
    with _lock:
        shown = _shown.get(page_id, {}).get(fragment_id)
    if shown is None:
        return False
    try:
        return bool(shown.shows() == shown.value)
    except Exception:  # the fragment itself shows what is wrong
        return False


def forget(page_id: str) -> None:
    """Let every fragment of a page run at its next turn."""
    with _lock:
        _shown.pop(page_id, None)


def close(page_id: str) -> None:
    """Remove what is kept for a page that was closed."""
    forget(page_id)
    _written.pop(page_id, None)
