"""The page that starts Streamlit's front end, in the user's language."""

from functools import cache

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from getsms_core.base.i18n import LANGUAGES
from getsms_core.users.identity import UserInfo
from pages.ui.gate import front_end
from pages.ui.shared import sitemap, static_assets

_EVERYWHERE = ("Html", "Selectbox", "PageLink")
_OF_PAGES = {
    "": ("PlotlyChart",),
    "analytics": ("Multiselect", "ButtonGroup", "Checkbox", "PlotlyChart"),
    "campaigns": ("Button", "TextInput", "Checkbox", "DataFrame"),
    "audit": ("TextInput", "DateInput", "DataFrame"),
}
"""Elements of Streamlit that a page begins with, by its address. The browser would ask for their scripts, 1.7 MB for a
table, once it has drawn the frame of the page, and after that for what they import."""
_OF_CAMPAIGN = ("Button", "ButtonGroup", "PlotlyChart")
_TITLE = "<title>Streamlit</title>"
_ENGLISH = '<html lang="en">'


def start_page(request: Request, user: UserInfo) -> Response | None:
    """Return Streamlit's page with the language and the script of its words; None where no page has this address."""
    name: str = request.scope["path"].removeprefix("/")
    if request.method not in ("GET", "HEAD") or (name and sitemap.named(name) is None):
        return None
    chosen = request.query_params.get("lang")
    elements = _OF_CAMPAIGN if request.query_params.get("id") else _OF_PAGES.get(name, ())
    return HTMLResponse(_page(chosen if chosen in LANGUAGES else user.language, elements))


@cache
def _page(language: str, elements: tuple[str, ...]) -> str:
    """Return the page, which loads the scripts of these elements at once. Raises `RuntimeError` if Streamlit's
    `index.html` is not the one that this was written for."""
    page = static_assets.index_page()
    if _TITLE not in page or _ENGLISH not in page:
        raise RuntimeError("Streamlit's index.html has changed: see pages/ui/gate/start_page.py.")
    scripts = static_assets.of_elements(*_EVERYWHERE, *elements)
    ahead = "".join(f'\n    <link rel="modulepreload" crossorigin href="{path}">' for path in scripts)
    head = f'<title>GETSMS Campaigns</title>\n    <script src="{front_end.path()}"></script>'
    page = page.replace("</head>", f"{ahead}\n  </head>")  # behind the first scripts, which come first
    return page.replace(_ENGLISH, f'<html lang="{language}">').replace(_TITLE, head).replace('"./', '"/')
