"""Who sent a request: the session cookie, looked up in the database."""

import logging
from contextlib import suppress
from typing import NamedTuple

from starlette.types import Scope

from getsms_core.base.codes import Pending
from getsms_core.base.errors import DomainError
from getsms_core.users import sessions
from getsms_core.users.identity import UserInfo
from pages.ui.gate import cookies
from pages.ui.shared import session

_log = logging.getLogger("getsms.gate")


class Visitor(NamedTuple):
    """The user who sent a request, and the session cookie that proves it."""

    user: UserInfo
    session: sessions.SessionInfo
    cookie: str


def visitor_of(scope: Scope, pending: Pending | None = Pending.NOTHING) -> Visitor | None:
    """Return the visitor with a live session in the state `pending` (None = any state)."""
    for cookie in cookies.session_values(scope["headers"]):
        recognised = sessions.find(session.store(), cookie, pending=pending)
        if recognised:
            return Visitor(*recognised, cookie)
    return None


def seen_visitor_of(scope: Scope) -> Visitor | None:
    """Return the signed-in visitor, and store that the session is in use."""
    visitor = visitor_of(scope)
    if visitor:
        with suppress(DomainError):  # the database cannot be written now: reading pages still works
            sessions.touch(session.store(), visitor.session)
    return visitor
