"""Signed session cookies: user id, random session id, time of issue. No database, no network.

The key of a signature is derived from the user's password hash and the server secret. A new password ends every session
of the user, app servers that share the secret accept each other's sessions, and a copy of the database or a backup is
not enough to forge one.
"""

import base64
import hmac
import re
import secrets
import threading
from dataclasses import dataclass, field

SESSION_SECONDS = 12 * 3600
RENEW_SECONDS = 600
"""A session older than this gets a new cookie with the next response, so that its expiry slides."""
COOKIE_LENGTH = 128
"""Characters; a genuine session cookie has at most 86."""
_COOKIE = re.compile(r"v1\.([1-9][0-9]{0,9})\.([A-Za-z0-9_-]{1,24})\.([0-9]{1,11})\.([A-Za-z0-9_-]{43})", re.ASCII)
_MAX_ID = 2**31 - 1  # PostgreSQL refuses a larger integer key with an error, SQLite one beyond 64 bits


@dataclass(frozen=True)
class Session:
    """A signed-in user's session; `issued_at` is UTC seconds."""

    user_id: int
    id: str
    issued_at: int

    def expired(self, now: float) -> bool:
        """Return whether the session is too old, or was issued more than 60 s in the future."""
        return not -60 <= now - self.issued_at < SESSION_SECONDS


def new_session(user_id: int, now: float) -> Session:
    """Return a session that begins now."""
    return Session(user_id, secrets.token_urlsafe(12), int(now))


def sign(session: Session, password_hash: str) -> str:
    """Return the cookie's value: `v1.<user id>.<session id>.<issued, UTC seconds>.<HMAC-SHA256 of all before it>`.

    Plain fields instead of a serializer: nothing is decoded or decompressed before the signature is verified.
    """
    payload = f"v1.{session.user_id}.{session.id}.{session.issued_at}"
    return f"{payload}.{_mac(payload, password_hash)}"


def claimed_user_id(cookie: str) -> int | None:
    """Return the user id that the cookie claims, or None where it does not have the format of `sign`. Proves nothing:
    `verify` checks the signature."""
    fields = _fields(cookie)
    return int(fields[0]) if fields else None


def verify(cookie: str, password_hash: str) -> Session | None:
    """Return the session of a cookie that was signed since the password was last changed, else None. The age is not
    checked."""
    fields = _fields(cookie)
    if fields is None:
        return None
    if not hmac.compare_digest(_mac(cookie.rpartition(".")[0], password_hash), fields[3]):
        return None
    return Session(int(fields[0]), fields[1], int(fields[2]))


_server_secret = b""


def use_server_secret(secret: bytes) -> None:
    """Sign and verify sessions with this secret. Called once in a process, before its first request."""
    global _server_secret
    _server_secret = secret


def session_key(password_hash: str) -> bytes:
    """Return the key that signs one user's sessions, 32 bytes, from the server secret and the password hash."""
    if not _server_secret:  # a key from the database alone could be forged by whoever reads it
        raise RuntimeError("use_server_secret() must be called before sessions are signed or checked")
    return hmac.digest(_server_secret, b"getsms session v1\0" + password_hash.encode(), "sha256")


def _fields(cookie: str) -> tuple[str, str, str, str] | None:
    """Return user id, session id, time of issue and signature; None for anything that `sign` cannot have written."""
    match = _COOKIE.fullmatch(cookie) if len(cookie) <= COOKIE_LENGTH else None
    if match is None or int(match[1]) > _MAX_ID:
        return None
    return match[1], match[2], match[3], match[4]


def _mac(payload: str, password_hash: str) -> str:
    digest = hmac.digest(session_key(password_hash), payload.encode("ascii"), "sha256")
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


@dataclass
class EndedSessions:
    """Sessions that this process signed out before they expired, so that their other tabs end too."""

    _until: dict[str, float] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, session_id: str, now: float) -> None:
        """End a session."""
        with self._lock:
            self._until = {id_: until for id_, until in self._until.items() if until > now}
            self._until[session_id] = now + SESSION_SECONDS + RENEW_SECONDS

    def __contains__(self, session_id: str) -> bool:
        return session_id in self._until


ended_sessions = EndedSessions()
