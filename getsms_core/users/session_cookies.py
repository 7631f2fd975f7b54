"""Signed session cookies: user id and random session id. No database, no network.

The key of a signature is derived from the user's password hash and the server secret. A new password ends every session
of the user, app servers that share the secret accept each other's sessions, and a copy of the database or a backup,
which has the session ids, is not enough to forge one.
"""

import base64
import hmac
import re
import secrets
from typing import NamedTuple

from getsms_core.users import server_secret

COOKIE_LENGTH = 128
"""Characters; a genuine session cookie has at most 75."""
_COOKIE = re.compile(r"v2\.([1-9][0-9]{0,9})\.([A-Za-z0-9_-]{16})\.([A-Za-z0-9_-]{43})", re.ASCII)
_MAX_ID = 2**31 - 1  # PostgreSQL refuses a larger integer key with an error, SQLite one beyond 64 bits


class Claim(NamedTuple):
    """What a cookie claims; proves nothing before `is_genuine`."""

    user_id: int
    session_id: str
    signature: str


def new_id() -> str:
    """Return a random session id of 16 characters, nearly 96 bits. None begins with a hyphen: `getsms sessions revoke`
    took one of 64 for an option."""
    while (session_id := secrets.token_urlsafe(12)).startswith("-"):
        pass
    return session_id


def sign(user_id: int, session_id: str, password_hash: str) -> str:
    """Return the cookie's value: `v2.<user id>.<session id>.<HMAC-SHA256 of all before it>`.

    Plain fields instead of a serializer: nothing is decoded or decompressed before the signature is verified.
    """
    payload = f"v2.{user_id}.{session_id}"
    return f"{payload}.{_signature(payload, password_hash)}"


def read(cookie: str) -> Claim | None:
    """Return what a cookie claims, or None where it does not have the format of `sign`."""
    match = _COOKIE.fullmatch(cookie) if len(cookie) <= COOKIE_LENGTH else None
    if match is None or int(match[1]) > _MAX_ID:
        return None
    return Claim(int(match[1]), match[2], match[3])


def is_genuine(claim: Claim, password_hash: str) -> bool:
    """Return whether the cookie was signed since the password was last changed."""
    expected = _signature(f"v2.{claim.user_id}.{claim.session_id}", password_hash)
    return hmac.compare_digest(expected, claim.signature)


def _signature(payload: str, password_hash: str) -> str:
    key = server_secret.key(b"getsms session v2\0" + password_hash.encode())
    digest = hmac.digest(key, payload.encode("ascii"), "sha256")
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")
