#!/bin/sh
# A Chromium for the browser tests: one that is there, else the system's package, else the test tool's own download.
# Usage: browser.sh PLAYWRIGHT
set -eu
for name in chromium chromium-browser google-chrome google-chrome-stable; do
    if command -v "$name" >/dev/null; then exit 0; fi
done
if "$(dirname "$1")/python" -c '
import pathlib, sys
from playwright.sync_api import sync_playwright
with sync_playwright() as p:
    sys.exit(not pathlib.Path(p.chromium.executable_path).exists())
' 2>/dev/null; then exit 0; fi  # on a bare system the tool cannot even start before the packages below are there
root=""
if [ "$(id -u)" -ne 0 ]; then root="sudo -n"; fi
if command -v apt-get >/dev/null && { [ -z "$root" ] || $root true 2>/dev/null; }; then
    echo "Installing Chromium for the browser tests with apt-get."
    if { $root apt-get update -qq && DEBIAN_FRONTEND=noninteractive $root apt-get install -y -qq --no-install-recommends \
        chromium fonts-noto-core fonts-noto-color-emoji; } >/dev/null; then exit 0; fi
    echo "apt-get could not install it."
fi
echo "Downloading Chromium for the browser tests with Playwright."
if "$1" install chromium; then exit 0; fi
echo "No browser could be installed, and the browser tests are not left out. Install Chromium (on Debian: apt-get install chromium), then try again."
exit 1
