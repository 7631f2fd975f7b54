"""The authentication gate: an ASGI app that lets only signed-in users through to Streamlit: pages, files and
WebSockets.

It handles every request first, because Streamlit by itself runs `pages/NAME.py` for any `GET /NAME`. Start it with
`getsms serve`; `streamlit run app.py` and `uvicorn app:app` work too."""

import asyncio
import logging
import os
import re
import secrets
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qs, urlencode

import streamlit as st
from anyio import CapacityLimiter, move_on_after, to_thread
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

ROOT = Path(__file__).resolve().parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))  # `streamlit run` adds it only while the script runs

from getsms_core.base import i18n, logs, processes  # noqa: E402
from getsms_core.base.errors import DomainError  # noqa: E402
from getsms_core.base.i18n import _  # noqa: E402
from getsms_core.base.permissions import ROLE_LABELS  # noqa: E402
from getsms_core.users import service as users  # noqa: E402
from getsms_core.users import sessions, sign_in_throttle  # noqa: E402
from pages.ui.gate import (  # noqa: E402  # noqa: E402
    cookies,
    first_start,
    html_pages,
    origin,
    response_headers,
)
from pages.ui.gate.sockets import MAX_OPEN_PAGES, Sockets  # noqa: E402
from pages.ui.shared import session, sitemap, static_assets  # noqa: E402

processes.keep_files_private()
OPEN = frozenset({"/_stcore/health", "/sign-in", "/sign-out", "/welcome"})
CLOSED = ("/_stcore/metrics", "/_stcore/agent", "/_stcore/script-health-check")
MAX_BODY_BYTES = 8192
_PAGE_NAME = re.compile(r"[a-z_]+", re.IGNORECASE)
_OWN_ROUTES = frozenset({"keep"})
FORM_SECONDS = 30
_MAX_WAITING = 50
_passwords = CapacityLimiter(max(1, (os.cpu_count() or 1) // 2))
"""argon2 takes 64 MiB and a whole core for each password: sign-in attempts must leave CPU for signed-in users."""

_log = logging.getLogger("getsms.gate")
_throttle = sign_in_throttle.Throttle()
_sockets = Sockets()
_has_users = False  # users are never deleted


def _is_first_start() -> bool:
    global _has_users
    _has_users = _has_users or not users.has_no_users(session.store())
    return not _has_users


class AuthenticationGate:
    """The middleware that authenticates every request, redirects visitors to sign-in, and sets the response headers."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, redirect it to the sign-in page, or refuse it."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        else:
            await self._http(scope, receive, send)

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        visitor = None
        if _is_same_origin(Headers(scope=scope)):
            try:
                visitor = await to_thread.run_sync(_visitor_of, scope)
            except DomainError as refusal:  # the database cannot be opened: pages say so
                logs.write(_log, logs.ERROR, "gate.unavailable", code=refusal.code)
        if visitor is None:
            await send({"type": "websocket.close", "code": 1008})
            return
        stripped = cookies.strip_foreign_cookies(scope, [visitor.cookie])
        await _sockets.run(self.app, stripped, receive, send, visitor.user, visitor.session.id)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        path, renewed = scope["path"], None
        if path == "/welcome":
            first_start.take_token(scope)
        scope = cookies.strip_foreign_cookies(scope, cookies.session_values(scope["headers"]))
        request = Request(scope, receive)
        answer: ASGIApp = self.app
        try:
            if not origin.is_host(request.headers.get("host")):
                answer = PlainTextResponse("The Host header is not a host name.", 400)
            elif path.startswith(CLOSED):
                answer = PlainTextResponse("Not found", 404)
            elif request.method not in ("GET", "HEAD", "OPTIONS") and not _is_same_origin(request.headers):
                answer = PlainTextResponse("Refused: this did not come from a page of this app.", 403)
            elif path.startswith(static_assets.PREFIX) and (file := await static_assets.answer(request)) is not None:
                answer = file
            elif path not in OPEN:
                visitor = await to_thread.run_sync(_visitor_of, scope)
                if visitor is None:
                    answer = await to_thread.run_sync(_redirect_to_sign_in, request)
                else:
                    scope = cookies.strip_foreign_cookies(scope, [visitor.cookie])
                    if time.time() - visitor.session.issued_at > sessions.RENEW_SECONDS:
                        renewed = await to_thread.run_sync(_renew, visitor)
                    answer = _page_refusal(request, visitor.user) or answer
        except DomainError as refusal:
            answer = _page(partial(html_pages.message_page, title=_("Not now"), body=refusal.message), 503)

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in response_headers.HEADERS:
                    headers[name.decode()] = value.decode()
                if path == "/welcome":  # proxies log referrers, which must not contain the token
                    headers["referrer-policy"] = "strict-origin"
                headers.setdefault(
                    "content-security-policy", response_headers.content_security_policy(request.headers.get("host"))
                )
                if renewed:
                    headers.append("set-cookie", _cookie(request, renewed))
            await send(message)

        try:
            await answer(scope, receive, with_headers)
        except (
            DomainError
        ) as refusal:  # raised by a route of this app before its response: the database cannot be opened
            refused = _page(partial(html_pages.message_page, title=_("Not now"), body=refusal.message), 503)
            await refused(scope, receive, with_headers)


# ------------------------------------------------------------------------------------------------------ visitors


def _is_same_origin(headers: Headers) -> bool:
    return origin.same_origin(headers.get("origin"), headers.get("host"))


class Visitor(NamedTuple):
    """The user who sent a request, and the session cookie that proves it."""

    user: users.UserInfo
    session: sessions.Session
    cookie: str


def _visitor_of(scope: Scope) -> Visitor | None:
    for cookie in cookies.session_values(scope["headers"]):
        recognised = users.user_of_session(session.store(), cookie)
        if recognised and not recognised[1].expired(time.time()):
            return Visitor(*recognised, cookie)
    return None


def _page_refusal(request: Request, user: users.UserInfo) -> Response | None:
    """Return the response for an address that is not a page of this user; None where it is one, or not a page at all.
    Streamlit would open the first page instead and report in English that the page does not exist."""
    name = request.scope["path"].strip("/")
    if request.method not in ("GET", "HEAD") or name in _OWN_ROUTES or not (name == "" or _PAGE_NAME.fullmatch(name)):
        return None
    i18n.set_language(user.language)
    if _sockets.full(user.id):
        return _too_many_pages()
    if name == "":
        return None
    entry = sitemap.named(name)
    if entry and entry.file == sitemap.FIRST:
        return RedirectResponse(f"/{_query(request)}", 307)
    if entry and user.actor.may(entry.right):
        return None
    if entry:
        title = _("This page is not for your role")
        body = _(
            "You are signed in as {name} ({role}). An administrator can give you another role, in Settings."
        ).format(name=user.name, role=_(ROLE_LABELS[user.role]))
    else:
        title, body = _("There is no such page"), _("The address may be mistyped, or from another version.")
    say = partial(html_pages.message_page, title=title, body=body, link="/", label=_("To the overview"))
    return _page(say, 403 if entry else 404)


def _too_many_pages() -> Response:
    body = _(
        "{limit} pages of this app are open under your name, the most that one user may have. "
        "Close some of them, in other browsers and on other devices too, then load this page again."
    ).format(limit=MAX_OPEN_PAGES)
    return _page(partial(html_pages.message_page, title=_("Too many open pages"), body=body), 429)


def _query(request: Request) -> str:
    query = request.scope["query_string"].decode("latin-1")
    return f"?{query}" if query else ""


def _renew(visitor: Visitor) -> str | None:
    return users.renew(session.store(), visitor.cookie, time.time())


def _redirect_to_sign_in(request: Request) -> Response:
    if request.method not in ("GET", "HEAD"):
        return PlainTextResponse("Sign in first.", 401)
    if _is_first_start():
        return RedirectResponse("/welcome", 303)
    target = request.scope["path"] + _query(request)
    return RedirectResponse("/sign-in" + (f"?{urlencode({'next': target})}" if target != "/" else ""), 303)


# ---------------------------------------------------------------------------------------------------- own pages


async def sign_in(request: Request) -> Response:
    """Check name and password. Sign-in is throttled after five failures."""
    return await _with_password(_sign_in, request)


def _sign_in(request: Request, form: dict[str, str]) -> Response:
    _set_language(request)
    if _is_first_start():
        return RedirectResponse("/welcome", 303)
    target = _safe_target(request.query_params.get("next", "/"))
    if request.method != "POST":
        return _page(partial(html_pages.sign_in, target=target))
    name, address, now = form.get("name", ""), request.client.host if request.client else "", time.time()
    wait = _throttle.wait(name.casefold(), address, now)
    signed_in = None if wait else users.sign_in(session.store(), name, form.get("password", ""), now)
    if signed_in:
        _throttle.succeeded(name.casefold(), address)
        return _signed_in_response(request, target, signed_in[1])
    if wait:
        logs.write(_log, logs.WARNING, "sign_in.throttled", address=address, wait_s=round(wait))
        minutes = max(1, round(wait / 60))
        wrong = i18n.ngettext(
            "Too many tries. Try again in {minutes} minute.", "Too many tries. Try again in {minutes} minutes.", minutes
        ).format(minutes=minutes)
    else:
        _throttle.failed(name.casefold(), address, now)
        logs.write(_log, logs.WARNING, "sign_in.failed", address=address)
        wrong = _("The name or password is wrong.")
    return _page(partial(html_pages.sign_in, target=target, name=name, wrong=wrong), 429 if wait else 401)


async def welcome(request: Request) -> Response:
    """Create the first administrator. Requires the token that is printed where the program was started."""
    return await _with_password(_welcome, request)


def _welcome(request: Request, form: dict[str, str]) -> Response:
    _set_language(request)
    if not _is_first_start():
        return RedirectResponse("/", 303)
    token = first_start.token_of(request.scope) or form.get("token", "")
    if not first_start.is_token(token):
        body = _(
            "This program has no administrator yet. To create one, open the address that was printed where the program "
            "was started, in the line that begins with “First start”. For a service, look in its log. Without a "
            "browser: {command}"
        ).format(command="getsms people add NAME --role administrator")
        return _page(partial(html_pages.message_page, title=_("Welcome"), body=body), 403)
    if request.method != "POST":
        return _page(partial(html_pages.welcome, token=token))
    name, password = form.get("name", ""), form.get("password", "")
    try:
        first = users.create_first_administrator(session.store(), name, password, i18n.language())
        signed_in = users.sign_in(session.store(), first.name, password, time.time())
    except DomainError as refusal:
        return _page(partial(html_pages.welcome, token=token, name=name, wrong=refusal.message), 422)
    return _signed_in_response(request, "/", signed_in[1] if signed_in else "")


async def sign_out(request: Request) -> Response:
    """End the session, in its other tabs too. Links from other sites are ignored."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return RedirectResponse("/", 303)
    visitor = await to_thread.run_sync(_visitor_of, request.scope)
    if visitor:
        sessions.ended_sessions.add(visitor.session.id, time.time())
    response = RedirectResponse("/sign-in", 303)
    response.delete_cookie(session.COOKIE)
    return response


async def keep(request: Request) -> Response:
    """Called by a page in use, so that the gate renews the cookie."""
    return Response(status_code=204)


def _set_language(request: Request) -> None:
    wish = request.headers.get("accept-language", "")[:2]
    asked = request.query_params.get("lang", "")
    i18n.set_language(next((code for code in (asked, wish) if code in i18n.LANGUAGES), session.settings().language))


async def _with_password(handle: Callable[[Request, dict[str, str]], Response], request: Request) -> Response:
    form = await _form(request)
    if request.method != "POST":
        return await to_thread.run_sync(handle, request, form)
    if _passwords.statistics().tasks_waiting >= _MAX_WAITING:
        _set_language(request)
        body = _("Too many users are signing in. Try again in a minute.")
        return _page(partial(html_pages.message_page, title=_("Not now"), body=body), 503)
    return await to_thread.run_sync(handle, request, form, limiter=_passwords)


async def _form(request: Request) -> dict[str, str]:
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


def _safe_target(target: str) -> str:
    """Return a target within this app; anything that a browser could read as another host becomes the first page."""
    safe = (
        target.startswith("/") and not target.startswith(("//", "/\\", "/sign-", "/welcome")) and target.isprintable()
    )
    return target if safe else "/"


def _page(make: Callable[[str], str], status: int = 200) -> Response:
    nonce = secrets.token_urlsafe(16)
    headers = {"content-security-policy": html_pages.content_security_policy(nonce), "cache-control": "no-store"}
    return HTMLResponse(make(nonce), status, headers)


def _signed_in_response(request: Request, target: str, cookie: str) -> Response:
    response = RedirectResponse(target, 303)
    response.headers.append("set-cookie", _cookie(request, cookie))
    return response


def _cookie(request: Request, value: str) -> str:
    # Lax, not Strict: a user who follows a link from a messenger must stay signed in. GET changes nothing, and POST
    # and WebSocket check the origin.
    secure = "; Secure" if request.scope["scheme"] == "https" else ""
    return f"{session.COOKIE}={value}; Path=/; Max-Age={sessions.SESSION_SECONDS}; HttpOnly; SameSite=Lax{secure}"


@asynccontextmanager
async def _lifespan(_app: st.App) -> AsyncIterator[None]:
    with suppress(DomainError):  # settings that cannot be used: every page says so
        settings = session.settings()
        logs.log_to_stderr(settings.zone, settings.log_format)
    announcing = asyncio.create_task(first_start.announce(), name="gate-first-start")
    try:
        yield
    finally:
        announcing.cancel()
        await asyncio.gather(announcing, return_exceptions=True)  # its thread may be opening the store
        await to_thread.run_sync(session.close)


app = st.App(
    ROOT / "pages" / "frame.py",
    lifespan=_lifespan,
    middleware=[Middleware(AuthenticationGate)],
    routes=[
        Route("/sign-in", sign_in, methods=["GET", "POST"]),
        Route("/sign-out", sign_out, methods=["GET"]),
        Route("/welcome", welcome, methods=["GET", "POST"]),
        Route("/keep", keep, methods=["GET"]),
    ],
    on_script_error=session.show_error,
)
