"""Keep what was imported out of every garbage collection.

Streamlit collects all garbage after every run of a script or fragment. After the first page the process holds 190,000
objects that live until it ends, nearly all from imports: 0.10 s of CPU for each collection on the machine measured,
under the GIL, so that 50 people waited for each other's. Frozen, the same collection takes 0.004 s.
"""

import gc
import threading

_lock = threading.Lock()
_done = False


def freeze_after_first_run() -> None:
    """Freeze all objects that live now, once a process. Later pages import 3 % more; freezing again after each of them
    would keep the sessions of that moment for ever."""
    global _done
    with _lock:
        if not _done:
            _done = True
            gc.collect()
            gc.freeze()
