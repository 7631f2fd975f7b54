"""The second factor: time-based codes (TOTP, RFC 6238) of an authenticator app, and recovery codes."""

import base64
import hashlib
import hmac
import logging
import re
import secrets
from collections.abc import Iterable

import pyotp
import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlmodel import Session, col

from getsms_core.audit.log import note
from getsms_core.base import logs
from getsms_core.base.codes import SessionEnd
from getsms_core.base.errors import DomainError
from getsms_core.base.i18n import _
from getsms_core.base.permissions import Actor, Permission, Role
from getsms_core.db.engine import Store
from getsms_core.db.models import RecoveryCode, TwoFactorRole, User
from getsms_core.users import attempts, identity, server_secret, sessions

ISSUER = "GETSMS Campaigns"
RECOVERY_CODES = 10
STEP_SECONDS = 30
_STEPS_ASIDE = 1  # a phone's clock may be half a minute off
_SECRET = re.compile("[A-Z2-7]{32}")
_log = logging.getLogger("getsms.users")


def offered_secret(store: Store, user_id: int, session_id: str) -> str:
    """Return the secret, 160 bits in base 32, that a session offers to its user until one is set up: the same at each
    request. A phone's browser loads the page again after the user has been in the authenticator app, and the app has
    the first one."""
    with store.reading() as session:
        step = identity.get(session, user_id).totp_step  # another one after each set-up
    key = server_secret.key(b"getsms second factor offer v1")
    digest = hmac.digest(key, f"{user_id}.{session_id}.{step}".encode(), "sha256")
    return base64.b32encode(digest[:20]).decode()


def is_secret(text: str) -> bool:
    """Return whether a text looks like what `offered_secret` returns. Others may be longer than a QR code holds."""
    return _SECRET.fullmatch(text) is not None


def uri(secret: str, name: str) -> str:
    """Return the address that an authenticator app reads from a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=ISSUER)


def set_up(store: Store, user_id: int, actor: Actor, secret: str, code: str, now: int | None = None) -> list[str]:
    """Store a secret whose first code is right, and return the recovery codes, which are shown once. Raises
    `DomainError`: "wrong-code" (also for a secret that `offered_secret` cannot have returned), "second-factor-already",
    "too-many-tries"."""
    now = now or sessions.now_ms()
    attempt = attempts.count(store, attempts.name_key("set-up", str(user_id)), actor.address, now)
    step = _step_of(secret, code, now) if is_secret(secret) else None
    if step is None:
        raise wrong_code()
    with store.writing() as session:
        user = session.get(User, user_id, with_for_update=not store.sqlite)
        if user is None or user.totp_secret:
            raise DomainError("second-factor-already", _("A second factor is set up already. Sign in again."))
        attempts.forgive(session, attempt)
        user.totp_secret, user.totp_step = _encrypt(secret, user_id), step
        codes = _replace_recovery_codes(session, user_id)
        note(session, actor, "person.second-factor", f"person:{user_id}", name=user.name)
    return codes


def new_recovery_codes(store: Store, actor: identity.SignedIn, code: str) -> list[str]:
    """Replace the user's own recovery codes, and return the new ones, which are shown once. The user needs a `code`.
    Raises `DomainError`: "wrong-code" (also without a second factor), "signed-out", "too-many-tries"."""
    actor.must(Permission.READ)
    if not check(store, actor.user_id, code, actor.address, sessions.now_ms()):
        raise wrong_code()
    with store.writing() as session:
        user = session.get(User, actor.user_id, with_for_update=not store.sqlite)
        if user is None or not user.totp_secret:  # removed by an administrator at this moment
            raise wrong_code()
        codes = _replace_recovery_codes(session, actor.user_id)
        note(session, actor, "person.recovery-codes", f"person:{actor.user_id}", name=user.name)
    return codes


def check(store: Store, user_id: int, code: str, address: str, now: int) -> bool:
    """Return whether a code is right, and use it up: a code of the app counts once, a recovery code is gone. Raises
    `DomainError` ("too-many-tries") before it is compared."""
    attempt = attempts.count(store, attempts.name_key("code", str(user_id)), "", now)
    with store.writing() as session:
        user = session.get(User, user_id, with_for_update=not store.sqlite)
        if user is None or user.disabled_at is not None or not user.totp_secret:
            return False
        secret = _decrypt(user.totp_secret, user_id)
        step = _step_of(secret, code, now) if secret else None
        if step is not None and step > user.totp_step:
            user.totp_step = step
        elif not _use_recovery_code(session, user, code, now, address):
            return False
        attempts.forgive(session, attempt)
        return True


def remove(store: Store, actor: Actor, user_id: int, code: str | None = None) -> None:
    """Remove a second factor and the recovery codes. The user needs a `code`; an administrator removes another user's
    without one, which ends that user's sessions. Raises `DomainError`: "wrong-code", "not-allowed",
    "second-factor-required", "no-such-person", "too-many-tries"."""
    actor.must(Permission.READ)
    own = isinstance(actor, identity.SignedIn) and actor.user_id == user_id
    if not own:
        actor.must(Permission.SETTINGS)
    else:
        with store.reading() as reading:
            if is_required(reading, identity.get(reading, user_id).role):
                sentence = _("Your role must use a second factor. To replace it, ask an administrator.")
                raise DomainError("second-factor-required", sentence)
        if not check(store, user_id, code or "", actor.address, sessions.now_ms()):
            raise wrong_code()
    with store.writing() as session:
        user = identity.get(session, user_id)
        if user.totp_secret:
            user.totp_secret = ""
            session.execute(sa.delete(RecoveryCode).where(col(RecoveryCode.user_id) == user_id))
            note(session, actor, "person.second-factor-removed", f"person:{user_id}", name=user.name)
            if not own:
                session.flush()
                sessions.end_all(session, [user_id], SessionEnd.TWO_FACTOR)


def recovery_codes_left(store: Store, user_id: int) -> int:
    """Return how many recovery codes a user has not used."""
    with store.reading() as session:
        unused = sa.select(sa.func.count()).where(
            col(RecoveryCode.user_id) == user_id, col(RecoveryCode.used_at).is_(None)
        )
        return session.scalar(unused) or 0


def required_roles(store: Store) -> frozenset[Role]:
    """Return the roles whose users must have a second factor."""
    with store.reading() as session:
        return _required(session)


def require(store: Store, actor: Actor, roles: Iterable[Role], *, seen: Iterable[Role] | None = None) -> None:
    """Require a second factor of exactly these roles; where they are a change of those `seen`, of the present roles
    with that change. Users of the roles without one are signed out, and set it up when they sign in. Raises
    `DomainError` ("not-allowed")."""
    actor.must(Permission.SETTINGS)
    wanted = frozenset(roles)
    with store.writing() as session:
        identity.lock_users(session)  # one change at a time
        before, after = _required(session), wanted
        if seen is not None:
            after = (before | (wanted - frozenset(seen))) - (frozenset(seen) - wanted)
        if before == after:
            return
        session.execute(sa.delete(TwoFactorRole).where(col(TwoFactorRole.role).in_(before - after)))
        now = sessions.now_ms()
        session.add_all(TwoFactorRole(role=role, since_at=now, required_by=actor.name) for role in after - before)
        note(session, actor, "person.second-factor-roles", "person", before=sorted(before), after=sorted(after))
        without = session.scalars(
            sa.select(col(User.id)).where(col(User.role).in_(after - before), col(User.totp_secret) == "")
        )
        session.flush()
        sessions.end_all(session, [user_id for user_id in without if user_id is not None], SessionEnd.TWO_FACTOR)


def is_required(session: Session, role: str) -> bool:
    """Return whether users of a role must have a second factor."""
    return session.get(TwoFactorRole, role) is not None


def wrong_code() -> DomainError:
    """Return the error for a code that is not right."""
    return DomainError("wrong-code", _("The code is wrong or was used already. Wait for the next one and try again."))


def _step_of(secret: str, code: str, now: int) -> int | None:
    """Return the 30-second step that a code belongs to, or None."""
    digits = "".join(code.split())
    if len(digits) != 6 or not (digits.isascii() and digits.isdigit()):
        return None
    totp, current = pyotp.TOTP(secret), now // 1000 // STEP_SECONDS
    for step in range(current - _STEPS_ASIDE, current + _STEPS_ASIDE + 1):
        if hmac.compare_digest(totp.at(step * STEP_SECONDS), digits):
            return step
    return None


def _use_recovery_code(session: Session, user: User, code: str, now: int, address: str) -> bool:
    user_id = identity.stored_id(user)
    result = session.execute(
        sa.update(RecoveryCode)
        .where(
            col(RecoveryCode.user_id) == user_id,
            col(RecoveryCode.code_hash) == _hash(user_id, code),
            col(RecoveryCode.used_at).is_(None),
        )
        .values(used_at=now)
    )
    assert isinstance(result, sa.CursorResult)
    if result.rowcount == 0:
        return False
    actor = Actor(user.name, user.role, address=address)
    note(session, actor, "person.recovery-code", f"person:{user_id}", name=user.name)
    return True


def _replace_recovery_codes(session: Session, user_id: int) -> list[str]:
    codes = [_recovery_code() for _n in range(RECOVERY_CODES)]
    session.execute(sa.delete(RecoveryCode).where(col(RecoveryCode.user_id) == user_id))
    session.add_all(RecoveryCode(user_id=user_id, code_hash=_hash(user_id, code)) for code in codes)
    return codes


def _recovery_code() -> str:
    """Return 80 random bits as four groups of four."""
    letters = base64.b32encode(secrets.token_bytes(10)).decode().lower()
    return "-".join(letters[at : at + 4] for at in range(0, 16, 4))


def _hash(user_id: int, code: str) -> str:
    letters = "".join(char for char in code.lower() if char.isalnum())[:64]
    return hashlib.sha256(f"{user_id}\0{letters}".encode()).hexdigest()


def _cipher() -> AESGCM:
    return AESGCM(server_secret.key(b"getsms second factor v1"))


def _encrypt(secret: str, user_id: int) -> str:
    nonce = secrets.token_bytes(12)
    return "v1." + base64.b64encode(nonce + _cipher().encrypt(nonce, secret.encode(), str(user_id).encode())).decode()


def _decrypt(stored: str, user_id: int) -> str | None:
    """Return the secret; None after a restore on a server with another server secret: recovery codes still work."""
    try:
        blob = base64.b64decode(stored.removeprefix("v1."))
        return _cipher().decrypt(blob[:12], blob[12:], str(user_id).encode()).decode()
    except (InvalidTag, ValueError):
        logs.write(_log, logs.ERROR, "second_factor.unreadable", user_id=user_id)
        return None


def _required(session: Session) -> frozenset[Role]:
    """Return the stored roles, without those that this release does not know."""
    stored = session.scalars(sa.select(col(TwoFactorRole.role)))
    return frozenset(role for role in stored if isinstance(role, Role))
