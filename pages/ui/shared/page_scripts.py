"""The scripts that pages run beside Streamlit's own. The gate lets browsers run these, known by their hashes, and no
other inline script: what somebody manages to write into a page as HTML stays text."""

import base64
import hashlib
import re
from functools import cache

from getsms_core.base.i18n import LANGUAGES
from pages.ui.shared.asset_files import asset
from pages.ui.shared.static_assets import index_page

PRINT_SCRIPT = asset("shared/assets/print.js")
"""Plotly draws for the width of the screen and cannot redraw for paper: a chart would be cut at the paper's edge. Each
run of a page sends this script; it replaces its own handlers."""
SIGNED_OUT_SCRIPT = asset("shared/assets/signed_out.js")
"""The gate closes the pages of users who are signed out, disabled or have a new password. Streamlit would try to
reconnect without end: while it is not connected, this asks whether the user is still signed in, and reloads if not."""
TO_THE_TOP = "document.querySelector('[data-testid=stMain]')?.scrollTo(0, 0);"

THEMES = ("system", "light", "dark")


def theme_script(theme: str) -> str:
    """Return the script that keeps one of `THEMES` in this browser and draws the page with it."""
    return f"localStorage.setItem('getsms-theme', {theme!r}); location.reload();"


def frame_script(language: str) -> str:
    """Return the script of every page, in one of `LANGUAGES`."""
    return f"document.documentElement.lang = {language!r};{PRINT_SCRIPT}{SIGNED_OUT_SCRIPT}"


@cache
def hashes() -> tuple[str, ...]:
    """Return the sources of a Content-Security-Policy for these scripts and that of Streamlit's page."""
    page = index_page()
    own = [*map(frame_script, LANGUAGES), *map(theme_script, THEMES), TO_THE_TOP]
    scripts = [*re.findall(r"<script>(.*?)</script>", page, re.DOTALL), *own]
    digests = (hashlib.sha256(script.encode()).digest() for script in scripts)
    return tuple(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
