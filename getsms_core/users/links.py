"""One-time links: an invited user, or one who forgot the password, chooses a password with it, once."""

import hashlib
import secrets
from dataclasses import dataclass

import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core.audit.log import note
from getsms_core.base.codes import SessionEnd
from getsms_core.base.errors import DomainError
from getsms_core.base.i18n import _
from getsms_core.base.permissions import Actor, Permission, Role
from getsms_core.db.engine import Store
from getsms_core.db.models import OneTimeLink, User
from getsms_core.users import identity, passwords, service, sessions
from getsms_core.users.identity import UserInfo
from getsms_core.users.sessions import Visit

PATH = "/join"
INVITE_MS = 7 * 86_400_000
RESET_MS = 86_400_000


@dataclass(frozen=True)
class Link:
    """A link that was just made; the token is shown once and not stored."""

    user: UserInfo
    token: str
    expires_at: int

    def address(self, base: str) -> str:
        """Return the link below the app's own address."""
        return f"{base.rstrip('/')}{PATH}?token={self.token}"


def invite(store: Store, actor: Actor, name: str, role: Role, language: str = "en") -> Link:
    """Create a user without a password and return the link to choose one. Raises `DomainError`: "not-allowed", "name",
    "name-taken"."""
    actor.must(Permission.SETTINGS)
    with store.writing() as session:
        user = service.add(session, actor, name, "", role, language)
        return _make(session, actor, user, INVITE_MS)


def reset(store: Store, actor: Actor, user_id: int) -> Link:
    """Return a link with which a user chooses a new password; the old one works until then. Raises `DomainError`:
    "not-allowed", "no-such-person", "person-disabled"."""
    actor.must(Permission.SETTINGS)
    with store.writing() as session:
        user = identity.get(session, user_id)
        if user.disabled_at is not None:
            raise DomainError("person-disabled", _("{name} is disabled. Enable the user first.").format(name=user.name))
        return _make(session, actor, user, RESET_MS if user.password_hash else INVITE_MS)


def user_of(store: Store, token: str, now: int | None = None) -> UserInfo | None:
    """Return the user of a link that can still be used."""
    with store.reading() as session:
        link = session.scalar(_usable(token, now or sessions.now_ms()))
        user = session.get(User, link.user_id) if link else None
    return identity.info(user) if user is not None and user.disabled_at is None else None


def use(store: Store, token: str, password: str, visit: Visit, now: int | None = None) -> UserInfo:
    """Set the password of the link's user, end their sessions and void their other links. Raises `DomainError`:
    "link-void" (used, expired, replaced), "password"."""
    now, user = now or sessions.now_ms(), user_of(store, token, now)
    if user is None:
        raise void()
    hashed = passwords.hash_password(service.good_password(password, user.name))
    with store.writing() as session:
        # The user before the link, as in `service.disable`: two transactions never wait for each other.
        row = session.get(User, user.id, with_for_update=True)
        link = session.scalar(_usable(token, now).with_for_update())
        if link is None or row is None or row.disabled_at is not None:
            raise void()
        row.password_hash = hashed
        session.flush()
        identity.void_links(session, user.id, now)
        sessions.end_all(session, [user.id], SessionEnd.PASSWORD)
        actor = Actor(row.name, row.role, address=visit.address)
        note(session, actor, "person.password", f"person:{user.id}", name=row.name, link=link.id)
        return identity.info(row)


def void() -> DomainError:
    """Return the error for a link that does not work (any more)."""
    return DomainError(
        "link-void", _("This link was used already, has expired or was replaced. Ask an administrator for a new one.")
    )


def _make(session: Session, actor: Actor, user: User, valid_ms: int) -> Link:
    now, token, user_id = sessions.now_ms(), secrets.token_urlsafe(24), identity.stored_id(user)
    session.execute(sa.delete(OneTimeLink).where(col(OneTimeLink.expires_at) < now - sessions.RETENTION_MS))
    identity.void_links(session, user_id, now)
    session.add(
        OneTimeLink(
            user_id=user_id,
            token_hash=_hash(token),
            created_at=now,
            created_by=actor.name,
            expires_at=now + valid_ms,
        )
    )
    note(session, actor, "person.link", f"person:{user_id}", name=user.name)
    return Link(identity.info(user), token, now + valid_ms)


def _usable(token: str, now: int) -> "sa.Select[OneTimeLink]":
    return sa.select(OneTimeLink).where(
        col(OneTimeLink.token_hash) == _hash(token),
        col(OneTimeLink.used_at).is_(None),
        col(OneTimeLink.expires_at) > now,
    )


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
