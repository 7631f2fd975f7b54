"""The door: an ASGI app that lets only signed-in people through to Streamlit, for pages, files and WebSockets alike.

It stands in front of everything because Streamlit runs `pages/NAME.py` alone for `GET /NAME` when nothing stops it.
Start it with `getsms serve`; `streamlit run app.py` and `uvicorn app:app` work too.
"""

import logging
import os
import re
import secrets
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from urllib.parse import parse_qs, urlencode

import streamlit as st
from anyio import to_thread
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

ROOT = Path(__file__).resolve().parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))  # `streamlit run` puts it there only while the script runs

from getsms_core import people, processes, security, words  # noqa: E402
from getsms_core.actor import ROLE_LABELS  # noqa: E402
from getsms_core.errors import Refused  # noqa: E402
from getsms_core.words import _  # noqa: E402
from pages.ui import bundle, doors, session, sitemap  # noqa: E402

processes.keep_files_private()
OPEN = frozenset({"/_stcore/health", "/sign-in", "/sign-out", "/welcome"})
CLOSED = ("/_stcore/metrics", "/_stcore/agent", "/_stcore/script-health-check")
BODY_MOST = 8192
_PAGE_NAME = re.compile(r"[a-z_]+", re.IGNORECASE)
_OURS = frozenset({"keep"})
TOKEN = os.environ.pop("CAMPAIGNS_SETUP_TOKEN", "") or secrets.token_urlsafe(12)
"""Lets the first administrator in from another machine; `getsms serve` makes it and prints it."""

_log = logging.getLogger("getsms.door")
_throttle = security.Throttle()
_somebody = False  # once there is a person there always is


def _nobody_yet() -> bool:
    global _somebody
    _somebody = _somebody or not people.nobody_yet(session.store())
    return not _somebody


class Door:
    """The middleware in front of everything: who may pass, where the others go, and the headers of every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let through, send to the sign-in page, or refuse."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            connection = HTTPConnection(scope)
            if _from_here(connection.headers) and await to_thread.run_sync(_recognised, connection) is not None:
                await self.app(scope, receive, send)
            else:
                await send({"type": "websocket.close", "code": 1008})
        else:
            await self._http(Request(scope, receive), receive, send)

    async def _http(self, request: Request, receive: Receive, send: Send) -> None:
        path, renewed = request.url.path, None
        answer: ASGIApp = self.app
        try:
            if path.startswith(CLOSED):
                answer = PlainTextResponse("Not found", 404)
            elif request.method not in ("GET", "HEAD", "OPTIONS") and not _from_here(request.headers):
                answer = PlainTextResponse("Refused: this did not come from a page of this app.", 403)
            elif path.startswith(bundle.PREFIX) and (file := await bundle.answer(request)) is not None:
                answer = file
            elif path not in OPEN:
                found = await to_thread.run_sync(_recognised, request)
                if found is None:
                    answer = await to_thread.run_sync(_elsewhere, request)
                else:
                    if time.time() - found[1].given_at > security.RENEW_SECONDS:
                        renewed = await to_thread.run_sync(_renewed, request)
                    answer = _no_page(request, found[0]) or answer
        except Refused as refusal:
            answer = _page(partial(doors.sentence, title=_("Not now"), body=refusal.message), 503)

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in security.HEADERS:
                    headers[name.decode()] = value.decode()
                headers.setdefault("content-security-policy", security.content_policy(request.headers.get("host")))
                if renewed:
                    headers.append("set-cookie", _cookie(request, renewed))
            await send(message)

        await answer(request.scope, receive, with_headers)


# ------------------------------------------------------------------------------------------------------ who and whence


def _from_here(headers: Headers) -> bool:
    return security.same_origin(headers.get("origin"), headers.get("host"))


def _recognised(connection: HTTPConnection) -> tuple[people.Someone, security.Session] | None:
    cookie = connection.cookies.get(session.COOKIE)
    found = people.recognise(session.store(), cookie) if cookie else None
    return found if found and not found[1].expired(time.time()) else None


def _no_page(request: Request, person: people.Someone) -> Response | None:
    """What is said where an address names no page of this person's: Streamlit would open the first page and say in
    English that there is no such one. None where there is one, or it is no page that is asked for."""
    name = request.url.path.strip("/")
    if request.method not in ("GET", "HEAD") or not _PAGE_NAME.fullmatch(name) or name in _OURS:
        return None
    entry = sitemap.named(name)
    if entry and entry.file == sitemap.FIRST:
        return RedirectResponse("/" + (f"?{request.url.query}" if request.url.query else ""), 307)
    if entry and person.actor.may(entry.right):
        return None
    words.speak(person.language)
    if entry:
        title = _("This page is not for your role")
        body = _(
            "You are signed in as {name} ({role}). An administrator can give you another role, in Settings."
        ).format(name=person.name, role=_(ROLE_LABELS[person.role]))
    else:
        title, body = _("There is no such page"), _("The address may be mistyped, or from another version.")
    say = partial(doors.sentence, title=title, body=body, link="/", label=_("To the overview"))
    return _page(say, 403 if entry else 404)


def _renewed(request: Request) -> str | None:
    return people.renew(session.store(), request.cookies[session.COOKIE], time.time())


def _elsewhere(request: Request) -> Response:
    if request.method not in ("GET", "HEAD"):
        return PlainTextResponse("Sign in first.", 401)
    if _nobody_yet():
        return RedirectResponse("/welcome", 303)
    target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return RedirectResponse("/sign-in" + (f"?{urlencode({'next': target})}" if target != "/" else ""), 303)


def _at_this_machine(request: Request) -> bool:
    forwarded = any(name in request.headers for name in ("x-forwarded-for", "forwarded", "x-real-ip"))
    return security.is_loopback(request.client.host if request.client else None, request.headers.get("host"), forwarded)


# ---------------------------------------------------------------------------------------------------- our own few pages


async def sign_in(request: Request) -> Response:
    """Name and password; five wrong ones and the door rests for a while."""
    form = await _form(request)
    return await to_thread.run_sync(_sign_in, request, form)


def _sign_in(request: Request, form: dict[str, str]) -> Response:
    _listen(request)
    if _nobody_yet():
        return RedirectResponse("/welcome", 303)
    target = _inside(request.query_params.get("next", "/"))
    if request.method != "POST":
        return _page(partial(doors.sign_in, target=target))
    name, address, now = form.get("name", ""), request.client.host if request.client else "", time.time()
    wait = _throttle.wait(name.casefold(), address, now)
    found = None if wait else people.sign_in(session.store(), name, form.get("password", ""), now)
    if found:
        _throttle.succeeded(name.casefold(), address)
        return _welcomed(request, target, found[1])
    if wait:
        minutes = max(1, round(wait / 60))
        wrong = words.ngettext(
            "Too many tries. Try again in {minutes} minute.", "Too many tries. Try again in {minutes} minutes.", minutes
        ).format(minutes=minutes)
    else:
        _throttle.failed(name.casefold(), address, now)
        _log.warning("a sign-in failed from %s", address)
        wrong = _("The name or the password is not right.")
    return _page(partial(doors.sign_in, target=target, name=name, wrong=wrong), 429 if wait else 401)


async def welcome(request: Request) -> Response:
    """The first start: who is administrator. Only from this machine, or with the token that `getsms serve` prints."""
    form = await _form(request)
    return await to_thread.run_sync(_welcome, request, form)


def _welcome(request: Request, form: dict[str, str]) -> Response:
    _listen(request)
    if not _nobody_yet():
        return RedirectResponse("/", 303)
    token = request.query_params.get("token", "")
    if not _at_this_machine(request) and not secrets.compare_digest(token.encode(), TOKEN.encode()):
        body = _(
            "This program has no administrator yet. For safety the first one is chosen on the machine that it runs on, "
            "or with the address that it printed when it started."
        )
        return _page(partial(doors.sentence, title=_("Welcome"), body=body), 403)
    if request.method != "POST":
        return _page(partial(doors.welcome, token=token))
    name, password = form.get("name", ""), form.get("password", "")
    try:
        first = people.welcome(session.store(), name, password, words.language())
        found = people.sign_in(session.store(), first.name, password, time.time())
    except Refused as refusal:
        return _page(partial(doors.welcome, token=token, name=name, wrong=refusal.message), 422)
    return _welcomed(request, "/", found[1] if found else "")


async def sign_out(request: Request) -> Response:
    """End the session, in its other tabs too. A link on a foreign page cannot do it."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return RedirectResponse("/", 303)
    found = await to_thread.run_sync(_recognised, request)
    if found:
        security.ended.add(found[1].id, time.time())
    response = RedirectResponse("/sign-in", 303)
    response.delete_cookie(session.COOKIE)
    return response


async def keep(request: Request) -> Response:
    """Asked by a page that somebody works in, so that the door renews the cookie."""
    return Response(status_code=204)


def _listen(request: Request) -> None:
    wish = request.headers.get("accept-language", "")[:2]
    asked = request.query_params.get("lang", "")
    words.speak(next((code for code in (asked, wish) if code in words.LANGUAGES), session.settings().language))


async def _form(request: Request) -> dict[str, str]:
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > BODY_MOST:
            return {}
    return {name: values[0] for name, values in parse_qs(body.decode("utf-8", "replace"), max_num_fields=9).items()}


def _inside(target: str) -> str:
    """An address of this app; anything that a browser could read as another host becomes the first page."""
    safe = (
        target.startswith("/") and not target.startswith(("//", "/\\", "/sign-", "/welcome")) and target.isprintable()
    )
    return target if safe else "/"


def _page(make: Callable[[str], str], status: int = 200) -> Response:
    nonce = secrets.token_urlsafe(16)
    headers = {"content-security-policy": doors.policy(nonce), "cache-control": "no-store"}
    return HTMLResponse(make(nonce), status, headers)


def _welcomed(request: Request, target: str, cookie: str) -> Response:
    response = RedirectResponse(target, 303)
    response.headers.append("set-cookie", _cookie(request, cookie))
    return response


def _cookie(request: Request, value: str) -> str:
    # Lax, not Strict: a link to a page from a messenger must find its reader signed in. Nothing is changed by a GET,
    # and POST and WebSocket check the origin.
    secure = "; Secure" if request.url.scheme == "https" else ""
    return f"{session.COOKIE}={value}; Path=/; Max-Age={security.SESSION_SECONDS}; HttpOnly; SameSite=Lax{secure}"


@asynccontextmanager
async def _lifespan(_app: st.App) -> AsyncIterator[None]:
    yield
    await to_thread.run_sync(session.close)


app = st.App(
    ROOT / "pages" / "frame.py",
    lifespan=_lifespan,
    middleware=[Middleware(Door)],
    routes=[
        Route("/sign-in", sign_in, methods=["GET", "POST"]),
        Route("/sign-out", sign_out, methods=["GET"]),
        Route("/welcome", welcome, methods=["GET", "POST"]),
        Route("/keep", keep, methods=["GET"]),
    ],
    on_script_error=session.calm,
)
