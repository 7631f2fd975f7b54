"""How the browser tests, the screenshots and the benchmarks start Chromium."""

import os
import shutil
from typing import Any

_NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_QUIET = ("--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-quic")
_UNOPTIMISED = "--js-flags=--no-opt --no-maglev --min-semi-space-size=32 --max-semi-space-size=64"
"""Most scripts of a page run once: optimising them and collecting their garbage is a sixth of the CPU of a load."""


def launch_options(*, optimising: bool = False) -> dict[str, Any]:
    """Options of Playwright's `launch`: the machine's own Chromium where there is one (`make browser` sees to it), else
    Playwright's. `optimising` = as users have it, for measurements."""
    path = next((path for name in _NAMES if (path := shutil.which(name))), None)
    as_root = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium's sandbox refuses to run as root
    scripts = [] if optimising else [_UNOPTIMISED]
    return {"args": [*_QUIET, *scripts, *as_root]} | ({"executable_path": path} if path else {})
