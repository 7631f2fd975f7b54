"""Sessions: a row for each sign-in, which every app server reads at each request. Times are UTC milliseconds.

A session ends when its user signs out, after 12 hours without a request, after 7 days, when it is revoked, and with
every change of its user's password, role or access.
"""

import time
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core.audit.log import note
from getsms_core.base.codes import Pending, SessionEnd
from getsms_core.base.errors import NotFound
from getsms_core.base.i18n import _
from getsms_core.base.permissions import Actor, Permission
from getsms_core.db.engine import Store
from getsms_core.db.models import SignInSession, User
from getsms_core.users import identity, session_cookies
from getsms_core.users.identity import UserInfo

IDLE_MS = 12 * 3_600_000
LIFETIME_MS = 7 * 86_400_000
PENDING_MS = 600_000
"""Between the password and the second factor."""
TOUCH_MS = 60_000
"""How exact the time of the last request is: each new one is a write."""
RETENTION_MS = 30 * 86_400_000
_AGENT_LENGTH = 200


@dataclass(frozen=True)
class Visit:
    """Where a request came from: network address and browser."""

    address: str = ""
    user_agent: str = ""


@dataclass(frozen=True)
class SessionInfo:
    """A session as lists show it; the id alone opens nothing."""

    id: str
    user_id: int
    user_name: str
    created_at: int
    seen_at: int
    address: str
    user_agent: str
    pending: Pending = Pending.NOTHING


def now_ms() -> int:
    """Return this machine's clock: a query for the database's own at every request would double their number."""
    return time.time_ns() // 1_000_000


def begin(session: Session, user: User, visit: Visit, now: int, pending: Pending = Pending.NOTHING) -> str:
    """Add a session in the caller's transaction; returns its cookie."""
    session.execute(sa.delete(SignInSession).where(col(SignInSession.created_at) < now - RETENTION_MS))
    row = SignInSession(
        id=session_cookies.new_id(),
        user_id=identity.stored_id(user),
        created_at=now,
        seen_at=now,
        address=visit.address[:64],
        user_agent=_printable(visit.user_agent),
        pending=pending,
    )
    session.add(row)
    return session_cookies.sign(row.user_id, row.id, user.password_hash)


def find(
    store: Store, cookie: str, now: int | None = None, pending: Pending | None = Pending.NOTHING
) -> tuple[UserInfo, SessionInfo] | None:
    """Return the user and the session of a cookie, read from the database now; None where either has ended. `pending`
    is the state that the session must have; None = any."""
    claim = session_cookies.read(cookie)
    if claim is None:
        return None
    with store.reading() as session:
        query = _with_users(sa.select(User, SignInSession), now or now_ms())
        row = session.execute(query.where(col(SignInSession.id) == claim.session_id)).first()
    if row is None:
        return None
    user, session_row = row
    if session_row.user_id != claim.user_id or not session_cookies.is_genuine(claim, user.password_hash):
        return None
    if pending is not None and session_row.pending != pending:
        return None
    return identity.info(user), _info(session_row, user.name)


def touch(store: Store, current: SessionInfo, now: int | None = None) -> None:
    """Store that a session is in use, at most once a minute."""
    now = now or now_ms()
    if now - current.seen_at >= TOUCH_MS:
        with store.writing(silent=True) as session:
            seen = sa.update(SignInSession).where(col(SignInSession.id) == current.id, col(SignInSession.seen_at) < now)
            session.execute(seen.values(seen_at=now))


def live_ids(store: Store, session_ids: Collection[str], now: int | None = None) -> set[str]:
    """Return which of these sessions have not ended, in one query."""
    with store.reading() as session:
        query = _with_users(sa.select(col(SignInSession.id)), now or now_ms())
        return set(session.scalars(query.where(col(SignInSession.id).in_(list(session_ids)))))


def count(store: Store) -> int:
    """Return how many sessions have not ended."""
    with store.reading() as session:
        query = _with_users(sa.select(sa.func.count(col(SignInSession.id))), now_ms())
        return int(session.scalar(query) or 0)


def end(store: Store, current: SessionInfo, actor: Actor) -> None:
    """Sign a user out of one session, on every app server. A repeat changes nothing."""
    with store.writing() as session:
        if _end(session, [col(SignInSession.id) == current.id], SessionEnd.SIGN_OUT, now_ms()):
            note(session, actor, "person.sign-out", f"person:{current.user_id}")


def end_all(session: Session, user_ids: Iterable[int], reason: SessionEnd) -> int:
    """End the sessions of these users in the caller's transaction; returns how many there were."""
    return _end(session, [col(SignInSession.user_id).in_(list(user_ids))], reason, now_ms())


def listing(store: Store, actor: Actor, user_id: int | None = None, now: int | None = None) -> list[SessionInfo]:
    """Return the sessions that have not ended, newest request first: of one user, or of all. Others' need the right to
    change settings. Raises `DomainError` ("not-allowed")."""
    _must_be_own_or_administrator(store, actor, user_id)
    with store.reading() as session:
        query = _with_users(sa.select(SignInSession, col(User.name)), now or now_ms())
        if user_id is not None:
            query = query.where(col(SignInSession.user_id) == user_id)
        session_rows = session.execute(query.order_by(col(SignInSession.seen_at).desc(), col(SignInSession.id))).all()
    return [_info(row, name) for row, name in session_rows]


def revoke(store: Store, actor: Actor, session_id: str) -> SessionInfo:
    """End one session of the actor, or of anybody for an administrator. Raises `DomainError`: "not-allowed",
    "no-such-session" (or it has ended)."""
    with store.reading() as session:
        query = _with_users(sa.select(SignInSession, col(User.name)), now_ms())
        session_and_name = session.execute(query.where(col(SignInSession.id) == session_id)).first()
    _must_be_own_or_administrator(store, actor, session_and_name[0].user_id if session_and_name else None)
    if session_and_name is None:
        raise NotFound("no-such-session", _("There is no such session, or it has ended. List the sessions again."))
    with store.writing() as session:
        if _end(session, [col(SignInSession.id) == session_id], SessionEnd.REVOKED, now_ms()):
            note(
                session,
                actor,
                "session.revoke",
                f"person:{session_and_name[0].user_id}",
                name=session_and_name[1],
                sessions=1,
            )
    return _info(*session_and_name)


def revoke_all(store: Store, actor: Actor, user_id: int | None = None, keep: str = "") -> int:
    """End all sessions of one user, or of everybody, except the one to keep; returns how many."""
    _must_be_own_or_administrator(store, actor, user_id)
    with store.writing() as session:
        conditions = [col(SignInSession.id) != keep]
        name, subject = "", "person"
        if user_id is not None:
            name, subject = identity.get(session, user_id).name, f"person:{user_id}"
            conditions.append(col(SignInSession.user_id) == user_id)
        ended = _end(session, conditions, SessionEnd.REVOKED, now_ms())
        if ended:
            note(session, actor, "session.revoke", subject, name=name, sessions=ended)
    return ended


def _with_users(query: "sa.Select[*tuple[Any, ...]]", now: int) -> "sa.Select[*tuple[Any, ...]]":
    """Return the query over sessions that have not ended, joined with their users."""
    return query.join_from(SignInSession, User, col(SignInSession.user_id) == col(User.id)).where(
        col(User.disabled_at).is_(None),
        col(SignInSession.ended_at).is_(None),
        col(SignInSession.seen_at) > now - IDLE_MS,
        col(SignInSession.created_at) > now - LIFETIME_MS,
        sa.or_(col(SignInSession.pending) == Pending.NOTHING, col(SignInSession.created_at) > now - PENDING_MS),
    )


def _must_be_own_or_administrator(store: Store, actor: Actor, user_id: int | None) -> None:
    actor.must(Permission.READ)
    if not (isinstance(actor, identity.SignedIn) and actor.user_id == user_id):
        actor.must(Permission.SETTINGS)


def _end(session: Session, conditions: "list[sa.ColumnElement[bool]]", reason: SessionEnd, now: int) -> int:
    ending = sa.update(SignInSession).where(col(SignInSession.ended_at).is_(None), *conditions)
    result = session.execute(
        ending.values(ended_at=now, end_reason=reason), execution_options={"synchronize_session": False}
    )
    assert isinstance(result, sa.CursorResult)
    return result.rowcount


def _info(row: SignInSession, user_name: str) -> SessionInfo:
    return SessionInfo(
        row.id, row.user_id, user_name, row.created_at, row.seen_at, row.address, row.user_agent, row.pending
    )


def _printable(text: str) -> str:
    return "".join(char for char in text if char.isprintable())[:_AGENT_LENGTH]
