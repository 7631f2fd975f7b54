"""Users as other code sees them, and how their rows are found."""

import unicodedata
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlmodel import Session, col, select

from getsms_core.base.errors import DomainError, NotFound
from getsms_core.base.i18n import _
from getsms_core.base.permissions import Actor, Permission, Role, not_allowed
from getsms_core.db.engine import Store
from getsms_core.db.models import OneTimeLink, User
from getsms_core.messages.uzbek import look_alikes


@dataclass(frozen=True)
class UserInfo:
    """A user as pages and the authentication gate see them, without the password hash."""

    id: int
    name: str
    role: Role
    language: str
    created_at: int
    created_by: str
    disabled_at: int | None
    has_password: bool = True
    """False for an invited user who has not chosen a password yet."""
    has_second_factor: bool = False

    @property
    def actor(self) -> Actor:
        """The user with the role as read then. Code that acts for a session uses `signed_in` instead."""
        return Actor(self.name, self.role)


@dataclass(frozen=True)
class SignedIn(Actor):
    """A signed-in user. Rights are read from the database at every check: a tab that was opened before the role was
    lowered, or before the user was disabled, loses the former rights."""

    user_id: int
    store: Store = field(repr=False, compare=False)

    def may(self, permission: Permission) -> bool:
        """Return whether the current role has the permission; a disabled user has none."""
        user = get_active(self.store, self.user_id)
        return user is not None and user.actor.may(permission)

    def must(self, permission: Permission) -> None:
        """Raise `DomainError`: "signed-out" for a disabled user, "not-allowed" where the current role lacks the
        permission."""
        user = get_active(self.store, self.user_id)
        if user is None:
            raise signed_out()
        if not user.actor.may(permission):
            raise not_allowed(user.name, user.role)


def signed_in(store: Store, user: UserInfo, address: str = "") -> SignedIn:
    """Return the actor of a session, whose rights are read at every check."""
    return SignedIn(user.name, user.role, user.id, store, address=address)


def signed_out() -> DomainError:
    """Return the error for a request of a session that has ended."""
    return DomainError("signed-out", _("You are signed out. Nothing was done. Sign in again."))


_ACTIVE_USER = sa.select(
    col(User.id),
    col(User.name),
    col(User.role),
    col(User.language),
    col(User.created_at),
    col(User.created_by),
    col(User.disabled_at),
    (col(User.password_hash) != "").label("has_password"),
    (col(User.totp_secret) != "").label("has_second_factor"),
).where(col(User.id) == sa.bindparam("user_id"), col(User.disabled_at).is_(None))
"""The fields of `UserInfo`. A page asks for its user ten times in a run: the ORM's object takes twice the
CPU, 0.4 ms."""


def get_active(store: Store, user_id: int) -> UserInfo | None:
    """Return a user as stored now; None for one who is disabled or does not exist."""
    with store.reading() as session:
        row = session.connection().execute(_ACTIVE_USER, {"user_id": user_id}).one_or_none()
    return None if row is None else UserInfo(**row._mapping)


def info(user: User) -> UserInfo:
    """Return a stored user without the secrets."""
    return UserInfo(
        stored_id(user),
        user.name,
        user.role,
        user.language,
        user.created_at,
        user.created_by,
        user.disabled_at,
        user.password_hash != "",
        user.totp_secret != "",
    )


def stored_id(user: User) -> int:
    """Return the id of a stored user."""
    if user.id is None:
        raise ValueError("a user without an id was never stored")
    return user.id


def get(session: Session, user_id: int) -> User:
    """Return a user's row. Raises `DomainError` ("no-such-person")."""
    user = session.get(User, user_id)
    if user is None:
        raise NotFound("no-such-person", _("This user does not exist."))
    return user


def named(session: Session, name: str) -> User | None:
    """Return the user of this name, in any case; else the one user whose name looks the same."""
    name_key = folded(name)
    user = session.exec(select(User).where(col(User.name_key) == name_key)).first()
    if user is not None:
        return user
    # Users without a key are compared here: the databases fold Cyrillic and Uzbek letters differently.
    without_key = session.exec(select(User).where(col(User.name_key).is_(None)))
    user = next((user for user in without_key if folded(user.name) == name_key), None)
    look_alikes = [user] if user is not None else looking_like(session, name)
    return look_alikes[0] if len(look_alikes) == 1 else None


def looking_like(session: Session, name: str) -> list[User]:
    """Return the users whose names look like this one: they differ in case, apostrophes, or Cyrillic and Latin letters
    of one shape. A new name has none of them; older releases added some."""
    shape = _shape(name)
    return [user for user in session.exec(select(User).order_by(col(User.id))) if _shape(user.name) == shape]


def folded(name: str) -> str:
    """Return the form in which names are compared."""
    return unicodedata.normalize("NFKC", name).strip().casefold()


_SAME_SHAPE = str.maketrans(look_alikes.CYRILLIC, look_alikes.LATIN) | dict.fromkeys(map(ord, "ʻʼ‘’`´ʹ′"), "'")


def _shape(name: str) -> str:
    """Return the form in which names that look the same are equal. Apostrophes are replaced before they are folded:
    NFKC makes a space of ´."""
    return folded(" ".join(name.upper().translate(_SAME_SHAPE).split()))


def void_links(session: Session, user_id: int, now: int) -> None:
    """Void every one-time link of a user at `now` (UTC ms)."""
    unused = sa.update(OneTimeLink).where(col(OneTimeLink.user_id) == user_id, col(OneTimeLink.used_at).is_(None))
    session.execute(unused.values(used_at=now))


def void_links_made_by(session: Session, name: str, now: int) -> None:
    """Void the one-time links that an administrator made who is none any more, at `now` (UTC ms): with one, the user
    would choose another administrator's password after losing the right to."""
    unused = sa.update(OneTimeLink).where(col(OneTimeLink.created_by) == name, col(OneTimeLink.used_at).is_(None))
    session.execute(unused.values(used_at=now))


def lock_users(session: Session) -> None:
    """Keep other transactions from changing users until this one ends: the last two administrators could otherwise
    disable each other. On SQLite the write lock does that.

    All rows in the order of their ids, not only those of administrators: of a row that another transaction disables
    meanwhile the lock stays though the row no longer fits, and two transactions waited for each other."""
    rows = sa.select(col(User.id)).order_by(col(User.id)).with_for_update(key_share=True)
    session.execute(rows).all()


def locked(session: Session, user_id: int) -> User:
    """Return a user's row as stored now, after `lock_users`. Raises `DomainError` ("no-such-person")."""
    lock_users(session)
    return get(session, user_id)
