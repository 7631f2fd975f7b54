"""The house style: one palette for the sign-in pages, badges and charts; .streamlit/config.toml gives it to Streamlit.

A state is told by a shape and a word first, by a colour second, so that it reads in grey."""

from typing import NamedTuple

from pages.ui.shared.asset_files import asset

ICON = "📨"
"""The favicon: an emoji, because a material icon would be fetched from outside."""

LOGO = asset("shared/assets/logo.svg").strip()
"""In a green that reads on light and dark alike."""

LIGHT = {
    "background": "#fbfaf7",
    "panel": "#f1eee7",
    "text": "#1f2a30",
    "faint": "#5b666c",
    "border": "#d9d4c8",
    "primary": "#0f5c5c",
    "link": "#0f5c5c",
    "green": "#1b7f4b",
    "amber": "#8a5a00",
    "red": "#b3261e",
    "violet": "#6a3fa0",
    "blue": "#1f5f99",
    "grey": "#5b666c",
}
DARK = {
    "background": "#12191c",
    "panel": "#1c262a",
    "text": "#e7ebe9",
    "faint": "#9aa7ab",
    "border": "#33424a",
    "primary": "#1a7a76",
    "link": "#74cfc6",
    "green": "#5cc68c",
    "amber": "#e0b04a",
    "red": "#f2867c",
    "violet": "#bd9bf0",
    "blue": "#7fb6ea",
    "grey": "#9aa7ab",
}


class Look(NamedTuple):
    """How a state looks: a colour of Streamlit's palette (config.toml gives it our shade) and a shape of its own."""

    colour: str
    shape: str


LOOKS: dict[str, Look] = {
    # campaigns
    "draft": Look("gray", "○"),
    "awaiting approval": Look("orange", "◇"),
    "scheduled": Look("blue", "◔"),
    "running": Look("green", "►"),
    "paused": Look("orange", "‖"),
    "finished": Look("gray", "■"),
    # messages and chunks
    "queued": Look("gray", "○"),
    "sending": Look("blue", "►"),
    "accepted": Look("blue", "◐"),
    "done": Look("green", "●"),
    "delivered": Look("green", "●"),
    "undelivered": Look("red", "✕"),
    "rejected": Look("red", "▼"),
    "expired": Look("orange", "◌"),
    "uncertain": Look("violet", "◆"),
    "cancelled": Look("gray", "⊘"),
}
"""A look for each key of `statuses.LABELS`."""


def variables() -> str:
    """The palette as CSS variables that follow the system's light or dark."""
    light, dark = ("".join(f"--{name}:{value};" for name, value in theme.items()) for theme in (LIGHT, DARK))
    return f":root{{color-scheme:light dark;{light}}}@media(prefers-color-scheme:dark){{:root{{{dark}}}}}"


def _by_theme(name: str, light: str, dark: str) -> str:
    return f"--{name}:light-dark({light},{dark});"


_VARIABLES = "".join(
    (
        _by_theme("page-background", LIGHT["background"], DARK["background"]),
        _by_theme("line", LIGHT["border"], DARK["border"]),
        _by_theme("focus", LIGHT["link"], DARK["link"]),
        _by_theme("refused", LIGHT["red"], DARK["red"]),
        _by_theme("pressed", "#0b4747", "#15625f"),
    )
)
PAGE_CSS = f":root{{{_VARIABLES}}}" + asset("shared/assets/page.css") + asset("overview/assets/overview.css")
"""What the theme cannot express. Captions have a contrast of more than 4.5 (4.0 and, in code, 2.7 by themselves). A
selected segment stays readable in dark mode, and its neighbours keep their borders where they wrap. Badges and long
page names wrap. The five wizard steps fit side by
side on a phone, where those that are not open show their icon alone; Back and Next stay at the lower edge of the
window. Titles begin at one height: Streamlit puts 20 px above those that are not in a row. A primary button is not
almost black under the pointer. A line runs along the upper edge while the script runs for longer than 0.3 s, and the
button that was pressed is faded. Focus is visible on every control. The button of the menu has a border and its name.
Figures that wrap to a second line are not each as high as all lines together, which put them over each other.
Streamlit's own table download is hidden, because it writes "=1+1" as a formula; `exports` writes
safe files. In print, the sidebar is hidden, the whole page is printed, words have no ligatures (a PDF did not find
"final", and its "fi" lay beyond the paper's edge), and charts are as wide as the paper (see
page_scripts.PRINT_SCRIPT).

The tables of Overview are here too: a style sheet that comes and goes with a page makes the browser look at the whole
page again. So does `:has()` of what many elements have, such as `data-testid`, at each change of the page: without it
the browser spent 29 ms instead of 82 on the styles of the section Losses."""

GATE_CSS = asset("gate/assets/gate.css")
"""The style sheet of the pages in front of Streamlit: sign-in, welcome and errors."""
