#!/bin/sh
# Installs what the browser tests need: a Chromium (an installed one, else the system's package, else Playwright's own
# download), and the library without which Playwright does not start on a minimal Debian.
# Usage: browser.sh PLAYWRIGHT [--only-say]; exits with status 1 if something is still missing.
set -eu
playwright=$1
packages="libatomic1 chromium-headless-shell fonts-noto-core fonts-noto-color-emoji"

browser_is_there() {
    for name in chromium-headless-shell chromium chromium-browser google-chrome google-chrome-stable; do
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

everything_is_there() {
    tool_starts && browser_is_there
}

say_what_is_missing() {
    echo "The browser tests need packages that only root can install. Install them once:"
    echo "    apt-get install -y --no-install-recommends $packages"
    echo "(as root, or with sudo in front), then run this again. $1"
}

if everything_is_there; then exit 0; fi
if [ "${2:-}" = "--only-say" ]; then
    say_what_is_missing "All other tests have run, the browser tests have not: this run has failed."
    exit 1
fi

root=""
if [ "$(id -u)" -ne 0 ]; then root="sudo -n"; fi
if command -v apt-get >/dev/null && { [ -z "$root" ] || $root true 2>/dev/null; }; then
    echo "Installing what the browser tests need with apt-get: $packages."
    # shellcheck disable=SC2086
    { $root apt-get update -qq && DEBIAN_FRONTEND=noninteractive $root apt-get install -y -qq --no-install-recommends \
        $packages; } >/dev/null || echo "apt-get could not install it."
    if everything_is_there; then exit 0; fi
fi
if tool_starts; then
    echo "Downloading Chromium for the browser tests with Playwright."
    if "$playwright" install chromium; then exit 0; fi
fi
say_what_is_missing "All other tests run meanwhile."
exit 1
