"""What the gate's own pages share: reading a posted form, HTML responses, the session cookie, the visitor's address."""

import secrets
from collections.abc import Callable
from functools import partial
from urllib.parse import parse_qs

from anyio import CapacityLimiter, move_on_after, to_thread
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from getsms_core.base import i18n
from getsms_core.base.i18n import _
from getsms_core.users import passwords, sessions
from getsms_core.users.identity import UserInfo
from getsms_core.users.sessions import Visit
from pages.ui.gate import html_pages
from pages.ui.shared import session

MAX_BODY_BYTES = 8192
FORM_SECONDS = 30
_MAX_WAITING = 50
_forms = CapacityLimiter(passwords.HASHERS)
"""Posted forms hash passwords: as many threads as there are hashers, so that other requests never wait for them."""
Form = dict[str, str]


async def with_form(handle: Callable[[Request, Form], Response], request: Request) -> Response:
    """Call `handle` in a thread with the fields of the form; {} for a GET."""
    if request.method != "POST":
        return await to_thread.run_sync(handle, request, {})
    form = await _form(request)
    if _forms.statistics().tasks_waiting >= _MAX_WAITING:
        set_language(request)
        return message(_("Not now"), _("Too many users are signing in. Try again in a minute."), 503)
    return await to_thread.run_sync(handle, request, form, limiter=_forms)


async def _form(request: Request) -> Form:
    """Return the fields of a posted form; none where it is too long, too slow or has too many fields."""
    body = b""
    with move_on_after(FORM_SECONDS) as reading:
        async for block in request.stream():
            body += block
            if len(body) > MAX_BODY_BYTES:
                return {}
    if reading.cancelled_caught:
        return {}
    try:
        fields = parse_qs(body.decode("utf-8", "replace"), max_num_fields=9)
    except ValueError:
        return {}
    return {name: values[0] for name, values in fields.items()}


def visit(request: Request) -> Visit:
    """Return where a request came from; behind a proxy, what the proxy says (see docs/deployment.md)."""
    return Visit(request.client.host if request.client else "", request.headers.get("user-agent", ""))


def set_language(request: Request) -> None:
    """Speak the language in the address, else the browser's, else the setting's."""
    wish = request.headers.get("accept-language", "")[:2]
    wanted_language = request.query_params.get("lang", "")
    i18n.set_language(
        next((code for code in (wanted_language, wish) if code in i18n.LANGUAGES), session.settings().language)
    )


def set_language_of(request: Request, user: UserInfo) -> None:
    """Speak the language in the address, else the user's: a known user need not have the browser's."""
    wanted_language = request.query_params.get("lang", "")
    i18n.set_language(wanted_language if wanted_language in i18n.LANGUAGES else user.language)


def page(make: Callable[[str], str], status: int = 200) -> Response:
    """Return an HTML page that `make` writes with a nonce for its style and script."""
    nonce = secrets.token_urlsafe(16)
    headers = {"content-security-policy": html_pages.content_security_policy(nonce), "cache-control": "no-store"}
    return HTMLResponse(make(nonce), status, headers)


def message(title: str, body: str, status: int, link: str = "", label: str = "") -> Response:
    """Return a page with one message and at most one link."""
    return page(partial(html_pages.message_page, title=title, body=body, link=link, label=label), status)


def redirect_with_cookie(request: Request, target: str, cookie: str) -> Response:
    """Redirect to a target, with a session's cookie."""
    # Lax, not Strict: a user who follows a link from a messenger must stay signed in. GET changes nothing, and POST
    # and WebSocket check the origin.
    secure = "; Secure" if request.scope["scheme"] == "https" else ""
    age = sessions.LIFETIME_MS // 1000
    response = RedirectResponse(target, 303)
    response.headers.append(
        "set-cookie", f"{session.COOKIE}={cookie}; Path=/; Max-Age={age}; HttpOnly; SameSite=Lax{secure}"
    )
    return response


def safe_target(target: str) -> str:
    """Return a target within this app; anything that a browser could read as another host becomes the first page."""
    own = ("//", "/\\", "/sign-", "/welcome", "/join")
    safe = target.startswith("/") and not target.startswith(own) and target.isprintable()
    return target if safe else "/"
