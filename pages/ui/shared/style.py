"""The house style: one palette for the door, badges and charts; .streamlit/config.toml tells it to Streamlit.

A state is told by a shape and a word first, by a colour second, so that it reads in grey."""

from typing import NamedTuple

ICON = "📨"
"""The favicon: an emoji, because a material icon would be fetched from outside."""

LOGO = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 236 32" width="236" height="32">'
    '<g fill="none" stroke="#2a8f88" stroke-width="2.4" stroke-linecap="round" stroke-linejoin="round">'
    '<path d="M4 6h24v15H15l-6 5v-5H4z"/><path d="M10 14l4 4 8-8"/></g><text x="38" y="22" font-size="19" '
    'font-family="system-ui,sans-serif" font-weight="650" fill="#2a8f88">GETSMS Campaigns</text></svg>'
)
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


PAGE_CSS = """
button[data-variant=segmented_control][data-selected=true]{color:inherit!important;font-weight:600}
.stMarkdownBadge{white-space:normal!important}
[data-testid=stSidebarNavLink] :is(.stMarkdownEllipsis,p){white-space:normal!important;overflow:visible!important}
@media(min-width:640px){[class*=st-key-concern-row]{flex-wrap:nowrap!important}
 [class*=st-key-concern-row]>[class*=st-key-concern-go]{flex:none!important}}
[class*=st-key-campaign-open] button p{text-align:left}
.stElementToolbar button[aria-label="Download as CSV"]{display:none!important}
@media(max-width:480px){.st-key-wizard-trail{gap:4px!important;justify-content:space-between}
 .st-key-wizard-trail button{padding-inline:7px!important}.st-key-wizard-trail button p{font-size:.78rem!important}
 .st-key-wizard-trail button[kind=tertiary]{padding-inline:0!important}}
@page{size:landscape;margin:12mm}
@media print{[data-testid=stSidebar],[data-testid=stHeader]{display:none!important}
 .stApp,.stApp :has([data-testid=stMain]),[data-testid=stMain]{position:static!important;display:block!important;
  height:auto!important;overflow:visible!important}
 [data-testid=stMainBlockContainer]{padding:0!important;zoom:.75}[data-testid=stPlotlyChart]{break-inside:avoid}
 :is(:has(>.js-plotly-plot),.js-plotly-plot,.plot-container,.svg-container){width:100%!important;height:auto!important}
 [data-testid=stElementContainer]:has(.js-plotly-plot),[data-testid=stPlotlyChart]{height:auto!important}
 [data-testid=stElementContainer]:has(+* .js-plotly-plot){break-after:avoid}
 .main-svg{width:100%!important;height:auto!important;max-height:150mm}.main-svg:first-of-type{position:static!important}}
"""
"""What the theme cannot say: a chosen segment reads in the dark too; a badge, and a page's name in a longer language,
breaks where it would be cut short; the five steps of a campaign stand side by side on a phone. Streamlit's own download
of a table is not offered: it writes "=1+1" as a formula; ours are made by `exports`. On paper there is no menu, all of
the page follows, and a chart is as wide as the paper (see PRINT_SCRIPT)."""

PRINT_SCRIPT = (
    "{const charts = () => document.querySelectorAll('.js-plotly-plot .main-svg');"
    "onbeforeprint = () => charts().forEach(one => one.setAttribute('viewBox',"
    " `0 0 ${one.getAttribute('width')} ${one.getAttribute('height')}`));"
    "onafterprint = () => charts().forEach(one => one.removeAttribute('viewBox'));}"
)
"""Plotly draws for the width of the screen and cannot draw anew for paper: a chart would be cut at the paper's edge.
Said again at every run of a page, it replaces itself."""

SIGNED_OUT_SCRIPT = (
    "clearInterval(window.getsmsSignedOut); window.getsmsSignedOut = setInterval(() => {"
    "const app = document.querySelector('[data-testid=stApp]');"
    "if (app && app.dataset.testConnectionState !== 'CONNECTED')"
    " fetch('/keep', {redirect: 'manual', cache: 'no-store'})"
    ".then(answer => { if (answer.type === 'opaqueredirect') location.reload(); }).catch(() => {});"
    "}, 2000);"
)
"""The gate closes the pages of people who are signed out, disabled or have a new password. Streamlit would try to
connect for ever: while it is not connected, this asks whether the person is still signed in, and goes to sign in."""

GATE_CSS = """
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;background:var(--background);color:var(--text);
 font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;padding:24px}
main{width:100%;max-width:400px}
.brand{display:flex;gap:10px;align-items:center;font-weight:650;letter-spacing:.01em;margin:0 0 28px}
.brand svg{width:30px;height:30px;fill:none;stroke:var(--link);stroke-width:2.2;stroke-linecap:round;
 stroke-linejoin:round}
h1{font-size:1.75rem;line-height:1.2;font-weight:680;margin:0 0 12px}
p{margin:0 0 20px;color:var(--faint)}
label{display:block;font-weight:560;margin:0 0 6px}
.field{margin:0 0 18px}
input{width:100%;font:inherit;color:inherit;background:var(--panel);border:1px solid var(--border);border-radius:10px;
 padding:11px 14px}
input:focus-visible,button:focus-visible,a:focus-visible{outline:2px solid var(--link);outline-offset:2px}
.with-show{position:relative}
.with-show input{padding-right:84px}
.show{position:absolute;right:6px;bottom:6px;border:0;background:none;color:var(--link);font:inherit;font-size:.9rem;
 padding:6px 10px;border-radius:8px;cursor:pointer}
.hint{font-size:.9rem;color:var(--faint);margin:6px 0 0}
button.go{width:100%;font:inherit;font-weight:600;color:#fff;background:var(--primary);border:0;border-radius:10px;
 padding:12px 14px;cursor:pointer}
button.go:hover{filter:brightness(1.08)}
.wrong{border-left:4px solid var(--red);background:var(--panel);color:var(--text);border-radius:0 10px 10px 0;
 padding:11px 14px;margin:0 0 20px}
.wrong::before{content:"▲ ";color:var(--red)}
nav{margin:28px 0 0;font-size:.9rem;display:flex;gap:16px;flex-wrap:wrap}
nav a{color:var(--faint)}nav a[aria-current]{color:var(--text);font-weight:600;text-decoration:none}
a{color:var(--link)}
"""
"""The style sheet of the pages in front of Streamlit: sign-in, welcome, and what cannot be shown."""
