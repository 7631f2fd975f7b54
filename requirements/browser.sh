#!/bin/sh
# What the browser tests need of the system: a Chromium (one that is there, else the system's package, else the test tool's
# own download), and the library without which the test tool does not start on a bare Debian.
# Usage: browser.sh PLAYWRIGHT
set -eu
playwright=$1

browser_is_there() {
    for name in chromium chromium-browser google-chrome google-chrome-stable; do
        if command -v "$name" >/dev/null; then return 0; fi
    done
    "$(dirname "$playwright")/python" -c '
import pathlib, sys
from playwright.sync_api import sync_playwright
with sync_playwright() as p:
    sys.exit(not pathlib.Path(p.chromium.executable_path).exists())
' 2>/dev/null
}

tool_starts() {
    "$playwright" --version >/dev/null 2>&1
}

need=""
if ! tool_starts; then need="libatomic1"; fi
if ! browser_is_there; then need="$need chromium fonts-noto-core fonts-noto-color-emoji"; fi
if [ -z "$need" ]; then exit 0; fi

root=""
if [ "$(id -u)" -ne 0 ]; then root="sudo -n"; fi
if command -v apt-get >/dev/null && { [ -z "$root" ] || $root true 2>/dev/null; }; then
    echo "Installing what the browser tests need with apt-get: $need."
    # shellcheck disable=SC2086
    { $root apt-get update -qq && DEBIAN_FRONTEND=noninteractive $root apt-get install -y -qq --no-install-recommends \
        $need; } >/dev/null || echo "apt-get could not install it."
fi
if ! tool_starts; then
    echo "Playwright does not start here: $("$playwright" --version 2>&1 | tail -1)"
    echo "Install what it names (on Debian: apt-get install libatomic1), then try again."
    exit 1
fi
if browser_is_there; then exit 0; fi
echo "Downloading Chromium for the browser tests with Playwright."
if "$playwright" install chromium; then exit 0; fi
echo "No browser could be installed, and the browser tests are not left out. Install Chromium (on Debian: apt-get install chromium), then try again."
exit 1
