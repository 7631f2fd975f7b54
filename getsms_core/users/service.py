"""Users: names, roles and passwords. At least one enabled administrator always remains."""

from sqlmodel import Session, col, select

from getsms_core.audit.log import note
from getsms_core.base import names
from getsms_core.base.codes import Language, SessionEnd
from getsms_core.base.errors import Conflict, DomainError
from getsms_core.base.i18n import LANGUAGES, _
from getsms_core.base.permissions import COMMAND_SUFFIX, SYSTEM, Actor, Permission, Role
from getsms_core.db.engine import Store, now_ms
from getsms_core.db.models import User
from getsms_core.db.upserts import insert_unless_exists
from getsms_core.users import attempts, identity, passwords, sessions
from getsms_core.users.identity import UserInfo
from getsms_core.users.sign_in import PASSWORD_MAX_LENGTH, UNKNOWN_USER


def has_no_users(store: Store) -> bool:
    """Return whether no user exists: a first start."""
    with store.reading() as session:
        return _is_empty(session)


def create_first_administrator(store: Store, name: str, password: str, language: str = "en") -> UserInfo:
    """Create the first administrator. Raises `DomainError` "set-up-already" where any user exists, "name",
    "password"."""
    name, hashed = good_name(name), passwords.hash_password(good_password(password, name))
    with store.writing() as session:
        user = _insert(session, SYSTEM, name, hashed, Role.ADMINISTRATOR, language) if _is_empty(session) else None
        if user is None or user.first_key is None:
            raise DomainError("set-up-already", _("An administrator already exists. Sign in."))
        return identity.info(user)


def all_users(store: Store) -> list[UserInfo]:
    """Return all users, by name."""
    with store.reading() as session:
        return [identity.info(user) for user in session.exec(select(User).order_by(col(User.name)))]


def create(store: Store, actor: Actor, name: str, password: str, role: Role, language: str = "en") -> UserInfo:
    """Create a user. Raises `DomainError`: "not-allowed", "name", "name-taken", "password"."""
    actor.must(Permission.SETTINGS)
    name, hashed = good_name(name), passwords.hash_password(good_password(password, name))
    with store.writing() as session:
        return identity.info(add(session, actor, name, hashed, role, language))


def disable(store: Store, actor: Actor, user_id: int) -> None:
    """Sign a user out, refuse further sign-ins and void the one-time links that the user made; campaigns and audit
    entries keep the name. A repeat changes nothing.

    Raises `DomainError`: "not-allowed", "no-such-person", "last-administrator"."""
    actor.must(Permission.SETTINGS)
    with store.writing() as session:
        user = identity.locked(session, user_id)
        if user.disabled_at is None:
            _must_leave_an_administrator(session, user)
            user.disabled_at = now_ms(session)
            _end_access(session, user_id, SessionEnd.DISABLED)
            identity.void_links_made_by(session, user.name, sessions.now_ms())
            note(session, actor, "person.disable", f"person:{user_id}", name=user.name)


def enable(store: Store, actor: Actor, user_id: int) -> None:
    """Let a disabled user sign in again, with the same password."""
    actor.must(Permission.SETTINGS)
    with store.writing() as session:
        user = identity.locked(session, user_id)
        if user.disabled_at is not None:
            user.disabled_at = None
            note(session, actor, "person.enable", f"person:{user_id}", name=user.name)


def change_role(store: Store, actor: Actor, user_id: int, role: Role) -> None:
    """Change a user's role, end their sessions and void the one-time links that they made. Raises `DomainError`:
    "not-allowed", "no-such-person", "last-administrator"."""
    actor.must(Permission.SETTINGS)
    with store.writing() as session:
        user = identity.locked(session, user_id)
        if user.role != role:
            _must_leave_an_administrator(session, user)
            note(session, actor, "person.role", f"person:{user_id}", before=user.role, after=role.value)
            user.role = role
            session.flush()
            sessions.end_all(session, [user_id], SessionEnd.ROLE)
            identity.void_links_made_by(session, user.name, sessions.now_ms())


def change_password(store: Store, actor: Actor, user_id: int, password: str, current: str | None = None) -> None:
    """Set a password and end every session of that user. A user's own change needs the `current` password; an
    administrator may set any. Raises `DomainError`: "signed-out", "not-allowed", "wrong-password", "password",
    "no-such-person", "too-many-tries"."""
    actor.must(Permission.READ)
    with store.reading() as reading:
        user = identity.get(reading, user_id)
    if user.name == actor.name:
        _must_know_password(store, user, current or "")
    else:
        actor.must(Permission.SETTINGS)
    hashed = passwords.hash_password(good_password(password, user.name))
    with store.writing() as session:
        row = identity.locked(session, user_id)
        if user.name == actor.name and row.password_hash != user.password_hash:  # set by an administrator meanwhile
            raise wrong_password()
        row.password_hash = hashed
        _end_access(session, user_id, SessionEnd.PASSWORD)
        note(session, actor, "person.password", f"person:{user_id}", name=user.name)


def confirm_password(store: Store, user_id: int, password: str) -> None:
    """Ask a signed-in user for the password again. Raises `DomainError`: "wrong-password", "too-many-tries",
    "no-such-person"."""
    with store.reading() as session:
        user = identity.get(session, user_id)
    _must_know_password(store, user, password)


def set_language(store: Store, user_id: int, language: str) -> None:
    """Store the language that a user chose."""
    if language in LANGUAGES:
        with store.writing() as session:
            identity.get(session, user_id).language = Language(language)


# -------------------------------------------------------------------------------------------------------------- helpers


def add(session: Session, actor: Actor, name: str, hashed: str, role: Role, language: str) -> User:
    """Add a user in the caller's transaction; `hashed` "" = the user has no password yet. Raises `DomainError`: "name",
    "name-taken"."""
    name = good_name(name)
    user = None
    if look_alikes := identity.looking_like(session, name):
        same = identity.folded(look_alikes[0].name) == identity.folded(name)
        raise Conflict.of("name-taken", **({} if same else {"case": "looks-like"}), name=look_alikes[0].name)
    if identity.named(session, name) is None:
        user = _insert(session, actor, name, hashed, role, language)
        if user is None and identity.named(session, name) is None:  # another process has just added the first user
            user = _insert(session, actor, name, hashed, role, language)
    if user is None:
        raise Conflict.of("name-taken", name=name)
    return user


def _insert(session: Session, actor: Actor, name: str, hashed: str, role: Role, language: str) -> User | None:
    """Add a user; None where another transaction has added this name, or the first user, meanwhile."""
    row = User(
        name=name,
        name_key=identity.folded(name),
        first_key=1 if _is_empty(session) else None,
        password_hash=hashed,
        role=role,
        language=Language(language) if language in LANGUAGES else Language.EN,
        created_at=now_ms(session),
        created_by=name if actor is SYSTEM else actor.name,
    )
    user = insert_unless_exists(session, row)
    if user is not None:
        note(session, actor, "person.create", f"person:{user.id}", name=name, role=role.value)
    return user


def _is_empty(session: Session) -> bool:
    return session.exec(select(col(User.id)).limit(1)).first() is None


def _must_know_password(store: Store, user: User, password: str) -> None:
    """Verify a signed-in user's password: whoever sits at a tab that was left open must not guess it either."""
    key = attempts.name_key("password", str(user.id))
    attempt = attempts.count(store, key, "", sessions.now_ms())
    if not passwords.verify_password(user.password_hash, password[:PASSWORD_MAX_LENGTH]):
        raise wrong_password()
    with store.writing() as session:
        attempts.forgive(session, attempt)


def wrong_password() -> DomainError:
    """Return the error for a current password that is not right."""
    return DomainError("wrong-password", _("The current password is wrong. Nothing was changed."))


def _end_access(session: Session, user_id: int, reason: SessionEnd) -> None:
    """End a user's sessions and void their links. Flushes first, so that a sign-in that waits for the user's row sees
    the change."""
    session.flush()
    sessions.end_all(session, [user_id], reason)
    identity.void_links(session, user_id, sessions.now_ms())


def _must_leave_an_administrator(session: Session, user: User) -> None:
    """Raise `DomainError` ("last-administrator") where no other administrator could sign in: one who is invited and has
    chosen no password yet cannot."""
    able = select(col(User.id)).where(
        col(User.role) == Role.ADMINISTRATOR, col(User.disabled_at).is_(None), col(User.password_hash) != ""
    )
    if list(session.exec(able)) == [user.id]:
        raise Conflict.of("last-administrator", name=user.name)


def good_name(name: str) -> str:
    """Return the name as it is stored. Raises `DomainError` as `names.clean` does, and "name" for a name under which
    the audit log has the program, the command or nobody."""
    cleaned = names.clean("user", name)
    key = identity.folded(cleaned)
    if key in (SYSTEM.name, UNKNOWN_USER) or key.endswith(COMMAND_SUFFIX.strip()):
        sentence = _("The audit log uses {name} for what no user did. Choose another name.")
        raise DomainError("name", sentence.format(name=cleaned))
    return cleaned


def good_password(password: str, name: str) -> str:
    """Return the password. Raises `DomainError` ("password") where it is too short, too long or the name."""
    if len(password) < passwords.PASSWORD_LENGTH:
        sentence = _("Choose a password of at least {least} characters.")
        raise DomainError("password", sentence.format(least=passwords.PASSWORD_LENGTH))
    if len(password) > PASSWORD_MAX_LENGTH:
        sentence = _("Choose a password of at most {most} characters.")
        raise DomainError("password", sentence.format(most=PASSWORD_MAX_LENGTH))
    if identity.folded(password) == identity.folded(name):
        raise DomainError("password", _("The password must not be the name."))
    return password
