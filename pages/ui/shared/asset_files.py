"""The style sheets, scripts and HTML templates of the pages: files in the `assets` folder of each package."""

from functools import cache
from pathlib import Path

_UI = Path(__file__).resolve().parent.parent


@cache
def asset(name: str) -> str:
    """Return the text of a file below `pages/ui`, such as "gate/assets/gate.css". It is read once a process."""
    return (_UI / name).read_text("utf-8")


def style_element(name: str) -> str:
    """Return a style sheet below `pages/ui` as a `<style>` element, for `st.html`."""
    return f"<style>{asset(name)}</style>"
