"""Passwords, signed sessions, patience with guessers, and who may talk to the app from where. No database, no network.

A session is a signed cookie: person, a random id, the time it was given. Its key is derived from that person's password
hash and the server secret: a new password ends every session of theirs, all app servers that share the secret know each
other's sessions, and whoever reads the database or a backup cannot forge one.
"""

import base64
import hmac
import re
import secrets
import threading
from dataclasses import dataclass, field
from functools import cache
from urllib.parse import urlsplit

import argon2

SESSION_SECONDS = 12 * 3600
RENEW_SECONDS = 600
"""A session older than this gets a new cookie with the next answer, so that it slides."""
PASSWORD_LENGTH = 8
COOKIE_LENGTH = 128
"""Characters; a genuine session cookie has at most 86."""
_COOKIE = re.compile(r"v1\.([1-9][0-9]{0,9})\.([A-Za-z0-9_-]{1,24})\.([0-9]{1,11})\.([A-Za-z0-9_-]{43})", re.ASCII)
_ID_MOST = 2**31 - 1  # PostgreSQL refuses a larger integer key with an error, SQLite one beyond 64 bits
_HOST = re.compile(r"[A-Za-z0-9._\-]+(:\d{1,5})?|\[[0-9A-Fa-f:.]+\](:\d{1,5})?", re.ASCII)
_hasher = argon2.PasswordHasher()


# --------------------------------------------------------------------------------------------------------- passwords


def hash_password(password: str) -> str:
    """The argon2id hash that is kept instead of the password."""
    return _hasher.hash(password)


def verify_password(hashed: str | None, password: str) -> bool:
    """Whether this is the password. With None (no such person) it takes as long, so that names cannot be guessed."""
    try:
        return _hasher.verify(hashed or _nobodys_hash(), password) and hashed is not None
    except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
        return False


@cache
def _nobodys_hash() -> str:
    return _hasher.hash(secrets.token_hex(16))


# ---------------------------------------------------------------------------------------------------------- sessions


@dataclass(frozen=True)
class Session:
    """Who is signed in, in which session, since when (UTC seconds)."""

    person_id: int
    id: str
    given_at: int

    def expired(self, now: float) -> bool:
        """Whether nothing was heard of it for too long. A time from the future is as bad."""
        return not -60 <= now - self.given_at < SESSION_SECONDS


def new_session(person_id: int, now: float) -> Session:
    """A session that begins now."""
    return Session(person_id, secrets.token_urlsafe(12), int(now))


def sign(session: Session, password_hash: str) -> str:
    """The cookie's value: `v1.<person id>.<session id>.<issued, UTC seconds>.<HMAC-SHA256 of all before it>`.

    Plain fields instead of a serializer: nothing is decoded or decompressed before the signature is verified.
    """
    signed = f"v1.{session.person_id}.{session.id}.{session.given_at}"
    return f"{signed}.{_mac(signed, password_hash)}"


def claimed_user_id(cookie: str) -> int | None:
    """The person id that the cookie claims, or None when it has not the format of `seal`. Proves nothing: `unseal`
    verifies the signature."""
    fields = _fields(cookie)
    return int(fields[0]) if fields else None


def verify(cookie: str, password_hash: str) -> Session | None:
    """The session in a cookie that this program issued since the password was last changed; its age is not judged."""
    fields = _fields(cookie)
    if fields is None:
        return None
    if not hmac.compare_digest(_mac(cookie.rpartition(".")[0], password_hash), fields[3]):
        return None
    return Session(int(fields[0]), fields[1], int(fields[2]))


_server_secret = b""


def use_server_secret(secret: bytes) -> None:
    """Sign and check sessions with this secret from here on; a process does it once, before its first request."""
    global _server_secret
    _server_secret = secret


def session_key(password_hash: str) -> bytes:
    """The key that signs one person's sessions, 32 bytes, from the server secret and their password hash."""
    if not _server_secret:  # a key from the database alone could be forged by whoever reads it
        raise RuntimeError("use_server_secret() must be called before sessions are signed or checked")
    return hmac.digest(_server_secret, b"getsms session v1\0" + password_hash.encode(), "sha256")


def _fields(cookie: str) -> tuple[str, str, str, str] | None:
    """Person id, session id, time of issue, signature; None for anything that `seal` cannot have written."""
    match = _COOKIE.fullmatch(cookie) if len(cookie) <= COOKIE_LENGTH else None
    if match is None or int(match[1]) > _ID_MOST:
        return None
    return match[1], match[2], match[3], match[4]


def _mac(signed: str, password_hash: str) -> str:
    digest = hmac.digest(session_key(password_hash), signed.encode("ascii"), "sha256")
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


@dataclass
class EndedSessions:
    """Sessions that were signed out before they expired, in this process: their other tabs end with them."""

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


# ---------------------------------------------------------------------------------------------------------- guessing


@dataclass
class Throttle:
    """Counts failed sign-ins and says when the next try is welcome. In memory: a restart forgives.

    The name from one address is stopped first, so that nobody can lock somebody else out from elsewhere; the address
    next; the name over all addresses last."""

    window: float = 600
    limits: tuple[tuple[str, int], ...] = (("both", 5), ("address", 20), ("name", 100))
    _failures: dict[tuple[str, ...], list[float]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def wait(self, name: str, address: str, now: float) -> float:
        """Seconds until this name may be tried from this address; 0 = now."""
        with self._lock:
            waits = [0.0]
            for key, limit in self._keys(name, address):
                recent = [at for at in self._failures.get(key, ()) if at > now - self.window]
                if len(recent) >= limit:
                    waits.append(recent[-limit] + self.window - now)
            return max(waits)

    def failed(self, name: str, address: str, now: float) -> None:
        """Note a wrong password."""
        with self._lock:
            if len(self._failures) > 10_000:
                self._failures = {key: at for key, at in self._failures.items() if at[-1] > now - self.window}
            for key, _limit in self._keys(name, address):
                self._failures[key] = [at for at in self._failures.get(key, ()) if at > now - self.window] + [now]

    def succeeded(self, name: str, address: str) -> None:
        """The right password forgives this name at this address."""
        with self._lock:
            self._failures.pop(("both", name, address), None)

    def _keys(self, name: str, address: str) -> list[tuple[tuple[str, ...], int]]:
        keys = {"both": ("both", name, address), "address": ("address", address), "name": ("name", name)}
        return [(keys[kind], limit) for kind, limit in self.limits]


# ----------------------------------------------------------------------------------------------- origins and headers


def same_origin(origin: str | None, host: str | None) -> bool:
    """Whether a browser sent this from our own page. Without an Origin (no browser does that on POST) it is refused.

    Only host and port are compared: a proxy that ends TLS changes the scheme, and must hand the Host on."""
    if not origin or not host:
        return False
    try:
        return urlsplit(origin).netloc.lower() == host.lower()
    except ValueError:  # an IPv6 bracket that is not closed
        return False


def is_host(host: str | None) -> bool:
    """Whether this Host header names a host; none at all is one too. Libraries raise errors for others."""
    return not host or _HOST.fullmatch(host) is not None


HEADERS = (
    (b"x-frame-options", b"DENY"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=(), payment=()"),
)
"""On every answer; the Content-Security-Policy comes with them."""


def content_security_policy(host: str | None) -> str:
    """What pages may load: from here and nowhere else. Streamlit needs inline styles and scripts, eval and blobs."""
    known = host if host and _HOST.fullmatch(host) else ""
    sockets = f" ws://{known} wss://{known}" if known else ""  # some browsers do not count a WebSocket as 'self'
    return (
        "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; style-src 'self' 'unsafe-inline'; "
        f"img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'{sockets}; "
        "media-src 'self' data: blob:; worker-src 'self' blob:; frame-src 'self' blob: data:; object-src 'none'; "
        "base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
    )
