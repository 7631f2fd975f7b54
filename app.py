"""The authentication gate: an ASGI app that lets only signed-in users through to Streamlit: pages, files and
WebSockets.

It handles every request first, because Streamlit by itself runs `pages/NAME.py` for any `GET /NAME`. Start it with
`getsms serve`; `streamlit run app.py` and `uvicorn app:app` work too."""

import asyncio
import logging
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from urllib.parse import urlencode

import streamlit as st
from anyio import to_thread
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

ROOT = Path(__file__).resolve().parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))  # `streamlit run` adds it only while the script runs

from getsms_core.base import i18n, logs, processes  # noqa: E402
from getsms_core.base.errors import DomainError  # noqa: E402
from getsms_core.base.i18n import N_, _  # noqa: E402
from getsms_core.base.permissions import ROLE_LABELS  # noqa: E402
from getsms_core.users.identity import UserInfo  # noqa: E402
from pages.ui.gate import (  # noqa: E402
    account_pages,
    addresses,
    cookies,
    first_start,
    front_end,
    origin,
    probes,
    quick_files,
    response_headers,
    responses,
    sign_in_pages,
    uploads,
    warmup,
)
from pages.ui.gate.sockets import MAX_OPEN_PAGES, Sockets  # noqa: E402
from pages.ui.gate.start_page import start_page  # noqa: E402
from pages.ui.gate.visitors import Visitor, seen_visitor_of, visitor_of  # noqa: E402
from pages.ui.shared import session, sitemap, static_assets  # noqa: E402

processes.keep_files_private()
processes.allow_open_files()
quick_files.install()
static_assets.add(front_end.path(), front_end.script())
OWN_PAGES = (
    Route("/sign-in", sign_in_pages.password_page, methods=["GET", "POST"]),
    Route(sign_in_pages.CODE_PATH, sign_in_pages.code_page, methods=["GET", "POST"]),
    Route("/sign-out", sign_in_pages.sign_out_page, methods=["GET", "POST"]),
    Route("/welcome", account_pages.welcome_page, methods=["GET", "POST"]),
    Route("/join", account_pages.join_page, methods=["GET", "POST"]),
    Route(sign_in_pages.SET_UP_PATH, account_pages.two_factor_page, methods=["GET", "POST"]),
)
"""Open to everybody; each checks by itself who asks."""
PROBES = (
    Route("/health", probes.health, methods=["GET"]),
    Route("/ready", probes.ready, methods=["GET"]),
    Route("/metrics", probes.metrics, methods=["GET"]),
)
FOR_MACHINES = frozenset({"/_stcore/health", *(route.path for route in PROBES)})
"""Without a sign-in, and under any host name: a container's health check asks 127.0.0.1."""
OPEN = frozenset({*FOR_MACHINES, *(route.path for route in OWN_PAGES)})
WITH_TOKEN = frozenset({"/welcome", "/join"})
"""Their addresses contain a secret token."""
CLOSED = ("/_stcore/metrics", "/_stcore/agent", "/_stcore/script-health-check")
KEEP = "/keep"
"""Whether the session is live; asked by a page that lost its connection, so it does not count as use."""
_STREAMLIT_FOLDERS = ("_stcore", "media", "component", "static")

_log = logging.getLogger("getsms.gate")
_addresses = addresses.Addresses()
_sockets = Sockets(_addresses)
_uploads = uploads.Uploads()


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
        visitor, headers = None, Headers(scope=scope)
        if _is_same_origin(headers) and session.settings().allows_host(headers.get("host")):
            try:
                visitor = await to_thread.run_sync(visitor_of, scope)
            except DomainError as refusal:  # the database cannot be opened: pages say so
                logs.write(_log, logs.ERROR, "gate.unavailable", code=refusal.code)
        if visitor is None:
            await send({"type": "websocket.close", "code": 1008})
            return
        stripped = cookies.strip_foreign_cookies(scope, [visitor.cookie])
        stripped = _addresses.without_foreign_page(stripped, visitor.user.id)
        await _sockets.run(self.app, stripped, receive, send, visitor.user, visitor.session.id)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] in WITH_TOKEN:
            first_start.take_token(scope)
        scope = cookies.strip_foreign_cookies(scope, cookies.session_values(scope["headers"]))
        request = Request(scope, receive)
        send = _with_headers(request, send)
        answer: ASGIApp | None
        try:
            answer = _request_refusal(request)
            if answer is None:
                answer, scope = await self._answer(request, scope)
        except DomainError as refusal:
            answer = responses.message(_("Not now"), refusal.message, 503)
        try:
            await answer(scope, receive, send)
        except DomainError as refusal:  # by a route of this app before its response: the database cannot be opened
            await responses.message(_("Not now"), refusal.message, 503)(scope, receive, send)

    async def _answer(self, request: Request, scope: Scope) -> tuple[ASGIApp, Scope]:
        """Return what answers an accepted request, and the scope to call it with, which has no foreign cookies."""
        path = scope["path"]
        if path.startswith(static_assets.PREFIX) and (file := await static_assets.answer(request)) is not None:
            return file, scope
        if path in OPEN:
            return self.app, scope
        visitor = await to_thread.run_sync(visitor_of if path == KEEP else seen_visitor_of, scope)
        if visitor is None:
            return await to_thread.run_sync(_redirect_to_sign_in, request), scope
        answer = (
            _page_refusal(request, visitor.user)
            or start_page(request, visitor.user)
            or _file_answer(request, visitor, self.app)
        )
        return answer, cookies.strip_foreign_cookies(scope, [visitor.cookie])


def _request_refusal(request: Request) -> Response | None:
    """Return the refusal of a request for its host, address or origin, whoever asks; None for others."""
    path, host = request.scope["path"], request.headers.get("host")
    if not origin.is_host(host):
        return _plain(request, N_("The Host header is not a host name."), 400)
    if path not in FOR_MACHINES and not session.settings().allows_host(host):
        return _plain(request, N_("This host name is not one of GETSMS_ALLOWED_HOSTS."), 400)
    if not path.isprintable() or "\\" in path:  # browsers and libraries disagree on what it names
        return _plain(request, N_("The address has characters that no address here has."), 400)
    if path.startswith(CLOSED):
        return _plain(request, N_("Not found"), 404)
    if request.method not in ("GET", "HEAD", "OPTIONS") and not _is_same_origin(request.headers):
        return _plain(request, N_("Refused: this did not come from a page of this app."), 403)
    return None


def _with_headers(request: Request, send: Send) -> Send:
    """Return `send` with the headers that every response has: security, and no cache for what users see."""
    path, policy = request.scope["path"], response_headers.content_security_policy(request.headers.get("host"))

    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in response_headers.HEADERS:
                headers[name.decode()] = value.decode()
            if path in WITH_TOKEN:  # proxies log referrers, which must not contain the token
                headers["referrer-policy"] = "strict-origin"
            if request.scope["scheme"] == "https":
                headers["strict-transport-security"] = response_headers.TRANSPORT_SECURITY
            if not path.startswith(static_assets.PREFIX):  # numbers and texts stay in no cache, and none is shared
                headers["cache-control"] = "no-store"
            headers.setdefault("content-security-policy", policy)
        await send(message)

    return send_with_headers


# ------------------------------------------------------------------------------------------------------ visitors


def _is_same_origin(headers: Headers) -> bool:
    return origin.same_origin(headers.get("origin"), headers.get("host"))


def _plain(request: Request, sentence: str, status: int) -> Response:
    """Return a short answer in the language of the browser; `sentence` is a msgid."""
    responses.set_language(request)
    return PlainTextResponse(_(sentence), status)


def _page_refusal(request: Request, user: UserInfo) -> Response | None:
    """Return the response for an address that is not a page of this user; None where it is one, or not a page at all.
    Streamlit would open the first page instead and report in English that the page does not exist."""
    path: str = request.scope["path"]
    name = path.strip("/")
    if request.method not in ("GET", "HEAD") or path == KEEP or _is_streamlits(name):
        return None
    asked = request.query_params.get("lang", "")  # the links of these pages to other languages
    i18n.set_language(asked if asked in i18n.LANGUAGES else user.language)
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
        ).format(name=user.name, role=_(ROLE_LABELS.get(user.role, user.role)))
    else:
        title, body = _("There is no such page"), _("The address may be mistyped, or from another version.")
    return responses.message(title, body, 403 if entry else 404, "/", _("To the overview"))


def _file_answer(request: Request, visitor: Visitor, app: ASGIApp) -> ASGIApp:
    """Return what answers a request: Streamlit (`app`), unless it is for a file that this visitor may not have."""
    path: str = request.scope["path"]
    if not path.startswith((addresses.MEDIA, addresses.UPLOADS)) or request.method == "OPTIONS":
        return app
    i18n.set_language(visitor.user.language)
    if not _addresses.may_use(visitor.session.id, path):
        status = 403 if path.startswith(addresses.UPLOADS) else 404
        return PlainTextResponse(_("This file belongs to another session, or is gone. Load the page again."), status)
    if request.method != "PUT":
        return app
    if not uploads.may_upload(visitor.user):
        return PlainTextResponse(_("Your role uploads no files."), 403)
    return partial(_upload, app, visitor.user)


async def _upload(app: ASGIApp, user: UserInfo, scope: Scope, receive: Receive, send: Send) -> None:
    """Let Streamlit (`app`) take a file, within the limits of `uploads`."""
    i18n.set_language(user.language)
    try:
        size = uploads.size_of(Headers(scope=scope))
        async with _uploads.counted(user, scope["path"], size) as upload:
            await app(scope, _uploads.limited(receive, upload), send)
    except ClientDisconnect:  # the browser has gone, or the body was too slow
        logs.write(_log, logs.WARNING, "gate.upload_refused", user_id=user.id, status=408)
        await PlainTextResponse(_("The upload was too slow."), 408)(scope, receive, send)
    except uploads.UploadRefused as refusal:
        logs.write(_log, logs.WARNING, "gate.upload_refused", user_id=user.id, status=refusal.status)
        await PlainTextResponse(refusal.sentence, refusal.status)(scope, receive, send)


def _is_streamlits(name: str) -> bool:
    """Return whether an address belongs to Streamlit's own routes and files, not to a page."""
    return name.split("/")[0] in _STREAMLIT_FOLDERS or re.search(r"\.[a-z0-9]+$", name) is not None


def _too_many_pages() -> Response:
    body = _(
        "{limit} pages of this app are open under your name, the most that one user may have. "
        "Close some of them, in other browsers and on other devices too, then load this page again."
    ).format(limit=MAX_OPEN_PAGES)
    return responses.message(_("Too many open pages"), body, 429)


def _query(request: Request) -> str:
    query = request.scope["query_string"].decode("latin-1")
    return f"?{query}" if query else ""


def _redirect_to_sign_in(request: Request) -> Response:
    if request.method not in ("GET", "HEAD"):
        return _plain(request, N_("Sign in first."), 401)
    if first_start.is_first_start():
        return RedirectResponse("/welcome", 303)
    target = request.scope["path"] + _query(request)
    return RedirectResponse("/sign-in" + (f"?{urlencode({'next': target})}" if target != "/" else ""), 303)


async def keep(request: Request) -> Response:
    """Answer 204: the gate let the request through, so the session is live."""
    return Response(status_code=204)


@asynccontextmanager
async def _lifespan(_app: st.App) -> AsyncIterator[None]:
    with suppress(DomainError):  # settings that cannot be used: every page says so
        settings = session.settings()
        logs.log_to_stderr(settings.zone, settings.log_format)
    warmup.begin()
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
    routes=[*OWN_PAGES, *PROBES, Route(KEEP, keep, methods=["GET"])],
    on_script_error=session.show_error,
)
