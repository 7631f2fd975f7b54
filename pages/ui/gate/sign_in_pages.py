"""Signing in and out: the password, the second factor, and the end of a session."""

import logging
from functools import partial
from urllib.parse import urlencode

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from getsms_core.base import logs
from getsms_core.base.codes import Pending
from getsms_core.base.i18n import _
from getsms_core.users import attempts, identity, sessions, sign_in, two_factor
from getsms_core.users import service as users
from getsms_core.users.sign_in import SignIn
from pages.ui.gate import first_start, html_pages, origin
from pages.ui.gate.responses import (
    Form,
    page,
    redirect_with_cookie,
    safe_target,
    set_language,
    set_language_of,
    visit,
    with_form,
)
from pages.ui.gate.visitors import visitor_of
from pages.ui.shared import session

CODE_PATH, SET_UP_PATH = "/sign-in/code", "/two-factor"
_log = logging.getLogger("getsms.gate")


async def password_page(request: Request) -> Response:
    """Check name and password."""
    return await with_form(_password, request)


def _password(request: Request, form: Form) -> Response:
    set_language(request)
    if first_start.is_first_start():
        return RedirectResponse("/welcome", 303)
    target = safe_target(request.query_params.get("next", "/"))
    if request.method != "POST":
        return page(partial(html_pages.sign_in, target=target, chosen_language=request.query_params.get("lang", "")))
    chosen_language = form.get("language", "")
    name, origin_of_visit = form.get("name", ""), visit(request)
    wrong, status = _("The name or password is wrong."), 401
    try:
        signed_in = sign_in.with_password(session.store(), name, form.get("password", ""), origin_of_visit)
        if signed_in:
            users.set_language(session.store(), signed_in.user.id, chosen_language)
            return signed_in_response(request, target, signed_in)
        logs.write(_log, logs.WARNING, "sign_in.failed", address=origin_of_visit.address)
    except attempts.TooManyAttempts as refusal:
        logs.write(
            _log,
            logs.WARNING,
            "sign_in.throttled",
            address=origin_of_visit.address,
            wait_s=round(refusal.seconds),
        )
        wrong, status = refusal.message, 429
    show = partial(html_pages.sign_in, target=target, chosen_language=chosen_language, name=name, wrong=wrong)
    return page(show, status)


def signed_in_response(request: Request, target: str, signed_in: SignIn) -> Response:
    """Redirect a user whose password was right: to the target, or to what is still missing."""
    paths = {Pending.CODE: CODE_PATH, Pending.SET_UP: SET_UP_PATH}
    if signed_in.pending:
        target = paths[signed_in.pending] + (f"?{urlencode({'next': target})}" if target != "/" else "")
    return redirect_with_cookie(request, target, signed_in.cookie)


async def code_page(request: Request) -> Response:
    """Check a code of the second factor."""
    return await with_form(_code, request)


def _code(request: Request, form: Form) -> Response:
    set_language(request)
    target = safe_target(request.query_params.get("next", "/"))
    visitor = visitor_of(request.scope, Pending.CODE)
    if visitor is None:
        return RedirectResponse(f"/sign-in?{urlencode({'next': target})}", 303)
    set_language_of(request, visitor.user)
    wrong, status = "", 200
    if request.method == "POST":
        try:
            signed_in = sign_in.with_code(session.store(), visitor.session, form.get("code", ""), visit(request))
            if signed_in:
                return redirect_with_cookie(request, target, signed_in.cookie)
            wrong, status = two_factor.wrong_code().message, 401
        except attempts.TooManyAttempts as refusal:
            wrong, status = refusal.message, 429
    return page(partial(html_pages.code, target=target, wrong=wrong), status)


async def sign_out_page(request: Request) -> Response:
    """End the session on every app server. Only a page of this app ends it at once; a link from elsewhere asks."""
    return await to_thread.run_sync(_sign_out, request)


def _sign_out(request: Request) -> Response:
    visitor = visitor_of(request.scope, None)
    if visitor and request.method != "POST" and not _from_own_page(request):
        set_language(request)
        return page(html_pages.confirm_sign_out)
    if visitor:
        actor = identity.signed_in(session.store(), visitor.user, visit(request).address)
        sessions.end(session.store(), visitor.session, actor)
    response = RedirectResponse("/sign-in", 303)
    response.delete_cookie(session.COOKIE)
    return response


def _from_own_page(request: Request) -> bool:
    """Return whether a link on a page of this app was followed. Browsers send Sec-Fetch-Site over https and to this
    machine only; the referrer, which the referrer policy keeps within this app, tells it elsewhere."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    return origin.same_origin(request.headers.get("referer"), request.headers.get("host"))
