"""The people who may sign in: who they are, what they may do, and that at least one administrator is always left."""

import hashlib
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlmodel import Session, col, select

from getsms_core.audit.log import note
from getsms_core.base.errors import DomainError
from getsms_core.base.i18n import LANGUAGES, _
from getsms_core.base.permissions import SYSTEM, Actor, Permission, Role, not_allowed
from getsms_core.db.engine import Store, now_ms
from getsms_core.db.models import User
from getsms_core.users import security

NAME_LENGTH = 60
PASSWORD_MAX_LENGTH = 256  # argon2 would hash a megabyte, slowly


@dataclass(frozen=True)
class UserInfo:
    """A person as the screen and the door know them; the password hash stays behind."""

    id: int
    name: str
    role: Role
    language: str
    created_at: int
    created_by: str
    disabled_at: int | None
    access: str = field(default="", compare=False, repr=False)
    """Changes with the role, the password and when the person is disabled: open pages of another value are closed."""

    @property
    def actor(self) -> Actor:
        """Their role as it was when this was read. What acts for a session takes `signed_in` instead."""
        return Actor(self.name, self.role)


@dataclass(frozen=True)
class SignedIn(Actor):
    """A user of the app. Their rights are read from the database whenever a service asks for them: a tab that was
    opened before the role was lowered, or before the user was disabled, cannot use what it once was allowed."""

    user_id: int
    store: Store = field(repr=False, compare=False)

    def may(self, what: Permission) -> bool:
        """Whether the present role lets them; a disabled user may do nothing."""
        user = get_active(self.store, self.user_id)
        return user is not None and user.actor.may(what)

    def must(self, what: Permission) -> None:
        """Raise `DomainError`: "signed-out" for a disabled user, "not-allowed" where the present role does not let
        them."""
        user = get_active(self.store, self.user_id)
        if user is None:
            raise signed_out()
        if not user.actor.may(what):
            raise not_allowed(user.name, user.role)


# ----------------------------------------------------------------------------------------------------------- signing in


def has_no_users(store: Store) -> bool:
    """Whether this is a first start: no person exists."""
    with store.reading() as session:
        return session.exec(select(col(User.id)).limit(1)).first() is None


def create_first_administrator(store: Store, name: str, password: str, language: str = "en") -> UserInfo:
    """The first administrator. Raises `DomainError` "set-up-already" where any person exists, "name", "password"."""
    name, hashed = _good_name(name), security.hash_password(_good_password(password, name))
    with _alone(store) as session:
        if session.exec(select(col(User.id)).limit(1)).first() is not None:
            raise DomainError(
                "set-up-already", _("Somebody was here first: this program has an administrator. Sign in.")
            )
        person = _add(session, SYSTEM, name, hashed, Role.ADMINISTRATOR, language)
        return _shown(person)


def sign_in(store: Store, name: str, password: str, now: float) -> tuple[UserInfo, str] | None:
    """The person and the cookie of a new session, or None: wrong name, wrong password or disabled, never said which."""
    with store.reading() as session:
        person = _named(session, name)
    good = security.verify_password(person.password_hash if person else None, password[:PASSWORD_MAX_LENGTH])
    if person is None or not good or person.disabled_at is not None:
        return None
    with store.writing() as session:
        note(session, Actor(person.name, Role(person.role)), "person.sign-in", f"person:{person.id}")
    shown = _shown(person)
    return shown, security.sign(security.new_session(shown.id, now), person.password_hash)


def user_of_session(store: Store, cookie: str) -> tuple[UserInfo, security.Session] | None:
    """Whose session it is, read from the database now: a changed role counts at once, a changed password and a
    disabled person end it. The caller judges its age."""
    person_id = security.claimed_user_id(cookie)
    if person_id is None:
        return None
    with store.reading() as session:
        person = session.get(User, person_id)
    if person is None or person.disabled_at is not None:
        return None
    found = security.verify(cookie, person.password_hash)
    if found is None or found.person_id != person.id or found.id in security.ended_sessions:
        return None
    return _shown(person), found


def renew(store: Store, cookie: str, now: float) -> str | None:
    """The same session with a new time, or None where it is none."""
    with store.reading() as session:
        person = session.get(User, security.claimed_user_id(cookie) or 0)
    found = security.verify(cookie, person.password_hash) if person else None
    if person is None or found is None:
        return None
    return security.sign(security.Session(found.person_id, found.id, int(now)), person.password_hash)


def get_active(store: Store, user_id: int) -> UserInfo | None:
    """A user as the database has them now; None for one who is disabled or does not exist."""
    with store.reading() as session:
        person = session.get(User, user_id)
    return None if person is None or person.disabled_at is not None else _shown(person)


def signed_in(store: Store, someone: UserInfo) -> SignedIn:
    """The user of a session as the services want them: with rights that are read at each question."""
    return SignedIn(someone.name, someone.role, someone.id, store)


def signed_out() -> DomainError:
    """The refusal of whatever a session asks for that has ended."""
    return DomainError("signed-out", _("You are signed out. Nothing was done. Sign in again."))


def current_access(store: Store, person_ids: Iterable[int]) -> dict[int, str]:
    """`UserInfo.access` of these people as it is in the database now, in one query. People who do not exist are left
    out."""
    with store.reading() as session:
        rows = session.exec(select(User).where(col(User.id).in_(list(person_ids))))
        return {person.id: _access(person) for person in rows if person.id is not None}


# ------------------------------------------------------------------------------------------------------------- managing


def all_users(store: Store) -> list[UserInfo]:
    """All people, by name."""
    with store.reading() as session:
        return [_shown(person) for person in session.exec(select(User).order_by(col(User.name)))]


def create(store: Store, actor: Actor, name: str, password: str, role: Role, language: str = "en") -> UserInfo:
    """A new person. Raises `DomainError`: "not-allowed", "name", "name-taken", "password"."""
    actor.must(Permission.SETTINGS)
    name, hashed = _good_name(name), security.hash_password(_good_password(password, name))
    with _alone(store) as session:
        return _shown(_add(session, actor, name, hashed, role, language))


def disable(store: Store, actor: Actor, person_id: int) -> None:
    """They are signed out and cannot sign in; what they did stays theirs. Doing it again changes nothing.

    Raises `DomainError`: "not-allowed", "no-such-person", "last-administrator"."""
    actor.must(Permission.SETTINGS)
    with _alone(store) as session:
        person = _get(session, person_id)
        if person.disabled_at is None:
            _must_leave_an_administrator(session, person)
            person.disabled_at = now_ms(session)
            note(session, actor, "person.disable", f"person:{person_id}", name=person.name)


def enable(store: Store, actor: Actor, person_id: int) -> None:
    """They may sign in again, with the password they had."""
    actor.must(Permission.SETTINGS)
    with _alone(store) as session:
        person = _get(session, person_id)
        if person.disabled_at is not None:
            person.disabled_at = None
            note(session, actor, "person.enable", f"person:{person_id}", name=person.name)


def change_role(store: Store, actor: Actor, person_id: int, role: Role) -> None:
    """Raises `DomainError`: "not-allowed", "no-such-person", "last-administrator"."""
    actor.must(Permission.SETTINGS)
    with _alone(store) as session:
        person = _get(session, person_id)
        if person.role != role.value:
            _must_leave_an_administrator(session, person)
            note(session, actor, "person.role", f"person:{person_id}", before=person.role, after=role.value)
            person.role = role.value


def change_password(store: Store, actor: Actor, person_id: int, password: str, current: str | None = None) -> None:
    """A new password; every session of that person ends. One's own needs the `current` one, an administrator may set
    anybody's. Raises `DomainError`: "signed-out", "not-allowed", "wrong-password", "password", "no-such-person"."""
    actor.must(Permission.READ)
    with store.reading() as reading:
        person = _get(reading, person_id)
    if person.name == actor.name:
        if not security.verify_password(person.password_hash, (current or "")[:PASSWORD_MAX_LENGTH]):
            raise DomainError("wrong-password", _("The present password is not right. Nothing was changed."))
    else:
        actor.must(Permission.SETTINGS)
    hashed = security.hash_password(_good_password(password, person.name))
    with store.writing() as session:
        _get(session, person_id).password_hash = hashed
        note(session, actor, "person.password", f"person:{person_id}", name=person.name)


def set_language(store: Store, person_id: int, language: str) -> None:
    """Keep the language that a person chose for themselves."""
    if language in LANGUAGES:
        with store.writing() as session:
            _get(session, person_id).language = language


# -------------------------------------------------------------------------------------------------------------- helpers


@contextmanager
def _alone(store: Store) -> Iterator[Session]:
    """A writing session that nobody else changes people beside: two last administrators could disable each other."""
    with store.writing() as session:
        if not store.sqlite:
            session.execute(sa.text("LOCK TABLE person IN SHARE ROW EXCLUSIVE MODE"))
        yield session


def _add(session: Session, actor: Actor, name: str, hashed: str, role: Role, language: str) -> User:
    if _named(session, name) is not None:
        raise DomainError(
            "name-taken", _("There is already somebody called {name}. Choose another name.").format(name=name)
        )
    person = User(
        name=name,
        password_hash=hashed,
        role=role.value,
        language=language if language in LANGUAGES else "en",
        created_at=now_ms(session),
        created_by=name if actor is SYSTEM else actor.name,
    )
    session.add(person)
    session.flush()
    note(session, actor, "person.create", f"person:{person.id}", name=name, role=role.value)
    return person


def _shown(person: User) -> UserInfo:
    if person.id is None:
        raise ValueError("a person without an id was never kept")
    return UserInfo(
        person.id,
        person.name,
        Role(person.role),
        person.language,
        person.created_at,
        person.created_by,
        person.disabled_at,
        _access(person),
    )


def _access(person: User) -> str:
    state = f"{person.role}\0{person.disabled_at is not None}\0{person.password_hash}"
    return hashlib.sha256(state.encode()).hexdigest()


def _get(session: Session, person_id: int) -> User:
    person = session.get(User, person_id)
    if person is None:
        raise DomainError("no-such-person", _("This person does not exist."))
    return person


def _named(session: Session, name: str) -> User | None:
    wanted = _folded(name)
    # In Python, because the databases fold Cyrillic and Uzbek letters differently; there are tens of people here.
    return next((person for person in session.exec(select(User)) if _folded(person.name) == wanted), None)


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKC", name).strip().casefold()


def _must_leave_an_administrator(session: Session, person: User) -> None:
    if person.role != Role.ADMINISTRATOR.value or person.disabled_at is not None:
        return
    others = select(User).where(col(User.role) == Role.ADMINISTRATOR.value, col(User.id) != person.id)
    if not any(other.disabled_at is None for other in session.exec(others)):
        raise DomainError(
            "last-administrator",
            _("{name} is the last administrator. Make somebody else administrator first.").format(name=person.name),
        )


def _good_name(name: str) -> str:
    name = " ".join(unicodedata.normalize("NFC", name).split())
    if not 1 <= len(name) <= NAME_LENGTH or not name.isprintable():
        raise DomainError("name", _("Write a name of 1 to {most} letters.").format(most=NAME_LENGTH))
    return name


def _good_password(password: str, name: str) -> str:
    if not security.PASSWORD_LENGTH <= len(password) <= PASSWORD_MAX_LENGTH:
        raise DomainError(
            "password",
            _("Choose a password of at least {least} characters.").format(least=security.PASSWORD_LENGTH),
        )
    if _folded(password) == _folded(name):
        raise DomainError("password", _("The password must not be the name."))
    return password
