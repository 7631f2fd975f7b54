"""How the browser tests, the screenshots and the benchmarks start Chromium."""

import os
import shutil
from typing import Any

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_QUIET = ("--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-quic")


def launch_options() -> dict[str, Any]:
    """Options of Playwright's `launch`: the machine's own Chromium where there is one (`make browser` sees to it), else
    Playwright's."""
    path = next((path for name in _NAMES if (path := shutil.which(name))), None)
    as_root = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium's sandbox refuses to run as root
    return {"args": [*_QUIET, *as_root]} | ({"executable_path": path} if path else {})
