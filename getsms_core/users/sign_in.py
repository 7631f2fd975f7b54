"""Signing in: the password, then the second factor where the user has one or the role requires it."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlmodel import col

from getsms_core.audit.log import note
from getsms_core.base.codes import Pending, SessionEnd
from getsms_core.base.permissions import Actor, Role
from getsms_core.db.engine import Store
from getsms_core.db.models import SignInSession, User
from getsms_core.users import attempts, identity, passwords, sessions, two_factor
from getsms_core.users.identity import UserInfo
from getsms_core.users.sessions import SessionInfo, Visit

PASSWORD_MAX_LENGTH = 256  # argon2 would hash a megabyte, slowly
UNKNOWN_USER = "unknown"
"""The name under which the audit log has failed sign-ins of no user."""


@dataclass(frozen=True)
class SignIn:
    """A session that began: its user, its cookie, and what is still missing."""

    user: UserInfo
    cookie: str
    pending: Pending = Pending.NOTHING


def with_password(
    store: Store, name: str, password: str, visit: Visit | None = None, now: int | None = None
) -> SignIn | None:
    """Begin a session at `now` (UTC ms); None for a wrong name, a wrong password, or a user who is disabled or has
    chosen no password, without saying which. Raises `DomainError` ("too-many-tries") before anything is verified."""
    visit, now = visit or Visit(), now or sessions.now_ms()
    with store.reading() as session:
        user = identity.named(session, name[:PASSWORD_MAX_LENGTH])
    # Counted under the stored name: a name has many spellings that find it.
    key = attempts.name_key("sign-in", identity.folded(user.name if user else name))
    attempt = attempts.count(store, key, visit.address, now, user.id if user else None)
    good = passwords.verify_password(user.password_hash if user else "", password[:PASSWORD_MAX_LENGTH])
    if user is None or not good or user.disabled_at is not None:
        _note_failure(store, user, visit)
        return None
    return _begin(store, user, visit, now, attempt)


def with_new_password(store: Store, user_id: int, visit: Visit | None = None) -> SignIn | None:
    """Begin a session for a user who has just chosen a password with a one-time link."""
    with store.reading() as session:
        user = identity.get(session, user_id)
    return _begin(store, user, visit or Visit(), sessions.now_ms(), None)


def with_code(store: Store, current: SessionInfo, code: str, visit: Visit, now: int | None = None) -> SignIn | None:
    """End a session that waits for a code, and begin one with all rights; None for a wrong code. Raises `DomainError`
    ("too-many-tries")."""
    now = now or sessions.now_ms()
    if not two_factor.check(store, current.user_id, code, visit.address, now):
        with store.reading() as session:
            user = session.get(User, current.user_id)
        _note_failure(store, user, visit)
        return None
    return complete(store, current, visit, now)


def complete(store: Store, current: SessionInfo, visit: Visit, now: int | None = None) -> SignIn | None:
    """Replace a session whose second factor was proven by one with all rights; None where it has ended meanwhile."""
    now = now or sessions.now_ms()
    with store.writing() as session:
        user = session.get(User, current.user_id, with_for_update=not store.sqlite)
        if user is None or user.disabled_at is not None:
            return None
        used = session.execute(
            sa.update(SignInSession)
            .where(col(SignInSession.id) == current.id, col(SignInSession.ended_at).is_(None))
            .values(ended_at=now, end_reason=SessionEnd.TWO_FACTOR)
        )
        assert isinstance(used, sa.CursorResult)
        if used.rowcount == 0:
            return None
        cookie = sessions.begin(session, user, visit, now)
        note(session, _actor(user, visit), "person.sign-in", f"person:{user.id}", second_factor=True)
        return SignIn(identity.info(user), cookie)


def _begin(store: Store, verified: User, visit: Visit, now: int, attempt: int | None) -> SignIn | None:
    """Begin a session for a user whose password was verified. One who was disabled or changed since gets none: the
    session would outlive the change."""
    with store.writing() as session:
        user = session.get(User, verified.id, with_for_update=not store.sqlite, populate_existing=True)
        if user is None or (user.password_hash, user.role) != (verified.password_hash, verified.role):
            return None
        if user.disabled_at is not None:
            return None
        if attempt is not None:
            attempts.forgive(session, attempt)
        pending = Pending.NOTHING
        if user.totp_secret:
            pending = Pending.CODE
        elif two_factor.is_required(session, user.role):
            pending = Pending.SET_UP
        cookie = sessions.begin(session, user, visit, now, pending)
        if not pending:
            note(session, _actor(user, visit), "person.sign-in", f"person:{user.id}")
        return SignIn(identity.info(user), cookie, pending)


def _note_failure(store: Store, user: User | None, visit: Visit) -> None:
    with store.writing() as session:
        actor = _actor(user, visit) if user else Actor(UNKNOWN_USER, Role.ANALYST, address=visit.address[:64])
        note(session, actor, "person.sign-in-failed", f"person:{user.id}" if user else "person")


def _actor(user: User, visit: Visit) -> Actor:
    return Actor(user.name, user.role, address=visit.address[:64])
