"""Users: sign-in, sessions, roles and passwords. At least one enabled administrator always remains."""

import hashlib
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlmodel import Session, col, select

from getsms_core.audit.log import note
from getsms_core.base import names
from getsms_core.base.errors import DomainError, NotFound
from getsms_core.base.i18n import LANGUAGES, _
from getsms_core.base.permissions import SYSTEM, Actor, Permission, Role, not_allowed
from getsms_core.db.engine import Store, now_ms
from getsms_core.db.models import User
from getsms_core.users import passwords, sessions

PASSWORD_MAX_LENGTH = 256  # argon2 would hash a megabyte, slowly


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
    access: str = field(default="", compare=False, repr=False)
    """Changes with the role, the password and when the user is disabled: open pages with another value are closed."""

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


# ----------------------------------------------------------------------------------------------------------- signing in


def has_no_users(store: Store) -> bool:
    """Return whether no user exists: a first start."""
    with store.reading() as session:
        return session.exec(select(col(User.id)).limit(1)).first() is None


def create_first_administrator(store: Store, name: str, password: str, language: str = "en") -> UserInfo:
    """Create the first administrator. Raises `DomainError` "set-up-already" where any user exists, "name",
    "password"."""
    name, hashed = _good_name(name), passwords.hash_password(_good_password(password, name))
    with _alone(store) as session:
        if session.exec(select(col(User.id)).limit(1)).first() is not None:
            raise DomainError("set-up-already", _("An administrator already exists. Sign in."))
        user = _add(session, SYSTEM, name, hashed, Role.ADMINISTRATOR, language)
        return _shown(user)


def sign_in(store: Store, name: str, password: str, now: float) -> tuple[UserInfo, str] | None:
    """Return the user and the cookie of a new session; None for a wrong name, a wrong password or a disabled user,
    without saying which."""
    with store.reading() as session:
        user = _named(session, name)
    good = passwords.verify_password(user.password_hash if user else None, password[:PASSWORD_MAX_LENGTH])
    if user is None or not good or user.disabled_at is not None:
        return None
    with store.writing() as session:
        note(session, Actor(user.name, Role(user.role)), "person.sign-in", f"person:{user.id}")
    shown = _shown(user)
    return shown, sessions.sign(sessions.new_session(shown.id, now), user.password_hash)


def user_of_session(store: Store, cookie: str) -> tuple[UserInfo, sessions.Session] | None:
    """Return the user and the session of a cookie, read from the database now: a changed role applies at once, a
    changed password and disabling end the session. The caller checks its age."""
    user_id = sessions.claimed_user_id(cookie)
    if user_id is None:
        return None
    with store.reading() as session:
        user = session.get(User, user_id)
    if user is None or user.disabled_at is not None:
        return None
    current_session = sessions.verify(cookie, user.password_hash)
    if current_session is None or current_session.user_id != user.id or current_session.id in sessions.ended_sessions:
        return None
    return _shown(user), current_session


def renew(store: Store, cookie: str, now: float) -> str | None:
    """Return a cookie for the same session with a new time; None for an invalid cookie."""
    with store.reading() as session:
        user = session.get(User, sessions.claimed_user_id(cookie) or 0)
    current_session = sessions.verify(cookie, user.password_hash) if user else None
    if user is None or current_session is None:
        return None
    return sessions.sign(sessions.Session(current_session.user_id, current_session.id, int(now)), user.password_hash)


def get_active(store: Store, user_id: int) -> UserInfo | None:
    """Return a user as stored now; None for one who is disabled or does not exist."""
    with store.reading() as session:
        user = session.get(User, user_id)
    return None if user is None or user.disabled_at is not None else _shown(user)


def signed_in(store: Store, someone: UserInfo) -> SignedIn:
    """Return the actor of a session, whose rights are read at every check."""
    return SignedIn(someone.name, someone.role, someone.id, store)


def signed_out() -> DomainError:
    """Return the error for a request of a session that has ended."""
    return DomainError("signed-out", _("You are signed out. Nothing was done. Sign in again."))


def current_access(store: Store, user_ids: Iterable[int]) -> dict[int, str]:
    """Return `UserInfo.access` of these users by id, as stored now, in one query. Users who do not exist are
    omitted."""
    with store.reading() as session:
        rows = session.exec(select(User).where(col(User.id).in_(list(user_ids))))
        return {user.id: _access(user) for user in rows if user.id is not None}


# ------------------------------------------------------------------------------------------------------------- managing


def all_users(store: Store) -> list[UserInfo]:
    """Return all users, by name."""
    with store.reading() as session:
        return [_shown(user) for user in session.exec(select(User).order_by(col(User.name)))]


def create(store: Store, actor: Actor, name: str, password: str, role: Role, language: str = "en") -> UserInfo:
    """Create a user. Raises `DomainError`: "not-allowed", "name", "name-taken", "password"."""
    actor.must(Permission.SETTINGS)
    name, hashed = _good_name(name), passwords.hash_password(_good_password(password, name))
    with _alone(store) as session:
        return _shown(_add(session, actor, name, hashed, role, language))


def disable(store: Store, actor: Actor, user_id: int) -> None:
    """Sign a user out and refuse further sign-ins; campaigns and audit entries keep the name. A repeat changes nothing.

    Raises `DomainError`: "not-allowed", "no-such-person", "last-administrator"."""
    actor.must(Permission.SETTINGS)
    with _alone(store) as session:
        user = _get(session, user_id)
        if user.disabled_at is None:
            _must_leave_an_administrator(session, user)
            user.disabled_at = now_ms(session)
            note(session, actor, "person.disable", f"person:{user_id}", name=user.name)


def enable(store: Store, actor: Actor, user_id: int) -> None:
    """Let a disabled user sign in again, with the same password."""
    actor.must(Permission.SETTINGS)
    with _alone(store) as session:
        user = _get(session, user_id)
        if user.disabled_at is not None:
            user.disabled_at = None
            note(session, actor, "person.enable", f"person:{user_id}", name=user.name)


def change_role(store: Store, actor: Actor, user_id: int, role: Role) -> None:
    """Change a user's role. Raises `DomainError`: "not-allowed", "no-such-person", "last-administrator"."""
    actor.must(Permission.SETTINGS)
    with _alone(store) as session:
        user = _get(session, user_id)
        if user.role != role.value:
            _must_leave_an_administrator(session, user)
            note(session, actor, "person.role", f"person:{user_id}", before=user.role, after=role.value)
            user.role = role.value


def change_password(store: Store, actor: Actor, user_id: int, password: str, current: str | None = None) -> None:
    """Set a password and end every session of that user. A user's own change needs the `current` password; an
    administrator may set any. Raises `DomainError`: "signed-out", "not-allowed", "wrong-password", "password",
    "no-such-person"."""
    actor.must(Permission.READ)
    with store.reading() as reading:
        user = _get(reading, user_id)
    if user.name == actor.name:
        if not passwords.verify_password(user.password_hash, (current or "")[:PASSWORD_MAX_LENGTH]):
            raise DomainError("wrong-password", _("The current password is wrong. Nothing was changed."))
    else:
        actor.must(Permission.SETTINGS)
    hashed = passwords.hash_password(_good_password(password, user.name))
    with store.writing() as session:
        _get(session, user_id).password_hash = hashed
        note(session, actor, "person.password", f"person:{user_id}", name=user.name)


def set_language(store: Store, user_id: int, language: str) -> None:
    """Store the language that a user chose."""
    if language in LANGUAGES:
        with store.writing() as session:
            _get(session, user_id).language = language


# -------------------------------------------------------------------------------------------------------------- helpers


@contextmanager
def _alone(store: Store) -> Iterator[Session]:
    """Yield a writing session in which no other transaction changes users: the last two administrators could otherwise
    disable each other."""
    with store.writing() as session:
        if not store.sqlite:
            session.execute(sa.text("LOCK TABLE person IN SHARE ROW EXCLUSIVE MODE"))
        yield session


def _add(session: Session, actor: Actor, name: str, hashed: str, role: Role, language: str) -> User:
    if _named(session, name) is not None:
        raise DomainError(
            "name-taken", _("There is already a user called {name}. Choose another name.").format(name=name)
        )
    user = User(
        name=name,
        password_hash=hashed,
        role=role.value,
        language=language if language in LANGUAGES else "en",
        created_at=now_ms(session),
        created_by=name if actor is SYSTEM else actor.name,
    )
    session.add(user)
    session.flush()
    note(session, actor, "person.create", f"person:{user.id}", name=name, role=role.value)
    return user


def _shown(user: User) -> UserInfo:
    if user.id is None:
        raise ValueError("a user without an id was never stored")
    return UserInfo(
        user.id,
        user.name,
        Role(user.role),
        user.language,
        user.created_at,
        user.created_by,
        user.disabled_at,
        _access(user),
    )


def _access(user: User) -> str:
    state = f"{user.role}\0{user.disabled_at is not None}\0{user.password_hash}"
    return hashlib.sha256(state.encode()).hexdigest()


def _get(session: Session, user_id: int) -> User:
    user = session.get(User, user_id)
    if user is None:
        raise NotFound("no-such-person", _("This user does not exist."))
    return user


def _named(session: Session, name: str) -> User | None:
    folded_name = _folded(name)
    # In Python, because the databases fold Cyrillic and Uzbek letters differently; there are tens of users here.
    return next((user for user in session.exec(select(User)) if _folded(user.name) == folded_name), None)


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKC", name).strip().casefold()


def _must_leave_an_administrator(session: Session, user: User) -> None:
    if user.role != Role.ADMINISTRATOR.value or user.disabled_at is not None:
        return
    others = select(User).where(col(User.role) == Role.ADMINISTRATOR.value, col(User.id) != user.id)
    if not any(other.disabled_at is None for other in session.exec(others)):
        raise DomainError(
            "last-administrator",
            _("{name} is the last administrator. Make another user administrator first.").format(name=user.name),
        )


def _good_name(name: str) -> str:
    return names.clean("user", name)


def _good_password(password: str, name: str) -> str:
    if not passwords.PASSWORD_LENGTH <= len(password) <= PASSWORD_MAX_LENGTH:
        raise DomainError(
            "password",
            _("Choose a password of at least {least} characters.").format(least=passwords.PASSWORD_LENGTH),
        )
    if _folded(password) == _folded(name):
        raise DomainError("password", _("The password must not be the name."))
    return password
