"""The first administrator, one-time links, and setting up a second factor."""

from functools import partial

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from getsms_core.base import i18n
from getsms_core.base.codes import Pending
from getsms_core.base.errors import DomainError
from getsms_core.base.i18n import _
from getsms_core.users import identity, links, sign_in, two_factor
from getsms_core.users import service as users
from pages.ui.gate import first_start, html_pages
from pages.ui.gate.responses import (
    Form,
    message,
    page,
    redirect_with_cookie,
    safe_target,
    set_language,
    set_language_of,
    visit,
    with_form,
)
from pages.ui.gate.sign_in_pages import signed_in_response
from pages.ui.gate.visitors import Visitor, visitor_of
from pages.ui.shared import session


async def welcome_page(request: Request) -> Response:
    """Create the first administrator. Requires the token that is printed where the program was started."""
    return await with_form(_welcome, request)


def _welcome(request: Request, form: Form) -> Response:
    set_language(request)
    if not first_start.is_first_start():
        return RedirectResponse("/", 303)
    token = first_start.token_of(request.scope) or form.get("token", "")
    if not first_start.is_token(token):
        body = _(
            "This program has no administrator yet. To create one, open the address that was printed where the program "
            "was started, in the line that begins with “First start”. For a service, look in its log. Without a "
            "browser: {command}"
        ).format(command="getsms people add NAME --role administrator")
        return message(_("Welcome"), body, 403)
    if request.method != "POST":
        return page(partial(html_pages.welcome, token=token))
    name, password = form.get("name", ""), form.get("password", "")
    try:
        first = users.create_first_administrator(session.store(), name, password, i18n.language())
    except DomainError as refusal:
        return page(partial(html_pages.welcome, token=token, name=name, wrong=refusal.message), 422)
    return _signed_in(request, first.id)


async def join_page(request: Request) -> Response:
    """Choose a password with a one-time link."""
    return await with_form(_join, request)


def _join(request: Request, form: Form) -> Response:
    set_language(request)
    token = first_start.token_of(request.scope) or form.get("token", "")
    user = links.user_of(session.store(), token)
    if user is None:
        return message(_("This link does not work"), links.void().message, 403, "/sign-in", _("Sign in"))
    set_language_of(request, user)
    if request.method != "POST":
        return page(partial(html_pages.join, token=token, name=user.name))
    try:
        links.use(session.store(), token, form.get("password", ""), visit(request))
    except DomainError as refusal:
        return page(partial(html_pages.join, token=token, name=user.name, wrong=refusal.message), 422)
    if i18n.language() != user.language:
        users.set_language(session.store(), user.id, i18n.language())
    return _signed_in(request, user.id)


def _signed_in(request: Request, user_id: int) -> Response:
    signed_in = sign_in.with_new_password(session.store(), user_id, visit(request))
    return signed_in_response(request, "/", signed_in) if signed_in else RedirectResponse("/sign-in", 303)


async def two_factor_page(request: Request) -> Response:
    """Set up a second factor, or remove it: while signing in where the role requires it, or from the account page."""
    return await with_form(_two_factor, request)


def _two_factor(request: Request, form: Form) -> Response:
    set_language(request)
    target = safe_target(request.query_params.get("next", "/"))
    visitor = visitor_of(request.scope, None)
    if visitor is None or visitor.session.pending not in (Pending.NOTHING, Pending.SET_UP):
        return RedirectResponse("/sign-in", 303)
    set_language_of(request, visitor.user)
    if visitor.user.has_second_factor:
        return _change(request, form, visitor)
    secret = form.get("secret", "")
    if request.method != "POST" or not two_factor.is_secret(secret):
        offered = two_factor.offered_secret(session.store(), visitor.user.id, visitor.session.id)
        return _set_up_form(offered, visitor, target)
    actor = identity.signed_in(session.store(), visitor.user, visit(request).address)
    try:
        if visitor.session.pending == Pending.NOTHING:
            users.confirm_password(session.store(), visitor.user.id, form.get("password", ""))
        codes = two_factor.set_up(session.store(), visitor.user.id, actor, secret, form.get("code", ""))
    except DomainError as refusal:
        return _set_up_form(secret, visitor, target, refusal.message)
    response = page(partial(html_pages.recovery_codes, codes=codes, target=target))
    if visitor.session.pending:
        complete = sign_in.complete(session.store(), visitor.session, visit(request))
        if complete is None:
            return RedirectResponse("/sign-in", 303)
        response.headers.append("set-cookie", redirect_with_cookie(request, "/", complete.cookie).headers["set-cookie"])
    return response


def _set_up_form(secret: str, visitor: Visitor, target: str, wrong: str = "") -> Response:
    make = partial(
        html_pages.set_up_second_factor,
        secret=secret,
        uri=two_factor.uri(secret, visitor.user.name),
        ask_password=visitor.session.pending == Pending.NOTHING,
        target=target,
        wrong=wrong,
    )
    return page(make, 422 if wrong else 200)


def _change(request: Request, form: Form, visitor: Visitor) -> Response:
    """Replace the recovery codes of a second factor, or turn it off."""
    wrong, store = "", session.store()
    if request.method == "POST":
        actor, code = identity.signed_in(store, visitor.user, visit(request).address), form.get("code", "")
        try:
            if "new-codes" in form:
                codes = two_factor.new_recovery_codes(store, actor, code)
                return page(partial(html_pages.recovery_codes, codes=codes, target="/account"))
            two_factor.remove(store, actor, visitor.user.id, code)
            return RedirectResponse("/account", 303)
        except DomainError as refusal:
            wrong = refusal.message
    left = two_factor.recovery_codes_left(store, visitor.user.id)
    required = visitor.user.role in two_factor.required_roles(store)
    make = partial(html_pages.second_factor, codes_left=left, may_turn_off=not required, wrong=wrong)
    return page(make, 422 if wrong else 200)
